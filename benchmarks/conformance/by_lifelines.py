"""Answers of lifelines."""

import numpy as np
import pandas as pd
from lifelines import AalenJohansenFitter, CoxPHFitter, KaplanMeierFitter, WeibullAFTFitter
from lifelines.statistics import multivariate_logrank_test, proportional_hazard_test
from lifelines.utils import restricted_mean_survival_time

from benchmarks.conformance.cases import Floats, Question, design


def _fit(question: Question) -> KaplanMeierFitter:
    entry = question.array("entry_days") if question.is_late else None
    weights = question.array("weight") if "names" in question.asked else None
    return KaplanMeierFitter().fit(
        question.array("exit_days"), question.array("is_resolved"), entry=entry, weights=weights
    )


def share(question: Question) -> Floats:
    """Read the curve."""
    return np.asarray(_fit(question).predict(question.asked["days"]), dtype=float).reshape(-1)


def limits(question: Question) -> Floats:
    """Read both limits."""
    table = _fit(question).confidence_interval_.reindex(question.asked["days"], method="ffill")
    return table.to_numpy().T.reshape(-1)


def median(question: Question) -> Floats:
    """Read the median."""
    return np.array([_fit(question).median_survival_time_])


def mean(question: Question) -> Floats:
    """Take the area under the curve."""
    return np.array([restricted_mean_survival_time(_fit(question), t=question.asked["horizon"])])


def mean_error(question: Question) -> Floats:
    """Take the root of what is returned as its variance."""
    found = restricted_mean_survival_time(_fit(question), t=question.asked["horizon"], return_variance=True)
    return np.array([np.sqrt(found[1])])


def log_rank(question: Question) -> Floats:
    """Test groups."""
    groups = question.rows["group"].to_numpy()
    test = multivariate_logrank_test(question.array("exit_days"), groups, question.array("is_resolved"))
    return np.array([test.test_statistic])


def _incidence(question: Question, name: str) -> Floats:
    entry = question.array("entry_days") if question.is_late else None
    state = np.random.get_state()
    fit = AalenJohansenFitter(seed=1).fit(
        question.array("exit_days"), question.rows["end"].to_numpy(), event_of_interest=1, entry=entry
    )
    np.random.set_state(state)
    table = getattr(fit, name)
    frame = table if isinstance(table, pd.DataFrame) else table.to_frame()
    # times were moved by a jitter; a day is read half a day later
    return frame.iloc[np.searchsorted(frame.index, question.asked["days"] + 0.5) - 1, 0].to_numpy()


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1."""
    return _incidence(question, "cumulative_density_")


def incidence_error(question: Question) -> Floats:
    """Read its error."""
    return np.sqrt(_incidence(question, "variance_"))


def interval(question: Question) -> Floats:
    """Maximise the likelihood of intervals, given as they are."""
    fit = KaplanMeierFitter().fit_interval_censoring(
        question.array("lower_days"), question.array("upper_days"), weights=question.array("weight")
    )
    table = fit.survival_function_
    place = np.searchsorted(table.index, question.asked["days"], side="right") - 1
    return table.iloc[place, 0].to_numpy()


def _frame(question: Question) -> pd.DataFrame:
    x = design(question)
    return pd.DataFrame(x, columns=[f"x{place}" for place in range(x.shape[1])])


def _cox(question: Question, *, is_clustered: bool = False) -> tuple[CoxPHFitter, pd.DataFrame]:
    frame = _frame(question).assign(
        exit=question.array("exit_days"), event=question.array("is_resolved").astype(bool)
    )
    more = {}
    for name, column in (
        ("entry_col", "entry_days" if question.is_late else None),
        ("strata", question.asked["strata"]),
        ("cluster_col", "patient_id" if is_clustered else None),
    ):
        if column:
            frame[column] = question.rows[column].to_numpy()
            more[name] = column
    fit = CoxPHFitter().fit(frame, "exit", "event", fit_options={"precision": 1e-12}, **more)
    return fit, frame


def coefficients(question: Question) -> Floats:
    """Read the coefficients."""
    return _cox(question)[0].params_.to_numpy()


def errors(question: Question) -> Floats:
    """Read their errors."""
    return _cox(question)[0].standard_errors_.to_numpy()


def robust_errors(question: Question) -> Floats:
    """Read their errors by child."""
    return _cox(question, is_clustered=True)[0].standard_errors_.to_numpy()


def hazards(question: Question) -> Floats:
    """Test proportional hazards, on the scale of Kaplan and Meier."""
    fit, frame = _cox(question)
    return np.atleast_1d(proportional_hazard_test(fit, frame, time_transform="km").test_statistic)


def weibull(question: Question) -> Floats:
    """Fit the accelerated failure time model."""
    frame = _frame(question).assign(lower=question.array("lower_days"), upper=question.array("upper_days"))
    found = WeibullAFTFitter().fit_interval_censoring(frame, "lower", "upper").params_
    slopes = found["lambda_"]
    x = [name for name in slopes.index if name != "Intercept"]
    return np.array([slopes["Intercept"], *slopes[x], -found["rho_"]["Intercept"]])


ANSWERS = {
    "KM share": share,
    "KM share with entry": share,
    "Greenwood limits (log-log)": limits,
    "median at a flat half": median,
    "RMST": mean,
    "error of RMST": mean_error,
    "log-rank": log_rank,
    "whole weights, share": share,
    "sampling weights, share": share,
    "Aalen-Johansen share with ties": incidence,
    "Aalen-Johansen share with entry": incidence,
    "error of Aalen-Johansen": incidence_error,
    "NPMLE on (L, R]": interval,
    "Cox coefficients (Efron)": coefficients,
    "Cox errors (Efron)": errors,
    "Cox robust errors with entry": robust_errors,
    "proportional hazards test": hazards,
    "Weibull, interval-censored": weibull,
}
