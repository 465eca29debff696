"""A registry as a German hospital would send it: tables of its own, the blood counts one row a specimen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

ENCODING, DELIMITER = "cp1252", ";"
ISO_DAY = r"^\d{4}-\d\d-\d\d$"
KEY = ["patient_id", "sampled_at", "specimen_id"]


@dataclass(frozen=True, slots=True)
class Analyte:
    """One column of results; the unit stands in a column beside it, because it differs by device."""

    column: str
    code: str
    method: str = ""

    @property
    def unit_column(self) -> str:
        """Name of the column beside it."""
        return f"{self.column} Einheit"


ANALYTES = (
    Analyte("NEUT abs", "751-8", "automated"),
    Analyte("NEUT man", "753-4", "manual"),
    Analyte("ANC", "26499-4"),
    Analyte("LEUK", "6690-2"),
    Analyte("LEUK man", "804-5", "manual"),
    Analyte("NEUT %", "770-8"),
    Analyte("SEGM %", "769-0", "manual"),
    Analyte("STAB %", "764-1", "manual"),
    Analyte("HB", "718-7"),
    Analyte("THRO", "777-3"),
)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One file: its name, its headers, and the words in which it says what the format says in English."""

    file: str
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]


RESULTS = {"positiv": "positive", "negativ": "negative", "grenzwertig": "indeterminate"}
SHEETS = {
    "patient": Sheet(
        "Stammdaten.csv",
        {
            "patient_id": "PatNr",
            "birth_date": "GebDat",
            "sex": "Geschlecht",
            "ancestry": "Herkunft",
            "duffy_status": "Duffy",
            "gestational_weeks": "SSW",
            "enrolled_on": "Einschluss",
            "last_contact_on": "Letzter Kontakt",
            "died_on": "Verstorben am",
            "site": "Klinik",
        },
        {"sex": {"w": "female", "m": "male", "unbekannt": "unknown"}},
    ),
    "antibody_test": Sheet(
        "Antikörper.csv",
        {
            "patient_id": "PatNr",
            "sampled_on": "Abnahmedatum",
            "test": "Test",
            "result": "Ergebnis",
            "specificity": "Spezifität",
            "subject": "Person",
        },
        {"result": RESULTS, "subject": {"Patient": "patient", "Mutter": "mother"}},
    ),
    "diagnosis": Sheet(
        "Diagnosen.csv", {"patient_id": "PatNr", "recorded_on": "Datum", "code": "ICD-Code"}, {}
    ),
    "treatment": Sheet(
        "Medikation.csv",
        {"patient_id": "PatNr", "started_on": "Beginn", "code": "ATC-Code", "ended_on": "Ende"},
        {},
    ),
    "marrow_exam": Sheet(
        "Knochenmark.csv",
        {
            "patient_id": "PatNr",
            "examined_on": "Untersuchungsdatum",
            "cellularity": "Zellularität",
            "segmented_reduced": "Segmentkernige vermindert",
        },
        {"segmented_reduced": {"ja": "yes", "nein": "no", "unklar": "unknown"}},
    ),
    "genetic_test": Sheet(
        "Genetik.csv",
        {"patient_id": "PatNr", "tested_on": "Befunddatum", "gene": "Gen", "result": "Befund"},
        {},
    ),
}
LAB = {"patient_id": "PatNr", "specimen_id": "Auftragsnummer"}
DAY, TIME = "Entnahmedatum", "Entnahmezeit"


