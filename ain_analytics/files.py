"""One file of an extract: what it is, which columns it has, and its rows as text in DuckDB.

Well-formed files go straight through DuckDB. A CSV that DuckDB refuses is read again record
by record, so that a row with too many or too few cells is counted and the others are kept.
"""

import csv
import gzip
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import fastexcel
import polars as pl

from ain_analytics.errors import UnreadableExtract

ENDINGS = (".csv.gz", ".csv", ".parquet", ".xlsx")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_LARGEST_CELL = 1 << 27
_ENCODING_HINT = 'Save it as UTF-8, or say encoding = "latin-1" (or the right one) in extract.toml.'
_HEADER_HINT = "A header with the names of the columns is needed."


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """One file that holds rows of one table."""

    table: str
    path: Path
    ending: str
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","


def table_of(path: Path, tables: tuple[str, ...]) -> tuple[str, str] | None:
    """Tell the table and the ending of a file named `<table>[-part]<ending>`, else None."""
    for ending in ENDINGS:
        if path.name.lower().endswith(ending):
            stem = path.name[: -len(ending)].lower()
            for table in tables:
                if re.fullmatch(rf"{table}(-.*)?", stem, re.DOTALL):
                    return table, ending
    return None


def open_file(table: str, path: Path, ending: str, *, encoding: str, delimiter: str) -> ExtractFile:
    """Read a file's header.

    Raises
    ------
    UnreadableExtract
        The file is empty, in another encoding, broken, or names a column twice.
    """
    if not path.is_file():
        raise UnreadableExtract(path, "it is not a file", "Put the table's rows into a file of this name.")
    header = (
        _csv_header(path, encoding, delimiter) if ending.startswith(".csv") else _typed_header(path, ending)
    )
    names = tuple(name.strip().lower() for name in header)
    if not any(names):
        raise UnreadableExtract(path, "it is empty", _HEADER_HINT)
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        found = f"the header names {', '.join(map(repr, twice))} twice"
        raise UnreadableExtract(path, found, "Rename or drop one.")
    return ExtractFile(table, path, ending, names, encoding, delimiter)


def _text(path: Path, encoding: str) -> io.TextIOWrapper:
    if path.name.lower().endswith(".gz"):
        return io.TextIOWrapper(gzip.open(path, "rb"), encoding=encoding, newline="")
    return path.open(encoding=encoding, newline="")


def _records(path: Path, encoding: str, delimiter: str) -> Iterator[list[str]]:
    """Yield the records of a CSV, blank lines left out, the header first."""
    csv.field_size_limit(_LARGEST_CELL)
    try:
        with _text(path, encoding) as text:
            if text.read(1) != "\ufeff":
                text.seek(0)
            for record in csv.reader(text, delimiter=delimiter):
                if record:
                    yield record
    except (UnicodeError, LookupError) as error:
        raise UnreadableExtract(path, f"its text is not {encoding}", _ENCODING_HINT) from error
    except (csv.Error, EOFError, OSError, ValueError) as error:
        raise UnreadableExtract(path, "it is damaged, or no CSV", "Export it again.") from error


def _csv_header(path: Path, encoding: str, delimiter: str) -> list[str]:
    if encoding == "utf-8" and not path.name.lower().endswith(".gz"):
        with path.open("rb") as raw:
            if raw.read(2) in _UTF16:
                hint = 'Save it as UTF-8, or say encoding = "utf-16" in extract.toml.'
                raise UnreadableExtract(path, "it is UTF-16", hint)
    for record in _records(path, encoding, delimiter):
        return record
    raise UnreadableExtract(path, "it is empty", _HEADER_HINT)


def _typed_header(path: Path, ending: str) -> list[str]:
    try:
        if ending == ".parquet":
            return list(pl.read_parquet_schema(path))
        return _excel(path).columns
    except (pl.exceptions.PolarsError, fastexcel.FastExcelError, OSError, ValueError) as error:
        raise UnreadableExtract(path, f"it is no readable {ending} file", "Export it again.") from error


def _excel(path: Path) -> pl.DataFrame:
    """Read a workbook's first sheet as text, so that a key such as 007 stays what it is."""
    return pl.read_excel(path, infer_schema_length=0)


def quoted(name: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _one_path(path: Path) -> str:
    """Give a path that DuckDB does not take for a pattern."""
    return re.sub(r"([\[\]*?])", r"[\1]", str(path))


def load_file(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str]) -> None:
    """Append a file's rows to `source_<table>`, and its malformed records to `source_malformed`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds `source_<table>` with `file`, `row_number` and `wanted`.
    file : ExtractFile
        As `open_file` made it.
    wanted : list of str
        Columns of the table; those that the file lacks are null.

    Raises
    ------
    UnreadableExtract
        The file is damaged.
    """
    if file.ending == ".parquet":
        _load_parquet(connection, file, wanted)
    elif file.ending == ".xlsx":
        frame = _excel(file.path)
        named = frame.rename(dict(zip(frame.columns, file.columns, strict=True)))
        _append(connection, file, named.with_row_index("row_number", offset=1), wanted)
    elif file.encoding != "utf-8" or not _load_csv(connection, file, wanted):
        _load_csv_by_record(connection, file, wanted)


