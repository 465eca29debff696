"""PostgreSQL: the views in a schema of its own, within one transaction that is never committed.

So nobody else sees them, and whatever happens nothing of them stays.
"""

import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pyarrow

from ain_analytics.engines.engine import Columns
from ain_analytics.engines.postgres_helpers import HELPERS
from ain_analytics.engines.translate import POSTGRES
from ain_analytics.errors import UnusableEngine
from ain_analytics.formats import NATIVE
from ain_analytics.postgres import Server, select_as_text, server, why_not
from ain_analytics.typed_cells import literal, quoted

if TYPE_CHECKING:
    from ain_analytics.extracted import Extract

_NAME = "postgres"
_INSTALL = "Install it: pip install 'ain-analytics[postgres]'."
_NO_SCHEMA = ("it lets you make no schema", "Ask for the right to create in that database, or name another.")
_NO_ADDRESS = "Say where: --engine-address postgresql://user@host/database."
_TYPES = {
    "VARCHAR": 'text collate "C"',
    "DATE": "date",
    "TIMESTAMP": "timestamp",
    "DOUBLE": "double precision",
    "BOOLEAN": "boolean",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "HUGEINT": "bigint",
}
"""DuckDB's types and PostgreSQL's; a whole number that does not fit is an error, not a wrong number."""
_SETTINGS = (
    "set transaction isolation level repeatable read",
    "set local datestyle = 'ISO, YMD'",
    "set local timezone = 'UTC'",
    "set local extra_float_digits = 1",
    "set local jit = off",
    "set local enable_nestloop = off",  # it knows too little of a view's rows, and would compare all with all
    "set local work_mem = '256MB'",
)
_COLLATIONS = "array['pg_c_utf8', 'C.utf8', 'C.UTF-8', 'en_US.utf8', 'und-x-icu']"
"""Those that know the letters of every alphabet, the best first."""
_LETTERS = f"""
    select quote_ident(collname) from pg_catalog.pg_collation
    where collname = any({_COLLATIONS}) and (collencoding = -1 or collencoding = pg_char_to_encoding('UTF8'))
    order by array_position({_COLLATIONS}, collname::text)
"""


