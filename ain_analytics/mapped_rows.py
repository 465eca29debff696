"""Rows of files of any names and shapes, put into the columns of the format as their sender says."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import duckdb

from ain_analytics.files import ExtractFile, load_file
from ain_analytics.mapped_files import columns_used, wide_of
from ain_analytics.mapping import TableMapping
from ain_analytics.schema import SOURCE_TABLES, columns_of, names_of

_STAGE = "mapped_row"
_OF_RECORD = ("patient_id", "sampled_at", "specimen_id", "method")
_DATES = ("_on", "_at", "_date")
_MIDNIGHT = "[ T]00:00(:00([.]0+)?)?$"
_YEAR = "^[1-9][0-9]{3}"


@dataclass(slots=True)
class _Query:
    """An expression for each cell, and the texts of the sender that it names; none stands in the SQL."""

    said: dict[str, object] = field(default_factory=dict)

    def text(self, text: str) -> str:
        name = f"text_{len(self.said)}"
        self.said[name] = text
        return f"${name}"

    def cell(self, mapping: TableMapping, name: str, held_by: Sequence[str], other_mark: bool) -> str:
        """Write SQL for a cell of the format: joined, put in other words, dates in ISO form."""
        if not held_by:
            return self.text(mapping.constants[name]) if name in mapping.constants else "null"
        cell = self.joined(held_by)
        if words := mapping.values.get(name):
            cases = " ".join(f"when {self.text(w)} then {self.text(m)}" for w, m in words.items())
            cell = f"case lower(trim(coalesce({cell}, ''))) {cases} else {cell} end"
        if name == "value" and other_mark:
            cell = f"translate({cell}, ',.', '.,')"
        return self.date(cell, mapping.writing.date_formats) if name.endswith(_DATES) else cell

    def joined(self, held_by: Sequence[str]) -> str:
        """Write SQL for the cells of several columns; a day has no midnight where a time follows."""
        if len(held_by) == 1:
            return held_by[0]
        plain = [f"nullif(trim({cell}), '')" for cell in held_by]
        days = [f"regexp_replace({cell}, '{_MIDNIGHT}', '')" for cell in plain[:1]]
        return f"concat_ws(' ', {', '.join([*days, *plain[1:]])})"

    def date(self, cell: str, formats: Sequence[str]) -> str:
        """Write SQL for a day, and a time if known, in ISO form; what fits no form stays as it is."""
        tried = []
        for form in formats:
            iso = f"strftime(try_strptime(trim({cell}), {self.text(form)}), {self.text(_iso(form))})"
            tried.append(f"case when regexp_matches({iso}, '{_YEAR}') then {iso} end")
        return f"coalesce({', '.join([*tried, cell])})" if tried else cell


def _iso(form: str) -> str:
    """Tell what of a date its form knows, as a form."""
    has = {letter for letter in "mbBdjHIMS" if f"%{letter}" in form or f"%-{letter}" in form}
    if "T" in form.split("%")[1:]:
        has |= {"H"}
    knows_day = has & {"d", "j"}
    day = "%Y-%m-%d" if knows_day else "%Y-%m" if has & {"m", "b", "B"} else "%Y"
    return f"{day}T%H:%M:%S" if has & {"H", "I"} or "%T" in form else day


def load_mapped(
    connection: duckdb.DuckDBPyConnection, file: ExtractFile, mapping: TableMapping, decimal_mark: str
) -> None:
    """Append a file's rows to the tables of the source, as its mapping says.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds the tables of the source.
    file : ExtractFile
        One that the mapping names.
    mapping : TableMapping
    decimal_mark : str
        Of the whole extract; numbers of a file with another one get it.

    Raises
    ------
    UnreadableExtract
        The file is damaged.
    """
    places = [f"column_{number}" for number in range(len(file.columns))]
    place = {name: at for name, at in zip(file.columns, places, strict=True) if name}
    used = [at for name, at in place.items() if name in columns_used(mapping, file)]
    columns = "".join(f", {name} varchar" for name in used)
    connection.execute(f"create table source_{_STAGE} (file varchar, row_number bigint{columns})")
    load_file(connection, replace(file, table=_STAGE, columns=tuple(places)), used)
    connection.execute(
        f"update source_malformed set table_name = $table, file = $file where table_name = '{_STAGE}'",
        {"table": mapping.table, "file": file.name},
    )
    other_mark = mapping.writing.decimal_mark != decimal_mark
    held = {name: [place[own] for own in held] for name, held in mapping.places(file.columns).items()}
    if mapping.wide:
        _append_wide(connection, file, mapping, held, place, other_mark)
    else:
        names = columns_of(mapping.table)
        query = _Query()
        cells = [query.cell(mapping, name, held.get(name, ()), other_mark) for name in names]
        _append(connection, f"source_{mapping.table}", file, names, cells, query)
    connection.execute(f"drop table source_{_STAGE}")


def _append_wide(
    connection: duckdb.DuckDBPyConnection,
    file: ExtractFile,
    mapping: TableMapping,
    held: dict[str, list[str]],
    place: dict[str, str],
    other_mark: bool,
) -> None:
    """Append a record once for each column that measures something; what all share is read once."""
    names = names_of(SOURCE_TABLES["wide_cell"])
    query = _Query()
    shared = [
        f"{query.cell(mapping, name, held.get(name, ()), other_mark)} as shared_{name}" for name in _OF_RECORD
    ]
    connection.execute(f"alter table source_{_STAGE} rename to source_{_STAGE}_sent")
    connection.execute(
        f"create table source_{_STAGE} as select *, {', '.join(shared)} from source_{_STAGE}_sent", query.said
    )
    connection.execute(f"drop table source_{_STAGE}_sent")
    for wide in wide_of(mapping, file):
        query = _Query()
        own = query.cell(mapping, "value", [place[wide.column]], other_mark)
        if wide.unit_column in place:
            unit = query.cell(mapping, "unit", [place[wide.unit_column]], other_mark)
        else:
            unit = "null" if wide.unit else query.cell(mapping, "unit", held.get("unit", ()), other_mark)
        said = {
            "mapping": query.text(str(file.mapping)),
            "column_name": query.text(wide.column),
            "value": own,
            "unit": unit,
        }
        cells = [said.get(name, f"shared_{name}") for name in names]
        _append(connection, "source_wide_cell", file, names, cells, query)


def _append(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    file: ExtractFile,
    names: Sequence[str],
    cells: Sequence[str],
    query: _Query,
) -> None:
    file_name = query.text(file.name)
    connection.execute(
        f"insert into {table} (file, row_number, {', '.join(names)}) "
        f"select {file_name}, row_number, {', '.join(cells)} from source_{_STAGE}",
        query.said,
    )
