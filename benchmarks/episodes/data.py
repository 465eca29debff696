"""Made-up registries of a chosen number of counts, as `anc_result.parquet` and `patient.parquet`.

Every child of a disease registry is affected, one in ten of a hospital registry; the others are never below a
limit. Rows are ordered by month of sampling and shuffled inside the month, as laboratories send them. The
numbers below are what the data is like, not choices of a study.
"""

import argparse
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

RECIPE = 1
"""Part of the folder's name: raise it when the data changes, and a cache of older data is left alone."""
SEED = 1975
AFFECTED = {"disease": 1.0, "hospital": 0.1}
COUNTS_PER_CHILD = 25
SPREAD = 20
"""A child has 5 to 45 counts; two neighbours have 50."""
BLOCK = 100_000
"""Children made at a time."""
ROWS_WRITTEN, ROW_GROUP = 1_228_800, 122_880
EPOCH = np.datetime64("2000-01-01")
BIRTHS_DAYS = 13 * 365
REPEATS, SILENCES, EDGES = 0.04, 0.012, 0.2
"""Shares of the steps from one count to the next: the same day, over a year, and those of `EDGE_DAYS`."""
EDGE_DAYS = np.array([1, 13, 14, 27, 28, 28, 29])
STARTS_LOW, FALLS, STAYS_LOW, TURNS_WITHIN_DAY = 0.3, 0.02, 0.75, 0.4
AT_A_LIMIT = 0.03
AFTER_INFANCY, FROM_THE_SECOND, UP_TO_THE_BIRTHDAY = 0.4, 0.55, 0.05
"""Shares of the children by age at the first count; the last are first seen within a day of the birthday."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Every count of a registry in as few bytes as hold it, child by child."""

    child: np.ndarray
    day: np.ndarray
    minute: np.ndarray
    hundredths: np.ndarray
    is_alone: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, size: int) -> "Counts":
        """Leave room for so many."""
        kinds = (np.int32, np.int16, np.int16, np.int16, np.bool_, np.uint64)
        return cls(*(np.empty(size, dtype=kind) for kind in kinds))


def folder_of(data: Path, kind: str, size: int) -> Path:
    """Name the folder of a registry inside the cache."""
    return data / f"{kind}_{size}_recipe{RECIPE}_seed{SEED}"


