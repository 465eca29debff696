"""Files of any name, found and checked by what the sender says of them in `extract.toml`."""

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

from ain_analytics.errors import MissingColumn, UnreadableExtract, first_line, one_line
from ain_analytics.files import ENDINGS, ExtractFile, open_file, table_of
from ain_analytics.mapping import TableMapping, WideColumn
from ain_analytics.schema import RAW
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

_TEXT = ".csv"
_MAP = "Look at the header of the file, or let `ain map` write a first extract.toml."


def ending_of(path: Path) -> str:
    """Tell how a file is read; what has no known ending is read as text with a header."""
    return next((ending for ending in ENDINGS if path.name.lower().endswith(ending)), _TEXT)


def find_mapped(paths: Sequence[Path], options: SenderOptions) -> tuple[list[ExtractFile], list[str]]:
    """Open the files that the sender's mappings name.

    Parameters
    ----------
    paths : sequence of Path
        What lies in the folder.
    options : SenderOptions

    Returns
    -------
    tuple of list of ExtractFile and list of str
        A file that feeds several tables stands there once for each; and the names of what is not used.

    Raises
    ------
    UnreadableExtract, MissingColumn
        A mapping names a file or a column that is not there, or a file cannot be read.
    """
    found: list[ExtractFile] = []
    for number, mapping in enumerate(options.tables):
        found += [_open(path, number, mapping) for path in paths if _is_named(path, mapping)]
    _refuse_one_twice(found)
    _refuse_two_forms(found, options)
    for number, mapping in enumerate(options.tables):
        _refuse_what_is_not_there(mapping, [file for file in found if file.mapping == number])
    used = {file.path for file in found}
    ignored = [one_line(path.name) for path in paths if path not in used]
    for path in sorted(used):
        own = [file for file in found if file.path == path]
        named = {file.sheet for file in own}
        unread = set.intersection(*({*file.ignored_sheets} for file in own)) - named
        ignored += [f"{path.name}, sheet {name}" for name in own[0].ignored_sheets if name in unread]
    return found, [one_line(name) for name in dict.fromkeys(ignored)]


def _is_named(path: Path, mapping: TableMapping) -> bool:
    if not mapping.files:
        found = table_of(path, tuple(RAW))
        return found is not None and found[0] == mapping.table
    name = path.name.lower()
    return any(name == own.lower() or fnmatchcase(name, own.lower()) for own in mapping.files)


def _open(path: Path, number: int, mapping: TableMapping) -> ExtractFile:
    own = mapping.writing
    file = open_file(
        mapping.table,
        path,
        ending_of(path),
        encoding=own.encoding,
        delimiter=own.delimiter,
        sheet=mapping.sheet,
        repeated="numbered",
    )
    return replace(file, mapping=number)


def wide_of(mapping: TableMapping, file: ExtractFile) -> list[WideColumn]:
    """Tell which of the columns that hold one analyte each are in a file."""
    return [wide for wide in mapping.wide if wide.column in file.columns]


def columns_used(mapping: TableMapping, file: ExtractFile) -> set[str]:
    """Tell which columns of a file are read."""
    places = mapping.places(file.columns)
    used = {column for name in places for column in places[name]}
    wide = wide_of(mapping, file)
    return used | {one.column for one in wide} | {one.unit_column for one in wide if one.unit_column}


def ignored_columns(files: Sequence[ExtractFile], options: SenderOptions) -> dict[str, tuple[str, ...]]:
    """Tell, by table, which columns of its files no mapping reads."""
    used: dict[Path, set[str]] = {}
    for file in files:
        used.setdefault(file.path, set()).update(columns_used(options.tables[file.mapping or 0], file))
    left: dict[str, tuple[str, ...]] = {}
    for file in files:
        extra = [one_line(first_line(name)) for name in file.columns if name and name not in used[file.path]]
        if extra:
            left[file.table] = tuple(dict.fromkeys((*left.get(file.table, ()), *extra)))
    return left


def _refuse_what_is_not_there(mapping: TableMapping, files: Sequence[ExtractFile]) -> None:
    where = f"[tables.{mapping.table}]"
    names = mapping.files or ((mapping.table,) if mapping.is_said else ())
    for name in names:
        alone = replace(mapping, files=mapping.files and (name,))
        if not any(_is_named(file.path, alone) for file in files):
            found = f"{where}: no file is named {one_line(name)!r}"
            raise UnreadableExtract(OPTIONS_FILE, found, "Mend `files`, or put the file into the folder.")
    if not files:
        return
    known = {column for file in files for column in file.columns}
    named = {column: f"columns.{name}" for name, own in mapping.columns.items() for column in own}
    named |= {wide.unit_column: "wide" for wide in mapping.wide if wide.unit_column}
    named |= {wide.column: "wide" for wide in mapping.wide}
    for column, place in named.items():
        if column not in known:
            found = f"{where}: {place} names column {one_line(column)!r}, which is not in {_names(files)}"
            raise UnreadableExtract(OPTIONS_FILE, found, _MAP)
    for file in files:
        places = mapping.places(file.columns)
        lacking = [name for name in mapping.obligatory if name not in {*places, *mapping.constants}]
        if lacking:
            raise MissingColumn(mapping.table, file.name, lacking, file.columns)
        if mapping.wide and not wide_of(mapping, file):
            found = f"{where}: no column of wide is in {one_line(file.name)}"
            raise UnreadableExtract(OPTIONS_FILE, found, _MAP)


def _names(files: Sequence[ExtractFile]) -> str:
    others = f" (nor in {len(files) - 1} other file(s))" if len(files) > 1 else ""
    return one_line(files[0].name) + others


def _refuse_two_forms(files: Sequence[ExtractFile], options: SenderOptions) -> None:
    """Refuse a table that is there under its own name in two forms."""
    for number, mapping in enumerate(options.tables):
        own = [file for file in files if file.mapping == number]
        whole = [file for file in own if file.path.name.lower() == file.table + file.ending]
        if not mapping.files and len(whole) > 1:
            found = f"table {mapping.table!r} is there in two formats"
            raise UnreadableExtract(whole[0].path.parent, found, "Keep one of the two files.")


def _refuse_one_twice(files: Sequence[ExtractFile]) -> None:
    seen: set[tuple[str, Path, str]] = set()
    for file in files:
        key = (file.table, file.path, file.sheet)
        if key in seen:
            found = f"[tables.{file.table}]: {one_line(file.name)} is named twice, its rows would count twice"
            raise UnreadableExtract(OPTIONS_FILE, found, "Name each file once a table.")
        seen.add(key)
