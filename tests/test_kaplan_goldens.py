"""Right-censored estimates against numbers made by R; see golden/kaplan/make_goldens.R and versions.txt."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ain_analytics.compare_strata import compare_strata
from ain_analytics.contrasts import restricted_mean_difference, share_difference
from ain_analytics.curves import resolution_curve
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.one_sample import one_sample_log_rank
from ain_analytics.simultaneous_bands import (
    chance_of_bridge,
    chance_of_scaled_bridge,
    critical_value,
    simultaneous_band,
)

GOLDEN = Path(__file__).parent / "golden" / "kaplan"
NAMES = (
    "weighted",
    "robust",
    "log_rank",
    "trend",
    "means",
    "fixed_time",
    "one_sample",
    "bands",
    "critical",
    "exact",
)
NUMBERS = {name: pl.read_csv(GOLDEN / f"{name}.csv", infer_schema_length=None) for name in NAMES}
ROWS = (
    pl.read_csv(GOLDEN / "rows.csv", infer_schema_length=None)
    .rename({"entry": "entry_days", "exit": "exit_days", "weight": "sampling"})
    .with_columns(is_resolved=pl.col("resolved") == 1)
)
CASES = ROWS["case"].unique(maintain_order=True).to_list()
CLOSED_FORM = {"rtol": 1e-8, "atol": 1e-10}
HAZARDS = {"constant": lambda days: days / 400, "weibull": lambda days: (days / 350) ** 1.3}


def rows_of(case: str, *, weight: str | None = None) -> pl.DataFrame:
    rows = ROWS.filter(pl.col("case") == case)
    return rows if weight is None else rows.with_columns(weight=pl.col(weight))


def cases_of(table: str) -> list[str]:
    return NUMBERS[table]["case"].unique(maintain_order=True).to_list()


def as_floats(column: pl.Series) -> np.ndarray:
    return column.cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy()


def assert_equal(found: pl.DataFrame, expected: pl.DataFrame, *names: str) -> None:
    for name in names:
        np.testing.assert_allclose(as_floats(found[name]), as_floats(expected[name]), **CLOSED_FORM)


def test_there_are_at_least_twenty_cases_of_each_estimate() -> None:
    assert min(len(cases_of(name)) for name in NAMES if name not in ("bands", "critical", "exact")) >= 20


@pytest.mark.parametrize("case", CASES)
def test_whole_weights_are_those_of_survfit(case: str) -> None:
    curve = resolution_curve(rows_of(case, weight="count"))
    expected = NUMBERS["weighted"].filter(pl.col("case") == case)
    steps = curve.steps.filter(pl.col("days").is_in(expected["days"].to_list()))
    assert_equal(
        steps, expected, "days", "n_at_risk", "n_resolved", "n_censored", "unresolved", "lower", "upper"
    )
    np.testing.assert_allclose(
        np.nan_to_num(float(curve.value("median")[0] or np.nan)),
        np.nan_to_num(as_floats(expected["median"])[0]),
        **CLOSED_FORM,
    )


@pytest.mark.parametrize("case", CASES)
def test_sampling_weights_have_the_robust_limits_of_survfit(case: str) -> None:
    rows = rows_of(case, weight="sampling").with_columns(patient_id=pl.col("child").cast(pl.String))
    expected = NUMBERS["robust"].filter(pl.col("case") == case)
    steps = resolution_curve(rows).steps.filter(pl.col("days") > 0)
    assert_equal(steps, expected, "days", "unresolved", "lower", "upper")
    fit = kaplan_meier(rows)
    error = np.sqrt(np.diag(fit.covariance))[fit.curve.days > 0]
    is_known = fit.curve.unresolved[fit.curve.days > 0] > 0
    np.testing.assert_allclose(error[is_known], as_floats(expected["error"])[is_known], **CLOSED_FORM)


EXPONENTS = {"fh_0.5_0": (0.5, 0), "fh_1_0": (1, 0), "fh_0_1": (0, 1), "fh_1_1": (1, 1)}


def compared(case: str, weights: str, *, is_stratified: bool, trend: bool = False):
    rho, gamma = EXPONENTS.get(weights, (1, 0))
    return compare_strata(
        rows_of(case),
        by="group",
        weights="fleming-harrington" if weights in EXPONENTS else weights,
        rho=rho,
        gamma=gamma,
        strata="stratum" if is_stratified else None,
        trend=trend,
    )


@pytest.mark.parametrize("case", cases_of("log_rank"))
def test_the_log_rank_family_is_that_of_r(case: str) -> None:
    for row in NUMBERS["log_rank"].filter(pl.col("case") == case).iter_rows(named=True):
        test = compared(case, row["weights"], is_stratified=bool(row["is_stratified"]))
        np.testing.assert_allclose(test.statistic, row["statistic"], err_msg=str(row), **CLOSED_FORM)
        assert test.degrees_of_freedom == row["df"], row


@pytest.mark.parametrize("case", cases_of("trend"))
def test_the_trend_is_that_of_r(case: str) -> None:
    for row in NUMBERS["trend"].filter(pl.col("case") == case).iter_rows(named=True):
        test = compared(case, row["weights"], is_stratified=bool(row["is_stratified"]), trend=True)
        np.testing.assert_allclose(test.trend_statistic, row["statistic"], err_msg=str(row), **CLOSED_FORM)


@pytest.mark.parametrize(
    ("case", "tau"), NUMBERS["means"].select("case", "tau").unique(maintain_order=True).rows()
)
def test_restricted_means_differ_as_by_the_formulas_of_survrm2(case: str, tau: float) -> None:
    table = restricted_mean_difference(rows_of(case), by="group", horizon_days=tau).table
    expected = NUMBERS["means"].filter(pl.col("case") == case, pl.col("tau") == tau)
    is_defined = (expected["value"].cast(pl.Float64, strict=False).is_finite()).fill_null(value=False)
    assert_equal(table.filter(is_defined), expected.filter(is_defined), "value", "lower", "upper", "p")


@pytest.mark.parametrize(
    ("case", "day", "scale"),
    NUMBERS["fixed_time"].select("case", "day", "scale").unique(maintain_order=True).rows(),
)
def test_shares_on_a_day_differ_as_by_klein(case: str, day: float, scale: str) -> None:
    found = share_difference(rows_of(case), by="group", day=day, scale=scale)
    expected = NUMBERS["fixed_time"].filter(
        pl.col("case") == case, pl.col("day") == day, pl.col("scale") == scale
    )
    assert_equal(found.table, expected, "value", "lower", "upper", "p")
    np.testing.assert_allclose(found.statistic, expected["overall"][0], **CLOSED_FORM)


@pytest.mark.parametrize(("case", "reference"), NUMBERS["one_sample"].select("case", "reference").rows())
def test_the_one_sample_test_is_that_of_survdiff_and_poisson_test(case: str, reference: str) -> None:
    table = one_sample_log_rank(rows_of(case), HAZARDS[reference]).table
    expected = NUMBERS["one_sample"].filter(pl.col("case") == case, pl.col("reference") == reference)
    assert table["n_resolved"].to_list() == expected["observed"].to_list()
    np.testing.assert_allclose(table["n_expected"], expected["expected"], **CLOSED_FORM)
    assert_equal(table, expected, "lower", "upper", "statistic", "exact_p")


METHODS = {
    "hall-wellner": ("hall-wellner", "plain"),
    "loghall": ("hall-wellner", "log-log"),
    "epband": ("equal precision", "plain"),
    "logep": ("equal precision", "log-log"),
}


def reach(band: tuple[np.ndarray, np.ndarray, np.ndarray], kind: str, case: str) -> np.ndarray:
    """How far one unit of the critical value reaches on the plain scale, on each day of a band."""
    fit = kaplan_meier(rows_of(case))
    is_in = np.isin(fit.curve.days, band[0])
    share, variance, n = fit.curve.unresolved[is_in], fit.log_variance[is_in], rows_of(case).height
    return share * (np.sqrt(variance) if kind == "equal precision" else (1 + n * variance) / np.sqrt(n))


@pytest.mark.parametrize("case", cases_of("bands"))
def test_bands_are_those_of_km_ci_at_its_critical_value(case: str) -> None:
    fit = kaplan_meier(rows_of(case))
    for method, (kind, scale) in METHODS.items():
        expected = NUMBERS["bands"].filter(pl.col("case") == case)
        plain = {"hall-wellner": "hall-wellner", "equal precision": "epband"}[kind]
        ours = simultaneous_band(fit, kind=kind, scale="plain", confidence=0.95)
        theirs = expected.filter(
            pl.col("method") == plain, pl.col("days").is_in(ours[0].astype(int).tolist())
        )
        lower, share = as_floats(theirs["lower"]), as_floats(theirs["unresolved"])
        is_open = lower > 1e-6
        if theirs.height != len(ours[0]) or not is_open.any():
            continue
        critical = float(np.median(((share - lower) / reach(ours, kind, case))[is_open]))
        band = simultaneous_band(fit, kind=kind, scale=scale, confidence=0.95, critical=critical)
        theirs = expected.filter(
            pl.col("method") == method, pl.col("days").is_in(ours[0].astype(int).tolist())
        )
        np.testing.assert_allclose(band[1], as_floats(theirs["lower"]).clip(0, 1), rtol=1e-7, atol=1e-9)
        np.testing.assert_allclose(band[2], as_floats(theirs["upper"]).clip(0, 1), rtol=1e-7, atol=1e-9)


def test_critical_values_of_hall_and_wellner_are_those_of_the_printed_table() -> None:
    table = NUMBERS["critical"].filter(pl.col("kind") == "hall-wellner").drop_nulls("value")
    for row in table.sample(60, seed=2).iter_rows(named=True):
        a, b = int(row["column"][2:]) / 100, 0.1 + 0.02 * (row["row"] - 1)
        if a < b <= 1:
            found = critical_value("hall-wellner", a, b, int(row["level"]) / 100)
            assert abs(found - float(row["value"])) < 5e-4, row


@pytest.mark.parametrize(("kind", "c", "a", "b", "chance"), NUMBERS["exact"].rows())
def test_chances_of_both_suprema_are_those_found_by_other_means(
    kind: str, c: float, a: float, b: float, chance: float
) -> None:
    ours = {"equal precision": chance_of_scaled_bridge, "hall-wellner": chance_of_bridge}[kind]
    assert abs(ours(c, a, b) - chance) < 1e-6


def test_the_printed_table_of_equal_precision_is_close_where_the_range_is_wide() -> None:
    table = NUMBERS["critical"].filter(pl.col("kind") == "equal precision", pl.col("level") == 95)
    for row in table.drop_nulls("value").sample(60, seed=2).iter_rows(named=True):
        a, b = int(row["column"][2:]) / 100, 0.1 + 0.02 * (row["row"] - 1)
        if a < 0.2 and 0.8 < b < 1:
            assert abs(critical_value("equal precision", a, b, 0.95) - float(row["value"])) < 0.02, row
