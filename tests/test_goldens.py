"""Estimates against numbers made by R; see golden/make_goldens.R and golden/versions.txt."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ain_analytics.curves import resolution_curve
from ain_analytics.intervals import interval_curve
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.step_curve import LIMITS, QUARTILES

GOLDEN = Path(__file__).parent / "golden"
FOLLOW_UP = (
    pl.read_csv(GOLDEN / "follow_up.csv")
    .rename({"entry": "entry_days", "exit": "exit_days"})
    .with_columns(is_resolved=pl.col("resolved") == 1)
)
INTERVALS = pl.read_csv(GOLDEN / "intervals.csv").rename(
    {"lower": "lower_days", "upper": "upper_days", "entry": "entry_days"}
)
CASES = FOLLOW_UP["case"].unique(maintain_order=True).to_list()
NUMBERS = {
    name: pl.read_csv(GOLDEN / f"{name}.csv", infer_schema_length=None)
    for name in ("kaplan_meier", "quantiles", "restricted_mean", "log_rank", "npmle")
}
CLOSED_FORM = {"rtol": 1e-8, "atol": 1e-10}
ITERATED = {"rtol": 0, "atol": 1e-6}


def rows_of(case: str) -> pl.DataFrame:
    return FOLLOW_UP.filter(pl.col("case") == case)


def numbers(table: str, **of: object) -> pl.DataFrame:
    return NUMBERS[table].filter(*(pl.col(name) == value for name, value in of.items()))


def as_floats(column: pl.Series) -> np.ndarray:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


@pytest.mark.parametrize("scale", LIMITS)
@pytest.mark.parametrize("case", CASES)
def test_steps_counts_and_limits_are_those_of_survfit(case: str, scale: str) -> None:
    steps = resolution_curve(rows_of(case), limits=scale).steps.filter(pl.col("days") > 0)
    expected = numbers("kaplan_meier", case=case, scale=scale)
    for name in ("days", "n_at_risk", "n_resolved", "n_censored"):
        assert steps[name].to_list() == expected[name].to_list()
    for name in ("unresolved", "lower", "upper"):
        np.testing.assert_allclose(as_floats(steps[name]), as_floats(expected[name]), **CLOSED_FORM)


@pytest.mark.parametrize("scale", LIMITS)
@pytest.mark.parametrize("case", CASES)
def test_quartiles_and_their_limits_are_those_of_quantile_survfit(case: str, scale: str) -> None:
    curve = resolution_curve(rows_of(case), limits=scale)
    found = np.array([curve.value(name) for name in QUARTILES], dtype=float)
    expected = numbers("quantiles", case=case, scale=scale, of="resolution").sort("share")
    np.testing.assert_allclose(
        found,
        np.column_stack([as_floats(expected[name]) for name in ("value", "lower", "upper")]),
        **CLOSED_FORM,
    )


@pytest.mark.parametrize("case", CASES)
def test_follow_up_is_the_reverse_kaplan_meier_of_survfit(case: str) -> None:
    found = np.array(resolution_curve(rows_of(case)).value("follow_up_median"), dtype=float)
    expected = numbers("quantiles", case=case, of="observation").select("value", "lower", "upper")
    np.testing.assert_allclose(found, np.array(expected.row(0), dtype=float), **CLOSED_FORM)


@pytest.mark.parametrize(("case", "horizon", "mean", "error"), NUMBERS["restricted_mean"].rows())
def test_restricted_means_and_their_errors_are_those_of_survfit(
    case: str, horizon: float, mean: float, error: float
) -> None:
    fit = kaplan_meier(rows_of(case))
    found = [fit.curve.restricted_mean(horizon), fit.restricted_mean_error(horizon)]
    np.testing.assert_allclose(found, [mean, error], **CLOSED_FORM)


@pytest.mark.parametrize(
    ("case", "groups"), NUMBERS["log_rank"].select("case", "groups").unique(maintain_order=True).rows()
)
def test_log_rank_is_that_of_survdiff_and_with_entry_of_the_discrete_score_test(
    case: str, groups: str
) -> None:
    rows = rows_of(case).filter(pl.col("group").is_in(list(groups)))
    test = resolution_curve(rows, by="group").test
    expected = numbers("log_rank", case=case, groups=groups)
    assert test is not None
    assert test.degrees_of_freedom == expected["degrees_of_freedom"][0]
    np.testing.assert_allclose(test.statistic, expected["statistic"][0], **CLOSED_FORM)
    if expected["n_resolved"].null_count() == 0:
        assert test.table["n_resolved"].to_list() == expected["n_resolved"].to_list()
        np.testing.assert_allclose(test.table["n_expected"], expected["n_expected"], **CLOSED_FORM)


@pytest.mark.parametrize(
    ("case", "source"), NUMBERS["npmle"].select("case", "source").unique(maintain_order=True).rows()
)
def test_interval_curve_is_the_maximum_that_r_finds(case: str, source: str) -> None:
    curve = interval_curve(INTERVALS.filter(pl.col("case") == case), with_limits=False)
    expected = numbers("npmle", case=case, source=source)
    found = curve.at(expected["days"].to_list())["unresolved"]
    np.testing.assert_allclose(found, expected["unresolved"], **ITERATED)
