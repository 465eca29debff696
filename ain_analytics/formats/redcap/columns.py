"""Which field each column of an export holds: by name in a raw export, by label in a labelled one."""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ain_analytics.errors import UnreadableExtract, first_line, one_line
from ain_analytics.formats.redcap.dictionary import Field, key_of, key_of_code
from ain_analytics.formats.redcap.mapping import GROUP

RAW_SYSTEM = {
    "redcap_event_name": "event",
    "redcap_repeat_instrument": "instrument",
    "redcap_repeat_instance": "instance",
    GROUP: GROUP,
    "redcap_survey_identifier": "",
}
LABELLED_SYSTEM = {
    "event name": "event",
    "repeat instrument": "instrument",
    "repeat instance": "instance",
    "data access group": GROUP,
    "survey identifier": "",
    "survey timestamp": "",
    "complete?": "",
}
"""Columns that REDCap itself adds, by their name or label; of no use where nothing stands for them."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: the field and choice that it holds, or what REDCap says in it."""

    ordinal: int
    field: str = ""
    choice: str | None = None
    system: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of an export that are known, and the names of the others."""

    known: tuple[Column, ...]
    unknown: tuple[str, ...]
    is_labelled: bool


def columns_of_export(
    header: Sequence[str],
    fields: Sequence[Field],
    mapped: Container[str],
    missing: Container[str],
    where: Path,
) -> Columns:
    """Tell what each column of an export holds.

    Parameters
    ----------
    header : sequence of str
    fields : sequence of Field
        All fields of the project, the record id first.
    mapped : container of str
        Names of the fields that fill a column of the native format.
    missing : container of str
        Missing-data codes and their labels, as the headers of checkbox columns have them.
    where : Path
        The file, for messages.

    Raises
    ------
    UnreadableExtract
        One field stands in two columns, or labels do not tell which field a column holds.
    """
    raw, (labelled, unclear) = _by_name(header, fields), _by_label(header, fields, mapped)
    chosen = max((raw, labelled), key=lambda found: sum(column is not None for column in found))
    if chosen is labelled and unclear:
        found = f"the label of column {unclear[0] + 1} stands for several fields"
        raise UnreadableExtract(where, found, "Export the data raw, or give the fields different labels.")
    known = [column for column in chosen if column is not None]
    places: dict[tuple[str, str | None, str], Column] = {}
    for column in known:
        if column.field or column.system:
            other = places.setdefault((column.field, column.choice, column.system), column)
            if other is not column:
                found = f"columns {other.ordinal + 1} and {column.ordinal + 1} hold one field"
                raise UnreadableExtract(where, found, "Drop one.")
    unknown = [name for name, column in zip(header, chosen, strict=True) if column is None]
    _refuse_lost_choices(unknown, fields, mapped, missing, where)
    shown = tuple(one_line(first_line(name)) for name in unknown if name)
    return Columns(tuple(known), shown, chosen is labelled)


def _by_name(header: Sequence[str], fields: Sequence[Field]) -> list[Column | None]:
    names: dict[str, tuple[str, str | None, str]] = {
        name: ("", None, what) for name, what in RAW_SYSTEM.items()
    }
    for form in {field.form for field in fields}:
        names |= {f"{form}_complete": ("", None, ""), f"{form}_timestamp": ("", None, "")}
    for field in fields:
        for choice, _ in field.choices if field.is_checkbox else ():
            names[f"{field.name}___{key_of_code(choice)}"] = (field.name, choice, "")
        if not field.is_checkbox:
            names[field.name] = (field.name, None, "")
    found = (names.get(_checkbox_name(name.strip().lower())) for name in header)
    return [Column(n, *what) if what else None for n, what in enumerate(found)]


def _checkbox_name(name: str) -> str:
    field, mark, choice = name.partition("___")
    return f"{field}{mark}{key_of_code(choice)}" if mark else name


def _by_label(
    header: Sequence[str], fields: Sequence[Field], mapped: Container[str]
) -> tuple[list[Column | None], list[int]]:
    """Find labels that stand for one field; then those in between, which REDCap writes in the same order.

    Also give the columns of which that does not tell the field, where it matters.
    """
    places: dict[str, list[tuple[int, str, str | None]]] = {}
    for place, (key, name, choice) in enumerate(_labels(fields)):
        places.setdefault(key, []).append((place, name, choice))
    keys = [key_of(name) for name in header]
    found: list[Column | None] = []
    unclear: list[int] = []
    at: list[int | None] = []
    for n, key in enumerate(keys):
        only = places[key][0] if len(places.get(key, ())) == 1 else None
        system = LABELLED_SYSTEM.get(key)
        found.append(Column(n, *only[1:]) if only else None if system is None else Column(n, system=system))
        at.append(only[0] if only else None)
    for key in dict.fromkeys(key for key in keys if len(places.get(key, ())) > 1):
        for columns, between in _windows(key, keys, at, places[key]):
            if len(columns) == len(between):
                pairs = zip(columns, between, strict=True)
                for n, (_, name, choice) in pairs:
                    found[n] = Column(n, name, choice)
            elif any(name in mapped for _, name, _ in places[key]):
                unclear += columns
    return found, unclear


def _labels(fields: Sequence[Field]) -> Iterable[tuple[str, str, str | None]]:
    for field in fields:
        if not field.is_checkbox:
            yield key_of(field.label), field.name, None
        for choice, label in field.choices if field.is_checkbox else ():
            yield key_of(f"{field.label} (choice={label})"), field.name, choice


def _windows(
    key: str, keys: Sequence[str], at: Sequence[int | None], places: Sequence[tuple[int, str, str | None]]
) -> Iterable[tuple[list[int], list[tuple[int, str, str | None]]]]:
    """Give the columns of one label between two that are known, and the fields between those two."""
    columns: dict[tuple[int, int], list[int]] = {}
    for n, name in enumerate(keys):
        if name == key:
            before = next((place for place in reversed(at[:n]) if place is not None), -1)
            after = next((place for place in at[n:] if place is not None), -1)
            columns.setdefault((before, after), []).append(n)
    for (before, after), found in columns.items():
        yield found, [place for place in places if before < place[0] and (place[0] < after or after < 0)]


def _refuse_lost_choices(
    unknown: Iterable[str],
    fields: Iterable[Field],
    mapped: Container[str],
    missing: Container[str],
    where: Path,
) -> None:
    checkboxes = [field for field in fields if field.is_checkbox and field.name in mapped]
    heads = {field.name for field in checkboxes} | {key_of(field.label) for field in checkboxes}
    for name in unknown:
        field, _, choice = name.strip().lower().partition("___")
        label, _, choice_label = key_of(name).rpartition(" (choice=")
        is_raw = field in heads and key_of_code(choice) not in missing
        if is_raw or (label in heads and choice_label.removesuffix(")") not in missing):
            found = f"column {one_line(name)!r} ticks a choice that the data dictionary does not have"
            hint = "Download the dictionary again, or name the code in missing_codes of extract.toml."
            raise UnreadableExtract(where, found, hint)
