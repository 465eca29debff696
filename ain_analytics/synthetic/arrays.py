"""Small helpers for arrays of days, draws and labels."""

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Generator = np.random.Generator

NEVER = 2**40
"""A day that never comes."""


def day_number(day: date) -> int:
    """Give the days since 1970."""
    return day.toordinal() - date(1970, 1, 1).toordinal()


def draw_labels(rng: Generator, shares: Sequence[tuple[str, float]], size: int) -> Ints:
    """Draw the ordinals of labels by their shares."""
    steps = np.cumsum([share for _, share in shares])[:-1]
    return np.searchsorted(steps, rng.random(size), side="right")


def happens(rng: Generator, probability: Floats | float, size: int) -> Bools:
    """Draw whether something happens, for each of `size`."""
    return rng.random(size) < probability


def label_text(labels: Sequence[str], index: Ints) -> pl.Series:
    """Give the label of each ordinal; an ordinal below 0 gives none."""
    return pl.Series([*labels, None], dtype=pl.String).gather(np.where(index < 0, len(labels), index))


def as_dates(days: Ints) -> pl.Series:
    """Turn days since 1970 into dates; a day that never comes gives none."""
    known = pl.Series(np.where(days >= NEVER, 0, days).astype(np.int32)).cast(pl.Date)
    return pl.select(pl.when(pl.Series(days < NEVER)).then(known)).to_series()


def day_text(days: Ints) -> pl.Series:
    """Write days since 1970 as ISO dates; a day that never comes gives none."""
    known = days[days < NEVER]
    first, last = (int(known.min()), int(known.max())) if known.size else (0, 0)
    calendar = as_dates(np.arange(first, last + 1)).dt.to_string("%Y-%m-%d")
    return pl.concat([calendar, pl.Series([None], dtype=pl.String)]).gather(
        np.where(days < NEVER, days - first, last - first + 1)
    )
