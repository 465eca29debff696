"""The quantities that papers print, computed on one's own children, and whether two values agree.

Times are days, shares lie between 0 and 1. Each test weighs the sampling error of both sides as far
as the published number of children is known; without it the published value is taken as exact, and p
lies below 1 − confidence where the value lies outside one's own interval.
"""

from dataclasses import dataclass
from math import asin, exp, log, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ain_analytics.step_curve import normal_quantile

Days = NDArray[np.float64]
HALF = 0.5
ANSCOMBE = 0.375
"""Added to the count of a share before its arcsine is taken."""
CURVE_LIMITS = "log"
"""Scale of the limits from which a reading takes its variance; R's default."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its limits and the number of children behind it; none where it cannot be told."""

    value: float | None
    lower: float | None
    upper: float | None
    n: int

    def times(self, factor: float) -> "Estimate":
        """Give it in another unit."""
        value, lower, upper = (
            None if x is None else x * factor for x in (self.value, self.lower, self.upper)
        )
        return Estimate(value, lower, upper, self.n)


@dataclass(frozen=True, slots=True)
class Reading:
    """A curve on one day: the share unresolved, its limits on the log scale, the children behind it."""

    unresolved: float
    lower: float | None
    upper: float | None
    n: int

    def log_variance(self, confidence: float) -> float:
        """Give Greenwood's variance of the logarithm of the share; 0 where the curve has no limits."""
        if self.lower is None:
            return 0.0
        return float(log_variances(np.array([self.unresolved]), np.array([self.lower]), confidence)[0])

    def resolved(self) -> Estimate:
        """Give one minus the curve."""
        lower, upper = (None if x is None else 1 - x for x in (self.upper, self.lower))
        return Estimate(1 - self.unresolved, lower, upper, self.n)


def median_of(days: Days, confidence: float) -> Estimate:
    """Give the median and the exact interval by order statistics, no interval where too few for one."""
    n, ordered = days.size, np.sort(days)
    if not n:
        return Estimate(None, None, None, 0)
    tail = (1 - confidence) / 2
    rank = int(stats.binom.ppf(tail, n, HALF))
    rank += int(stats.binom.cdf(rank, n, HALF) <= tail)
    lower, upper = (float(ordered[rank - 1]), float(ordered[n - rank])) if rank else (None, None)
    return Estimate(float(np.median(ordered)), lower, upper, n)


def mean_of(days: Days, confidence: float) -> Estimate:
    """Give the mean and Student's interval, no interval for one value."""
    if days.size < 2:
        return Estimate(float(days[0]) if days.size else None, None, None, days.size)
    mean, half = (
        float(days.mean()),
        float(stats.t.ppf((1 + confidence) / 2, days.size - 1)) * _error_of_mean(days),
    )
    return Estimate(mean, mean - half, mean + half, days.size)


def share_of(k: int, n: int, confidence: float) -> Estimate:
    """Give k of n and the exact interval of Clopper and Pearson."""
    if not n:
        return Estimate(None, None, None, 0)
    limits = stats.binomtest(k, n).proportion_ci(confidence, method="exact")
    return Estimate(k / n, float(limits.low), float(limits.high), n)


def share_between(before: Reading, after: Reading, confidence: float) -> Estimate:
    """Give the share that resolves between two readings of one curve, with limits cut at 0 and 1."""
    share = before.unresolved - after.unresolved
    half = normal_quantile(confidence) * _error_between(before, after, confidence)
    return Estimate(share, max(share - half, 0.0), min(share + half, 1.0), after.n)


def log_variances(unresolved: Days, lower: Days, confidence: float) -> Days:
    """Give the variance of the logarithm of each share, from its lower limit on the log scale; else 0."""
    known = (unresolved > 0) & (lower > 0)
    ratio = np.divide(unresolved, lower, out=np.ones_like(unresolved), where=known)
    return np.asarray((np.log(ratio) / normal_quantile(confidence)) ** 2)


def averaged(unresolved: Days, log_variance: Days, *, n: int, confidence: float) -> Reading:
    """Average one curve that is read for each child on a day of its own.

    Two readings of one curve go together: their covariance is their product times the variance of the
    logarithm on the earlier day. To the variance that comes of it is added that of the children's days.
    """
    last_day_first = np.argsort(unresolved, kind="stable")
    share, variance = unresolved[last_day_first], log_variance[last_day_first]
    on_later_days = np.cumsum(share) - share
    of_curve = float((variance * share * (share + 2 * on_later_days)).sum()) / share.size**2
    of_days = float(share.var(ddof=1)) / share.size if share.size > 1 else 0.0
    mean = float(share.mean())
    if not 0 < mean < 1:
        return Reading(mean, None, None, n)
    margin = normal_quantile(confidence) * sqrt(of_curve + of_days) / mean
    return Reading(mean, mean * exp(-margin), min(mean * exp(margin), 1.0), n)


