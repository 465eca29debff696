"""The report of a study: one page for the screen, the phone and paper, made of what others may see."""

from html import escape
from pathlib import Path

import polars as pl

from ain_analytics import report_text as words
from ain_analytics.charts import (
    chart_attrition,
    chart_case_classes,
)
from ain_analytics.charts.published import panels_of
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.published import multiplicity_note
from ain_analytics.quality_page import MOST_TELLING, quality_figures
from ain_analytics.report_curves import curves_section, group_of, in_order
from ain_analytics.report_page import figure, listed, page, paragraph, section, table
from ain_analytics.report_text import SECTIONS
from ain_analytics.shared import Shared, oddities_without_few, shared
from ain_analytics.study_result import Study
from ain_analytics.tables import (
    table_comparison,
    table_fates,
    table_oddities,
    table_one,
)
from ain_analytics.wording import in_words


def write_report(study: Study, path: Path | str) -> Path:
    """Write the report of a study as one HTML file that needs nothing else.

    Parameters
    ----------
    study : Study
    path : path
        Written as UTF-8, whole.

    Returns
    -------
    Path
        Its size does not grow with the number of children; small numbers are hidden.
    """
    seen = shared(study.tables, study.curves, study.definitions)
    title = f"Time to resolution of neutropenia: {study.quality.name}"
    made = page(
        title,
        [
            _head(study),
            _answer(study, seen),
            _contents(),
            _who(study, seen),
            _quality(study, seen),
            _classes(seen),
            curves_section(study, seen),
            _literature(seen),
            section("definition", SECTIONS["definition"], listed(in_words(study.definitions))),
            _assumed(study, seen),
            _not_comparable(seen),
        ],
    )
    place = Path(path)
    place.write_text(made, encoding="utf-8")
    return place


def _head(study: Study) -> str:
    extract = study.registry.extract
    source = f" · {extract.options.source}" if extract.options.source else ""
    line = [
        f"{study.quality.name}{source}",
        f"data up to {study.quality.extracted_on}",
        f"definition “{study.definitions.name}”",
    ]
    return f"<header><h1>How long does the neutropenia last?</h1>{_quiet(line)}</header>"


def _quiet(parts: list[str]) -> str:
    return paragraph(" · ".join(parts), kind="quiet")


def _contents() -> str:
    links = "".join(f'<a href="#{key}">{escape(heading)}</a>' for key, heading in SECTIONS.items())
    return f"<nav>{links}</nav>"


def _answer(study: Study, seen: Shared) -> str:
    """Answer for the autoimmune, where there are any, and beside them for all."""
    own, confidence = study.definitions.name, 100 * study.definitions.confidence
    lead = seen.curves[study.leading[own]]
    is_of_all = study.leading[own] == own
    cards = "".join(_rule(seen.curves[study.leading[rule]], is_own=rule == own) for rule in in_order(study))
    return "\n".join(
        [
            '<div class="answer">',
            f'<p class="big"><strong>{escape(words.answer(lead, group_of(study)))}</strong></p>',
            paragraph(words.followed(lead)),
            *([] if is_of_all else _everybody(seen.curves[own])),
            paragraph(f"{words.THREE_RULES} (months, {confidence:g} % limits):"),
            f'<div class="rules">{cards}</div>',
            paragraph("What was assumed:"),
            listed(words.assumed(study.definitions)),
            "</div>",
        ]
    )


def _everybody(curve: ResolutionCurve) -> list[str]:
    said = words.answer(curve)
    return [paragraph(f"{words.AUTOIMMUNE} {said[0].lower()}{said[1:]} {words.followed(curve)}")]


def _rule(curve: ResolutionCurve, *, is_own: bool) -> str:
    said = f"{words.rule_of(curve.definitions)}."
    own = " own" if is_own else ""
    return (
        f'<div class="rule{own}"><b>{escape(words.short_median(curve))}</b><span>{escape(said)}</span></div>'
    )


def _who(study: Study, seen: Shared) -> str:
    return section(
        "who",
        SECTIONS["who"],
        paragraph(words.EXPLAINED["who"]),
        figure(
            "attrition",
            "Children left at each step",
            lambda width: chart_attrition(seen.attrition, width=width),
        ),
        "<h3>Table 1. The children</h3>",
        table("one", table_one(study.registry, study.tables["case"])),
    )


def _quality(study: Study, seen: Shared) -> str:
    ignored = study.quality.ignored.filter(pl.col("kind") == "column")["name"].to_list()
    n_others = study.quality.ignored.height - len(ignored)
    unknown = [
        *(
            [f"Columns that the program does not know, and did not read: {', '.join(ignored)}."]
            if ignored
            else []
        ),
        *([f"Other things in the source that it does not know: {n_others}."] if n_others else []),
    ]
    few = study.definitions.minimum_cell
    odd = oddities_without_few(study.quality.oddities, seen.attrition, few)
    return section(
        "quality",
        SECTIONS["quality"],
        paragraph(words.EXPLAINED["quality"]),
        *(paragraph(line) for line in unknown),
        table("fates", table_fates(seen.row_fate)),
        "<h3>What looks odd</h3>",
        table("oddities", table_oddities(odd, minimum_cell=few)),
        *quality_figures(study.quality, MOST_TELLING),
    )


def _classes(seen: Shared) -> str:
    return section(
        "classes",
        SECTIONS["classes"],
        paragraph(words.EXPLAINED["classes"]),
        figure(
            "classes", "Children by case class", lambda width: chart_case_classes(seen.classes, width=width)
        ),
    )


def _literature(seen: Shared) -> str:
    comparison = seen.comparison
    tested = comparison.filter(pl.col("verdict").cast(pl.String) != "not_comparable")
    return section(
        "literature",
        SECTIONS["literature"],
        paragraph(words.EXPLAINED["literature"]),
        paragraph(multiplicity_note(comparison, confidence=seen.definitions.confidence)),
        *(figure(name, f"Published figures: {title}", draw) for name, title, draw in panels_of(comparison)),
        table("comparison", table_comparison(tested), kind="broad swipe"),
    )


def _assumed(study: Study, seen: Shared) -> str:
    own = study.definitions.name
    said = [*seen.curves[own].assumptions, *seen.curves[f"{own}_kaplan_meier"].assumptions, *study.notes]
    return section(
        "assumed",
        SECTIONS["assumed"],
        listed(dict.fromkeys(said)),
        paragraph(words.NOT_SHOWN, kind="quiet"),
    )


def _not_comparable(seen: Shared) -> str:
    comparison = seen.comparison
    rest = comparison.filter(pl.col("verdict").cast(pl.String) == "not_comparable")
    return section(
        "figures",
        SECTIONS["figures"],
        paragraph(words.EXPLAINED["figures"]),
        listed(
            pl.Series(
                rest.select(
                    pl.format("{} ({}): {}. {}", "study", "figure_id", "statement", "reason")
                ).to_series()
            )
        ),
    )
