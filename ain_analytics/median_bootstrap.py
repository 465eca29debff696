"""Limits of the median day of resolution by resampling children, at a cost that their number hardly moves."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.curve_result import finite
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadFrame
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.row_weights import counted_pairs, n_of
from ain_analytics.step_curve import QUARTILES, TOLERANCE, Floats
from ain_analytics.strata import ALL, Strata, refuse_sampling_weights, strata_of

AT_A_TIME = 50
"""Resamples that are held in memory at once."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class MedianBootstrap:
    """Median day of resolution in resamples of children.

    Parameters
    ----------
    median : float or None
        Of all children; none where it is not reached.
    lower, upper : float or None
        Percentile limits; none where not reached.
    replicates : array
        Median of each resample; infinite where it is not reached.
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [10, 20, 30], "is_resolved": [True] * 3})
    >>> bootstrap_median(rows).median
    20.0
    """

    median: float | None
    lower: float | None
    upper: float | None
    replicates: Floats
    definitions: Definitions
    assumptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        median, lower, upper = (
            "not reached" if days is None else f"{days:g}" for days in (self.median, self.lower, self.upper)
        )
        n = len(self.replicates)
        return f"MedianBootstrap: day {median} ({lower} to {upper}), {n} resamples"


def bootstrap_median(follow_up: pl.DataFrame, *, definitions: Definitions = TEXTBOOK) -> MedianBootstrap:
    """Resample children and take the Kaplan–Meier median of each resample [1]_.

    Parameters
    ----------
    follow_up : FollowUp, one row per child
        Or the counts of one by `counts_of`. All must be at risk from day zero.
    definitions : Definitions
        Confidence, replicates, seed, episodes used.

    Returns
    -------
    MedianBootstrap
        Percentile limits. A resample of children is a multinomial draw over the different pairs of
        exit and outcome, so it costs as much for ten million children as for ten thousand.

    Raises
    ------
    BadFrame
        Entry is delayed or a child has several episodes, so that rows cannot be drawn one by one;
        or as for `resolution_curve`.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Efron 1981, doi:10.1080/01621459.1981.10477650.

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [10, 20, 30], "is_resolved": [True] * 3})
    >>> bootstrap_median(rows)
    MedianBootstrap: day 20 (10 to 30), 200 resamples
    """
    columns = ["exit_days", "is_resolved"]
    split = strata_of(follow_up, by=None, definitions=definitions, columns=columns, is_weighted=True)
    refuse_sampling_weights(split)
    rows = split.rows[ALL]
    refuse_no_time(rows)
    _refuse_what_is_not_drawn_alone(split)
    cells = counted_pairs(rows).sort("exit_days", "is_resolved")
    days = cells["exit_days"].unique().sort().to_numpy().astype(float)
    place = cells["exit_days"].rle_id().to_numpy()
    weight, is_event = (cells[name].cast(pl.Float64).to_numpy() for name in ("weight", "is_resolved"))
    n, first = n_of(rows), np.flatnonzero(np.diff(place, prepend=-1))
    whole = medians(weight[None, :], first, is_event, days)
    random = np.random.default_rng(definitions.bootstrap_seed)
    share = weight / weight.sum()
    n_left, found = definitions.bootstrap_replicates, []
    while n_left > 0:
        drawn = random.multinomial(n, share, size=min(AT_A_TIME, n_left)).astype(float)
        found.append(medians(drawn, first, is_event, days))
        n_left -= AT_A_TIME
    replicates = np.concatenate(found) if found else np.empty(0)
    tail = (1 - definitions.confidence) / 2
    limits: list[float | None] = [None, None]
    if len(replicates):
        ends = np.quantile(replicates, [tail, 1 - tail], method="inverted_cdf")
        limits = [finite(end) for end in ends]
    return MedianBootstrap(
        median=finite(whole[0]),
        lower=limits[0],
        upper=limits[1],
        replicates=replicates,
        definitions=definitions,
        assumptions=(
            *split.assumptions,
            "The end of observation has nothing to do with resolution (independent censoring).",
            f"Limits are percentiles of {len(replicates)} resamples of children; quantiles by R's rule.",
        ),
    )


def medians(weight: Floats, first: NDArray[np.int64], is_event: Floats, days: Floats) -> Floats:
    """Take the Kaplan–Meier median of each row of weights.

    Parameters
    ----------
    weight : resamples by cells, the cells sorted by day
    first : place of the first cell of each day
    is_event : 1 or 0 for each cell
    days : rising

    Returns
    -------
    array, one median for each resample
        By R's rule, as `crossing_day` of one curve; infinite where it is not reached.
    """
    level = QUARTILES["median"]
    left = np.add.reduceat(weight, first, axis=1)
    events = np.add.reduceat(weight * is_event, first, axis=1)
    at_risk = np.cumsum(left[:, ::-1], axis=1)[:, ::-1]
    share = np.cumprod(1 - events / np.maximum(at_risk, 1), axis=1)
    reached, passed = share <= level + TOLERANCE, share < level - TOLERANCE
    start = np.where(reached.any(axis=1), days[reached.argmax(axis=1)], np.inf)
    last = days[len(days) - 1 - (left > 0)[:, ::-1].argmax(axis=1)]
    end = np.where(passed.any(axis=1), days[passed.argmax(axis=1)], last)
    middle: Floats = np.where(np.isfinite(start), (start + end) / 2, np.inf)
    return middle


def _refuse_what_is_not_drawn_alone(split: Strata) -> None:
    rows = split.rows[ALL]
    if (rows["entry_days"] > 0).any():
        raise BadFrame("FollowUp", "entry is delayed, but only children at risk from day zero are drawn")
    if "patient_id" in rows.columns and rows["patient_id"].is_duplicated().any():
        raise BadFrame("FollowUp", "a child has several episodes, which cannot be drawn one by one")
