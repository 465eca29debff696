"""Who was lost, who was still followed at the end of the extract, and how long each could be followed."""

from datetime import date

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadFrame

RESOLVED, COMPETING, LOST, ADMINISTRATIVE = "resolved", "competing", "lost", "administrative"
OF_THE_LOST = ("is_lost", "reason", "potential_days")
"""Columns that tell who is lost; one is enough."""


def with_potential(follow_up: pl.DataFrame, extracted_on: date | None) -> pl.DataFrame:
    """Add the day up to which each episode could have been followed.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame with `exit_days`. A column `potential_days` stands as it is; else the day is counted
        from `origin_on` to the end of the extract.
    extracted_on : date or None
        Last day of the extract; None: the column `extracted_on`, if there is one.

    Returns
    -------
    DataFrame
        With `potential_days`, null where the end of the extract is not known.

    Raises
    ------
    BadFrame
        There is no day zero to count from, or an episode ends after the extract.
    """
    if "potential_days" not in follow_up.columns:
        known = extracted_on is not None or "extracted_on" in follow_up.columns
        if known and "origin_on" not in follow_up.columns:
            raise BadFrame(
                "FollowUp", "it lacks the column origin_on, from which the extract's end is counted"
            )
        end = pl.col("extracted_on") if extracted_on is None else pl.lit(extracted_on)
        days = (end - pl.col("origin_on")).dt.total_days() if known else pl.lit(None)
        follow_up = follow_up.with_columns(days.cast(pl.Int64).alias("potential_days"))
    n_late = follow_up.filter(pl.col("potential_days") < pl.col("exit_days")).height
    if n_late:
        raise BadFrame("FollowUp", f"{n_late} rows end after the last day of the extract")
    return follow_up


def with_fates(
    follow_up: pl.DataFrame, *, extracted_on: date | None, definitions: Definitions
) -> tuple[pl.DataFrame, list[str]]:
    """Add how each episode left observation, and say how that was told.

    Returns
    -------
    DataFrame
        With `fate`: resolved; competing (death, or another event that ends the question); lost; or
        administrative (still followed when the data end). And `potential_days`.
    list of str

    Raises
    ------
    BadFrame
        Nothing tells who was lost.
    """
    missing = [name for name in ("exit_days", "is_resolved") if name not in follow_up.columns]
    if missing:
        raise BadFrame("FollowUp", f"it lacks the column(s) {', '.join(missing)}")
    rows = with_potential(follow_up, extracted_on)
    is_known = rows["potential_days"].null_count() < rows.height
    if "is_lost" in rows.columns:
        is_lost, said = pl.col("is_lost"), "Who was lost is told by the column is_lost."
    elif is_known or "reason" in rows.columns:
        is_lost, said = _told(rows, definitions, is_known=is_known)
    else:
        raise BadFrame(
            "FollowUp",
            f"nothing tells who was lost; it needs one of the columns {', '.join(OF_THE_LOST)}, or the last "
            "day of the extract",
        )
    fate = (
        pl.when("is_resolved")
        .then(pl.lit(RESOLVED))
        .when(competes(rows))
        .then(pl.lit(COMPETING))
        .when(is_lost.fill_null(value=False))
        .then(pl.lit(LOST))
        .otherwise(pl.lit(ADMINISTRATIVE))
    )
    return rows.with_columns(fate.alias("fate")), [
        said,
        "Who died, or came to another event that ends the question, is not lost.",
    ]


def competes(rows: pl.DataFrame) -> pl.Expr:
    """Tell whether an open episode came to an event after which no resolution can be seen."""
    told = pl.lit(value=False)
    if "reason" in rows.columns:
        told = told | (pl.col("reason").cast(pl.String) == "death").fill_null(value=False)
    if "competing_event" in rows.columns:
        told = told | pl.col("competing_event").is_not_null()
    return ~pl.col("is_resolved") & told


def _told(rows: pl.DataFrame, definitions: Definitions, *, is_known: bool) -> tuple[pl.Expr, str]:
    """Take a silence for a loss, and so a last count long before the extract ends."""
    is_silent = pl.lit(value=False)
    if "reason" in rows.columns:
        is_silent = pl.col("reason").cast(pl.String) == "silence"
    if not is_known:
        return is_silent, (
            "Lost are those after whose last count came a silence that splits the observation; who only "
            "stopped coming is not told from who is still followed, because the end of the extract is not "
            "known."
        )
    gap = pl.col("potential_days") - pl.col("exit_days")
    most = definitions.long_silence_days
    return is_silent.fill_null(value=False) | (gap > most), (
        f"Lost are those whose last count is more than {most} days before the end of the extract "
        "(`long_silence_days`), or was followed by a silence that splits the observation."
    )
