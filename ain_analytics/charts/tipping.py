"""The median against what is assumed of the lost, and where it crosses a threshold."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.observation_result import TippingPoint

AXES = {
    "recovery_ratio": "How many times as fast the lost recover as children still followed",
    "recovered_unseen": "Share of the lost who had recovered when they stopped coming",
}
FORMAT = {"recovery_ratio": "~g", "recovered_unseen": ".0%"}
KAPLAN_MEIER = {"recovery_ratio": 1.0, "recovered_unseen": 0.0}
HEIGHT = 190
ROOM = 1.1
"""Of the axis above the largest number on it."""


def chart_tipping_point(found: TippingPoint, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw the median against how fast the lost recover, and against how many had recovered unseen.

    Parameters
    ----------
    found : TippingPoint
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        One panel for each axis: the median with its limits, the threshold as a dashed line, the
        Kaplan–Meier answer as a ring, and the tipping point as a full point with its value. Where the
        median is not reached the line stops; a limit that is not reached runs to the edge.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [30, 60, 90, 120, 150], "is_resolved": [True, False, True, True, True]}
    ... ).with_columns(is_lost=~pl.col("is_resolved"))
    >>> found = ain.tipping_point(rows, threshold_months=3)
    >>> len(ain.chart_tipping_point(found).to_dict()["vconcat"])
    2
    """
    said = (
        f"{found.n_lost} of {found.n} episodes lost. Ring: the Kaplan–Meier answer. Dashed: "
        f"{found.threshold_months:g} months. Band: {look.percent(found.definitions.confidence)} limits · "
        f"day zero: {look.origin_in_words(found.definitions)} · definition “{found.definitions.name}”"
    )
    panels = [_panel(found, axis, width) for axis in AXES]
    return look.dressed(
        alt.vconcat(*panels, spacing=16).resolve_scale(x="independent"),
        "How different the lost must be to change the answer",
        said,
        width,
    )


def _panel(found: TippingPoint, axis: str, width: int) -> Any:
    months = [(pl.col(name) / DAYS_PER_MONTH).alias(name) for name in ("value", "lower", "upper")]
    medians = found.table.filter(axis=axis, quantity="median").select("at", *months)
    top = ROOM * max(look.largest(medians, "value", "upper"), found.threshold_months)
    scale = alt.Scale(domain=[0, top], nice=False, clamp=True)
    x = alt.X(
        "at:Q", axis=alt.Axis(title=AXES[axis], grid=False, format=FORMAT[axis]), scale=alt.Scale(nice=False)
    )
    y = alt.Y("value:Q", scale=scale, axis=alt.Axis(title="Median, months"))
    known = medians.filter(pl.col("value").is_not_null())
    limits = medians.filter(pl.col("lower").is_not_null()).with_columns(pl.col("upper").fill_null(top))
    base = alt.Chart(known).encode(x=x, y=y)
    colour = look.PALETTE[0]
    band = (
        alt.Chart(limits)
        .mark_area(opacity=0.16, color=colour)
        .encode(x=x, y=alt.Y("lower:Q", scale=scale), y2="upper:Q")
    )
    rule = (
        alt.Chart(pl.DataFrame({"value": [found.threshold_months]}))
        .mark_rule(color=look.PALETTE[1], strokeDash=[6, 4], strokeWidth=1.5)
        .encode(y=y)
    )
    observed = alt.Chart(known.filter(pl.col("at") == KAPLAN_MEIER[axis]))
    ring = observed.mark_point(size=90, filled=False, strokeWidth=2, color=colour).encode(x=x, y=y)
    return alt.layer(
        band, rule, base.mark_line(color=colour, strokeWidth=2.2), ring, *_tipping(found, axis, x, y)
    ).properties(width=width, height=HEIGHT)


def _tipping(found: TippingPoint, axis: str, x: alt.X, y: alt.Y) -> list[Any]:
    """Mark the tipping point, or say in the corner that there is none."""
    at = found.at(axis)
    if at is None:
        why = str(found.points.filter(axis=axis)["answer"][0]).replace("_", " ")
        text = alt.Chart(pl.DataFrame({"said": [f"no tipping point here: {why}"]}))
        corner = text.mark_text(align="left", baseline="bottom", fontSize=11, color=look.INK)
        return [corner.encode(x=alt.value(8), y=alt.value(HEIGHT - 6), text="said:N")]
    said = look.percent(at) if axis == "recovered_unseen" else f"{at:.2g} times"
    base = alt.Chart(pl.DataFrame({"at": [at], "value": [found.threshold_months], "said": [said]}))
    point = base.mark_point(filled=True, size=90, opacity=1, color=look.PALETTE[1])
    text = base.mark_text(align="left", baseline="bottom", dx=8, dy=-6, fontSize=12, color=look.INK)
    return [point.encode(x=x, y=y), text.encode(x=x, y=y, text="said:N")]
