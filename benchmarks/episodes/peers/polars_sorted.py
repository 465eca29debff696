"""polars at its best: one sort by a packed key of child and day, then neighbours are compared by `shift`."""

from pathlib import Path

import polars as pl

from benchmarks.episodes import rules
from benchmarks.episodes.peers.frames import COLUMNS, affected_patients, count, is_low, save

__all__ = ["count", "derive", "save"]

DAYS = 1 << 16
NEVER = 1 << 30
KEY = pl.col("child").cast(pl.Int64) * DAYS + pl.col("sampled_on").to_physical()
BEGINS = pl.col("child").ne_missing(pl.col("child").shift(1))
RECOVERS = ~BEGINS & ~pl.col("is_low") & pl.col("is_low").shift(1)
TURNS = BEGINS | (pl.col("is_low") != pl.col("is_low").shift(1))
CONFIRMED_FROM = pl.col("run_from") + rules.RESOLUTION_DAYS
CONFIRMS = ~TURNS & (pl.col("day") >= CONFIRMED_FROM) & (pl.col("day").shift(1) < CONFIRMED_FROM)


def derive(folder: Path) -> pl.DataFrame:
    """Keep the low counts, the first of each normal run after them and the confirming ones; group these."""
    patients = affected_patients(folder).collect(engine="streaming").lazy()
    daily = _daily(folder, patients).collect(engine="streaming").lazy()
    marked = (
        daily.with_row_index("place")
        .with_columns(RECOVERS.alias("recovers"), TURNS.alias("turns"))
        .with_columns(
            pl.when("recovers").then("day").when("turns").then(NEVER).forward_fill().alias("run_from"),
            pl.when(~BEGINS).then(pl.col("day").shift(1)).alias("previous"),
        )
        .with_columns(CONFIRMS.alias("confirms"))
        .filter(pl.any_horizontal("is_low", "recovers", "confirms"))
    )
    last = daily.filter(pl.col("child").ne_missing(pl.col("child").shift(-1))).select(
        "child", pl.col("day").cast(pl.Date).alias("last_observed_on")
    )
    is_onset = pl.col("is_low") & (BEGINS | pl.col("confirms").shift(1))
    numbered = marked.with_columns(
        is_onset.cum_sum().alias("episode"), pl.when("is_low").then("anc").alias("low")
    ).with_columns(pl.min("low").over("episode").alias("nadir"))
    found = _grouped(numbered).join(last, on="child").join(patients, on="child")
    return found.select(*COLUMNS).collect(engine="streaming")


def _daily(folder: Path, patients: pl.LazyFrame) -> pl.LazyFrame:
    counts = pl.scan_parquet(folder / "anc_result.parquet").join(
        patients.select("patient_id", "child", "birthday"), on="patient_id"
    )
    keyed = counts.select(KEY.alias("key"), "anc", is_low().alias("is_low"), "is_alone")
    alone = keyed.filter("is_alone").select("key", "anc", "is_low")
    repeated = keyed.filter(~pl.col("is_alone")).group_by("key").agg(pl.min("anc"), pl.max("is_low"))
    in_order = pl.concat([alone, repeated]).sort("key")
    child, day = pl.col("key") // DAYS, pl.col("key") % DAYS
    return in_order.select(
        "anc", "is_low", child.cast(pl.UInt32).alias("child"), day.cast(pl.Int32).alias("day")
    )


def _grouped(numbered: pl.LazyFrame) -> pl.LazyFrame:
    low = pl.col("is_low")
    ends = ~low.last()
    grouped = numbered.group_by("episode", maintain_order=True).agg(
        pl.first("child"),
        pl.first("previous").cast(pl.Date).alias("onset_after"),
        pl.first("day").cast(pl.Date).alias("onset_by"),
        pl.when(low).then("day").max().cast(pl.Date).alias("last_low_on"),
        pl.when(ends).then(pl.when("recovers").then("day").max()).cast(pl.Date).alias("resolution_by"),
        pl.when("confirms").then("day").max().cast(pl.Date).alias("confirmed_on"),
        pl.min("low").alias("nadir"),
        pl.when(pl.col("low") == pl.col("nadir")).then("day").min().cast(pl.Date).alias("nadir_on"),
        (pl.when(low).then("place").max() - pl.first("place") + 1 + ends.cast(pl.UInt32)).alias("n_counts"),
        low.sum().alias("n_neutropenic"),
    )
    ordinal = pl.int_range(1, pl.len() + 1).over("child").alias("episode_number")
    return grouped.with_columns(ordinal)
