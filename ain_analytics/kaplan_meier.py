"""Kaplan–Meier estimate of one group, from counts of who enters and who leaves on each day.

It is made here, because lifelines computes it as the exponential of a sum of logarithms, calls limits [0, 0]
where they are undefined, takes the variance of the time for that of its restricted mean, refuses some tables
with delayed entry, and takes ten times as long to count, which thousands of definitions feel.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.errors import BadFrame
from ain_analytics.influence import robust_covariance
from ain_analytics.row_weights import has_counts, has_sampling_weights, n_of, sum_before, weights_of
from ain_analytics.step_curve import Floats, StepCurve

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class KaplanMeier:
    """Estimate of one group; the arrays have one entry for each of `curve.days`.

    Parameters
    ----------
    curve : StepCurve
        Steps on the day it starts and on each day on which somebody leaves the risk set.
    log_variance : array
        Greenwood's variance of the logarithm of the share, or the robust one under sampling
        weights; infinite where the share is 0.
    n_at_risk, n_resolved, n_censored : arrays
        At risk just before the day; on the first day, those who enter on it.
    n_set_aside : int
        Episodes that ended before the day on which the curve starts.
    covariance : array or None
        Under sampling weights, that of the shares on all days; the numbers above still count
        the episodes that were seen.
    """

    curve: StepCurve
    log_variance: Floats
    n_at_risk: Counts
    n_resolved: Counts
    n_censored: Counts
    n_set_aside: int
    covariance: Floats | None = None

    def restricted_mean_error(self, horizon: float) -> float:
        """Give the standard error of the mean of the days to resolution, each cut at the horizon.

        The variance is the sum over events of (area to the right)² · d / (n (n − d)).
        """
        if self.covariance is not None:
            width = np.clip(
                np.minimum(np.append(self.curve.days[1:], np.inf), horizon) - self.curve.days, 0, None
            )
            return float(np.sqrt(width @ self.covariance @ width))
        n, d = self.n_at_risk, self.n_resolved
        is_counted = (d > 0) & (n > d) & (self.curve.days <= horizon)
        area, n, d = self.curve.area_after(horizon)[is_counted], n[is_counted], d[is_counted]
        return float(np.sqrt(np.sum(area**2 * d / (n * (n - d)))))


def kaplan_meier(rows: pl.DataFrame, *, quantile_rule: str = "middle") -> KaplanMeier:
    """Estimate the share not yet resolved.

    Parameters
    ----------
    rows : one row per episode, at least one
        `entry_days` < `exit_days`, whole days; `is_resolved`. At risk on day t are those
        with entry < t ≤ exit. Where present, `weight`: whole numbers count equal episodes,
        decimals are sampling weights, under which the variance is robust and the rows of one
        `patient_id` are taken together.
    quantile_rule : {"middle", "first"}

    Returns
    -------
    KaplanMeier
        Where the risk set runs empty before later events, nothing links what comes before
        with what comes after: the curve then starts on the first day from which it does not,
        and holds for those who are unresolved on that day. So it does where everybody
        enters after day zero.

    Raises
    ------
    BadFrame
        An episode ends on or before the day of its entry.
    """
    refuse_no_time(rows)
    table, linked = _risk_table(rows), rows
    break_day = _last_break(table)
    if break_day is not None:
        linked = rows.filter(pl.col("exit_days") > break_day)
        table = _risk_table(linked)
    is_exit = table.n_left > 0
    is_exit[0] = True
    days, at_risk, resolved, left = (
        counts[is_exit] for counts in (table.days, table.n_at_risk, table.n_resolved, table.n_left)
    )
    covariance = None
    n, d = at_risk.astype(float), resolved.astype(float)
    if has_sampling_weights(linked):
        n, d, covariance = _sampled(linked, days.astype(float), resolved, is_last=resolved == at_risk)
    unresolved: Floats = np.cumprod(np.where(resolved == at_risk, 0.0, (n - d) / n), dtype=float)
    with np.errstate(divide="ignore", invalid="ignore"):
        if covariance is None:
            log_variance = np.cumsum(np.where(resolved > 0, d / (n * (n - d)), 0.0))
        else:
            log_variance = np.where(unresolved > 0, np.diag(covariance) / unresolved**2, np.inf)
    return KaplanMeier(
        curve=StepCurve(days.astype(float), unresolved, float(days[-1]), quantile_rule),
        log_variance=log_variance,
        n_at_risk=at_risk,
        n_resolved=resolved,
        n_censored=left - resolved,
        n_set_aside=n_of(rows) - n_of(linked),
        covariance=covariance,
    )


def _sampled(
    rows: pl.DataFrame, days: Floats, resolved: Counts, *, is_last: NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats]:
    """Weigh who is at risk and who resolves on each day, and give the covariance of the shares."""
    keys = ["entry_days", "exit_days", "is_resolved"]
    if "patient_id" in rows.columns and rows["patient_id"].is_duplicated().any():
        ordered = rows.sort("patient_id", *keys)
        child = ordered["patient_id"].rle_id().to_numpy().astype(np.int64)
    else:  # equal rows move the curve equally, so their squares add up
        ordered = rows.sort(keys)
        child = np.arange(rows.height)
    entry, exit_, is_resolved = (ordered[name].cast(pl.Float64).to_numpy() for name in keys)
    weight = weights_of(ordered)
    entered, left = (sum_before(of, weight, days) for of in (entry, exit_))
    n = np.where(np.arange(len(days)) > 0, entered - left, 1.0)
    place = np.searchsorted(days, exit_)
    d = np.where(resolved > 0, np.bincount(place, weight * is_resolved, len(days)), 0.0)
    d = np.where(is_last, n, d)
    return n, d, robust_covariance((entry, exit_, is_resolved, weight), child, days, n, d)


def reversed_roles(rows: pl.DataFrame) -> pl.DataFrame:
    """Let the end of observation be the event, so that the curve tells how long follow-up was."""
    return rows.with_columns(~pl.col("is_resolved"))


def refuse_no_time(rows: pl.DataFrame) -> None:
    """Refuse rows during which nobody can have been at risk."""
    n = n_of(rows.filter(pl.col("entry_days") >= pl.col("exit_days")))
    if n:
        raise BadFrame(
            "FollowUp",
            f"{n} rows end on or before their day of entry, so nobody saw them at risk; "
            "mark them is_usable = false",
        )


@dataclass(frozen=True, slots=True, eq=False)
class _RiskTable:
    """For each day with an entry or exit, who enters, is at risk just before it, resolves, and leaves."""

    days: Counts
    n_entered: Counts
    n_at_risk: Counts
    n_resolved: Counts
    n_left: Counts


def _risk_table(rows: pl.DataFrame) -> _RiskTable:
    """Count who is at risk: those who entered before the day; on the first day, those who enter on it."""
    entry, exit_ = (rows[name].cast(pl.Int64).to_numpy() for name in ("entry_days", "exit_days"))
    weight = weights_of(rows) if has_counts(rows) else np.ones(rows.height)
    days = np.unique(np.concatenate([entry, exit_]))
    leaves = np.searchsorted(days, exit_)
    entered, left, resolved = (
        np.bincount(place, how_many, len(days)).astype(np.int64)
        for place, how_many in (
            (np.searchsorted(days, entry), weight),
            (leaves, weight),
            (leaves, weight * rows["is_resolved"].to_numpy()),
        )
    )
    before = np.cumsum(entered) - entered - (np.cumsum(left) - left)
    before[0] = entered[0]
    return _RiskTable(days, entered, before, resolved, left)


def _last_break(table: _RiskTable) -> int | None:
    """Find the last day after which the curve has to start anew.

    That is a day after which nobody is at risk although events follow, or on which all who
    are at risk resolve although others are still seen unresolved later.
    """
    still = np.cumsum(table.n_entered) - np.cumsum(table.n_left)
    is_empty = (still == 0) & (np.cumsum(table.n_resolved) < table.n_resolved.sum())
    is_exhausted = (table.n_resolved > 0) & (table.n_resolved == table.n_at_risk)
    is_exhausted[-1] = False
    breaks = table.days[is_empty | is_exhausted]
    return int(breaks[-1]) if breaks.size else None
