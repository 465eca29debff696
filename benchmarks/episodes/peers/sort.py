"""The upper floor: the counts are put in order of child and day, into a table."""

from pathlib import Path

import duckdb

from benchmarks.episodes.peers.duck import connect, count

__all__ = ["count", "derive"]


def derive(folder: Path) -> duckdb.DuckDBPyConnection:
    """Sort the columns."""
    connection = connect(folder)
    connection.execute("""
        create table episode as
        select patient_id, sampled_on, anc, is_alone
        from anc_result
        order by patient_id, sampled_on
    """)
    return connection
