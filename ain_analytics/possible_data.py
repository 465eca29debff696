"""Between which values lies what a published curve hides, in all data sets that print the same.

A curve is printed at some times, rounded; numbers at risk at some. Between two of these points some
children resolved and some were censored, in an unknown order. Of r at risk before and s after, d of the r − s
having resolved, the curve is multiplied by at least s / (s + d), all censored first, and at most by
(r − d) / r, all resolved first; ties do not change that, because (r − 1)/r · (r − 2)/(r − 1) = (r − 2)/r. So
the values that the curve can have with s at risk and d resolved since the last number at risk lie in an
interval; carried from point to point, forwards and backwards, the intervals hold every data set that fits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import ImpossibleCurve, NotEstimable
from ain_analytics.step_curve import Floats

ROUNDING = 1e-9
"""Two shares nearer than this are equal."""
MOST = 1000
"""Children beyond which the intervals are too many."""
ROUNDS = 3
"""Times that the total of the resolved is divided among the intervals anew."""


class Point(NamedTuple):
    """What is printed at a time: the number at risk just before it, or the curve just after it."""

    days: float
    is_at_risk: bool
    lower: float
    upper: float


class Hull(NamedTuple):
    """Least and largest value of the curve, by number at risk and resolved; least > largest: none fits."""

    low: Floats
    high: Floats

    @property
    def fits(self) -> NDArray[np.bool_]:
        """Where there is a value."""
        return self.low <= self.high + ROUNDING

    def within(self, lower: Floats | float, upper: Floats | float) -> "Hull":
        """Keep the values between two."""
        return Hull(*_emptied(np.maximum(self.low, lower), np.minimum(self.high, upper)))


def _emptied(low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Mark where no value is left."""
    is_empty = low > high + ROUNDING
    return np.where(is_empty, np.inf, low), np.where(is_empty, -np.inf, np.maximum(high, low))


FREE = Hull(np.zeros(1), np.ones(1))
"""Where nothing of the rest is known."""


@dataclass(frozen=True, slots=True, eq=False)
class Possible:
    """What fits.

    Parameters
    ----------
    unresolved : array, one row per printed value of the curve
        Least and largest share just after it.
    n_resolved, n_censored : arrays, one row per number at risk
        Fewest and most children who resolved, and who were censored, from it to the next one, or to the last
        value of the curve.
    """

    unresolved: Floats
    n_resolved: Floats
    n_censored: Floats


def possible_data(points: Sequence[Point], *, n_resolved: int | None = None) -> Possible:
    """Bound every data set that prints the same.

    Parameters
    ----------
    points : in order of time, a number at risk before the curve of the same time
        The first is the number at risk on day zero, the last a value of the curve.
    n_resolved : int, optional
        Children who resolved up to the last point.

    Returns
    -------
    Possible
        Outer bounds: every data set that fits lies inside; a value inside need not be reached.

    Raises
    ------
    ImpossibleCurve
        No data set fits.
    NotEstimable
        More than 1,000 children are at risk on day zero.
    """
    if points[0].upper > MOST:
        raise NotEstimable("the bounds", f"more than {MOST:,} at risk on day zero would take minutes")
    n_intervals = sum(point.is_at_risk for point in points)
    allowed = np.array([[0.0, np.inf]] * n_intervals)
    backward = _backward(points)
    for _ in range(ROUNDS):
        try:
            found = _forward(points, backward, allowed)
        except ImpossibleCurve:
            _forward(points, [FREE] * len(points), allowed)  # says where it goes wrong
            raise
        if n_resolved is None:
            return found
        least, most = found.n_resolved.sum(axis=0)
        if not least <= n_resolved <= most:
            raise ImpossibleCurve(
                f"{n_resolved} resolutions in all do not fit; with this curve it is {least:.0f} to {most:.0f}"
            )
        others = np.array([least, most]) - found.n_resolved
        allowed = np.column_stack([n_resolved - others[:, 1], n_resolved - others[:, 0]])
    return found


def _ranges(points: Sequence[Point]) -> list[tuple[int, int]]:
    """Give the fewest and most that can be at risk just after each point."""
    least = np.array([point.lower if point.is_at_risk else 0 for point in points])
    most = np.array([point.upper if point.is_at_risk else np.inf for point in points])
    fewest = np.append(np.maximum.accumulate(least[::-1])[::-1][1:], 0)
    return [
        (int(low), int(high))
        for low, high in zip(np.minimum(fewest, most), np.minimum.accumulate(most), strict=True)
    ]


def _floors(points: Sequence[Point]) -> Floats:
    """Give the least that the curve can be after each point, for it never rises."""
    lower = np.array([0.0 if point.is_at_risk else point.lower for point in points])
    floors: Floats = np.maximum.accumulate(lower[::-1])[::-1]
    return floors


def _ceilings(points: Sequence[Point]) -> Floats:
    """Give the most that the curve can be after each point."""
    upper = np.array([1.0 if point.is_at_risk else point.upper for point in points])
    ceilings: Floats = np.minimum.accumulate(upper)
    return ceilings


