"""The results of asking what the observation does to the answer."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.regression_result import CoxRegression
from ain_analytics.result_html import as_html

Value = tuple[float | None, float | None, float | None]


def value_of(table: pl.DataFrame, **which: object) -> Value:
    """Look up one value of a table with its limits."""
    row = table.filter(**which).row(0, named=True)
    return row["value"], row["lower"], row["upper"]


def days_in_months(found: Value) -> str:
    """Say days with their limits in months."""
    value, lower, upper = (None if days is None else f"{days / DAYS_PER_MONTH:.1f}" for days in found)
    said = "not reached" if value is None else f"{value} months"
    if lower is None and upper is None:
        return said
    return f"{said} ({lower or 'not known'} to {upper or 'not reached'})"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class FollowUpTime:
    """How long observation was, apart from what ended it.

    Parameters
    ----------
    table : FollowUpTimeRows, one row per stratum and quantity
    curve : ResolutionCurve
        Reverse Kaplan–Meier: `unresolved` is the share still under observation, had nothing ended it.
    definitions : Definitions
    assumptions : tuple of str
    """

    table: pl.DataFrame
    curve: ResolutionCurve
    definitions: Definitions
    assumptions: tuple[str, ...]

    def value(self, quantity: str, *, stratum: str | None = None) -> Value:
        """Look up a quantity with its limits."""
        return value_of(self.table, quantity=quantity, stratum=stratum or self.curve.strata[0])

    def __repr__(self) -> str:
        lines = [f"FollowUpTime: reverse Kaplan–Meier, definition {self.definitions.name!r}"]
        for name in self.curve.strata:
            share = self.value("completeness", stratum=name)[0]
            complete = "completeness not known" if share is None else f"completeness {100 * share:.0f} %"
            median = days_in_months(self.value("median", stratum=name))
            lines.append(f"  {name}: median observation {median}, {complete}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LostBounds:
    """The curve as observed, and between which curves the lost can move it.

    Parameters
    ----------
    table : LostBoundRows, one row per stratum, reading and quantity
    curves : mapping of observed, best and worst to a ResolutionCurve
    definitions : Definitions
    assumptions : tuple of str
    """

    table: pl.DataFrame
    curves: Mapping[str, ResolutionCurve]
    definitions: Definitions
    assumptions: tuple[str, ...]

    def value(self, reading: str, quantity: str, *, stratum: str | None = None) -> Value:
        """Look up a quantity of a reading with its limits."""
        name = stratum or self.curves["observed"].strata[0]
        return value_of(self.table, reading=reading, quantity=quantity, stratum=name)

    def __repr__(self) -> str:
        lines = [f"LostBounds: definition {self.definitions.name!r}"]
        for name in self.curves["observed"].strata:
            n = self.value("observed", "n_lost", stratum=name)[0]
            said = ", ".join(
                f"{reading} {days_in_months(self.value(reading, 'median', stratum=name))}"
                for reading in self.curves
            )
            lines.append(f"  {name}: {n:.0f} lost; median {said}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TippingPoint:
    """The answer against what is assumed of the lost, and where it crosses a threshold.

    Parameters
    ----------
    table : TippingRows, one row per axis, value of it and quantity
    points : TippingPoints, one row per axis
    threshold_months : float
    n, n_lost : int
        Episodes, and those of them that were lost.
    definitions : Definitions
    assumptions : tuple of str
    """

    table: pl.DataFrame
    points: pl.DataFrame
    threshold_months: float
    n: int
    n_lost: int
    definitions: Definitions
    assumptions: tuple[str, ...]

    def at(self, axis: str) -> float | None:
        """Give the ratio or the share at which the median crosses the threshold; None: nowhere."""
        found: float | None = self.points.filter(axis=axis)["at"][0]
        return found

    def value(self, axis: str, at: float, quantity: str) -> Value:
        """Look up a quantity at a value of the grid, with its limits."""
        return value_of(self.table, axis=axis, at=at, quantity=quantity)

    def __repr__(self) -> str:
        lines = [
            f"TippingPoint: definition {self.definitions.name!r}, {self.n_lost} of {self.n} episodes lost, "
            f"median {days_in_months(self.value('recovery_ratio', 1.0, 'median'))}"
        ]
        for row in self.points.iter_rows(named=True):
            place = "none on the grid" if row["at"] is None else f"{row['at']:.2f}"
            lines.append(
                f"  {row['axis'].replace('_', ' ')} at which it crosses {self.threshold_months:g} months: "
                f"{place} ({row['answer'].replace('_', ' ')})"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class VisitWeights:
    """Share of children neutropenic by time, from visits that depend on what was seen.

    Parameters
    ----------
    table : VisitShares, one row per window and weighting
    weights : one row per visit
        `patient_id`, `day`, `is_neutropenic`, `weight`; holds keys, so it stays in the house.
    intensity : CoxRegression
        The model of the visits; a ratio above 1: such children come sooner.
    definitions : Definitions
    assumptions : tuple of str
    """

    table: pl.DataFrame
    weights: pl.DataFrame
    intensity: CoxRegression
    definitions: Definitions
    assumptions: tuple[str, ...]

    def value(self, to_months: int, *, weighting: str = "inverse_intensity") -> Value:
        """Look up the share of the window that ends so many months after day zero, with its limits."""
        row = self.table.filter(to_months=to_months, weighting=weighting).row(0, named=True)
        return row["share"], row["lower"], row["upper"]

    def __repr__(self) -> str:
        ratio = self.intensity.ratio("last_seen_neutropenic")[0]
        said = "not known" if ratio is None else f"{ratio:.2f}"
        lines = [f"VisitWeights: who was last seen neutropenic comes {said} times as often"]
        for row in self.table.filter(weighting="inverse_intensity").iter_rows(named=True):
            plain, weighted = (
                None if (x := self.value(row["to_months"], weighting=kind)[0]) is None else f"{100 * x:.0f} %"
                for kind in ("none", "inverse_intensity")
            )
            lines.append(
                f"  months {row['from_months']} to {row['to_months']}: neutropenic at {weighted or 'no'} of "
                f"visits weighted, {plain or 'none'} unweighted ({row['n_visits']} visits)"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)
