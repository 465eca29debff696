"""The same chain, but first the children are dropped who were never below the highest limit."""

from pathlib import Path

import duckdb

from benchmarks.episodes import rules
from benchmarks.episodes.peers import textbook
from benchmarks.episodes.peers.duck import count, save

__all__ = ["count", "derive", "save"]

EVER_LOW = f"""(
    select * from anc_result
    where patient_id in (select patient_id from anc_result where anc < {rules.HIGHEST_LIMIT})
)"""


def derive(folder: Path) -> duckdb.DuckDBPyConnection:
    """Run the chain on those who are left."""
    return textbook.derive(folder, EVER_LOW)
