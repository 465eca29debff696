"""What the cells of a column look like: days, times, numbers, words, codes. No cell leaves this module."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from ain_analytics.codes import code_list

MOST = 0.7
"""Share of the cells of a column that must look alike, our choice: real columns hold some rubbish."""
CLEAR = 20
"""One order of day and month must be so many times as frequent as the other, our choice."""
FEW = 3
"""A form that fewer cells have is an error of writing, our choice, unless it is that of most."""
_CLOCK = r"\d{1,2}:\d{2}(?P<seconds>:\d{2}(\.\d+)?)?(?P<half> ?[AaPp][Mm])?"
_ISO = re.compile(r"[12]\d{3}-\d{2}-\d{2}([ T]" + _CLOCK + r"\S*)?")
_PARTS = re.compile(
    r"(?P<a>\d{1,2})(?P<sep>[./-])(?P<b>\d{1,2})(?P=sep)(?P<year>\d{4}|\d{2})( " + _CLOCK + ")?"
)
_COMPACT = re.compile(r"(19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
_NAMED = re.compile(r"\d{1,2}(?P<sep>[ -]?)[A-Za-z]{3}(?P=sep)\d{4}( " + _CLOCK + ")?")
_TIME = re.compile(_CLOCK)
_NUMBER = re.compile(r"[<>]?=? ?[+-]?\d+([.,]\d+)?")
_CODES = {
    "icd": re.compile(r"[A-TV-Z]\d[0-9A-Z](\.?[0-9A-Z]{1,4})?[+*!]?"),
    "atc": re.compile(r"[A-DGHJLMNPRSV]\d{2}[A-Z]{2}(\d{2})?"),
}
LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class Days:
    """The forms of the days in a column: those that are clear, and how often each order could be told."""

    forms: tuple[str, ...]
    n_day_first: int = 0
    n_month_first: int = 0


def key_of(text: str, keep: str = "") -> str:
    """Write a name so that case, accents, blanks and marks do not matter."""
    bare = unicodedata.normalize("NFKD", text.lower().replace("ß", "ss"))
    return "".join(c for c in bare if c.isalnum() or c in keep)


def share(cells: pl.Series, kind: re.Pattern[str]) -> float:
    """Give the share of cells that look like something."""
    return sum(kind.fullmatch(cell) is not None for cell in cells) / max(len(cells), 1)


def is_day(cells: pl.Series) -> bool:
    """Tell whether a column holds days."""
    return sum(_shape(cell) is not None for cell in cells) > MOST * len(cells) and len(cells) > 0


def is_time(cells: pl.Series) -> bool:
    """Tell whether a column holds times of day without a day."""
    return len(cells) > 0 and share(cells, _TIME) > MOST


def is_number(cells: pl.Series) -> bool:
    """Tell whether a column holds numbers."""
    return len(cells) > 0 and share(cells, _NUMBER) > MOST


def is_code(cells: pl.Series, kind: str) -> bool:
    """Tell whether a column holds codes of `icd` or `atc`."""
    is_atc = share(cells, _CODES["atc"]) > MOST
    return len(cells) > 0 and (is_atc if kind == "atc" else not is_atc and share(cells, _CODES[kind]) > MOST)


def has_known_analytes(cells: pl.Series) -> bool:
    """Tell whether a column names analytes, by LOINC or by names that the program knows."""
    known = {*code_list("loinc_anc")["code"]}
    return any(cell in known or analytes_of(cell) for cell in cells.unique())


def decimal_marks(cells: pl.Series) -> tuple[int, int]:
    """Count the numbers with a point and those with a comma."""
    numbers = [cell for cell in cells if _NUMBER.fullmatch(cell)]
    return sum("." in cell for cell in numbers), sum("," in cell for cell in numbers)


def _shape(cell: str) -> re.Match[str] | None:
    return next((m for kind in (_ISO, _PARTS, _COMPACT, _NAMED) if (m := kind.fullmatch(cell))), None)


def days(cells: pl.Series) -> Days:
    """Tell the forms of days, by frequency; `?` stands for the order of day and month where both are open."""
    found: dict[str, int] = {}
    day_first = month_first = 0
    for cell in cells:
        match = _shape(cell)
        if match is None or match.re is _ISO:
            continue
        form = _form(match)
        found[form] = found.get(form, 0) + 1
        if match.re is _PARTS:
            day_first += int(match["a"]) > LAST_MONTH >= int(match["b"])
            month_first += int(match["b"]) > LAST_MONTH >= int(match["a"])
    by_number = sorted(found.items(), key=lambda item: -item[1])
    often = [form for form, n in by_number if n * CLEAR > len(cells) and (n >= FEW or n + n > len(cells))]
    return Days(tuple(often), day_first, month_first)


def _form(match: re.Match[str]) -> str:
    said = match.groupdict()
    if match.re is _COMPACT:
        return "%Y%m%d"
    if match.re is _NAMED:
        form = f"%d{said['sep']}%b{said['sep']}%Y"
    else:
        year = "%Y" if len(said["year"]) == len("2024") else "%y"
        order = "%d{0}%m{0}" if said["sep"] == "." else "?{0}?{0}"
        form = order.format(said["sep"]) + year
    text = match.group()
    if ":" not in text:
        return form
    hour = "%I" if said["half"] else "%H"
    half = "" if not said["half"] else " %p" if said["half"].startswith(" ") else "%p"
    return f"{form} {hour}:%M{':%S' if said['seconds'] else ''}{half}"


def ordered(forms: Sequence[str], day_first: bool) -> list[str]:
    """Put the order of day and month into forms that leave it open."""
    first, second = ("%d", "%m") if day_first else ("%m", "%d")
    return list(dict.fromkeys(form.replace("?", first, 1).replace("?", second, 1) for form in forms))


def order_of(n_day_first: int, n_month_first: int) -> bool | None:
    """Tell whether the day comes first, or None where nothing tells it clearly."""
    if n_day_first > CLEAR * n_month_first:
        return True
    return False if n_month_first > CLEAR * n_day_first else None


@cache
def column_synonyms() -> dict[str, set[str]]:
    """Give the keys of the headers that name each column."""
    found: dict[str, set[str]] = {}
    for column, synonym in code_list("column_synonym").select("column", "synonym").rows():
        found.setdefault(column, set()).add(key_of(synonym))
    return found


@cache
def table_synonyms() -> dict[str, str]:
    """Give the table that a word in the name of a file tells."""
    return {key_of(word): table for table, word in code_list("table_synonym").rows()}


@cache
def word_synonyms(column: str) -> dict[str, str]:
    """Give what the words of a column mean, by the word in small letters."""
    rows = code_list("word_synonym").filter(pl.col("column") == column).select("word", "means").rows()
    return {word.lower(): means for word, means in reversed(rows)}


@cache
def _analytes() -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, kind, code, question in code_list("analyte_synonym").rows():
        found.setdefault(key_of(name, "#%"), {})[kind] = (code, question or "")
    return found


def analytes_of(name: str) -> dict[str, tuple[str, str]]:
    """Give what the name of an analyte means, by kind of measure: its LOINC code, and what is to be asked."""
    return _analytes().get(key_of(name, "#%"), {})
