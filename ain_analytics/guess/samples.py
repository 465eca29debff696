"""The files of a source, whatever they are called: header, some rows, and how they are written."""

import codecs
import csv
import gzip
import zlib
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.column_names import numbered_names
from ain_analytics.errors import UnreadableExtract
from ain_analytics.files import load_file, open_file
from ain_analytics.mapped_files import ending_of
from ain_analytics.records import is_packed, records
from ain_analytics.workbook import read_workbook

MOST_ROWS = 100_000
ENOUGH_TO_TELL = 1 << 16
MOST_CHUNKS = 1 << 12
LINES_TO_TELL = 50
DELIMITERS = (",", ";", "\t", "|")
BYTE_ORDER = {codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """One table as it was found.

    Parameters
    ----------
    path : Path
    sheet : str
        Of a workbook; empty for the first visible one.
    encoding, delimiter : str
        How its text is written; `ascii` where nothing tells, and those of the format where it is no text.
    header : tuple of str
        Names of the columns as they stand.
    rows : polars.DataFrame
        Its first rows as text, one column for each name, called by its place; empty cells are null.
    """

    path: Path
    sheet: str
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    rows: pl.DataFrame

    @property
    def is_text(self) -> bool:
        """Whether it has an encoding and a delimiter."""
        return ending_of(self.path) in (".csv", ".csv.gz")

    def cells(self, name: str) -> pl.Series:
        """Give the cells of a column that are not empty."""
        return self.rows[f"c{self.header.index(name)}"].drop_nulls()


def read_samples(path: Path) -> list[Sample]:
    """Read the first rows of a file; a workbook has a sample for each sheet.

    Raises
    ------
    UnreadableExtract
        The file cannot be read.
    """
    if not path.is_file():
        raise UnreadableExtract(path, "it is not a file", "Only files are looked at.")
    ending = ending_of(path)
    if ending == ".xlsx":
        header, rows, others = read_workbook(path)
        found = [_sample(path, "", header, rows)]
        for name in others:
            header, rows, _ = read_workbook(path, name)
            found.append(_sample(path, name, header, rows))
        return [sample for sample in found if sample.header]
    if ending not in (".csv", ".csv.gz"):
        return [_from_typed(path, ending)]
    encoding = _encoding(path)
    delimiter = _delimiter(path, encoding)
    file = open_file("sample", path, ending, encoding=encoding, delimiter=delimiter, numbers_repeats=True)
    found_rows = records(path, file.encoding, delimiter)
    own_header = next(found_rows) or []
    whole = [row for row in islice(found_rows, MOST_ROWS) if row is not None]
    columns = {f"c{i}": [row[i] for row in whole] for i in range(len(own_header))}
    frame = pl.DataFrame(columns, schema=dict.fromkeys(columns, pl.String))
    return [replace(_sample(path, "", own_header, frame), encoding=encoding, delimiter=delimiter)]


def _sample(path: Path, sheet: str, header: list[str], rows: pl.DataFrame) -> Sample:
    names = tuple(name.strip().strip("\ufeff").strip() for name in numbered_names(header))
    columns = [
        pl.col(old).cast(pl.String).str.strip_chars().replace("", None).alias(f"c{place}")
        for place, old in enumerate(rows.columns)
    ]
    return Sample(path, sheet, "utf-8", ",", names, rows.head(MOST_ROWS).select(columns))


def _from_typed(path: Path, ending: str) -> Sample:
    """Read a file of typed columns as the program itself will read it."""
    file = open_file("sample", path, ending, encoding="utf-8", delimiter=",")
    places = [f"c{place}" for place in range(len(file.columns))]
    columns = "".join(f", {place} varchar" for place in places)
    with duckdb.connect() as connection:
        connection.execute(
            "create table source_malformed (table_name varchar, file varchar, row_number bigint)"
        )
        connection.execute(f"create table source_sample (file varchar, row_number bigint{columns})")
        load_file(connection, replace(file, columns=tuple(places)), places)
        rows = connection.sql(f"select {', '.join(places)} from source_sample limit {MOST_ROWS}").pl()
    return _sample(path, "", list(file.columns), rows)


def _beginning(path: Path) -> bytes:
    if is_packed(path):
        with gzip.open(path, "rb") as packed:
            return packed.read(ENOUGH_TO_TELL)
    with path.open("rb") as file:
        return file.read(ENOUGH_TO_TELL)


def _encoding(path: Path) -> str:
    """Tell UTF-16, ASCII and UTF-8 by their bytes; what is none of them is read as Windows writes it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding = "ascii"
    try:
        with gzip.open(path, "rb") if is_packed(path) else path.open("rb") as file:
            chunk = file.read(ENOUGH_TO_TELL)
            for mark, known in BYTE_ORDER.items():
                if chunk.startswith(mark):
                    return known
            if b"\0" in chunk:
                raise UnreadableExtract(path, "it is no text", "Only tables are looked at.")
            for _ in range(MOST_CHUNKS):
                if not decoder.decode(chunk, final=not chunk).isascii():
                    encoding = "utf-8"
                if not chunk:
                    break
                chunk = file.read(ENOUGH_TO_TELL)
    except UnicodeDecodeError:
        return "cp1252"
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableExtract(path, "it is damaged, or cannot be read", "Export it again.") from error
    return encoding


def _delimiter(path: Path, encoding: str) -> str:
    """Tell the character that parts most lines into as many cells as the header, and into most cells."""
    lines = _lines(_beginning(path).decode(encoding, errors="ignore"))
    best, most = DELIMITERS[0], 0
    for delimiter in DELIMITERS:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
        alike = sum(width == widths[0] for width in widths) if widths else 0
        if widths and widths[0] > 1 and alike * widths[0] > most:
            best, most = delimiter, alike * widths[0]
    return best


def _lines(text: str) -> list[str]:
    return [line.replace("\0", "") for line in text.splitlines(keepends=True)[: LINES_TO_TELL + 1]]
