"""One file of an extract: what it is, which columns it has, and its rows as text in DuckDB.

Well-formed files go straight through DuckDB. A CSV that DuckDB refuses is read again record
by record, so that a row with too many or too few cells is counted and the others are kept.
"""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb
import polars as pl

from ain_analytics.column_names import numbered_names, plain_name
from ain_analytics.errors import UnreadableExtract
from ain_analytics.records import HEADER_HINT, look_at_csv, records
from ain_analytics.resources import COLUMNS, DOCUMENT_ENDINGS, LINE_ENDINGS, load_resources
from ain_analytics.statistics_file import STATISTICS_ENDINGS, read_statistics_file
from ain_analytics.typed_cells import cell, literal, typed_cell
from ain_analytics.workbook import read_workbook

ENDINGS = (".csv.gz", ".csv", ".parquet", ".xlsx", *STATISTICS_ENDINGS)
_ALWAYS_FINE_ROWS = 1 << 20
_MOST_ROWS_PER_BYTE = 20
_TAB = "\t"


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """One file that holds rows of one table."""

    table: str
    path: Path
    ending: str
    columns: tuple[str, ...]
    encoding: str = "utf-8"
    delimiter: str = ","
    is_plain: bool = False
    ignored_sheets: tuple[str, ...] = ()
    sheet: str = ""
    mapping: int | None = None
    """Place of its mapping among the sender's."""

    @property
    def name(self) -> str:
        """Name that its rows bear."""
        return f"{self.path.name}, sheet {self.sheet}" if self.sheet else self.path.name


Repeated = Literal["refused", "kept", "numbered"]
"""What becomes of the names of columns that stand twice in a header."""


def table_of(
    path: Path, tables: tuple[str, ...], endings: tuple[str, ...] = ENDINGS
) -> tuple[str, str] | None:
    """Tell the table and the ending of a file named `<table>[-part]<ending>`, else None."""
    for ending in endings:
        if path.name.lower().endswith(ending):
            stem = path.name[: -len(ending)].lower()
            for table in tables:
                if re.fullmatch(rf"{table}(-.*)?", stem, re.DOTALL):
                    return table, ending
    return None


def open_file(
    table: str,
    path: Path,
    ending: str,
    *,
    encoding: str,
    delimiter: str,
    sheet: str = "",
    repeated: Repeated = "refused",
) -> ExtractFile:
    """Read a file's header; names that repeat are refused, kept or numbered.

    Raises
    ------
    UnreadableExtract
        The file is empty, in another encoding, broken, or names a column twice.
    """
    if not path.is_file():
        raise UnreadableExtract(path, "it is not a file", "Put the table's rows into a file of this name.")
    if not path.name.encode(errors="ignore").decode() == path.name:
        raise UnreadableExtract(path, "its name is not UTF-8", "Rename it.")
    if ending in (*LINE_ENDINGS, *DOCUMENT_ENDINGS):
        return ExtractFile(table, path, ending, COLUMNS)
    is_plain, ignored = False, list[str]()
    if ending == ".parquet":
        header = list(_parquet_schema(path))
    elif ending == ".xlsx":
        header, _, ignored = read_workbook(path, sheet)
    elif ending in STATISTICS_ENDINGS:
        header, _ = read_statistics_file(path, ending, encoding, header_only=True)
    else:
        header, is_plain = look_at_csv(path, encoding, delimiter)
        if len(header) == 1 and _TAB in header[0]:  # as Athena writes OMOP's tables of concepts
            delimiter = _TAB
            header, is_plain = look_at_csv(path, encoding, delimiter)
    if repeated == "kept":
        names = plain_names(header)
    else:
        names = normal_names(numbered_names(header) if repeated == "numbered" else header, path)
    if not any(names):
        raise UnreadableExtract(path, "it is empty", HEADER_HINT)
    return ExtractFile(table, path, ending, names, encoding, delimiter, is_plain, tuple(ignored), sheet)


def normal_names(header: Iterable[str], where: Path | str) -> tuple[str, ...]:
    """Give the names of columns as the format writes them: small letters, nothing around them.

    Raises
    ------
    UnreadableExtract
        Two columns have one name.
    """
    names = plain_names(header)
    first: dict[str, int] = {}
    for ordinal, name in enumerate(names, start=1):
        if name and first.setdefault(name, ordinal) < ordinal:
            found = f"columns {first[name]} and {ordinal} have one name"
            raise UnreadableExtract(where, found, "Rename or drop one.")
    return names


def plain_names(header: Iterable[str]) -> tuple[str, ...]:
    """Give the names of columns in small letters, nothing around them; two may be one."""
    return tuple(map(plain_name, header))


def _parquet_schema(path: Path) -> pl.Schema:
    try:
        n_rows = pl.scan_parquet(path, glob=False).select(pl.len()).collect().item()
        if n_rows > max(_ALWAYS_FINE_ROWS, _MOST_ROWS_PER_BYTE * path.stat().st_size):
            found = f"it claims more than {_MOST_ROWS_PER_BYTE} rows a byte"
            raise UnreadableExtract(path, found, "If that is right, send a .csv.")
        return pl.Schema(pl.read_parquet_schema(path))
    except (pl.exceptions.PolarsError, OSError) as error:
        raise UnreadableExtract(path, "it is no readable .parquet file", "Export it again.") from error


def _one_path(path: Path) -> str:
    """Give a path that DuckDB does not take for a pattern."""
    return re.sub(r"([\[\]*?])", r"[\1]", str(path))


