"""The children of whom a published figure speaks: their days of resolution, and the curve of all of them."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import polars as pl
from scipy.optimize import brentq

from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import Definitions
from ain_analytics.quantities import CURVE_LIMITS, HALF, Days, Estimate, Reading, averaged, log_variances

FAR = 100
"""So many times the longest follow-up is as good as no end of it."""


@dataclass(frozen=True)
class Group:
    """Children on the scale of durations; at least one.

    Parameters
    ----------
    rows : FollowUp, one row per episode
        From the origin of the figure; `entry_days` < `exit_days`.
    definitions : Definitions
    stretch : float
        What the time from onset is multiplied by, to ask what a longer course would look like.
    """

    rows: pl.DataFrame
    definitions: Definitions
    stretch: float = 1.0

    def stretched(self, ratio: float) -> "Group":
        """Give the same children with a course so many times as long."""
        other = replace(self, stretch=ratio)
        other.__dict__["curve"] = self.curve
        return other

    @property
    def n(self) -> int:
        """Number of children."""
        return self.rows.height

    @cached_property
    def days(self) -> Days:
        """Days of resolution of those who recovered."""
        return self._of_the_recovered(self._since_origin)

    def days_as_followed(self, share: float) -> Days:
        """Days of resolution had the children been recruited evenly, just so long that a share had recovered.

        Who recovers after t of at most w days of follow-up is then seen with probability 1 − t/w. Evenly
        spaced ranks of the values so weighted stand for as many children as the weights are worth (Kish).
        """
        longest = self._longest_followed(share)
        if longest is None:
            return self.days
        weight = np.maximum(1 - self._exits / longest, 0.0)
        if not weight.any():
            return self.days[:0]
        order = np.argsort(self.days)
        passed = np.cumsum(weight[order]) / weight.sum()
        n = int(weight.sum() ** 2 / (weight**2).sum())
        return self.days[order][np.searchsorted(passed, (np.arange(n) + HALF) / max(n, 1))]

    def _longest_followed(self, share: float) -> float | None:
        """Find the days of recruitment after which such a share has recovered; none where it never has."""
        days, unresolved = (
            self.curve.steps[name].cast(pl.Float64).to_numpy() for name in ("days", "unresolved")
        )
        mass = -np.diff(unresolved, prepend=1.0)

        def recovered(longest: float) -> float:
            return float((mass * np.maximum(1 - days / longest, 0.0)).sum()) - share

        far = FAR * float(days[-1])
        return None if recovered(far) <= 0 else float(brentq(recovered, 1.0, far))

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
        return Estimate(*self.curve.value("median"), self.n_on_curve).times(self.stretch)

    def read(self, day: float) -> Reading | None:
        """Read the curve, none where it is not defined."""
        unresolved, lower, upper = (
            self.curve.at([day / self.stretch]).select("unresolved", "lower", "upper").row(0)
        )
        return None if unresolved is None else Reading(unresolved, lower, upper, self.n_on_curve)

    def last_reading(self) -> Reading | None:
        """Read the curve where it ends."""
        return self.read(float(self.curve.steps["days"].cast(pl.Float64).to_numpy()[-1]) * self.stretch)

    @property
    def _since_origin(self) -> pl.Expr:
        return pl.col("exit_days") * self.stretch

    @cached_property
    def _exits(self) -> Days:
        return self._of_the_recovered(pl.col("exit_days"))

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
        return self._of_the_recovered(self._since_origin + pl.col("age_at_onset_days"))

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
        since_onset = (day - self._onset) / self.stretch
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
        ages = range(int(self._onset.min()), int(oldest + days[-1] * self.stretch) + 1)

        def is_reached(age: int) -> bool:
            reading = self.read(age)
            value = None if reading is None else getattr(reading, end)
            return value is not None and value <= HALF

        place = bisect_left(ages, True, key=is_reached)
        return float(ages[place]) if place < len(ages) else None
