"""Log-rank test of several groups, with delayed entry.

No library gives it whole: lifelines' knows no entry and counts a degree of freedom for a
group that was never at risk; statsmodels' knows entry, but neither tells the expected
numbers nor answers when a group was never at risk.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import chi2

from ain_analytics.step_curve import Floats


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LogRank:
    """Test whether groups resolve at the same rate.

    Parameters
    ----------
    statistic : float
    degrees_of_freedom : int
        Rank of the variance matrix.
    p_value : float
    table : one row per group
        `stratum`, `n`, `n_resolved`, and `n_expected` if all resolved at the same rate.
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    table: pl.DataFrame

    def __repr__(self) -> str:
        p = "< 0.0001" if self.p_value < 0.0001 else f"= {self.p_value:.4f}"
        return f"log-rank: chi² = {self.statistic:.3f} on {self.degrees_of_freedom} df, p {p}"


def log_rank(strata: Mapping[str, pl.DataFrame]) -> LogRank | None:
    """Compare groups by the log-rank test [1]_ with the hypergeometric variance.

    Parameters
    ----------
    strata : rows of each group
        `entry_days` < `exit_days`, whole days; `is_resolved`. At risk on day t are those
        with entry < t ≤ exit.

    Returns
    -------
    LogRank or None
        None where no day with a resolution has two groups at risk.

    References
    ----------
    .. [1] Peto and Peto 1972, J. R. Stat. Soc. A 135(2).
    """
    groups = list(strata.values())
    days = np.unique(np.concatenate([_event_days(rows) for rows in groups]))
    n = np.stack([_at_risk(rows, days) for rows in groups])
    d = np.stack([_resolved(rows, days) for rows in groups])
    total, events = n.sum(axis=0), d.sum(axis=0)
    share = n / total
    expected = share * events
    spread = events * (total - events) / np.maximum(total - 1, 1)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    rank = _rank(variance)
    if rank == 0:
        return None
    difference = (d - expected).sum(axis=1)
    statistic = float(difference @ np.linalg.pinv(variance, rcond=1e-9, hermitian=True) @ difference)
    table = pl.DataFrame(
        {
            "stratum": list(strata),
            "n": [rows.height for rows in groups],
            "n_resolved": d.sum(axis=1).astype(np.int64),
            "n_expected": expected.sum(axis=1),
        }
    )
    return LogRank(statistic, rank, float(chi2.sf(statistic, rank)), table)


def _rank(variance: Floats) -> int:
    size = float(np.trace(variance))
    return 0 if size <= 0 else int(np.sum(np.linalg.eigvalsh(variance) > 1e-9 * size))


def _event_days(rows: pl.DataFrame) -> Floats:
    return rows.filter(pl.col("is_resolved"))["exit_days"].unique().cast(pl.Float64).to_numpy()


def _at_risk(rows: pl.DataFrame, days: Floats) -> Floats:
    entered = np.searchsorted(np.sort(rows["entry_days"].to_numpy()), days, side="left")
    left = np.searchsorted(np.sort(rows["exit_days"].to_numpy()), days, side="left")
    return (entered - left).astype(float)


def _resolved(rows: pl.DataFrame, days: Floats) -> Floats:
    ends = np.sort(rows.filter(pl.col("is_resolved"))["exit_days"].to_numpy())
    counts = np.searchsorted(ends, days, side="right") - np.searchsorted(ends, days, side="left")
    return counts.astype(float)
