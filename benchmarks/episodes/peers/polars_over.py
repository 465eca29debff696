"""polars as it is usually written: per-child expressions with `over`, then two groupings."""

from pathlib import Path

import polars as pl

from benchmarks.episodes import rules
from benchmarks.episodes.peers.frames import COLUMNS, affected_patients, count, is_low, save

__all__ = ["count", "derive", "save"]

LOW_BEFORE = pl.col("is_low").shift(1)
CONFIRMS = ~pl.col("is_low") & (
    pl.col("sampled_on") >= pl.col("run_from").dt.offset_by(f"{rules.RESOLUTION_DAYS}d")
)
IS_END = ~pl.col("is_low") & (pl.col("confirmed_on").is_not_null() | pl.col("is_last"))


def derive(folder: Path) -> pl.DataFrame:
    """Chain days, runs, stretches and episodes in one lazy query."""
    patients = affected_patients(folder)
    runs = _runs(_daily(folder, patients))
    stretch = ("child", "stretch")
    marked = runs.with_columns(IS_END.alias("is_end")).with_columns(
        pl.when("is_low").then("run").min().over(stretch).alias("onset_run"),
        pl.when("is_low").then("nadir").min().over(stretch).alias("low_nadir"),
    )
    inside = marked.filter(pl.col("run") >= pl.col("onset_run"))
    found = inside.group_by(stretch).agg(
        pl.when(pl.col("run") == pl.col("onset_run")).then("previous_on").max().alias("onset_after"),
        pl.min("first_on").alias("onset_by"),
        pl.when(~pl.col("is_end")).then("last_on").max().alias("last_low_on"),
        pl.when("is_end").then("first_on").max().alias("resolution_by"),
        pl.max("confirmed_on"),
        pl.first("last_observed_on"),
        pl.first("low_nadir").alias("nadir"),
        pl.when(pl.col("is_low") & (pl.col("nadir") == pl.col("low_nadir")))
        .then("nadir_on")
        .min()
        .alias("nadir_on"),
        pl.when("is_end").then(1).otherwise("n_counts").sum().alias("n_counts"),
        pl.when("is_low").then("n_counts").sum().alias("n_neutropenic"),
    )
    ordinal = pl.col("onset_by").rank("ordinal").over("child").alias("episode_number")
    return found.with_columns(ordinal).join(patients, on="child").select(*COLUMNS).collect(engine="streaming")


def _daily(folder: Path, patients: pl.LazyFrame) -> pl.LazyFrame:
    counts = pl.scan_parquet(folder / "anc_result.parquet").join(patients, on="patient_id")
    grouped = counts.group_by("child", "sampled_on", "birthday").agg(pl.min("anc"))
    return grouped.select("child", "sampled_on", "anc", is_low().alias("is_low")).sort("child", "sampled_on")


def _runs(daily: pl.LazyFrame) -> pl.LazyFrame:
    numbered = daily.with_columns(
        pl.col("is_low").ne_missing(LOW_BEFORE).cum_sum().over("child").alias("run"),
        pl.col("sampled_on").shift(1).over("child").alias("previous_on"),
    ).with_columns(
        pl.min("sampled_on").over("child", "run").alias("run_from"),
        pl.min("anc").over("child", "run").alias("run_nadir"),
    )
    runs = numbered.group_by("child", "run").agg(
        pl.first("is_low"),
        pl.min("sampled_on").alias("first_on"),
        pl.max("sampled_on").alias("last_on"),
        pl.when(pl.col("sampled_on") == pl.col("run_from")).then("previous_on").max().alias("previous_on"),
        pl.when(CONFIRMS).then("sampled_on").min().alias("confirmed_on"),
        pl.min("anc").alias("nadir"),
        pl.when(pl.col("anc") == pl.col("run_nadir")).then("sampled_on").min().alias("nadir_on"),
        pl.len().cast(pl.Int32).alias("n_counts"),
    )
    confirmed = pl.col("confirmed_on").is_not_null().cast(pl.Int32)
    return runs.sort("child", "run").with_columns(
        (confirmed.cum_sum() - confirmed).over("child").alias("stretch"),
        pl.max("last_on").over("child").alias("last_observed_on"),
        (pl.col("run") == pl.max("run")).over("child").alias("is_last"),
    )
