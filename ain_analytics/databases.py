"""Sources that are databases: a DuckDB file of somebody else, or PostgreSQL."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

import duckdb

from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.extracted import Extract, ignored_columns_of
from ain_analytics.formats import TABLES, Format, recognise
from ain_analytics.postgres import Server, columns_of_tables
from ain_analytics.sender import OPTIONS_FILE, SenderOptions, read_options

_NAMELESS = re.compile(r"column\d+")
"""So DuckDB names the columns of a .csv that holds a header and no row; the table is then an empty one."""


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file of somebody else: read only, and shut in, so that it cannot reach other files."""
    connection = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def from_database(path: Path, extracted_on: date | None) -> Extract:
    """Look at a DuckDB file; a view in it is a program of somebody else, and not run."""
    try:
        with open_database(path) as connection:
            rows = connection.sql(
                "select table_name, column_name, data_type from duckdb_columns() "
                "where schema_name = 'main' and not internal order by table_name, column_index"
            ).fetchall()
            views = connection.sql("select view_name from duckdb_views() where not internal").fetchall()
    except duckdb.Error as error:
        raise UnreadableExtract(
            path, "it cannot be opened as a DuckDB file", "Close other programs that use it."
        ) from error
    options, unknown = read_options(path.with_name(OPTIONS_FILE), extracted_on)
    names = {name for name, _, _ in rows}
    chosen = _format_of(names, options)
    for (view,) in views:
        if view.lower() in chosen.tables:
            found = f"{view.lower()!r} is a view, and a program of somebody else is not run"
            raise UnreadableExtract(path, found, "Make a table of it.")
    found_tables: dict[str, dict[str, str]] = {}
    for name, column, kind in rows:
        if (name,) not in views:
            found_tables.setdefault(name, {})[column] = kind
    tables = _tables_of(chosen, found_tables)
    ignored = sorted({*found_tables, *(view for (view,) in views)} - {name for name, _ in tables.values()})
    return Extract(
        name=one_line(path.name),
        database=path,
        database_tables=tables,
        ignored_columns=ignored_columns_of(_columns_in(tables), path, chosen),
        ignored_files=tuple(map(one_line, ignored)),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def from_server(where: Server, extracted_on: date | None) -> Extract:
    """Look at a PostgreSQL database; its server runs its views, so that they are as good as tables."""
    found = columns_of_tables(where)
    options, unknown = SenderOptions(extracted_on=extracted_on), tuple[str, ...]()
    if where.options_file is not None:
        if not where.options_file.is_file():
            raise UnreadableExtract(
                where.options_file, "there is no such file", "Mend extract_toml= of the address."
            )
        options, unknown = read_options(where.options_file, extracted_on)
    chosen = _format_of(found, options)
    tables = _tables_of(chosen, found)
    if not tables and not where.schema:
        do = "Say in which schema they are: add ?schema=cdm (or another) to the address."
        raise UnreadableExtract(where.name, "none of its tables in sight is of a format that is known", do)
    return Extract(
        name=where.name,
        server=where,
        database_tables=tables,
        ignored_columns=ignored_columns_of(_columns_in(tables), where.name, chosen),
        ignored_files=tuple(sorted(map(one_line, set(found) - {name for name, _ in tables.values()}))),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def _format_of(names: Iterable[str], options: SenderOptions) -> Format:
    chosen = recognise([Path(f"{name}.csv") for name in sorted(names)], options)
    if chosen is TABLES:
        found = "it describes tables, or dates, of files, and the source is a database"
        raise UnreadableExtract(OPTIONS_FILE, found, "Write the tables as .parquet files, and map those.")
    return chosen


def _tables_of(
    chosen: Format, found: Mapping[str, Mapping[str, str]]
) -> dict[str, tuple[str, Mapping[str, str]]]:
    return {
        name.lower(): (name, columns)
        for name, columns in found.items()
        if name.lower() in chosen.tables and not all(map(_NAMELESS.fullmatch, columns))
    }


def _columns_in(
    tables: Mapping[str, tuple[str, Mapping[str, str]]],
) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {table: (table, tuple(columns)) for table, (_, columns) in tables.items()}
