"""Cox regression against numbers made by R (golden/regression/make_goldens.R), and what it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ain_analytics.accelerated_failure import accelerated_failure
from ain_analytics.charts import chart_forest
from ain_analytics.cox import CoxRegression, cox_regression
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadDefinition, BadFrame, EmptyStratum, MissingCovariate, NotEstimable
from ain_analytics.imputation import nelson_aalen, pooled
from ain_analytics.proportional_hazards import SCALES, proportional_hazards

GOLDEN = Path(__file__).parent / "golden" / "regression"


def read(name: str) -> pl.DataFrame:
    return pl.read_csv(GOLDEN / f"{name}.csv", infer_schema_length=None)


CASES = {row["case"]: row for row in read("cox_case").to_dicts()}
RATIOS, TESTS, ZPH, CURVES = (read(name) for name in ("cox", "cox_test", "zph", "cox_curve"))
CLOSE: dict[str, Any] = {"rtol": 1e-8, "atol": 1e-8}
NEARLY_COLLINEAR: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-8}
"""Two covariates with a correlation of 0.99999998 leave fewer digits."""
SETS: dict[str, pl.DataFrame] = {}
FITS: dict[str, CoxRegression] = {}


def rows_of(name: str) -> pl.DataFrame:
    if name not in SETS:
        SETS[name] = read(name).with_columns(is_resolved=pl.col("is_resolved") == 1)
    return SETS[name]


def fit_of(case: str) -> CoxRegression:
    if case not in FITS:
        said = CASES[case]
        rows = rows_of(said["set"])
        FITS[case] = cox_regression(
            rows if said["is_clustered"] else rows.drop("patient_id"),
            said["covariates"].split(),
            ties=said["ties"],
            strata=[said["strata"]] if said["strata"] else [],
        )
    return FITS[case]


def close(case: str) -> dict[str, Any]:
    return NEARLY_COLLINEAR if "collinear" in case else CLOSE


def test_there_are_golden_cases_of_every_kind() -> None:
    assert len(CASES) >= 30
    assert {said["ties"] for said in CASES.values()} == {"efron", "breslow"}
    assert sum(said["is_clustered"] for said in CASES.values()) >= 10


@pytest.mark.parametrize("case", CASES)
def test_coefficients_and_errors_are_those_of_coxph(case: str) -> None:
    expected = RATIOS.filter(pl.col("case") == case)
    found = fit_of(case).table.filter(~pl.col("is_reference"))
    assert found["covariate"].to_list() == expected["column"].to_list()
    joined = found.join(
        expected.with_columns(pl.col("level").fill_null("")),
        left_on=["covariate", "level"],
        right_on=["column", "level"],
        suffix="_of_r",
    )
    assert joined.height == expected.height
    np.testing.assert_allclose(joined["coefficient"], joined["coefficient_of_r"], **close(case))
    np.testing.assert_allclose(joined["standard_error"], joined["error"], **close(case))
    robust = joined["robust_error_of_r"].cast(pl.Float64)
    assert (robust.null_count() == 0) == bool(CASES[case]["is_clustered"])
    assert joined["robust_error"].is_null().all() == robust.is_null().all()
    if robust.null_count() == 0:
        np.testing.assert_allclose(joined["robust_error"], robust, **close(case))


@pytest.mark.parametrize("case", CASES)
def test_likelihoods_and_tests_are_those_of_coxph(case: str) -> None:
    found, expected = fit_of(case), TESTS.filter(pl.col("case") == case).row(0, named=True)
    assert found.fit is not None
    np.testing.assert_allclose(found.fit.at_zero.log_likelihood, expected["at_zero"], rtol=1e-12)
    np.testing.assert_allclose(found.fit.at_maximum.log_likelihood, expected["at_maximum"], rtol=1e-12)
    of_all = dict(found.tests.filter(pl.col("covariate") == "all").select("test", "statistic").rows())
    gain = 2 * (expected["at_maximum"] - expected["at_zero"])
    np.testing.assert_allclose(of_all["likelihood_ratio"], gain, rtol=1e-8)
    np.testing.assert_allclose(of_all["score"], expected["score"], rtol=1e-8)
    np.testing.assert_allclose(of_all["wald"], expected["wald"], rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_proportional_hazards_are_tested_as_by_cox_zph(case: str) -> None:
    expected = ZPH.filter(pl.col("case") == case)
    found = proportional_hazards(fit_of(case)).table
    assert found["test"].to_list() == expected["transform"].to_list()
    assert set(found["test"]) == set(SCALES)
    assert found["covariate"].to_list() == [name.replace("GLOBAL", "all") for name in expected["column"]]
    assert found["degrees_of_freedom"].to_list() == expected["degrees_of_freedom"].to_list()
    np.testing.assert_allclose(found["statistic"], expected["statistic"], rtol=1e-6)
    np.testing.assert_allclose(found["p"], expected["p"], rtol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_predicted_curves_and_limits_are_those_of_survfit_coxph(case: str) -> None:
    expected = CURVES.filter(pl.col("case") == case)
    rows = rows_of(CASES[case]["set"])
    for place, row in enumerate((1, 20)):
        curve = fit_of(case).predict(rows[[0, 19]]).filter(pl.col("row") == place)
        wanted = expected.filter(pl.col("row") == row).with_columns(pl.col("days").cast(pl.Float64))
        joined = wanted.join(curve, on="days", suffix="_found", maintain_order="left")
        assert joined.height == wanted.height
        for name in ("unresolved", "lower", "upper"):
            values = joined[f"{name}_found"].fill_null(np.nan).to_numpy()
            np.testing.assert_allclose(values, joined[name].cast(pl.Float64), **close(case))


LUNG = rows_of("lung")


def test_the_reference_is_the_most_frequent_level_unless_one_is_named() -> None:
    usual = cox_regression(LUNG, ["sex"])
    turned = cox_regression(LUNG, ["sex"], reference={"sex": "female"})
    assert usual.table.filter("is_reference")["level"].to_list() == ["male"]
    assert "sex: male" in " ".join(usual.assumptions)
    assert turned.table.filter("is_reference")["level"].to_list() == ["female"]
    np.testing.assert_allclose(turned.coefficients, -usual.coefficients, rtol=1e-9)


def test_the_order_of_rows_and_the_unit_of_a_covariate_do_not_matter() -> None:
    usual = cox_regression(LUNG, ["age", "sex"])
    other = cox_regression(LUNG.reverse().with_columns(pl.col("age") * 1000 + 5e6), ["age", "sex"])
    np.testing.assert_allclose(other.coefficients * [1000, 1], usual.coefficients, rtol=1e-7)


def test_limits_are_robust_by_themselves_where_a_child_has_several_rows() -> None:
    rows = rows_of("kidney")
    naive = cox_regression(rows.drop("patient_id"), ["age"])
    robust = cox_regression(rows, ["age"])
    named = cox_regression(rows.rename({"patient_id": "family"}), ["age"], cluster="family")
    assert naive.table["robust_error"].null_count() == 1
    assert robust.table["robust_error"].to_list() == named.table["robust_error"].to_list()
    assert robust.table["coefficient"].to_list() == naive.table["coefficient"].to_list()
    assert any(line.startswith("Robust errors") for line in robust.assumptions)


def test_unknown_covariates_are_refused_with_their_number_and_without_a_value() -> None:
    rows = LUNG.with_columns(
        age=pl.when(pl.int_range(pl.len()) > 2).then("age"),
        sex=pl.when(pl.int_range(pl.len()) != 5).then("sex"),
    )
    with pytest.raises(MissingCovariate, match=r"age in 3, sex in 1 unknown") as told:
        cox_regression(rows, ["age", "sex"])
    assert "male" not in str(told.value)
    kept = cox_regression(rows, ["age", "sex"], missing="drop")
    expected = cox_regression(rows.drop_nulls(), ["age", "sex"])
    assert kept.n == LUNG.height - 4
    assert kept.coefficients.tolist() == expected.coefficients.tolist()
    assert any(line.startswith("4 of 213 episodes left out") for line in kept.assumptions)


def test_nan_counts_as_unknown() -> None:
    rows = LUNG.with_columns(age=pl.when(pl.int_range(pl.len()) == 0).then(np.nan).otherwise("age"))
    with pytest.raises(MissingCovariate, match="age in 1"):
        cox_regression(rows, ["age"])


FEW = pl.DataFrame(
    {
        "exit_days": [3, 4, 5, 6, 7, 8, 9, 10],
        "is_resolved": [True] * 4 + [False] * 4,
        "group": ["a", "b", "a", "b", "c", "c", "c", "a"],
        "x": [1, 2, 3, 1, 2, 4, 1, 2],
        "same": ["one"] * 8,
    }
)


def test_a_ratio_without_end_is_flagged_and_the_others_are_those_without_its_episodes() -> None:
    found = cox_regression(FEW, ["group", "x"])
    alone = cox_regression(FEW.filter(pl.col("group") != "c"), ["group", "x"])
    c = found.table.filter(pl.col("level") == "c").row(0, named=True)
    assert (c["value"], c["lower"], c["upper"], c["p"]) == (None, None, None, None)
    assert c["note"].startswith("No finite ratio")
    others = found.table.filter(~pl.col("is_reference"), pl.col("level") != "c")
    known = alone.table.filter(~pl.col("is_reference"))
    for name in ("coefficient", "standard_error"):
        np.testing.assert_allclose(others[name], known[name], rtol=1e-6)
    assert found.predict(FEW[[0]])["lower"].null_count() == 4
    with pytest.raises(NotEstimable, match="a ratio has no end"):
        proportional_hazards(found)


def test_what_a_ratio_without_end_leaves_untold_has_no_number() -> None:
    rows = pl.DataFrame(
        {"exit_days": range(1, 21), "is_resolved": [True] * 20, "x": range(20, 0, -1), "z": [0, 1] * 10}
    )
    table = cox_regression(rows, ["x", "z"]).table
    assert table["value"].to_list() == [None, None]
    assert [note.split(":")[0] for note in table["note"]] == ["No finite ratio", "Not told"]
    assert cox_regression(rows, ["z"]).table["value"].null_count() == 0


@pytest.mark.parametrize(
    ("rows", "covariates", "why"),
    [
        (FEW, ["same"], "same: the covariate does not vary"),
        (FEW.with_columns(is_resolved=False), ["x"], "no resolution was seen"),
        (FEW, [], "no covariate is given"),
        (FEW.with_columns(twice=2 * pl.col("x")), ["x", "twice"], "twice: among those at risk together"),
        (FEW.with_columns(late=pl.Series([0] * 7 + [1]), exit_days=pl.Series([3] * 4 + [2] * 4)),
         ["late"], "late: among those at risk together"),
    ],
)  # fmt: skip
def test_a_question_without_an_answer_is_refused(rows: pl.DataFrame, covariates: list[str], why: str) -> None:
    with pytest.raises(NotEstimable, match=why):
        cox_regression(rows, covariates)


@pytest.mark.parametrize(
    ("rows", "covariates", "found"),
    [
        (FEW, ["nothing"], "lacks the column"),
        (FEW.with_columns(exit_days=pl.lit(0)), ["x"], "end on or before their day of entry"),
        (FEW, ["x", "x"], "named twice"),
        (FEW, ["exit_days"], "cannot be a covariate"),
        (FEW.with_columns(day=pl.date(2020, 1, 1)), ["day"], "a covariate is a number or a category"),
        (FEW.with_columns(x=pl.lit(np.inf)), ["x"], "infinite"),
        (FEW.with_columns(exit_days=pl.col("exit_days") + 0.5), ["x"], "whole days are needed"),
    ],
)
def test_a_frame_that_is_not_one_of_follow_up_is_refused(
    rows: pl.DataFrame, covariates: list[str], found: str
) -> None:
    with pytest.raises(BadFrame, match=found):
        cox_regression(rows, covariates)


def test_choices_and_levels_that_are_not_there_are_refused_without_naming_a_value() -> None:
    with pytest.raises(BadDefinition, match="ties"):
        cox_regression(FEW, ["x"], ties="exact")
    with pytest.raises(BadDefinition, match="missing"):
        cox_regression(FEW, ["x"], missing="ignore")
    with pytest.raises(BadFrame, match="group has not the level"):
        cox_regression(FEW, ["group"], reference={"group": "z"})
    with pytest.raises(EmptyStratum):
        cox_regression(FEW.clear(), ["x"])
    strange = FEW[[0]].with_columns(group=pl.lit("secret"))
    with pytest.raises(BadFrame, match="in 1 rows a level") as told:
        cox_regression(FEW, ["group"]).predict(strange)
    assert "secret" not in str(told.value)


def test_groups_of_the_future_are_warned_of() -> None:
    rows = LUNG.with_columns(severity=pl.col("sex"))
    assert any("immortal time" in line for line in cox_regression(rows, ["severity"]).assumptions)


def test_unusable_and_later_episodes_are_left_out_as_from_every_estimate() -> None:
    rows = LUNG.with_columns(
        is_usable=pl.int_range(pl.len()) > 0, episode_number=pl.when(pl.col("age") > 80).then(2).otherwise(1)
    )
    found = cox_regression(rows, ["age"])
    assert found.n == rows.filter("is_usable", pl.col("episode_number") == 1).height
    assert (
        cox_regression(rows, ["age"], definitions=replace(TEXTBOOK, episodes_used="all")).n == LUNG.height - 1
    )


def test_what_leaves_the_house_hides_small_levels_and_their_ratios() -> None:
    shared = cox_regression(FEW, ["group"]).shared()
    assert shared.table.filter(pl.col("level") == "a")["n_resolved"].to_list() == [None]
    assert shared.table.filter(pl.col("level") == "c")["n"].to_list() == [None]
    assert shared.table.filter(~pl.col("is_reference"))["coefficient"].null_count() == 2
    assert not [line for line in shared.assumptions[:-1] if any(letter.isdigit() for letter in line)]


def words_of(chart: Any) -> str:
    return str(chart.to_dict())


def test_the_forest_stands_on_a_logarithmic_axis_with_limits_references_and_numbers() -> None:
    found = cox_regression(LUNG, ["age", "sex"])
    drawn = chart_forest(found).to_dict()
    said = str(drawn)
    assert "'type': 'log'" in said
    assert "1 (reference)  n = 127" in said
    value, lower, upper = found.ratio("sex")
    assert f"{value:.2f} ({lower:.2f} to {upper:.2f})  n = 86" in said
    assert "Above 1, resolution comes sooner" in " ".join(drawn["title"]["subtitle"])
    assert "151 of 213 episodes resolved" in " ".join(drawn["title"]["subtitle"])
    assert "sex: female" in said


def test_the_forest_says_where_there_is_no_number() -> None:
    found = cox_regression(FEW, ["group"])
    assert "no finite ratio  n = 3" in words_of(chart_forest(found))
    shared = words_of(chart_forest(found.shared()))
    assert "hidden" in shared
    assert "n = 2" not in shared


def test_the_forest_of_a_time_ratio_says_which_side_is_later() -> None:
    found = accelerated_failure(LUNG, ["sex"], distribution="log_normal", reading="exact")
    assert "resolution comes later; below 1, sooner" in words_of(chart_forest(found)).replace("', '", " ")
    alone = accelerated_failure(LUNG, distribution="log_normal", reading="exact")
    assert "There is no covariate." in words_of(chart_forest(alone))


def test_rubins_rules_are_those_of_mitools() -> None:
    numbers = read("pooled")
    sets = [numbers.filter(pl.col("draw") == draw) for draw in sorted(numbers["draw"].drop_nulls().unique())]
    found = pooled(
        [s["coefficient"].to_numpy() for s in sets],
        [np.diag(s["variance"].to_numpy()) for s in sets],
    )
    expected = numbers.filter(pl.col("draw").is_null())
    np.testing.assert_allclose(found.coefficients, expected["coefficient"], rtol=1e-10)
    np.testing.assert_allclose(np.diag(found.covariance), expected["variance"], rtol=1e-10)
    np.testing.assert_allclose(found.freedom, expected["freedom"], rtol=1e-10)


def test_the_cumulative_hazard_is_that_of_nelson_and_aalen_by_hand() -> None:
    entry, end = np.array([0, 0, 0, 2, 3]), np.array([1, 2, 4, 4, 5])
    is_event = np.array([True, False, True, True, False])
    # day 1: 1 of 3; day 4: 2 of 4
    expected = np.array([1 / 3, 1 / 3, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2, 1 / 3 + 1 / 2])
    # at day 4 at risk are the third, fourth and fifth row: 2 of 3
    expected[2:] = 1 / 3 + 2 / 3
    np.testing.assert_allclose(nelson_aalen(entry, end, is_event), expected)


def test_drawn_covariates_come_near_to_the_known_ones_and_are_the_same_with_the_same_seed() -> None:
    random = np.random.default_rng(7)
    few = replace(TEXTBOOK, imputations=3)
    rows = LUNG.select("exit_days", "is_resolved", "age", "sex", "ph_ecog").with_columns(
        sex=pl.when(pl.Series(random.random(LUNG.height) > 0.1)).then("sex")
    )
    found, again = (
        cox_regression(rows, ["sex", "ph_ecog"], missing="impute", definitions=few) for _ in range(2)
    )
    whole = cox_regression(LUNG, ["sex", "ph_ecog"])
    assert found.coefficients.tolist() == again.coefficients.tolist()
    assert np.abs(found.coefficients - whole.coefficients).max() < 0.15
    assert (found.table["standard_error"] >= 0.99 * whole.table["standard_error"]).drop_nulls().all()
    assert any("Rubin" in line for line in found.assumptions)
    with pytest.raises(NotEstimable, match="drawn several times"):
        found.predict(LUNG)
    with pytest.raises(NotEstimable, match="drawn several times"):
        proportional_hazards(found)


def test_a_category_of_many_levels_is_not_drawn() -> None:
    rows = FEW.with_columns(group=pl.when(pl.int_range(pl.len()) > 0).then("group"))
    with pytest.raises(NotEstimable, match="group has more than two levels"):
        cox_regression(rows, ["group", "x"], missing="impute")


def test_the_frame_is_not_changed_and_the_result_shows_itself() -> None:
    before = LUNG.clone()
    found = cox_regression(LUNG, ["age", "sex"])
    assert LUNG.equals(before)
    assert "sex female: hazard ratio" in repr(found)
    assert "<pre>CoxRegression" in found._repr_html_()
    assert found.ratio("sex") == found.ratio("sex", "female")
    assert "all, log: chi²" in repr(proportional_hazards(found))


def test_groups_that_resolve_alike_have_a_ratio_of_one_and_no_warning() -> None:
    rows = pl.DataFrame({"exit_days": [10, 10, 20, 20], "is_resolved": [True] * 4, "x": [0, 1, 0, 1]})
    assert cox_regression(rows, ["x"]).ratio("x")[0] == 1
