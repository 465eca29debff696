"""The first visible sheet of a workbook, as text."""

import logging
import re
import zipfile
import zlib
from lzma import LZMAError
from pathlib import Path

import fastexcel
import polars as pl

from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.records import check_unpacked

_CHUNK = 1 << 20
_MOST_CELLS = 1 << 25
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})([0-9]{1,7})["']""")
_LONGEST_PLACE = 16
_LETTERS = 26

_DAMAGE = (
    fastexcel.FastExcelError, zipfile.BadZipFile, zlib.error, LZMAError, EOFError, OSError, ValueError,
    RuntimeError,
)  # fmt: skip
"""What is raised for a workbook that is none, or is cut, locked or packed in an odd way."""

for _library in ("fastexcel", "calamine"):  # they would speak of a sheet without cells on standard error
    logging.getLogger(_library).addHandler(logging.NullHandler())


def read_workbook(path: Path, wanted: str = "") -> tuple[list[str], pl.DataFrame, list[str]]:
    """Read a sheet of a workbook as text, so that a key such as 007 stays what it is.

    Parameters
    ----------
    path : Path
        An .xlsx file.
    wanted : str, optional
        Name of the sheet; the first visible one, unless said otherwise.

    Returns
    -------
    tuple of list of str, polars.DataFrame, list of str
        The names in the first row; the other rows, empty ones left out; the sheets left alone.

    Raises
    ------
    UnreadableExtract
        It is damaged, or made to fill a memory, or has no such sheet.
    """
    try:
        _check_size(path)
        book = fastexcel.read_excel(path)
        for name in book.sheet_names:
            if wanted not in ("", name):
                continue
            sheet = book.load_sheet(name, header_row=None, dtypes="string")
            if wanted or sheet.visible == "visible":
                header, rows = _with_header(sheet.to_polars())
                return header, rows, [other for other in book.sheet_names if other != name]
    except UnreadableExtract:
        raise
    except _DAMAGE as error:
        raise UnreadableExtract(path, "it is no readable .xlsx file", "Export it again.") from error
    if wanted:
        found = f"it has no sheet {one_line(wanted)!r}"
        raise UnreadableExtract(path, found, "Name one of its sheets in extract.toml.")
    raise UnreadableExtract(path, "every sheet of it is hidden", "Show the one that holds the rows.")


def _with_header(sheet: pl.DataFrame) -> tuple[list[str], pl.DataFrame]:
    if sheet.is_empty():
        return [], sheet
    header = [name or "" for name in sheet.row(0)]
    return header, sheet[1:].filter(~pl.all_horizontal(pl.all().is_null()))


def _check_size(path: Path) -> None:
    """Refuse what unpacks to too much, and a cell that stands too far from the others."""
    n_bytes = 0
    with zipfile.ZipFile(path) as packed:
        for name in packed.namelist():
            last_row = last_column = 0
            with packed.open(name) as part:
                before = b""
                while chunk := part.read(_CHUNK):
                    n_bytes += len(chunk)
                    check_unpacked(path, n_bytes)
                    if "worksheets/" in name:
                        places = set(_PLACE.findall(before + chunk))
                        last_row = max([last_row, *(int(row) for _, row in places)])
                        last_column = max([last_column, *map(_ordinal, {letters for letters, _ in places})])
                        before = chunk[-_LONGEST_PLACE:]
            if last_row * last_column > _MOST_CELLS:
                found = f"a sheet of it goes on to row {last_row} and column {last_column}"
                raise UnreadableExtract(
                    path, found, "Delete the cell that stands so far away, or send a .csv."
                )


def _ordinal(letters: bytes) -> int:
    """Give the number of a column: A is 1, Z is 26, AA is 27."""
    number = 0
    for letter in letters:
        number = number * _LETTERS + letter - ord("A") + 1
    return number
