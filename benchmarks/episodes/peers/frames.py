"""What the peers in polars share: the last step, from the facts of an episode to its row, and the output."""

from pathlib import Path

import polars as pl

from benchmarks.episodes import rules

IS_RESOLVED = pl.col("resolution_by").is_not_null()
LASTS_UNTIL = pl.coalesce("resolution_by", "last_low_on")
COLUMNS = (
    pl.col("patient_id"),
    pl.col("episode_number").cast(pl.Int32),
    pl.col("onset_after"),
    pl.col("onset_by"),
    pl.when(IS_RESOLVED).then("last_low_on").alias("resolution_after"),
    pl.col("resolution_by"),
    pl.col("confirmed_on"),
    pl.when(pl.col("confirmed_on").is_not_null())
    .then(pl.lit("confirmed"))
    .when(IS_RESOLVED)
    .then(pl.lit("uncontradicted"))
    .otherwise(pl.lit("open"))
    .alias("end_kind"),
    IS_RESOLVED.alias("is_resolved"),
    pl.when(~IS_RESOLVED).then("last_low_on").alias("censored_on"),
    pl.when(IS_RESOLVED)
    .then(None)
    .when(pl.col("died_on").is_null())
    .then(pl.lit("end_of_data"))
    .otherwise(pl.lit("death"))
    .alias("censoring_reason"),
    pl.col("last_observed_on"),
    pl.col("nadir"),
    pl.col("nadir_on"),
    pl.when(pl.col("nadir") < rules.SEVERE_BELOW)
    .then(pl.lit("severe"))
    .when(pl.col("nadir") < rules.MODERATE_BELOW)
    .then(pl.lit("moderate"))
    .otherwise(pl.lit("mild"))
    .alias("severity"),
    pl.when(pl.col("onset_by").dt.offset_by(f"{rules.CHRONIC_MONTHS}mo") < LASTS_UNTIL)
    .then(pl.lit("chronic"))
    .when(IS_RESOLVED)
    .then(pl.lit("transient"))
    .otherwise(pl.lit("undetermined"))
    .alias("course"),
    pl.col("n_counts").cast(pl.Int32),
    pl.col("n_neutropenic").cast(pl.Int32),
    (pl.col("onset_by") - pl.col("birth_date")).dt.total_days().cast(pl.Int32).alias("age_at_onset_days"),
)


def affected_patients(folder: Path) -> pl.LazyFrame:
    """Give the children who were ever below the highest limit, with a number and the first birthday."""
    counts = pl.scan_parquet(folder / "anc_result.parquet")
    ever_low = counts.filter(pl.col("anc") < rules.HIGHEST_LIMIT).select("patient_id").unique()
    birthday = pl.col("birth_date").dt.offset_by(f"{rules.BIRTHDAY_MONTHS}mo").alias("birthday")
    patient = pl.scan_parquet(folder / "patient.parquet").with_row_index("child").with_columns(birthday)
    return patient.join(ever_low, on="patient_id", how="semi")


def is_low() -> pl.Expr:
    """Say whether a count is below its limit for age."""
    limit = pl.when(pl.col("sampled_on") < pl.col("birthday")).then(rules.BEFORE_BIRTHDAY)
    return pl.col("anc") < limit.otherwise(rules.FROM_BIRTHDAY)


def save(made: pl.DataFrame, path: Path) -> None:
    """Write the episodes."""
    made.write_parquet(path)


def count(made: pl.DataFrame) -> int:
    """Count the episodes."""
    return made.height
