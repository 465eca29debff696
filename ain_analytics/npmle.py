"""Nonparametric maximum likelihood for half-open intervals (lower, upper] with delayed entry.

SurPyval's Turnbull estimate (EM-ICM) is used where nobody enters late: it reaches the maximum
to 1e-10 in milliseconds. With delayed entry it has only an EM, which was still far from the
maximum after 20,000 steps (2 s for 507 rows, 5 s for 7,761; the Newton method needs 10 ms and
0.15 s). So there, and wherever its answer misses the conditions of the maximum, our own
constrained Newton method takes over. How far the conditions are missed is told with the answer.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from surpyval.univariate.nonparametric.turnbull import Turnbull

from ain_analytics.errors import NotAtMaximum
from ain_analytics.npmle_newton import most_likely
from ain_analytics.step_curve import Floats
from ain_analytics.turnbull_cells import Cells, Observations, cells_of, last_gap

GOOD_ENOUGH = 1e-9
"""An answer that misses the conditions of the maximum by no more is taken as it is."""

DOUBTFUL = 1e-6
"""An answer that misses them by more comes with a warning."""


@dataclass(frozen=True, slots=True, eq=False)
class Npmle:
    """The estimate: so much of the resolutions falls into each cell.

    Parameters
    ----------
    left, right : arrays
        Cells (left, right] in order, the only places where the maximum can have
        resolutions; where in its cell a resolution falls, no data can tell.
    unresolved : array
        Share unresolved at the right end of each cell; 0 in the last one, which may have no end.
    start : float
        Day on which the curve starts: what it says holds for those unresolved then.
    n, n_set_aside : float
        Episodes that it rests on, and those that ended before it starts.
    kkt_violation : float
        Largest amount, per episode, by which the conditions of the maximum are missed.
    """

    left: Floats
    right: Floats
    unresolved: Floats
    start: float
    n: float
    n_set_aside: float
    kkt_violation: float


def npmle(rows: Observations) -> Npmle:
    """Find the distribution of the day of resolution under which the rows are likeliest.

    Parameters
    ----------
    rows : Observations
        entry ≤ lower < upper: who enters is unresolved on that day.

    Returns
    -------
    Npmle
        Where nobody who entered is known to have stayed unresolved through a cell, nothing
        links what comes before with what comes after: the curve then starts after the last
        such cell.
    """
    n = float(rows.weight.sum())
    cells = cells_of(rows)
    while (gap := last_gap(cells)) >= 0:
        rows = rows.where(rows.lower >= cells.right[gap])
        cells = cells_of(rows)
    unresolved = _from_surpyval(rows, cells) if not rows.entry.any() else None
    violation = np.inf if unresolved is None else cells.violation(unresolved)
    if unresolved is None or violation > GOOD_ENOUGH:
        newton = most_likely(cells)
        if (better := cells.violation(newton)) < violation or unresolved is None:
            unresolved, violation = newton, better
    if violation > DOUBTFUL:
        warnings.warn(NotAtMaximum(violation), stacklevel=2)
    return Npmle(
        left=cells.left,
        right=cells.right,
        unresolved=unresolved,
        start=float(rows.entry.min()),
        n=float(rows.weight.sum()),
        n_set_aside=n - float(rows.weight.sum()),
        kkt_violation=max(violation, 0.0),
    )


def _from_surpyval(rows: Observations, cells: Cells) -> Floats:
    if cells.n == 1:
        return np.zeros(1)
    with warnings.catch_warnings():
        # what it says of its own convergence is not needed: its answer is checked
        warnings.filterwarnings("ignore", message="The Turnbull", category=UserWarning)
        model = Turnbull.fit(
            xl=rows.lower, xr=rows.upper, n=rows.weight, turnbull_estimator="Kaplan-Meier", max_iter=1000
        )
    ends = cells.right[:-1]
    unresolved = model.R[np.searchsorted(model.x, ends, side="right") - 1]
    return np.append(unresolved, 0.0)
