"""Sources that are databases: a DuckDB file of somebody else, or PostgreSQL."""

from datetime import date
from pathlib import Path

import duckdb

from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.extracted import Extract, ignored_columns_of
from ain_analytics.formats import TABLES, recognise
from ain_analytics.sender import OPTIONS_FILE, SenderOptions, read_options
from ain_analytics.server import Server, tables_of


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
    chosen = recognise([Path(f"{name}.csv") for name in sorted(names)], options)
    if chosen is TABLES:
        found = "it describes tables, or dates, of files, and the source is a database"
        raise UnreadableExtract(OPTIONS_FILE, found, "Write the tables as .parquet files, and map those.")
    for (view,) in views:
        if view.lower() in chosen.tables:
            found = f"{view.lower()!r} is a view, and a program of somebody else is not run"
            raise UnreadableExtract(path, found, "Make a table of it.")
    found_tables: dict[str, dict[str, str]] = {}
    for name, column, kind in rows:
        if (name,) not in views:
            found_tables.setdefault(name, {})[column] = kind
    tables = {
        name.lower(): (name, columns)
        for name, columns in found_tables.items()
        if name.lower() in chosen.tables
    }
    ignored = sorted({*found_tables, *(view for (view,) in views)} - {name for name, _ in tables.values()})
    kinds = {table: (table, tuple(columns)) for table, (_, columns) in tables.items()}
    return Extract(
        name=one_line(path.name),
        database=path,
        database_tables=tables,
        ignored_columns=ignored_columns_of(kinds, path, chosen),
        ignored_files=tuple(map(one_line, ignored)),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def from_server(server: Server, extracted_on: date | None) -> Extract:
    """Look at the tables of a PostgreSQL database."""
    options, unknown = SenderOptions(extracted_on=extracted_on), tuple[str, ...]()
    if server.options_file is not None:
        if not server.options_file.is_file():
            raise UnreadableExtract(server.options_file, "there is no such file", "Check extract_toml=….")
        options, unknown = read_options(server.options_file, extracted_on)
    schema, found = tables_of(server)
    chosen = recognise([Path(f"{name}.csv") for name in sorted(found)], options)
    tables = {name.lower(): (name, kinds) for name, kinds in found.items() if name.lower() in chosen.tables}
    others = sorted(set(found) - {name for name, _ in tables.values()})
    columns = {table: (table, tuple(kinds)) for table, (_, kinds) in tables.items()}
    return Extract(
        name=server.name,
        server=server,
        server_schema=schema,
        database_tables=tables,
        ignored_columns=ignored_columns_of(columns, server.name, chosen),
        ignored_files=tuple(map(one_line, others)),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )
