"""What a chart reads off a curve: the steps to draw, numbers at risk, medians. Nothing is estimated here."""

from collections.abc import Iterable

import polars as pl

from ain_analytics.characteristics import group_in_words
from ain_analytics.charts.look import MONTHS, plain
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH

MOST_STEPS = 240
"""Stretches of time, in each of which one step is drawn: a picture does not grow with the children."""


def drawn_steps(curve: ResolutionCurve, counted: ResolutionCurve) -> pl.DataFrame:
    """Keep the steps up to the last day on which enough were at risk, in months.

    A curve whose next step comes later goes on level up to that day. Where no number at risk is
    known (an interval-censored curve alone) every step is kept. Of the steps that fall into one of
    `MOST_STEPS` equal stretches of time the last one is drawn, on its own day.
    """
    enough = pl.col("n_at_risk") >= counted.definitions.minimum_at_risk
    last = counted.steps.group_by(pl.col("stratum").cast(pl.String)).agg(
        pl.col("days").filter(enough).max().alias("last_days"),
        pl.col("n_at_risk").is_null().all().alias("is_uncounted"),
    )
    known = curve.steps.with_columns(pl.col("stratum").cast(pl.String)).join(
        last, on="stratum", how="left", maintain_order="left"
    )
    is_beyond = pl.col("days") > pl.col("last_days")
    goes_on = is_beyond & (pl.col("days").shift().over("stratum") < pl.col("last_days"))
    ended = known.with_columns(
        pl.when(goes_on).then("last_days").otherwise("days").alias("days"),
        *(
            pl.when(goes_on).then(pl.col(name).shift().over("stratum")).otherwise(name).alias(name)
            for name in ("unresolved", "lower", "upper")
        ),
        is_kept=(~is_beyond | goes_on).fill_null(value=False) | pl.col("is_uncounted").fill_null(value=True),
    )
    return _thinned(ended.filter("is_kept")).select(
        group_in_words(curve.by), MONTHS.alias("months"), "unresolved", "lower", "upper"
    )


def _thinned(steps: pl.DataFrame) -> pl.DataFrame:
    """Keep the start of each curve, and the last step of each stretch."""
    length = pl.col("days").max() / MOST_STEPS
    stretch = (pl.col("days") / length).ceil()
    is_last = stretch.ne_missing(stretch.shift(-1)) | pl.col("stratum").ne_missing(
        pl.col("stratum").shift(-1)
    )
    is_first = pl.col("stratum").ne_missing(pl.col("stratum").shift(1))
    return steps.filter(is_first | is_last)


def groups_to_draw(steps: pl.DataFrame) -> list[str]:
    """Name the groups whose curve has more than a start and an end; all where none has."""
    sizes = steps.group_by("group", maintain_order=True).len()
    shaped = sizes.filter(pl.col("len") > 2)
    return (sizes if shaped.is_empty() else shaped)["group"].to_list()


def last_month(months: pl.Series) -> float:
    """Give the end of what is drawn; twelve months where nothing is."""
    largest = months.max()
    return float(largest) if isinstance(largest, float) and largest > 0 else 12.0


def numbers_at_risk(counted: ResolutionCurve, ticks: list[int], multiples_of: int = 1) -> pl.DataFrame:
    """Say the number at risk just before each labelled month: that of the next step, small ones as “<”."""
    few = counted.definitions.minimum_at_risk
    number = pl.col("n_at_risk").fill_null(0) // multiples_of * multiples_of
    strata = counted.strata
    wanted = pl.DataFrame({"stratum": strata}).join(pl.DataFrame({"months": ticks}), how="cross")
    known = counted.steps.filter(pl.col("n_at_risk").is_not_null()).select(
        pl.col("stratum").cast(pl.String), pl.col("days").cast(pl.Float64), "n_at_risk"
    )
    if known.is_empty():
        return pl.DataFrame(schema={"group": pl.String, "months": pl.Int64, "n_at_risk": pl.String})
    return (
        wanted.with_columns((pl.col("months") * DAYS_PER_MONTH).alias("days"))
        .sort("days")
        .join_asof(known.sort("days"), on="days", by="stratum", strategy="forward", check_sortedness=False)
        .select(
            group_in_words(counted.by),
            "months",
            pl.when(number < few)
            .then(pl.lit(f"<{few}"))
            .otherwise(number.cast(pl.String))
            .alias("n_at_risk"),
        )
    )


def medians(curves: Iterable[tuple[str | None, ResolutionCurve]]) -> pl.DataFrame:
    """Give the medians in months with limits; `group` is the label, or the stratum where there is none."""
    one = [
        curve.summary.filter(pl.col("quantity") == "median").select(
            group_in_words(curve.by) if label is None else pl.lit(plain(label)).alias("group"),
            *(pl.col(name) / DAYS_PER_MONTH for name in ("value", "lower", "upper")),
        )
        for label, curve in curves
    ]
    return pl.concat(one).with_columns(said_median().alias("said"))


def said_median() -> pl.Expr:
    """Say a median with its limits, in months."""
    number = [pl.col(name).round(1).cast(pl.String).fill_null("not reached") for name in ("lower", "upper")]
    return (
        pl.when(pl.col("value").is_null())
        .then(pl.lit("not reached"))
        .otherwise(pl.format("{} ({} to {})", pl.col("value").round(1), *number))
    )
