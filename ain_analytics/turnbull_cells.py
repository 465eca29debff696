"""Where the maximum of an interval-censored likelihood can have mass, and whether it is the maximum."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ain_analytics.step_curve import Floats

Index = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Observations:
    """Distinct rows: seen unresolved from `entry` to `lower`, resolved by `upper` (or infinite)."""

    lower: Floats
    upper: Floats
    entry: Floats
    weight: Floats

    def where(self, chosen: NDArray[np.bool_]) -> "Observations":
        """Keep some of the rows."""
        return Observations(self.lower[chosen], self.upper[chosen], self.entry[chosen], self.weight[chosen])


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells (left, right], and of the rows what the likelihood of the cells' masses needs.

    Rows that resolve in the same range of cells [first, last) are one, with the sum of their
    `weight`; `entered` is the weight of those who enter before each cell, `known` of those known
    to come through it, and `is_gap` says where there are none of these.
    """

    left: Floats
    right: Floats
    first: Index
    last: Index
    weight: Floats
    entered: Floats
    known: Floats
    is_gap: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.left)

    def total(self, first: Index, last: Index, amount: Floats) -> Floats:
        """Add an amount to each row's range of cells [first, last), and sum by cell."""
        return _covered(first, last, amount, self.n)

    def violation(self, unresolved: Floats) -> float:
        """Miss of the Karush–Kuhn–Tucker conditions of the masses, per unit of weight [1]_.

        They say that no mass, moved to any cell, raises the likelihood.

        References
        ----------
        .. [1] Gentleman and Geyer 1994, Biometrika 81:618–623.
        """
        before = np.concatenate([[1.0], unresolved])
        inside, window, enters = before[self.first] - before[self.last], before[: self.n], self.entered > 0
        if np.any(inside <= 0) or np.any(window[enters] <= 0):
            return np.inf
        gain = self.total(self.first, self.last, self.weight / inside)
        pay = np.cumsum(np.divide(self.entered, window, out=np.zeros(self.n), where=enters))
        return float(np.max(gain - pay) / self.weight.sum())


def cells_of(rows: Observations, also: Floats | None = None) -> Cells:
    """Find where the maximum can have mass [1]_: between a lower end and the next upper end.

    A day of entry counts as an upper end, because mass moved across it is paid for by those
    who enter there [2]_. At equal days an upper end comes before a lower one: intervals are
    open on the left. Where cells are asked to end on other days `also`, none reaches across them,
    and no distribution is left out that says something else of these days.

    References
    ----------
    .. [1] Turnbull 1976, J. R. Stat. Soc. B 38:290–295.
    .. [2] Frydman 1994, J. R. Stat. Soc. B 56:71–74.
    """
    more = np.empty(0) if also is None else also
    lowers = np.unique(np.concatenate([rows.lower, more]))
    uppers = np.unique(np.concatenate([rows.upper, rows.entry[rows.entry > 0], more]))
    days = np.concatenate([uppers, lowers])
    is_lower = np.repeat([False, True], [len(uppers), len(lowers)])
    order = np.argsort(days, kind="stable")
    days, is_lower = days[order], is_lower[order]
    is_cell = is_lower[:-1] & ~is_lower[1:]
    left, right = days[:-1][is_cell], days[1:][is_cell]
    n = len(right)
    enters, opens, closes = (
        np.searchsorted(right, ends, side="right") for ends in (rows.entry, rows.lower, rows.upper)
    )
    ranges, place = np.unique(opens * (n + 1) + closes, return_inverse=True)
    return Cells(
        left,
        right,
        first=ranges // (n + 1),
        last=ranges % (n + 1),
        weight=_sums(place, rows.weight, len(ranges)),
        entered=_sums(enters, rows.weight, n + 1)[:n],
        known=_covered(enters, opens, rows.weight, n),
        is_gap=_covered(enters, opens, np.ones(len(enters)), n) == 0,
    )


def _covered(first: Index, last: Index, amount: Floats, n: int) -> Floats:
    sums: Floats = np.cumsum(_sums(first, amount, n + 1) - _sums(last, amount, n + 1))[:n]
    return sums


def _sums(place: Index, amount: Floats, n: int) -> Floats:
    return np.bincount(place, amount, n).astype(np.float64)


def last_gap(cells: Cells) -> int:
    """Find the last cell, but for the final one, that nobody is known to have come through; or −1."""
    gaps = np.flatnonzero(cells.is_gap[: cells.n - 1])
    return int(gaps[-1]) if gaps.size else -1
