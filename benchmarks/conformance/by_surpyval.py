"""Answers of SurPyval."""

from typing import Any

import numpy as np
import surpyval

from benchmarks.conformance.cases import Floats, Question, design


def _outcome(question: Question) -> dict[str, Any]:
    """Give days and marks (1 is censored) in its words, entry where somebody enters late."""
    late = {"tl": question.array("entry_days")} if question.is_late else {}
    return {"x": question.array("exit_days"), "c": 1 - question.array("is_resolved").astype(int), **late}


def _fit(question: Question) -> Any:
    weights = {"n": question.array("weight")} if "names" in question.asked else {}
    return surpyval.KaplanMeier.fit(**_outcome(question), **weights)


def share(question: Question) -> Floats:
    """Read the curve."""
    return np.asarray(_fit(question).sf(question.asked["days"]))


def limits(question: Question) -> Floats:
    """Read both limits."""
    both = _fit(question).cb(question.asked["days"], bound_type="exp")
    return np.sort(np.asarray(both), axis=1).T.reshape(-1)


def median(question: Question) -> Floats:
    """Read the median."""
    return np.array([_fit(question).median])


def mean(question: Question) -> Floats:
    """Take the area under the curve."""
    return np.array([_fit(question).rmst(question.asked["horizon"])["rmst"]])


def mean_error(question: Question) -> Floats:
    """Take the error of the area."""
    return np.array([_fit(question).rmst(question.asked["horizon"])["se"]])


def log_rank(question: Question) -> Floats:
    """Test groups, within strata where there are some."""
    strata = {"strata": question.rows["stratum"].to_numpy()} if "stratum" in question.rows.columns else {}
    groups = question.rows["group"].to_numpy()
    return np.array([surpyval.logrank(**_outcome(question), Z=groups, **strata).statistic])


def _ended(question: Question) -> dict[str, Any]:
    ends = [end or None for end in question.rows["end"].to_list()]
    marks = np.array([end is None for end in ends], dtype=int)
    return {"x": question.array("exit_days"), "e": np.array(ends, dtype=object), "c": marks}


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1, by the product of Kaplan and Meier."""
    fit = surpyval.CompetingRisks.fit(**_ended(question), how="Kaplan-Meier")
    return np.asarray(fit.cif(question.asked["days"], 1))


def gray(question: Question) -> Floats:
    """Test groups for end 1."""
    groups = question.rows["group"].to_numpy()
    return np.array([surpyval.gray_test(**_ended(question), group=groups, event=1).statistic])


def interval(question: Question) -> Floats:
    """Maximise the likelihood of intervals."""
    late = {"tl": question.array("entry_days")} if question.is_late else {}
    fit = surpyval.Turnbull.fit(
        xl=question.array("lower_days"),
        xr=question.array("upper_days"),
        n=question.array("weight"),
        turnbull_estimator="Kaplan-Meier",
        **late,
    )
    return np.asarray(fit.sf(question.asked["days"]))


def _cox(question: Question) -> Any:
    strata = (
        {"strata": question.rows[question.asked["strata"]].to_numpy()} if question.asked["strata"] else {}
    )
    return surpyval.CoxPH.fit(
        **_outcome(question), Z=design(question), tie_method="efron", center=True, **strata
    )


def coefficients(question: Question) -> Floats:
    """Read the coefficients."""
    return np.asarray(_cox(question).beta)


def errors(question: Question) -> Floats:
    """Read their errors."""
    found = _cox(question).standard_errors
    return np.asarray(found() if callable(found) else found)


ANSWERS = {
    "KM share": share,
    "KM share with entry": share,
    "Greenwood limits (log-log)": limits,
    "median at a flat half": median,
    "RMST": mean,
    "error of RMST": mean_error,
    "log-rank": log_rank,
    "log-rank with entry": log_rank,
    "stratified log-rank": log_rank,
    "whole weights, share": share,
    "sampling weights, share": share,
    "Aalen-Johansen share with ties": incidence,
    "Gray's test": gray,
    "NPMLE on (L, R]": interval,
    "NPMLE with entry": interval,
    "Cox coefficients (Efron)": coefficients,
    "Cox errors (Efron)": errors,
}