def p_of_median(days: Days, published: float, published_n: int | None) -> float:
    """Test whether one's own median may be the published one, by how many own values lie below it.

    Of n own values so many lie below the median of m others as a beta-binomial law says, exactly for odd m
    (Mathisen 1943, doi:10.1214/aoms/1177731460); where the published median is taken as exact, it is the sign
    test. Values on the median count for both sides.
    """
    n_low, n_high = int((days <= published).sum()), int((days >= published).sum())
    n_extreme = min(n_low, n_high)
    if published_n is None:
        return min(1.0, 2 * float(stats.binom.cdf(n_extreme, days.size, HALF)))
    rank = (published_n + 1) / 2
    return min(1.0, 2 * float(stats.betabinom.cdf(n_extreme, days.size, rank, rank)))


def p_of_mean(days: Days, published: float, published_n: int | None) -> float:
    """Test one's own mean against a published one whose values are taken to spread as widely.

    One value alone has no spread and contradicts nothing.
    """
    if days.size < 2:
        return 1.0
    error = _error_of_mean(days) * sqrt(1 + (days.size / published_n if published_n else 0.0))
    difference = float(days.mean()) - published
    return 2 * float(stats.t.sf(abs(difference) / error, days.size - 1)) if error else float(difference == 0)


def p_of_share(k: int, n: int, published: float, published_n: int | None) -> float:
    """Test k of n against a published share, by Fisher's test or the one that fits the exact interval."""
    if published_n is not None:
        theirs = round(published * published_n)
        return float(stats.fisher_exact([[k, n - k], [theirs, published_n - theirs]]).pvalue)
    low, high = float(stats.binom.cdf(k, n, published)), float(stats.binom.sf(k - 1, n, published))
    return min(1.0, 2 * min(low, high))


def p_of_reading(own: Reading, published: float, published_n: int | None, confidence: float) -> float:
    """Test a curve against a published share unresolved.

    Where the published share is taken as exact, on the log scale, so that p fits the limits. Else by the
    arcsine of its root, on which the error of a small share is known (Anscombe 1948, doi:10.2307/2332343);
    the source is taken to have lost as many children before that time as were lost here. Where nobody or
    everybody is unresolved here, shares are tested as if nobody had been censored.
    """
    if not 0 < own.unresolved < 1 or (published_n is None and not 0 < published < 1):
        return p_of_share(round(own.unresolved * own.n), own.n, published, published_n)
    variance = own.log_variance(confidence)
    if published_n is None:
        return _two_sided(log(own.unresolved / published), sqrt(variance))
    odds = own.unresolved / (1 - own.unresolved)
    n = published_n / max(variance * odds * own.n, 1.0)
    theirs = asin(sqrt((published * n + ANSCOMBE) / (n + 2 * ANSCOMBE)))
    error = sqrt(variance * odds / 4 + 1 / (4 * n + 2))
    return _two_sided(asin(sqrt(own.unresolved)) - theirs, error)


def p_of_between(
    before: Reading, after: Reading, published: float, published_n: int | None, confidence: float
) -> float:
    """Test the share that resolves between two readings against a published one."""
    theirs = published * (1 - published) / published_n if published_n is not None else 0.0
    error = sqrt(_error_between(before, after, confidence) ** 2 + theirs)
    return _two_sided(before.unresolved - after.unresolved - published, error)


def _error_between(before: Reading, after: Reading, confidence: float) -> float:
    """Give the standard error of a difference on one curve.

    The later share is the earlier one times a factor that is independent of it, so with g the variances
    of the logarithms the variance is (S₁ − S₂)² g₁ + S₂² (g₂ − g₁).
    """
    early, late = before.log_variance(confidence), after.log_variance(confidence)
    if after.unresolved <= 0:
        return before.unresolved * sqrt(early)
    difference = before.unresolved - after.unresolved
    return sqrt(max(difference**2 * early + after.unresolved**2 * (late - early), 0.0))


def _error_of_mean(days: Days) -> float:
    return float(days.std(ddof=1)) / sqrt(days.size)


def _two_sided(difference: float, error: float) -> float:
    """Give the two-sided p of a normal difference; 1 or 0 where neither side errs."""
    return 2 * float(stats.norm.sf(abs(difference) / error)) if error else float(difference == 0)
