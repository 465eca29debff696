"""Kaplan–Meier estimate of one group, from lifelines' risk table.

lifelines counts; the estimate itself is made here, because lifelines computes it as the
exponential of a sum of logarithms, calls limits [0, 0] where they are undefined, takes the
variance of the time for that of its restricted mean, and refuses some tables with delayed entry.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from lifelines.utils import survival_table_from_events
from numpy.typing import NDArray

from ain_analytics.errors import BadFrame
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
        Greenwood's variance of the logarithm of the share; infinite where the share is 0.
    n_at_risk, n_resolved, n_censored : arrays
        At risk just before the day; on the first day, those who enter on it.
    n_set_aside : int
        Episodes that ended before the day on which the curve starts.
    """

    curve: StepCurve
    log_variance: Floats
    n_at_risk: Counts
    n_resolved: Counts
    n_censored: Counts
    n_set_aside: int

    def restricted_mean_error(self, horizon: float) -> float:
        """Give the standard error of the mean of the days to resolution, each cut at the horizon.

        The variance is the sum over events of (area to the right)² · d / (n (n − d)).
        """
        n, d = self.n_at_risk, self.n_resolved
        is_counted = (d > 0) & (n > d) & (self.curve.days <= horizon)
        area, n, d = self.curve.area_after(horizon)[is_counted], n[is_counted], d[is_counted]
        return float(np.sqrt(np.sum(area**2 * d / (n * (n - d)))))


def kaplan_meier(rows: pl.DataFrame) -> KaplanMeier:
    """Estimate the share not yet resolved.

    Parameters
    ----------
    rows : one row per episode, at least one
        `entry_days` < `exit_days`, whole days; `is_resolved`. At risk on day t are those
        with entry < t ≤ exit.

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
    _refuse_no_time(rows)
    table, linked = _risk_table(rows), rows
    break_day = _last_break(table)
    if break_day is not None:
        linked = rows.filter(pl.col("exit_days") > break_day)
        table = _risk_table(linked)
    is_exit = (table["n_left"] > 0).to_numpy()
    is_exit[0] = True
    days, at_risk, resolved, left = (
        table[name].to_numpy()[is_exit] for name in ("days", "n_at_risk", "n_resolved", "n_left")
    )
    kept = (at_risk - resolved) / at_risk
    with np.errstate(divide="ignore"):
        steps = resolved / (at_risk * (at_risk - resolved).astype(float))
    return KaplanMeier(
        curve=StepCurve(days.astype(float), np.cumprod(kept), float(days[-1])),
        log_variance=np.cumsum(np.where(resolved > 0, steps, 0.0)),
        n_at_risk=at_risk,
        n_resolved=resolved,
        n_censored=left - resolved,
        n_set_aside=rows.height - linked.height,
    )


def reversed_roles(rows: pl.DataFrame) -> pl.DataFrame:
    """Let the end of observation be the event, so that the curve tells how long follow-up was."""
    return rows.with_columns(~pl.col("is_resolved"))


def _refuse_no_time(rows: pl.DataFrame) -> None:
    n = rows.filter(pl.col("entry_days") >= pl.col("exit_days")).height
    if n:
        raise BadFrame(
            "FollowUp",
            f"{n} rows end on or before their day of entry, so nobody saw them at risk; "
            "mark them is_usable = false",
        )


def _weighted(rows: pl.DataFrame) -> pl.DataFrame:
    """Count equal rows.

    A risk table needs only how many enter and how many leave on each day. So the sorted
    entries are paired with the sorted exits, which keeps entry < exit and leaves at most as
    many different pairs as there are days, however many rows there are.
    """
    entries = rows.select(pl.col("entry_days").sort())
    exits = rows.select("exit_days", "is_resolved").sort("exit_days", "is_resolved")
    pairs = pl.concat([entries, exits], how="horizontal")
    return pairs.group_by(pairs.columns).len("weight").sort(pairs.columns)


def _risk_table(rows: pl.DataFrame) -> pl.DataFrame:
    """Count, for each day with an entry or exit, who is at risk just before it and who leaves.

    lifelines counts those who enter on a day among those at risk on it; at risk are only
    those who entered before. On the first day, nobody did: there its number stands.
    """
    pairs = _weighted(rows)
    table = survival_table_from_events(
        pairs["exit_days"].to_numpy(),
        pairs["is_resolved"].to_numpy(),
        pairs["entry_days"].to_numpy(),
        weights=pairs["weight"].cast(pl.Int64).to_numpy(),
    )
    entered = table["entrance"].to_numpy()
    return pl.DataFrame(
        {
            "days": table.index.to_numpy().astype(np.int64),
            "n_entered": entered,
            "n_at_risk": table["at_risk"].to_numpy() - np.where(np.arange(len(entered)) > 0, entered, 0),
            "n_resolved": table["observed"].to_numpy(),
            "n_left": table["removed"].to_numpy(),
        }
    )


def _last_break(table: pl.DataFrame) -> int | None:
    """Find the last day after which the curve has to start anew.

    That is a day after which nobody is at risk although events follow, or on which all who
    are at risk resolve although others are still seen unresolved later.
    """
    still = pl.col("n_entered").cum_sum() - pl.col("n_left").cum_sum()
    later_events = pl.col("n_resolved").sum() - pl.col("n_resolved").cum_sum()
    is_empty = (still == 0) & (later_events > 0)
    is_exhausted = (pl.col("n_resolved") > 0) & (pl.col("n_resolved") == pl.col("n_at_risk"))
    has_later = pl.col("days") < pl.col("days").last()
    breaks = table.filter(is_empty | (is_exhausted & has_later))["days"]
    return int(breaks[-1]) if breaks.len() else None
