"""Shares that have come to each end, by time, and the mean number of further episodes."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.incidence_result import IncidenceCurve
from ain_analytics.recurrence import RecurrenceCurve

SHARE = alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".0%", grid=True, title="Share that has come to it")
UNIT = alt.Scale(domain=[0, 1])
MOST_BANDS = 4
"""Of more curves no limits are drawn, because they would hide them."""


def chart_incidence(
    curve: IncidenceCurve, *, title: str | None = None, width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw the share of episodes that has come to each end.

    Parameters
    ----------
    curve : IncidenceCurve
    title : str, optional
        Stands over the chart instead of the usual one.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        A curve for each end, and a panel for each stratum; it stops where fewer than
        `definitions.minimum_at_risk` are at risk.

    Examples
    --------
    >>> chart_incidence(ain.incidence_curve(followed)).to_dict()["title"]["text"]
    ['What episodes came to']
    """
    d = curve.definitions
    steps = curve.steps.filter(pl.col("n_at_risk") >= d.minimum_at_risk).select(
        "stratum", "lower", "upper", "n_at_risk", share="incidence", months=look.MONTHS,
        group=pl.col("end").str.replace_all("_", " ", literal=True),
    )  # fmt: skip
    said = (
        f"Aalen–Johansen with {look.percent(d.confidence)} limits · day zero: {look.origin_in_words(d)} · "
        f"definition “{d.name}” · drawn while at least {d.minimum_at_risk} are at risk"
    )
    heading = title or ("What episodes came to" + (f", by {curve.by}" if curve.by else ""))
    if steps.is_empty():
        return look.nothing("Too few are at risk to draw a curve.", heading, said, width)
    ends = steps["group"].unique(maintain_order=True).to_list()
    panels = [
        _panel(
            steps.filter(pl.col("stratum") == name), ends, "share",
            {"scale": UNIT, "axis": SHARE}, d.time_origin, width,
            name if curve.by else None,
        )
        for name in curve.strata if name in steps["stratum"].to_list()
    ]  # fmt: skip
    return look.dressed(alt.vconcat(*panels, spacing=14), heading, said, width)


def chart_recurrence(
    curve: RecurrenceCurve, *, title: str | None = None, width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw the mean number of further episodes of a child.

    Parameters
    ----------
    curve : RecurrenceCurve
    title : str, optional
        Stands over the chart instead of the usual one.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        A curve for each stratum; it stops where fewer than `definitions.minimum_at_risk` are observed.

    Examples
    --------
    >>> chart_recurrence(ain.recurrence_curve(registry.frame("episode"))).to_dict()["title"]["text"]
    ['Further episodes of a child']
    """
    d = curve.definitions
    steps = curve.steps.filter(pl.col("n_at_risk") >= d.minimum_at_risk).select(
        "lower", "upper", "n_at_risk", mean="mean_episodes", group="stratum", months=look.MONTHS
    )
    heading = title or ("Further episodes of a child" + (f", by {curve.by}" if curve.by else ""))
    said = (
        f"Mean number since the onset of the first, with {look.percent(d.confidence)} limits · definition "
        f"“{d.name}” · drawn while at least {d.minimum_at_risk} are observed"
    )
    if steps.is_empty():
        return look.nothing("Too few are observed to draw a curve.", heading, said, width)
    strata = steps["group"].unique(maintain_order=True).to_list()
    y = {"scale": alt.Scale(zero=True), "title": "Mean number of further episodes"}
    return look.dressed(_panel(steps, strata, "mean", y, "first onset", width, None), heading, said, width)


def _panel(
    steps: pl.DataFrame,
    names: list[str],
    value: str,
    y: dict[str, Any],
    origin: str,
    width: int,
    head: str | None,
) -> Any:
    """Draw a curve for each name, with its limits."""
    ticks = look.ticks_of_months(look.largest(steps, "months"), width)
    x = look.months_axis(ticks, f"Months since {origin}", "months")
    colour, dash = look.strata_colour(names, legend=len(names) > 1, width=width)
    known = steps.drop_nulls(["lower", "upper"])
    band = (
        alt.Chart(known)
        .mark_area(interpolate="step-after", opacity=0.14)
        .encode(x=x, y=alt.Y("lower:Q", **y), y2="upper:Q", color=colour)
    )
    line = (
        alt.Chart(steps)
        .mark_line(interpolate="step-after", strokeWidth=2.2)
        .encode(
            x=x, y=alt.Y(f"{value}:Q", **y), color=colour, strokeDash=dash,
            tooltip=[
                alt.Tooltip("group:N", title="curve"),
                alt.Tooltip("months:Q", format=".1f"),
                alt.Tooltip(f"{value}:Q", format=".2f"),
                alt.Tooltip("n_at_risk:Q", title="at risk"),
            ],
        )
    )  # fmt: skip
    layers = [band, line] if len(names) <= MOST_BANDS else [line]
    panel = alt.layer(*layers).properties(width=width, height=max(200, int(width * 0.4)))
    return panel if head is None else panel.properties(title=look.small_title(head, width))
