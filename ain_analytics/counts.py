"""A registry of any size as a small frame of counts, for curves and tests of the log-rank family."""

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from ain_analytics.errors import BadFrame
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.row_weights import WEIGHT, paired

if TYPE_CHECKING:
    import duckdb

HEEDED = ("is_usable", "why_unusable", "episode_number")
"""Columns by which an estimate chooses its rows."""


def counts_of(
    source: "str | Path | pl.DataFrame | pl.LazyFrame | duckdb.DuckDBPyRelation",
    *,
    by: str | None = None,
) -> pl.DataFrame:
    """Count equal episodes, so that a curve of millions reads a few thousand rows.

    Parameters
    ----------
    source : path of a Parquet file, polars frame or lazy frame, or DuckDB relation
        A FollowUp, one row per episode: `exit_days`, `is_resolved` and, where present, `entry_days`,
        `is_usable`, `why_unusable`, `episode_number`.
    by : name of a column that splits the episodes, optional

    Returns
    -------
    DataFrame
        The same columns and `weight`, how many episodes a row stands for. Where there are days of entry,
        they are paired in their order with those of exit: how many are at risk on each day stays the
        same, and so do `resolution_curve` and `compare_strata`, but not who entered when, so nothing
        else may be estimated from it. The children are not told apart.

    Raises
    ------
    BadFrame
        A column is missing, or a usable episode ends on or before its day of entry.

    Examples
    --------
    >>> counts_of(pl.DataFrame({"exit_days": [5, 5, 9], "is_resolved": [True, True, False]})).rows()
    [(5, True, 2), (9, False, 1)]
    """
    lazy = _lazy(source)
    names = lazy.collect_schema().names()
    missing = [name for name in ("exit_days", "is_resolved", *([by] if by else [])) if name not in names]
    if missing:
        raise BadFrame("FollowUp", f"it lacks the column(s) {', '.join(missing)}")
    keys = [name for name in dict.fromkeys([by, *HEEDED]) if name is not None and name in names]
    exits = [*keys, "exit_days", "is_resolved"]
    if "entry_days" not in names:
        return _counted(lazy, exits)
    cells = lazy.with_columns(pl.col("entry_days").fill_null(0))
    is_usable = pl.col("is_usable") if "is_usable" in names else pl.lit(value=True)
    no_time = cells.filter(is_usable & (pl.col("entry_days") >= pl.col("exit_days")))
    refuse_no_time(no_time.select("entry_days", "exit_days").collect(engine="streaming"))
    return paired(_counted(cells, [*keys, "entry_days"]), _counted(cells, exits).drop(keys))


def _lazy(source: "str | Path | pl.DataFrame | pl.LazyFrame | duckdb.DuckDBPyRelation") -> pl.LazyFrame:
    if isinstance(source, str | Path):
        return pl.scan_parquet(source)
    if isinstance(source, pl.DataFrame | pl.LazyFrame):
        return source.lazy()
    relation: pl.LazyFrame = source.pl(lazy=True)
    return relation


def _counted(rows: pl.LazyFrame, keys: list[str]) -> pl.DataFrame:
    counts = rows.group_by(keys).agg(pl.len().cast(pl.Int64).alias(WEIGHT))
    return counts.collect(engine="streaming").sort(keys)