def write(tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date) -> None:
    """Write a registry as tables of a hospital, with the extract.toml that says what they are.

    The laboratory's table is wide: one row a specimen, a column for each analyte and one for its unit. A
    result without a value is an empty cell, so it is not there at all; results of one specimen whose times
    differ, and results that were sent twice, stand in rows of their own. All else is as it was, bad dates
    and numbers in a foreign form included.

    Parameters
    ----------
    tables : mapping of table to frame
        The raw tables of the native format, every column text.
    folder : Path
    extracted_on : date
        Last day of which the extract speaks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(lab_wide(tables["lab_result"]), folder / "Labor.csv")
    for table, sheet in SHEETS.items():
        if table in tables:
            _write(in_german(tables[table], sheet), folder / sheet.file)
    said = _said([table for table in SHEETS if table in tables], extracted_on)
    (folder / "extract.toml").write_text(said, encoding="utf-8", newline="\n")


def in_german(frame: pl.DataFrame, sheet: Sheet) -> pl.DataFrame:
    """Write a table with the headers, words and dates of the hospital."""
    words = {name: {meant: word for word, meant in known.items()} for name, known in sheet.values.items()}
    cells = [
        (
            german_day(pl.col(name))
            if name.endswith(("_on", "_date"))
            else pl.col(name).replace(words.get(name, {}))
        ).alias(header)
        for name, header in sheet.columns.items()
        if name in frame.columns
    ]
    return frame.select(cells)


def german_day(day: pl.Expr) -> pl.Expr:
    """Write an ISO day as 31.12.2020; what is none stays as it is."""
    parsed = day.str.to_date("%Y-%m-%d", strict=False)
    return (
        pl.when(day.str.contains(ISO_DAY))
        .then(pl.coalesce(parsed.dt.strftime("%d.%m.%Y"), day))
        .otherwise(day)
    )


def lab_wide(results: pl.DataFrame) -> pl.DataFrame:
    """Give one row a specimen; each analyte has a column for its value and one for its unit."""
    known = results.with_columns(pl.int_range(pl.len()).over(*KEY, "code").alias("again"))
    record = [*KEY, "again"]
    rows = known.select(record).unique(maintain_order=True)
    for analyte in ANALYTES:
        own = known.filter(pl.col("code") == analyte.code).select(
            *record,
            german_number(pl.col("value")).alias(analyte.column),
            pl.col("unit").alias(analyte.unit_column),
        )
        rows = rows.join(own, on=record, how="left", nulls_equal=True, maintain_order="left")
    time = pl.col("sampled_at").str.extract(r"^[^T]*T(.*)$")
    day = german_day(pl.col("sampled_at").str.extract(r"^([^T]*)"))
    measured = [name for analyte in ANALYTES for name in (analyte.column, analyte.unit_column)]
    return rows.select(
        *(pl.col(name).alias(header) for name, header in LAB.items()),
        day.alias(DAY),
        time.str.slice(0, len("08:30")).alias(TIME),
        *measured,
    )


def german_number(value: pl.Expr) -> pl.Expr:
    """Write a number with a decimal comma, and one that had a comma, so was none, with a point."""
    swapped = value.str.replace_many([".", ","], [",", "."])
    return pl.when(value.str.contains(r"^[<-]?[\d.,]+$")).then(swapped).otherwise(value)


def _write(frame: pl.DataFrame, path: Path) -> None:
    text = frame.write_csv(separator=DELIMITER)
    path.write_bytes(text.encode(ENCODING))


def _said(tables: list[str], extracted_on: date) -> str:
    lines = [
        'format = "tables"',
        f"extracted_on = {extracted_on.isoformat()}",
        'source = "synthetic"',
        f'encoding = "{ENCODING}"',
        f'delimiter = "{DELIMITER}"',
        'decimal_mark = ","',
        'date_formats = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]',
    ]
    for table in tables:
        sheet = SHEETS[table]
        lines += ["", f"[tables.{table}]", f'files = ["{sheet.file}"]', f"columns = {_inline(sheet.columns)}"]
        lines += [f"values.{name} = {_inline(words)}" for name, words in sheet.values.items()]
    columns = ", ".join(f'{name} = "{header}"' for name, header in LAB.items())
    lines += [
        "",
        "[tables.lab_result]",
        'files = ["Labor.csv"]',
        f'columns = {{ {columns}, sampled_at = ["{DAY}", "{TIME}"] }}',
        "[tables.lab_result.wide]",
    ]
    for a in ANALYTES:
        method = f', method = "{a.method}"' if a.method else ""
        lines.append(f'"{a.column}" = {{ code = "{a.code}", unit_column = "{a.unit_column}"{method} }}')
    return "\n".join(lines) + "\n"


def _inline(said: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f'"{key}" = "{text}"' for key, text in said.items()) + " }"
