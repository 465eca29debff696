"""Constrained Newton method for interval-censored data with delayed entry.

It works on the jumps of the cumulative hazard, in which the log-likelihood is concave even
with delayed entry: a row says "no jump between entry and lower, and one between lower and
upper". So a point that fulfils the conditions of the maximum is the maximum. Like the method
of R's npsurv (Wang 2008) it solves a quadratic problem over few cells at a time.
"""

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls

from ain_analytics.step_curve import Floats
from ain_analytics.turnbull_cells import Cells, Index

EXACT = 1e-12
"""Stop where the conditions of the maximum are missed by no more, or where steps no longer get on."""

MOST_STEPS = 100
"""Steps after which the best answer so far is given; ten to twenty are usual."""


def most_likely(cells: Cells) -> Floats:
    """Find the share unresolved at the right end of each cell that makes the rows likeliest."""
    return _Newton(cells).solve()


class _Newton:
    """The likelihood of rows in the jumps of the cumulative hazard at all cells but the last.

    After the last cell nobody is left, so a row that reaches into it gains from every jump
    there, and only what it pays for jumps before its lower day remains.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells, self.n = cells, cells.n - 1
        self.cost = cells.total(cells.enters, cells.opens, cells.weight)[: self.n]
        ends_before = cells.closes < cells.n
        self.first, self.last = cells.opens[ends_before], cells.closes[ends_before]
        self.weight = cells.weight[ends_before]

    def solve(self) -> Floats:
        """Step until the conditions of the maximum hold, adding cells and dropping empty ones."""
        chosen = self._fewest_cells()
        jumps = np.zeros(self.n)
        jumps[chosen] = 1 / max(len(chosen), 1)
        best, least = self._unresolved(jumps), np.inf
        for _ in range(MOST_STEPS):
            unresolved = self._unresolved(jumps)
            violation = self.cells.violation(unresolved)
            if violation < least:
                best, least = unresolved, violation
            if least <= EXACT:
                break
            slope = self._slope(jumps)
            chosen = self._with_steepest(np.flatnonzero(jumps > 0), slope)
            target = self._quadratic_maximum(jumps, slope, chosen)
            before, jumps = jumps, self._search(jumps, slope, target)
            if np.array_equal(before, jumps):
                break
        return best

    def _unresolved(self, jumps: Floats) -> Floats:
        return np.append(np.exp(-np.cumsum(jumps)), 0.0)

    def _inside(self, jumps: Floats) -> Floats:
        """Sum the jumps between lower and upper, for each row that resolves before the last cell."""
        sums: Floats = np.concatenate([[0.0], np.cumsum(jumps)])
        inside: Floats = sums[self.last] - sums[self.first]
        return inside

    def _loglik(self, jumps: Floats) -> float:
        inside = self._inside(jumps)
        if np.any(inside <= 0):
            return -np.inf
        return float(self.weight @ np.log(-np.expm1(-inside)) - self.cost @ jumps)

    def _slope(self, jumps: Floats) -> Floats:
        gain = self.weight / np.expm1(self._inside(jumps))
        return self.cells.total(self.first, self.last, gain)[: self.n] - self.cost

    def _fewest_cells(self) -> Index:
        """Choose cells from the left so that every row has one of them."""
        latest = np.full(self.n + 1, -1)
        np.maximum.at(latest, self.last - 1, self.first)
        chosen: list[int] = []
        for cell in np.flatnonzero(latest >= 0):
            if not chosen or latest[cell] > chosen[-1]:
                chosen.append(int(cell))
        return np.array(chosen, dtype=np.int64)

    def _with_steepest(self, chosen: Index, slope: Floats) -> Index:
        """Add, between any two chosen cells, the one with the steepest rise."""
        section = np.searchsorted(chosen, np.arange(self.n), side="right")
        order = np.lexsort((-slope, section))
        is_first = np.append(True, np.diff(section[order]) > 0)
        steepest = order[is_first]
        return np.union1d(chosen, steepest[slope[steepest] > 0])

    def _quadratic_maximum(self, jumps: Floats, slope: Floats, chosen: Index) -> Floats:
        """Maximise the second-order approximation over jumps at the chosen cells that are not negative.

        Two chosen cells share the curvature of the rows whose range holds both; these are
        counted by a cumulative sum over a table of where ranges begin and end.
        """
        size = len(chosen)
        first = np.searchsorted(chosen, self.first, side="left")
        last = np.searchsorted(chosen, self.last, side="left") - 1
        inside = self._inside(jumps)
        bend = self.weight / (4 * np.sinh(inside / 2) ** 2)
        holds = first <= last
        table = np.zeros((size, size))
        np.add.at(table, (first[holds], last[holds]), bend[holds])
        upper = np.cumsum(np.cumsum(table, axis=0)[:, ::-1], axis=1)[:, ::-1]
        curvature = np.triu(upper) + np.triu(upper, 1).T
        curvature[np.diag_indices(size)] += 1e-12 * np.trace(curvature) + 1e-300
        root = cholesky(curvature)
        aim = solve_triangular(root, slope[chosen] + curvature @ jumps[chosen], trans="T")
        target = np.zeros(self.n)
        target[chosen] = nnls(root, aim)[0]
        return target

    def _search(self, jumps: Floats, slope: Floats, target: Floats) -> Floats:
        """Go towards the target, half as far each time until the likelihood rises enough.

        Near the maximum it rises by less than it is rounded; so much is let pass.
        """
        now, rise = self._loglik(jumps), float(slope @ (target - jumps))
        rounding = 1e-13 * (1 + abs(now))
        share = 1.0
        while share > 1e-12:
            tried = jumps + share * (target - jumps)
            if self._loglik(tried) >= now + 1e-4 * share * rise - rounding:
                return tried
            share /= 2
        return jumps
