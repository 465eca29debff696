"""What lies in a source, which format it is, and whether it is complete."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics import schema
from ain_analytics.errors import MissingColumn, MissingTable, UnreadableExtract
from ain_analytics.files import ExtractFile, open_file, table_of

OPTIONS_FILE = "extract.toml"
_KNOWN_OPTIONS = ("extracted_on", "source", "encoding", "delimiter", "decimal_mark", "codes", "units")


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """What the sender says of an extract in `extract.toml`; every line may be left out.

    Parameters
    ----------
    extracted_on : date, optional
        Last day that the extract can speak of; later rows are set aside. Default: today.
    source : str
        Where the extract comes from, for the report.
    encoding, delimiter, decimal_mark : str
        How text files are written.
    codes : mapping of local code to LOINC code
        The laboratory's own codes.
    units : mapping of local unit to known unit
        The laboratory's own spellings.
    """

    extracted_on: date | None = None
    source: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_mark: str = "."
    codes: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Extract:
    """A source that was looked at: complete, readable, but not yet read.

    Parameters
    ----------
    name : str
        Name of the source, without its folder.
    files : tuple of ExtractFile
        Files in the native format.
    database : Path, optional
        A DuckDB file that holds the tables instead.
    database_tables : mapping of table to (its name there, its columns)
    frames : mapping of table to frame
        Tables given as frames instead.
    ignored_columns : mapping of table to columns
        Columns that the native format does not know.
    ignored_files : tuple of str
        Files that are not part of the native format.
    options : SenderOptions
    unknown_options : tuple of str
        Lines of `extract.toml` that say nothing to the program.
    """

    name: str
    files: tuple[ExtractFile, ...] = ()
    database: Path | None = None
    database_tables: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    ignored_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored_files: tuple[str, ...] = ()
    options: SenderOptions = field(default_factory=SenderOptions)
    unknown_options: tuple[str, ...] = ()
    format: str = "native"

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
        A folder in the native format, a DuckDB file, or frames in its columns.
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
    path = Path(source)
    if path.is_dir():
        return _from_folder(path, extracted_on)
    if path.is_file() and path.suffix.lower() in (".duckdb", ".db"):
        return _from_database(path, extracted_on)
    found = (
        "there is no such file or folder"
        if not path.exists()
        else "it is neither a folder nor a .duckdb file"
    )
    raise UnreadableExtract(path, found, "Give the folder that holds patient.csv and lab_result.csv.")


def _from_frames(frames: Mapping[str, pl.DataFrame], extracted_on: date | None) -> Extract:
    known = {name: frame for name, frame in frames.items() if name in schema.RAW}
    columns = {name: (name, tuple(frame.columns)) for name, frame in known.items()}
    ignored = _check(columns, "frames")
    return Extract(
        name="frames",
        frames=known,
        ignored_columns=ignored,
        ignored_files=tuple(sorted(set(frames) - set(known))),
        options=SenderOptions(extracted_on=extracted_on),
    )


def _from_folder(folder: Path, extracted_on: date | None) -> Extract:
    options, unknown = _read_options(folder / OPTIONS_FILE, extracted_on)
    files: list[ExtractFile] = []
    ignored: list[str] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == OPTIONS_FILE:
            continue
        found = table_of(path, tuple(schema.RAW))
        if found is None:
            ignored.append(path.name)
        else:
            table, ending = found
            files.append(
                open_file(table, path, ending, encoding=options.encoding, delimiter=options.delimiter)
            )
    _refuse_tables_given_twice(files, folder)
    columns = {file.path.name: (file.table, file.columns) for file in files}
    return Extract(
        name=folder.resolve().name,
        files=tuple(files),
        ignored_columns=_check(columns, folder),
        ignored_files=tuple(ignored),
        options=options,
        unknown_options=unknown,
    )


def _refuse_tables_given_twice(files: list[ExtractFile], folder: Path) -> None:
    whole = [file.table for file in files if file.path.name.lower() == file.table + file.ending]
    for table in sorted({table for table in whole if whole.count(table) > 1}):
        raise UnreadableExtract(
            folder, f"table {table!r} is there in two formats", "Keep one of the two files."
        )


def _from_database(path: Path, extracted_on: date | None) -> Extract:
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            rows = connection.sql(
                "select table_name, list(column_name order by ordinal_position) "
                "from information_schema.columns where table_schema = 'main' group by table_name"
            ).fetchall()
    except duckdb.Error as error:
        raise UnreadableExtract(
            path, "it cannot be opened as a DuckDB file", "Close other programs that use it."
        ) from error
    tables = {name.lower(): (name, tuple(columns)) for name, columns in rows if name.lower() in schema.RAW}
    ignored = tuple(sorted(name for name, _ in rows if name.lower() not in schema.RAW))
    columns = {table: (table, tuple(c.lower() for c in found[1])) for table, found in tables.items()}
    options, unknown = _read_options(path.with_name(OPTIONS_FILE), extracted_on)
    return Extract(
        name=path.name,
        database=path,
        database_tables=tables,
        ignored_columns=_check(columns, path),
        ignored_files=ignored,
        options=options,
        unknown_options=unknown,
    )


def _check(given: Mapping[str, tuple[str, tuple[str, ...]]], where: Path | str) -> dict[str, tuple[str, ...]]:
    """Refuse missing tables and columns; list the columns that nobody asked for."""
    tables = {table for table, _ in given.values()}
    for table in schema.OBLIGATORY_TABLES:
        if table not in tables:
            raise MissingTable(table, where, tables)
    ignored: dict[str, tuple[str, ...]] = {}
    for file, (table, found) in given.items():
        names = [name.strip().lower() for name in found]
        missing = [name for name in schema.obligatory_columns_of(table) if name not in names]
        if missing:
            raise MissingColumn(table, file, missing, names)
        extra = [name for name in names if name and name not in schema.columns_of(table)]
        if extra:
            ignored[table] = tuple(dict.fromkeys((*ignored.get(table, ()), *extra)))
    return ignored


def _read_options(path: Path, extracted_on: date | None) -> tuple[SenderOptions, tuple[str, ...]]:
    said: dict[str, object] = {}
    if path.is_file():
        try:
            said = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UnreadableExtract(path, "it is no readable TOML", "Mend it, or take it away.") from error
    if extracted_on is not None:
        said["extracted_on"] = extracted_on
    day = said.get("extracted_on")
    if isinstance(day, datetime):
        day = day.date()
    if day is not None and not isinstance(day, date):
        raise UnreadableExtract(
            path, "extracted_on is no date", "Write extracted_on = 2024-06-30, without quotation marks."
        )
    text = {
        name: said.get(name, default)
        for name, default in (
            ("source", ""),
            ("encoding", "utf-8"),
            ("delimiter", ","),
            ("decimal_mark", "."),
        )
    }
    maps = {name: said.get(name, {}) for name in ("codes", "units")}
    for name, value in text.items():
        if not isinstance(value, str) or (name in ("delimiter", "decimal_mark") and len(value) != 1):
            raise UnreadableExtract(
                path, f"{name} is no text that fits", f"See {OPTIONS_FILE} in the data dictionary."
            )
    for name, value in maps.items():
        if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
            raise UnreadableExtract(
                path, f"[{name}] is no table of texts", f"See {OPTIONS_FILE} in the data dictionary."
            )
    options = SenderOptions(extracted_on=day, **text, **maps)  # type: ignore[arg-type]
    return options, tuple(sorted(set(said) - set(_KNOWN_OPTIONS)))
