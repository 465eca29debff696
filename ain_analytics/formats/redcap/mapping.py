"""Which column of the native format a field of a REDCap project fills."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.formats.redcap.dictionary import Field, annotated
from ain_analytics.schema import RAW, columns_of
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

TIME = "sampled_time"
"""The time of day that belongs to lab_result.sampled_at, where it has a field of its own."""
GROUP = "redcap_data_access_group"
"""The column that names the site of a record; it counts as a field."""
OBLIGATORY = (("patient", "birth_date"), ("lab_result", "sampled_at"), ("lab_result", "value"))
ESSENTIAL = {
    "lab_result": ("code", "value"),
    "antibody_test": ("test", "result"),
    "diagnosis": ("code",),
    "treatment": ("code",),
    "marrow_exam": ("cellularity",),
    "genetic_test": ("gene", "result"),
}
"""Columns without which an instrument makes no rows of a table: a visit's date alone is no count."""
_NAMES = ("table", "column", "row")


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """A column that a field fills, in which row, and the texts that stand beside it in that row."""

    field: Field
    table: str
    column: str
    row: str = ""
    constants: Mapping[str, str] = dataclasses.field(default_factory=dict)


def native_columns(table: str) -> list[str]:
    """Name the columns of a table that a field may fill; the key is the record id."""
    extra = [TIME] if table == "lab_result" else []
    return [name for name in columns_of(table) if name != "patient_id"] + extra


def targets_of(fields: Sequence[Field], options: SenderOptions, dictionary: Path) -> tuple[Target, ...]:
    """Tell what each field fills: what extract.toml says, else its annotation, else its name.

    Raises
    ------
    UnreadableExtract
        A mapping names what is not there, two fields fill one place, or nothing fills an obligatory column.
    """
    said = fields_said(options)
    unknown = sorted(set(said) - {known.name for known in fields})
    if unknown:
        found = f"[redcap.fields] names {one_line(unknown[0])!r}, which the data dictionary does not have"
        raise UnreadableExtract(OPTIONS_FILE, found, "Write the name as the dictionary has it.")
    targets: list[Target] = []
    for known in fields[1:]:
        if known.name in said:
            targets += [_target(known, one, OPTIONS_FILE) for one in said[known.name]]
        elif known.annotation.find("@AIN") >= 0:
            read = annotated(known)
            if read is None:
                found = f"the annotation of field {known.name!r} cannot be read"
                raise UnreadableExtract(dictionary, found, "Write @AIN(table.column name=text).")
            targets += [_target(known, one, dictionary) for one in read]
        else:
            targets += _by_name(known)
    targets = _joined(targets)
    _refuse_conflicts(targets, dictionary)
    for table, column in OBLIGATORY:
        if not any((target.table, target.column) == (table, column) for target in targets):
            hint = f"Annotate it @AIN({table}.{column}), or name it in [redcap.fields] of {OPTIONS_FILE}."
            raise UnreadableExtract(dictionary, f"no field is known to be {table}.{column}", hint)
    if not any((target.table, target.column) == ("patient", "site") for target in targets):
        targets.append(Target(Field(GROUP, ""), "patient", "site"))
    return tuple(targets)


def fields_said(options: SenderOptions) -> dict[str, list[dict[str, str]]]:
    """Read [redcap.fields]: for each field a table of texts, or a list of such tables."""
    given = part_of(options, "fields")
    said: dict[str, list[dict[str, str]]] = {}
    for name, value in given.items():
        parts: list[dict[str, str]] = value if isinstance(value, list) else [value]  # type: ignore[list-item]
        for part in parts:
            if not isinstance(part, dict) or not all(isinstance(text, str) for text in part.values()):
                found = f"[redcap.fields] says of {one_line(name)!r} what is no table of texts"
                hint = 'Write name = { table = "lab_result", column = "value", code = "751-8" }.'
                raise UnreadableExtract(OPTIONS_FILE, found, hint)
        said[name.lower()] = parts
    return said


def part_of(options: SenderOptions, name: str) -> Mapping[str, object]:
    """Give a table of [redcap] in extract.toml, empty where there is none."""
    part = options.redcap.get(name, {})
    if not isinstance(part, dict):
        raise UnreadableExtract(OPTIONS_FILE, f"[redcap.{name}] is no table", "See the data dictionary.")
    return part


def _target(known: Field, said: Mapping[str, str], where: Path | str) -> Target:
    table, column = said.get("table", ""), said.get("column", "")
    constants = {name: text for name, text in said.items() if name not in _NAMES}
    if table not in RAW:
        found = f"field {one_line(known.name)!r} is said to be of table {one_line(table)!r}"
        raise UnreadableExtract(where, found, f"Tables: {', '.join(RAW)}.")
    strange = [name for name in (column, *constants) if name not in native_columns(table)]
    if strange:
        found = f"field {one_line(known.name)!r} is said to fill {table}.{one_line(strange[0])}"
        raise UnreadableExtract(where, found, f"Columns: {', '.join(native_columns(table))}.")
    row = said.get("row") or " ".join(f"{name}={text}" for name, text in sorted(constants.items()))
    return Target(known, table, column, row, constants)


def _by_name(known: Field) -> list[Target]:
    """Read a field by its name: `value` or `lab_result_value` in the instrument `lab_result`."""
    table = known.form
    column = known.name.removeprefix(f"{table}_")
    return [Target(known, table, column)] if table in RAW and column in native_columns(table) else []


def _joined(targets: Sequence[Target]) -> list[Target]:
    """Let one row of its own be the row of its instrument, where the two complete each other.

    In an instrument with a field for the code, `value` with a unit that never changes is no second row; and
    a child is one row, whatever is said of it.
    """
    places: dict[tuple[str, str], list[Target]] = {}
    for target in targets:
        places.setdefault((target.field.form, target.table), []).append(target)
    joined: list[Target] = []
    for (_, table), found in places.items():
        shared = {target.column for target in found if not target.row}
        own = {name for target in found if target.row for name in (target.column, *target.constants)}
        is_one = len({target.row for target in found if target.row}) == 1
        is_complete = shared & set(ESSENTIAL.get(table, ())) and not shared & own
        has_boxes = any(target.field.is_checkbox for target in found)
        if table == "patient" or (is_one and is_complete and not has_boxes):
            found = [dataclasses.replace(target, row="") for target in found]
        joined += found
    return joined


def _refuse_conflicts(targets: Iterable[Target], dictionary: Path) -> None:
    seen: dict[tuple[str, str, str, str], Target] = {}
    for target in targets:
        place = (target.field.form, target.table, target.row, target.column)
        other = seen.setdefault(place, target)
        if other is not target and not (target.field.is_checkbox and other.field.is_checkbox):
            both = f"fields {other.field.name!r} and {target.field.name!r}"
            found = f"{both} both fill {target.table}.{target.column}"
            hint = "Give each a code, or a row of its own (row=NAME)."
            raise UnreadableExtract(dictionary, found, hint)
