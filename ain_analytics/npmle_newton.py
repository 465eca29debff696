"""Constrained Newton method for interval-censored data with delayed entry.

It works on the jumps of the cumulative hazard, in which the log-likelihood is concave even
with delayed entry: a row says "no jump between entry and lower, and one between lower and
upper". So a point that fulfils the conditions of the maximum is the maximum. Like the method
of R's npsurv (Wang 2008) it solves a quadratic problem over few cells at a time.
"""

from copy import copy
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular
from scipy.linalg.lapack import dposv
from scipy.optimize import nnls

from ain_analytics.step_curve import Floats
from ain_analytics.turnbull_cells import Cells, Index

EXACT = 1e-12
"""Stop where the conditions of the maximum are missed by no more, or where steps no longer get on."""

MOST_STEPS = 100
"""Steps after which the best answer so far is given; ten to twenty are usual."""

MOST_EXCHANGES = 30
"""Exchanges of sets of cells after which the quadratic problem is given to a slower method."""


def most_likely(cells: Cells) -> Floats:
    """Find the share unresolved at the right end of each cell that makes the rows likeliest."""
    problem = HazardJumps(cells)
    jumps = problem.first_guess()
    best, least = problem.unresolved(jumps), np.inf
    for _ in range(MOST_STEPS):
        unresolved = problem.unresolved(jumps)
        violation = cells.violation(unresolved)
        if violation < least:
            best, least = unresolved, violation
        if least <= EXACT:
            break
        before, jumps = jumps, problem.step(jumps)
        if np.array_equal(before, jumps):
            break
    return best


@dataclass(frozen=True, slots=True, eq=False)
class _Rise:
    """A step's aim, and by how much the likelihood would rise on its way at the present slope."""

    target: Floats
    rise: float


