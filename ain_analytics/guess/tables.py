"""Which table of the format a sample is, and which of its columns are which."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import pairwise

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.guess.content import (
    Days,
    analytes_of,
    column_synonyms,
    days,
    has_known_analytes,
    is_code,
    is_day,
    is_number,
    is_time,
    key_of,
    table_synonyms,
)
from ain_analytics.guess.samples import Sample
from ain_analytics.schema import columns_of

_BRACKET = re.compile(r"(.*?)\s*[(\[]([^()\[\]]*)[)\]]\s*")
_REPEATED = re.compile(r"[.]\d+$")
_WEAK_KEYS = ("id", "nr", "no")
_DAY_OF = {
    "lab_result": "sampled_at",
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "treatment": "started_on",
    "marrow_exam": "examined_on",
    "genetic_test": "tested_on",
}
_KINDS = {"diagnosis": "icd", "treatment": "atc"}


@dataclass(slots=True)
class TableGuess:
    """What one sample is taken for; `wide` are headers of analytes with the headers of their units."""

    table: str
    sample: Sample
    columns: dict[str, list[str]] = field(default_factory=dict)
    wide: dict[str, str] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)
    constants: dict[str, str] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    wide_lines: list[str] = field(default_factory=list)

    def days(self) -> list[Days]:
        """Give the forms of its days; a time in a column beside it is joined."""
        found = []
        for name, headers in self.columns.items():
            if name.endswith(("_on", "_at", "_date")):
                own = days(self.sample.cells(headers[0]))
                if len(headers) > 1:
                    times = days_of_times(self.sample.cells(headers[1]))
                    joined = tuple(f"{form} {time}" for form in own.forms for time in times)
                    own = Days((*own.forms, *joined), own.n_day_first, own.n_month_first)
                found.append(own)
        return found


def days_of_times(cells: pl.Series) -> list[str]:
    """Tell the forms of times of day."""
    n_colons = {cell.count(":") for cell in cells if ":" in cell}
    return [form for n, form in ((1, "%H:%M"), (2, "%H:%M:%S")) if n in n_colons]


def parts_of(header: str) -> tuple[str, str]:
    """Give a header without what stands in brackets at its end, and what stands there, often a unit."""
    found = _BRACKET.fullmatch(header)
    return (found[1], found[2].strip()) if found and found[1] else (header, "")


def is_header(sample: Sample) -> bool:
    """Tell whether the first record names columns; names that are days or numbers are a row."""
    named = pl.Series([name for name in sample.header if name], dtype=pl.String)
    is_row = any(is_day(one) or is_number(one) for one in (named[i : i + 1] for i in range(len(named))))
    return len(named) > 0 and not is_row


def has_known_name(sample: Sample) -> bool:
    """Tell whether any column has a name that the program knows: the first line of a letter has none."""
    known = set[str]().union(*column_synonyms().values())
    return any(key_of(parts_of(header)[0]) in known for header in sample.header)


class _Finder:
    """Finds columns by their names, each for one purpose."""

    def __init__(self, sample: Sample) -> None:
        self.sample = sample
        self.keys = {header: key_of(parts_of(header)[0]) for header in sample.header if header}

    def named(
        self, column: str, but: Iterable[str] = (), holds: Callable[[pl.Series], bool] | None = None
    ) -> list[str]:
        """Give the columns whose header is a word for `column`, and which hold what they should."""
        known = column_synonyms().get(column, set()) | {key_of(column)}
        found = [header for header, key in self.keys.items() if key in known and header not in but]
        return [header for header in found if holds is None or holds(self.sample.cells(header))]

    def day(self, column: str, but: Iterable[str]) -> list[str]:
        own = self.named(column, but)
        return own or self.named("date", but, is_day)

    def patient(self) -> list[str]:
        own = self.named("patient_id")
        return own or [header for header, key in self.keys.items() if key in _WEAK_KEYS]


def guess_tables(sample: Sample) -> list[TableGuess]:
    """Tell which tables a sample feeds; a file of visits may feed several."""
    finder = _Finder(sample)
    patients = finder.patient()
    if not patients or sample.rows.is_empty():
        return []
    found = []
    for table, columns, wide in _kinds(finder):
        guess = TableGuess(table, sample, {"patient_id": patients[:1]}, wide)
        guess.columns |= {name: [header] for name, header in columns.items()}
        _add_days(guess, finder)
        _add_others(guess, finder)
        if len(patients) > 1:
            guess.questions.append(f"patient_id may also be {', '.join(map(repr, patients[1:]))}")
        found.append(guess)
    return found


def _kinds(finder: _Finder) -> list[tuple[str, dict[str, str], dict[str, str]]]:
    """Tell the tables that a sample feeds, with the columns by which that was seen."""
    sample = finder.sample
    found: list[tuple[str, dict[str, str], dict[str, str]]] = []
    if births := finder.named("birth_date"):
        found.append(("patient", {"birth_date": births[0]}, {}))
    values = finder.named("value")
    if (codes := finder.named("code", values, has_known_analytes)) and values:
        found.append(("lab_result", {"code": codes[0], "value": values[0]}, {}))
    elif wide := _wide(finder):
        found.append(("lab_result", {}, wide))
    for table, kind in _KINDS.items():
        holding = [header for header in finder.keys if is_code(sample.cells(header), kind)]
        named = [header for header in finder.named("code") if header in holding] or holding
        if named:
            found.append((table, {"code": named[0]}, {}))
    tests = {key_of(name) for name in code_list("antibody_method")["test_key"]}
    assays = finder.named("test", (), lambda cells: any(key_of(cell) in tests for cell in cells.unique()))
    if assays and (results := finder.named("result", assays)):
        found.append(("antibody_test", {"test": assays[0], "result": results[0]}, {}))
    if marrow := finder.named("cellularity"):
        found.append(("marrow_exam", {"cellularity": marrow[0]}, {}))
    if (genes := finder.named("gene")) and (results := finder.named("result", genes)):
        found.append(("genetic_test", {"gene": genes[0], "result": results[0]}, {}))
    return found


def _wide(finder: _Finder) -> dict[str, str]:
    """Give the columns that are named after an analyte and hold numbers, with the columns of their units."""
    units = column_synonyms()["unit"]
    headers = [*finder.keys]
    of_units = {header for header in headers if key_of(_REPEATED.sub("", header)) in units}
    beside = {one: after for one, after in pairwise(headers) if after in of_units and len(of_units) > 1}
    found: dict[str, str] = {}
    for header in finder.keys:
        name = parts_of(header)[0]
        if analytes_of(name) and is_number(finder.sample.cells(header)):
            own = {key_of(name) + word for word in units} | {word + key_of(name) for word in units}
            marked = [h for h, key in finder.keys.items() if key in own and _has_marks_of(name, h)]
            found[header] = marked[0] if marked else beside.get(header, "")
    return found


def _has_marks_of(name: str, header: str) -> bool:
    """Tell `NEUT % unit` from `NEUT unit`."""
    return all((mark in name) == (mark in header) for mark in "#%")


def _add_days(guess: TableGuess, finder: _Finder) -> None:
    """Find the day of a row, and for a specimen its time of day."""
    name = _DAY_OF.get(guess.table)
    if name is None:
        return
    births = finder.named("birth_date")
    found = finder.day(name, births)
    if not found:
        guess.questions.append(f"which column is {name}?")
        return
    guess.columns[name] = found[:1]
    if len(found) > 1:
        guess.questions.append(f"{name} may also be {', '.join(map(repr, found[1:]))}")
    times = finder.named("time", found, is_time)
    has_time = any(":" in cell for cell in guess.sample.cells(found[0]).head(1000) if " 00:00" not in cell)
    if name == "sampled_at" and times and not has_time:
        guess.columns[name].append(times[0])


def _add_others(guess: TableGuess, finder: _Finder) -> None:
    """Find the other columns of the table, those that are not obligatory too."""
    used = {header for headers in guess.columns.values() for header in headers}
    used |= {*guess.wide, *guess.wide.values()}
    for name in columns_of(guess.table):
        if name in guess.columns or (guess.wide and name in ("code", "value", "code_system")):
            continue
        if named := finder.named(name, used):
            guess.columns[name] = named[:1]
            used.add(named[0])


def table_in_name(sample: Sample) -> str:
    """Tell the table that the name of a file or a sheet tells, else nothing."""
    known = table_synonyms()
    words = re.split(r"[^\w]+|_|\d+", sample.sheet or sample.path.name.split(".")[0])
    return next((known[key_of(word)] for word in words if key_of(word) in known), "")
