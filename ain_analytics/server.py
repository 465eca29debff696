"""A PostgreSQL database as a source: which tables it holds, and their rows as text in Arrow batches."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import pyarrow as pa

from ain_analytics.errors import UnreadableExtract, one_line

_SCHEMES = ("postgresql", "postgres")
_SECRET = re.compile(
    r"(?<=://)([^\s/@:]*):[^\s/]*@|(?<=[?&])(password|sslpassword)=[^&\s'\"]*", re.IGNORECASE
)
_FRACTIONS = ("numeric", "double precision", "real")
_WHY = (
    ("password", "it refuses the log-in", "Check user and password (PGPASSWORD, or ~/.pgpass)."),
    ("role", "it refuses the log-in", "Check the name of the user."),
    ("does not exist", "there is no such database", "Check its name."),
    ("permission denied", "it may not be read", "Ask for the right to read its tables."),
)
_NO_ANSWER = ("it does not answer", "Check host and port, and whether the server runs.")


@dataclass(frozen=True, slots=True)
class Server:
    """A database on a server, as the user named it; its address is never shown.

    Parameters
    ----------
    name : str
        Name of the database.
    schema : str
        Schema that holds the tables; empty: the first of the server's search path.
    options_file : Path, optional
        What the sender says, in place of an extract.toml beside files.
    uri : str
        Address, with what libpq takes.
    """

    name: str
    schema: str
    options_file: Path | None
    uri: str = field(repr=False)


def is_server(source: object) -> bool:
    """Tell whether a source is the address of a server."""
    return isinstance(source, str) and source.partition("://")[0].lower() in _SCHEMES and "://" in source


def without_secrets(text: str) -> str:
    """Write a text without the passwords of addresses that stand in it."""
    return _SECRET.sub(lambda hit: f"{hit[1]}:***@" if hit[1] is not None else f"{hit[2]}=***", text)


def server_of(address: str) -> Server:
    """Read an address: `postgresql://user@host/database?schema=cdm&extract_toml=PATH`; libpq has the rest."""
    parts = urlsplit(address)
    said = dict(parse_qsl(parts.query, keep_blank_values=True))
    schema, options = said.pop("schema", ""), said.pop("extract_toml", "")
    name = one_line(unquote(parts.path.lstrip("/"))) or "postgresql"
    uri = urlunsplit(("postgresql", parts.netloc, parts.path, urlencode(said), ""))
    return Server(name, schema, Path(options) if options else None, uri)


@contextmanager
def _connected(server: Server) -> Iterator[Any]:
    """Open a session that may only read."""
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        do = 'Install it: pip install "ain-analytics[postgres]"'
        raise UnreadableExtract(server.name, "the driver of PostgreSQL is not installed", do) from error
    try:
        with dbapi.connect(server.uri) as connection, connection.cursor() as cursor:
            cursor.execute("set session characteristics as transaction read only")
            connection.commit()
            yield cursor
    except dbapi.Error as error:
        said = str(error)
        known = [(found, do) for word, found, do in _WHY if word in said]
        raise UnreadableExtract(server.name, *(known or [_NO_ANSWER])[0]) from None


def tables_of(server: Server) -> tuple[str, dict[str, dict[str, str]]]:
    """Name the schema, and its tables and views with their columns and types.

    Raises
    ------
    UnreadableExtract
        The server does not answer, refuses, or has no such schema.
    """
    with _connected(server) as cursor:
        schema = server.schema or str(_rows(cursor, "select current_schema()")[0][0])
        rows = _rows(
            cursor,
            "select table_name::text, column_name::text, data_type::text from information_schema.columns "
            f"where table_schema = {_text(schema)} order by table_name, ordinal_position",
        )
    if not rows:
        do = "Name the schema: ?schema=… behind the address."
        raise UnreadableExtract(server.name, "there is no table in its schema", do)
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(table, {})[column] = kind
    return schema, found


@contextmanager
def rows_of(
    server: Server, schema: str, table: str, columns: Mapping[str, str], wanted: list[str | None]
) -> Iterator[pa.RecordBatchReader]:
    """Give a table's rows as text, in the order of its first column; what is not there is null.

    Parameters
    ----------
    server : Server
        The database.
    schema, table : str
        Where the rows are.
    columns : mapping of column to type
        All columns, as `tables_of` gave them.
    wanted : list of str or None
        Columns to give, in this order.
    """
    cells = [_cell(name, columns[name]) if name else "null::text" for name in wanted]
    named = ", ".join(f"{cell} as c{place}" for place, cell in enumerate(cells))
    first = _quoted(next(iter(columns)))
    with _connected(server) as cursor:
        cursor.execute(f"select {named} from {_quoted(schema)}.{_quoted(table)} order by {first}")
        yield cursor.fetch_record_batch()


def _rows(cursor: Any, query: str) -> list[tuple[Any, ...]]:
    cursor.execute(query)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _cell(name: str, kind: str) -> str:
    text = f"{_quoted(name)}::text"
    return f"regexp_replace({text}, '[.]0+$', '')" if kind in _FRACTIONS else text


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
