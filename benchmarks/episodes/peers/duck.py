"""What the peers in DuckDB share: a connection with the two tables in view, and a table to hand back."""

from pathlib import Path

import duckdb


def connect(folder: Path, **settings: str) -> duckdb.DuckDBPyConnection:
    """Open a database in memory that sees the files as `anc_result` and `patient`."""
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = '{folder}/spilled'")
    for name, value in settings.items():
        connection.execute(f"set {name} = '{value}'")
    for name in ("anc_result", "patient"):
        connection.execute(f"create view {name} as from read_parquet('{folder}/{name}.parquet')")
    return connection


def save(made: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Write the episodes."""
    made.execute(f"copy (from episode) to '{path}' (format parquet)")


def count(made: duckdb.DuckDBPyConnection) -> int:
    """Count what was made."""
    return int(made.sql("select count(*) from episode").fetchall()[0][0])
