"""A PostgreSQL database as a source: read only, in one transaction, nothing but what is wanted.

It is read through ADBC, which gives rows as Arrow; the password is in the address, and nowhere else.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard
from urllib.parse import unquote, urlsplit

from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.typed_cells import quoted

if TYPE_CHECKING:
    import pyarrow

_SCHEMES = ("postgresql://", "postgres://")
_PASSWORD = re.compile(r"(postgres(?:ql)?://[^:/?@]*):.*@", re.DOTALL)
_PASSWORD_ARGUMENT = re.compile(r"([?&](?:ssl)?password=)[^&]*", re.IGNORECASE)
_EXTRA = "Install it: pip install 'ain-analytics[postgres]'."
_WHY = {
    "password authentication failed": ("the password or the user is not right", "Mend the address."),
    "no password supplied": ("it asks for a password", "Give one, best in ~/.pgpass or PGPASSWORD."),
    "does not exist": ("there is no such database or user", "Mend the address."),
    "could not translate host name": ("there is no such host", "Mend the address."),
    "permission denied": ("a table may not be read", "Ask for the right to select from it."),
}
_PATIENCE = ("connect_timeout", "=", "15")
"""Seconds to wait for a host that says nothing; our choice."""
_NO_SERVER = ("no server answers there", "Is it running, and is the address right?")
_TABLES = """
    select c.relname, a.attname, pg_catalog.format_type(a.atttypid, null)
    from pg_catalog.pg_class as c
    inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    inner join pg_catalog.pg_attribute as a on a.attrelid = c.oid
    where
        c.relkind in ('r', 'p', 'v', 'm', 'f') and a.attnum > 0 and not a.attisdropped
        and n.nspname not in ('pg_catalog', 'information_schema')
        and case when $1 = '' then pg_catalog.pg_table_is_visible(c.oid) else n.nspname = $1 end
    order by c.relname, a.attnum
"""
_SCHEMAS = "select nspname from pg_catalog.pg_namespace where nspname = $1"
_SETTINGS = (
    "set transaction isolation level repeatable read, read only",
    "set local datestyle = 'ISO, YMD'",
    "set local extra_float_digits = 1",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A database and where in it to look.

    Parameters
    ----------
    address : str
        For libpq; may hold a password, so that it is never shown.
    name : str
        Name of the database, and of the schema if one was named.
    schema : str
        Schema that holds the tables; empty: those that the search path shows.
    options_file : Path, optional
        The sender's `extract.toml`.
    """

    address: str = field(repr=False)
    name: str
    schema: str = ""
    options_file: Path | None = None


def is_address(source: object) -> TypeGuard[str]:
    """Tell whether a source is the address of a PostgreSQL database."""
    return isinstance(source, str) and source.lower().startswith(_SCHEMES)


def without_password(text: str) -> str:
    """Give a text that may be an address without its password."""
    return _PASSWORD_ARGUMENT.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))


def server(address: str) -> Server:
    """Read an address: what libpq takes, and of our own `schema=cdm` and `extract_toml=FILE`.

    Raises
    ------
    UnreadableExtract
        It is no address.
    """
    try:
        parts = urlsplit(address)
        database = unquote(parts.path.strip("/"))
    except ValueError as error:
        raise UnreadableExtract("postgresql", "that is no address", "Write it as libpq does.") from error
    given = [argument.partition("=") for argument in parts.query.split("&") if argument]
    own = {name: unquote(value) for name, _, value in given if name in ("schema", "extract_toml")}
    passed = "&".join(
        f"{name}={value}" for name, _, value in [_PATIENCE, *given] if name not in own
    )  # of a word said twice, libpq takes the last
    schema = own.get("schema", "")
    return Server(
        address=parts._replace(query=passed).geturl(),
        name=one_line(".".join(filter(None, (database, schema))) or "postgresql"),
        schema=schema,
        options_file=Path(own["extract_toml"]) if "extract_toml" in own else None,
    )


