"""Maximum likelihood of accelerated failure time models from intervals, with delayed entry."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from ain_analytics.aft_distributions import Law
from ain_analytics.cox_engine import Flags
from ain_analytics.step_curve import Floats

STEP = 1e-3
"""Step of numerical derivatives of fourth order, on scaled terms."""
FLAT = 1e-8
"""At the maximum no score, per episode, is further from 0."""
NEARLY_FLAT = 1e-5
"""So flat it is where Newton's steps take over."""
SMALL = 1e-7
"""A step of Newton's so small leaves an error of its square."""
ROUNDING = 1e-10
"""Part of itself by which a likelihood may seem lower and not be: narrow intervals are small differences."""
MOST_STEPS = 50
RUNS_AWAY = 30.0
"""Terms whose effect is so many scales of the residual have no end."""
STARTS = (0.0, 1.0, -1.0)
"""Shapes from which the search for that of the generalised gamma begins."""
CENTRAL = ((-2, 1 / 12), (-1, -2 / 3), (1, 2 / 3), (2, -1 / 12))
BENT = ((-2, -1 / 12), (-1, 4 / 3), (0, -5 / 2), (1, 4 / 3), (2, -1 / 12))
"""Offsets and weights of central differences of fourth order: of the first derivative, and of the second."""
WIDE_STEP = 4e-3
"""Step of the second derivative, which loses more digits."""
MANY = 4000
"""Of more episodes, about so many lead to the place from which Newton's steps take all of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """What is known of the time of each episode: resolved after `lower` and by `upper`, seen from `entry` on.

    Parameters
    ----------
    entry, lower, upper : arrays
        Logarithms of time; −∞ for time 0, ∞ where it was not seen to resolve. Where `lower` and `upper`
        are the same, the time is known exactly.
    x : array, episodes by terms
        Terms, a column of ones first.
    """

    entry: Floats
    lower: Floats
    upper: Floats
    x: Floats

    @property
    def is_exact(self) -> Flags:
        """Whether the time itself is known."""
        same: Flags = self.lower == self.upper
        return same


@dataclass(frozen=True, slots=True, eq=False)
class AftFit:
    """The maximum of the likelihood.

    Parameters
    ----------
    law : Law
    theta : array
        Coefficients, then the logarithm of the scale and the shape where the law has them.
    log_likelihood : float
        Of times, not of their logarithms.
    information : array
    scores : array, episodes by parameters
    slope : float
        Largest score per episode that is left.
    """

    law: Law
    theta: Floats
    log_likelihood: float
    information: Floats
    scores: Floats
    slope: float

    @property
    def runs_away(self) -> bool:
        """Whether the likelihood rises without end, or no maximum was found."""
        scale = np.exp(split(self.law, self.theta)[1])
        effects = self.theta[1 : self.theta.size - self.law.has_scale - self.law.has_shape] / scale
        return bool(self.slope > FLAT or np.abs(effects).max(initial=0) > RUNS_AWAY)


def split(law: Law, theta: Floats) -> tuple[Floats, float, float]:
    """Give the coefficients, the logarithm of the scale and the shape."""
    more = list(theta[theta.size - law.has_scale - law.has_shape :])
    log_scale = float(more.pop(0)) if law.has_scale else 0.0
    return theta[: theta.size - law.has_scale - law.has_shape], log_scale, float(more[0]) if more else 0.0


def fit(law: Law, spans: Spans) -> AftFit:
    """Find the maximum by BFGS, and from there by Newton's steps."""
    few = _thinned(spans)
    near = max((_climbed(law, few, start) for start in _starts(law, few)), key=lambda found: found[0])[1]
    best = _polished(law, spans, near)
    scores = row_scores(law, spans, best)
    return AftFit(
        law, best, _total(law, spans, best), information(law, spans, best), scores,
        float(np.abs(scores.sum(axis=0)).max() / scores.shape[0]),
    )  # fmt: skip


