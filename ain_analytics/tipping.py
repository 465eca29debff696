"""How different the lost would have to be for the answer to change."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date

import numpy as np
import polars as pl
from scipy.optimize import brentq

from ain_analytics.curve_result import finite, start_in_words
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, BadFrame, NotEstimable
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.lost import LOST, with_fates
from ain_analytics.observation_result import TippingPoint
from ain_analytics.row_weights import WEIGHT
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.observation import TippingPoints, TippingRows
from ain_analytics.step_curve import QUARTILES, Floats, crossing_day
from ain_analytics.strata import ALL, strata_of
from ain_analytics.tipping_pools import Ints, Rows, by_ratio, by_share_unseen, counted

RATIOS = (0, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10)
SHARES = (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
"""What is tried: recovery never to ten times as fast, and none to all recovered unseen; our choice."""
HALF = QUARTILES["median"]
AT_A_TIME = 25
"""Resamples whose curves are held in memory at once."""

Axes = dict[str, tuple[Floats, Callable[[Floats, Floats], Floats]]]
"""Each axis with its grid, and its curves (samples by grid by days) under some weights."""


def tipping_point(
    follow_up: pl.DataFrame,
    *,
    threshold_months: float,
    ratios: Sequence[float] = RATIOS,
    shares: Sequence[float] = SHARES,
    extracted_on: date | None = None,
    definitions: Definitions = TEXTBOOK,
) -> TippingPoint:
    """How different the lost must be for the median to cross a threshold.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        As for `bounds_for_lost`. Weights are not known here.
    threshold_months : float
        The median that is asked about, in months since the origin.
    ratios : numbers from 0 up
        How many times as fast as those still followed the lost recover (pattern-mixture model).
    shares : numbers from 0 to 1
        Of the lost, all of whom were last seen neutropenic, how many had recovered on the day after.
    extracted_on : date, optional
        As for `bounds_for_lost`.
    definitions : Definitions
        Confidence, months of the report, resamples and their seed, `long_silence_days`.

    Returns
    -------
    TippingPoint
        Median and shares unresolved over both grids, ratio 1 and share 0 (Kaplan–Meier) among them, with
        percentile limits from resamples of children; and the ratio and the share at which just half is
        unresolved at the threshold. Ratio 0 is one minus the Aalen–Johansen share of resolution.

    Raises
    ------
    BadDefinition
        The threshold, a ratio or a share is impossible.
    BadFrame
        As for `bounds_for_lost`; or there is a column `weight`.
    EmptyStratum
        No episode is left.
    NotEstimable
        Nobody was lost.

    References
    ----------
    .. [1] Another hazard after censoring: Jackson et al. 2014, Statistics in Medicine 33:4681–4694, by
       imputation and in Cox's model. Pools instead, and a curve without covariates: our choice.

    Examples
    --------
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [30, 60, 90, 120, 150], "is_resolved": [True, False, True, True, True]}
    ... ).with_columns(is_lost=~pl.col("is_resolved"))
    >>> found = tipping_point(rows, threshold_months=3)
    >>> round(found.at("recovered_unseen"), 2)
    0.2
    """
    for name, given, most in (("ratios", ratios, np.inf), ("shares", shares, 1.0)):
        if not given or not all(0 <= one <= most and np.isfinite(one) for one in given):
            raise BadDefinition(name, tuple(given), f"must be numbers from 0 to {most:g}")
    if not 0 < threshold_months < np.inf:
        raise BadDefinition("threshold_months", threshold_months, "must be above 0")
    if WEIGHT in follow_up.columns:
        raise BadFrame("FollowUp", "it has weights, but children are resampled one by one")
    fated, said = with_fates(follow_up, extracted_on=extracted_on, definitions=definitions)
    found = strata_of(
        fated, by=None, definitions=definitions, columns=["exit_days", "is_resolved"], others=["fate"]
    )
    fit = kaplan_meier(found.rows[ALL])
    start = fit.curve.start
    rows = _rows(found.rows[ALL].filter(pl.col("exit_days") > start))
    if not rows.is_lost.any():
        hint = "" if extracted_on else "; without extracted_on only silences tell of losses"
        raise NotEstimable("the tipping point", f"nobody was lost{hint}")
    days, last = rows.days, float(rows.exit.max())
    axes: Axes = {
        "recovery_ratio": (
            np.unique([*ratios, 1.0]),
            lambda weights, at: by_ratio(counted(rows, days, weights), at),
        ),
        "recovered_unseen": (
            np.unique([*shares, 0.0]),
            lambda weights, at: by_share_unseen(counted(rows, days, weights), days, at),
        ),
    }
    steps = np.append(start, days)
    return TippingPoint(
        table=_table(axes, rows, steps, last, definitions),
        points=_points(axes, rows, steps, last, threshold_months, definitions),
        threshold_months=float(threshold_months),
        n=len(rows.exit),
        n_lost=int(rows.is_lost.sum()),
        definitions=definitions,
        assumptions=(
            *found.assumptions,
            *start_in_words(ALL, start, fit.n_set_aside),
            *said,
            "Recovery ratio: from the day after its last count a lost child recovers so many times as fast "
            "as the children who are followed on that day; 1 is the Kaplan–Meier curve. Children still "
            "followed when the data end stand for those followed and those lost later alike.",
            "Recovered unseen: so large a share of the lost had resolved on the day after the last count, "
            "and the others left for reasons of their own and recover as all children do, seen or unseen; "
            "0 is the Kaplan–Meier curve.",
            "The data cannot tell which ratio or share is true. Every curve stops once nobody is followed.",
            f"Limits at {100 * definitions.confidence:g} % are percentiles of "
            f"{definitions.bootstrap_replicates} resamples of children.",
        ),
    )


def _rows(rows: pl.DataFrame) -> Rows:
    entry, end = (rows[name].cast(pl.Int64).to_numpy() for name in ("entry_days", "exit_days"))
    child = np.arange(rows.height)
    if "patient_id" in rows.columns:
        child = rows["patient_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    return Rows(entry, end, rows["is_resolved"].to_numpy(), (rows["fate"] == LOST).to_numpy(), child)


def _table(axes: Axes, rows: Rows, steps: Ints, last: float, definitions: Definitions) -> pl.DataFrame:
    """Read every curve, and so many resamples of it."""
    drawn: dict[str, list[Floats]] = {axis: [] for axis in axes}
    for weights in _samples(rows, definitions):
        for axis, (grid, curves) in axes.items():
            drawn[axis].append(_read(curves(weights, grid), steps, last, definitions))
    tail = (1 - definitions.confidence) / 2
    frames = []
    for axis, (grid, _) in axes.items():
        values = np.concatenate(drawn[axis])
        lower, upper = np.full((2, *values.shape[1:]), np.nan)
        if len(values) > 1:
            lower, upper = np.quantile(values[1:], [tail, 1 - tail], axis=0, method="inverted_cdf")
        for place, at in enumerate(grid):
            ends = (values[0, place], lower[place], upper[place])
            frames += _in_rows(axis, float(at), ends, last, definitions)
    return frame_of(TippingRows, frames)


def _samples(rows: Rows, definitions: Definitions) -> Iterator[Floats]:
    """Weigh the episodes: once each, then as often as their child is drawn; some resamples at a time."""
    draws = np.random.default_rng(definitions.bootstrap_seed)
    n, times = int(rows.child.max()) + 1, definitions.bootstrap_replicates
    sizes = [min(AT_A_TIME, times - begun) for begun in range(0, times, AT_A_TIME)] if n > 1 else []
    yield np.ones((1, len(rows.child)))
    for size in sizes:
        yield draws.multinomial(n, np.full(n, 1 / n), size=size)[:, rows.child].astype(float)


def _read(curves: Floats, steps: Ints, last: float, definitions: Definitions) -> Floats:
    """Take the median and the shares of the report of each curve: samples by grid by quantities."""
    whole = np.concatenate([np.ones((*curves.shape[:2], 1)), curves], axis=2)
    days = steps.astype(float)
    median = [[crossing_day(days, curve, 1 - HALF, last) for curve in of_sample] for of_sample in whole]
    months = np.array(definitions.report_months) * DAYS_PER_MONTH
    place = np.maximum(np.searchsorted(days, months, side="right") - 1, 0)
    read: Floats = np.concatenate([np.array(median)[:, :, None], whole[:, :, place]], axis=2)
    return read


def _in_rows(
    axis: str, at: float, ends: tuple[Floats, Floats, Floats], last: float, definitions: Definitions
) -> list[dict[str, object]]:
    names = ["median", *(f"unresolved_at_{months}_months" for months in definitions.report_months)]
    rows: list[dict[str, object]] = []
    for place, name in enumerate(names):
        values = [float(of[place]) for of in ends]
        note = "not_reached" if np.isinf(values[0]) else None
        if place and definitions.report_months[place - 1] * DAYS_PER_MONTH > last:
            values, note = [np.nan] * len(values), "beyond_follow_up"
        known = [finite(value) for value in values]
        rows.append(
            {"definition": definitions.name, "axis": axis, "at": at, "quantity": name, "note": note}
            | dict(zip(("value", "lower", "upper"), known, strict=True))
            | {"unit": "share" if place else "days"}
        )
    return rows


def _points(
    axes: Axes, rows: Rows, steps: Ints, last: float, threshold_months: float, definitions: Definitions
) -> pl.DataFrame:
    """Find where just half is unresolved at the threshold; on both axes the share falls as that rises."""
    day = threshold_months * DAYS_PER_MONTH
    place = int(np.searchsorted(steps, min(day, last), side="right")) - 1
    found: list[dict[str, object]] = []
    for axis, (grid, curves) in axes.items():

        def above_half(at: float, curves: Callable[[Floats, Floats], Floats] = curves) -> float:
            whole = curves(np.ones((1, len(rows.child))), np.array([at]))[0, 0]
            return float(np.append(1.0, whole)[max(place, 0)]) - HALF

        least, most = above_half(float(grid[0])), above_half(float(grid[-1]))
        at, answer = None, "crosses"
        if day > last and least > 0:
            answer = "beyond_follow_up"
        elif least < 0:
            answer = "always_earlier"
        elif most > 0:
            answer = "always_later"
        else:
            at = float(brentq(above_half, float(grid[0]), float(grid[-1])))
        found.append({"axis": axis, "at": at, "answer": answer})
    labels = {"definition": definitions.name, "threshold_months": threshold_months}
    return frame_of(TippingPoints, (labels | row for row in found))
