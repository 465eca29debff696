"""Ratios of a regression with their limits, one row for each level of each covariate."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.aft_result import AcceleratedFailure
from ain_analytics.characteristics import GROUPS, by_in_words
from ain_analytics.charts import look
from ain_analytics.regression_result import CoxRegression

ROW_HEIGHT, NAME_WIDTH, TEXT_WIDTH = 22, 210, 230
NAME_GAP = 9
"""Room between a name and a limit that lies on the end of the axis."""
SPAN = (0.5, 2.0)
WIDEST = (0.02, 50.0)
IN_WORDS = {
    "hazard_ratio": ("Hazard ratio of resolution", "sooner", "later"),
    "time_ratio": ("Ratio of the time to resolution", "later", "sooner"),
}
"""What is drawn, and what a ratio above and below 1 says of resolution."""


def chart_forest(
    found: CoxRegression | AcceleratedFailure, *, title: str | None = None, width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw the ratios of a regression with their limits, as a forest.

    Parameters
    ----------
    found : CoxRegression or AcceleratedFailure
        For others give `found.shared()`: hidden values are drawn as words.
    title : str, optional
        Stands over the chart instead of the usual one.
    width : int
        Width of the picture in pixels, names and numbers included.

    Returns
    -------
    altair chart
        On a logarithmic axis; limits that run over its end are cut there. Reference levels are hollow, on 1.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> chart = ain.chart_forest(ain.cox_regression(followed, ["sex", "age_at_onset_days"]))
    >>> chart.to_dict()["title"]["text"]
    ['Hazard ratio of resolution']
    """
    if found.table.is_empty():
        return look.nothing("There is no covariate.", title or "Ratios", _about(found), width)
    what, above, below = IN_WORDS[str(found.table["kind"][0])]
    axis_title = f"Ratio with {look.percent(found.definitions.confidence)} limits"
    side = f"Above 1, resolution comes {above}; below 1, {below}."
    plot = max(110, width - NAME_WIDTH - TEXT_WIDTH)
    low, high = _ends(found.table)
    has_limits = pl.col("lower").is_not_null() | pl.col("upper").is_not_null()
    shown = found.table.select(
        pl.Series("name", _names(found.table), dtype=pl.String),
        "is_reference",
        "value",
        pl.when(has_limits).then(pl.col("lower").fill_null(low).clip(low, high)).alias("from"),
        pl.when(has_limits).then(pl.col("upper").fill_null(high).clip(low, high)).alias("to"),
        pl.Series("said", [_said(row) for row in found.table.to_dicts()], dtype=pl.String),
    )
    names = shown["name"].to_list()
    axis = alt.Axis.from_dict(
        {"title": look.rows_of(axis_title, plot), "grid": True, "tickCount": 5, "format": "~g"}
    )
    scale = alt.Scale(type="log", domain=[low, high], nice=False, clamp=True)
    x = alt.X("value:Q", scale=scale, axis=axis)
    y = alt.Y(
        "name:N",
        sort=names,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=NAME_WIDTH, labelPadding=NAME_GAP),
    )
    limits = shown.filter(pl.col("from").is_not_null())
    drawn = shown.filter(pl.col("value").is_between(low, high))
    marked: dict[str, Any] = {"size": 65, "opacity": 1, "color": look.PALETTE[0]}
    layers = [
        alt.Chart(pl.DataFrame({"value": [1.0]})).mark_rule(color=look.QUIET, strokeDash=[4, 3]).encode(x=x),
        alt.Chart(limits)
        .mark_rule(strokeWidth=2.2, color=look.PALETTE[0])
        .encode(x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q", y=y),
        alt.Chart(drawn.filter(~pl.col("is_reference"))).mark_point(filled=True, **marked).encode(x=x, y=y),
        alt.Chart(drawn.filter("is_reference")).mark_point(filled=False, **marked).encode(x=x, y=y),
        alt.Chart(shown)
        .mark_text(align="left", fontSize=10.5, color=look.INK)
        .encode(x=alt.value(plot + 10), y=y, text="said:N"),
    ]
    picture = alt.layer(*layers).properties(width=plot, height=ROW_HEIGHT * len(names))
    return look.dressed(picture, title or what, f"{side} {_about(found)}", width)


def _about(found: CoxRegression | AcceleratedFailure) -> str:
    """Say model, numbers, origin and definition, in one line."""
    if isinstance(found, CoxRegression):
        strata = f", strata by {', '.join(map(by_in_words, found.strata))}" if found.strata else ""
        model = f"Cox regression{strata}"
    else:
        model = f"Accelerated failure time, {found.distribution.replace('_', '-')} law"
    few = found.definitions.minimum_cell
    is_small = 0 < min(found.n_resolved, found.n - found.n_resolved) < few
    numbers = f"{found.n} episodes" if is_small else f"{found.n_resolved} of {found.n} episodes resolved"
    return (
        f"{model} · {numbers} · day zero: {look.origin_in_words(found.definitions)} · "
        f"definition “{found.definitions.name}”"
    )


def _names(table: pl.DataFrame) -> list[str]:
    """Name each row by covariate and level; text from the extract stays as it is."""
    return [
        by_in_words(row["covariate"])
        + (f": {_level(row['covariate'], row['level'])}" if row["level"] else "")
        for row in table.to_dicts()
    ]


def _level(covariate: str, level: str) -> str:
    return level if covariate == "site" else GROUPS.get(covariate, {}).get(level, look.plain(level))


def _ends(table: pl.DataFrame) -> tuple[float, float]:
    """Give the ends of the axis: at least a half to twice."""
    seen = [x for name in ("lower", "value", "upper") for x in table[name].drop_nulls() if x > 0]
    return max(WIDEST[0], min([SPAN[0], *seen])), min(WIDEST[1], max([SPAN[1], *seen]))


def _said(row: dict[str, Any]) -> str:
    """Print value, limits and count beside the drawing."""
    n = "" if row["n"] is None else f"  n = {row['n']}"
    if row["is_reference"]:
        return f"1 (reference){n}"
    if row["value"] is None:
        return ("no finite ratio" if row["note"] else "hidden") + n
    lower, upper = ("∞" if row[end] is None else f"{row[end]:.2f}" for end in ("lower", "upper"))
    return f"{row['value']:.2f} ({lower} to {upper}){n}"
