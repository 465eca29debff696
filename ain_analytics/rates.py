"""Rates and their ratios: exact for two rates, and within each child by conditional Poisson regression."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ain_analytics.errors import EmptyStratum

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
MOST_STEPS = 60
CLOSE = 1e-10
"""The fit ends where no score, per event, is further from 0."""
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
        margin = stats.norm.ppf((1 + confidence) / 2) * se
        value, lower, upper = (float(np.exp(b + sign * margin)) for sign in (0, -1, 1))
        return Ratio(value, lower, upper, 2 * float(stats.norm.sf(abs(b) / se)))


def within_child(child: Ints, events: Ints, time: Floats, terms: Floats) -> WithinChild:
    """Compare the rates of each child's own rows, whatever the child's own rate.

    Parameters
    ----------
    child, events, time : arrays, one value per row
        Time above 0.
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
    Newton's method of our own: statsmodels' `ConditionalPoisson` leaves out a child whose rows have equal
    numbers of events, however different their times.
    """
    sums = np.bincount(child, events)
    if not ((np.bincount(child) > 1) & (sums > 0)).any():
        raise EmptyStratum("within children", "no child has an event and time in both states")
    is_off = np.array([not events[column != 0].sum() for column in terms.T], dtype=bool)
    kept: NDArray[np.bool_] = ~(terms[:, is_off] != 0).any(axis=1) & (time > 0) & (sums[child] > 0)
    _, child = np.unique(child[kept], return_inverse=True)
    rows = np.bincount(child)
    y, x, log_time = events[kept].astype(float), terms[kept], np.log(time[kept])
    total: Floats = np.bincount(child, y).astype(float)
    used = _told_apart(x, log_time, child, total, ~is_off)
    b, information, scores = _newton(y, x[:, used], log_time, child, total)
    covariance = _inverse(information) if used.size else information
    robust = covariance @ (scores.T @ scores) @ covariance
    found = [np.full(terms.shape[1], np.nan) for _ in range(3)]
    for values, of in zip(found, (b, _roots(covariance), _roots(robust)), strict=True):
        values[used] = np.where(np.abs(b) > RUNS_AWAY, np.nan, of)
    says = rows > 1
    return WithinChild(
        found[0], found[1], found[2], n_children=int(says.sum()), n_events=int(total[says].sum())
    )


def _roots(covariance: Floats) -> Floats:
    """Give the errors; 0, which tells nothing, where a variance is lost in the last digits."""
    roots: Floats = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    return roots


def _inverse(information: Floats) -> Floats:
    """Invert the information, each term on a scale of its own: one of them may hardly be told."""
    scale = np.sqrt(np.diag(information))
    scale = np.maximum(scale, np.finfo(float).tiny)
    inverse: Floats = np.linalg.pinv(information / np.outer(scale, scale)) / np.outer(scale, scale)
    return inverse


def _shares(x: Floats, log_time: Floats, child: Ints, b: Floats) -> Floats:
    """Give the share of the child's events that each row is expected to have."""
    logarithm = x @ b + log_time
    largest = np.full(int(child.max()) + 1, -np.inf)
    np.maximum.at(largest, child, logarithm)
    weight = np.exp(logarithm - largest[child])
    shares: Floats = weight / np.bincount(child, weight)[child]
    return shares


def _centred(x: Floats, share: Floats, child: Ints) -> Floats:
    """Take from each term its mean within the child."""
    means = np.zeros((int(child.max()) + 1, x.shape[1]))
    np.add.at(means, child, share[:, None] * x)
    centred: Floats = x - means[child]
    return centred


def _told_apart(x: Floats, log_time: Floats, child: Ints, total: Floats, wanted: NDArray[np.bool_]) -> Ints:
    """Choose the terms that vary within children beyond the terms before them."""
    share = _shares(x, log_time, child, np.zeros(x.shape[1]))
    z = np.sqrt(share * total[child])[:, None] * _centred(x, share, child)
    basis: list[Floats] = []
    used = []
    for term in np.flatnonzero(wanted):
        left = z[:, term].copy()
        for direction in basis:
            left -= (left @ direction) * direction
        length, own = float(np.linalg.norm(left)), float(np.linalg.norm(z[:, term]))
        if own > 0 and length > TOLD_APART * own:
            basis.append(left / length)
            used.append(term)
    return np.array(used, dtype=np.int64)


def _newton(
    y: Floats, x: Floats, log_time: Floats, child: Ints, total: Floats
) -> tuple[Floats, Floats, Floats]:
    """Climb to the maximum: coefficients, information, and the score of each child."""
    b = np.zeros(x.shape[1])
    for _ in range(MOST_STEPS):
        share = _shares(x, log_time, child, b)
        expected = share * total[child]
        centred = _centred(x, share, child)
        information = (expected[:, None] * centred).T @ centred
        score = (y - expected) @ x
        if np.abs(score).max(initial=0.0) <= CLOSE * total.sum():
            residual = (y - expected)[:, None] * x
            of_child = np.zeros((total.size, x.shape[1]))
            np.add.at(of_child, child, residual)
            return b, information, of_child
        scale = np.sqrt(np.maximum(np.diag(information), np.finfo(float).tiny))
        step = np.linalg.lstsq(information / np.outer(scale, scale), score / scale, rcond=None)[0] / scale
        before = _log_likelihood(y, x, log_time, child, total, b)
        while _log_likelihood(y, x, log_time, child, total, b + step) < before - CLOSE * total.sum():
            step = step / 2
        b = b + step
    raise EmptyStratum("within children", "the events do not determine every ratio; take fewer groups")


def _log_likelihood(y: Floats, x: Floats, log_time: Floats, child: Ints, total: Floats, b: Floats) -> float:
    return float(y @ np.log(np.maximum(_shares(x, log_time, child, b), np.finfo(float).tiny)))
