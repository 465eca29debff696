"""Parquet files of the native format as Spark reads them by itself, so that no row passes this process."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import polars as pl

from ain_analytics.formats import NATIVE
from ain_analytics.typed_cells import is_plain, literal

if TYPE_CHECKING:
    from ain_analytics.extracted import Extract
    from ain_analytics.files import ExtractFile


def queries_of(extract: "Extract") -> Mapping[str, str]:
    """Give the query of every `source_<table>`; none if a file is no Parquet or of strange types."""
    if extract.format is not NATIVE or not extract.files:
        return {}
    queries = {}
    for table in NATIVE.tables:
        files = [file for file in extract.files if file.table == table]
        selects = [_select(file, NATIVE.columns_of(table)) for file in files] or [_no_row(table)]
        if any(select is None for select in selects):
            return {}
        queries[f"source_{table}"] = " union all ".join(filter(None, selects))
    return queries


def _select(file: "ExtractFile", wanted: list[str]) -> str | None:
    if file.ending != ".parquet":
        return None
    kinds = pl.read_parquet_schema(file.path)
    original = dict(zip(file.columns, kinds.items(), strict=True))
    cells = [_cell(*original[name]) if name in original else "cast(null as string)" for name in wanted]
    if None in cells:
        return None
    named = ", ".join(f"{cell} as `{name}`" for cell, name in zip(cells, wanted, strict=True))
    place = f"{_text(file.path.name)} as `file`, _metadata.row_index + 1 as `row_number`"
    where = str(file.path.resolve()).replace("`", "``")
    return f"select {place}, {named} from parquet.`{where}`"


def _cell(column: str, kind: pl.DataType) -> str | None:
    """Write a cell as text, as DuckDB would; None where the two would differ."""
    name = "`" + column.replace("`", "``") + "`"
    if is_plain(kind):
        return f"cast({name} as string)"
    return f"regexp_replace(cast({name} as string), r'[.]0+\\z', '')" if kind == pl.Float64 else None


def _no_row(table: str) -> str:
    cells = ", ".join(f"cast(null as string) as `{name}`" for name in NATIVE.columns_of(table))
    return f"select cast(null as string) as `file`, cast(null as bigint) as `row_number`, {cells} where false"


def _text(text: str) -> str:
    return literal(text.replace("\\", "\\\\")).replace("''", "\\'")
