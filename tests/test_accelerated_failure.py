"""Accelerated failure time models against R (golden/regression/make_goldens.R), and what they refuse."""

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ain_analytics.accelerated_failure import AcceleratedFailure, accelerated_failure
from ain_analytics.aft_distributions import LAWS
from ain_analytics.errors import BadDefinition, BadFrame, MissingCovariate, NotEstimable
from ain_analytics.step_curve import Floats
from benchmarks.coverage.draw import SCENARIOS, draw

GOLDEN = Path(__file__).parent / "golden" / "regression"


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(GOLDEN / f"{name}.csv", infer_schema_length=None)


CASES = {row["case"]: row for row in read("aft_case").to_dicts()}
PARAMETERS, QUANTILES = read("aft"), read("aft_curve")
SETS: dict[str, pl.DataFrame] = {}
FITS: dict[str, AcceleratedFailure] = {}
CLOSE: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-6}


def rows_of(name: str) -> pl.DataFrame:
    if name not in SETS:
        SETS[name] = read(name).with_columns(is_resolved=pl.col("is_resolved") == 1)
    return SETS[name]


def fit_of(case: str) -> AcceleratedFailure:
    if case not in FITS:
        said = CASES[case]
        rows = rows_of(said["set"])
        rows = rows.drop("entry_days") if said["engine"] == "survreg" else rows
        FITS[case] = accelerated_failure(
            rows if said["is_clustered"] else rows.drop("patient_id"),
            (said["covariates"] or "").split(),
            distribution=said["law"],
            reading=said["reading"],
        )
    return FITS[case]


def errors_of(found: AcceleratedFailure) -> Floats:
    terms = found.table.filter(~pl.col("is_reference"))
    of_law = found.parameters["standard_error"].to_list()
    robust = terms["robust_error"].fill_null(terms["standard_error"]).to_list()
    return np.array([of_law[0], *robust, *of_law[1:]])


def test_there_are_golden_cases_of_every_law_and_reading() -> None:
    assert len(CASES) >= 55
    assert {said["law"] for said in CASES.values()} == set(LAWS)
    assert {said["reading"] for said in CASES.values()} == {"interval", "exact"}


@pytest.mark.parametrize("case", CASES)
def test_the_maximum_is_that_of_survreg_or_of_the_likelihood_written_in_r(case: str) -> None:
    found, expected = fit_of(case), PARAMETERS.filter(pl.col("case") == case)
    assert found.log_likelihood >= CASES[case]["log_likelihood"] - 1e-8
    assert found.log_likelihood <= CASES[case]["log_likelihood"] + 1e-6
    assert [c for c, _ in found.design.terms] == [
        name for name in expected["column"] if name not in ("intercept", "log_scale", "shape")
    ]
    np.testing.assert_allclose(found.theta, expected["value"], **CLOSE)
    name = "robust_error" if CASES[case]["is_clustered"] else "error"
    wanted = expected[name].cast(pl.Float64).to_numpy()
    is_told = np.isfinite(wanted)
    assert is_told.sum() >= expected.height - 1
    np.testing.assert_allclose(errors_of(found)[is_told], wanted[is_told], **CLOSE)


@pytest.mark.parametrize("case", [case for case, said in CASES.items() if said["engine"] == "survreg"])
def test_quantiles_and_their_errors_are_those_of_predict_survreg(case: str) -> None:
    expected = QUANTILES.filter(pl.col("case") == case).sort("row", "share")
    rows = rows_of(CASES[case]["set"])[[0, 19]]
    found = fit_of(case).quantiles(rows).sort("row", "share")
    np.testing.assert_allclose(np.log(found["days"]), expected["log_days"], **CLOSE)
    if not CASES[case]["is_clustered"]:
        margin = 1.959963984540054 * expected["error"].to_numpy()
        np.testing.assert_allclose(np.log(found["lower"]), expected["log_days"] - margin, **CLOSE)
        np.testing.assert_allclose(np.log(found["upper"]), expected["log_days"] + margin, **CLOSE)


W = np.array([-30.0, -8.0, -2.0, -0.3, 0.0, 0.4, 1.5, 3.0])


