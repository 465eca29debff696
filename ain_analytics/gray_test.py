"""Gray's test: whether groups come to an end in the same share by the same time, other ends being there.

comprisk has it, but needs a compiler of 260 MB; statsmodels and lifelines have none.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import chi2

from ain_analytics.log_rank import p_in_words
from ain_analytics.step_curve import Floats


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class GrayTest:
    """Test of one end among several groups.

    Parameters
    ----------
    end : str
    statistic : float
    degrees_of_freedom : int
        Groups less one.
    p_value : float
    """

    end: str
    statistic: float
    degrees_of_freedom: int
    p_value: float

    def __repr__(self) -> str:
        p = p_in_words(self.p_value)
        return f"Gray, {self.end}: chi² = {self.statistic:.3f} on {self.degrees_of_freedom} df, p {p}"


def gray_test(strata: Mapping[str, pl.DataFrame], end: str) -> GrayTest | None:
    """Compare the incidence of an end between groups by Gray's test [1]_ with weight 1 (rho 0).

    Parameters
    ----------
    strata : rows of each group
        `exit_days`, whole days; `end`, null where censored. Everybody is at risk from day zero: the test is
        not defined with delayed entry.
    end : the end that is compared

    Returns
    -------
    GrayTest or None
        None where the end comes on no day on which two groups are at risk.

    References
    ----------
    .. [1] Gray 1988, Ann. Stat. 16:1141–1154, doi:10.1214/aos/1176350951.
    """
    found = _scores(list(strata.values()), end)
    if found is None:
        return None
    score, variance = found[0][:-1], found[1][:-1, :-1]
    size = float(np.trace(variance))
    if size <= 0 or np.linalg.matrix_rank(variance, tol=1e-9 * size, hermitian=True) < score.size:
        return None
    statistic = float(score @ np.linalg.solve(variance, score))
    return GrayTest(end, statistic, score.size, float(chi2.sf(statistic, score.size)))


def _scores(groups: list[pl.DataFrame], end: str) -> tuple[Floats, Floats] | None:
    """Add up observed less expected numbers and their variance, day by day.

    The expected numbers come from the common subdistribution hazard, with at risk also those who
    came to another end, as many as would not have been censored; ties as in R's cmprsk.
    """
    days = np.unique(np.concatenate([rows["exit_days"].to_numpy() for rows in groups]))
    is_end = pl.col("end") == end
    mine = np.stack([_counts(rows.filter(is_end), days) for rows in groups], axis=1)
    others = np.stack(
        [_counts(rows.filter(pl.col("end").is_not_null() & ~is_end), days) for rows in groups], axis=1
    )
    left = np.stack([_counts(rows, days) for rows in groups], axis=1)
    at_risk = left[::-1].cumsum(axis=0)[::-1]
    sums = _Sums.empty(len(groups))
    free, share, common = np.ones(len(groups)), np.zeros(len(groups)), 0.0
    for d, other, r in zip(mine, others, at_risk, strict=True):
        n_ends = float(d.sum())
        if n_ends + other.sum() == 0:
            continue
        size = np.where(r > 0, r / np.where(free > 0, free, 1.0), 0.0)
        total = float(size.sum())
        at = np.maximum(r, 1.0)
        next_free = np.where(r > 0, free * (r - d - other) / at, free)
        next_share = np.where(r > 0, share + free * d / at, share)
        next_common = common + n_ends / total
        sums.score += d - n_ends * size * (1 - share) / float(size @ (1 - share))
        moved = np.diag(size) - np.outer(size, size) / total
        sums.carried += moved * n_ends / (total * (1 - common))
        kept = np.where(next_free > 0, (1 - next_common) / np.where(next_free > 0, next_free, 1.0), 0.0)
        if n_ends > 0:
            ties = 1 - (n_ends - 1) / np.where(n_ends > 1, total * free - 1, np.inf)
            amount = np.where(r > 0, ties * free * n_ends / (total * at), 0.0)
            sums.add(moved - (1 - kept) * sums.carried, 1 - kept, amount)
        ties = 1 - (other - 1) / np.where(other > 1, r - 1, np.inf)
        amount = np.where((next_free > 0) & (other > 0), ties * free**2 * other / at**2, 0.0)
        sums.add(kept * sums.carried, -kept, amount)
        free, share, common = next_free, next_share, next_common
    variance = sums.variance()
    return (sums.score, variance) if variance.any() else None


@dataclass(slots=True, eq=False)
class _Sums:
    """What is summed over days: a column for each group whose ends are counted."""

    score: Floats
    carried: Floats
    of_days: Floats
    with_later: Floats
    of_later: Floats

    @classmethod
    def empty(cls, n: int) -> "_Sums":
        return cls(np.zeros(n), np.zeros((n, n)), np.zeros((n, n)), np.zeros((n, n)), np.zeros(n))

    def add(self, today: Floats, later: Floats, amount: Floats) -> None:
        """Add a day: its effect on the scores at once, and by what it changes later."""
        self.of_days += (today * amount) @ today.T
        self.with_later += today * (later * amount)
        self.of_later += later**2 * amount

    def variance(self) -> Floats:
        """Give the variance of the scores."""
        cross = self.carried @ self.with_later.T
        whole: Floats = self.of_days + (self.carried * self.of_later) @ self.carried.T + cross + cross.T
        return whole


def _counts(rows: pl.DataFrame, days: Floats) -> Floats:
    place = np.searchsorted(days, rows["exit_days"].to_numpy())
    return np.bincount(place, minlength=days.size).astype(float)
