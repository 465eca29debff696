"""Distributions of the quality report as bars, and as a dashed line what was to be expected."""

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look


def _bars(
    frame: pl.DataFrame, label: str, count: str, title: str, *, width: int, lit: pl.Expr, height: int = 130
) -> Any:
    """Draw counts as bars in their order, some in colour, and as a line what was to be expected."""
    rows = frame.select(
        pl.col(label).alias("label"),
        pl.col(count).alias("n"),
        lit.fill_null(value=False).alias("is_lit"),
        (pl.col("expected") if "expected" in frame.columns else pl.lit(None, pl.Float64)).alias("expected"),
    ).with_columns(pl.col("n").cast(pl.String).fill_null("few").alias("said"))
    top = look.largest(rows, "n", "expected") * 1.12
    y = alt.Y("n:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=None)
    x = alt.X(
        "label:N",
        sort=rows["label"].to_list(),
        title=title,
        axis=alt.Axis(labelAngle=0, ticks=False, labelOverlap=True),
    )
    base = alt.Chart(rows).encode(x=x)
    lights = alt.Scale(domain=[True, False], range=[look.PALETTE[1], look.PALETTE[0]])
    colour = alt.Color("is_lit:N", legend=None, scale=lights)
    beside = alt.Chart(rows.head(1)).mark_rule(strokeDash=[5, 3], color=look.INK, strokeWidth=1.5)
    text: dict[str, Any] = {"dy": -6, "fontSize": 10 if width >= look.WIDE else 8}
    numbers = base.transform_calculate(top="isValid(datum.n) ? datum.n : 0").encode(
        y=alt.Y("top:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=None), text="said:N"
    )
    layers = [
        base.mark_bar().encode(y=y, color=colour),
        *(
            [beside.encode(y=alt.Y("expected:Q", scale=alt.Scale(domain=[0, top], nice=False), axis=None))]
            if rows["expected"].drop_nulls().len()
            else []
        ),
        numbers.mark_text(**text, stroke="white", strokeWidth=3, color="white"),
        numbers.mark_text(**text, color=look.INK),
    ]
    return alt.layer(*layers).properties(width=width, height=height)


def _stacked(
    frame: pl.DataFrame,
    by: str,
    heading: Callable[[Any], str],
    draw: Callable[[pl.DataFrame], Any],
    title: tuple[str, str],
    width: int,
) -> alt.TopLevelMixin:
    """Draw a panel for each group of a frame, under a title and a subtitle."""
    panels = [
        draw(rows).properties(title=look.small_title(heading(key), width))
        for (key,), rows in frame.group_by(by, maintain_order=True)
    ]
    if not panels:
        return look.nothing(look.NOTHING, *title, width)
    return look.dressed(alt.vconcat(*panels, spacing=14), *title, width)


def _signed(column: str) -> pl.Expr:
    sign = pl.when(pl.col(column) > 0).then(pl.lit("+")).otherwise(pl.lit(""))
    return pl.format("{}{}", sign, column)


def near_limit(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    """Draw how many counts lie on each limit and on its neighbours."""
    is_on = pl.col("steps") == 0
    label = pl.when(is_on).then(pl.lit("limit")).otherwise(_signed("steps"))
    title = (
        "Counts on a limit and beside it",
        "Measured counts; dashed: the mean of the neighbours, which is to be expected on the limit too",
    )
    axis = "Steps of the last digit from the limit"
    return _stacked(
        frame.with_columns(label.alias("label")),
        "limit",
        lambda limit: f"Limit {limit!r} × 10⁹/L",
        lambda rows: _bars(rows, "label", "n_counts", axis, width=width, lit=is_on),
        title,
        width,
    )


def last_digit(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    """Draw the last digits of the counts, by the number of decimals."""
    title = (
        "Last digits of the counts, as written",
        "Measured counts of two digits or more; dashed: one in ten. Many 0 and 5 are rounding; "
        "there is no 0 where a program drops it",
    )
    lit = pl.col("digit").is_in([0, 5])
    return _stacked(
        frame,
        "decimals",
        lambda n: f"Written with {n or 'no'} {'decimal' if n == 1 else 'decimals'}",
        lambda rows: _bars(rows, "digit", "n_counts", "Last digit", width=width, lit=lit, height=90),
        title,
        width,
    )


def onset_age(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    """Draw how many episodes begin about each change of the limit."""
    title = (
        "Onsets near a change of the limit",
        "Episodes by age at onset, in equal stretches; dashed: the mean of the two beside the change, "
        "to be expected in it if onsets were spread evenly",
    )
    axis = "First day of each stretch, from the change"
    return _stacked(
        frame.with_columns(_signed("from_days").alias("label")),
        "change_months",
        lambda months: f"About the age of {months} months, where the limit changes",
        lambda rows: _bars(rows, "label", "n_episodes", axis, width=width, lit=pl.col("stretch") == 0),
        title,
        width,
    )


def stretch(start: str, end: str) -> pl.Expr:
    """Write the ends of a stretch: `2`, `3–4`, `from 50`."""
    first, last = pl.col(start), pl.col(end)
    return (
        pl.when(last.is_null())
        .then(pl.format("from {}", first))
        .when(first == last)
        .then(first.cast(pl.String))
        .otherwise(pl.format("{}–{}", first, last))
    )


def gap(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    """Draw how long the times between counts are."""
    named = frame.with_columns(stretch("from_days", "to_days").alias("label"))
    plot = _bars(named, "label", "n_gaps", "Days", width=width, lit=pl.col("is_long"))
    said = "Pairs of consecutive daily counts of a child; orange: long"
    return look.dressed(plot, "Time between two counts", said, width)


def counts_per_child(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    """Draw how many counts the children have."""
    named = frame.with_columns(stretch("from_counts", "to_counts").alias("label"))
    lit = pl.col("from_counts") <= 1
    plot = _bars(named, "label", "n_children", "Days with a count", width=width, lit=lit)
    said = "Children by their number of daily counts; orange: none, one"
    return look.dressed(plot, "Counts of a child", said, width)