def load_file(
    connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str], only: str = ""
) -> None:
    """Append a file's rows to `source_<table>`, and its malformed records to `source_malformed`.

    Parameters
    ----------
    connection : duckdb.DuckDBPyConnection
        Holds `source_<table>` with `file`, `row_number` and `wanted`.
    file : ExtractFile
        As `open_file` made it.
    wanted : list of str
        Columns of the table; those that the file lacks are null.
    only : str
        A condition on the rows that are needed, or nothing; what is read record by record is kept whole.

    Raises
    ------
    UnreadableExtract
        The file is damaged.
    """
    if file.ending in (*LINE_ENDINGS, *DOCUMENT_ENDINGS):
        load_resources(connection, file.path, _one_path(file.path), file.ending)
    elif file.ending == ".parquet":
        _load_parquet(connection, file, wanted, only)
    elif file.ending == ".xlsx":
        _, rows, _ = read_workbook(file.path, file.sheet)
        cells = {name: rows.to_series(i) for i, name in enumerate(file.columns) if name in wanted}
        _append(connection, file, pl.DataFrame(cells).with_row_index("row_number", offset=1), wanted)
    elif file.ending in STATISTICS_ENDINGS:
        _, rows = read_statistics_file(file.path, file.ending, file.encoding)
        cells = {name: rows.to_series(i) for i, name in enumerate(file.columns) if name in wanted}
        _append(connection, file, pl.DataFrame(cells).with_row_index("row_number", offset=1), wanted)
    elif not file.is_plain or not _load_csv(connection, file, wanted, only):
        _load_csv_by_record(connection, file, wanted)


def numbered(cells: list[str], wanted: list[str], rows: str, only: str) -> str:
    """Write SQL that gives rows of a table after the parameter `$name`, numbered as they stand."""
    named = ", ".join(f"{cell} as {name}" for cell, name in zip(cells, wanted, strict=True))
    select = f"select $name, row_number() over (), {named} from {rows}"
    return f"select * from ({select}) where {only}" if only else select


def _load_csv(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str], only: str) -> bool:
    """Read a CSV in one go; tell whether every record was as the header says."""
    place = {name: f"column_{ordinal}" for ordinal, name in enumerate(file.columns)}
    columns = ", ".join(f"'column_{ordinal}': 'VARCHAR'" for ordinal in range(len(file.columns)))
    rows = (
        f"read_csv($path, auto_detect = false, header = true, columns = {{{columns}}}, "
        "delim = $delimiter, quote = '\"', escape = '\"', strict_mode = true)"
    )
    query = numbered([place.get(name, "null") for name in wanted], wanted, rows, only)
    given = {"name": file.path.name, "path": _one_path(file.path), "delimiter": file.delimiter}
    try:
        connection.execute(f"insert into source_{file.table} {query}", given)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error:
        return False
    return True


def _load_csv_by_record(connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str]) -> None:
    sound: list[list[str]] = []
    numbers: list[int] = []
    malformed: list[int] = []
    found = records(file.path, file.encoding, file.delimiter)
    next(found)
    for number, record in enumerate(found, start=1):
        if record is None:
            malformed.append(number)
        else:
            sound.append(record)
            numbers.append(number)
    cells = {name: [record[i] for record in sound] for i, name in enumerate(file.columns) if name in wanted}
    frame = pl.DataFrame(cells, schema=dict.fromkeys(cells, pl.String))
    _append(connection, file, frame.with_columns(pl.Series("row_number", numbers, dtype=pl.Int64)), wanted)
    lost = pl.DataFrame({"row_number": malformed}, schema={"row_number": pl.Int64})
    rows = lost.select(
        pl.lit(file.table).alias("table_name"), pl.lit(file.path.name).alias("file"), "row_number"
    )
    _insert(connection, "source_malformed", rows)


def _load_parquet(
    connection: duckdb.DuckDBPyConnection, file: ExtractFile, wanted: list[str], only: str
) -> None:
    kinds = pl.read_parquet_schema(file.path)
    original = dict(zip(file.columns, kinds.items(), strict=True))
    cells = [cell(original, name) for name in wanted]
    query = numbered(cells, wanted, "read_parquet($path)", only)
    given = {"name": file.path.name, "path": _one_path(file.path)}
    try:
        connection.execute(f"insert into source_{file.table} {query}", given)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        raise UnreadableExtract(file.path, "it is no readable .parquet file", "Export it again.") from error


def in_place(file: ExtractFile, wanted: list[str], fractions: tuple[str, ...]) -> str:
    """Write SQL that reads a Parquet file's rows where they are, as `load_file` would append them.

    Cells keep their type where it writes one thing in one way: texts, whole numbers, days, times of no zone.
    """
    kinds = pl.read_parquet_schema(file.path)
    original = dict(zip(file.columns, kinds.items(), strict=True))
    cells = [f"{typed_cell(original, name, fractions)} as {name}" for name in wanted]
    place = f"{literal(file.path.name)} as file, file_row_number + 1 as row_number"
    return (
        f"select {place}, {', '.join(cells)} "
        f"from read_parquet({literal(_one_path(file.path))}, file_row_number = true)"
    )


def sha256(path: Path) -> str:
    """Give the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
    original = dict(zip(normal_names(frame.columns, table), frame.schema.items(), strict=True))
    cells = [cell(original, name) for name in wanted]
    known = frame.select(original[name][0] for name in wanted if name in original)
    connection.register("incoming_rows", known)
    rows = f"select $name, row_number() over (), {', '.join(cells)} from incoming_rows"
    connection.execute(f"insert into source_{table} {rows}", {"name": table})
    connection.unregister("incoming_rows")
