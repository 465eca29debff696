"""What this program does: the views of `sql/` as the registry builds them; by buckets if asked."""

import shutil
from pathlib import Path

import duckdb

from ain_analytics.views import make_view
from benchmarks.episodes.peers.duck import count, save
from benchmarks.episodes.peers.view_chain import queries_of_base_tables, views

__all__ = ["count", "derive", "save"]

BUCKETS = "buckets"
"""How many, beside DuckDB's own settings."""


def derive(folder: Path, **settings: str) -> duckdb.DuckDBPyConnection:
    """Build the views in order and keep as tables what the registry keeps."""
    n_buckets = int(settings.pop(BUCKETS, 1))
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = '{folder}/spilled'")
    for name, value in settings.items():
        connection.execute(f"set {name} = '{value}'")
    if n_buckets == 1:
        _derive_all(connection, folder, "read_parquet('{path}')")
        return connection
    place = folder / "bucket"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for number in range(n_buckets):
        connection.execute("create schema bucket; set schema = 'bucket'")
        holds = f"hash(patient_id) % {n_buckets} = {number}"
        _derive_all(connection, folder, f"(from read_parquet('{{path}}') where {holds})")
        connection.execute(f"copy (from episode) to '{place}/{number}.parquet' (format parquet)")
        connection.execute("set schema = 'main'; drop schema bucket cascade")
    connection.execute(f"create view episode as from read_parquet('{place}/*.parquet')")
    return connection


def _derive_all(connection: duckdb.DuckDBPyConnection, folder: Path, read: str) -> None:
    for name, query in queries_of_base_tables(folder, read).items():
        connection.execute(f"create table {name} as {query}")
    for view in views():
        make_view(connection, view.path, is_kept=view.is_kept)
