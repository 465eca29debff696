"""What is in an extract, what was set aside and why, and what looks odd."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import one_line
from ain_analytics.fates import FATES, NO_ERROR
from ain_analytics.formats import NATIVE
from ain_analytics.oddities import oddities
from ain_analytics.quality_checks import check_lines, checks, short, site_lines, worst
from ain_analytics.quality_counts import (
    agreement,
    counts_per_child,
    gaps,
    last_digits,
    measured_values,
    near_limits,
    onset_ages,
)
from ain_analytics.quality_rows import amounts, drift, looked_at, rows_by_site
from ain_analytics.registry import Registry
from ain_analytics.schema import RAW

MOST_LINES = {"worst": 12, "fates": 18, "sites": 6, "ignored": 8}
"""Lines of each part of the text; the tables have all."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Quality:
    """A look at an extract under one definition; counts only, no keys.

    Attributes
    ----------
    name : str
        Name of the source.
    format : str
        Words for the format it is in.
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
    tables : dict of name to polars.DataFrame
        Rows by site, year and fate; amounts by unit; drift by month; digits, limits, gaps, onsets, and
        measured against computed counts. The data dictionary describes each; they stay in the house.
    definitions : Definitions
        The choices that it was looked at under.
    """

    name: str
    format: str
    extracted_on: date
    n_counts: int
    contents: pl.DataFrame
    fates: pl.DataFrame
    ignored: pl.DataFrame
    oddities: pl.DataFrame
    tables: dict[str, pl.DataFrame]
    definitions: Definitions

    @property
    def is_usable(self) -> bool:
        """Whether any neutrophil count of any child is left."""
        return self.n_counts > 0

    def __repr__(self) -> str:
        return self.as_text()

    def as_text(self) -> str:
        """Write it out for a terminal."""
        most = MOST_LINES
        aside = self._set_aside().sort(pl.col("fate").is_in(NO_ERROR), -pl.col("n_rows"), maintain_order=True)
        found = worst(self.tables, self.definitions, NO_ERROR, FATES)
        sites = site_lines(self.tables["quality_rows"], NO_ERROR, most["sites"])
        return "\n".join(
            [
                f"{one_line(self.name)}, {self.format}, as of {self.extracted_on}",
                "",
                *_section("The worst first, with the share of rows that it concerns", found[: most["worst"]]),
                *_section("What is in it", map(_content_line, self.contents.to_dicts())),
                *_section("What was set aside, and why", map(_fate_line, aside.to_dicts()), most["fates"]),
                *_section("Laboratory results by site", sites),
                *_section(
                    "What the program does not know",
                    map(_ignored_line, self.ignored.to_dicts()),
                    most["ignored"],
                ),
                *_section("What looks odd", map(_oddity_line, self._seen().to_dicts())),
                *_section("What was looked for besides", check_lines(self._besides())),
            ]
        ).rstrip()

    def _besides(self) -> pl.DataFrame:
        """Leave out what stands among the oddities."""
        told = [*self.oddities["name"].to_list(), "measured_beyond_tolerance"]
        return self.tables["quality_check"].filter(~pl.col("name").is_in(told))

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
            "What was looked for besides": self._besides(),
        }
        shown = [f"<h5>{title}</h5>{_html_table(frame)}" for title, frame in parts.items() if frame.height]
        return f"<h4>{escape(self.name)}, {self.format}, as of {self.extracted_on}</h4>" + "".join(shown)


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
        format=registry.extract.format.words,
        extracted_on=registry.extract.extracted_on,
        n_counts=int(registry.frame("child_days")["n_days"].sum()),
        contents=_contents(registry, fates),
        fates=fates.with_columns(words.alias("words")),
        ignored=_ignored(registry),
        oddities=oddities(registry),
        tables=_tables(registry),
        definitions=registry.definitions,
    )


def _tables(registry: Registry) -> dict[str, pl.DataFrame]:
    with looked_at(registry):
        values = measured_values(registry)
        of_rows = {
            "quality_rows": rows_by_site(registry),
            "quality_amounts": amounts(registry),
            "quality_drift": drift(registry),
        }
    tables = of_rows | {
        "quality_last_digit": last_digits(values),
        "quality_near_limit": near_limits(values, registry.definitions),
        "quality_gap": gaps(registry),
        "quality_counts_per_child": counts_per_child(registry),
        "quality_onset_age": onset_ages(registry),
        "quality_agreement": agreement(registry),
    }
    return tables | {"quality_check": checks(tables, registry.definitions)}


def _contents(registry: Registry, fates: pl.DataFrame) -> pl.DataFrame:
    n = pl.col("n_rows")
    is_used, is_no_error = pl.col("fate") == "used", pl.col("fate").is_in(NO_ERROR)
    counted = fates.group_by("table_name").agg(
        n.sum(), n.filter(is_used).sum().alias("n_used"), n.filter(~is_used).sum().alias("n_set_aside"),
        n.filter(~is_no_error).sum().alias("n_errors"),
    )  # fmt: skip
    sent = _sent(registry)
    return (
        sent.join(counted, on="table_name", how="left")
        .with_columns(pl.col("n_rows", "n_used", "n_set_aside", "n_errors").fill_null(0))
        .select("table_name", "files", "n_rows", "n_used", "n_set_aside", "n_errors")
    )


def _sent(registry: Registry) -> pl.DataFrame:
    """Name the tables in the order of the native format, then others, with the number of their files.

    In other formats a file is one of the table that its rows became.
    """
    extract = registry.extract
    if extract.format is NATIVE:
        files = [file.table for file in extract.files] + list(extract.frames) + list(extract.database_tables)
        counted = {table: files.count(table) for table in files}
    else:
        query = "select table_name, count(distinct split_part(file, ', ', 1)) from raw_fate group by all"
        counted = dict(registry.connection.sql(query).fetchall())
    named = [*(table for table in RAW if table in counted), *sorted(set(counted) - set(RAW))]
    rows = [(table, counted[table]) for table in named]
    return pl.DataFrame(rows, schema={"table_name": pl.String, "files": pl.Int64}, orient="row")


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


def _section(title: str, lines: Iterable[str], most: int | None = None) -> list[str]:
    said = [f"  {line}" for line in lines]
    rest = len(said) - most if most is not None else 0
    more = [f"  and {rest} more; see the tables"] if rest > 0 else []
    return [title, *said[:most], *more, ""] if said else []


def _content_line(row: dict[str, Any]) -> str:
    errors = f", {row['n_errors']} of them for an error" if row["n_set_aside"] else ""
    rows = f"{row['table_name']:<14} {row['n_rows']:>9} rows, {row['n_used']:>9} used"
    return f"{rows}, {row['n_set_aside']:>7} set aside{errors}"


def _fate_line(row: dict[str, Any]) -> str:
    return f"{row['table_name']:<14} {row['n_rows']:>9} {row['fate']}: {row['words']}"


def _ignored_line(row: dict[str, Any]) -> str:
    return f"{row['kind']} {short(row['name'])}"


def _oddity_line(row: dict[str, Any]) -> str:
    return f"{row['n']:>7} of {row['of']:>7} {row['words']}"


def _html_table(frame: pl.DataFrame) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in frame.columns)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in frame.rows()
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
