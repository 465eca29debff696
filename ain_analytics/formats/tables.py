"""Tables of any names and shapes, of which the sender says in extract.toml what they are."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.errors import MissingTable
from ain_analytics.files import ExtractFile
from ain_analytics.formats.format import Format, Found
from ain_analytics.mapped_files import find_mapped, ignored_columns
from ain_analytics.mapped_rows import load_mapped
from ain_analytics.schema import OBLIGATORY_TABLES, RAW, SOURCE_TABLES
from ain_analytics.sender import SenderOptions

_WIDE = ("mapping", "column_name", "code", "code_system", "unit", "method")


def _code_tables(options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    """Give what each wide column measures, and the codes of which the sender told the meaning."""
    rows = [
        (str(number), wide.column, wide.code, wide.code_system, wide.unit or None, wide.method or None)
        for number, mapping in enumerate(options.tables)
        for wide in mapping.wide
    ]
    return {
        "wide_column": pl.DataFrame(rows, schema=dict.fromkeys(_WIDE, pl.String), orient="row"),
        "local_code": pl.DataFrame({"code": list(options.codes)}, schema={"code": pl.String}),
    }


def _look(folder: Path, paths: Sequence[Path], options: SenderOptions) -> Found:
    """Find the tables by what the sender says of its files."""
    files, ignored = find_mapped(paths, options)
    present = {file.table for file in files}
    for table in OBLIGATORY_TABLES:
        if table not in present:
            raise MissingTable(table, folder, present)
    return Found(tuple(files), ignored_columns(files, options), tuple(ignored))


def _load(
    connection: duckdb.DuckDBPyConnection, files: Sequence[ExtractFile], options: SenderOptions
) -> None:
    for file in files:
        load_mapped(connection, file, options.tables[file.mapping or 0], options.decimal_mark)


TABLES = Format(
    "tables",
    "tables that extract.toml describes",
    RAW | SOURCE_TABLES,
    OBLIGATORY_TABLES,
    also_views_of=("native",),
    is_here=lambda _paths: False,
    look=_look,
    load=_load,
    code_tables=_code_tables,
)
