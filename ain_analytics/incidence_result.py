"""The result of an incidence curve: its steps, its summary, its tests, and what it rests on."""

from dataclasses import dataclass

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.gray_test import GrayTest
from ain_analytics.result_html import as_html


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class IncidenceCurve:
    """Share of episodes that has come to each end, by days since the origin.

    Parameters
    ----------
    steps : IncidenceSteps, one row per stratum, end and day
    summary : IncidenceSummary, one row per stratum, end and month of the report
    definitions : Definitions
        The choices under which the curves were made.
    by : str or None
        Column that splits the strata.
    tests : tuple of GrayTest
        Whether the strata come to an end alike; one for each end that could be tested.
    assumptions : tuple of str
        What was set aside, and what the estimate takes for granted.
    """

    steps: pl.DataFrame
    summary: pl.DataFrame
    definitions: Definitions
    by: str | None
    tests: tuple[GrayTest, ...]
    assumptions: tuple[str, ...]

    @property
    def strata(self) -> list[str]:
        """Names of the strata, in order."""
        return self.summary["stratum"].unique(maintain_order=True).to_list()

    @property
    def ends(self) -> list[str]:
        """Names of the ends, the resolution first."""
        return self.summary["end"].unique(maintain_order=True).to_list()

    def value(
        self, end: str, months: int, *, stratum: str | None = None
    ) -> tuple[float | None, float | None, float | None]:
        """Look up the share that has come to an end by a month of the report, and its limits."""
        chosen = self.summary.filter(
            pl.col("end") == end, pl.col("months") == months, pl.col("stratum") == (stratum or self.strata[0])
        )
        share, lower, upper = chosen.select("incidence", "lower", "upper").row(0)
        return share, lower, upper

    def __repr__(self) -> str:
        split = f", by {self.by}" if self.by else ""
        lines = [f"IncidenceCurve: aalen_johansen, definition {self.definitions.name!r}{split}"]
        for stratum in self.strata:
            for end in self.ends:
                rows = self.summary.filter(pl.col("stratum") == stratum, pl.col("end") == end)
                said = ", ".join(_in_words(row) for row in rows.to_dicts())
                lines.append(f"  {stratum}, {end}: {rows['n_events'][0]} of {rows['n'][0]} episodes; {said}")
        return "\n".join([*lines, *(f"  {test!r}" for test in self.tests)])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.summary, self.assumptions)


def _in_words(row: dict[str, float | None]) -> str:
    share, lower, upper = (
        None if (x := row[name]) is None else f"{100 * x:.0f}" for name in ("incidence", "lower", "upper")
    )
    value = "not known" if share is None else f"{share} %"
    limits = "" if lower is None or upper is None else f" ({lower} to {upper})"
    return f"{value}{limits} by {row['months']} months"
