"""What is in an extract, what was set aside and why, and what looks odd."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import polars as pl

from ain_analytics.extract import Extract
from ain_analytics.oddities import oddities
from ain_analytics.registry import Registry
from ain_analytics.schema import RAW

NO_ERROR = ("used", "other_analyte", "other_test", "superseded", "not_of_use", "told_of_patient")
"""Fates that are no error of the extract."""
FATES = {
    "used": "used",
    "unknown_patient": "the child is not in table patient",
    "unusable_patient": "the child's row in table patient was set aside",
    "missing_patient_id": "no key of the child",
    "bad_birth_date": "birth date missing, no ISO date, or after the extract",
    "conflicting_birth_date": "one key, two birth dates; nothing says which is right",
    "conflicting_columns": "one key, rows that differ; nothing says which is right",
    "malformed_row": "the line has more or fewer cells than the header",
    "other_analyte": "neither a neutrophil nor a white-cell measure; no error",
    "other_test": "no test for antibodies against neutrophils; no error",
    "bad_date": "date missing or no date",
    "before_birth": "dated before birth",
    "after_extract": "dated after the day of the extract",
    "ends_before_start": "the course ends before it starts",
    "missing_value": "no value",
    "unknown_value": "a value that the program does not know",
    "value_not_a_number": "the value is no number",
    "missing_unit": "no unit; units are not guessed",
    "unknown_unit": "a unit that the program does not know",
    "impossible_value": "negative, or above what is possible",
    "duplicate": "equal to another row in every column",
    "incomplete": "a part of a count whose other part is not in the specimen",
    "not_of_use": "nothing that the program makes use of; no error",
    "told_of_patient": "told of a child what stands in the child's row; no error",
    "superseded": "a better measure of the same specimen was used; no error",
}
"""What each fate of a row means."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quality:
    """A look at an extract under one definition; counts only, no keys.

    Attributes
    ----------
    name : str
        Name of the source.
    extracted_on : date
        Last day that it speaks of.
    n_counts : int
        Daily counts that can be used.
    contents : polars.DataFrame
        One row per table: `table_name`, `files`, `n_rows`, `n_used`, `n_set_aside`, `n_errors`.
    fates : polars.DataFrame
        One row per table and fate: `table_name`, `fate`, `n_rows`, `words`.
    ignored : polars.DataFrame
        One row per thing that the program does not know: `kind`, `name`.
    oddities : polars.DataFrame
        One row per kind of oddity that was looked for: `name`, `n`, `of`, `words`.
    """

    name: str
    extracted_on: date
    n_counts: int
    contents: pl.DataFrame
    fates: pl.DataFrame
    ignored: pl.DataFrame
    oddities: pl.DataFrame

    @property
    def is_usable(self) -> bool:
        """Whether any neutrophil count of any child is left."""
        return self.n_counts > 0

    def __repr__(self) -> str:
        return self.as_text()

    def as_text(self) -> str:
        """Write it out for a terminal."""
        return "\n".join(
            [
                f"{self.name}, as of {self.extracted_on}",
                "",
                *_section("What is in it", self.contents.iter_rows(named=True), _content_line),
                *_section("What was set aside, and why", self._set_aside().iter_rows(named=True), _fate_line),
                *_section(
                    "What the program does not know", self.ignored.iter_rows(named=True), _ignored_line
                ),
                *_section("What looks odd", self._seen().iter_rows(named=True), _oddity_line),
            ]
        ).rstrip()

    def _set_aside(self) -> pl.DataFrame:
        return self.fates.filter(pl.col("fate") != "used")

    def _seen(self) -> pl.DataFrame:
        return self.oddities.filter(pl.col("n") > 0)

    def _repr_html_(self) -> str:
        parts = {
            "What is in it": self.contents,
            "What was set aside, and why": self._set_aside(),
            "What the program does not know": self.ignored,
            "What looks odd": self._seen(),
        }
        shown = [f"<h5>{title}</h5>{_html_table(frame)}" for title, frame in parts.items() if frame.height]
        return f"<h4>{escape(self.name)}, as of {self.extracted_on}</h4>" + "".join(shown)