def _load_csv(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str]) -> bool:
    """Read a CSV in one go; tell whether every record was as the header says."""
    names = [name or f"unnamed {ordinal}" for ordinal, name in enumerate(file.columns)]
    columns = ", ".join(f"{_literal(name)}: 'VARCHAR'" for name in names)
    selected = ", ".join(quoted(name) if name in names else "null" for name in wanted)
    query = (
        f"insert into source_{file.table} select $name, row_number() over (), {selected} "
        f"from read_csv($path, auto_detect = false, header = true, columns = {{{columns}}}, "
        "delim = $delimiter, quote = '\"', escape = '\"', strict_mode = true)"
    )
    given = {"name": file.path.name, "path": _one_path(file.path), "delimiter": file.delimiter}
    try:
        connection.execute(query, given)
    except duckdb.Error:
        return False
    return True


def _load_csv_by_record(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str]) -> None:
    records = _records(file.path, file.encoding, file.delimiter)
    width = len(next(records))
    sound: list[list[str]] = []
    numbers: list[int] = []
    malformed: list[int] = []
    for number, record in enumerate(records, start=1):
        if len(record) == width:
            sound.append(record)
            numbers.append(number)
        else:
            malformed.append(number)
    cells = {name: [record[i] for record in sound] for i, name in enumerate(file.columns) if name}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    _append(connection, file, frame.with_columns(pl.Series("row_number", numbers, dtype=pl.Int64)), wanted)
    lost = pl.DataFrame({"row_number": malformed}, schema={"row_number": pl.Int64})
    rows = lost.select(
        pl.lit(file.table).alias("table_name"), pl.lit(file.path.name).alias("file"), "row_number"
    )
    _insert(connection, "source_malformed", rows)


def _load_parquet(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str]) -> None:
    original = dict(zip(file.columns, pl.read_parquet_schema(file.path), strict=True))
    kinds = pl.read_parquet_schema(file.path)

    def as_text(name: str) -> str:
        if name not in original:
            return "null"
        text = f"cast({quoted(original[name])} as varchar)"
        # A whole number held as a fraction loses its ".0": the key 7.0 is the key "7".
        return f"regexp_replace({text}, '[.]0+$', '')" if kinds[original[name]].is_float() else text

    query = (
        f"insert into source_{file.table} select $name, file_row_number + 1, "
        f"{', '.join(as_text(name) for name in wanted)} from read_parquet($path, file_row_number = true)"
    )
    try:
        connection.execute(query, {"name": file.path.name, "path": _one_path(file.path)})
    except duckdb.Error as error:
        raise UnreadableExtract(file.path, "it is no readable Parquet file", "Export it again.") from error


def _append(
    connection: duckdb.DuckDBPyConnection, file: ExtractFile, frame: pl.DataFrame, wanted: list[str]
) -> None:
    missing = pl.lit(None, pl.String)
    cells = [pl.col(n).cast(pl.String) if n in frame.columns else missing.alias(n) for n in wanted]
    number = pl.col("row_number").cast(pl.Int64)
    rows = frame.select(pl.lit(file.path.name, pl.String).alias("file"), number, *cells)
    _insert(connection, f"source_{file.table}", rows)


def _insert(connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame) -> None:
    connection.register("incoming_rows", frame)
    connection.execute(f"insert into {table} from incoming_rows")
    connection.unregister("incoming_rows")


def load_frame(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, wanted: list[str]
) -> None:
    """Append a polars frame's rows to `source_<table>`; rows are numbered as they stand."""
    named = frame.rename({name: name.strip().lower() for name in frame.columns})
    numbered = named.drop("row_number", strict=False).with_row_index("row_number", offset=1)
    _append(connection, ExtractFile(table, Path(table), "", tuple(named.columns)), numbered, wanted)


def load_duckdb_table(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    sent_as: str,
    columns: tuple[str, ...],
    wanted: list[str],
) -> None:
    """Append the rows of a table of the attached database `sent` to `source_<table>`."""
    original = {name.strip().lower(): name for name in columns}
    cells = ", ".join(f"cast({quoted(original[n])} as varchar)" if n in original else "null" for n in wanted)
    rows = f"select $name, row_number() over (), {cells} from sent.main.{quoted(sent_as)}"
    connection.execute(f"insert into source_{table} {rows}", {"name": sent_as})
