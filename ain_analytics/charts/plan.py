"""What a planned study may expect: width against its size, bias by rule, and what the visits do."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.plan_result import ESTIMATOR_IN_WORDS, RULE_IN_WORDS, Plan
from ain_analytics.schema.planning import MEDIAN

HEIGHT = 170
ESTIMATORS = list(ESTIMATOR_IN_WORDS.values())
RULES = list(RULE_IN_WORDS.values())
TWO_ERRORS = 2


def chart_plan(found: Plan, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw what limits to expect by size, and how far off the median lies by rule and visits.

    Parameters
    ----------
    found : Plan
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Panels under each other: width of the limits of the median against the number of children (last-run
        rule); bias of the median by rule, for the first number of children; and bias by spacing of
        visits, where the answer comes from the grid. Bars: two Monte Carlo errors either way.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> len(ain.chart_plan(ain.plan()).to_dict()["vconcat"])
    3
    """
    n = int(found.table["n"][0])
    parts = [_widths(found, width), _biases(found, n, width)]
    if not found.spacing.is_empty():
        parts.append(_spacings(found, n, width))
    source = "Simulated" if found.is_refined else "From the shipped grid"
    said = f"{found.assumptions[0]} Limits at 95 %. {source}"
    chart = alt.vconcat(*parts, spacing=18).resolve_scale(x="independent", y="independent")
    return look.dressed(chart, "What a planned study may expect", said, width)


def _in_months(rows: pl.DataFrame) -> pl.DataFrame:
    months = [
        (pl.col(name) / DAYS_PER_MONTH).alias(name) for name in ("bias", "bias_error", "width", "width_error")
    ]
    return rows.filter(pl.col("quantity") == MEDIAN).select(
        "n",
        "visit_months",
        pl.col("rule").cast(pl.String).replace(RULE_IN_WORDS),
        pl.col("estimator").cast(pl.String).replace(ESTIMATOR_IN_WORDS).alias("group"),
        *months,
    )


def _bars(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    margin = TWO_ERRORS * pl.col(f"{name}_error").fill_null(0)
    return rows.with_columns((pl.col(name) - margin).alias("low"), (pl.col(name) + margin).alias("high"))


def _colour(width: int, *, legend: bool) -> alt.Color:
    colour, _ = look.strata_colour(ESTIMATORS, legend=legend, width=width)
    return colour


def _widths(found: Plan, width: int) -> Any:
    rows = _bars(_in_months(found.sizes).filter(pl.col("rule") == RULES[0]).drop_nulls("width"), "width")
    sizes = rows["n"].unique().sort().to_list()
    x = alt.X(
        "n:Q",
        scale=alt.Scale(type="log", nice=False),
        axis=alt.Axis(title="Children followed", values=sizes, labelExpr="datum.value", grid=False),
    )
    y = alt.Y("width:Q", axis=alt.Axis(title="Width of limits, months"), scale=alt.Scale(domainMin=0))
    base = alt.Chart(rows).encode(x=x, color=_colour(width, legend=True))
    return alt.layer(
        base.mark_line(strokeWidth=2.2).encode(y=y),
        base.mark_point(filled=True, size=50, opacity=1).encode(y=y),
        base.mark_rule(strokeWidth=1.4).encode(y=alt.Y("low:Q"), y2="high:Q"),
    ).properties(
        width=width, height=HEIGHT, title=look.small_title(f"Limits of the median, rule: {RULES[0]}", width)
    )


def _biases(found: Plan, n: int, width: int) -> Any:
    rows = _bars(_in_months(found.table).filter(pl.col("n") == n).drop_nulls("bias"), "bias")
    y = alt.Y("rule:N", sort=RULES, axis=alt.Axis(title=None, labelLimit=200, ticks=False, domain=False))
    offset = alt.YOffset("group:N", sort=ESTIMATORS)
    x = alt.X("bias:Q", axis=alt.Axis(title="Bias of the median, months (right of 0: too late)", tickCount=8))
    base = alt.Chart(rows).encode(y=y, yOffset=offset, color=_colour(width, legend=False))
    return alt.layer(
        _zero(alt.X("at:Q")),
        base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2="high:Q"),
        base.mark_point(filled=True, size=70, opacity=1).encode(x=x),
    ).properties(width=width, height=120, title=look.small_title(f"Bias by rule, {n} children", width))


def _zero(place: alt.X | alt.Y) -> Any:
    rule = alt.Chart(pl.DataFrame({"at": [0.0]})).mark_rule(color=look.QUIET, strokeDash=[4, 3])
    return rule.encode(x=place) if isinstance(place, alt.X) else rule.encode(y=place)


def _spacings(found: Plan, n: int, width: int) -> Any:
    rows = _bars(_in_months(found.spacing).filter(pl.col("rule") == RULES[0]).drop_nulls("bias"), "bias")
    spacings = rows["visit_months"].unique().sort().to_list()
    axis = alt.Axis(
        title="Months between planned visits", values=spacings, grid=False, labelExpr="datum.value"
    )
    x = alt.X("visit_months:Q", axis=axis, scale=alt.Scale(zero=True, nice=False))
    y = alt.Y("bias:Q", axis=alt.Axis(title="Bias of the median, months"))
    base = alt.Chart(rows).encode(x=x, color=_colour(width, legend=False))
    return alt.layer(
        _zero(alt.Y("at:Q")),
        base.mark_line(strokeWidth=2.2).encode(y=y),
        base.mark_rule(strokeWidth=1.4).encode(y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_point(filled=True, size=50, opacity=1).encode(y=y),
    ).properties(
        width=width,
        height=HEIGHT,
        title=look.small_title(f"Bias by spacing of visits, rule: {RULES[0]}, {n} children", width),
    )