class Postgres:
    """A transaction in a database that may be written to."""

    dialect = POSTGRES

    def __init__(self, address: str | None) -> None:
        if not address:
            raise UnusableEngine(_NAME, "it was not said where it is", _NO_ADDRESS)
        try:
            from adbc_driver_postgresql import dbapi
        except ImportError as error:
            raise UnusableEngine(_NAME, "the driver for PostgreSQL is not there", _INSTALL) from error
        self._where = server(address)
        self._schema = f"ain_{secrets.token_hex(8)}"
        self._connection: Any = self._run("", lambda: dbapi.connect(self._where.address))
        try:
            self._prepare()
        except BaseException:
            self._connection.close()
            raise

    def _prepare(self) -> None:
        """Make the schema and the functions that the views call."""
        for setting in _SETTINGS:
            self._execute("", setting)
        encoding = self._rows("select current_setting('server_encoding')")[0][0]
        letters = self._rows(_LETTERS)
        if encoding != "UTF8" or not letters:
            do = "Use a database whose encoding is UTF8."
            raise UnusableEngine(_NAME, f"its encoding is {encoding}", do)
        self._execute("", f"create schema {self._schema}")
        before = self._rows("select current_setting('search_path')")[0][0]
        path = ", ".join(filter(None, (self._schema, before)))
        self._execute("", f"set local search_path = {path}")
        for helper in HELPERS:
            made = helper.replace("{letters}", letters[0][0])
            self._execute("", f"create function {made} language sql stable parallel safe")

    def source(self, extract: "Extract") -> Mapping[str, str]:
        """Read tables of the native format that lie in the same database where they are."""
        there = extract.server
        if there is None or extract.format is not NATIVE or _place(there) != _place(self._where):
            return {}
        queries = {}
        for table in NATIVE.tables:
            wanted = NATIVE.columns_of(table)
            name, columns = extract.database_tables.get(table, ("", {}))
            if not name:
                cells = ", ".join(f"cast(null as text) as {quoted(column)}" for column in wanted)
                queries[f"source_{table}"] = f"select null as file, null as row_number, {cells} where false"
                continue
            named = {column.lower(): column for column in columns}
            cells = ", ".join(f"c{place} as {quoted(column)}" for place, column in enumerate(wanted))
            rows = select_as_text(there, name, columns, [named.get(c) for c in wanted], None, "")
            queries[f"source_{table}"] = (
                f"select {literal(name)} as file, row_number() over () as row_number, {cells} "
                f"from ({rows}) as sent"
            )
        return queries

    def send(self, name: str, columns: Columns, rows: pyarrow.RecordBatchReader) -> None:
        """Copy rows into a table."""
        kinds = ", ".join(f"{quoted(column)} {_TYPES[kind]}" for column, kind in columns.items())
        self._execute(name, f"create unlogged table {quoted(name)} ({kinds})")

        def copy() -> None:
            with self._connection.cursor() as cursor:
                cursor.adbc_ingest(name, rows, mode="append", db_schema_name=self._schema)

        self._run(name, copy)
        self._execute(name, f"analyze {quoted(name)}")

    def make(self, name: str, columns: Columns, query: str, *, is_kept: bool) -> None:
        """Make a view, or a table with its statistics."""
        cells = ", ".join(_cell(column, kind) for column, kind in columns.items())
        kind = "unlogged table" if is_kept else "view"
        self._execute(name, f"create {kind} {quoted(name)} as select {cells} from ({query}) as made")
        if is_kept:
            self._execute(name, f"analyze {quoted(name)}")

    def fetch(self, name: str, columns: Columns) -> pyarrow.Table:
        """Give the rows."""

        def read() -> pyarrow.Table:
            with self._connection.cursor() as cursor:
                cursor.execute(f"select * from {quoted(name)}")
                return cursor.fetch_arrow_table()

        table: pyarrow.Table = self._run(name, read)
        return table

    def count(self, name: str) -> int:
        """Count the rows."""
        return int(self._rows(f"select count(*) from {quoted(name)}")[0][0])

    def close(self) -> None:
        """Take everything back."""
        self._connection.rollback()
        self._connection.close()

    def _execute(self, name: str, statement: str) -> None:
        def execute() -> None:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)

        self._run(name, execute)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        def read() -> list[tuple[Any, ...]]:
            with self._connection.cursor() as cursor:
                cursor.execute(query)
                rows: list[tuple[Any, ...]] = cursor.fetchall()
                return rows

        found: list[tuple[Any, ...]] = self._run("", read)
        return found

    def _run(self, name: str, work: Any) -> Any:
        """Do some work; an error says where it was and of which kind, and no value of a child."""
        from adbc_driver_manager import Error

        try:
            return work()
        except Error as error:
            code = f" ({error.sqlstate})" if error.sqlstate else ""
            if "permission denied for database" in str(error):
                raise UnusableEngine(_NAME, *_NO_SCHEMA) from None
            if not name or "permission denied" in str(error):
                raise UnusableEngine(_NAME, *why_not(str(error))) from None
            found, do = f"it stopped at {name}{code}", "Run it with --engine duckdb, and report it."
            raise UnusableEngine(_NAME, found, do) from None


def _place(where: Server) -> tuple[str, str]:
    """Tell user, host and database of an address; its options do not matter."""
    parts = urlsplit(where.address)
    return parts.netloc, parts.path


def _cell(column: str, kind: str) -> str:
    if kind == "VARCHAR":
        return f'cast({quoted(column)} as text) collate "C" as {quoted(column)}'
    return f"cast({quoted(column)} as {_TYPES[kind]}) as {quoted(column)}"
