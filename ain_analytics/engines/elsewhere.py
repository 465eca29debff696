"""DuckDB's side of a registry whose views another engine runs: a table comes back when a query reads it."""

from collections.abc import Iterable, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow
import sqlglot

from ain_analytics.engines.engine import Columns, Engine
from ain_analytics.engines.translate import read_view, tables_of, translate
from ain_analytics.typed_cells import quoted
from ain_analytics.views import view_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ain_analytics.extracted import Extract

_CONSTANTS = "definition"
_FORMS = "forms_of_tables"
"""Schema of empty tables, from which DuckDB tells the types of a view's columns."""


class Elsewhere:
    """A connection to DuckDB that knows which tables are to be had from another engine.

    It stands where a connection stands. What is asked by `sql` is answered by DuckDB, from tables that are
    fetched the first time; everything else goes to DuckDB as it is.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        engine: Engine,
        source: Mapping[str, str],
        raw_views: Iterable[Path],
    ) -> None:
        self._connection = connection
        self._engine = engine
        self._source = source
        self._raw_views = {view_name(path): path for path in raw_views} if source else {}
        self._places: dict[str, str] = {}
        self._columns: dict[str, Columns] = {}
        self._constants: Mapping[str, Mapping[str, object]] = {}
        self._schema = ""
        self._fetched: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self) -> "Elsewhere":
        """Give another connection to the same database; what was derived stays known until it is replaced."""
        made = Elsewhere(self._connection.cursor(), self._engine, self._source, self._raw_views.values())
        made._places, made._columns = dict(self._places), dict(self._columns)
        return made

    def sql(self, query: str, **options: Any) -> Any:
        """Ask DuckDB, once the tables that the query reads are here."""
        read = tables_of(sqlglot.parse_one(query, read="duckdb"))
        for name in sorted(read & self._places.keys() - self._fetched):
            self._fetch(name)
        return self._connection.sql(query, **options)

    def close(self) -> None:
        """Close both."""
        self._engine.close()
        self._connection.close()

    def left_to_read(self, extract: "Extract") -> "Extract":
        """Give what of an extract is to be read here: no row where the engine reads it where it lies."""
        return replace(extract, files=(), server=None) if self._source else extract

    def derive(self, path: Path, schema: str, *, is_kept: bool) -> None:
        """Make a view in the engine, and everything that it reads and that is not there yet."""
        if schema != self._schema:
            self._begin(schema)
        query, name = read_view(path), view_name(path)
        for read in sorted(tables_of(query)):
            self._need(read)
        with self._among_forms():
            self._connection.execute(f"drop table if exists {quoted(name)}")
            self._connection.execute(path.read_text(encoding="utf-8"))
            columns = self._described(name)
            self._connection.execute(f"drop view {quoted(name)}")
        self._make(name, columns, query, f"{schema}__{name}", is_kept=is_kept)

    def _begin(self, schema: str) -> None:
        """Send what depends on the definition: the tables that stand in the schema by now."""
        self._schema, self._fetched = schema, set()
        own = self._connection.execute(
            "select table_name from duckdb_tables() where schema_name = $schema", {"schema": schema}
        ).fetchall()
        for (name,) in own:
            self._send(name, f"{schema}.{quoted(name)}", f"{schema}__{name}")
        row = self._connection.sql(f"from {schema}.{_CONSTANTS}").pl().row(0, named=True)
        self._constants = {_CONSTANTS: row}

    def _need(self, name: str) -> None:
        """See to it that a table is in the engine: a raw one that it reads itself, or one of DuckDB."""
        if name in self._places:
            return
        if name in self._source:
            self._places[name] = name
            self._columns[name] = self._described(f"main.{name}")
            self._engine.make(name, self._columns[name], self._source[name], is_kept=False)
        elif name in self._raw_views and f"source_{name.removeprefix('raw_')}" in self._source:
            query = read_view(self._raw_views[name])
            for read in sorted(tables_of(query)):
                self._need(read)
            self._make(name, self._described(f"main.{name}"), query, name, is_kept=False)
        else:
            self._send(name, f"main.{quoted(name)}", name)

    def _send(self, name: str, table: str, place: str) -> None:
        columns = self._described(table)
        rows = pyarrow.RecordBatchReader.from_stream(self._connection.sql(f"from {table}"))
        self._engine.send(place, columns, rows)
        self._know(name, place, columns)

    def _make(self, name: str, columns: Columns, query: Any, place: str, *, is_kept: bool) -> None:
        said = translate(query, self._engine.dialect, self._places, self._constants)
        self._engine.make(place, columns, said, is_kept=is_kept)
        self._know(name, place, columns)

    def _know(self, name: str, place: str, columns: Columns) -> None:
        self._places[name], self._columns[name] = place, columns
        self._fetched.discard(name)
        kinds = ", ".join(f"{quoted(column)} {kind}" for column, kind in columns.items())
        self._connection.execute(f"create schema if not exists {_FORMS}")
        self._connection.execute(f"create or replace table {_FORMS}.{quoted(name)} ({kinds})")

    def _fetch(self, name: str) -> None:
        columns = self._columns[name]
        cells = ", ".join(
            f"cast({quoted(column)} as {kind}) as {quoted(column)}" for column, kind in columns.items()
        )
        self._connection.register("incoming_rows", self._engine.fetch(self._places[name], columns))
        table = f"{self._schema}.{quoted(name)}"
        self._connection.execute(f"create or replace table {table} as select {cells} from incoming_rows")
        self._connection.unregister("incoming_rows")
        self._fetched.add(name)

    def _described(self, table: str) -> dict[str, str]:
        return {row[0]: row[1] for row in self._connection.sql(f"describe {table}").fetchall()}

    @contextmanager
    def _among_forms(self) -> "Iterator[None]":
        (before,) = self._connection.sql("select current_setting('search_path')").fetchall()[0]
        self._connection.execute(f"set search_path = '{_FORMS}'")
        try:
            yield
        finally:
            self._connection.execute(f"set search_path = '{before}'")
