"""A curve under its own rule of resolution, beside the two rules that bound it."""

from collections.abc import Mapping
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.charts.curve import ROW_HEIGHT, about, band, line, risk_table
from ain_analytics.charts.reading import drawn_steps, last_month, medians, numbers_at_risk
from ain_analytics.curve_result import ResolutionCurve


def chart_bounds(
    curves: Mapping[str, ResolutionCurve],
    *,
    at_risk: ResolutionCurve | None = None,
    multiples_of: int = 1,
    width: int = look.WIDE,
) -> alt.TopLevelMixin:
    """Draw one curve under its own rule of resolution and under the rules that bound it.

    Parameters
    ----------
    curves : mapping of a label to a ResolutionCurve without strata
        The first is the main one and gets the band; the others are its bounds.
    at_risk : ResolutionCurve, optional
        Kaplan–Meier curve of the main rule, where the curves are interval-censored.
    multiples_of : int
        Numbers at risk are rounded down to multiples of it, for what leaves the house.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Below the curves, on the same months, each rule's median with its interval.

    Examples
    --------
    >>> chart = chart_bounds({"this rule": curve, "the other reading": kaplan_meier})
    >>> len(chart.to_dict()["vconcat"])
    2
    """
    labels, main = list(curves), next(iter(curves.values()))
    counted = at_risk or main
    drawn = [
        drawn_steps(curve, counted).with_columns(pl.lit(look.plain(label)).alias("group"))
        for label, curve in curves.items()
    ]
    found = medians(curves.items())
    ends = pl.concat([*(steps["months"] for steps in drawn), found["value"]])
    ticks = look.ticks_of_months(last_month(ends), width)
    colour, dash = look.strata_colour(labels, legend=True, width=width)
    x = look.months_axis(ticks, None)
    plot = alt.layer(band(drawn[0], x, colour), line(pl.concat(drawn), x, colour, dash))
    strip = median_strip(found, labels, ticks, f"Months since {main.definitions.time_origin}", width)
    heading = f"Number at risk, {look.plain(labels[0])}"
    numbers = numbers_at_risk(counted, ticks, multiples_of)
    table = risk_table(
        numbers, numbers["group"].unique().to_list(), ticks, width, heading=heading, multiples_of=multiples_of
    )
    parts = [plot.properties(width=width, height=max(200, int(width * 0.42))), *table, strip]
    subtitle = f"{about(main)}. Same children, same counts: only the rule of resolution differs"
    return look.dressed(
        alt.vconcat(*parts, spacing=4), "The answer under three rules of resolution", subtitle, width
    )


def median_strip(found: pl.DataFrame, labels: list[str], ticks: list[int], title: str, width: int) -> Any:
    """Set each rule's median and its interval under each other; an open end runs to the edge."""
    rows = [look.plain(label) for label in labels]
    edge = float(ticks[-1])
    shown = found.with_columns(
        pl.col("lower").fill_null(0.0),
        pl.col("upper").fill_null(edge),
        pl.format("{}: {}", "group", "said").alias("said"),
    )
    colour, _ = look.strata_colour(labels, legend=False, width=width)
    y = alt.Y("group:N", sort=rows, scale=alt.Scale(domain=rows), axis=None)
    base = alt.Chart(shown).encode(y=y, color=colour)
    span = base.mark_rule(strokeWidth=2.5).encode(x=look.months_axis(ticks, title, "lower"), x2="upper:Q")
    point = base.mark_point(filled=True, size=80, opacity=1).encode(x=look.months_axis(ticks, title, "value"))
    text: dict[str, Any] = {"baseline": "bottom", "dy": -6, "fontSize": 11, "color": look.INK}
    is_early = pl.col("lower") < edge / 2
    early = alt.Chart(shown.filter(is_early)).mark_text(align="left", **text)
    late = alt.Chart(shown.filter(~is_early)).mark_text(align="right", **text)
    texts = [
        mark.encode(x=look.months_axis(ticks, title, end), y=y, text="said:N")
        for mark, end in ((early, "lower"), (late, "upper"))
    ]
    heading = look.small_title("Median, months, with limits", width)
    return alt.layer(span, point, *texts).properties(
        width=width, height=(ROW_HEIGHT + 15) * len(rows), title=heading
    )
