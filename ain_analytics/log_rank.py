"""Log-rank test of several groups, with delayed entry.

No library gives it whole: lifelines' knows no entry and counts a degree of freedom for a
group that was never at risk; statsmodels' knows entry, but neither tells the expected
numbers nor answers when a group was never at risk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl
from scipy.stats import chi2

from ain_analytics.row_weights import n_of, sum_before, weights_of
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
        p = p_in_words(self.p_value)
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
    sums = sums_of(groups)
    found = chi_square(sums.difference, sums.variance)
    if found is None:
        return None
    statistic, rank = found
    table = pl.DataFrame(
        {
            "stratum": list(strata),
            "n": [n_of(rows) for rows in groups],
            "n_resolved": sums.n_resolved.astype(np.int64),
            "n_expected": sums.n_expected,
        }
    )
    return LogRank(statistic, rank, float(chi2.sf(statistic, rank)), table)


Weigh = Callable[[Floats, Floats], Floats]
"""Weight of each day with a resolution, from all who are at risk and all who resolve on it."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """What a test of the log-rank family adds up over days; one entry for each group."""

    n_resolved: Floats
    n_expected: Floats
    difference: Floats
    variance: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            self.n_resolved + other.n_resolved,
            self.n_expected + other.n_expected,
            self.difference + other.difference,
            self.variance + other.variance,
        )


def sums_of(groups: Sequence[pl.DataFrame], weigh: Weigh | None = None) -> Sums:
    """Add up resolutions seen and expected, and the hypergeometric variance of their weighted difference."""
    days = np.unique(np.concatenate([_event_days(rows) for rows in groups]))
    n = np.stack([_at_risk(rows, days) for rows in groups])
    d = np.stack([_resolved(rows, days) for rows in groups])
    total, events = n.sum(axis=0), d.sum(axis=0)
    weight = np.ones(len(days)) if weigh is None else weigh(total, events)
    share = n / total
    expected = share * events
    spread = weight**2 * events * (total - events) / np.maximum(total - 1, 1)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return Sums(d.sum(axis=1), expected.sum(axis=1), (weight * (d - expected)).sum(axis=1), variance)


def chi_square(difference: Floats, variance: Floats) -> tuple[float, int] | None:
    """Give statistic and degrees of freedom; none where the differences cannot vary."""
    rank = _rank(variance)
    if rank == 0:
        return None
    return float(difference @ np.linalg.pinv(variance, rcond=1e-9, hermitian=True) @ difference), rank


def p_in_words(p: float) -> str:
    """Write a p-value with its sign."""
    return "< 0.0001" if p < 0.0001 else f"= {p:.4f}"


def _rank(variance: Floats) -> int:
    size = float(np.trace(variance))
    return 0 if size <= 0 else int(np.sum(np.linalg.eigvalsh(variance) > 1e-9 * size))


def _event_days(rows: pl.DataFrame) -> Floats:
    return rows.filter(pl.col("is_resolved"))["exit_days"].unique().cast(pl.Float64).to_numpy()


def _at_risk(rows: pl.DataFrame, days: Floats) -> Floats:
    return _n_before(rows, "entry_days", days) - _n_before(rows, "exit_days", days)


def _resolved(rows: pl.DataFrame, days: Floats) -> Floats:
    events = rows.filter(pl.col("is_resolved"))
    return _n_before(events, "exit_days", days, side="right") - _n_before(events, "exit_days", days)


def _n_before(
    rows: pl.DataFrame, column: str, days: Floats, *, side: Literal["left", "right"] = "left"
) -> Floats:
    """Count the episodes whose day lies before each day, or, from the right, on or before it."""
    return sum_before(rows[column].to_numpy(), weights_of(rows), days, side=side)
