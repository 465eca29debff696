"""What this program does: the views of `sql/` as the registry builds them."""

from pathlib import Path

import duckdb

from ain_analytics.views import make_view
from benchmarks.episodes.peers.duck import count, save
from benchmarks.episodes.peers.view_chain import queries_of_base_tables, views

__all__ = ["count", "derive", "save"]


def derive(folder: Path, **settings: str) -> duckdb.DuckDBPyConnection:
    """Build the views in order and keep as tables what the registry keeps."""
    connection = duckdb.connect()
    connection.execute(f"set temp_directory = '{folder}/spilled'")
    for name, value in settings.items():
        connection.execute(f"set {name} = '{value}'")
    for name, query in queries_of_base_tables(folder, "read_parquet('{path}')").items():
        connection.execute(f"create table {name} as {query}")
    for view in views():
        make_view(connection, view.path, is_kept=view.is_kept)
    return connection
