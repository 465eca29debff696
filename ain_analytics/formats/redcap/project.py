"""A REDCap project as it lies in a folder: one data dictionary, one export or several."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from ain_analytics.codes import code_list
from ain_analytics.errors import MissingTable, UnreadableExtract, one_line
from ain_analytics.files import ExtractFile, open_file
from ain_analytics.formats.format import Found
from ain_analytics.formats.redcap.columns import Columns, columns_of_export
from ain_analytics.formats.redcap.dictionary import (
    DELIMITERS,
    Field,
    first_record,
    is_dictionary,
    key_of,
    key_of_code,
    read_dictionary,
)
from ain_analytics.formats.redcap.mapping import Target, fields_said, part_of, targets_of
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

_PARTS = ("fields", "values", "missing_codes")


@dataclass(frozen=True, slots=True)
class Project:
    """What a data dictionary and its exports say together."""

    dictionary: ExtractFile
    exports: tuple[tuple[ExtractFile, Columns], ...]
    fields: tuple[Field, ...]
    targets: tuple[Target, ...]


def is_here(paths: Sequence[Path]) -> bool:
    """Tell whether one of the files is a data dictionary."""
    return any(_delimiter(path, SenderOptions(), None) for path in paths)


def _delimiter(path: Path, options: SenderOptions, record_id: Field | None) -> str:
    """Find the mark between the cells under which a header is a dictionary's, or holds the record id.

    A file in another encoding than said is found too, so that it is refused and not passed over.
    """
    marks: list[str] = [options.delimiter, *DELIMITERS]
    for encoding, delimiter in product((options.encoding, "latin-1"), dict.fromkeys(marks)):
        header = first_record(path, encoding, delimiter)
        keys = {key_of(name.strip("\ufeff")) for name in header}
        if record_id is None and is_dictionary(header):
            return delimiter
        if record_id is not None and keys & {record_id.name, key_of(record_id.label)}:
            return delimiter
    return ""


def missing_codes(options: SenderOptions) -> list[tuple[str, str, bool]]:
    """Give the missing-data codes: code, label, and whether the sender declares it for every field.

    REDCap keeps them in the settings of a project, which no export holds. Its own suggestions are known
    undeclared where they cannot be an answer: as a date, a number, or beside the choices of a field.
    """
    given = options.redcap.get("missing_codes", [])
    if not isinstance(given, list) or not all(isinstance(code, str) for code in given):
        hint = 'Write missing_codes = ["-999", "UNK, Unknown"].'
        raise UnreadableExtract(OPTIONS_FILE, "missing_codes of [redcap] is no list of texts", hint)
    standard = dict(code_list("redcap_missing_code").select("code", "label").iter_rows())
    declared: dict[str, str] = {}
    for text in given:
        code, _, label = (part.strip() for part in text.partition(","))
        declared[code] = label or standard.get(code, code)
    others = [(code, label, False) for code, label in standard.items() if code not in declared]
    return [(code, label, True) for code, label in declared.items()] + others


def look(folder: Path, paths: Sequence[Path], options: SenderOptions) -> Found:
    """Find the dictionary and the exports of a folder, and what of them is of no use.

    Raises
    ------
    MissingTable
        There is no data dictionary, or no export of its project.
    UnreadableExtract
        Dictionary, exports and extract.toml do not fit together.
    """
    opened: list[ExtractFile] = []
    dictionaries = [(path, mark) for path in paths if (mark := _delimiter(path, options, None))]
    if len(dictionaries) > 1:
        names = " and ".join(one_line(path.name) for path, _ in dictionaries)
        raise UnreadableExtract(folder, f"{names} are two data dictionaries", "Keep one.")
    for path, mark in dictionaries:
        opened.append(_open("data_dictionary", path, options.encoding, mark))
    if not opened:
        raise MissingTable("data_dictionary", folder, [one_line(path.name) for path in paths])
    record_id = read_dictionary(opened[0])[0]
    for path in paths:
        mark = _delimiter(path, options, record_id)
        if mark and path != opened[0].path:
            opened.append(_open("record", path, options.encoding, mark))
    project = project_of(opened, options)
    used = {file.path for file in opened}
    unused = [name for name in _columns_of_no_use(project) if name]
    return Found(
        tuple(opened),
        {"record": tuple(dict.fromkeys(unused))} if unused else {},
        tuple(one_line(path.name) for path in paths if path not in used),
    )


def _open(table: str, path: Path, encoding: str, delimiter: str) -> ExtractFile:
    ending = ".csv.gz" if path.name.lower().endswith(".gz") else ".csv"
    return open_file(table, path, ending, encoding=encoding, delimiter=delimiter, may_repeat=True)


def _columns_of_no_use(project: Project) -> list[str]:
    mapped = {target.field.name for target in project.targets} | {project.fields[0].name}
    names: list[str] = []
    for _, columns in project.exports:
        names += [column.field for column in columns.known if column.field not in mapped]
        names += columns.unknown
    return names


def project_of(files: Sequence[ExtractFile], options: SenderOptions) -> Project:
    """Read the dictionary, and tell what each column of each export holds.

    Raises
    ------
    MissingTable
        There is no dictionary, or no export.
    UnreadableExtract
        They do not fit together, or raw and labelled exports lie side by side.
    """
    strange = sorted(set(options.redcap) - set(_PARTS))
    if strange:
        found = f"[redcap] says {one_line(strange[0])!r}, which it does not know"
        raise UnreadableExtract(OPTIONS_FILE, found, f"It knows {', '.join(_PARTS)}.")
    by_table = {
        table: [file for file in files if file.table == table] for table in ("data_dictionary", "record")
    }
    for table, found_files in by_table.items():
        if not found_files:
            raise MissingTable(table, "REDCap project", [file.path.name for file in files])
    dictionary = by_table["data_dictionary"][0]
    fields = read_dictionary(dictionary)
    fields_said(options)
    part_of(options, "values")
    targets = targets_of(fields, options, dictionary.path)
    mapped = {target.field.name for target in targets}
    missing = {key for code, label, _ in missing_codes(options) for key in (key_of_code(code), key_of(label))}
    exports = tuple(
        (file, columns_of_export(file.columns, fields, mapped, missing, file.path))
        for file in by_table["record"]
    )
    if len({columns.is_labelled for _, columns in exports}) > 1:
        where = dictionary.path.parent
        raise UnreadableExtract(where, "raw and labelled exports lie in one folder", "Keep one of the two.")
    return Project(dictionary, exports, fields, targets)
