"""Answers of this program."""

import numpy as np
import polars as pl

from ain_analytics.aalen_johansen import aalen_johansen
from ain_analytics.accelerated_failure import accelerated_failure
from ain_analytics.bootstrap import curve_of, distinct, last_day_of
from ain_analytics.compare_strata import compare_strata
from ain_analytics.cox import CoxRegression, cox_regression
from ain_analytics.curves import resolution_curve
from ain_analytics.gray_test import gray_test
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.npmle import npmle
from ain_analytics.proportional_hazards import proportional_hazards
from ain_analytics.turnbull_cells import Observations
from benchmarks.conformance.cases import Floats, Question

PLAIN = ("case", "group", "entry_days", "exit_days", "is_resolved")


def share(question: Question) -> Floats:
    """Read the curve."""
    return kaplan_meier(question.rows.select(PLAIN)).curve.value(question.asked["days"])


def _steps(question: Question, rows: pl.DataFrame, *names: str) -> Floats:
    steps = resolution_curve(rows, limits=question.asked["scale"]).steps
    at = pl.DataFrame({"days": question.asked["days"]}).with_columns(pl.col("days").cast(steps["days"].dtype))
    found = at.join(steps, on="days", how="left", maintain_order="left")
    return np.concatenate([found[n].cast(pl.Float64).fill_null(np.nan).to_numpy() for n in names])


def limits(question: Question) -> Floats:
    """Read both limits."""
    return _steps(question, question.rows.select(PLAIN), "lower", "upper")


def weights(question: Question) -> Floats:
    """Read shares or limits of weighted rows."""
    return _steps(question, question.rows, *question.asked["names"])


def median(question: Question) -> Floats:
    """Read the median."""
    return np.array([resolution_curve(question.rows.select(PLAIN)).value("median")[0]], dtype=float)


def mean(question: Question) -> Floats:
    """Take the area under the curve."""
    return np.array(
        [kaplan_meier(question.rows.select(PLAIN)).curve.restricted_mean(question.asked["horizon"])]
    )


def mean_error(question: Question) -> Floats:
    """Take the error of the area."""
    return np.array(
        [kaplan_meier(question.rows.select(PLAIN)).restricted_mean_error(question.asked["horizon"])]
    )


def log_rank(question: Question) -> Floats:
    """Test groups."""
    test = resolution_curve(question.rows.select(PLAIN), by="group").test
    return np.array([test.statistic if test else np.nan])


def stratified(question: Question) -> Floats:
    """Test groups within strata."""
    rows = question.rows.select(*PLAIN, "stratum")
    test = compare_strata(rows, by="group", weights="log-rank", strata="stratum")
    return np.array([test.statistic])


def _ended(question: Question) -> pl.DataFrame:
    end = pl.when(pl.col("end") > 0).then(pl.col("end").cast(pl.String))
    days = (pl.col(name).cast(pl.Int32) for name in ("entry_days", "exit_days"))
    return question.rows.select("group", *days, end=end)


def _incidence(question: Question, name: str) -> Floats:
    rows = _ended(question)
    fit = aalen_johansen(rows, sorted(rows["end"].drop_nulls().unique()))
    place = np.searchsorted(fit.all_ends.curve.days, question.asked["days"], side="right") - 1
    found: Floats = getattr(fit, name)[place, 0]
    return found


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1."""
    return _incidence(question, "incidence")


def incidence_error(question: Question) -> Floats:
    """Read its error."""
    return np.sqrt(_incidence(question, "variance"))


def gray(question: Question) -> Floats:
    """Test groups for end 1."""
    rows = _ended(question).sort("group")
    found = gray_test({name: part for (name,), part in rows.group_by("group", maintain_order=True)}, "1")
    return np.array([found.statistic if found else np.nan])


def interval(question: Question) -> Floats:
    """Maximise the likelihood of intervals."""
    names = ("lower_days", "upper_days", "entry_days", "weight")
    rows = Observations(*(question.array(name) for name in names))
    curve = curve_of(npmle(distinct(rows, rows.weight)), last_day_of(rows))
    return curve.value(question.asked["days"])


def _cox(question: Question, *, is_clustered: bool = False) -> CoxRegression:
    strata = [question.asked["strata"]] if question.asked["strata"] else []
    rows = question.rows if is_clustered else question.rows.drop("patient_id")
    return cox_regression(rows, question.asked["covariates"], strata=strata)


def _term(question: Question, found: CoxRegression, column: str) -> Floats:
    table = found.table.filter(~pl.col("is_reference"))
    of_term = {(row["covariate"], row["level"] or ""): row[column] for row in table.to_dicts()}
    return np.array([of_term[term] for term in question.asked["terms"]])


def coefficients(question: Question) -> Floats:
    """Read the coefficients."""
    return _term(question, _cox(question), "coefficient")


def errors(question: Question) -> Floats:
    """Read their errors."""
    return _term(question, _cox(question), "standard_error")


def robust_errors(question: Question) -> Floats:
    """Read their errors by child."""
    return _term(question, _cox(question, is_clustered=True), "robust_error")


def hazards(question: Question) -> Floats:
    """Test proportional hazards, on the scale of Kaplan and Meier."""
    table = proportional_hazards(_cox(question)).table
    return table.filter(pl.col("test") == "km", pl.col("covariate") != "all")["statistic"].to_numpy()


def weibull(question: Question) -> Floats:
    """Fit the accelerated failure time model."""
    rows = question.rows.drop("entry_days", "patient_id")
    found = accelerated_failure(
        rows, question.asked["covariates"], distribution="weibull", reading="interval"
    )
    return np.asarray(found.theta)


ANSWERS = {
    "KM share": share,
    "KM share with entry": share,
    "Greenwood limits (log)": limits,
    "Greenwood limits (log-log)": limits,
    "median at a flat half": median,
    "RMST": mean,
    "error of RMST": mean_error,
    "log-rank": log_rank,
    "log-rank with entry": log_rank,
    "stratified log-rank": stratified,
    "whole weights, share": weights,
    "sampling weights, share": weights,
    "sampling weights, robust limits": weights,
    "Aalen-Johansen share with ties": incidence,
    "Aalen-Johansen share with entry": incidence,
    "error of Aalen-Johansen": incidence_error,
    "Gray's test": gray,
    "NPMLE on (L, R]": interval,
    "NPMLE with entry": interval,
    "Cox coefficients (Efron)": coefficients,
    "Cox errors (Efron)": errors,
    "Cox robust errors with entry": robust_errors,
    "proportional hazards test": hazards,
    "Weibull, interval-censored": weibull,
}
