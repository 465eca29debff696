"""Aalen–Johansen estimate of one group: which share has come to each of several ends, by day.

lifelines breaks ties by chance, takes who enters on a day for at risk on it, and drops ends on
day zero; no other library at hand knows delayed entry. The estimate is a textbook product.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.kaplan_meier import KaplanMeier, kaplan_meier
from ain_analytics.step_curve import Floats

ROUNDING = 1e-12
"""A sum of shares may miss one by so much."""


@dataclass(frozen=True, slots=True, eq=False)
class AalenJohansen:
    """Estimate of one group; arrays have one entry, or one row, for each of `all_ends.curve.days`.

    Parameters
    ----------
    all_ends : KaplanMeier
        Of any end: the share that has come to none, and the numbers at risk.
    incidence : array of day by end
        Share that has come to the end by the day.
    variance : array of day by end
        Delta method, as R's `survfit` and `etm` have it; that of cmprsk (Aalen) is a little larger.
    n_events : array of day by end
    """

    all_ends: KaplanMeier
    incidence: Floats
    variance: Floats
    n_events: NDArray[np.int64]

    @property
    def n_censored(self) -> NDArray[np.int64]:
        """Number who left on the day without any end."""
        return self.all_ends.n_censored


def aalen_johansen(rows: pl.DataFrame, ends: Sequence[str]) -> AalenJohansen:
    """Estimate the share that comes to each end.

    Parameters
    ----------
    rows : one row per episode, at least one
        `entry_days` < `exit_days`, whole days; `end`, null where censored. At risk on day t are those
        with entry < t ≤ exit.
    ends : names of the ends, all that are in the rows

    Returns
    -------
    AalenJohansen
        Where the risk set runs empty early, the curves start later, as those of `kaplan_meier` do.

    Raises
    ------
    BadFrame
        An episode ends on or before the day of its entry.
    """
    all_ends = kaplan_meier(rows.with_columns(is_resolved=pl.col("end").is_not_null()))
    days, at_risk = all_ends.curve.days, all_ends.n_at_risk.astype(float)
    used = rows.filter(pl.col("exit_days") > days[0])
    place = np.searchsorted(days, used["exit_days"].to_numpy())
    n_events = np.stack(
        [
            np.bincount(place[(used["end"] == end).fill_null(False).to_numpy()], minlength=days.size)
            for end in ends
        ],
        axis=1,
    )
    unresolved = all_ends.curve.unresolved
    before = np.concatenate([[1.0], unresolved[:-1]])
    incidence = np.cumsum(before[:, None] * n_events / at_risk[:, None], axis=0)
    incidence[incidence > 1 - ROUNDING] = 1.0  # parts of a whole add up to it but for rounding
    variance = _variance(before, unresolved, at_risk, n_events.astype(float), incidence)
    return AalenJohansen(all_ends, incidence, variance, n_events)


def _variance(before: Floats, after: Floats, at_risk: Floats, events: Floats, incidence: Floats) -> Floats:
    """Sum what the ends of each day add, as it is carried on to later days.

    Of the share F(t), a day u gives S(u−)² · var(Σ a·dA(u)), with a = 1 − g for the end itself and −g for
    the others, where g = (F(t) − F(u)) / S(u); the rates dA(u) are multinomial. A square of F(t) −
    F(u) is taken apart, so that one pass over the days is enough.
    """
    every = events.sum(axis=1, keepdims=True)
    n, s = at_risk[:, None], before[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        left = np.where(after > 0, 1 / after, 0.0)[:, None]
    unit = s**2 / n**2
    alone = unit * events * (1 - events / n)
    shared = unit * events * (1 - every / n) * left
    carried = unit * every * (1 - every / n) * left**2
    total: Floats = (
        np.cumsum(alone, axis=0)
        - 2 * (incidence * np.cumsum(shared, axis=0) - np.cumsum(incidence * shared, axis=0))
        + incidence**2 * np.cumsum(carried, axis=0)
        - 2 * incidence * np.cumsum(incidence * carried, axis=0)
        + np.cumsum(incidence**2 * carried, axis=0)
    )
    return np.maximum(total, 0.0)
