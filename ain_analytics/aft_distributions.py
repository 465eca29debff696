"""Laws of the logarithm of time that accelerated failure time models are made of, in their standard form."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import special

from ain_analytics.step_curve import Floats

Function = Callable[[Floats, float], Floats]
LARGE = 100.0
"""From this shape on, Stirling's series has all the digits that there are."""
NEAR_NORMAL = 1e-5
"""Nearer to 0 the generalised gamma is the log-normal, in all the digits that there are."""
STIRLING = (1 / 12, -1 / 360, 1 / 1260, -1 / 1680)
"""Coefficients of 1/x, 1/x³ … in the logarithm of the gamma function (Abramowitz and Stegun 6.1.41)."""


@dataclass(frozen=True, slots=True)
class Law:
    """A law of the residual w = (log t − mean) / scale.

    Parameters
    ----------
    log_density, log_unresolved, log_resolved : functions of (w, shape)
    slope : function of (w, shape)
        Derivative of the log density.
    quantile : function of (share resolved, shape)
    has_scale, has_shape : bool
        Whether these are estimated; a scale that is not is 1.
    """

    log_density: Function
    log_unresolved: Function
    log_resolved: Function
    slope: Function
    quantile: Function
    has_scale: bool = True
    has_shape: bool = False


def _least_extreme(*, has_scale: bool) -> Law:
    return Law(
        lambda w, q: w - np.exp(w),
        lambda w, q: -np.exp(w),
        lambda w, q: np.log(-np.expm1(-np.exp(w))),
        lambda w, q: 1 - np.exp(w),
        lambda p, q: np.log(-np.log1p(-p)),
        has_scale=has_scale,
    )


NORMAL = Law(
    lambda w, q: -(w**2) / 2 - np.log(2 * np.pi) / 2,
    lambda w, q: special.log_ndtr(-w),
    lambda w, q: special.log_ndtr(w),
    lambda w, q: -w,
    lambda p, q: special.ndtri(p),
)
LOGISTIC = Law(
    lambda w, q: special.log_expit(w) + special.log_expit(-w),
    lambda w, q: special.log_expit(-w),
    lambda w, q: special.log_expit(w),
    lambda w, q: 1 - 2 * special.expit(w),
    lambda p, q: special.logit(p),
)


def _is_normal(q: float) -> bool:
    return abs(q) < NEAR_NORMAL


def _log_constant(q: float) -> float:
    """Give the logarithm of the density's factor beside the normal one's, without loss for small shapes."""
    a = q**-2
    if a < LARGE:
        return float(np.log(abs(q)) + a * np.log(a) - a - special.gammaln(a))
    return float(-np.log(2 * np.pi) / 2 - sum(c * a ** -(2 * k + 1) for k, c in enumerate(STIRLING)))


def _gamma_log_density(w: Floats, q: float) -> Floats:
    if _is_normal(q):
        return NORMAL.log_density(w, q)
    x = q * w
    density: Floats = _log_constant(q) - (np.expm1(x) - x) / q**2
    return density


def _gamma_slope(w: Floats, q: float) -> Floats:
    if _is_normal(q):
        return NORMAL.slope(w, q)
    slope: Floats = -np.expm1(q * w) / q
    return slope


def _log_upper(a: float, x: Floats) -> Floats:
    """Give log of the upper share of a gamma law; far out by the first term of its continued fraction."""
    share = special.gammaincc(a, x)
    far = a * np.log(np.maximum(x, a)) - x - special.gammaln(a) - np.log(np.maximum(x - a + 1, 1))
    told: Floats = np.where(share > 0, np.log(np.maximum(share, np.finfo(float).tiny)), far)
    return told


def _log_lower(a: float, x: Floats) -> Floats:
    share = special.gammainc(a, x)
    far = a * np.log(np.maximum(x, np.finfo(float).tiny)) - x - special.gammaln(a + 1)
    told: Floats = np.where(share > 0, np.log(np.maximum(share, np.finfo(float).tiny)), far)
    return told


def _gamma_tail(w: Floats, q: float, *, is_upper: bool) -> Floats:
    if _is_normal(q):
        return NORMAL.log_unresolved(w, q) if is_upper else NORMAL.log_resolved(w, q)
    a = q**-2
    x = a * np.exp(q * w)
    return _log_upper(a, x) if is_upper == (q > 0) else _log_lower(a, x)


def _gamma_quantile(p: Floats, q: float) -> Floats:
    if _is_normal(q):
        return NORMAL.quantile(p, q)
    a = q**-2
    x = special.gammaincinv(a, p) if q > 0 else special.gammainccinv(a, p)
    w: Floats = np.log(x / a) / q
    return w


LAWS = {
    "exponential": _least_extreme(has_scale=False),
    "weibull": _least_extreme(has_scale=True),
    "log_normal": NORMAL,
    "log_logistic": LOGISTIC,
    "generalised_gamma": Law(
        _gamma_log_density,
        lambda w, q: _gamma_tail(w, q, is_upper=True),
        lambda w, q: _gamma_tail(w, q, is_upper=False),
        _gamma_slope,
        _gamma_quantile,
        has_shape=True,
    ),
}
"""Weibull's has the law of the least extreme value. The generalised gamma is that of Prentice 1974
(doi:10.1093/biomet/61.3.539): shape 1 gives Weibull's, 0 the log-normal, shape = scale the gamma law."""
