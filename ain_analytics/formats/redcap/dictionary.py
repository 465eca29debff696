"""The data dictionary of a REDCap project: its fields, their choices, and what their annotations say."""

import re
from dataclasses import dataclass
from pathlib import Path

from ain_analytics.errors import AinError, UnreadableExtract, one_line
from ain_analytics.files import ExtractFile
from ain_analytics.records import records

HEADERS = {
    "variable / field name": "field_name",
    "form name": "form_name",
    "field type": "field_type",
    "field label": "field_label",
    "choices, calculations, or slider labels": "select_choices_or_calculations",
    "text validation type or show slider number": "text_validation_type_or_show_slider_number",
    "field annotation": "field_annotation",
}
"""Headers of the Data Dictionary page, and the names of the same columns in the API."""
NEEDED = ("field_name", "form_name", "field_type")
WITH_CHOICES = ("radio", "dropdown", "select", "checkbox")
FIXED_CHOICES = {
    "yesno": (("1", "Yes"), ("0", "No")),
    "truefalse": (("1", "True"), ("0", "False")),
}
"""Types whose choices REDCap itself fixes."""
DELIMITERS = (",", ";", "\t", "|", "^")
"""Marks that REDCap offers between the cells of an export."""
_TAG_OR_SPACE = re.compile(r"(?:<[^>]*>|\s)+")
_ANNOTATION = re.compile(
    r"@AIN\(\s*(?P<table>\w+)\.(?P<column>\w+)(?P<rest>(?:[\s,]+\w+\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s,()\"']+))*)\s*\)"
)
_SAID = re.compile(r"(\w+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s,()\"']+))")


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the project."""

    name: str
    form: str
    kind: str = "text"
    label: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    validation: str = ""
    annotation: str = ""
    row_number: int = 0

    @property
    def is_checkbox(self) -> bool:
        """Whether it has a column for each choice."""
        return self.kind == "checkbox"


def key_of(label: str) -> str:
    """Write a label so that labels can be compared: no tags, single spaces, small letters."""
    return _TAG_OR_SPACE.sub(" ", label).strip().lower()


def key_of_code(code: str) -> str:
    """Write the code of a choice as the name of its checkbox column has it: `D70.0` is `d70_0`."""
    return re.sub(r"[^a-z0-9]", "_", code.strip().lower())


def first_record(path: Path, encoding: str, delimiter: str) -> list[str]:
    """Read the first record of a text file, empty where there is none."""
    if not path.is_file() or not path.name.lower().endswith((".csv", ".csv.gz")):
        return []
    try:
        return next(records(path, encoding, delimiter), None) or []
    except AinError:
        return []


def is_dictionary(header: list[str]) -> bool:
    """Tell whether a header is that of a data dictionary."""
    return set(_api_names(header)).issuperset(NEEDED)


def _api_names(header: list[str]) -> list[str]:
    names = [" ".join(name.strip("\ufeff").split()).lower() for name in header]
    return [HEADERS.get(name, name) for name in names]


def read_dictionary(file: ExtractFile) -> tuple[Field, ...]:
    """Read the fields of a project, in their order.

    Raises
    ------
    UnreadableExtract
        A line is no record, or two fields have one name.
    """
    found = records(file.path, file.encoding, file.delimiter)
    header = next(found, None)
    names = _api_names(header or [])
    fields: dict[str, Field] = {}
    for number, record in enumerate(found, start=1):
        if record is None:
            where = f"record {number} has more or fewer cells than the header"
            raise UnreadableExtract(file.path, where, "Download the data dictionary again.")
        said = dict(zip(names, (cell.strip() for cell in record), strict=True))
        name = said["field_name"].lower()
        if name in fields:
            found_twice = f"two fields are named {one_line(name)!r}"
            raise UnreadableExtract(file.path, found_twice, "Download the data dictionary again.")
        if name:
            fields[name] = _field(name, said, number, file.path)
    if not fields:
        raise UnreadableExtract(file.path, "it has no field", "Download the data dictionary again.")
    return tuple(fields.values())


def _field(name: str, said: dict[str, str], number: int, path: Path) -> Field:
    kind = said["field_type"].lower()
    choices: tuple[tuple[str, str], ...] = FIXED_CHOICES.get(kind, ())
    if kind in WITH_CHOICES:
        choices = _choices(said.get("select_choices_or_calculations", ""))
    codes = [code for code, _ in choices]
    if len(set(codes)) < len(codes):
        found = f"field {one_line(name)!r} has two choices with one code"
        raise UnreadableExtract(path, found, "Give each choice a code of its own.")
    return Field(
        name,
        said["form_name"].lower(),
        kind,
        said.get("field_label", ""),
        choices,
        said.get("text_validation_type_or_show_slider_number", "").lower(),
        said.get("field_annotation", ""),
        number,
    )


def _choices(text: str) -> tuple[tuple[str, str], ...]:
    """Read `1, Female | 2, Male`."""
    parts = (part.partition(",") for part in re.split(r"[|\n]", text) if part.strip())
    return tuple((code.strip(), label.strip() or code.strip()) for code, _, label in parts)


def annotated(field: Field) -> list[dict[str, str]] | None:
    """Read what `@AIN(table.column name=text …)` says in an annotation; None where it cannot be read."""
    found = list(_ANNOTATION.finditer(field.annotation))
    if len(found) < field.annotation.count("@AIN"):
        return None
    said = []
    for match in found:
        rest = {name: one or two or three for name, one, two, three in _SAID.findall(match["rest"])}
        said.append({"table": match["table"], "column": match["column"]} | rest)
    return said