def make(data: Path, kind: str, size: int) -> Path:
    """Make a registry, unless the cache has it; the same rows at every call."""
    folder = folder_of(data, kind, size)
    if not folder.is_dir():
        unfinished = folder.with_name(f"{folder.name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _write(unfinished, kind, size)
        unfinished.rename(folder)
    return folder


def _write(folder: Path, kind: str, size: int) -> None:
    n_children = max(1, size // COUNTS_PER_CHILD)
    rng = np.random.default_rng([SEED, size, list(AFFECTED).index(kind)])
    numbers = _numbers_of_counts(rng, n_children, size)
    starts = np.concatenate([[0], np.cumsum(numbers)])
    births = rng.integers(0, BIRTHS_DAYS, n_children)
    last_days = np.empty(n_children, dtype=np.int64)
    counts = Counts.of(size)
    for first in range(0, n_children, BLOCK):
        block = slice(first, min(first + BLOCK, n_children))
        rows = slice(starts[block.start], starts[block.stop])
        last_days[block] = _fill(counts, rows, rng, block, numbers[block], births[block], AFFECTED[kind])
    keys = rng.permutation(n_children)
    patient_id = pl.select("P" + pl.Series(keys).cast(pl.String).str.zfill(7)).to_series()
    _write_counts(folder / "anc_result.parquet", counts, patient_id.to_arrow())
    died = rng.random(n_children) < 0.01
    patient = pl.DataFrame({
        "patient_id": patient_id,
        "birth_date": EPOCH + births,
        "died_on": np.where(died, EPOCH + last_days + 30, np.datetime64("NaT")),
    })  # fmt: skip
    dates = pl.col("birth_date", "died_on").cast(pl.Date)
    patient.with_columns(dates).sort("patient_id").write_parquet(folder / "patient.parquet")


def _numbers_of_counts(rng: np.random.Generator, n_children: int, size: int) -> np.ndarray:
    """Let neighbours have as many more and fewer than the mean, so that the sum is the size."""
    more = rng.integers(-SPREAD, SPREAD + 1, n_children // 2)
    numbers = np.full(n_children, COUNTS_PER_CHILD)
    numbers[: 2 * len(more)] += np.column_stack([more, -more]).ravel()
    numbers[-1] += size - numbers.sum()
    return numbers


def _fill(
    counts: Counts,
    rows: slice,
    rng: np.random.Generator,
    block: slice,
    numbers: np.ndarray,
    births: np.ndarray,
    affected: float,
) -> np.ndarray:
    """Make the counts of a block of children, one child a line, and give each one's last day."""
    n, width = len(numbers), int(numbers.max())
    is_used = np.arange(width) < numbers[:, None]
    steps = _steps(rng, (n, width))
    steps[:, 0] = births + _first_age(rng, births)
    day = steps.cumsum(axis=1)
    hundredths = _hundredths(rng, steps == 0, numbers, rng.random(n) < affected)
    again = (steps == 0) & is_used
    again[:, 0] = False
    is_alone = ~again
    is_alone[:, :-1] &= ~again[:, 1:]
    flat_day = day[is_used]
    month = (EPOCH + flat_day).astype("datetime64[M]").astype(np.uint64)
    counts.child[rows] = np.repeat(np.arange(block.start, block.stop), numbers)
    counts.day[rows] = flat_day
    counts.minute[rows] = rng.integers(7 * 60, 20 * 60, len(flat_day))
    counts.hundredths[rows] = hundredths[is_used]
    counts.is_alone[rows] = is_alone[is_used]
    counts.place[rows] = (month << np.uint64(48)) | rng.integers(1 << 48, size=len(flat_day), dtype=np.uint64)
    return day[np.arange(n), numbers - 1]


def _steps(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Draw days from one count to the next: mostly weeks, sometimes none, sometimes more than a year."""
    kind = rng.random(shape)
    steps = 1 + rng.exponential(30, shape).astype(np.int64)
    steps = np.where(kind < REPEATS + SILENCES + EDGES, rng.choice(EDGE_DAYS, shape), steps)
    steps = np.where(kind < REPEATS + SILENCES, rng.integers(364, 500, shape), steps)
    return np.where(kind < REPEATS, 0, steps)


def _first_age(rng: np.random.Generator, births: np.ndarray) -> np.ndarray:
    """Draw days of age at the first count: many infants, some within a day of the first birthday."""
    n = len(births)
    seen = rng.choice(3, n, p=(AFTER_INFANCY, FROM_THE_SECOND, UP_TO_THE_BIRTHDAY))
    ages = (rng.integers(366, 6 * 365, n), rng.integers(30, 365, n), rng.integers(364, 368, n))
    return np.choose(seen, ages)


def _hundredths(
    rng: np.random.Generator, again: np.ndarray, numbers: np.ndarray, affected: np.ndarray
) -> np.ndarray:
    """Draw counts: low and normal in turns and at least once low in the affected, never low in the others."""
    n, width = again.shape
    low = np.empty((n, width), dtype=bool)
    low[:, 0] = rng.random(n) < STARTS_LOW
    chance = rng.random((n, width))
    for i in range(1, width):
        ordinary = chance[:, i] < np.where(low[:, i - 1], STAYS_LOW, FALLS)
        within_day = low[:, i - 1] ^ (chance[:, i] < TURNS_WITHIN_DAY)
        low[:, i] = np.where(again[:, i], within_day, ordinary)
    low[np.arange(n), rng.integers(0, numbers)] |= ~(low & (np.arange(width) < numbers[:, None])).any(axis=1)
    normal = np.maximum(150, rng.lognormal(np.log(320), 0.45, (n, width)).astype(np.int16))
    drawn = np.where(low, rng.integers(0, 150, (n, width)), normal)
    limits = rng.choice(np.array([99, 100, 149, 150]), (n, width))
    drawn = np.where(rng.random((n, width)) < AT_A_LIMIT, limits, drawn)
    return np.where(affected[:, None], drawn, normal).astype(np.int16)


def _write_counts(path: Path, counts: Counts, patient_id: pa.Array) -> None:
    order = np.argsort(counts.place)
    schema = pa.schema({
        "patient_id": pa.string(), "sampled_on": pa.date32(), "sampled_at": pa.timestamp("us"),
        "anc": pa.float64(), "is_alone": pa.bool_(),
    })  # fmt: skip
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for first in range(0, len(order), ROWS_WRITTEN):
            rows = order[first : first + ROWS_WRITTEN]
            day = EPOCH + counts.day[rows].astype("timedelta64[D]")
            columns = (
                patient_id.take(pa.array(counts.child[rows])),
                pa.array(day),
                pa.array(day.astype("datetime64[us]") + counts.minute[rows].astype("timedelta64[m]")),
                pa.array(counts.hundredths[rows] / 100),
                pa.array(counts.is_alone[rows]),
            )
            table = pa.table([c.cast(f.type) for c, f in zip(columns, schema, strict=True)], schema=schema)
            writer.write_table(table, row_group_size=ROW_GROUP)


def main() -> None:
    """Make one registry and print its folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("kind", choices=AFFECTED)
    parser.add_argument("size", type=int)
    asked = parser.parse_args()
    print(make(asked.data, asked.kind, asked.size))


if __name__ == "__main__":
    main()
