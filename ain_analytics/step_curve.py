"""Arithmetic on a curve that steps down: its value on a day, its quantiles, the area under it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import norm

Floats = NDArray[np.float64]

TOLERANCE = float(np.sqrt(np.finfo(float).eps))
"""Shares nearer than this are equal; the tolerance of R's `quantile.survfit`."""

QUARTILES = {"quartile_1": 0.25, "median": 0.5, "quartile_3": 0.75}
"""Share of episodes that has resolved by each of the printed quantiles."""


@dataclass(frozen=True, slots=True, eq=False)
class StepCurve:
    """Share unresolved, constant from each of `days` up to the next.

    Parameters
    ----------
    days : whole days, rising
        The first is the day on which the curve starts.
    unresolved : one share for each of `days`
        Share not yet resolved just after the day; the first is 1.
    last_day : float
        Last day on which anybody was followed.
    quantile_rule : {"middle", "first"}
        Which day a quantile is where the curve lies exactly on it for a while.
    """

    days: Floats
    unresolved: Floats
    last_day: float
    quantile_rule: str = "middle"

    @property
    def start(self) -> float:
        """Day on which the curve starts; everything it says holds for those unresolved then."""
        return float(self.days[0])

    def value(self, days: ArrayLike) -> Floats:
        """Read the share on each day; 1 before the start, the last value after the end."""
        return self.read(self.unresolved, days, before=1.0)

    def read(self, values: Floats, days: ArrayLike, *, before: float = np.nan) -> Floats:
        """Read another quantity that steps on the same days, such as a limit."""
        place = np.searchsorted(self.days, np.asarray(days, dtype=float), side="right") - 1
        return np.where(place < 0, before, values[np.maximum(place, 0)])

    def is_beyond(self, days: float) -> bool:
        """Tell whether a day lies after follow-up while some were still unresolved."""
        return days > self.last_day and self.unresolved[-1] > 0

    def quantile(self, share: float) -> float:
        """Day by which a share has resolved; infinite where that is not reached."""
        return self.crossing(self.unresolved, share)

    def crossing(self, values: Floats, share: float) -> float:
        """Day by which another quantity that steps on the same days, such as a limit, says so."""
        return crossing_day(self.days, values, 1 - share, self.last_day, rule=self.quantile_rule)

    def area_after(self, horizon: float) -> Floats:
        """Area under the curve from each of `days` to the horizon."""
        ends = np.append(self.days[1:], np.inf)
        pieces = self.unresolved * np.clip(np.minimum(ends, horizon) - self.days, 0, None)
        area: Floats = np.cumsum(pieces[::-1])[::-1]
        return area

    def restricted_mean(self, horizon: float) -> float:
        """Mean of the days to resolution, each cut at the horizon."""
        return min(self.start, horizon) + float(self.area_after(horizon)[0])


QUANTILE_RULES = {
    "middle": "Quantiles by R's rule: the middle of a piece that lies exactly on the quantile.",
    "first": "Quantiles by the rule of lifelines: the first day on which the curve "
    "is at or below the quantile.",
}
"""Which day a quantile is, and how that is said."""


def normal_quantile(confidence: float) -> float:
    """Give the number of errors between an estimate and its limits."""
    return float(norm.ppf((1 + confidence) / 2))


def crossing_day(
    days: Floats, shares: Floats, level: float, last_day: float, *, rule: str = "middle"
) -> float:
    """Find the day on which shares fall to a level.

    Where they lie exactly on the level for a while, the middle of that while is
    taken, as R's `quantile.survfit` does, or its first day; both compare with R's tolerance. A
    curve that ends on the level is taken to do so until `last_day`. Infinite where the level
    is not reached.
    """
    reached = np.flatnonzero(shares <= level + TOLERANCE)
    if reached.size == 0:
        return np.inf
    if rule == "first":
        return float(days[reached[0]])
    passed = np.flatnonzero(shares < level - TOLERANCE)
    if passed.size:
        return float(days[reached[0]] + days[passed[0]]) / 2
    return np.inf if np.isnan(shares[-1]) else float(days[reached[0]] + last_day) / 2


def _plain(s: Floats, margin: Floats) -> tuple[Floats, Floats]:
    return np.maximum(s - margin * s, 0), np.minimum(s + margin * s, 1)


def _log(s: Floats, margin: Floats) -> tuple[Floats, Floats]:
    return s * np.exp(-margin), np.minimum(s * np.exp(margin), 1)


def _log_log(s: Floats, margin: Floats) -> tuple[Floats, Floats]:
    height = np.log(-np.log(s))
    width = margin / np.log(s)
    return np.exp(-np.exp(height - width)), np.exp(-np.exp(height + width))


def _logit(s: Floats, margin: Floats) -> tuple[Floats, Floats]:
    odds = np.log(s / (1 - s))
    width = margin / (1 - s)
    return 1 / (1 + np.exp(width - odds)), 1 / (1 + np.exp(-width - odds))


def _arcsine(s: Floats, margin: Floats) -> tuple[Floats, Floats]:
    angle = np.arcsin(np.sqrt(s))
    width = 0.5 * margin * np.sqrt(s / (1 - s))
    return np.sin(np.maximum(0, angle - width)) ** 2, np.sin(np.minimum(np.pi / 2, angle + width)) ** 2


LIMITS: dict[str, Callable[[Floats, Floats], tuple[Floats, Floats]]] = {
    "log": _log,
    "log-log": _log_log,
    "logit": _logit,
    "plain": _plain,
    "arcsine": _arcsine,
}
"""Scales on which limits of a share are made; the first is R's default."""


def limits_of(
    unresolved: Floats, log_variance: Floats, *, scale: str, confidence: float
) -> tuple[Floats, Floats]:
    """Make limits of shares from the variance of their logarithm.

    They are undefined (not a number) where nobody is left unresolved, and on the log-log,
    logit and arcsine scales also where everybody is, as in R's `survfit`.
    """
    margin = normal_quantile(confidence) * np.sqrt(log_variance)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        lower, upper = LIMITS[scale](unresolved, margin)
    is_undefined = ~(unresolved > 0) | np.isnan(lower) | np.isnan(upper)
    return np.where(is_undefined, np.nan, lower), np.where(is_undefined, np.nan, upper)
