"""What the literature reports, beside the same quantity on this registry."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look

PANELS = {
    "median_among_recovered": "Median duration among those who recovered, months",
    "mean_among_recovered": "Mean duration among those who recovered, months",
    "median_unconditional": "Median duration of all children, months",
    "share_resolved": "Share resolved, no time said, percent",
    "share_resolved_by": "Share resolved by a time since the origin, percent",
    "share_between": "Share resolved within a window of time, percent",
    "curve": "Resolutions seen here of 100 that the published curve expects",
    "median_age_at_resolution": "Median age at resolution, months",
    "share_resolved_by_age": "Share resolved by an age, percent",
    "median_age_at_onset": "Median age at onset, months",
    "mean_age_at_onset": "Mean age at onset, months",
    "median_age_at_diagnosis": "Median age at diagnosis, months",
    "mean_age_at_diagnosis": "Mean age at diagnosis, months",
    "median_anc": "Median of the first neutropenic count, 10⁹/L",
    "mean_anc": "Mean of the first neutropenic count, 10⁹/L",
    "share_girls": "Girls, percent",
    "share_boys": "Boys, percent",
    "share_severe": "Severe neutropenia, percent",
    "share_antibody_positive": "Antibodies found, of those tested, percent",
    "share_converting": "Found positive when tested again, percent",
    "share_specificity": "Antibodies against one antigen, of those known, percent",
    "share_treated": "Treated, percent",
    "share_responding": "Response to a treatment, percent",
    "share_infected": "With infections, percent",
}
"""What is drawn, by quantity: each has an axis of its own, so a duration and an age never share one."""
VERDICTS = {"compatible": look.PALETTE[0], "different": look.PALETTE[1], "not_comparable": "#8a8a8a"}


def chart_published(comparison: pl.DataFrame, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Set each published figure beside the same quantity on this registry.

    Parameters
    ----------
    comparison : PublishedComparison, one row per figure
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        One panel per quantity. Figures without a number on this registry are left out.

    Examples
    --------
    >>> panels = chart_published(comparison).to_dict()["vconcat"]
    >>> panels[0]["layer"][1]["encoding"]["x"]["axis"]["title"]
    'Median duration among those who recovered, months'
    """
    rows = {key: rows_of_panel(comparison, key) for key in PANELS}
    panels = [_panel(rows[key], PANELS[key], width) for key in PANELS if not rows[key].is_empty()]
    subtitle = (
        "Diamond: published. Disc: the same quantity here, with limits. "
        "Square: what ought to have been reported. "
        "Blue: compatible; vermilion: different; grey: not comparable"
    )
    if not panels:
        why = "No published figure can be set beside this registry."
        return look.nothing(why, "This registry beside the literature", subtitle, width)
    titles = [title for key, title in PANELS.items() if not rows[key].is_empty()]
    only = f": {titles[0][0].lower()}{titles[0][1:]}" if len(titles) == 1 else ""
    title = f"This registry beside the literature{only}"
    drawn = panels[0] if len(panels) == 1 else alt.vconcat(*panels, spacing=22)
    return look.dressed(drawn, title, subtitle, width)


def rows_of_panel(comparison: pl.DataFrame, quantity: str) -> pl.DataFrame:
    """Take the figures of one quantity that have a number here."""
    is_known = pl.col("own").is_not_null() | pl.col("better").is_not_null()
    return comparison.filter(
        pl.col("published").is_not_null() & is_known & (pl.col("quantity").cast(pl.String) == quantity)
    )


def panels_of(comparison: pl.DataFrame) -> Iterator[tuple[str, str, Callable[[int], alt.TopLevelMixin]]]:
    """Give the panels that show something: a short name, a title, and what draws it so wide."""
    for place, (quantity, title) in enumerate(PANELS.items()):
        rows = rows_of_panel(comparison, quantity)
        if not rows.is_empty():
            yield f"published-{place}", title, partial(_alone, rows)


def _alone(rows: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    return chart_published(rows, width=width)


def _panel(rows: pl.DataFrame, title: str, width: int) -> Any:
    """Draw one quantity: a line or two of text over each row of marks."""
    unit = str(rows["unit"][0])
    shown = rows.with_columns(
        pl.col("verdict").cast(pl.String),
        pl.col("own_lower", "better_lower").clip(lower_bound=0),
        pl.Series("said", _lines(rows, width), dtype=pl.List(pl.String)),
    )
    n_lines = max(shown["said"].list.len().to_list())
    height = 30 + 14 * n_lines
    edge = look.largest(shown, "published", "own_upper", "better_upper")
    scale = alt.Scale(domain=[0, 100] if unit == "percent" else [0, edge * 1.06], nice=False)
    axis = alt.Axis(title=title, grid=True, tickCount=max(4, width // 80), labelFlush=False)
    y = alt.Y("figure_id:N", sort=shown["figure_id"].to_list(), axis=None, scale=alt.Scale(padding=0))
    colour = alt.Color(
        "verdict:N", legend=None, scale=alt.Scale(domain=list(VERDICTS), range=list(VERDICTS.values()))
    )
    base = alt.Chart(shown).encode(y=y, color=colour)
    tips = [alt.Tooltip(name, type="nominal") for name in ("study", "statement", "reason")]
    own, better = height / 2 - 20, height / 2 - 9

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, axis=axis)

    layers = [
        base.mark_text(align="left", baseline="top", dy=3 - height / 2, fontSize=11).encode(
            x=alt.value(0), text="said:N", color=alt.value(look.INK)
        ),
        base.mark_rule(strokeWidth=2, yOffset=own).encode(x=x("own_lower"), x2="own_upper:Q"),
        base.mark_point(filled=True, size=80, opacity=1, yOffset=own).encode(x=x("own"), tooltip=tips),
        base.mark_rule(strokeWidth=2, yOffset=better, strokeDash=[4, 2]).encode(
            x=x("better_lower"), x2="better_upper:Q"
        ),
        base.mark_point(filled=True, shape="square", size=60, opacity=1, yOffset=better).encode(
            x=x("better"), tooltip=tips
        ),
        base.mark_point(
            filled=False, shape="diamond", size=110, strokeWidth=2, yOffset=own, opacity=1
        ).encode(x=x("published"), color=alt.value(look.INK), tooltip=tips),
    ]
    return alt.layer(*layers).properties(width=width, height=height * shown.height)


def _lines(rows: pl.DataFrame, width: int) -> list[list[str]]:
    """Say each row: who reported what, and the verdict."""
    what = pl.col("statement").str.replace(r" \(.*\)$", "")
    verdict = pl.col("verdict").cast(pl.String).str.replace_all("_", " ")
    said = rows.select(pl.format("{}: {} — {}", "study", what, verdict))
    return [look.rows_of(text, width) for text in said.to_series().str.replace_all(" %", "\u00a0%").to_list()]
