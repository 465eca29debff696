"""Rates and ratios against R (golden/associations)."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ain_analytics.errors import EmptyStratum
from ain_analytics.quantities import share_of
from ain_analytics.rates import Ratio, exact_rate, exact_ratio, within_child

GOLDEN = Path(__file__).parent / "golden" / "associations"
NUMBERS = {
    name: pl.read_csv(GOLDEN / f"{name}.csv", infer_schema_length=None)
    for name in ("rate", "ratio", "share", "odds_ratio", "within", "within_data")
}
CLOSED_FORM = {"rtol": 1e-8, "atol": 1e-10}
ITERATED = {"rtol": 0, "atol": 1e-6}


def as_floats(*values: float | None) -> np.ndarray:
    return np.array([np.nan if x is None or not np.isfinite(x) else x for x in values])


@pytest.mark.parametrize(("events", "time", "value", "lower", "upper"), NUMBERS["rate"].rows())
def test_a_rate_has_the_limits_of_poisson_test(events, time, value, lower, upper) -> None:
    found = exact_rate(events, time, 0.95)
    np.testing.assert_allclose([found.value, found.lower, found.upper], [value, lower, upper], **CLOSED_FORM)


@pytest.mark.parametrize(("a", "s", "b", "t", "value", "lower", "upper", "p"), NUMBERS["ratio"].rows())
def test_a_ratio_of_rates_has_the_limits_and_p_of_poisson_test(a, s, b, t, value, lower, upper, p) -> None:
    found = exact_ratio((a, b), (s, t), 0.95)
    expected = as_floats(*(float(x) for x in (value, lower, upper, p)))
    np.testing.assert_allclose(
        as_floats(found.value, found.lower, found.upper, found.p), expected, **CLOSED_FORM
    )


@pytest.mark.parametrize(("n", "of", "value", "lower", "upper", "p"), NUMBERS["share"].rows())
def test_a_share_has_the_limits_and_p_of_binom_test(n, of, value, lower, upper, p) -> None:
    found = share_of(n, of, 0.95)
    np.testing.assert_allclose([found.value, found.lower, found.upper], [value, lower, upper], **CLOSED_FORM)
    np.testing.assert_allclose(stats.binomtest(n, of, 0.4853).pvalue, p, **CLOSED_FORM)


def within(case: str):
    data = NUMBERS["within_data"].filter(pl.col("case") == case)
    ages = sorted(data["age"].unique())[1:]
    terms = np.column_stack([data["state"], *((data["age"] == age).to_numpy() for age in ages)])
    child, events, days = (data[name].to_numpy() for name in ("child", "events", "days"))
    return child, events, days.astype(float), terms.astype(float)


@pytest.mark.parametrize(("case", "source"), [("several", "glm"), ("once", "glm"), ("once", "clogit")])
def test_within_children_is_the_poisson_fit_of_r_with_a_term_per_child(case: str, source: str) -> None:
    fit = within_child(*within(case))
    expected = NUMBERS["within"].filter(pl.col("case") == case, pl.col("source") == source)
    np.testing.assert_allclose(fit.coefficients, expected["value"], **ITERATED)
    np.testing.assert_allclose(fit.errors, expected["error"], **ITERATED)
    if source == "glm":
        np.testing.assert_allclose(fit.robust_errors, expected["robust_error"].cast(pl.Float64), **ITERATED)


def test_a_child_with_equal_counts_in_unequal_times_says_something() -> None:
    """By hand: of two events one falls into 10 of 310 days, so the odds 1 : 1 are 30 times those of time."""
    fit = within_child(np.array([0, 0]), np.array([1, 1]), np.array([10.0, 300.0]), np.array([[1.0], [0.0]]))
    assert np.exp(fit.coefficients[0]) == pytest.approx(30)
    assert fit.errors[0] == pytest.approx(np.sqrt(1 / (2 * 0.5 * 0.5)))
    assert (fit.n_children, fit.n_events) == (1, 2)


def test_children_without_events_and_with_one_row_say_nothing() -> None:
    plain = within_child(np.array([0, 0]), np.array([2, 1]), np.array([10.0, 20.0]), np.array([[1.0], [0.0]]))
    more = within_child(
        np.array([0, 0, 1, 1, 2]),
        np.array([2, 1, 0, 0, 4]),
        np.array([10.0, 20.0, 5.0, 900.0, 7.0]),
        np.array([[1.0], [0.0], [1.0], [0.0], [1.0]]),
    )
    np.testing.assert_allclose(more.coefficients, plain.coefficients)
    np.testing.assert_allclose(np.exp(plain.coefficients), [4])
    assert (more.n_children, more.n_events) == (1, 3)


def test_what_the_data_cannot_tell_is_not_told() -> None:
    child, days = np.array([0, 0]), np.array([10.0, 20.0])
    state = np.array([[1.0], [0.0]])
    for events in (np.array([0, 3]), np.array([3, 0])):
        assert within_child(child, events, days, state).ratio(0, 0.95, robust=False) == Ratio(
            None, None, None
        )
    twice = within_child(child, np.array([2, 1]), days, np.hstack([state, state]))
    assert twice.ratio(0, 0.95, robust=False).value == pytest.approx(4)
    assert twice.ratio(1, 0.95, robust=False) == Ratio(None, None, None)
    with pytest.raises(EmptyStratum, match="no child has an event and time in both states"):
        within_child(np.array([0, 1]), np.array([1, 1]), days, state)


def test_without_time_there_is_no_rate() -> None:
    assert exact_rate(0, 0.0, 0.95) == Ratio(None, None, None)
    assert exact_ratio((0, 0), (5.0, 5.0), 0.95) == Ratio(None, None, None)
    assert exact_ratio((1, 0), (5.0, 0.0), 0.95) == Ratio(None, None, None)