@pytest.mark.parametrize(("shape", "name"), [(1.0, "weibull"), (0.0, "log_normal"), (1e-6, "log_normal")])
def test_the_generalised_gamma_holds_weibulls_law_and_the_log_normal(shape: float, name: str) -> None:
    wide, narrow = LAWS["generalised_gamma"], LAWS[name]
    for function in ("log_density", "log_unresolved", "log_resolved", "slope"):
        found, expected = getattr(wide, function)(W, shape), getattr(narrow, function)(W, 0.0)
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)
    p = np.array([0.01, 0.5, 0.99])
    np.testing.assert_allclose(wide.quantile(p, shape), narrow.quantile(p, 0.0), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("shape", [-1.2, -0.3, -1e-4, 1e-4, 0.05, 0.7, 2.5])
def test_the_generalised_gamma_is_a_law_whatever_its_shape(shape: float) -> None:
    law, w = LAWS["generalised_gamma"], np.linspace(-2, 2, 9)
    resolved = np.exp(law.log_resolved(w, shape))
    np.testing.assert_allclose(resolved + np.exp(law.log_unresolved(w, shape)), 1, rtol=1e-12)
    h = 1e-4
    rise = (np.exp(law.log_resolved(w + h, shape)) - np.exp(law.log_resolved(w - h, shape))) / (2 * h)
    np.testing.assert_allclose(rise, np.exp(law.log_density(w, shape)), rtol=1e-6, atol=1e-9)
    bend = (law.log_density(w + h, shape) - law.log_density(w - h, shape)) / (2 * h)
    np.testing.assert_allclose(bend, law.slope(w, shape), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(law.quantile(resolved, shape), w, rtol=1e-7, atol=1e-7)


def test_a_time_ratio_of_weibulls_law_is_a_power_of_its_hazard_ratio() -> None:
    found = fit_of("lung-exact-3-weibull")
    scale = found.parameters.filter(pl.col("parameter") == "scale")["value"].item()
    hazard = np.exp(-found.coefficients / scale)
    expected = PARAMETERS.filter(pl.col("case") == "lung-exact-3-weibull")["value"].to_numpy()
    np.testing.assert_allclose(hazard, np.exp(-expected[1:4] / np.exp(expected[4])), rtol=1e-6)


INTERVALS = pl.DataFrame(
    {
        "lower_days": [0, 30, 60, 90, 20, 40, 10, 80],
        "upper_days": [30, 60, 90, None, 50, 70, 40, None],
        "group": ["a", "b", "a", "b", "a", "b", "a", "b"],
        "x": [1, 4, 3, 4, 2, 1, 1, 3],
    }
)


def test_without_covariates_the_result_is_a_curve() -> None:
    found = accelerated_failure(INTERVALS, distribution="log_logistic")
    curve = found.predict(days=[10, 50, 100])
    assert curve["unresolved"].is_sorted(descending=True)
    assert (curve["lower"] < curve["unresolved"]).all()
    assert (curve["unresolved"] < curve["upper"]).all()
    median = found.quantiles(shares=[0.5])["days"].item()
    np.testing.assert_allclose(found.predict(days=[median])["unresolved"].item(), 0.5, rtol=1e-9)
    assert found.table.is_empty()
    assert found.tests.is_empty()
    assert found.predict().height == 90


def test_the_exponential_rate_is_events_by_time_under_delayed_entry() -> None:
    rows = pl.DataFrame(
        {
            "entry_days": [0, 10, 20, 5],
            "exit_days": [30, 40, 50, 25],
            "is_resolved": [True, True, False, True],
        }
    )
    found = accelerated_failure(rows, distribution="exponential", reading="exact")
    np.testing.assert_allclose(np.exp(found.theta[0]), (30 + 30 + 30 + 20) / 3, rtol=1e-9)


def test_the_unit_of_time_does_not_matter() -> None:
    usual = accelerated_failure(INTERVALS, ["x"], distribution="weibull")
    other = accelerated_failure(
        INTERVALS.with_columns(pl.col("lower_days", "upper_days") * 1000), ["x"], distribution="weibull"
    )
    np.testing.assert_allclose(other.coefficients, usual.coefficients, rtol=1e-8)
    np.testing.assert_allclose(other.theta[0] - np.log(1000), usual.theta[0], rtol=1e-8)
    np.testing.assert_allclose(other.log_likelihood, usual.log_likelihood, rtol=1e-10)


@pytest.mark.parametrize(
    ("rows", "covariates", "why"),
    [
        (INTERVALS.with_columns(upper_days=pl.lit(None, pl.Int64)), ["x"], "no resolution was seen"),
        (INTERVALS.with_columns(group=pl.when(pl.col("upper_days").is_null()).then(pl.lit("late"))
         .otherwise("group")), ["group"], "group: in a level"),
        (INTERVALS.with_columns(y=2 * pl.col("x")), ["x", "y"], "y: among those"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused(rows: pl.DataFrame, covariates: list[str], why: str) -> None:
    with pytest.raises(NotEstimable, match=why) as told:
        accelerated_failure(rows, covariates)
    assert "late" not in str(told.value)


def test_choices_and_frames_that_are_impossible_are_refused() -> None:
    for choice in ({"distribution": "gompertz"}, {"reading": "middle"}, {"missing": "impute"}):
        with pytest.raises(BadDefinition, match=next(iter(choice))):
            accelerated_failure(INTERVALS, **choice)  # type: ignore[arg-type]
    with pytest.raises(BadFrame, match="2 rows have upper_days on or before"):
        accelerated_failure(
            INTERVALS.with_columns(upper_days=pl.when(pl.col("x") < 4).then("upper_days").otherwise(9))
        )
    with pytest.raises(MissingCovariate, match="x in 1"):
        accelerated_failure(INTERVALS.with_columns(x=pl.when(pl.col("x") != 2).then("x")), ["x"])
    with pytest.raises(BadDefinition, match="between 0 and 1"):
        accelerated_failure(INTERVALS).quantiles(shares=[1.0])
    with pytest.raises(BadDefinition, match="after the origin"):
        accelerated_failure(INTERVALS).predict(days=[0])


def test_the_result_shows_itself_and_its_law() -> None:
    found = accelerated_failure(INTERVALS, ["x"], distribution="log_normal")
    assert "log-normal, 6 of 8 episodes resolved" in repr(found)
    assert "x: time ratio" in repr(found)
    assert "<pre>AcceleratedFailure" in found._repr_html_()
    assert found.ratio("x")[0] == pytest.approx(np.exp(found.coefficients[0]))
    assert found.akaike == pytest.approx(2 * 3 - 2 * found.log_likelihood)
    assert found.shared().table.height == 1


def test_a_maximum_that_rounding_hides_is_found() -> None:
    """Of 200 children with late entry, days known: the last step promised less than the sum can show."""
    scenario = 12
    rows = draw(SCENARIOS[scenario], np.random.default_rng([1975, scenario, 313]))
    of_intervals, of_days = (
        accelerated_failure(rows, ["mild"], reading=reading).ratio("mild")
        for reading in ("interval", "exact")
    )
    assert of_intervals == pytest.approx(of_days, abs=0.002)  # an interval is a day wide
