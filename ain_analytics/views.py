"""The numbered views of `sql/`, and the definitions as the rows that they read."""

from functools import cache
from importlib.resources import files
from math import inf, nextafter
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.definitions import Definitions

STAGED_BELOW = "23"
"""Views with a lower number depend on the extract and the staging choices only."""

KEPT = (
    "patient_fate", "child", "patient", "lab_row", "crowded_day", "crowded_row", "lab_measure",
    "specimen_role", "specimen", "measure_fate", "measured_count", "suspect_child", "suspect_count",
    "repeated_day", "masked_day", "telling_count", "unresolved_run", "episode_span",
    "episode", "episode_window", "cause", "dense_count", "case_evidence", "antibody_test", "treatment",
    "cell_count",
)  # fmt: skip
"""Views that are kept as tables once derived, because several others read them."""

OF_ALL = ("patient_fate", "child")
"""Kept tables that are derived for all children at once: they are small, and number the children."""


def sql_folder() -> Path:
    """Find the views: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("ain_analytics"))) / "sql"
    return inside if inside.is_dir() else inside.parent.parent / "sql"


@cache
def view_files() -> tuple[Path, ...]:
    """Give the numbered views in the order in which they are built."""
    return tuple(sorted(sql_folder().glob("[1-9][0-9]_*.sql")))


def view_name(path: Path) -> str:
    """Give the name of the view in a file."""
    return path.stem.partition("_")[2]


def make_view(connection: duckdb.DuckDBPyConnection, path: Path, *, is_kept: bool) -> None:
    """Make the view of a file, over a table of its rows if these are kept.

    The table is made of the file's own query, which is planned once so; planning is most of the time that a
    small registry takes.
    """
    text, name = path.read_text(encoding="utf-8"), view_name(path)
    if is_kept:
        begins, table = f"create or replace view {name} as", f"create or replace table {name}_kept as"
        connection.execute(text.replace(begins, table, 1))
        text = f"{begins} from {name}_kept"
    connection.execute(text)


def view_in(schema_name: str, path: Path) -> str:
    """Give the view of a file, to be made in a schema of one's own."""
    text = path.read_text(encoding="utf-8")
    return text.replace("create or replace view ", f"create view {schema_name}.", 1)


def definition_frame(definitions: Definitions) -> pl.DataFrame:
    """Give the row of table `definition`."""
    kinds = {str: pl.String, int: pl.Int32, float: pl.Float64, bool: pl.Boolean}
    types = {
        name: next((kinds[k] for k in kinds if str(f.type).startswith((k.__name__, str(k)))), pl.Int32)
        for name, f in type(definitions).__dataclass_fields__.items()
    }
    row = definitions.value_rows()
    return pl.DataFrame([row], schema={name: types[name] for name in row})


def band_frame(definitions: Definitions) -> pl.DataFrame:
    """Give the bands, each with the highest neutropenic and the lowest normal count.

    A count exactly at a limit is neutropenic where limits are inclusive, else normal.
    """
    rows = [
        (
            band.from_months,
            band.entry_limit,
            band.exit_limit,
            band.entry_limit if definitions.limit_is_inclusive else nextafter(band.entry_limit, 0.0),
            nextafter(band.exit_limit, inf) if definitions.limit_is_inclusive else band.exit_limit,
        )
        for band in definitions.anc_bands
    ]
    limits = ("entry_limit", "exit_limit", "neutropenic_to", "normal_from")
    kinds = {"from_months": pl.Int32, **dict.fromkeys(limits, pl.Float64)}
    return pl.DataFrame(rows, schema=kinds, orient="row")


def staging_of(definitions: Definitions) -> tuple[object, ...]:
    """Give the choices that the staging views depend on."""
    slots = type(definitions).__dataclass_fields__
    return tuple(
        getattr(definitions, name)
        for name, f in slots.items()
        if f.metadata["stage"] == "staging" and name != "name"
    )
