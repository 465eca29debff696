"""Nonparametric maximum likelihood for half-open intervals (lower, upper] with delayed entry.

Our own constrained Newton method finds it, because no library does with delayed entry, and where all
are followed from day zero it was as quick as SurPyval's EM-ICM (benchmarks/npmle.py). How far
the conditions of the maximum are missed is told with the answer.
"""

import warnings
from dataclasses import dataclass

from ain_analytics.errors import NotAtMaximum
from ain_analytics.npmle_newton import most_likely
from ain_analytics.step_curve import Floats
from ain_analytics.turnbull_cells import Cells, Observations, cells_of, last_gap

DOUBTFUL = 1e-6
"""An answer that misses the conditions of the maximum by more comes with a warning."""


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
    rows, cells = linked(rows)
    unresolved = most_likely(cells)
    violation = cells.violation(unresolved)
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


def linked(rows: Observations) -> tuple[Observations, Cells]:
    """Keep the rows after the last cell that nobody is known to have come through; give their cells too."""
    cells = cells_of(rows)
    while (gap := last_gap(cells)) >= 0:
        rows = rows.where(rows.lower >= cells.right[gap])
        cells = cells_of(rows)
    return rows, cells