def quality(registry: Registry) -> Quality:
    """Look at an extract: what is in it, what was set aside and why, what looks odd.

    Parameters
    ----------
    registry : Registry
        An open registry.

    Returns
    -------
    Quality
        Frozen; shows itself as text and in a notebook.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> seen = ain.quality(ain.open_registry(demo.tables, extracted_on=demo.extracted_on))
    >>> seen.contents["table_name"][0]
    'patient'
    """
    fates = registry.frame("row_fate")
    words = pl.col("fate").replace_strict(FATES, default=pl.col("fate").str.replace_all("_", " "))
    return Quality(
        name=registry.extract.name,
        extracted_on=registry.extract.extracted_on,
        n_counts=registry.n_rows("daily_anc"),
        contents=_contents(registry, fates),
        fates=fates.with_columns(words.alias("words")),
        ignored=_ignored(registry),
        oddities=oddities(registry),
    )


def _contents(registry: Registry, fates: pl.DataFrame) -> pl.DataFrame:
    n = pl.col("n_rows")
    is_used, is_no_error = pl.col("fate") == "used", pl.col("fate").is_in(NO_ERROR)
    counted = fates.group_by("table_name").agg(
        n.sum(), n.filter(is_used).sum().alias("n_used"), n.filter(~is_used).sum().alias("n_set_aside"),
        n.filter(~is_no_error).sum().alias("n_errors"),
    )  # fmt: skip
    sent = pl.DataFrame(
        _sent(registry.extract), schema={"table_name": pl.String, "files": pl.Int64}, orient="row"
    )
    return (
        sent.join(counted, on="table_name", how="left")
        .with_columns(pl.col("n_rows", "n_used", "n_set_aside", "n_errors").fill_null(0))
        .select("table_name", "files", "n_rows", "n_used", "n_set_aside", "n_errors")
    )


def _sent(extract: Extract) -> list[tuple[str, int]]:
    """Name the tables that were sent, in the order of the native format, with the number of their files."""
    files = [file.table for file in extract.files] + list(extract.frames) + list(extract.database_tables)
    return [(table, files.count(table)) for table in RAW if table in files]


def _ignored(registry: Registry) -> pl.DataFrame:
    extract = registry.extract
    columns = [
        ("column", f"{table}.{column}")
        for table, names in extract.ignored_columns.items()
        for column in names
    ]
    files = [("file or table", name) for name in extract.ignored_files]
    options = [("line of extract.toml", name) for name in extract.unknown_options]
    return pl.DataFrame(
        columns + files + options, schema={"kind": pl.String, "name": pl.String}, orient="row"
    )


def _section(title: str, rows: Iterable[dict[str, Any]], line: Callable[[dict[str, Any]], str]) -> list[str]:
    said = [f"  {line(row)}" for row in rows]
    return [title, *said, ""] if said else []


def _content_line(row: dict[str, Any]) -> str:
    errors = f", {row['n_errors']} of them for an error" if row["n_set_aside"] else ""
    rows = f"{row['table_name']:<14} {row['n_rows']:>9} rows, {row['n_used']:>9} used"
    return f"{rows}, {row['n_set_aside']:>7} set aside{errors}"


def _fate_line(row: dict[str, Any]) -> str:
    return f"{row['table_name']:<14} {row['n_rows']:>9} {row['fate']}: {row['words']}"


def _ignored_line(row: dict[str, Any]) -> str:
    return f"{row['kind']} {row['name']}"


def _oddity_line(row: dict[str, Any]) -> str:
    return f"{row['n']:>7} of {row['of']:>7} {row['words']}"


def _html_table(frame: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in frame.rows()
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
