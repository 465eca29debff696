"""Individual days from a printed curve and its numbers at risk, after Guyot and others 2012.

Between two numbers at risk, some number of children is taken to be censored, evenly; the resolved follow from
the falls, and the number at risk at the end from both. Where Guyot steps up and down from a first
guess, numbers over all that is possible are tried here: the one that comes nearest to the printed number at
risk is taken, of equals the one that comes nearest to the printed curve.
"""

from bisect import bisect_left
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ain_analytics.step_curve import Floats

NEXT = 1e-6
"""Part of a day by which arithmetic on months may miss a whole one."""
HALF = 0.5
TRIES = 60
DIGITS = 2
"""After the last number at risk, misses of the curve that agree so far are equal."""


class Span(NamedTuple):
    """One interval: from a number at risk to the next one, or to the last point of the curve."""

    begin: float
    end: float
    days: Floats
    printed: Floats
    after: Floats
    n: int
    unresolved: float
    last_day: int
    is_between: bool

    def censored(self, c: int) -> Floats:
        """Spread so many evenly, on whole days."""
        even = self.begin + (np.arange(c) + HALF) / max(c, 1) * (self.end - self.begin)
        return np.clip(np.ceil(even - NEXT), 1, self.last_day)


class Walk(NamedTuple):
    """What a number of censored children makes of one interval."""

    resolved: list[int]
    censored: Floats
    unresolved: float
    n_left: int
    misfit: float


class Aim(NamedTuple):
    """What a walk should come nearest to; of equals the one nearest to the curve is taken."""

    what: str
    number: float

    def distance(self, walk: Walk) -> tuple[float, float, float]:
        """Say how far a walk is off, first of all by children who are not there."""
        lacking = max(0, -walk.n_left)
        if self.what == "n_left":
            more = walk.n_left - self.number  # they can be censored just before the next number at risk
            return lacking, max(0.0, -more), walk.misfit + max(0.0, more) / max(self.number, 1)
        if self.what == "n_resolved":
            return lacking, abs(len(walk.resolved) - self.number), walk.misfit
        return lacking, round(walk.misfit, DIGITS), abs(len(walk.censored) - self.number)


@dataclass(frozen=True, slots=True, eq=False)
class Individuals:
    """Whole days of the resolved and of the censored, and how far the numbers at risk are missed in all."""

    resolved: list[int]
    censored: list[int]
    n_missed: int


def individuals(
    days: Floats,
    unresolved: Floats,
    risk_days: Floats,
    n_at_risk: Floats,
    n_censored: Floats,
    *,
    n_resolved: int | None,
    is_between: bool,
) -> Individuals:
    """Make one row per child.

    Parameters
    ----------
    days, unresolved : arrays
        Printed points of the curve, after day zero, never rising.
    risk_days, n_at_risk : arrays
        Printed numbers at risk, the first on day zero, none after the last point of the curve.
    n_censored : array, one row per number at risk
        Fewest and most who can have been censored from it to the next one.
    n_resolved : int or None
        All who resolved up to the last point, where it is known.
    is_between : bool
        Whether a fall is spread evenly since the point before; else it is on the day of the point.
    """
    number = np.searchsorted(risk_days, days, side="left" if is_between else "right") - 1
    before = np.append(0.0, days[:-1])
    found: list[int] = []
    censored: list[int] = []
    share, n, missed = 1.0, int(n_at_risk[0]), 0
    for place, begin in enumerate(risk_days):
        own = number == place
        is_last = place == len(risk_days) - 1
        end = float(days[-1] if is_last else risk_days[place + 1])
        last_day = max(1, int(np.ceil(end - NEXT)) - (0 if is_last else 1))
        span = Span(
            float(begin), end, days[own], unresolved[own], before[own], n, share, last_day, is_between
        )
        least, most = (int(np.clip(c, 0, n)) for c in n_censored[place])
        if not is_last:
            aim = Aim("n_left", float(n_at_risk[place + 1]))
        elif n_resolved is not None:
            aim = Aim("n_resolved", float(n_resolved - len(found)))
        else:
            aim = Aim("n_censored", len(censored) / begin * (end - begin) if begin > 0 else 0.0)
        walk = _best(span, least, most, aim)
        found += walk.resolved
        censored += walk.censored.astype(int).tolist()
        share, n = walk.unresolved, walk.n_left
        if not is_last:  # more than printed are left: censored just before; fewer: so it stays
            target = int(n_at_risk[place + 1])
            censored += [last_day] * max(0, n - target)
            missed += max(0, target - n)
            n = min(n, target)
    return Individuals(found, censored + [max(1, int(np.ceil(days[-1] - NEXT)))] * n, missed)


def _best(span: Span, least: int, most: int, aim: Aim) -> Walk:
    """Try numbers of censored children between two, coarsely and then each one near the best."""
    apart = max(1, (most - least) // TRIES)
    tried = {c: _walk(span, c) for c in {*range(least, most + 1, apart), most}}
    near = min(tried, key=lambda c: aim.distance(tried[c]))
    tried |= {c: _walk(span, c) for c in range(max(least, near - apart), min(most, near + apart) + 1)}
    return min((walk for walk in tried.values()), key=aim.distance)


def _walk(span: Span, c: int) -> Walk:
    """Follow one interval in which so many are censored, evenly."""
    censored = span.censored(c)
    resolved: list[int] = []
    share, misfit = span.unresolved, 0.0
    for after, day, target in zip(span.after, span.days, span.printed, strict=True):
        best = _nearest_fall(span, censored, share, len(resolved), after, day, target)
        misfit += best[0]
        share = best[1]
        resolved += best[2]
    return Walk(resolved, censored, share, span.n - c - len(resolved), misfit)


def _nearest_fall(
    span: Span, censored: Floats, share: float, n_gone: int, after: float, day: float, target: float
) -> tuple[float, float, list[int]]:
    """Find how many resolutions bring the curve nearest to a point: miss, curve after it, days."""

    def fallen(d: int) -> tuple[float, float, list[int]]:
        days = _whole_days(after, day, d, is_between=span.is_between)
        reached = share * _kept(days, censored, span.n - n_gone)
        return abs(reached - target), reached, days

    fewest = bisect_left(range(span.n - n_gone), x=True, key=lambda d: fallen(d)[1] <= target)
    return min((fallen(d) for d in range(max(0, fewest - 1), fewest + 1)), key=lambda found: found[0])


def _kept(days: list[int], censored: Floats, n: int) -> float:
    """Multiply the shares that stay unresolved on each day of a fall."""
    if not days:
        return 1.0
    day, d = np.unique(days, return_counts=True)
    at_risk = n - (np.cumsum(d) - d) - np.searchsorted(censored, day, side="left")
    return float(np.prod(np.where(at_risk > d, 1 - d / np.maximum(at_risk, 1), 0.0)))


def _whole_days(after: float, day: float, d: int, *, is_between: bool) -> list[int]:
    """Give the days of so many resolutions of one fall."""
    if not is_between:
        return [max(1, int(np.floor(day + HALF)))] * d
    last = max(1, int(np.floor(day + NEXT)))
    first = min(last, int(np.floor(after + NEXT)) + 1)
    spread = after + (np.arange(d) + HALF) / max(d, 1) * (day - after)
    return [int(x) for x in np.clip(np.ceil(spread), first, last)]