def _backward(points: Sequence[Point]) -> list[Hull]:
    """Find, by point and number at risk after it, where the curve must be for the rest to fit."""
    size = int(points[0].upper) + 1
    floors, ceilings, ranges = _floors(points), _ceilings(points), _ranges(points)
    hulls = [Hull(np.zeros(size), np.ones(size))]
    at_risk = np.arange(size, dtype=float)
    for place in range(len(points) - 1, 0, -1):
        point, after = points[place], hulls[0]
        if point.is_at_risk:
            is_out = (at_risk < point.lower) | (at_risk > point.upper)
            after = Hull(np.where(is_out, np.inf, after.low), np.where(is_out, -np.inf, after.high))
        else:
            after = after.within(point.lower, point.upper)
        low, high = np.full(size, np.inf), np.full(size, -np.inf)
        least = np.minimum.accumulate(after.low)
        for d in range(
            _most_resolved(floors[place], ceilings[place - 1], ranges[place - 1], ranges[place]) + 1
        ):
            grown = (at_risk + d) / np.maximum(at_risk, 1)
            grown[0] = 1.0
            most = np.maximum.accumulate(np.where(after.fits, after.high * grown, -np.inf))
            if d and after.fits[0]:  # nobody is left, and the last have resolved: from wherever the curve was
                most = np.maximum(most, 1.0)
            before = at_risk[d:]
            share = np.where(before > 0, (before - d) / np.maximum(before, 1), 1.0)
            n = size - d
            with np.errstate(divide="ignore", invalid="ignore"):
                needed = np.where(share > 0, least[:n] / share, np.where(least[:n] <= 0, 0.0, np.inf))
            fits = needed <= np.minimum(most[:n], 1.0) + ROUNDING
            low[d:] = np.where(fits, np.minimum(low[d:], needed), low[d:])
            high[d:] = np.where(fits, np.maximum(high[d:], most[:n]), high[d:])
        hulls.insert(0, Hull(*_emptied(low, np.minimum(high, 1.0))))
    return hulls


def _most_resolved(floor: float, highest: float, before: tuple[int, int], after: tuple[int, int]) -> int:
    """Bound how many can resolve while the curve stays above a floor; all first is the smallest fall."""
    share = 1.0 if floor <= 0 or highest <= 0 else max(0.0, 1 - floor / highest)
    return min(before[1] - after[0], int(np.floor(before[1] * (share + ROUNDING) + ROUNDING)))


def _forward(points: Sequence[Point], backward: Sequence[Hull], allowed: Floats) -> Possible:
    """Carry the intervals from point to point, and keep of them what fits the rest."""
    floors, ranges = _floors(points), _ranges(points)
    unresolved, resolved, censored = [], [], []
    least, most = (int(n) for n in (points[0].lower, points[0].upper))
    size = most + 1
    start = Hull(np.full((size, 1), np.inf), np.full((size, 1), -np.inf))
    start.low[least:], start.high[least:] = 1.0, 1.0
    here = start
    number = 0
    for place in range(1, len(points)):
        point = points[place]
        here = _moved(here, floors[place], ranges[place - 1], ranges[place])
        if point.is_at_risk:
            is_out = np.ones(size, dtype=bool)
            is_out[int(point.lower) : int(point.upper) + 1] = False
            here = Hull(
                np.where(is_out[:, None], np.inf, here.low), np.where(is_out[:, None], -np.inf, here.high)
            )
        else:
            here = here.within(point.lower, point.upper)
        rest = backward[place]
        here = here.within(rest.low[:, None], rest.high[:, None])
        is_end = place == len(points) - 1
        if point.is_at_risk or is_end:
            d = np.arange(here.low.shape[1])
            is_out = (d < allowed[number, 0]) | (d > allowed[number, 1])
            here = Hull(np.where(is_out, np.inf, here.low), np.where(is_out, -np.inf, here.high))
        used = np.flatnonzero(here.fits.any(axis=0))
        if used.size:
            here = Hull(here.low[:, : used[-1] + 1], here.high[:, : used[-1] + 1])
        else:
            raise ImpossibleCurve(_why(points, place))
        if not point.is_at_risk:
            unresolved.append((here.low.min(), here.high.max()))
        if point.is_at_risk or is_end:
            s, d = np.nonzero(here.fits)
            resolved.append((d.min(), d.max()))
            censored.append((max(0, least - (s + d).max()), most - (s + d).min()))
            least, most = s.min(), s.max()
            here = Hull(here.low.min(axis=1, keepdims=True), here.high.max(axis=1, keepdims=True))
            number += 1
    return Possible(*(np.array(rows, dtype=float) for rows in (unresolved, resolved, censored)))


def _moved(here: Hull, floor: float, before: tuple[int, int], after: tuple[int, int]) -> Hull:
    """Let some resolve and some be censored."""
    size, known = here.low.shape
    highest = float(here.high.max())
    most = _most_resolved(floor, highest, before, after)
    low, high = np.full((size, known + most), np.inf), np.full((size, known + most), -np.inf)
    at_risk = np.arange(size, dtype=float)[:, None]
    least = np.minimum.accumulate(here.low[::-1])[::-1]
    for d in range(most + 1):
        n = size - d
        smallest = np.where(at_risk + d > 0, at_risk / np.maximum(at_risk + d, 1), 1.0)
        largest = np.where(at_risk > 0, (at_risk - d) / np.maximum(at_risk, 1), 1.0)
        risen = np.where(here.fits, np.maximum(here.high, 0) * largest, -np.inf)
        risen[:d] = -np.inf
        risen = np.maximum.accumulate(risen[::-1])[::-1]
        with np.errstate(invalid="ignore"):
            fallen = np.where(np.isfinite(least[d:]), least[d:] * smallest[:n], np.inf)
        part = slice(d, d + known)
        low[:n, part] = np.minimum(low[:n, part], fallen)
        high[:n, part] = np.maximum(high[:n, part], risen[d:])
    return Hull(*_emptied(low, high))


def _why(points: Sequence[Point], place: int) -> str:
    return (
        "no numbers of resolved and censored children give what is printed up to month "
        f"{points[place].days / DAYS_PER_MONTH:.3g}"
    )
