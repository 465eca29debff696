"""Answers of scikit-survival."""

import numpy as np
from sksurv.compare import compare_survival
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.nonparametric import cumulative_incidence_competing_risks, kaplan_meier_estimator
from sksurv.util import Surv

from benchmarks.conformance.cases import Floats, Question, design


def _fit(question: Question) -> tuple[Floats, ...]:
    entry = question.array("entry_days") if question.is_late else None
    is_event = question.rows["is_resolved"].to_numpy()
    found: tuple[Floats, ...] = kaplan_meier_estimator(
        is_event, question.array("exit_days"), time_enter=entry, conf_type="log-log"
    )
    return found


def share(question: Question) -> Floats:
    """Read the curve, which begins at one."""
    days, shares, _ = _fit(question)
    return np.append(1.0, shares)[np.searchsorted(days, question.asked["days"], side="right")]


def limits(question: Question) -> Floats:
    """Read both limits."""
    days, _, both = _fit(question)
    place = np.searchsorted(days, question.asked["days"], side="right")
    return np.concatenate([np.append(1.0, limit)[place] for limit in both])


def log_rank(question: Question) -> Floats:
    """Test groups."""
    outcome = Surv.from_arrays(question.rows["is_resolved"].to_numpy(), question.array("exit_days"))
    return np.array([compare_survival(outcome, question.rows["group"].to_numpy())[0]])


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1."""
    ends = question.rows["end"].to_numpy()
    days, shares = cumulative_incidence_competing_risks(ends, question.array("exit_days"))
    place = np.searchsorted(days, question.asked["days"], side="right")
    return np.append(0.0, shares[1])[place]


def coefficients(question: Question) -> Floats:
    """Read the coefficients, of fits without entry and strata only."""
    if question.is_late or question.asked["strata"]:
        raise NotImplementedError
    outcome = Surv.from_arrays(question.rows["is_resolved"].to_numpy(), question.array("exit_days"))
    fit = CoxPHSurvivalAnalysis(ties="efron", tol=1e-12, n_iter=200).fit(design(question), outcome)
    return np.asarray(fit.coef_)


ANSWERS = {
    "KM share": share,
    "KM share with entry": share,
    "Greenwood limits (log-log)": limits,
    "log-rank": log_rank,
    "Aalen-Johansen share with ties": incidence,
    "Cox coefficients (Efron)": coefficients,
}
