"""Tables of any names and shapes, of which the sender says in extract.toml what they are."""

from collections.abc import Mapping

import polars as pl

from ain_analytics.formats.format import Format
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


TABLES = Format(
    "tables",
    "tables that extract.toml describes",
    RAW | SOURCE_TABLES,
    OBLIGATORY_TABLES,
    also_views_of=("native",),
    is_here=lambda _paths: False,
    code_tables=_code_tables,
)
