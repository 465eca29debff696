"""What lies in a source, which format it is, and whether it is complete."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.databases import from_database, from_server
from ain_analytics.errors import (
    AinError,
    UnreadableExtract,
    one_line,
)
from ain_analytics.extracted import Extract, ignored_columns_of
from ain_analytics.files import ExtractFile, open_file
from ain_analytics.formats import FHIR, FORMATS, NATIVE, OMOP, Format, Found, recognise
from ain_analytics.postgres import is_address, server
from ain_analytics.sender import OPTIONS_FILE, SenderOptions, read_options


def read_extract(
    source: Path | str | Mapping[str, pl.DataFrame], *, extracted_on: date | None = None
) -> Extract:
    """Look at a source: find its tables, check that the obligatory ones are complete.

    Parameters
    ----------
    source : path, or mapping of table name to frame
        A folder, a DuckDB file, the address of a PostgreSQL database, or frames; in one of the formats.
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
        return from_server(server(source), extracted_on)
    path = Path(source)
    try:
        if path.is_dir():
            return _from_folder(path, extracted_on)
    except OSError as error:
        if isinstance(error, AinError):
            raise
        raise UnreadableExtract(path, "it cannot be looked into", "Ask for the right to read it.") from error
    if path.is_file() and path.suffix.lower() in (".duckdb", ".db"):
        return from_database(path, extracted_on)
    if path.is_file() and FHIR.table_of(path):
        return _from_files(path, [path], *read_options(path.with_name(OPTIONS_FILE), extracted_on))
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
    ignored = ignored_columns_of(columns, "frames", known_as)
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
    names = sorted(path.name for path in folder.iterdir())
    paths = [folder / name for name in names if not name.startswith(".") and name != OPTIONS_FILE]
    return _from_files(folder, paths, options, unknown)


def _from_files(where: Path, paths: list[Path], options: SenderOptions, unknown: tuple[str, ...]) -> Extract:
    files: list[ExtractFile] = []
    ignored: list[str] = []
    chosen = recognise(paths, options)
    if chosen.look is not None:
        return _as_looked_at(chosen.look(where, paths, options), where, options, unknown, chosen)
    for path in paths:
        found = chosen.table_of(path)
        if found is None:
            ignored.append(one_line(path.name))
        else:
            table, ending = found
            file = open_file(table, path, ending, encoding=options.encoding, delimiter=options.delimiter)
            files.append(file)
            ignored += [one_line(f"{path.name}, sheet {name}") for name in file.ignored_sheets]
    if chosen.find_table is None or chosen is OMOP:
        _refuse_tables_given_twice(files, where)
    columns = {file.path.name: (file.table, file.columns) for file in files}
    return Extract(
        name=one_line(where.resolve().name),
        files=tuple(files),
        ignored_columns=ignored_columns_of(columns, where, chosen),
        ignored_files=tuple(ignored),
        options=options,
        unknown_options=unknown,
        format=chosen,
    )


def _as_looked_at(
    found: Found, folder: Path, options: SenderOptions, unknown: tuple[str, ...], chosen: Format
) -> Extract:
    return Extract(
        name=one_line(folder.resolve().name),
        files=found.files,
        ignored_columns=found.ignored_columns,
        ignored_files=found.ignored_files,
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
