"""An extract's rows and the code lists, as tables in DuckDB that the views read."""

from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics import schema
from ain_analytics.codes import CODE_TABLES, METHOD_RANK
from ain_analytics.errors import UnreadableExtract
from ain_analytics.extract import Extract
from ain_analytics.files import load_duckdb_table, load_file, load_frame

Progress = Callable[[str, float], None]
"""Called with the name of a stage and the share of the work that is done."""


def load_source(connection: duckdb.DuckDBPyConnection, extract: Extract, progress: Progress | None) -> None:
    """Read every row of an extract into `source_<table>`, as text with file and row."""
    connection.execute("create table source_malformed (table_name varchar, file varchar, row_number bigint)")
    for table in schema.RAW:
        columns = ", ".join(f"{name} varchar" for name in schema.columns_of(table))
        connection.execute(f"create table source_{table} (file varchar, row_number bigint, {columns})")
    for done, file in enumerate(extract.files):
        if progress:
            progress(f"reading {file.path.name}", done / len(extract.files))
        load_file(connection, file, schema.columns_of(file.table))
    for table, frame in extract.frames.items():
        load_frame(connection, table, frame, schema.columns_of(table))
    if extract.database is not None:
        _load_database(connection, extract, extract.database)


def _load_database(connection: duckdb.DuckDBPyConnection, extract: Extract, path: Path) -> None:
    quoted = str(path).replace("'", "''")
    try:
        connection.execute(f"attach '{quoted}' as sent (read_only)")
        for table, (name, columns) in extract.database_tables.items():
            load_duckdb_table(connection, table, name, columns, schema.columns_of(table))
        connection.execute("detach sent")
    except duckdb.Error as error:
        raise UnreadableExtract(path, "its tables cannot be read", "Open it with DuckDB and look.") from error


def load_codes(connection: duckdb.DuckDBPyConnection, extract: Extract) -> None:
    """Make the tables of the code lists, with the sender's own codes and units added."""
    options = extract.options
    tables = {name: make() for name, make in CODE_TABLES.items()}
    tables["analyte_code"] = _with_local(tables["analyte_code"], "code", options.codes)
    known = {"unit": list(options.units), "means": list(options.units.values())}
    tables["local_unit"] = pl.DataFrame(known, schema=dict.fromkeys(known, pl.String))
    tables["method_rank"] = pl.DataFrame([METHOD_RANK])
    tables["extract_info"] = pl.DataFrame(
        {"extracted_on": [extract.extracted_on], "decimal_mark": [options.decimal_mark]}
    )
    for name, frame in tables.items():
        make_table(connection, name, frame)


def _with_local(known: pl.DataFrame, column: str, local: Mapping[str, str]) -> pl.DataFrame:
    """Add a sender's own spellings as further rows of a code list."""
    if not local:
        return known
    own = pl.DataFrame({"own": list(local), column: list(local.values())})
    added = own.join(known, on=column).drop(column).rename({"own": column})
    return pl.concat([known, added.select(known.columns)]).unique(maintain_order=True)


def make_table(connection: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    """Make a table of a frame's rows."""
    connection.register("incoming_rows", frame)
    connection.execute(f"create or replace table {name} as from incoming_rows")
    connection.unregister("incoming_rows")