def columns_of_tables(where: Server) -> dict[str, dict[str, str]]:
    """Give the columns of every table and view with their types, as they are named there.

    Raises
    ------
    UnreadableExtract
        The server is not there or lets nobody in, there is no such schema, or the driver is missing.
    """
    found: dict[str, dict[str, str]] = {}
    with _reading(where) as cursor:
        if where.schema:
            cursor.execute(_SCHEMAS, (where.schema,))
            if not cursor.fetchall():
                do = f"Name one that holds the tables instead of schema={one_line(where.schema)}."
                raise UnreadableExtract(where.name, "there is no such schema", do)
        cursor.execute(_TABLES, (where.schema,))
        for table, column, kind in cursor.fetchall():
            found.setdefault(table, {})[column] = kind
    return found


@contextmanager
def open_rows(where: Server) -> Iterator["Rows"]:
    """Open a database to read tables from it, all as they are at one moment."""
    with _reading(where) as cursor:
        yield Rows(where, cursor)


@dataclass(frozen=True, slots=True)
class Rows:
    """An open transaction."""

    where: Server
    cursor: Any

    def read(
        self, table: str, columns: Mapping[str, str], wanted: Sequence[str | None], key: str | None, only: str
    ) -> "pyarrow.RecordBatchReader":
        """Give the wanted columns of a table as text, in the order of its key.

        Parameters
        ----------
        table : str
            As it is named there.
        columns : mapping of column, as it is named there, to its type
        wanted : sequence of str or None
            Columns, as they are named there; None for one that is not.
        key : str, optional
            Column whose order is that of the rows; rows with one key come in the order of what they hold.
        only : str
            A condition on the rows, or nothing.
        """
        select = select_as_text(self.where, table, columns, wanted, key, only)
        self.cursor.execute(select)
        rows: pyarrow.RecordBatchReader = self.cursor.fetch_record_batch()
        return rows

    def name_of(self, table: str) -> str:
        """Give a table's name for SQL."""
        return _name_of(self.where, table)


def select_as_text(
    where: Server,
    table: str,
    columns: Mapping[str, str],
    wanted: Sequence[str | None],
    key: str | None,
    only: str,
) -> str:
    """Write the query that `Rows.read` runs; its columns are c0, c1 and so on."""
    cells = [_as_text(name, columns[name]) if name else "cast(null as text)" for name in wanted]
    named = [f"{cell} as c{place}" for place, cell in enumerate(cells)]
    order = [quoted(key)] if key else []
    order += [f"c{place}" for place, name in enumerate(wanted) if name]
    condition = f" where {only}" if only else ""
    return f"select {', '.join(named)} from {_name_of(where, table)}{condition} order by {', '.join(order)}"


def _name_of(where: Server, table: str) -> str:
    return ".".join(quoted(part) for part in (where.schema, table) if part)


def _as_text(column: str, kind: str) -> str:
    """Write a typed column as text; the day of a sample is the day by the server's clock."""
    cell = quoted(column)
    if kind.endswith("with time zone"):
        cell = f"cast({cell} as timestamp)"
    text = f"cast({cell} as text)"
    return f"regexp_replace({text}, '[.]0+$', '')" if kind.startswith("numeric") else text


@contextmanager
def _reading(where: Server) -> Iterator[Any]:
    """Open a transaction that can only read; errors are ours, of one line, without the address."""
    try:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise UnreadableExtract(where.name, "the driver for PostgreSQL is not there", _EXTRA) from error
    try:
        with dbapi.connect(where.address) as connection, connection.cursor() as cursor:
            for setting in _SETTINGS:
                cursor.execute(setting)
            yield cursor
    except Error as error:
        raise UnreadableExtract(where.name, *why_not(str(error))) from None


def why_not(said: str) -> tuple[str, str]:
    """Tell from a driver's error, which may show an address or a value, what is wrong and what to do."""
    found, do = next((why for words, why in _WHY.items() if words in said), _NO_SERVER)
    if found == _NO_SERVER[0] and "Failed to connect" not in said:
        return "a table cannot be read", "Look at it with psql."
    return found, do
