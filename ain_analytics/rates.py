"""Rates and their ratios: exact for two rates, and within each child by conditional Poisson regression."""

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ain_analytics.errors import EmptyStratum
from ain_analytics.step_curve import normal_quantile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
CLOSE = 1e-7
"""At the fit no score, per event, is further from 0."""
TOLD_APART = 1e-8
"""Share of a term's own variation that the terms before it must leave to it."""
RUNS_AWAY = 12.0
"""A logarithm of a ratio so far from 0 has no end: the data hold nothing against a larger one."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A value with its limits, and p where it is held against 1; none where it cannot be told."""

    value: float | None
    lower: float | None
    upper: float | None
    p: float | None = None


def exact_rate(events: int, time: float, confidence: float) -> Ratio:
    """Give events per time with the exact limits of Garwood 1936 (Poisson), as R's `poisson.test` does."""
    if not time > 0:
        return Ratio(None, None, None)
    tail = (1 - confidence) / 2
    lower = stats.chi2.ppf(tail, 2 * events) / 2 if events else 0.0
    upper = stats.chi2.isf(tail, 2 * (events + 1)) / 2
    return Ratio(events / time, float(lower / time), float(upper / time))


def exact_ratio(events: tuple[int, int], time: tuple[float, float], confidence: float) -> Ratio:
    """Give the ratio of the first rate to the second, by the binomial law of the first's share of events.

    Limits are those of Clopper and Pearson turned into ratios, and p is that of R's `poisson.test`.
    """
    (a, b), (s, t) = events, time
    if not (s > 0 and t > 0 and a + b > 0):
        return Ratio(None, None, None)
    test = stats.binomtest(a, a + b, s / (s + t))
    share = test.proportion_ci(confidence, method="exact")
    return Ratio(
        a / s / (b / t) if b else None,
        float(share.low / (1 - share.low) * t / s),
        float(share.high / (1 - share.high) * t / s) if share.high < 1 else None,
        float(test.pvalue),
    )


@dataclass(frozen=True, slots=True, eq=False)
class WithinChild:
    """A conditional Poisson fit; a term that the data cannot tell has no coefficient (not a number).

    Parameters
    ----------
    coefficients, errors, robust_errors : arrays, one value per term
        Logarithms of ratios, their errors by the model, and by the spread of the children's scores.
    n_children, n_events : int
        Those who say something: with an event and more than one row.
    """

    coefficients: Floats
    errors: Floats
    robust_errors: Floats
    n_children: int
    n_events: int

    def ratio(self, term: int, confidence: float, *, robust: bool) -> Ratio:
        """Give the ratio of one term with Wald's limits."""
        b, se = self.coefficients[term], (self.robust_errors if robust else self.errors)[term]
        if not np.isfinite(b) or not 0 < se <= RUNS_AWAY:
            return Ratio(None, None, None)
        margin = normal_quantile(confidence) * se
        value, lower, upper = (float(np.exp(b + sign * margin)) for sign in (0, -1, 1))
        return Ratio(value, lower, upper, 2 * float(stats.norm.sf(abs(b) / se)))


def within_child(child: Ints, events: Ints | Floats, time: Floats, terms: Floats) -> WithinChild:
    """Compare the rates of each child's own rows, whatever the child's own rate.

    Parameters
    ----------
    child, events, time : arrays, one value per row
        Time above 0. Events may be weighted.
    terms : array, rows by terms
        What the logarithm of the rate depends on. Terms that earlier ones explain are left out, and rows of
        a 0/1 term under which there is no event: their ratio is 0.

    Returns
    -------
    WithinChild
        The fit conditional on each child's sum of events, which equals the Poisson fit with one term per
        child (Hausman, Hall and Griliches 1984).

    Raises
    ------
    EmptyStratum
        No child has both an event and rows to compare, or the fit does not end.

    Notes
    -----
    statsmodels' `ConditionalPoisson`. Its default method, BFGS, ends 0.0003 away from R's numbers, and
    Newton's finds them to 1e-14 but may run away from a far start: so Newton's, and where that does not end,
    from the end of BFGS. The model leaves out a group whose rows have equal numbers of events, however
    different their times; so each row with events makes a group of its own here, beside the child's other
    rows, which has the same likelihood, since events are independent given the child.
    """
    sums = np.bincount(child, events)
    if not ((np.bincount(child) > 1) & (sums > 0)).any():
        raise EmptyStratum("within children", "no child has an event and time in both states")
    is_off = np.array([not events[column != 0].sum() for column in terms.T], dtype=bool)
    kept: NDArray[np.bool_] = ~(terms[:, is_off] != 0).any(axis=1) & (time > 0) & (sums[child] > 0)
    kept[kept] = np.bincount(child[kept])[child[kept]] > 1
    found = [np.full(terms.shape[1], np.nan) for _ in range(3)]
    if not kept.any():
        return WithinChild(found[0], found[1], found[2], n_children=0, n_events=0)
    _, child = np.unique(child[kept], return_inverse=True)
    y, x, log_time = events[kept].astype(float), terms[kept], np.log(time[kept])
    total: Floats = np.bincount(child, y).astype(float)
    used = _told_apart(x, log_time, child, total, ~is_off)
    if used.size:
        b = _fit(y, x[:, used], log_time, child, total)
        covariance = inverse(information(x[:, used], log_time, child, total, b))
        robust = spread(child_scores(y, x[:, used], log_time, child, total, b), covariance)
        for values, of in zip(found, (b, roots(covariance), roots(robust)), strict=True):
            values[used] = np.where(np.abs(b) > RUNS_AWAY, np.nan, of)
    return WithinChild(
        found[0], found[1], found[2], n_children=total.size, n_events=round(float(total.sum()))
    )


