"""Individual days from a printed curve and its numbers at risk, after Guyot and others 2012.

Between two numbers at risk, some number of children is taken to be censored, evenly; the resolved then follow
from the falls of the curve, and the number at risk at the end from both. Where Guyot steps up and down from a
first guess, every number that is possible is tried here, and the one that comes nearest to the printed number
at risk is taken, of equals the one that comes nearest to the printed curve.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ain_analytics.step_curve import Floats

NEXT = 1e-6
"""Part of a day by which arithmetic on months may miss a whole one."""
HALF = 0.5
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
        walks = [walk for c in range(least, most + 1) if (walk := _walk(span, c)).n_left >= 0]
        aim = None if n_resolved is None else n_resolved - len(found)
        if not is_last:
            walk = _nearest(walks or [_walk(span, 0)], n_left=int(n_at_risk[place + 1]))
        elif aim is not None:
            walk = _nearest(walks or [_walk(span, 0)], n_resolved=aim)
        else:
            a_day = len(censored) / begin if begin > 0 else 0.0
            walk = _nearest(walks or [_walk(span, 0)], n_censored=a_day * (end - begin))
        found += walk.resolved
        censored += walk.censored.astype(int).tolist()
        share, n = walk.unresolved, walk.n_left
        if not is_last:  # more than printed are left: censored just before; fewer: so it stays
            target = int(n_at_risk[place + 1])
            censored += [last_day] * max(0, n - target)
            missed += max(0, target - n)
            n = min(n, target)
    return Individuals(found, censored + [max(1, int(np.ceil(days[-1] - NEXT)))] * n, missed)


def _nearest(
    walks: list[Walk],
    *,
    n_left: int | None = None,
    n_resolved: int | None = None,
    n_censored: float | None = None,
) -> Walk:
    """Take the walk that comes nearest to a number, of equals the one nearest to the curve."""

    def distance(walk: Walk) -> tuple[float, float]:
        if n_left is not None:
            more = walk.n_left - n_left  # they can be censored just before the next number at risk
            return max(0, -more), walk.misfit + max(0, more) / max(n_left, 1)
        if n_resolved is not None:
            return abs(len(walk.resolved) - n_resolved), walk.misfit
        return round(walk.misfit, DIGITS), abs(len(walk.censored) - (n_censored or 0.0))

    return min(walks, key=distance)


def _walk(span: Span, c: int) -> Walk:
    """Follow one interval in which so many are censored, evenly."""
    censored = span.censored(c)
    resolved: list[int] = []
    share, misfit = span.unresolved, 0.0
    for after, day, target in zip(span.after, span.days, span.printed, strict=True):
        best: tuple[float, float, list[int]] = (abs(share - target), share, [])
        for d in range(1, span.n - len(resolved) + 1):
            days = _whole_days(after, day, d, is_between=span.is_between)
            fallen = share * _kept(days, censored, span.n - len(resolved))
            if abs(fallen - target) <= best[0]:
                best = (abs(fallen - target), fallen, days)
            if fallen <= target:
                break
        misfit += best[0]
        share = best[1]
        resolved += best[2]
    return Walk(resolved, censored, share, span.n - c - len(resolved), misfit)


def _kept(days: list[int], censored: Floats, n: int) -> float:
    """Multiply the shares that stay unresolved on each day of a fall."""
    kept, gone = 1.0, 0
    for day in dict.fromkeys(days):
        at_risk = n - gone - int(np.searchsorted(censored, day, side="left"))
        d = days.count(day)
        kept *= max(0.0, 1 - d / at_risk) if at_risk > 0 else 0.0
        gone += d
    return kept


def _whole_days(after: float, day: float, d: int, *, is_between: bool) -> list[int]:
    """Give the days of so many resolutions of one fall."""
    if not is_between:
        return [max(1, int(np.floor(day + HALF)))] * d
    last = max(1, int(np.floor(day + NEXT)))
    first = min(last, int(np.floor(after + NEXT)) + 1)
    spread = after + (np.arange(d) + HALF) / max(d, 1) * (day - after)
    return [int(x) for x in np.clip(np.ceil(spread), first, last)]
