"""A registry with some facts or one choice changed, derived anew for the children concerned."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import count

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.derive import derive
from ain_analytics.errors import BadFrame, UnusableEngine
from ain_analytics.raw_tables import make_table
from ain_analytics.registry import Registry
from ain_analytics.schema import RAW, columns_of

ADDED, ALTERED, CHOICE = "fact_added", "fact_changed", "choice"
BETWEEN_CELLS, BEFORE_CELL = "; ", "="
LIMITS = "anc_bands"
"""The choice whose every lower limit is brought down to the value."""
COPIED_FROM = "copied_from"
"""A column of changes tried side by side: the child's own key, where `patient_id` is that of a copy."""
_ROW = ("file", "row_number")
_NUMBERS = count(1)


def apply_changes(registry: Registry, changes: pl.DataFrame) -> Registry:
    """Derive the children of some changes anew, with these changes made.

    Parameters
    ----------
    registry : Registry
        Stays as it is.
    changes : Change, one row per change
        As `what_would_change` gives them, at most one of each child; those of a choice all name the same.

    Returns
    -------
    Registry
        Of these children only. It shares the other's database; closing either closes both.

    Raises
    ------
    BadFrame
        There is no change, two of one child, or two choices.
    UnusableEngine
        Another engine than DuckDB derived the registry.

    Examples
    --------
    >>> change = ain.what_would_change(registry).head(1)
    >>> ain.apply_changes(registry, change).n_rows("patient")
    1
    """
    if COPIED_FROM not in changes.columns:
        changes = changes.with_columns(pl.col("patient_id").alias(COPIED_FROM))
    facts = changes.filter(pl.col("kind").is_in([ADDED, ALTERED]))
    chosen = changes.filter(pl.col("kind") == CHOICE).select("field", "value").unique()
    if changes.is_empty() or facts["patient_id"].is_duplicated().any() or chosen.height > 1:
        raise BadFrame("Change", "no change, two facts of one child, or two choices")
    if hasattr(registry.connection, "derive"):
        raise UnusableEngine("other than duckdb", "it cannot change facts", "Use duckdb.")
    own = f"changed_{next(_NUMBERS)}"
    registry.connection.execute(f"create schema {own}")
    children = changes.select("patient_id", COPIED_FROM).unique()
    make_table(registry.connection, f"{own}.changed_child", children)
    registry.connection.execute(f"create table {own}.extract_info as from extract_info")
    for table in RAW:
        registry.connection.execute(
            f"create table {own}.raw_{table} as select given.* replace (child.patient_id as patient_id) "
            f"from raw_{table} as given "
            f"inner join {own}.changed_child as child on given.patient_id = child.{COPIED_FROM}"
        )
    for name, of_table in facts.group_by("table_name"):
        _change_rows(registry, own, str(name[0]), of_table)
    definitions = registry.definitions
    for field, value in chosen.iter_rows():
        definitions = chosen_anew(definitions, field, value)
    made = replace(
        registry, definitions=definitions, connection=registry.connection.cursor(), schema_name=own,
        staged_in=own, buckets=None, keep=None, known_by=None, _studies={}, _held={},
    )  # fmt: skip
    derive(made, None)
    return made


@contextmanager
def briefly_changed(registry: Registry, changes: pl.DataFrame) -> Iterator[Registry]:
    """Give the same as `apply_changes`; what was derived is dropped again at the end."""
    changed = apply_changes(registry, changes)
    try:
        yield changed
    finally:
        changed.connection.close()
        registry.connection.execute(f"drop schema {changed.schema_name} cascade")


def chosen_anew(definitions: Definitions, field: str, value: float) -> Definitions:
    """Change one choice of a definition; limits of the counts are brought down to the value where higher."""
    if field == LIMITS:
        bands = (replace(b, entry_limit=min(b.entry_limit, value)) for b in definitions.anc_bands)
        return replace(definitions, anc_bands=tuple(bands))
    return replace(definitions, **{field: type(getattr(definitions, field))(value)})


def _change_rows(registry: Registry, own: str, table: str, changes: pl.DataFrame) -> None:
    """Add rows to a raw table, or write other cells into rows that are there."""
    parts = pl.col("cell").str.split_exact(BEFORE_CELL, 1).struct.rename_fields(["column", "cell"])
    cells = (
        changes.select("patient_id", *_ROW, "kind", pl.col("cells").str.split(BETWEEN_CELLS).alias("cell"))
        .explode("cell")
        .with_columns(parts.alias("parts"))
        .drop("cell")
        .unnest("parts")
    )
    is_new = (pl.col("kind") == ADDED) & (pl.lit(table) != "patient")
    new = cells.filter(is_new)
    if not new.is_empty():
        rows = new.pivot(on="column", index="patient_id", values="cell").with_row_index("row_number", 1)
        columns = [name for name in columns_of(table) if name in rows.columns]
        rows = rows.select("row_number", pl.lit("added").alias("file"), *columns)
        make_table(registry.connection, f"{own}.added_row", rows)
        registry.connection.execute(f"insert into {own}.raw_{table} by name from {own}.added_row")
    make_table(registry.connection, f"{own}.other_cell", cells.filter(~is_new))
    for column in cells.filter(~is_new)["column"].unique():
        registry.connection.execute(
            f"update {own}.raw_{table} as given set {column} = other_cell.cell from {own}.other_cell "
            f"where other_cell.patient_id = given.patient_id and other_cell.column = '{column}' "
            "and coalesce(other_cell.file = given.file and other_cell.row_number = given.row_number, "
            f"{str(table == 'patient').lower()})"
        )
