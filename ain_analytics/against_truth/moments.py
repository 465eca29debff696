"""Of each child, the days on which it is asked what is thought of it."""

import polars as pl

from ain_analytics.errors import BadFrame
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import CASE_CLASS

MONTHS = (6, 12, 24)
"""Months after onset at which classes are held against the truth: the brief of the study."""
BASELINE, END = "baseline", "end"
OF_TRUTH = {"patient_id": pl.String, "true_class": pl.String, "true_onset_on": pl.Date}


def moments_of(registry: Registry, truth: pl.DataFrame, months: tuple[int, ...]) -> pl.DataFrame:
    """Say on which day each child is asked.

    Time counts from the onset that the registry knows of, the first neutropenic count of the first
    episode; of a child without an episode, from the true one.

    Returns
    -------
    polars.DataFrame
        One row per child of the truth and moment, in the order of moments: `patient_id`, `true_class`, `at`,
        `day`, `is_usable` (its row of the extract could be used), `is_reached` (the extract goes so far).
    """
    _refuse_bad_truth(registry, truth)
    first = registry.frame("episode").filter(pl.col("episode_number") == 1)
    usable = registry.frame("patient").select("patient_id", is_usable=True)
    last = pl.lit(registry.known_by or registry.extract.extracted_on)
    children = (
        truth.select(pl.col(name).cast(kind) for name, kind in OF_TRUTH.items())
        .join(usable, on="patient_id", how="left", maintain_order="left")
        .join(first.select("patient_id", "onset_by"), on="patient_id", how="left", maintain_order="left")
        .with_columns(
            pl.col("is_usable").fill_null(value=False),
            pl.coalesce("onset_by", "true_onset_on").alias("onset"),
        )
    )
    days = {
        BASELINE: pl.col("onset") + pl.duration(days=registry.definitions.baseline_days),
        **{f"{n} months": pl.col("onset").dt.offset_by(f"{n}mo") for n in months},
        END: last,
    }
    asked = ("patient_id", "true_class", "at", "day", "is_usable", "is_reached")
    return pl.concat(
        children.with_columns(
            pl.lit(at).alias("at"),
            day.alias("day"),
            (day <= last if at in _months_in_words(months) else pl.lit(value=True)).alias("is_reached"),
        ).select(asked)
        for at, day in days.items()
    )


def _months_in_words(months: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(f"{n} months" for n in months)


def _refuse_bad_truth(registry: Registry, truth: pl.DataFrame) -> None:
    missing = [name for name in OF_TRUTH if name not in truth.columns]
    if missing:
        raise BadFrame("truth", f"it lacks the column(s) {', '.join(missing)}")
    if truth["patient_id"].n_unique() < truth.height:
        raise BadFrame("truth", "a child has two rows")
    strange = set(truth["true_class"].cast(pl.String)) - {*CASE_CLASS}
    if strange:
        raise BadFrame("truth", f"{len(strange)} of its classes are no case classes")
    keys = truth.select(pl.col("patient_id").cast(pl.String))
    n_lacking = registry.frame("patient").join(keys, on="patient_id", how="anti").height
    if n_lacking:
        raise BadFrame("truth", f"{n_lacking} children of the registry have no row in it")