class HazardJumps:
    """The likelihood of rows in the jumps of the cumulative hazard at all cells but the last.

    After the last cell nobody is left, so a row that reaches into it gains from every jump
    there, and only what it pays for jumps before its lower day remains.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells, self.n = cells, cells.n - 1
        self.cost = cells.known[: self.n]
        ends_before = cells.last < cells.n
        self.first, self.last = cells.first[ends_before], cells.last[ends_before]
        self.weight = cells.weight[ends_before]

    def rewarded(self, reward: float, n_pushed: int) -> "HazardJumps":
        """Add a reward for each unit of the cumulative hazard at the end of the first `n_pushed` cells."""
        other = copy(self)
        other.cost = self.cost.copy()
        other.cost[:n_pushed] -= reward
        return other

    def first_guess(self) -> Floats:
        """Put equal jumps into few cells, such that every row has one of them."""
        chosen = self._fewest_cells()
        jumps = np.zeros(self.n)
        jumps[chosen] = 1 / max(len(chosen), 1)
        return jumps

    def unresolved(self, jumps: Floats) -> Floats:
        """Give the share unresolved at the right end of each cell."""
        return np.append(np.exp(-np.cumsum(jumps)), 0.0)

    def loglik(self, jumps: Floats) -> float:
        """Work out the log-likelihood, with its reward."""
        inside = self._inside(jumps)
        if np.any(inside <= 0):
            return -np.inf
        return float(self.weight @ np.log(-np.expm1(-inside)) - self.cost @ jumps)

    def step(self, jumps: Floats) -> Floats:
        """Add cells where the likelihood rises, and go towards the maximum of its second-order form."""
        return self._search(jumps, self.aim(jumps))

    def climb(self, jumps: Floats, *, until: float) -> Floats:
        """Step until the likelihood would not rise by more than `until`."""
        for _ in range(MOST_STEPS):
            aim = self.aim(jumps)
            before, jumps = jumps, self._search(jumps, aim)
            if aim.rise <= until or np.array_equal(before, jumps):
                break
        return jumps

    def aim(self, jumps: Floats) -> _Rise:
        """Find where the next step goes to."""
        slope = self._slope(jumps)
        chosen = self._with_steepest(np.flatnonzero(jumps > 0), slope)
        target = self._quadratic_maximum(jumps, slope, chosen)
        return _Rise(target, float(slope @ (target - jumps)))

    def _inside(self, jumps: Floats) -> Floats:
        """Sum the jumps between lower and upper, for each row that resolves before the last cell."""
        sums: Floats = np.concatenate([[0.0], np.cumsum(jumps)])
        inside: Floats = sums[self.last] - sums[self.first]
        return inside

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
        starts = np.append(0, chosen) if chosen.size == 0 or chosen[0] > 0 else chosen
        largest = np.repeat(np.maximum.reduceat(slope, starts), np.diff(starts, append=self.n))
        steepest = np.flatnonzero((slope == largest) & (slope > 0))
        section = np.searchsorted(starts, steepest, side="right")
        is_chosen = np.zeros(self.n, dtype=bool)
        is_chosen[chosen] = True
        is_chosen[steepest[np.diff(section, prepend=0) > 0]] = True
        return np.flatnonzero(is_chosen)

    def _quadratic_maximum(self, jumps: Floats, slope: Floats, chosen: Index) -> Floats:
        """Maximise the second-order approximation over jumps at the chosen cells that are not negative.

        Two chosen cells share the curvature of the rows whose range holds both; these are
        counted by a cumulative sum over a table of where ranges begin and end.
        """
        size = len(chosen)
        place = np.searchsorted(chosen, np.arange(self.n + 1))
        first, last = place[self.first], place[self.last] - 1
        inside = self._inside(jumps)
        bend = self.weight / (4 * np.sinh(inside / 2) ** 2)
        holds = first <= last
        shared = np.bincount(first[holds] * size + last[holds], bend[holds], size * size)
        table = shared.astype(np.float64).reshape(size, size)
        upper = np.cumsum(np.cumsum(table, axis=0)[:, ::-1], axis=1)[:, ::-1]
        half = np.triu(upper)
        curvature: Floats = half + half.T
        diagonal = upper.diagonal()
        curvature[np.diag_indices(size)] = diagonal + 1e-12 * diagonal.sum() + 1e-300
        target = np.zeros(self.n)
        target[chosen] = _not_negative(curvature, slope[chosen] + curvature @ jumps[chosen])
        return target

    def _search(self, jumps: Floats, aim: _Rise) -> Floats:
        """Go towards the target, half as far each time until the likelihood rises enough.

        Near the maximum it rises by less than it is rounded; so much is let pass.
        """
        now = self.loglik(jumps)
        rounding = 1e-13 * (1 + abs(now))
        share = 1.0
        while share > 1e-12:
            tried = jumps + share * (aim.target - jumps)
            if self.loglik(tried) >= now + 1e-4 * share * aim.rise - rounding:
                return tried
            share /= 2
        return jumps


def _not_negative(curvature: Floats, pull: Floats) -> Floats:
    """Maximise pull · x − x · curvature · x / 2 over x ≥ 0 by exchanging sets of cells [1]_.

    Where exchanges go round in circles, nonnegative least squares answers.

    References
    ----------
    .. [1] Portugal, Júdice and Vicente 1994, Math. Comp. 63:625–643.
    """
    slack = 1e-12 * float(np.abs(pull).max(initial=0.0))
    is_in = np.ones(len(pull), dtype=bool)
    for _ in range(MOST_EXCHANGES):
        x = np.zeros(len(pull))
        chosen = np.flatnonzero(is_in)
        if chosen.size:
            _, x[chosen], failed = dposv(curvature[chosen[:, None], chosen], pull[chosen])
            if failed:
                break
        wrong = np.where(is_in, x < 0, pull - curvature @ x > slack)
        if not wrong.any():
            return x
        is_in ^= wrong
    root = cholesky(curvature)
    found: Floats = nnls(root, solve_triangular(root, pull, trans="T"))[0]
    return found
