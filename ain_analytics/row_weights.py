"""What one row stands for: one episode, so many equal ones, or a share of a population.

A column `weight` of whole numbers counts equal episodes; one of decimals holds sampling weights.
"""

from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.errors import BadFrame

WEIGHT = "weight"


def has_counts(rows: pl.DataFrame) -> bool:
    """Tell whether each row stands for a whole number of equal episodes."""
    return WEIGHT in rows.columns and rows.schema[WEIGHT].is_integer()


def has_sampling_weights(rows: pl.DataFrame) -> bool:
    """Tell whether each row stands for a share of a population."""
    return WEIGHT in rows.columns and not rows.schema[WEIGHT].is_integer()


def n_of(rows: pl.DataFrame) -> int:
    """Count the episodes that rows stand for; with sampling weights, those that were seen."""
    return int(rows[WEIGHT].cast(pl.Int64).sum()) if has_counts(rows) else rows.height


def weights_of(rows: pl.DataFrame) -> NDArray[np.float64]:
    """Give the weight of each row, 1 where there is none."""
    return rows[WEIGHT].cast(pl.Float64).to_numpy() if WEIGHT in rows.columns else np.ones(rows.height)


def sum_before(
    of: NDArray[Any], weight: NDArray[Any], days: NDArray[Any], *, side: Literal["left", "right"] = "left"
) -> NDArray[np.float64]:
    """Add up the weights of those whose day lies before each day, or, from the right, on or before it."""
    order = np.argsort(of, kind="stable")
    total = np.append(0.0, np.cumsum(weight[order]))
    sums: NDArray[np.float64] = total[np.searchsorted(of[order], days, side=side)]
    return sums


def refuse_bad_weights(rows: pl.DataFrame) -> None:
    """Refuse weights that are not numbers above 0."""
    if WEIGHT not in rows.columns:
        return
    if not rows.schema[WEIGHT].is_numeric():
        raise BadFrame("FollowUp", f"weight is {rows.schema[WEIGHT]}, but a number is needed")
    weight = rows[WEIGHT].cast(pl.Float64)
    n_bad = rows.height - int((weight.is_finite() & (weight > 0)).fill_null(value=False).sum())
    if n_bad:
        raise BadFrame("FollowUp", f"weight is null, not finite or not above 0 in {n_bad} rows")


def paired(entries: pl.DataFrame, exits: pl.DataFrame) -> pl.DataFrame:
    """Pair entries with exits in their order, which keeps how many are at risk on each day.

    Parameters
    ----------
    entries, exits : sorted frames
        Each has a column `weight`, how many episodes a row stands for; both sums are equal.

    Returns
    -------
    DataFrame, at most as many rows as both frames together
        All columns of both, and `weight`.
    """
    ends = [np.cumsum(frame[WEIGHT].cast(pl.Int64).to_numpy()) for frame in (entries, exits)]
    cuts = np.union1d(*ends)
    parts = [
        frame.drop(WEIGHT)[np.searchsorted(end, cuts, side="left")]
        for frame, end in zip((entries, exits), ends, strict=True)
    ]
    weight = pl.DataFrame({WEIGHT: np.diff(cuts, prepend=0)}, schema={WEIGHT: pl.Int64})
    return pl.concat([*parts, weight], how="horizontal")


def counted_pairs(rows: pl.DataFrame) -> pl.DataFrame:
    """Count equal rows.

    A risk table needs only how many enter and how many leave on each day. So the sorted
    entries are paired with the sorted exits, which keeps entry < exit and leaves at most as
    many different pairs as there are days, however many rows there are.
    """
    how_many = pl.col(WEIGHT).cast(pl.Int64).sum() if has_counts(rows) else pl.len().cast(pl.Int64)
    sides = [
        rows.group_by(keys).agg(how_many.alias(WEIGHT)).sort(keys)
        for keys in (["entry_days"], ["exit_days", "is_resolved"])
    ]
    return paired(*sides)
