"""Who derives episodes, and what each of them is.

A peer is a module with `derive(folder)`, which gives the finished table in whatever form it likes, `count` of
it, and `save` of it to Parquet, which the floors lack. It may have `ready(folder)` (work done once and never
timed), `prepare(folder)` (timed apart, and given to `derive`), `is_missing()` and `versions()`.
"""

from importlib import import_module
from types import ModuleType
from typing import NamedTuple

MILLION = 1_000_000


class Peer(NamedTuple):
    """One line of the table of results."""

    says: str
    largest: int | None = None
    """Largest number of counts that it is asked for; None where it is never refused."""
    is_floor: bool = False


PEERS = {
    "scan": Peer("floor: DuckDB reads the columns, trivial aggregates", is_floor=True),
    "sort": Peer("floor: DuckDB sorts them by child and day into a table", is_floor=True),
    "ours": Peer("this program: the views of `sql/` in DuckDB"),
    "textbook": Peer("DuckDB, a chain of CTEs"),
    "textbook_filtered": Peer("DuckDB, the same chain after the semi-join"),
    "polars_sorted": Peer("polars, packed key, sort and shift, streaming"),
    "polars_over": Peer("polars, expressions with `over`, streaming"),
    "pandas_vectorised": Peer("pandas, packed key, sort and shift", 20 * MILLION),
    "pandas_apply": Peer("pandas, groupby-apply with a loop", MILLION),
    "data_table": Peer("data.table in R, setorder and shift, reading apart", 20 * MILLION),
    "spark": Peer("Spark local[2], the views translated, warm", 20 * MILLION),
}
FIRST = "ours"
"""The one that others are compared with."""


def module_of(peer: str) -> ModuleType:
    """Import a peer."""
    return import_module(f"{__name__}.{peer}")