def _thinned(spans: Spans) -> Spans:
    """Take every so-manieth episode, in the order of the time last seen unresolved."""
    every = max(1, spans.lower.size // MANY)
    taken = np.lexsort((spans.entry, spans.upper, spans.lower))[::every] if every > 1 else slice(None)
    return Spans(spans.entry[taken], spans.lower[taken], spans.upper[taken], spans.x[taken])


def _starts(law: Law, spans: Spans) -> list[Floats]:
    """Begin at least squares on the middle of each interval."""
    seen = np.isfinite(spans.upper)
    lower = np.where(np.isfinite(spans.lower), spans.lower, np.where(seen, spans.upper - 1, 0.0))
    middle = np.where(seen, (lower + np.where(seen, spans.upper, 0)) / 2, lower + 1)
    b = np.linalg.lstsq(spans.x, middle, rcond=None)[0]
    spread = np.log(max(float(np.std(middle - spans.x @ b)), STEP))
    shapes = STARTS if law.has_shape else (0.0,)
    return [
        np.array([*b, *([spread] if law.has_scale else []), *([shape] if law.has_shape else [])])
        for shape in shapes
    ]


def _climbed(law: Law, spans: Spans, start: Floats) -> tuple[float, Floats]:
    n = spans.lower.size

    def down(theta: Floats) -> tuple[float, Floats]:
        value = _total(law, spans, theta)
        if not np.isfinite(value):
            return np.finfo(float).max, np.zeros_like(theta)
        return -value / n, -row_scores(law, spans, theta).sum(axis=0) / n

    found = minimize(down, start, jac=True, method="BFGS", options={"gtol": NEARLY_FLAT})
    return -float(found.fun), found.x


def _polished(law: Law, spans: Spans, theta: Floats) -> Floats:
    for _ in range(MOST_STEPS):
        score = row_scores(law, spans, theta).sum(axis=0)
        step = np.linalg.lstsq(information(law, spans, theta), score, rcond=None)[0]
        here, share = _total(law, spans, theta), 1.0
        slack = ROUNDING * max(1.0, abs(here))
        while share > STEP and not _total(law, spans, theta + share * step) >= here - slack:
            share /= 2
        if share <= STEP:
            break
        theta = theta + share * step
        if np.abs(share * step).max() < SMALL:
            break
    return theta


def _total(law: Law, spans: Spans, theta: Floats) -> float:
    return float(row_likelihoods(law, spans, theta).sum())


def row_likelihoods(law: Law, spans: Spans, theta: Floats) -> Floats:
    """Give the log likelihood of each episode."""
    b, log_scale, shape = split(law, theta)
    return _likelihoods(law, spans, spans.x @ b, log_scale, shape)


def row_scores(law: Law, spans: Spans, theta: Floats) -> Floats:
    """Give the derivative of each episode's log likelihood: episodes by parameters."""
    b, log_scale, shape = split(law, theta)
    eta = spans.x @ b
    of_mean, of_scale = _slopes(law, spans, eta, log_scale, shape)
    parts = [of_mean[:, None] * spans.x]
    if law.has_scale:
        parts.append(of_scale[:, None])
    if law.has_shape:
        parts.append(_differences(lambda h: _likelihoods(law, spans, eta, log_scale, shape + h))[:, None])
    return np.column_stack(parts)


def information(law: Law, spans: Spans, theta: Floats) -> Floats:
    """Give minus the second derivative of the log likelihood.

    Episode by episode by the mean, the scale and the shape, from differences of the first derivative; so
    it costs the same however many covariates there are.
    """
    b, log_scale, shape = split(law, theta)
    eta, x = spans.x @ b, spans.x
    n = theta.size - law.has_scale - law.has_shape
    matrix = np.zeros((theta.size, theta.size))
    mean = _differences(lambda h: np.stack(_slopes(law, spans, eta + h, log_scale, shape)))
    matrix[:n, :n] = (mean[0][:, None] * x).T @ x
    if law.has_scale:
        scale = _differences(lambda h: _slopes(law, spans, eta, log_scale + h, shape)[1])
        matrix[:n, n] = matrix[n, :n] = mean[1] @ x
        matrix[n, n] = scale.sum()
    if law.has_shape:
        of_shape = _differences(lambda h: np.stack(_slopes(law, spans, eta, log_scale, shape + h)))
        matrix[:n, -1] = matrix[-1, :n] = of_shape[0] @ x
        matrix[n, -1] = matrix[-1, n] = of_shape[1].sum()
        matrix[-1, -1] = (
            sum(
                weight * _likelihoods(law, spans, eta, log_scale, shape + offset * WIDE_STEP).sum()
                for offset, weight in BENT
            )
            / WIDE_STEP**2
        )
    return -matrix


def _differences(of: Callable[[float], Floats]) -> Floats:
    """Give the derivative at 0 of each value of a function."""
    slope: Floats = sum(
        (weight / STEP * of(offset * STEP) for offset, weight in CENTRAL[1:]),
        CENTRAL[0][1] / STEP * of(CENTRAL[0][0] * STEP),
    )
    return slope


def _likelihoods(law: Law, spans: Spans, eta: Floats, log_scale: float, shape: float) -> Floats:
    scale, exact = np.exp(log_scale), spans.is_exact
    with np.errstate(all="ignore"):
        entry, lower, upper = ((time - eta) / scale for time in (spans.entry, spans.lower, spans.upper))
        found = _log_between(law, lower, upper, shape)
        found[exact] = law.log_density(lower[exact], shape) - log_scale - spans.lower[exact]
        late = np.isfinite(entry)
        found[late] -= law.log_unresolved(entry[late], shape)
    return found


def _slopes(law: Law, spans: Spans, eta: Floats, log_scale: float, shape: float) -> tuple[Floats, Floats]:
    """Give the derivatives by the mean and by the logarithm of the scale."""
    scale, exact = np.exp(log_scale), spans.is_exact
    with np.errstate(all="ignore"):
        entry, lower, upper = ((time - eta) / scale for time in (spans.entry, spans.lower, spans.upper))
        between = _log_between(law, lower, upper, shape)
        at_lower = -_weight(law, lower, between, shape)
        at_lower[exact] = law.slope(lower[exact], shape)
        at_upper = np.where(exact, 0.0, _weight(law, upper, between, shape))
        late = np.isfinite(entry)
        at_entry = np.zeros(eta.size)
        at_entry[late] = _weight(law, entry[late], law.log_unresolved(entry[late], shape), shape)
        of_scale = -exact.astype(float) - sum(
            np.where(np.isfinite(w), w * weight, 0.0)
            for w, weight in ((lower, at_lower), (upper, at_upper), (entry, at_entry))
        )
    return -(at_lower + at_upper + at_entry) / scale, of_scale


def _weight(law: Law, w: Floats, logarithm: Floats, shape: float) -> Floats:
    """Give the density beside a share, 0 where the end is not finite."""
    inside = np.isfinite(w)
    w = np.where(inside, w, 0.0)
    return np.where(inside, np.exp(law.log_density(w, shape) - logarithm), 0.0)


def _log_between(law: Law, lower: Floats, upper: Floats, shape: float) -> Floats:
    """Give the logarithm of the share between two residuals, from the side on which it is small."""
    found = np.zeros(lower.size)
    has_lower, has_upper = np.isfinite(lower), np.isfinite(upper)
    found[has_lower] = law.log_unresolved(lower[has_lower], shape)
    only_upper = has_upper & ~has_lower
    found[only_upper] = law.log_resolved(upper[only_upper], shape)
    both = has_lower & has_upper & (lower < upper)
    is_late = both & (found < np.log(1 / 2))
    is_early = both & ~is_late
    found[is_late] = _log_less(found[is_late], law.log_unresolved(upper[is_late], shape))
    found[is_early] = _log_less(
        law.log_resolved(upper[is_early], shape), law.log_resolved(lower[is_early], shape)
    )
    return found


def _log_less(large: Floats, small: Floats) -> Floats:
    """Give log(exp(large) - exp(small))."""
    less: Floats = large + np.log(-np.expm1(np.minimum(small - large, 0)))
    return less
