"""The rows of a REDCap project as tables: a row an export row, a cell, a choice, a mapping."""

from collections.abc import Sequence
from dataclasses import replace

import duckdb
import polars as pl

from ain_analytics.files import ExtractFile, load_file
from ain_analytics.formats.redcap.columns import Columns
from ain_analytics.formats.redcap.dictionary import Field, key_of
from ain_analytics.formats.redcap.mapping import GROUP
from ain_analytics.formats.redcap.project import Project, project_of
from ain_analytics.schema import REDCAP
from ain_analytics.sender import SenderOptions

_SYSTEM = ("event", "instrument", "instance")


def load(connection: duckdb.DuckDBPyConnection, files: Sequence[ExtractFile], options: SenderOptions) -> None:
    """Fill `source_<table>` for every table of the format.

    Raises
    ------
    UnreadableExtract
        A file is damaged, or the files do not fit together.
    """
    project = project_of(files, options)
    where = project.dictionary.path.name
    _append(
        connection,
        "data_dictionary",
        [
            (
                where,
                field.row_number,
                field.name,
                field.form,
                field.kind,
                field.label,
                " | ".join(f"{code}, {label}" for code, label in field.choices),
                field.validation,
                field.annotation,
            )
            for field in project.fields
        ],
    )
    _append(connection, "choice", _choices(project))
    _append(
        connection,
        "target",
        [
            (
                where,
                one.field.row_number,
                one.field.name,
                one.field.form,
                one.table,
                one.column,
                one.row,
                one.field.validation,
                _answered_by(one.field),
            )
            for one in project.targets
        ],
    )
    constants = dict.fromkeys(
        (where, one.field.row_number, one.field.form, one.table, one.row, column, text)
        for one in project.targets
        for column, text in one.constants.items()
    )
    _append(connection, "constant", list(constants))
    for file, columns in project.exports:
        _load_export(connection, file, columns, project)


def _answered_by(field: Field) -> str:
    return "checkbox" if field.is_checkbox else "choice" if field.choices else "text"


def _choices(project: Project) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for field in project.fields:
        seen: set[str] = set()
        for code, label in field.choices:
            key = key_of(label)
            rows.append(
                (
                    project.dictionary.path.name,
                    field.row_number,
                    field.name,
                    code,
                    label,
                    None if key in seen else key,
                )
            )
            seen.add(key)
    return rows


def _append(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    kinds = {name: pl.Int64 if name == "row_number" else pl.String for name in REDCAP[table].columns()}
    connection.register("incoming_rows", pl.DataFrame(rows, schema=kinds, orient="row"))
    connection.execute(f"insert into source_{table} from incoming_rows")
    connection.unregister("incoming_rows")


def _load_export(
    connection: duckdb.DuckDBPyConnection, file: ExtractFile, columns: Columns, project: Project
) -> None:
    """Read an export once, as wide as it is, and keep its rows and the filled cells of mapped fields."""
    mapped = {target.field.name for target in project.targets}
    names = [f"c{n}" for n in range(len(file.columns))]
    cells = [
        (
            names[column.ordinal],
            column.field or column.system,
            column.choice,
            str(column.ordinal).zfill(len(names[-1])),
        )
        for column in columns.known
        if column.field in mapped or (column.system == GROUP and GROUP in mapped)
    ]
    place = {
        column.system or column.field: names[column.ordinal] for column in columns.known if not column.choice
    }
    own = [place.get(project.fields[0].name, "null"), *(place.get(name, "null") for name in _SYSTEM)]
    wanted = list(dict.fromkeys([name for name in own if name != "null"] + [name for name, *_ in cells]))
    typed = ", ".join(f"{name} varchar" for name in wanted)
    connection.execute(f"create or replace table source_wide (file varchar, row_number bigint, {typed})")
    load_file(connection, replace(file, table="wide", columns=tuple(names)), wanted)
    connection.execute("update source_malformed set table_name = 'record' where table_name = 'wide'")
    said = "yes" if columns.is_labelled else "no"
    connection.execute(
        f"insert into source_record select file, row_number, {', '.join(own)}, $said from source_wide",
        {"said": said},
    )
    if cells:
        known = pl.DataFrame(
            cells, schema=dict.fromkeys(("name", "field", "choice", "place"), pl.String), orient="row"
        )
        connection.register("incoming_rows", known)
        listed = ", ".join(known["name"])
        connection.execute(
            "insert into source_cell "
            "select file, row_number, incoming_rows.field, incoming_rows.choice, cell, incoming_rows.place "
            f"from (unpivot source_wide on {listed} into name name value cell) "
            "inner join incoming_rows using (name) where trim(cell) <> ''"
        )
        connection.unregister("incoming_rows")
    connection.execute("drop table source_wide")
