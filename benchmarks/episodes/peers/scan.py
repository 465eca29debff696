"""The lower floor: every needed column of every count is read, and next to nothing is done with it."""

from pathlib import Path

import duckdb

from benchmarks.episodes.peers.duck import connect, count

__all__ = ["count", "derive"]


def derive(folder: Path) -> duckdb.DuckDBPyConnection:
    """Aggregate the columns."""
    connection = connect(folder)
    connection.execute("""
        create table episode as
        select max(patient_id), max(sampled_on), sum(anc), count(*) filter (where is_alone)
        from anc_result
    """)
    return connection
