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
    """Cells (left, right], and the ranges of them that each row covers.

    A row enters before cell `enters`, is known unresolved before cell `opens`, and known
    resolved before cell `closes`.
    """

    left: Floats
    right: Floats
    enters: Index
    opens: Index
    closes: Index
    weight: Floats

    @property
    def n(self) -> int:
        """Number of cells."""
        return len(self.left)

    def total(self, first: Index, last: Index, amount: Floats) -> Floats:
        """Add an amount to each row's range of cells [first, last), and sum by cell."""
        edges = np.bincount(first, amount, self.n + 1) - np.bincount(last, amount, self.n + 1)
        sums: Floats = np.cumsum(edges)[: self.n]
        return sums

    def violation(self, unresolved: Floats) -> float:
        """Miss of the Karush–Kuhn–Tucker conditions of the masses, per unit of weight [1]_.

        They say that no mass, moved to any cell, raises the likelihood.

        References
        ----------
        .. [1] Gentleman and Geyer 1994, Biometrika 81:618–623.
        """
        before = np.concatenate([[1.0], unresolved])
        inside, window = before[self.opens] - before[self.closes], before[self.enters]
        if np.any(inside <= 0) or np.any(window <= 0):
            return np.inf
        gain = self.total(self.opens, self.closes, self.weight / inside)
        pay = self.total(self.enters, np.full_like(self.enters, self.n), self.weight / window)
        return float(np.max(gain - pay) / self.weight.sum())


def cells_of(rows: Observations) -> Cells:
    """Find where the maximum can have mass [1]_: between a lower end and the next upper end.

    A day of entry counts as an upper end, because mass moved across it is paid for by those
    who enter there [2]_. At equal days an upper end comes before a lower one: intervals are
    open on the left.

    References
    ----------
    .. [1] Turnbull 1976, J. R. Stat. Soc. B 38:290–295.
    .. [2] Frydman 1994, J. R. Stat. Soc. B 56:71–74.
    """
    lowers = np.unique(rows.lower)
    uppers = np.unique(np.concatenate([rows.upper, rows.entry[rows.entry > 0]]))
    days = np.concatenate([uppers, lowers])
    is_lower = np.repeat([False, True], [len(uppers), len(lowers)])
    order = np.argsort(days, kind="stable")
    days, is_lower = days[order], is_lower[order]
    is_cell = is_lower[:-1] & ~is_lower[1:]
    right = days[1:][is_cell]
    enters, opens, closes = (
        np.searchsorted(right, ends, side="right") for ends in (rows.entry, rows.lower, rows.upper)
    )
    return Cells(days[:-1][is_cell], right, enters, opens, closes, rows.weight)


def last_gap(cells: Cells) -> int:
    """Find the last cell, but for the final one, that nobody is known to have come through; or −1."""
    through = np.cumsum(
        np.bincount(cells.enters, minlength=cells.n + 1) - np.bincount(cells.opens, minlength=cells.n + 1)
    )
    gaps = np.flatnonzero(through[: cells.n - 1] == 0)
    return int(gaps[-1]) if gaps.size else -1
