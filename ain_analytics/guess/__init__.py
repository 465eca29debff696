"""A first extract.toml for tables that nobody described: what can be told of them, and what must be asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ain_analytics.errors import AinError, BadOutput, UnreadableExtract, one_line
from ain_analytics.extract import read_extract
from ain_analytics.formats import NATIVE, TABLES, recognise
from ain_analytics.guess.content import Days, decimal_marks, is_number, order_of
from ain_analytics.guess.samples import Sample, read_samples
from ain_analytics.guess.tables import (
    TableGuess,
    guess_tables,
    has_known_name,
    is_header,
    parts_of,
    table_in_name,
)
from ain_analytics.guess.text import as_toml
from ain_analytics.guess.words import LocalWords, add_words, long_words, toml_text, units_known, wide_words
from ain_analytics.sender import OPTIONS_FILE, SenderOptions

__all__ = ["Mapped", "map_source"]


@dataclass(frozen=True, slots=True)
class Mapped:
    """What was found: the text of extract.toml (empty where none is needed), and a summary in lines."""

    text: str
    summary: tuple[str, ...]


def map_source(source: Path | str) -> Mapped:
    """Look at the files of a source and write a first `extract.toml`, with questions where it is unsure.

    It shows headers, forms and words that the program knows or that at least five children share, and
    counts; never a key, a date or a result.

    Parameters
    ----------
    source : path
        A folder, or one of its files.

    Returns
    -------
    Mapped

    Raises
    ------
    UnreadableExtract
        There is nothing to look at.
    """
    path = Path(source)
    if not path.exists():
        raise UnreadableExtract(path, "there is no such file or folder", "Give the folder with the files.")
    if path.suffix.lower() in (".duckdb", ".db"):
        raise UnreadableExtract(path, "it is a database", "Write its tables as files, and map those.")
    try:
        found = sorted(path.iterdir()) if path.is_dir() else [path]
    except OSError as error:
        raise UnreadableExtract(path, "it cannot be looked into", "Ask for the right to read it.") from error
    paths = [one for one in found if not one.name.startswith((".", OPTIONS_FILE))]
    if not paths:
        raise UnreadableExtract(path, "there is no file in it", "Give the folder with the files.")
    if said := _by_itself(path, paths):
        return Mapped("", (said,))
    samples, notes = _samples(paths)
    guesses = [guess for sample in samples for guess in guess_tables(sample)]
    local = _add_words(guesses)
    marks = {_place(sample): _mark(sample) for sample in samples}
    every_day = [day for guess in guesses for day in guess.days()]
    notes += _unused(samples, guesses)
    text, summary = as_toml(
        one_line(path.resolve().name), guesses, local, marks, every_day, day_order(every_day), notes
    )
    return Mapped(text, tuple(summary))


def _by_itself(path: Path, paths: Sequence[Path]) -> str:
    """Say so where the program reads a source as it is."""
    known = recognise(paths, SenderOptions())
    if known is TABLES or not known.looks_like(paths):
        return ""
    if known is NATIVE:
        try:
            if not path.is_dir() or (path / OPTIONS_FILE).exists():
                return ""
            samples = [sample for one in paths if NATIVE.table_of(one) for sample in read_samples(one)]
            read_extract(path)
        except AinError:
            return ""
        guesses = [guess for sample in samples for guess in guess_tables(sample)]
        if any(day.forms for guess in guesses for day in guess.days()) or "," in map(_mark, samples):
            return ""
    name = one_line(path.name)
    return f"{name} is in {known.words}, which the program reads as it is: no extract.toml is needed."


def _samples(paths: Sequence[Path]) -> tuple[list[Sample], list[str]]:
    samples: list[Sample] = []
    notes: list[str] = []
    for path in paths:
        try:
            found = read_samples(path)
        except AinError as error:
            notes.append(f"not read: {error}")
            continue
        for sample in found:
            if is_header(sample):
                samples.append(sample)
            else:
                notes.append(f"{_name(sample)}: its first line looks like a row; a header is needed")
    return samples, notes


def _name(sample: Sample) -> str:
    sheet = f", sheet {sample.sheet}" if sample.sheet else ""
    return one_line(sample.path.name + sheet)


def _place(sample: Sample) -> tuple[Path, str]:
    return sample.path, sample.sheet


def _unused(samples: Sequence[Sample], guesses: Sequence[TableGuess]) -> list[str]:
    used = {_place(guess.sample) for guess in guesses}
    return [
        f"{_name(sample)}: no table of the format was seen in it"
        + (f", though its name says {table}" if (table := table_in_name(sample)) else "")
        + (
            f"; its columns: {', '.join(map(toml_text, filter(None, sample.header)))}"
            if has_known_name(sample)
            else ""
        )
        for sample in samples
        if _place(sample) not in used
    ]


def _mark(sample: Sample) -> str:
    """Tell the decimal mark of most numbers in the columns of numbers of a sample, if there is any."""
    points = commas = 0
    for header in sample.header:
        cells = sample.cells(header)
        if header and is_number(cells):
            more = decimal_marks(cells)
            points, commas = points + more[0], commas + more[1]
    if not points + commas:
        return ""
    return "," if commas > points else "."


def day_order(every_day: Sequence[Days]) -> bool | None:
    """Tell the order of day and month in all columns of a source, or None where nothing tells it."""
    return order_of(sum(day.n_day_first for day in every_day), sum(day.n_month_first for day in every_day))


def _add_words(guesses: Sequence[TableGuess]) -> LocalWords:
    """Add what words, codes and units mean."""
    local = LocalWords()
    labs = [guess for guess in guesses if guess.table == "lab_result"]
    units: dict[str, None] = {}
    for guess in labs:
        headers = [*guess.columns.get("unit", []), *(unit for unit in guess.wide.values() if unit)]
        for header in headers:
            counted = guess.sample.cells(header).value_counts(sort=True, name="n")
            units |= dict.fromkeys(counted.to_series(0).to_list())
        units |= dict.fromkeys(unit for header in guess.wide if (unit := parts_of(header)[1]))
    kinds = units_known([*units]) if units else {}
    for guess in guesses:
        add_words(guess)
    for guess in labs:
        if guess.wide:
            wide_words(guess, kinds)
        else:
            long_words(guess, kinds, local)
    return local


def check_place(out: Path, force: bool) -> None:
    """Refuse to write over an extract.toml that is there.

    Raises
    ------
    BadOutput
    """
    if out.exists() and not force:
        raise BadOutput(
            out, "exists and may hold answers; take --force to write over it, or -o for another name"
        )
