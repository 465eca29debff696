"""Log-rank test of several groups whose resolutions are known as intervals."""

from collections.abc import Mapping

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import chi2

from ain_analytics.log_rank import LogRank
from ain_analytics.npmle import npmle
from ain_analytics.step_curve import Floats
from ain_analytics.turnbull_cells import Observations


def interval_log_rank(groups: Mapping[str, tuple[Observations, NDArray[np.int64]]]) -> LogRank | None:
    """Compare groups by Sun's scores [1]_, with the variance of their permutations [2]_.

    Parameters
    ----------
    groups : rows of each group, and the child of each row
        Everybody is followed from day zero. The days of visits are taken to have nothing to do with the
        group. Episodes of one child in one group go together.

    Returns
    -------
    LogRank or None
        None where nobody is seen to resolve, or all are alike. Of exact and right-censored episodes the
        resolved less the expected are those of the log-rank test. `n_expected` may be negative.

    References
    ----------
    .. [1] Sun 1996, Statistics in Medicine 15:1387–1395.
    .. [2] Fay and Shaw 2010, doi:10.18637/jss.v036.i02.
    """
    score = dict(zip(groups, _scores([rows for rows, _ in groups.values()]), strict=True))
    of_children = [np.bincount(child, score[name]) for name, (_, child) in groups.items()]
    sizes, sums = (
        np.array([len(each) for each in of_children]),
        np.array([each.sum() for each in of_children]),
    )
    every = np.concatenate(of_children)
    spread = float(every @ every)
    if len(every) < 2 or spread <= len(every) * np.finfo(float).eps:
        return None
    statistic = float((len(every) - 1) / spread * np.sum(sums**2 / sizes))
    n_resolved = np.array([int(np.isfinite(rows.upper).sum()) for rows, _ in groups.values()])
    table = pl.DataFrame(
        {
            "stratum": list(groups),
            "n": [len(rows.lower) for rows, _ in groups.values()],
            "n_resolved": n_resolved,
            "n_expected": n_resolved - sums,
        }
    )
    degrees = len(groups) - 1
    return LogRank(statistic, degrees, float(chi2.sf(statistic, degrees)), table)


def _scores(groups: list[Observations]) -> list[Floats]:
    """Score each row by the change of S Λ over its interval, per share that resolves in it.

    S is the share unresolved of all groups together and Λ its cumulative hazard, so that of an exact
    resolution the score is 1 − Λ on its day, and of a censored one −Λ.
    """
    ends = ("lower", "upper", "entry", "weight")
    fit = npmle(Observations(*(np.concatenate([getattr(rows, end) for rows in groups]) for end in ends)))
    before = np.concatenate([[1.0], fit.unresolved])
    hazard = np.append(0.0, np.cumsum(-np.diff(before) / np.maximum(before[:-1], np.finfo(float).tiny)))
    product = before * hazard
    scores = []
    for rows in groups:
        first, last = (np.searchsorted(fit.right, end, side="right") for end in (rows.lower, rows.upper))
        scores.append((product[last] - product[first]) / (before[first] - before[last]))
    return scores
