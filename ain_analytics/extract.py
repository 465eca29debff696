"""What lies in a source, which format it is, and whether it is complete."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.errors import (
    AinError,
    MissingColumn,
    MissingTable,
    UnreadableExtract,
    first_line,
    one_line,
)
from ain_analytics.files import ExtractFile, normal_names, open_file
from ain_analytics.formats import FORMATS, NATIVE, Format, recognise
from ain_analytics.postgres import Server, columns_of_tables, is_address, server
from ain_analytics.sender import OPTIONS_FILE, SenderOptions, read_options

_NAMELESS = re.compile(r"column\d+")
"""So DuckDB names the columns of a .csv that holds a header and no row; the table is then an empty one."""


@dataclass(frozen=True, slots=True)
class Extract:
    """A source that was looked at: complete, readable, but not yet read.

    Parameters
    ----------
    name : str
        Name of the source, without its folder.
    files : tuple of ExtractFile
        Files that hold its tables.
    database : Path, optional
        A DuckDB file that holds the tables instead.
    server : Server, optional
        A PostgreSQL database that holds them instead.
    database_tables : mapping of table to (its name there, its columns with their types)
    frames : mapping of table to frame
        Tables given as frames instead.
    ignored_columns : mapping of table to columns
        Columns that the format does not know.
    ignored_files : tuple of str
        Files that are not part of the format.
    options : SenderOptions
    unknown_options : tuple of str
        Lines of `extract.toml` that say nothing to the program.
    format : Format
        In which it is written.
    """

    name: str
    files: tuple[ExtractFile, ...] = ()
    database: Path | None = None
    server: Server | None = None
    database_tables: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    ignored_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored_files: tuple[str, ...] = ()
    options: SenderOptions = field(default_factory=SenderOptions)
    unknown_options: tuple[str, ...] = ()
    format: Format = NATIVE

    @property
    def extracted_on(self) -> date:
        """Last day that the extract can speak of."""
        return self.options.extracted_on or date.today()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files whose content the extract is."""
        return tuple(file.path for file in self.files) or ((self.database,) if self.database else ())


def read_extract(
    source: Path | str | Mapping[str, pl.DataFrame], *, extracted_on: date | None = None
) -> Extract:
    """Look at a source: find its tables, check that the obligatory ones are complete.

    Parameters
    ----------
    source : path, or mapping of table name to frame
        A folder, a DuckDB file, the address of a PostgreSQL database, or frames.
    extracted_on : date, optional
        Overrides the sender's.

    Returns
    -------
    Extract

    Raises
    ------
    UnreadableExtract, MissingTable, MissingColumn
    """
    if isinstance(source, Mapping):
        return _from_frames(source, extracted_on)
    if is_address(source):
        return _from_server(server(source), extracted_on)
    path = Path(source)
    try:
        if path.is_dir():
            return _from_folder(path, extracted_on)
    except OSError as error:
        if isinstance(error, AinError):
            raise
        raise UnreadableExtract(path, "it cannot be looked into", "Ask for the right to read it.") from error
    if path.is_file() and path.suffix.lower() in (".duckdb", ".db"):
        return _from_database(path, extracted_on)
    found = (
        "there is no such file or folder"
        if not path.exists()
        else "it is neither a folder nor a .duckdb file"
    )
    raise UnreadableExtract(path, found, "Give the folder that holds patient.csv and lab_result.csv.")


def _from_frames(frames: Mapping[str, pl.DataFrame], extracted_on: date | None) -> Extract:
    known_as = next((f for f in FORMATS.values() if set(frames) >= set(f.obligatory)), NATIVE)
    known = {name: frame for name, frame in frames.items() if name in known_as.tables}
    columns = {name: (name, tuple(frame.columns)) for name, frame in known.items()}
    ignored = _check(columns, "frames", known_as)
    return Extract(
        name="frames",
        frames=known,
        ignored_columns=ignored,
        ignored_files=tuple(sorted(set(frames) - set(known))),
        options=SenderOptions(extracted_on=extracted_on),
        format=known_as,
    )


def _from_folder(folder: Path, extracted_on: date | None) -> Extract:
    options, unknown = read_options(folder / OPTIONS_FILE, extracted_on)
    files: list[ExtractFile] = []
    ignored: list[str] = []
    hidden = (".", OPTIONS_FILE)
    paths = [path for path in sorted(folder.iterdir()) if not path.name.startswith(hidden)]
    chosen = recognise(paths, options)
    for path in paths:
        found = chosen.table_of(path)
        if found is None:
            ignored.append(one_line(path.name))
        else:
            table, ending = found
            file = open_file(table, path, ending, encoding=options.encoding, delimiter=options.delimiter)
            files.append(file)
            ignored += [one_line(f"{path.name}, sheet {name}") for name in file.ignored_sheets]
    _refuse_tables_given_twice(files, folder)
    columns = {file.path.name: (file.table, file.columns) for file in files}
    return Extract(
        name=one_line(folder.resolve().name),
        files=tuple(files),
        ignored_columns=_check(columns, folder, chosen),
        ignored_files=tuple(ignored),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def _refuse_tables_given_twice(files: list[ExtractFile], folder: Path) -> None:
    whole = [file.table for file in files if file.path.name.lower() == file.table + file.ending]
    for table in sorted({table for table in whole if whole.count(table) > 1}):
        raise UnreadableExtract(
            folder, f"table {table!r} is there in two formats", "Keep one of the two files."
        )


def open_database(path: Path) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file of somebody else: read only, and shut in, so that it cannot reach other files."""
    connection = duckdb.connect(str(path), read_only=True, config={"enable_external_access": "false"})
    connection.execute("set TimeZone = 'UTC'")
    return connection


def _from_database(path: Path, extracted_on: date | None) -> Extract:
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
        ignored_columns=_check(_columns_in(tables), path, chosen),
        ignored_files=tuple(map(one_line, ignored)),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def _from_server(where: Server, extracted_on: date | None) -> Extract:
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
        ignored_columns=_check(_columns_in(tables), where.name, chosen),
        ignored_files=tuple(sorted(map(one_line, set(found) - {name for name, _ in tables.values()}))),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def _format_of(names: Iterable[str], options: SenderOptions) -> Format:
    return recognise([Path(f"{name}.csv") for name in sorted(names)], options)


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


def _check(
    given: Mapping[str, tuple[str, tuple[str, ...]]], where: Path | str, known: Format
) -> dict[str, tuple[str, ...]]:
    """Refuse missing tables and columns; list the columns that nobody asked for."""
    tables = {table for table, _ in given.values()}
    for table in known.obligatory:
        if table not in tables:
            raise MissingTable(table, where, tables)
    ignored: dict[str, tuple[str, ...]] = {}
    for file, (table, found) in given.items():
        names = normal_names(found, file)
        missing = [name for name in known.obligatory_columns_of(table) if name not in names]
        if missing:
            raise MissingColumn(table, file, missing, names)
        expected = {"", *known.columns_of(table), *known.unread.get(table, ())}
        extra = [one_line(first_line(name)) for name in names if name not in expected]
        if extra:
            ignored[table] = tuple(dict.fromkeys((*ignored.get(table, ()), *extra)))
    return ignored
