"""The share not yet resolved, by time, with numbers at risk on the same axis of months."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.characteristics import by_in_words, group_in_words
from ain_analytics.charts import look
from ain_analytics.charts.reading import (
    drawn_steps,
    groups_to_draw,
    last_month,
    medians,
    numbers_at_risk,
)
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH

ESTIMATOR = {
    "kaplan_meier": "Kaplan–Meier",
    "npmle": "Interval-censored (NPMLE)",
    "aalen_johansen": "Aalen–Johansen",
}
AXIS = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%", grid=True, title="Share not yet resolved")
UNIT = alt.Scale(domain=[0, 1])
ROW_HEIGHT = 17
MOST_BANDS = 4
"""Of more groups only the curves are drawn, because bands would hide them."""


def chart_resolution(
    curve: ResolutionCurve,
    *,
    at_risk: ResolutionCurve | None = None,
    multiples_of: int = 1,
    title: str | None = None,
    width: int = look.WIDE,
) -> alt.TopLevelMixin:
    """Draw the share of episodes not yet resolved.

    Parameters
    ----------
    curve : ResolutionCurve
        Of any estimator, with or without strata.
    at_risk : ResolutionCurve, optional
        Kaplan–Meier curve of the same episodes: its numbers at risk stand below an
        interval-censored curve, which has none, and say where it stops.
    multiples_of : int
        Numbers at risk are rounded down to multiples of it, for what leaves the house.
    title : str, optional
        Stands over the chart instead of the usual one.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        The curve stops where fewer than `definitions.minimum_at_risk` are at risk.

    Examples
    --------
    >>> chart_resolution(curve, at_risk=kaplan_meier).to_dict()["title"]["text"]
    ['Time to resolution']
    """
    counted = at_risk or curve
    steps = drawn_steps(curve, counted)
    groups = groups_to_draw(steps)
    found = medians([(None, curve)])
    what = title or (f"Time to resolution by {by_in_words(curve.by)}" if curve.by else "Time to resolution")
    left_out = [name for name in found["group"].to_list() if name not in groups]
    too_few = f"too few to draw: {', '.join(left_out)}"
    said = " · ".join([about(curve), *([too_few] if curve.by and left_out else [])])
    if not groups:
        return look.nothing("Too few are at risk to draw a curve.", what, said, width)
    drawn = steps.filter(pl.col("group").is_in(groups))
    ticks = look.ticks_of_months(last_month(drawn["months"]), width)
    colour, dash = look.strata_colour(groups, legend=len(groups) > 1, width=width)
    x, left, begin = (
        look.months_axis(ticks, f"Months since {curve.definitions.time_origin}", field)
        for field in ("months", "zero", "from")
    )
    bands = (
        [*simultaneous(curve, drawn, x, colour), band(drawn, x, colour)] if len(groups) <= MOST_BANDS else []
    )
    layers = [*bands, *open_cells(curve, drawn, begin, colour), line(drawn, x, colour, dash)]
    layers += median_dashes(found.filter(pl.col("group").is_in(groups)), ticks, x, left, colour)
    plot = alt.layer(*layers).properties(width=width, height=max(210, int(width * 0.5)))
    numbers = numbers_at_risk(counted, ticks, multiples_of)
    table = risk_table(numbers, groups, ticks, width, multiples_of=multiples_of)
    return look.dressed(alt.vconcat(plot, *table, spacing=4), what, said, width)


def band(steps: pl.DataFrame, x: alt.X, colour: alt.Color) -> Any:
    """Draw the limits."""
    known = steps.filter(pl.col("lower").is_not_null() & pl.col("upper").is_not_null())
    return (
        alt.Chart(known)
        .mark_area(interpolate="step-after", opacity=0.16)
        .encode(x=x, y=alt.Y("lower:Q", scale=UNIT, axis=AXIS), y2="upper:Q", color=colour)
    )


def simultaneous(curve: ResolutionCurve, drawn: pl.DataFrame, x: alt.X, colour: alt.Color) -> list[Any]:
    """Draw the band that holds the whole curve, lighter, as far as the curve itself."""
    if curve.bands is None:
        return []
    ends = drawn.group_by("group").agg(last=pl.col("months").max())
    known = curve.bands.select(group_in_words(curve.by), look.MONTHS.alias("months"), "lower", "upper")
    inside = known.join(ends, on="group").filter(pl.col("months") <= pl.col("last")).sort("group", "months")
    return [band(inside, x, colour).mark_area(interpolate="step-after", opacity=0.08)]


def line(steps: pl.DataFrame, x: alt.X, colour: alt.Color, dash: alt.StrokeDash) -> Any:
    """Draw the curve as steps."""
    return (
        alt.Chart(steps)
        .mark_line(interpolate="step-after", strokeWidth=2.2)
        .encode(
            x=x,
            y=alt.Y("unresolved:Q", scale=UNIT, axis=AXIS),
            color=colour,
            strokeDash=dash,
            tooltip=[
                alt.Tooltip("group:N", title="group"),
                alt.Tooltip("months:Q", format=".1f"),
                alt.Tooltip("unresolved:Q", format=".0%", title="not yet resolved"),
            ],
        )
    )


def open_cells(curve: ResolutionCurve, drawn: pl.DataFrame, begin: alt.X, colour: alt.Color) -> list[Any]:
    """Draw where in its cell an interval-censored curve may fall: anywhere inside a lighter rectangle."""
    if curve.cells is None:
        return []
    last = drawn.group_by("group").agg(pl.col("months").max().alias("last"))
    cells = (
        curve.cells.select(
            group_in_words(curve.by),
            pl.col("left_days").truediv(DAYS_PER_MONTH).alias("from"),
            pl.col("right_days").truediv(DAYS_PER_MONTH).alias("months"),
            pl.col("unresolved_before").alias("before"),
            (pl.col("unresolved_before") - pl.col("mass")).clip(0, 1).alias("after"),
        )
        .join(last, on="group")
        .filter(pl.col("months") <= pl.col("last"))
    )
    marked = alt.Chart(cells).mark_rect(opacity=0.3, strokeWidth=0)
    y = alt.Y("before:Q", scale=UNIT, axis=AXIS)
    return [marked.encode(x=begin, x2="months:Q", y=y, y2="after:Q", color=colour)]


def median_dashes(
    found: pl.DataFrame, ticks: list[int], x: alt.X, left: alt.X, colour: alt.Color
) -> list[alt.Chart]:
    """Lead the eye from one half on the left to the median on the axis."""
    reached = found.filter(pl.col("value") <= ticks[-1]).with_columns(
        pl.col("value").alias("months"), pl.lit(0.5).alias("half"), pl.lit(0.0).alias("zero")
    )
    if reached.is_empty():
        return []
    y = alt.Y("half:Q", scale=UNIT, axis=AXIS)
    dotted: dict[str, Any] = {"strokeDash": [3, 3], "strokeWidth": 1.2, "opacity": 0.9}
    down = alt.Chart(reached).mark_rule(**dotted).encode(x=x, y=y, y2="zero:Q", color=colour)
    across = (
        alt.Chart(reached)
        .mark_rule(color=look.QUIET, strokeDash=[3, 3], strokeWidth=1.2)
        .encode(x=left, x2="months:Q", y=y)
    )
    label = (
        alt.Chart(reached)
        .mark_text(align="left", baseline="bottom", dx=6, dy=-4, fontSize=11, color=look.INK)
        .encode(x=x, y=alt.Y("zero:Q", scale=UNIT, axis=AXIS), text=alt.Text("said:N"))
    )
    return [across, down, label] if found.height == 1 else [across, down]


def risk_table(
    numbers: pl.DataFrame,
    groups: list[str],
    ticks: list[int],
    width: int,
    *,
    heading: str = "Number at risk",
    multiples_of: int = 1,
) -> list[alt.Chart]:
    """Write the numbers at risk under the curve, on the same x scale; nothing where none is known."""
    shown = numbers.filter(pl.col("group").is_in(groups))
    if shown.is_empty():
        return []
    rounding = f", rounded down to multiples of {multiples_of}" if multiples_of > 1 else ""
    title = look.small_title(f"{heading}{rounding}", width)
    if width < look.NARROW + 100 and len(groups) > 1:
        rows = [[group] for group in groups]
        heads = [f"{heading}{rounding}: {groups[0]}", *groups[1:]]
        return [
            _risk_rows(shown, row, ticks, width).properties(title=look.small_title(head, width))
            for row, head in zip(rows, heads, strict=True)
        ]
    return [_risk_rows(shown, groups, ticks, width).properties(title=title)]


def _risk_rows(numbers: pl.DataFrame, groups: list[str], ticks: list[int], width: int) -> Any:
    is_named = len(groups) > 1
    labels = alt.Axis(
        title=None, domain=False, ticks=False, labels=is_named, labelLimit=200, labelPadding=18, grid=False
    )
    return (
        alt.Chart(numbers.filter(pl.col("group").is_in(groups)))
        .mark_text(fontSize=11, color=look.INK)
        .encode(
            x=look.months_axis(ticks, None).axis(None),
            y=alt.Y("group:N", sort=groups, scale=alt.Scale(domain=groups), axis=labels),
            text="n_at_risk:N",
        )
        .properties(width=width, height=ROW_HEIGHT * len(groups))
    )


def about(curve: ResolutionCurve) -> str:
    """Say estimator, limits, origin, definition and which episodes, in one line."""
    definitions = curve.definitions
    estimator = ESTIMATOR[curve.estimator]
    episodes = {"first": "first episode of each child", "all": "all episodes"}[definitions.episodes_used]
    return (
        f"{estimator} with {look.percent(definitions.confidence)} limits · "
        f"day zero: {look.origin_in_words(definitions)} · definition “{definitions.name}” · {episodes} · "
        f"drawn while at least {definitions.minimum_at_risk} are at risk"
    )
