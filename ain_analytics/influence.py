"""What one child does to a Kaplan–Meier curve, for the variance under sampling weights."""

import numpy as np
from numpy.typing import NDArray

from ain_analytics.step_curve import Floats

AT_A_TIME = 2_000
"""Rows whose influence on each day is held in memory at once."""


def robust_covariance(
    rows: tuple[Floats, Floats, Floats, Floats],
    child: NDArray[np.int64],
    days: Floats,
    at_risk: Floats,
    resolved: Floats,
) -> Floats:
    """Give the covariance of the shares on all days by the infinitesimal jackknife [1]_.

    The weight w of a row moves log S(t) by −Σ_{s ≤ t} (dN(s) − Y(s) d(s) / n(s)) / (n(s) − d(s)),
    with d and n the weighted numbers resolved and at risk.

    Parameters
    ----------
    rows : entry days, exit days, whether resolved, weight
        One entry for each row, the rows of a child beside one another.
    child : whole numbers that rise
        Whose row it is; what the rows of one child do is added up before it is squared.
    days, at_risk, resolved : arrays
        Steps of the curve with weighted numbers; every exit is one of the days.

    Returns
    -------
    array, days by days
        0 where the share is 0; R's `survfit` gives its diagonal.

    References
    ----------
    .. [1] Therneau, Concordance and the infinitesimal jackknife, vignette of R's survival;
       Williams 1995, Lifetime Data Anal. 1:171–186, for the variance under sampling weights.
    """
    entry, exit_, is_resolved, weight = rows
    left = at_risk - resolved
    with np.errstate(divide="ignore", invalid="ignore"):
        jump = np.where(left > 0, 1 / left, 0.0)
    rise = np.cumsum(jump * resolved / at_risk)
    share = np.cumprod(np.where(left > 0, left / at_risk, 0.0))
    entered = np.searchsorted(days, entry, side="right") - 1
    ended = np.searchsorted(days, exit_, side="left")
    before = np.where(entered < 0, 0.0, rise[np.maximum(entered, 0)])
    step = np.arange(len(days))
    starts = np.flatnonzero(np.diff(child, prepend=-1))
    covariance = np.zeros((len(days), len(days)))
    first = 0
    while first < len(starts):
        begin = starts[first]
        last = max(int(np.searchsorted(starts, begin + AT_A_TIME, side="right")) - 1, first + 1)
        end = starts[last] if last < len(starts) else len(child)
        some = slice(begin, end)
        is_over = step >= ended[some, None]
        has_entered = step > entered[some, None]
        hazard = np.where(is_over, rise[ended[some], None], rise) - before[some, None]
        event = is_over * (is_resolved[some] * jump[ended[some]])[:, None]
        moved = -share * weight[some, None] * (event - hazard * has_entered)
        by_child = np.add.reduceat(moved, starts[first:last] - begin, axis=0)
        covariance += by_child.T @ by_child
        first = last
    return covariance
