"""Person-time: periods of children, cut where a state, an age or a window begins."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray


def cut(periods: pl.DataFrame, at: pl.DataFrame) -> pl.DataFrame:
    """Cut periods into pieces.

    Parameters
    ----------
    periods : one row per period
        `patient_id`, `from_on` and `to_on` (the first day after it); other columns go with each piece.
        Periods without a day are left out.
    at : one row per cut
        `patient_id`, `on`: the first day of a new piece. Cuts outside a period do nothing.

    Returns
    -------
    polars.DataFrame
        One row per piece, in the order of periods and days.
    """
    kept = periods.filter(pl.col("from_on") < pl.col("to_on")).with_row_index("period")
    inside = (
        kept.join(at.select("patient_id", "on").drop_nulls(), on="patient_id")
        .filter(pl.col("on") > pl.col("from_on"), pl.col("on") < pl.col("to_on"))
        .select("period", "on")
    )
    starts = pl.concat([kept.select("period", pl.col("from_on").alias("on")), inside]).unique()
    return (
        kept.join(starts, on="period")
        .sort("period", "on")
        .with_columns(
            pl.col("on").alias("from_on"),
            pl.coalesce(pl.col("on").shift(-1).over("period"), "to_on").alias("to_on"),
        )
        .drop("period", "on")
    )


def birthdays(children: pl.DataFrame, months: Sequence[int]) -> pl.DataFrame:
    """Give the days on which children reach ages in calendar months: patient_id, on, age_months."""
    return pl.concat(
        [
            children.select(
                "patient_id",
                pl.col("birth_date").dt.offset_by(f"{age}mo").alias("on"),
                pl.lit(age, pl.Int32).alias("age_months"),
            )
            for age in (0, *months)
        ]
    )


def in_age_bands(periods: pl.DataFrame, children: pl.DataFrame, months: Sequence[int]) -> pl.DataFrame:
    """Cut periods at birthdays, and name each piece's band by its first age, `age_months`."""
    starts = birthdays(children, months)
    pieces = cut(periods, starts).sort("from_on")
    return pieces.join_asof(
        starts.sort("on"), left_on="from_on", right_on="on", by="patient_id", check_sortedness=False
    ).drop("on")


def days(periods: pl.DataFrame) -> pl.DataFrame:
    """Count the days of each period, as `days`."""
    return periods.with_columns((pl.col("to_on") - pl.col("from_on")).dt.total_days().alias("days"))


def events_in(pieces: pl.DataFrame, events: pl.DataFrame) -> pl.DataFrame:
    """Count the events of each piece, as `n`; events outside every piece are not counted.

    Parameters
    ----------
    pieces : one row per piece, pieces of a child apart
    events : one row per event
        `patient_id`, `on`.
    """
    numbered = pieces.with_row_index("piece")
    found = (
        events.select("patient_id", "on")
        .sort("on")
        .join_asof(
            numbered.select("patient_id", "from_on", "to_on", "piece").sort("from_on"),
            left_on="on",
            right_on="from_on",
            by="patient_id",
            check_sortedness=False,
        )
        .filter(pl.col("on") < pl.col("to_on"))
        .group_by("piece")
        .agg(pl.len().cast(pl.Int64).alias("n"))
    )
    return numbered.join(found, on="piece", how="left").with_columns(pl.col("n").fill_null(0)).drop("piece")


def band_terms(rows: pl.DataFrame, stratum: str, *, fewest: int) -> list[NDArray[np.bool_]]:
    """Give a 0/1 column for each band of age but the one with most events.

    Parameters
    ----------
    rows : one row per stratum and band
        The column `stratum`, and `age_months`, `n`. Events of strata with one row compare nothing.
    fewest : int
        Neighbouring bands are put together until each has so many events.
    """
    compared = rows.filter(pl.len().over(stratum) > 1)
    counts = compared.group_by("age_months").agg(pl.col("n").sum()).sort("age_months")
    bands: list[tuple[list[int], int]] = []
    for age, n in counts.iter_rows():
        if bands and bands[-1][1] < fewest:
            bands[-1] = [*bands[-1][0], age], bands[-1][1] + n
        else:
            bands.append(([age], n))
    if len(bands) > 1 and bands[-1][1] < fewest:
        last, n = bands.pop()
        bands[-1] = [*bands[-1][0], *last], bands[-1][1] + n
    most = max(range(len(bands)), key=lambda place: bands[place][1], default=0)
    return [
        rows["age_months"].is_in(ages).to_numpy() for place, (ages, _) in enumerate(bands) if place != most
    ]
