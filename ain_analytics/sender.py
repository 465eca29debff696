"""What the sender says of an extract, in `extract.toml` beside it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from ain_analytics.codes import analyte_code
from ain_analytics.errors import UnreadableExtract, one_line
from ain_analytics.mapping import (
    SEE,
    TableMapping,
    Writing,
    check_date_formats,
    check_writing,
    read_mappings,
)

OPTIONS_FILE = "extract.toml"
_LARGEST = 1 << 20
_TEXTS = {
    "source": "",
    "format": "",
    "encoding": "utf-8",
    "delimiter": ",",
    "decimal_mark": ".",
    "birth_date_precision": "day",
    "specimen_field_concept_id": "",
}
_PRECISIONS = ("day", "month", "year")
_TABLES = ("codes", "units")
_NESTED = ("redcap",)
"""Tables of tables, which their formats read themselves."""
_TOMORROW = timedelta(days=1)
"""It may be tomorrow already where the extract was made."""


@dataclass(frozen=True, slots=True)
class SenderOptions:
    """What the sender says of an extract in `extract.toml`; every line may be left out.

    Parameters
    ----------
    extracted_on : date, optional
        Last day that the extract can speak of; later rows are set aside. Default: today.
    source : str
        Where the extract comes from, for the report.
    format : str
        Which of the formats it is in, where that cannot be told from its files.
    encoding, delimiter, decimal_mark : str
        How text files are written.
    birth_date_precision : str
        What suffices of a birth date: the `day`, or the `month` or `year`, of which the middle then stands
        for the day.
    date_formats : tuple of str
        Forms in which dates are written, beside ISO, as in `strptime`.
    specimen_field_concept_id : str
        Of an OMOP source without a table of concepts: what says that an event id is that of a specimen.
    codes : mapping of local code to LOINC code
        The laboratory's own codes.
    units : mapping of local unit to known unit
        The laboratory's own spellings.
    redcap : mapping
        What a REDCap project needs beside its data dictionary; see `formats.redcap`.
    tables : tuple of TableMapping
        Which of the sender's own files and columns are which; empty where nothing is said of them.
    """

    extracted_on: date | None = None
    source: str = ""
    format: str = ""
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal_mark: str = "."
    birth_date_precision: str = "day"
    date_formats: tuple[str, ...] = ()
    specimen_field_concept_id: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    redcap: Mapping[str, object] = field(default_factory=dict)
    tables: tuple[TableMapping, ...] = ()


def read_options(path: Path, extracted_on: date | None) -> tuple[SenderOptions, tuple[str, ...]]:
    """Read `extract.toml`, where there is one.

    Parameters
    ----------
    path : Path
        Where it would be.
    extracted_on : date, optional
        Overrides the sender's.

    Returns
    -------
    tuple of SenderOptions and tuple of str
        What it says, and the names of its lines that say nothing to the program.

    Raises
    ------
    UnreadableExtract
        It cannot be read, or says what cannot be.
    """
    said = _read(path)
    day = extracted_on or said.get("extracted_on")
    if isinstance(day, datetime):
        day = day.date()
    if day is not None and not isinstance(day, date):
        raise UnreadableExtract(
            path, "extracted_on is no date", "Write extracted_on = 2024-06-30, without quotation marks."
        )
    if day is not None and day > date.today() + _TOMORROW:
        raise UnreadableExtract(
            path, "extracted_on lies in the future", "Say the last day that is in the rows."
        )
    texts = {name: said.get(name, default) for name, default in _TEXTS.items()}
    for name, text in texts.items():
        if not isinstance(text, str):
            raise UnreadableExtract(path, f"{name} is no text", SEE)
    tables = {name: said.get(name, {}) for name in _TABLES}
    for name, table in tables.items():
        if not isinstance(table, dict) or not all(isinstance(meaning, str) for meaning in table.values()):
            raise UnreadableExtract(path, f"[{name}] is no table of texts", SEE)
    nested = {name: said.get(name, {}) for name in _NESTED}
    for name, part in nested.items():
        if not isinstance(part, dict):
            raise UnreadableExtract(path, f"[{name}] is no table", SEE)
    formats = check_date_formats(said.get("date_formats", []), path)
    given = texts | tables | nested
    options = SenderOptions(extracted_on=day, date_formats=formats, **given)  # type: ignore[arg-type]
    options = _with_mappings(_checked(options, path), said, path)
    known = {"extracted_on", "date_formats", "tables", *_TEXTS, *_TABLES, *_NESTED}
    unknown = sorted(set(said) - known) + _unknown_codes(options.codes)
    return options, tuple(one_line(name) for name in unknown)


def _read(path: Path) -> dict[str, object]:
    if not path.exists() and not path.is_symlink():
        return {}
    try:
        if path.stat().st_size > _LARGEST:
            raise UnreadableExtract(
                path, "it is larger than 1 MiB", "It holds what the sender says, not rows."
            )
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnreadableExtract:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableExtract(path, "it is no readable TOML", "Mend it, or take it away.") from error
    except OSError as error:
        raise UnreadableExtract(path, "it cannot be opened", "Mend it, or take it away.") from error


def _checked(options: SenderOptions, path: Path) -> SenderOptions:
    """Refuse a way to write text that cannot be; give the encoding its common name."""
    if options.birth_date_precision not in _PRECISIONS:
        raise UnreadableExtract(path, f"birth_date_precision is none of {', '.join(_PRECISIONS)}", SEE)
    return replace(options, encoding=check_writing(_writing(options), path).encoding)


def _writing(options: SenderOptions) -> Writing:
    return Writing(options.encoding, options.delimiter, options.decimal_mark, options.date_formats)


def _with_mappings(options: SenderOptions, said: Mapping[str, object], path: Path) -> SenderOptions:
    """Add what the sender says of tables of its own, or of dates in a form of its own."""
    if "tables" not in said and not options.date_formats and options.format != "tables":
        return options
    tables = read_mappings(said.get("tables", {}), _writing(options), options.codes, path)
    return replace(options, tables=tables)


def _unknown_codes(codes: Mapping[str, str]) -> list[str]:
    known = set(analyte_code()["code"])
    return [f"codes.{own}" for own, meant in codes.items() if meant not in known]
