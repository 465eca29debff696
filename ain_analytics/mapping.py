"""Which of a sender's own files and columns are which: `[tables]` of `extract.toml`."""

import codecs
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from ain_analytics.codes import code_list
from ain_analytics.column_names import plain_name
from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.schema import RAW, columns_of

SEE = "See extract.toml in the data dictionary."
_TEXTS = ("sheet", "encoding", "delimiter", "decimal_mark")
_KEYS = ("files", *_TEXTS, "date_formats", "columns", "constants", "values", "wide")
_WIDE_TEXTS = ("code", "unit", "unit_column", "code_system", "method")
_DIRECTIVE = re.compile(r"%(-?.?)", re.DOTALL)
_DIRECTIVES = {mark + letter for letter in "dmyHIMSj" for mark in ("", "-")} | set("YbBaApfT%")
_ROW_COLUMNS = ("patient_id", "sampled_at")


@dataclass(frozen=True, slots=True)
class Writing:
    """How text files are written, and in which forms dates stand in them."""

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_mark: str = "."
    date_formats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WideColumn:
    """One column that holds the results of one analyte; names of columns as `plain_name` writes them."""

    column: str
    code: str
    unit: str = ""
    unit_column: str = ""
    code_system: str = "LOINC"
    method: str = ""


@dataclass(frozen=True, slots=True)
class TableMapping:
    """What a sender says of the files of one table.

    Parameters
    ----------
    table : str
        A table of the native format.
    files : tuple of str
        Names or patterns; the table's own name where there is none.
    sheet : str
        Sheet of a workbook; the first visible one where none is named.
    columns : mapping of native column to the columns that hold it
        The cells of several are joined by a space.
    constants : mapping of native column to text
        What no column says.
    values : mapping of native column to (word of the sender, in small letters, to word of the format)
    wide : tuple of WideColumn
        Of `lab_result`: columns that hold one analyte each.
    writing : Writing
    is_said : bool
        Whether the sender named the table, which must then be there.
    """

    table: str
    files: tuple[str, ...] = ()
    sheet: str = ""
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    wide: tuple[WideColumn, ...] = ()
    writing: Writing = field(default_factory=Writing)
    is_said: bool = True

    @property
    def obligatory(self) -> tuple[str, ...]:
        """Columns that must come from somewhere."""
        if self.wide:
            return _ROW_COLUMNS
        columns = RAW[self.table].columns()
        return tuple(name for name in columns if (columns[name].metadata or {}).get("obligatory"))

    def places(self, known: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Tell, of the columns of a file, which ones hold each native column; the others are left out."""
        found = {}
        for name in columns_of(self.table):
            own = self.columns.get(name, () if name in self.constants else (name,))
            if here := tuple(column for column in own if column in known):
                found[name] = here
        return found


def read_mappings(
    said: object, writing: Writing, codes: Collection[str], path: Path
) -> tuple[TableMapping, ...]:
    """Read `[tables]`; tables that it does not name follow, under their own names.

    Parameters
    ----------
    said : object
        What stands in the file: per table one mapping, or a list of them.
    writing : Writing
        What holds where a table says nothing else.
    codes : collection of str
        The local codes of which the sender told the meaning.
    path : Path
        The file, for messages.

    Raises
    ------
    UnreadableExtract
        It says what cannot be.
    """
    if not isinstance(said, dict):
        raise UnreadableExtract(path, "[tables] is no table", SEE)
    found: list[TableMapping] = []
    for table, parts in said.items():
        if table not in RAW:
            known = ", ".join(RAW)
            found_name = f"[tables] names {one_line(table)!r}, which is no table of the format"
            raise UnreadableExtract(path, found_name, f"Tables: {known}.")
        for part in parts if isinstance(parts, list) else [parts]:
            found.append(_Reader(table, path).mapping(part, writing, codes))
    others = [TableMapping(table, writing=writing, is_said=False) for table in RAW if table not in said]
    return (*found, *others)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one mapping of one table."""

    table: str
    path: Path

    def refuse(self, found: str, do: str = SEE) -> NoReturn:
        raise UnreadableExtract(self.path, f"[tables.{self.table}]: {found}", do)

    def mapping(self, part: object, writing: Writing, codes: Collection[str]) -> TableMapping:
        if not isinstance(part, dict):
            self.refuse("it is no table")
        for key in part:
            if key not in _KEYS:
                self.refuse(f"nothing is known of {one_line(key)!r}", f"Known: {', '.join(_KEYS)}.")
        for key in _TEXTS:
            if not isinstance(part.get(key, ""), str):
                self.refuse(f"{key} is no text")
        columns = {name: self.names(cell, name) for name, cell in self.natives(part, "columns").items()}
        constants = self.texts(self.natives(part, "constants"), "constants")
        values = {
            name: {word.strip().lower(): meant for word, meant in self.texts(words, f"values.{name}").items()}
            for name, words in self.natives(part, "values").items()
        }
        wide = self.wide(part.get("wide", {}), codes)
        if both := sorted({*columns} & {*constants}):
            self.refuse(f"{both[0]} is both a column and a constant", "Keep one.")
        if wide and (clash := sorted({"code", "value"} & {*columns, *constants})):
            self.refuse(f"it is wide, so there is no column {clash[0]!r}", "Take it away, or take wide away.")
        formats = part.get("date_formats")
        own = Writing(
            part.get("encoding", writing.encoding),
            part.get("delimiter", writing.delimiter),
            part.get("decimal_mark", writing.decimal_mark),
            writing.date_formats if formats is None else check_date_formats(formats, self.path),
        )
        files = part.get("files", [])
        names = self.list_of_texts([files] if isinstance(files, str) else files, "files")
        own = check_writing(own, self.path)
        return TableMapping(self.table, names, part.get("sheet", ""), columns, constants, values, wide, own)

    def natives(self, part: Mapping[str, Any], key: str) -> dict[str, Any]:
        """Give a table whose keys are columns of the format."""
        said = part.get(key, {})
        if not isinstance(said, dict):
            self.refuse(f"{key} is no table")
        for name in said:
            if name not in columns_of(self.table):
                known = ", ".join(columns_of(self.table))
                self.refuse(f"{key} names {one_line(name)!r}, which the table has not", f"Columns: {known}.")
        return said

    def texts(self, said: object, key: str) -> dict[str, str]:
        if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
            self.refuse(f"{key} is no table of texts")
        return said

    def list_of_texts(self, said: object, key: str) -> tuple[str, ...]:
        if not isinstance(said, list) or not all(isinstance(text, str) and text.strip() for text in said):
            self.refuse(f"{key} is no list of texts")
        return tuple(said)

    def names(self, said: object, key: str) -> tuple[str, ...]:
        listed = self.list_of_texts([said] if isinstance(said, str) else said, f"columns.{key}")
        if not listed:
            self.refuse(f"columns.{key} names no column")
        return tuple(plain_name(name) for name in listed)

    def wide(self, said: object, codes: Collection[str]) -> tuple[WideColumn, ...]:
        if said and self.table != "lab_result":
            self.refuse("only lab_result can be wide", "Take wide away.")
        if not isinstance(said, dict):
            self.refuse("wide is no table")
        found = []
        known = {*code_list("loinc_anc")["code"], *codes}
        for column, cell in said.items():
            shown = one_line(column)
            texts = {"code": cell} if isinstance(cell, str) else self.texts(cell, f"wide.{shown}")
            if unknown := sorted({*texts} - {*_WIDE_TEXTS}):
                do = f"Known: {', '.join(_WIDE_TEXTS)}."
                self.refuse(f"nothing is known of {one_line(unknown[0])!r} in wide.{shown}", do)
            if texts.get("code_system", "LOINC") == "LOINC" and texts.get("code", "") not in known:
                do = "Give a LOINC code of the program's list, or say in [codes] what the local code means."
                self.refuse(f"the code of wide.{shown} is unknown", do)
            own = {name: text for name, text in texts.items() if name != "unit_column"}
            found.append(
                WideColumn(plain_name(column), **own, unit_column=plain_name(texts.get("unit_column", "")))
            )
        if len({wide.column for wide in found}) < len(found):
            self.refuse("two columns of wide have one name", "Keep one.")
        return tuple(found)


def check_date_formats(said: object, path: Path) -> tuple[str, ...]:
    """Refuse forms of dates that cannot be read.

    Raises
    ------
    UnreadableExtract
        They are no list of texts, hold an unknown directive, or no year.
    """
    if not isinstance(said, list) or not all(isinstance(text, str) for text in said):
        raise UnreadableExtract(path, "date_formats is no list of texts", 'Write ["%d.%m.%Y"].')
    for text in said:
        used = _DIRECTIVE.findall(text)
        if unknown := [one_line(name) for name in used if name not in _DIRECTIVES]:
            found = f"date_formats holds the unknown directive '%{unknown[0]}'"
            do = "Known: %d day, %m month, %Y year, %y year of two digits, %b month by name, %H:%M:%S time."
            raise UnreadableExtract(path, found, do)
        if not {"Y", "y", "-y"} & {*used}:
            raise UnreadableExtract(path, "a date format has no year", "Add %Y, or %y for two digits.")
    return tuple(said)


def check_writing(writing: Writing, path: Path) -> Writing:
    """Refuse a way to write text that cannot be; give the encoding its common name.

    Raises
    ------
    UnreadableExtract
    """
    delimiter, mark = writing.delimiter, writing.decimal_mark
    if len(delimiter) != 1 or delimiter.isalnum() or delimiter in '"\r\n\0':
        raise UnreadableExtract(path, "delimiter is not one mark that can part cells", SEE)
    if mark not in (".", ","):
        raise UnreadableExtract(path, 'decimal_mark is neither "." nor ","', SEE)
    try:
        known = codecs.lookup(writing.encoding).name
        TextIOWrapper(BytesIO(), encoding=known)
    except (LookupError, ValueError) as error:
        hint = 'Write one that Python knows, such as "latin-1".'
        raise UnreadableExtract(path, "encoding is no way to write text", hint) from error
    return Writing(known, delimiter, mark, writing.date_formats)
