"""A published curve as it was printed, rebuilt, and what it may hide; with one's own beside it."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.charts.curve import AXIS, UNIT, line
from ain_analytics.charts.reading import drawn_steps, last_month
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.reconstruction_result import Reconstruction

TITLE = "Months since the origin of each curve"
REBUILT, OWN = "rebuilt from the paper", "own"


def chart_reconstruction(
    found: Reconstruction,
    *,
    own: ResolutionCurve | None = None,
    title: str | None = None,
    width: int = look.WIDE,
) -> alt.TopLevelMixin:
    """Draw a published curve, its reconstruction and its bounds, and one's own curve over them.

    Parameters
    ----------
    found : Reconstruction
    own : ResolutionCurve, optional
        A curve without strata, of any estimator; drawn while enough are at risk.
    title : str, optional
        Stands over the chart instead of the usual one.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Rings: printed points. Step line: the reconstructed children. Grey: where the curve of every data
        set that prints the same lies. Dashed: one's own curve.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> table = pl.DataFrame({"time_months": [12, 24], "survival": [0.5, 0.25]})
    >>> at_risk = pl.DataFrame({"time_months": [0, 12], "n_at_risk": [8, 4]})
    >>> chart = ain.chart_reconstruction(ain.reconstruct(table, at_risk))
    >>> len(chart.to_dict()["layer"])
    3
    """
    months = look.MONTHS.alias("months")
    points = found.points.select(months, "printed", "unresolved", "lower", "upper")
    after = found.points["days"].to_list()[1:]
    bounds = pl.DataFrame(
        {
            "from": points["months"][:-1],
            "months": points["months"][1:],
            "lower": points["lower"][1:],
            "upper": points["upper"][:-1],
        }
    )
    rebuilt = _steps_of(found)
    curves = [rebuilt.with_columns(group=pl.lit(REBUILT))]
    if own is not None:
        curves.append(drawn_steps(own, own).select(pl.lit(OWN).alias("group"), "months", "unresolved"))
    drawn = pl.concat([curve.select("group", "months", "unresolved") for curve in curves])
    ticks = look.ticks_of_months(last_month(pl.concat([drawn["months"], points["months"]])), width)
    groups = [REBUILT, OWN][: len(curves)]
    colour, dash = look.strata_colour(groups, legend=len(curves) > 1, width=width)
    x = look.months_axis(ticks, TITLE)
    layers = [_area(bounds, ticks), line(drawn, x, colour, dash), _rings(points, x)]
    said = (
        f"{found.n} children, {len(after)} printed points (rings). Grey: every data set that prints the same"
        + ("" if own is None else f". Own: definition “{own.definitions.name}”")
    )
    return look.dressed(
        alt.layer(*layers).properties(width=width, height=max(210, int(width * 0.5))),
        title or "A published curve, rebuilt",
        said,
        width,
    )


def _steps_of(found: Reconstruction) -> pl.DataFrame:
    """Take the steps of the reconstructed curve."""
    return found.curve.steps.select(look.MONTHS.alias("months"), "unresolved")


def _area(bounds: pl.DataFrame, ticks: list[int]) -> Any:
    """Draw, between each two points, where the curve may run."""
    begin = look.months_axis(ticks, TITLE, "from")
    return (
        alt.Chart(bounds)
        .mark_rect(color=look.QUIET, opacity=0.22, strokeWidth=0)
        .encode(x=begin, x2="months:Q", y=alt.Y("lower:Q", scale=UNIT, axis=AXIS), y2="upper:Q")
    )


def _rings(points: pl.DataFrame, x: alt.X) -> Any:
    """Mark what is printed."""
    return (
        alt.Chart(points)
        .mark_point(size=34, filled=False, strokeWidth=1.4, color=look.INK)
        .encode(
            x=x,
            y=alt.Y("printed:Q", scale=UNIT, axis=AXIS),
            tooltip=[
                alt.Tooltip("months:Q", format=".1f"),
                alt.Tooltip("printed:Q", format=".1%"),
                alt.Tooltip("lower:Q", format=".1%"),
                alt.Tooltip("upper:Q", format=".1%"),
            ],
        )
    )
