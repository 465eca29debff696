"""Engines beside DuckDB that run the views of `sql/` from number 10 up: Spark and PostgreSQL.

The views are the same files, translated; the rows are the same to the last bit.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from ain_analytics.errors import UnusableEngine

if TYPE_CHECKING:
    import duckdb

    from ain_analytics.engines.elsewhere import Elsewhere
    from ain_analytics.engines.engine import Engine
    from ain_analytics.extracted import Extract

DUCKDB, SPARK, POSTGRES = ENGINES = ("duckdb", "spark", "postgres")
"""Names of the engines; DuckDB is the one that needs nothing else."""


def on_engine(
    connection: "duckdb.DuckDBPyConnection",
    name: str,
    address: str | None,
    extract: "Extract",
    raw_views: Iterable[Path],
) -> "Elsewhere":
    """Give a connection whose views another engine runs.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
    name : str
        One of `ENGINES`, but not DuckDB.
    address : str, optional
        Spark's master, or a database in PostgreSQL; if none, Spark on this machine, or the database that
        the extract lies in.
    extract : Extract
        What will be read; the engine reads it by itself if it can.
    raw_views : paths of the views that make raw tables of the source

    Raises
    ------
    UnusableEngine
        It is not there, lets nobody in, or has no such name.
    """
    try:
        from ain_analytics.engines.elsewhere import Elsewhere
    except ImportError as error:
        raise UnusableEngine(
            name, "sqlglot is not there", f"Install it: pip install 'ain-analytics[{name}]'."
        ) from error
    engine = _opened(
        name, address or (extract.server.address if name == POSTGRES and extract.server else None)
    )
    return Elsewhere(connection, engine, engine.source(extract), raw_views)


def _opened(name: str, address: str | None) -> "Engine":
    if name == SPARK:
        from ain_analytics.engines.spark import Spark

        return Spark(address)
    if name == POSTGRES:
        from ain_analytics.engines.postgres import Postgres

        return Postgres(address)
    raise UnusableEngine(name, "there is no such engine", f"Engines: {', '.join(ENGINES)}.")
