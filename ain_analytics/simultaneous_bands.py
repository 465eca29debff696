"""Bands that hold a whole curve with the stated confidence, over a range of days."""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl
from scipy.linalg import eigh
from scipy.optimize import brentq
from scipy.special import eval_legendre, wofz

from ain_analytics.errors import BadFrame, EmptyStratum
from ain_analytics.kaplan_meier import KaplanMeier
from ain_analytics.schema.comparisons import BandRows
from ain_analytics.step_curve import LIMITS, Floats

BANDS = {
    "equal precision": "proportional to the pointwise standard error (Nair 1984)",
    "hall-wellner": "of Hall and Wellner (1980)",
}
"""Kinds of bands, and how they are said."""
BAND_SCALES = ("log-log", "plain", "arcsine")
SEARCH = (1e-2, 8.0)
"""Critical values are looked for between these."""
SMALL = 1e-16
"""Terms of a series below it are left out."""
MOST_TERMS = 200_000
N_POLYNOMIALS, N_NODES = 60, 240
"""Size of the discretisation; twice as many change nothing in the tenth digit."""


def simultaneous_band(
    fit: KaplanMeier,
    *,
    kind: str,
    scale: str,
    confidence: float,
    days: tuple[float, float] | None = None,
    stratum: str = "all",
    critical: float | None = None,
) -> tuple[Floats, Floats, Floats]:
    """Make a simultaneous band of a curve [1]_.

    Parameters
    ----------
    fit : KaplanMeier
    kind : {"equal precision", "hall-wellner"}
    scale : {"log-log", "plain", "arcsine"}
    confidence : share
    days : first and last day of the range, optional
        Within it the band holds; by default from the first resolution to the last one that leaves
        somebody at risk.
    stratum : str
        Name for messages.
    critical : float, optional
        Critical value to use instead of the computed one.

    Returns
    -------
    days, lower, upper : arrays
        One entry for each step within the range.

    Raises
    ------
    EmptyStratum
        Nobody resolved within the range, or it lies outside of follow-up.

    References
    ----------
    .. [1] Nair 1984, doi:10.1080/00401706.1984.10487964; Hall and Wellner 1980,
       doi:10.1093/biomet/67.1.133; Klein and Moeschberger 2003, Survival Analysis, section 4.4.
    """
    curve = fit.curve
    is_step = (fit.n_resolved > 0) & (fit.n_at_risk > fit.n_resolved)
    if not is_step.any():
        raise EmptyStratum(stratum, "no band, because nobody resolved while others were at risk")
    known = curve.days[is_step]
    first, last = (known[0], known[-1]) if days is None else days
    inside = (curve.days >= first) & (curve.days <= last) & (curve.unresolved > 0) & (fit.log_variance > 0)
    if not inside.any() or last > known[-1] or last < first:
        raise EmptyStratum(stratum, "no band, because its range does not lie between the first resolution "
                           "and the last one that leaves somebody at risk")  # fmt: skip
    n = float(fit.n_resolved.sum() + fit.n_censored.sum())
    variance, share = fit.log_variance[inside], curve.unresolved[inside]
    place = variance * n / (1 + variance * n)
    a, b = float(place[0]), float(place[-1])
    if critical is None:
        critical = critical_value(kind, a, b, confidence)
    width = np.sqrt(variance) if kind == "equal precision" else (1 + n * variance) / np.sqrt(n)
    with np.errstate(divide="ignore", invalid="ignore"):
        lower, upper = LIMITS[scale](share, critical * width)
    return curve.days[inside], lower, upper


def band_frame(
    fits: Mapping[str, KaplanMeier],
    *,
    kind: str,
    scale: str,
    confidence: float,
    days: tuple[float, float] | None,
) -> pl.DataFrame:
    """Make the checked bands of every stratum."""
    parts = []
    for name, fit in fits.items():
        if fit.covariance is not None:
            raise BadFrame("FollowUp", "weight holds sampling weights, and no band is known under them")
        at, lower, upper = simultaneous_band(
            fit, kind=kind, scale=scale, confidence=confidence, days=days, stratum=name
        )
        limits = {"days": at, "lower": lower, "upper": upper}
        parts.append(pl.DataFrame(limits, nan_to_null=True).select(pl.lit(name).alias("stratum"), *limits))
    return BandRows.validate(pl.concat(parts), cast=True)


