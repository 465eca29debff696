"""The parts of a page that needs nothing else: its frame and style, sections, figures, tables."""

import re
from collections.abc import Callable, Iterable
from html import escape

import altair as alt
from great_tables import GT

from ain_analytics.charts import svg_of
from ain_analytics.charts.look import NARROW, WIDE

STYLE = """
:root { --ink: #222; --quiet: #5c5c5c; --rule: #d5d5d5; --blue: #0b3c6f; --wash: #eef3f8; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 4rem; max-width: 54rem; color: var(--ink); background: #fff;
  font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", Arial, sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .6rem; padding-top: .5rem; border-top: 2px solid var(--blue); }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
p, ul, ol { margin: .5rem 0; max-width: 46rem; }
ul, ol { padding-left: 1.3rem; } li { margin: .2rem 0; }
.quiet, figcaption { color: var(--quiet); font-size: .88rem; }
nav { margin: 1rem 0; font-size: .9rem; } nav a { margin-right: .9rem; display: inline-block; }
a { color: var(--blue); }
.answer { background: var(--wash); border-left: 5px solid var(--blue); padding: 1rem; margin: 1.2rem 0; }
.answer .big { font-size: 1.3rem; line-height: 1.35; margin: 0 0 .5rem; }
.answer ul { font-size: .93rem; }
.rules { display: grid; gap: .7rem; margin: .8rem 0;
  grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); }
.rule { background: #fff; border: 1px solid var(--rule); padding: .55rem .7rem; }
.rule.own { border: 2px solid var(--blue); }
.rule b { display: block; font-size: 1.12rem; } .rule span { font-size: .85rem; color: var(--quiet); }
figure { margin: 1.1rem 0; } figure svg { width: 100%; height: auto; display: block; }
.narrow { display: none; }
.table { overflow-x: auto; margin: 1rem 0; } .table > div { padding-top: 0 !important; }
.table table { color: var(--ink) !important; font-family: inherit !important; }
.table.swipe table { min-width: 38rem; } .table.broad table { min-width: 60rem; }
.table.broad, .table.swipe {
  width: min(70rem, 100vw - 2rem); margin-left: calc(50% - min(35rem, 50vw - 1rem)); }
@media (max-width: 40rem) {
  body { padding: 1rem .8rem 3rem; } h1 { font-size: 1.35rem; } .answer .big { font-size: 1.12rem; }
  .wide { display: none; } .narrow { display: block; } .table table { font-size: 12px !important; }
  .swipe::before { content: "Swipe sideways →"; display: block; color: var(--quiet); font-size: .8rem; }
}
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  @page broad { size: A4 landscape; margin: 12mm; }
  body { padding: 0; max-width: none; font-size: 9.5pt; line-height: 1.42; } nav { display: none; }
  .wide { display: block; } .narrow { display: none; }
  h2, h3 { break-after: avoid; } figure, .answer, .rule, tr { break-inside: avoid; }
  .answer { border: 1px solid var(--blue); border-left-width: 5px; }
  tfoot { display: table-row-group; } .table table { font-size: 9pt !important; }
  .table { overflow: visible; } .table > div { overflow: visible !important; }
  .table.broad, .table.swipe { width: auto; margin-left: 0; } .table.broad { page: broad; }
  .table.swipe table { min-width: 0; } .table.broad table { font-size: 8.5pt !important; }
  .table.broad td { font-size: 8pt !important; }
  p, ul, ol { max-width: none; }
}
"""
Draw = Callable[[int], alt.TopLevelMixin]
"""Draws a chart at a width."""


def page(title: str, body: Iterable[str]) -> str:
    """Put a page together; it loads nothing from elsewhere."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            *body,
            "</body>",
            "</html>",
            "",
        ]
    )


def section(key: str, heading: str, *parts: str) -> str:
    """Head the parts of a section."""
    return "\n".join([f'<section id="{key}">', f"<h2>{escape(heading)}</h2>", *parts, "</section>"])


def paragraph(text: str, *, kind: str = "") -> str:
    """Write a paragraph of plain text."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def listed(lines: Iterable[str]) -> str:
    """Write a list of plain text."""
    return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"


def figure(name: str, alternative: str, draw: Draw) -> str:
    """Draw a chart twice, for a page and for a phone; the page shows the one that fits."""
    drawings = "".join(
        f'<div class="{kind}">{_inline(svg_of(draw(width)), f"{name}-{kind}", alternative)}</div>'
        for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    return f"<figure>{drawings}</figure>"


def _inline(svg: str, prefix: str, alternative: str) -> str:
    """Let a drawing take the width that there is, and keep its inner names apart from those of others."""
    named = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', svg)
    linked = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", named)
    width = re.search(r'<svg[^>]*\bwidth="([\d.]+)"', linked)
    size = f' style="max-width:{width[1]}px"' if width else ""
    head = f'<svg role="img" aria-label="{escape(alternative, quote=True)}"{size}'
    return re.sub(r'^<svg\b([^>]*?) width="[\d.]+" height="[\d.]+"', rf"{head}\1", linked, count=1)


def table(name: str, made: GT, *, kind: str = "") -> str:
    """Put a table in a frame that scrolls sideways where the page is narrow.

    Of kind `swipe` it is wider than a phone; of kind `broad` it takes a page across.
    """
    return f'<div class="{f"table {kind}".strip()}">{made.with_id(f"table-{name}").as_raw_html()}</div>'
