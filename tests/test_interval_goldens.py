"""Interval estimates equal those of npsurv, or of self-consistency written in R from the likelihood alone."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ain_analytics.bootstrap import curve_of, distinct, last_day_of
from ain_analytics.intervals import interval_curve
from ain_analytics.npmle import npmle
from ain_analytics.turnbull_cells import Observations

GOLDEN = Path(__file__).parent / "golden" / "intervals"
DATA, NPMLE, SCORES = (pl.read_csv(GOLDEN / f"{name}.csv") for name in ("data", "npmle", "scores"))
CASES = NPMLE["case"].unique(maintain_order=True).to_list()


def rows_of(case: str) -> pl.DataFrame:
    return DATA.filter(pl.col("case") == case)


def observations(case: str) -> Observations:
    ends = (rows_of(case)[name].cast(pl.Float64).fill_null(np.inf).to_numpy() for name in ("lower", "upper"))
    lower, upper = ends
    entry, weight = (rows_of(case)[name].cast(pl.Float64).to_numpy() for name in ("entry", "weight"))
    return Observations(lower, upper, entry, weight)


def loglik(rows: Observations, right: np.ndarray, unresolved: np.ndarray) -> float:
    """Work out the log-likelihood of the shares from its definition."""
    known = np.append(1.0, unresolved)

    def at(days: np.ndarray) -> np.ndarray:
        return np.where(np.isinf(days), 0.0, known[np.searchsorted(right, days, side="right")])

    each = np.log(at(rows.lower) - at(rows.upper)) - np.log(at(rows.entry))
    return float(rows.weight @ each)


@pytest.mark.parametrize("case", CASES)
def test_the_estimate_is_the_maximum_that_r_finds(case: str) -> None:
    rows, expected = observations(case), NPMLE.filter(pl.col("case") == case)
    fit = npmle(distinct(rows, rows.weight))
    assert fit.kkt_violation < 1e-10
    curve = curve_of(fit, last_day_of(rows))
    np.testing.assert_allclose(curve.value(expected["days"]), expected["unresolved"], atol=1e-6)
    np.testing.assert_allclose(loglik(rows, fit.right, fit.unresolved), expected["loglik"][0], atol=1e-8)


def test_there_are_twenty_cases_and_the_awkward_ones_among_them() -> None:
    assert len(CASES) >= 20
    assert (DATA["entry"] > 0).any()
    assert (DATA["weight"] > 1).any()
    assert {"one_child", "all_censored", "all_exact", "exact_ties", "left_censored", "near_ties"} <= set(
        CASES
    )


@pytest.mark.parametrize("case", SCORES["case"].unique(maintain_order=True).to_list())
def test_the_log_rank_test_of_intervals_has_the_scores_and_the_variance_of_r(case: str) -> None:
    rows = rows_of(case).select("group", lower_days="lower", upper_days="upper")
    test = interval_curve(rows, by="group", with_limits=False).test
    expected = SCORES.filter(pl.col("case") == case).sort("group")
    assert test is not None
    found = test.table.sort("stratum")
    assert found["stratum"].to_list() == expected["group"].cast(pl.String).to_list()
    np.testing.assert_allclose(found["n_resolved"] - found["n_expected"], expected["difference"], atol=1e-6)
    np.testing.assert_allclose(test.statistic, expected["statistic"][0], rtol=1e-6)
