"""Limits of an interval-censored curve by the likelihood ratio, and of its quantiles with them.

A share unresolved on a day is inside the limits where some distribution with that share is not much
less likely than the likeliest one. For right-censored episodes these are the limits of Thomas and
Grunkemeier; here the distribution is free inside each cell, so that the limits heed both readings of
it, the earliest and the latest. Before anybody can have resolved, the ratio promises too much of few
children; there the lower limit is that of Clopper and Pearson for none of so many.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from ain_analytics.curve_result import Limits
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.npmle_newton import EXACT, HazardJumps
from ain_analytics.step_curve import QUARTILES, TOLERANCE, Floats, StepCurve
from ain_analytics.turnbull_cells import Cells, Observations, cells_of

NEAR = 0.1
"""A limit is taken from a fit whose root of the ratio misses what is asked by no more, in parts of it.

It then lies too far from the estimate by about half the square of this part, as of a parabola.
"""

CLOSE = 1e-3
"""The largest reward is so much below the one at which hazards have no end, in parts of it."""

FASTEST = 4.0
"""Factor by which a reward grows at most."""

MOST_DAYS, FEWEST_DAYS = 40, 10
"""Days on which limits of one curve are found; few where many rows make each of them dear."""

MANY = 160_000
"""Rows times days."""

MOST_CHILDREN = 20_000
"""Children of a stratum beyond which a curve gets limits by resampling, because fits would take minutes."""

MOST_TRIES = 30
"""Tries after which the last of them is taken, which lies too far out."""

NO_RISE = 0.02
"""The last step of a fit may promise the log-likelihood to rise by so much; it leaves far less."""


class _Point(NamedTuple):
    hazard: float
    loglik: float


class LikelihoodLimits:
    """Limits on some days, which are known beforehand because cells are cut there.

    Parameters
    ----------
    rows : Observations
        Linked from the start of the curve on.
    days : array
        Days on which limits may be asked.
    quantile : float
        What twice the fall of the log-likelihood is compared with; of chi-squared with one degree
        of freedom for the limits of Thomas and Grunkemeier [1]_.

    References
    ----------
    .. [1] Thomas and Grunkemeier 1975, doi:10.1080/01621459.1975.10480315.
    """

    def __init__(self, rows: Observations, days: Floats, *, quantile: float) -> None:
        start = rows.entry.min()
        self.cells: Cells = cells_of(rows, np.concatenate([[start], days[days > start], [np.inf]]))
        self.problem = HazardJumps(self.cells)
        self.best = self.problem.climb(self.problem.first_guess(), until=EXACT)
        self.most = self.problem.loglik(self.best)
        self.target = self.most - quantile / 2
        self.tail = float(chi2.sf(quantile, 1)) / 2
        self.rewards = {1: 1.0, -1: 1.0}

    def lower(self, day: float) -> float:
        """Find the least share unresolved just after the day that is not too unlikely."""
        n_before = int(np.searchsorted(self.cells.right, day, side="right"))
        if n_before == 0:
            return 1.0
        known = self.cells.known[:n_before]
        if known.min() <= 0:
            return 0.0
        if (self.problem.first >= n_before).all():  # nobody can have resolved: exact, of a binomial share
            return float(self.tail ** (1 / known.min()))
        return float(np.exp(-self._pushed(n_before, 1, float(known.min()))))

    def upper(self, day: float) -> float:
        """Find the largest such share."""
        n_before = int(np.searchsorted(self.cells.right, day, side="right"))
        if n_before == 0:
            return 1.0
        return float(np.exp(-self._pushed(n_before, -1, np.inf)))

    def _pushed(self, n_before: int, sign: int, most: float) -> float:
        """Find the cumulative hazard, pushed up or down, at which the likelihood has fallen to the target.

        A reward for each unit of it moves the maximum, and is then the slope of the likelihood there.
        The likelihood is concave: its tangents bound the answer from outside, its chords from inside.
        """
        start = low = _Point(sign * float(self.best[:n_before].sum()), self.most)
        high: _Point | None = None
        outside = np.inf if sign > 0 else 0.0
        reward = min(self.rewards[sign], (1 - CLOSE) * most)
        jumps = self.best
        for _ in range(MOST_TRIES):
            problem = self.problem.rewarded(sign * reward, n_before)
            jumps = problem.climb(jumps, until=NO_RISE)
            hazard = sign * float(jumps[:n_before].sum())
            point = _Point(hazard, problem.loglik(jumps) - reward * hazard)
            outside = min(outside, hazard + (point.loglik - self.target) / reward)
            if point.loglik >= self.target:
                low = point
            else:
                high = point
            inside = (
                low.hazard
                if high is None
                else low.hazard + self._share(low, high) * (high.hazard - low.hazard)
            )
            is_last = high is None and reward >= (1 - CLOSE) * most
            shares = np.exp(-sign * np.array([outside, inside, start.hazard]))
            is_near = abs(np.sqrt(max(self.most - point.loglik, 0) / (self.most - self.target)) - 1) <= NEAR
            if is_last or is_near or abs(shares[0] - shares[1]) <= NEAR**2 * abs(shares[0] - shares[2]):
                break
            if high is None:
                fall = max(self.most - low.loglik, CLOSE)
                growth = min(float(np.sqrt((self.most - self.target) / fall)), FASTEST)
                reward = min(max(growth, 1 + NEAR) * reward, (1 - CLOSE) * most)
            else:
                reward = (low.loglik - high.loglik) / (high.hazard - low.hazard)
        self.rewards[sign] = reward
        return sign * outside

    def _share(self, low: "_Point", high: "_Point") -> float:
        """Give the part of the way from one point to another at which the chord meets the target."""
        return (low.loglik - self.target) / (low.loglik - high.loglik)


def limits_by_likelihood(
    rows: Observations, curve: StepCurve, definitions: Definitions
) -> tuple[Floats, Floats, Limits]:
    """Make limits of a curve and of its quantities but for the mean.

    Parameters
    ----------
    rows : Observations
        Linked from the start of the curve on.
    curve : StepCurve
        Its limits hold from each of its days up to the next. Where it has more than `MOST_DAYS`, they
        are found on so many of them or fewer, and their distance from the curve is interpolated in between.
    definitions : Definitions
        Confidence, and months of the report.
    """
    quantile = float(chi2.ppf(definitions.confidence, 1))
    first, last = curve.days, np.append(curve.days[1:] - 1, curve.last_day)
    n_asked = int(np.clip(MANY / len(rows.lower), FEWEST_DAYS, MOST_DAYS))
    asked = np.unique(np.linspace(0, len(first) - 1, n_asked).round().astype(int))
    months = {f"unresolved_at_{m}_months": np.floor(m * DAYS_PER_MONTH) for m in definitions.report_months}
    read = {name: day for name, day in months.items() if curve.start <= day <= curve.last_day}
    ratio = LikelihoodLimits(
        rows, np.concatenate([first[asked], last[asked], list(read.values())]), quantile=quantile
    )
    lower = np.minimum.accumulate([ratio.lower(day) for day in last[asked]])
    upper = np.minimum.accumulate([ratio.upper(day) for day in first[asked]])
    limits = {
        name: (ratio.lower(day), min(ratio.upper(day), float(upper[first[asked] <= day][-1])))
        for name, day in read.items()
    }
    crossed = {
        name: (_bracket(last[asked], lower, 1 - share), _bracket(first[asked], upper, 1 - share))
        for name, share in QUARTILES.items()
    }
    ends = np.concatenate([rows.lower, rows.upper[np.isfinite(rows.upper)], first[:1]])
    days = np.unique(np.concatenate([ends, ends + 1]))
    within = [days[(days > after) & (days <= by)] for pair in crossed.values() for after, by in pair]
    finer = LikelihoodLimits(rows, np.concatenate([*within, first[:1]]), quantile=quantile)
    finer.rewards = ratio.rewards
    for (name, share), early, late in zip(QUARTILES.items(), within[::2], within[1::2], strict=True):
        limits[name] = (
            _first_at(early, finer.lower, 1 - share, crossed[name][0][1]),
            _first_at(late, finer.upper, 1 - share, crossed[name][1][1]),
        )
    return (
        _between(curve, asked, lower, outwards=np.minimum),
        _between(curve, asked, upper, outwards=np.maximum),
        limits,
    )


def _between(curve: StepCurve, asked: NDArray[np.int64], limit: Floats, *, outwards: np.ufunc) -> Floats:
    """Interpolate the distance of limits from the curve, and let them never rise."""
    distance = np.interp(np.arange(len(curve.days)), asked, limit - curve.unresolved[asked])
    limits = np.clip(curve.unresolved + distance, 0, 1)
    backwards = slice(None, None, 1 if outwards is np.minimum else -1)
    found: Floats = outwards.accumulate(limits[backwards])[backwards]
    return found


def _bracket(days: Floats, limit: Floats, level: float) -> tuple[float, float]:
    """Find two days asked between which a limit falls to a level; both infinite where it does not."""
    reached = np.flatnonzero(limit <= level + TOLERANCE)
    if reached.size == 0:
        return np.inf, np.inf
    return (float(days[reached[0] - 1]) if reached[0] else -1.0), float(days[reached[0]])


def _first_at(days: Floats, limit: Callable[[float], float], level: float, at_last: float) -> float:
    """Find the first of some days on which a limit lies at a level or below it."""
    place = bisect_left(days, x=True, key=lambda day: limit(float(day)) <= level + TOLERANCE)
    return float(days[place]) if place < len(days) else at_last