@cache
def _model() -> Any:
    """Give statsmodels' model with a Hessian by formula: its own takes the score once for each term."""
    from statsmodels.discrete.conditional_models import ConditionalPoisson  # heavy, and few analyses need it

    class Model(ConditionalPoisson):  # type: ignore[misc]
        def hessian(self, params: Floats) -> Floats:
            group = np.repeat(np.arange(self._n_groups), self._groupsize)
            log_time = np.concatenate(self._offset_grp)
            total = np.array(self._sumy, dtype=float)
            return -information(np.concatenate(self._exog_grp), log_time, group, total, params)

    return Model


def _fit(y: Floats, x: Floats, log_time: Floats, child: Ints, total: Floats) -> Floats:
    """Fit by statsmodels, with a group for each row that has events."""
    order = np.argsort(child, kind="stable")
    n_rows = np.bincount(child)
    first = np.cumsum(n_rows) - n_rows
    happened = np.flatnonzero(y)
    size = n_rows[child[happened]]
    group = np.repeat(np.arange(happened.size), size)
    within = np.arange(group.size) - np.repeat(np.cumsum(size) - size, size)
    rows = order[first[child[happened]][group] + within]
    own = np.where(rows == happened[group], y[rows], 0.0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")  # whether it ended well is told by the scores
        model = _model()(own, x[rows], groups=group, offset=log_time[rows])
        for is_far in (False, True):
            near = model.fit(method="bfgs", skip_hessian=True).params if is_far else np.zeros(x.shape[1])
            b = np.asarray(model.fit(start_params=near, method="newton", skip_hessian=True).params)
            scores = child_scores(y, x, log_time, child, total, b).sum(axis=0)
            if np.abs(scores).max() <= CLOSE * total.sum():
                return b
    raise EmptyStratum("within children", "the events do not determine every ratio; take fewer groups")


def child_scores(y: Floats, x: Floats, log_time: Floats, child: Ints, total: Floats, b: Floats) -> Floats:
    """Give the score of each child: a row each, a column per term."""
    return sums(child, (y - shares(x, log_time, child, b) * total[child])[:, None] * x)


def information(x: Floats, log_time: Floats, child: Ints, total: Floats, b: Floats) -> Floats:
    """Give the information on the terms, given each child's sum of events."""
    share = shares(x, log_time, child, b)
    left = centred(x, share, child)
    known: Floats = ((share * total[child])[:, None] * left).T @ left
    return known


def spread(scores: Floats, bread: Floats) -> Floats:
    """Give the covariance of coefficients by the spread of the children's scores."""
    covariance: Floats = bread @ (scores.T @ scores) @ bread.T
    return covariance


def inverse(matrix: Floats) -> Floats:
    """Invert, each term on a scale of its own: one of them may hardly be told."""
    scale = np.sqrt(np.maximum(np.abs(np.diag(matrix)), np.finfo(float).tiny))
    found: Floats = np.linalg.pinv(matrix / np.outer(scale, scale)) / np.outer(scale, scale)
    return found


def roots(covariance: Floats) -> Floats:
    """Give the errors; 0, which tells nothing, where a variance is lost in the last digits."""
    errors: Floats = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return errors


def shares(x: Floats, log_time: Floats, child: Ints, b: Floats) -> Floats:
    """Give the share of the child's events that each row is expected to have."""
    logarithm = x @ b + log_time
    largest = np.full(int(child.max()) + 1, -np.inf)
    np.maximum.at(largest, child, logarithm)
    weight = np.exp(logarithm - largest[child])
    share: Floats = weight / np.bincount(child, weight)[child]
    return share


def centred(x: Floats, share: Floats, child: Ints) -> Floats:
    """Take from each term its mean within the child."""
    left: Floats = x - sums(child, share[:, None] * x)[child]
    return left


def sums(child: Ints, columns: Floats) -> Floats:
    """Add up the rows of each child: a row each."""
    return np.column_stack([np.bincount(child, column) for column in columns.T])


def _told_apart(x: Floats, log_time: Floats, child: Ints, total: Floats, wanted: NDArray[np.bool_]) -> Ints:
    """Choose the terms that vary within children beyond the terms before them."""
    share = shares(x, log_time, child, np.zeros(x.shape[1]))
    scale = np.sqrt(share * total[child])[:, None]
    z, whole = scale * centred(x, share, child), np.linalg.norm(scale * x, axis=0)
    basis: list[Floats] = []
    used = []
    for term in np.flatnonzero(wanted):
        left = z[:, term].copy()
        for direction in basis:
            left -= (left @ direction) * direction
        length, own = float(np.linalg.norm(left)), float(np.linalg.norm(z[:, term]))
        if own > TOLD_APART * whole[term] and length > TOLD_APART * own:
            basis.append(left / length)
            used.append(term)
    return np.array(used, dtype=np.int64)
