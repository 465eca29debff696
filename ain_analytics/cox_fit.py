"""The maximum of Cox's partial likelihood, its covariance with and without regard to children, its curves."""

from dataclasses import dataclass

import numpy as np

from ain_analytics.cox_engine import Flags, Ints, Pieces, RiskSets, pieces_at
from ain_analytics.step_curve import Floats

MOST_STEPS, MOST_HALVINGS = 60, 30
CONVERGED = 1e-11
"""Newton's last step, in standard deviations of the covariate, and the last gain per event."""
RUNS_AWAY = 1e-3
"""A step that is larger although the likelihood no longer rises has no end."""
NO_GAIN = 1e-9
"""Gain of the log likelihood, per event, by which it no longer rises."""
LOST = 1e-7
"""Share of a term's information below which, beside a coefficient without end, nothing is left to tell it."""
EXPLAINED = 1e-11
"""Variance within risk sets, of a term with variance 1, that the terms before it must leave to it."""


@dataclass(frozen=True, slots=True, eq=False)
class CoxFit:
    """The maximum of the partial likelihood, on the terms as they were given.

    Parameters
    ----------
    sets : RiskSets
    at_zero, at_maximum : Pieces
    coefficients : array, one value per term
        Infinite where the likelihood rises without end; not a number where beside such a one nothing is
        left to tell it.
    covariance : array, terms by terms
        Inverse of the information; not a number where a coefficient is infinite.
    is_infinite : array, one value per term
    """

    sets: RiskSets
    at_zero: Pieces
    at_maximum: Pieces
    coefficients: Floats
    covariance: Floats
    is_infinite: Flags

    def risk(self) -> Floats:
        """Hazard of each row beside that of the average row."""
        risk: Floats = np.exp(self.sets.x @ self.at_maximum.b)
        return risk


def fit(sets: RiskSets, at_zero: Pieces) -> CoxFit:
    """Find the maximum by Newton's steps, each halved until the likelihood rises.

    A coefficient whose step does not shrink although the likelihood no longer rises is infinite (the
    likelihood is monotone); the others are those of the limit.
    """
    n_events = sets.event_cell.size
    here = at_zero
    step = np.zeros_like(here.b)
    gain = 0.0
    for _ in range(MOST_STEPS):
        step = solved(here.information.sum(axis=0), here.score.sum(axis=0))
        there = _climbed(sets, here, step)
        if there is None:
            break
        gain = (there.log_likelihood - here.log_likelihood) / n_events
        here = there
        if np.abs(step).max(initial=0) < CONVERGED or (
            gain < NO_GAIN and np.abs(step).max(initial=0) > RUNS_AWAY
        ):
            break
    is_infinite: Flags = (np.abs(step) > RUNS_AWAY) & (gain < NO_GAIN)
    whole = here.information.sum(axis=0)
    is_lost: Flags = ~is_infinite & (np.diag(whole) < LOST * np.diag(at_zero.information.sum(axis=0)))
    coefficients = np.where(is_infinite, np.copysign(np.inf, here.b), here.b / sets.scale)
    coefficients[is_lost] = np.nan
    kept = np.flatnonzero(~is_infinite & ~is_lost)
    covariance = np.full((step.size, step.size), np.nan)
    known = whole[np.ix_(kept, kept)]
    covariance[np.ix_(kept, kept)] = inverse_of(known) / np.outer(sets.scale[kept], sets.scale[kept])
    return CoxFit(sets, at_zero, here, coefficients, covariance, is_infinite)


def score_residuals(found: CoxFit) -> Floats:
    """Give what each row adds to the score, over the days on which it was at risk: rows by terms."""
    sets, at = found.sets, found.at_maximum
    risk = found.risk()[:, None]
    hazard = np.concatenate([[0.0], np.cumsum(at.hazard)])
    mean = np.vstack([np.zeros(sets.x.shape[1]), np.cumsum(at.mean_hazard, axis=0)])
    seen = (hazard[sets.end_cell] - hazard[sets.first_cell])[:, None]
    residuals: Floats = -risk * (sets.x * seen - (mean[sets.end_cell] - mean[sets.first_cell]))
    cell, own = sets.event_cell, sets.is_event
    x = sets.x[own]
    residuals[own] += x - at.mean[cell] + risk[own] * (x * at.own_hazard[cell][:, None] - at.own_mean[cell])
    return residuals * sets.scale


def robust_covariance(found: CoxFit, child: Ints) -> Floats:
    """Give the sandwich covariance [1]_: score residuals summed by child.

    References
    ----------
    .. [1] Lin and Wei 1989, doi:10.1080/01621459.1989.10478874.
    """
    by_child = np.column_stack([np.bincount(child, column) for column in score_residuals(found).T])
    kept = np.isfinite(found.coefficients)
    covariance = np.full_like(found.covariance, np.nan)
    part = by_child[:, kept] @ found.covariance[np.ix_(kept, kept)]
    covariance[np.ix_(kept, kept)] = part.T @ part
    return covariance


def unexplained(information: Floats, n_events: int) -> Flags:
    """Tell which scaled terms vary among those at risk beyond the terms before them (a pass of Cholesky)."""
    left = information.copy()
    tells: Flags = np.zeros(left.shape[0], dtype=bool)
    for term in range(tells.size):
        tells[term] = left[term, term] > EXPLAINED * n_events
        if tells[term]:
            left -= np.outer(left[:, term], left[term]) / left[term, term]
    return tells


def solved(matrix: Floats, right: Floats) -> Floats:
    """Solve, each term on a scale of its own."""
    scale = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # a term that tells nothing has next to no scale
            answer: Floats = np.linalg.solve(matrix / np.outer(scale, scale), right / scale) / scale
    except np.linalg.LinAlgError:
        answer = np.linalg.pinv(matrix) @ right
    return answer


def inverse_of(matrix: Floats) -> Floats:
    """Invert, each term on a scale of its own; not a number where there is no inverse."""
    scale = np.sqrt(np.maximum(np.diag(matrix), np.finfo(float).tiny))
    try:
        answer: Floats = np.linalg.inv(matrix / np.outer(scale, scale)) / np.outer(scale, scale)
    except np.linalg.LinAlgError:
        answer = np.full_like(matrix, np.nan)
    return answer


def curve_at(found: CoxFit, row: Floats, stratum: int) -> tuple[Ints, Floats, Floats]:
    """Give the event days of a stratum, and for a row its cumulative hazard and the variance of that.

    The hazard rises as the ties are broken in the fit, as in R's `survfit.coxph`; its variance has a part
    for the hazard of the average row, and one for the coefficients.
    """
    sets, at = found.sets, found.at_maximum
    here = sets.stratum == stratum
    x = (row - sets.centre) / sets.scale
    risk = np.exp(x @ at.b)
    towards = np.cumsum(at.mean_hazard[here] - at.hazard[here, None] * x, axis=0) * sets.scale
    of_coefficients = np.einsum("ci,ij,cj->c", towards, found.covariance, towards)
    variance = risk**2 * (np.cumsum(at.squared_hazard[here]) + of_coefficients)
    return sets.day[here], risk * np.cumsum(at.hazard[here]), variance


def _climbed(sets: RiskSets, here: Pieces, step: Floats) -> Pieces | None:
    for halving in range(MOST_HALVINGS):
        with np.errstate(all="ignore"):
            there = pieces_at(sets, here.b + step / 2**halving)
        is_number = np.isfinite(there.log_likelihood) and np.isfinite(there.information).all()
        slack = CONVERGED * max(1.0, abs(here.log_likelihood))
        if is_number and there.log_likelihood >= here.log_likelihood - slack:
            return there
    return None
