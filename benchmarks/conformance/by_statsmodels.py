"""Answers of statsmodels."""

from typing import Any

import numpy as np
from statsmodels.duration.hazard_regression import PHReg
from statsmodels.duration.survfunc import CumIncidenceRight, SurvfuncRight, survdiff

from benchmarks.conformance.cases import Floats, Question, design


def _fit(question: Question) -> SurvfuncRight:
    entry = question.array("entry_days") if question.is_late else None
    weights = question.array("weight") if "names" in question.asked else None
    return SurvfuncRight(
        question.array("exit_days"), question.array("is_resolved"), entry=entry, freq_weights=weights
    )


def share(question: Question) -> Floats:
    """Read the curve, which begins at one."""
    fit = _fit(question)
    place = np.searchsorted(fit.surv_times, question.asked["days"], side="right")
    return np.append(1.0, fit.surv_prob)[place]


def median(question: Question) -> Floats:
    """Read the median."""
    return np.array([_fit(question).quantile(0.5)])


def _log_rank(question: Question, **more: Any) -> Floats:
    groups = question.rows["group"].to_numpy().astype(str)
    found = survdiff(question.array("exit_days"), question.array("is_resolved"), groups, **more)
    return np.array([found[0]])


def log_rank(question: Question) -> Floats:
    """Test groups."""
    return _log_rank(question, **({"entry": question.array("entry_days")} if question.is_late else {}))


def stratified(question: Question) -> Floats:
    """Test groups within strata."""
    return _log_rank(question, strata=question.rows["stratum"].to_numpy().astype(str))


def _incidence(question: Question, name: str) -> Floats:
    fit = CumIncidenceRight(question.array("exit_days"), question.rows["end"].to_numpy())
    place = np.searchsorted(fit.times, question.asked["days"], side="right")
    found: Floats = np.append(0.0, getattr(fit, name)[0])[place]
    return found


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1."""
    return _incidence(question, "cinc")


def incidence_error(question: Question) -> Floats:
    """Read its error."""
    return _incidence(question, "cinc_se")


def _cox(question: Question, *, is_clustered: bool = False) -> Any:
    entry = question.array("entry_days") if question.is_late else None
    strata = question.rows[question.asked["strata"]].to_numpy() if question.asked["strata"] else None
    model = PHReg(
        question.array("exit_days"),
        design(question),
        status=question.array("is_resolved"),
        entry=entry,
        strata=strata,
        ties="efron",
    )
    return model.fit(groups=question.rows["patient_id"].to_numpy() if is_clustered else None)


def coefficients(question: Question) -> Floats:
    """Read the coefficients."""
    return np.asarray(_cox(question).params)


def errors(question: Question) -> Floats:
    """Read their errors."""
    return np.asarray(_cox(question).bse)


def robust_errors(question: Question) -> Floats:
    """Read their errors by child."""
    return np.asarray(_cox(question, is_clustered=True).bse)


ANSWERS = {
    "KM share": share,
    "KM share with entry": share,
    "median at a flat half": median,
    "log-rank": log_rank,
    "log-rank with entry": log_rank,
    "stratified log-rank": stratified,
    "whole weights, share": share,
    "sampling weights, share": share,
    "Aalen-Johansen share with ties": incidence,
    "error of Aalen-Johansen": incidence_error,
    "Cox coefficients (Efron)": coefficients,
    "Cox errors (Efron)": errors,
    "Cox robust errors with entry": robust_errors,
}
