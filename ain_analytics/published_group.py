"""The children of whom a published figure speaks: their days of resolution, and the curve of all of them."""

from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import Definitions
from ain_analytics.quantities import CURVE_LIMITS, HALF, Days, Estimate, Reading, averaged, log_variances


@dataclass(frozen=True)
class Group:
    """Children on the scale of durations; at least one.

    Parameters
    ----------
    rows : FollowUp, one row per episode
        From the origin of the figure; `entry_days` < `exit_days`.
    definitions : Definitions
    """

    rows: pl.DataFrame
    definitions: Definitions

    @property
    def n(self) -> int:
        """Number of children."""
        return self.rows.height

    @cached_property
    def days(self) -> Days:
        """Days of resolution of those who recovered."""
        return self._of_the_recovered(pl.col("exit_days"))

    @cached_property
    def curve(self) -> ResolutionCurve:
        """The Kaplan–Meier curve of durations of everybody."""
        return resolution_curve(self.rows, definitions=self.definitions, limits=CURVE_LIMITS)

    @cached_property
    def n_on_curve(self) -> int:
        """Number of children behind the curve; fewer than `n` where the curve has to start late."""
        return int(self.curve.value("n")[0] or 0)

    def median(self) -> Estimate:
        """Give the median of everybody, in days."""
        return Estimate(*self.curve.value("median"), self.n_on_curve)

    def read(self, day: float) -> Reading | None:
        """Read the curve, none where it is not defined."""
        unresolved, lower, upper = self.curve.at([day]).select("unresolved", "lower", "upper").row(0)
        return None if unresolved is None else Reading(unresolved, lower, upper, self.n_on_curve)

    def _of_the_recovered(self, day: pl.Expr) -> Days:
        return self.rows.filter("is_resolved").select(day.cast(pl.Float64)).to_series().to_numpy()


class AgedGroup(Group):
    """Children on the scale of age, followed from onset.

    Each child has its age at onset, and from there on the curve of durations, which are taken not to depend
    on that age. A Kaplan–Meier curve of ages goes wrong, with or without delayed entry: a child that falls
    ill late recovers late and is censored late, so neither is independent of the age at resolution.
    """

    @cached_property
    def days(self) -> Days:
        """Ages at resolution of those who recovered, in days."""
        return self._of_the_recovered(pl.col("exit_days") + pl.col("age_at_onset_days"))

    def median(self) -> Estimate:
        """Give the first day of age by which half have recovered."""
        return Estimate(
            self._age_at_half("unresolved"),
            self._age_at_half("lower"),
            self._age_at_half("upper"),
            self.n_on_curve,
        )

    def read(self, day: float) -> Reading | None:
        """Average the curve over the days since onset that the children have at an age."""
        days, unresolved, variance = self._steps
        since_onset = day - self._onset
        if unresolved[-1] > 0 and since_onset.max() > days[-1]:
            return None
        step = np.searchsorted(days, since_onset, side="right") - 1
        is_before = step < 0
        return averaged(
            np.where(is_before, 1.0, unresolved[step]),
            np.where(is_before, 0.0, variance[step]),
            n=self.n_on_curve,
            confidence=self.definitions.confidence,
        )

    @cached_property
    def _onset(self) -> Days:
        return self.rows["age_at_onset_days"].cast(pl.Float64).to_numpy()

    @cached_property
    def _steps(self) -> tuple[Days, Days, Days]:
        """Days of the curve, the share unresolved and the variance of its logarithm."""
        days, unresolved, lower = (
            self.curve.steps[name].cast(pl.Float64).to_numpy() for name in ("days", "unresolved", "lower")
        )
        return days, unresolved, log_variances(unresolved, lower, self.definitions.confidence)

    def _age_at_half(self, end: str) -> float | None:
        days, unresolved, _ = self._steps
        oldest = self._onset.min() if unresolved[-1] > 0 else self._onset.max()
        ages = range(int(self._onset.min()), int(oldest + days[-1]) + 1)

        def is_reached(age: int) -> bool:
            reading = self.read(age)
            value = None if reading is None else getattr(reading, end)
            return value is not None and value <= HALF

        place = bisect_left(ages, True, key=is_reached)
        return float(ages[place]) if place < len(ages) else None