def band_in_words(bands: pl.DataFrame, kind: str, scale: str) -> list[str]:
    """Say which band it is, and over which days it holds."""
    ranges = bands.group_by("stratum", maintain_order=True).agg(
        first=pl.col("days").min(), last=pl.col("days").max()
    )
    said = ", ".join(f"{name} day {first} to {last}" for name, first, last in ranges.iter_rows())
    return [f"Simultaneous band {BANDS[kind]}, on the {scale} scale: {said}."]


def critical_value(kind: str, a: float, b: float, confidence: float) -> float:
    """Find the value that the supremum over [a, b] of a Brownian bridge exceeds with 1 − confidence.

    The bridge B(u) is taken as it is (Hall and Wellner), or divided by √(u (1 − u)) (equal precision).
    Both are computed from the law itself. Nair's printed table of the latter is larger where the range is
    narrow (by 0.15 at 90 % from 0.18 to 0.20); we do not know why.
    """
    chance: Callable[[float, float, float], float] = {
        "equal precision": chance_of_scaled_bridge,
        "hall-wellner": chance_of_bridge,
    }[kind]
    return float(brentq(lambda c: chance(c, a, b) - confidence, *SEARCH, xtol=1e-10))


def chance_of_bridge(c: float, a: float, b: float) -> float:
    """Give the probability that |B(u)| stays within c for u from a to b.

    Given its values at a and b, the bridge is a Brownian motion between fixed ends, whose density
    within ±c is a series of cosines; each is integrated over the normal laws of both ends.
    """
    rate = np.pi**2 / (8 * c**2)
    n_terms = int(np.sqrt(-np.log(SMALL) / (rate * max(b - a, SMALL)))) + 2
    odd: Floats = 2 * np.arange(min(n_terms, MOST_TERMS), dtype=float) + 1
    terms = np.exp(-rate * (b - a) * odd**2) * _cosine(c, a, odd) * _cosine(c, 1 - b, odd)
    return float(np.sqrt(2 * np.pi) / c * terms.sum())


def _cosine(c: float, variance: float, odd: Floats) -> Floats:
    """Integrate cos(mπx / 2c) over ±c by the normal density of a variance; 1 where that is 0."""
    if variance <= 0:
        return np.ones_like(odd)
    k = odd * np.pi / (2 * c)
    z = (c - 1j * k * variance) / np.sqrt(2 * variance)
    tail = np.exp(-(c**2) / (2 * variance)) * np.exp(1j * k * c) * wofz(1j * z)
    whole: Floats = np.exp(-(k**2) * variance / 2) - tail.real
    return whole


def chance_of_scaled_bridge(c: float, a: float, b: float) -> float:
    """Give the probability that |B(u)| / √(u (1 − u)) stays within c for u from a to b.

    In the time ½ log(u / (1 − u)) that is a stationary Ornstein–Uhlenbeck process. Times the root of
    the normal density its generator is that of a harmonic oscillator, −g″ + (x² / 4 − ½) g, whose
    decay within ±c is found by Legendre polynomials that vanish at the ends.
    """
    time = np.log(b * (1 - a) / (a * (1 - b))) / 2
    nodes, weights = np.polynomial.legendre.leggauss(N_NODES)
    x, weights = c * nodes, c * weights
    degrees = np.arange(0, 2 * N_POLYNOMIALS, 2)[:, None]
    basis = eval_legendre(degrees, nodes) - eval_legendre(degrees + 2, nodes)
    slope = -(2 * degrees + 3) * eval_legendre(degrees + 1, nodes) / c
    energy = (slope * weights) @ slope.T + (basis * weights * (x**2 / 4 - 1 / 2)) @ basis.T
    rates, shapes = eigh(energy, (basis * weights) @ basis.T)
    root_of_density = np.exp(-(x**2) / 4) / (2 * np.pi) ** (1 / 4)
    parts = (shapes.T @ (basis @ (weights * root_of_density))) ** 2
    return float(np.exp(-rates * time) @ parts)
