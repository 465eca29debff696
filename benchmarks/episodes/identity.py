"""Whether peers found the same episodes: `python -m benchmarks.episodes.identity OURS OTHER …`."""

import sys
from pathlib import Path

import polars as pl

from ain_analytics.schema import DERIVED

KEY = ["patient_id", "episode_number"]
COLUMNS = DERIVED["episode"].column_names()


def read(path: Path) -> pl.DataFrame:
    """Read what a peer saved, in the types of this program, in order."""
    types = {
        name: pl.String() if isinstance(column.dtype, pl.Enum) else column.dtype
        for name, column in DERIVED["episode"].columns().items()
    }
    return pl.read_parquet(path).select(COLUMNS).cast(types).sort(KEY)


def difference(ours: pl.DataFrame, other: pl.DataFrame) -> str | None:
    """Say in what two tables differ, if they do."""
    if ours.height != other.height:
        return f"{other.height} episodes, not {ours.height}"
    differing = {name: int((~ours[name].eq_missing(other[name])).sum()) for name in COLUMNS}
    said = [f"{name} in {n}" for name, n in differing.items() if n]
    return f"{', '.join(said)} of {ours.height} episodes" if said else None


def main() -> None:
    """Compare each with the first, and fail with the names of those that differ."""
    first, *others = map(Path, sys.argv[1:])
    ours = read(first)
    found = {path.stem: difference(ours, read(path)) for path in others}
    said = [f"{name} differs from {first.stem}: {how}." for name, how in found.items() if how]
    if said or ours.is_empty():
        raise SystemExit("\n".join(said) or "There is no episode to compare.")
    print(ours.height)


if __name__ == "__main__":
    main()
