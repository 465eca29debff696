"""What the documentation says of coverage is what the committed table says; the study itself runs."""

import polars as pl

from benchmarks.coverage import run
from benchmarks.coverage.draw import SCENARIOS
from benchmarks.coverage.page import page
from benchmarks.coverage.run import BIAS, DOCS, RESULT, part, table

TABLE = pl.read_csv(RESULT)
PERCENT = pl.col("coverage_percent")
DAY_KNOWN = pl.col("scenario").str.contains("day known")


def test_the_page_is_that_of_the_table() -> None:
    assert (DOCS / "coverage.md").read_text(encoding="utf-8") == page(TABLE, pl.read_csv(BIAS))
    assert (DOCS / "coverage.svg").read_text(encoding="utf-8").startswith("<svg")


def test_every_way_of_observing_was_drawn_a_thousand_times() -> None:
    assert set(TABLE["scenario"]) == {scenario.name for scenario in SCENARIOS}
    assert len(SCENARIOS) >= 12
    assert TABLE["n_repetitions"].min() >= 1000  # type: ignore[operator]
    of_intervals = TABLE.filter(pl.col("estimator") == "interval")
    assert of_intervals["scenario"].n_unique() == sum(scenario.visit_months > 0 for scenario in SCENARIOS)


def test_limits_from_intervals_hold_the_truth_as_often_as_they_say() -> None:
    found = TABLE.filter(pl.col("estimator") == "interval")["coverage_percent"]
    assert found.min() >= 93  # type: ignore[operator]


def test_limits_of_a_curve_of_days_hold_it_where_days_are_known_and_not_where_visits_are_read() -> None:
    curves = TABLE.filter(pl.col("estimator").is_in(["kaplan_meier", "aalen_johansen"]))
    assert curves.filter(DAY_KNOWN)["coverage_percent"].min() >= 91  # type: ignore[operator]
    late = curves.filter(pl.col("scenario") == "n 1000, visits 6 mo", pl.col("quantity").str.contains("_24_"))
    assert late["coverage_percent"].max() < 5  # type: ignore[operator]


def test_ratios_hold_it_however_children_were_seen() -> None:
    ratios = TABLE.filter(pl.col("estimator").is_in(["cox", "weibull_aft"]))
    assert ratios["coverage_percent"].is_between(92, 97).all()


def test_the_median_from_intervals_is_right_under_the_default_rule_and_early_under_one_count() -> None:
    error = {(row["rule"], row["estimator"]): row for row in pl.read_csv(BIAS).to_dicts()}
    default = error["default", "interval"]
    assert abs(default["mean_error_months"]) < 3 * default["standard_error"]
    in_order = [error[rule, "interval"]["mean_error_months"] for rule in ("one_count", "default", "strict")]
    assert in_order == sorted(in_order)
    assert all(
        error[rule, "kaplan_meier"]["mean_error_months"] > error[rule, "interval"]["mean_error_months"] + 0.5
        for rule in ("one_count", "default", "strict")
    )


def test_a_part_is_drawn_estimated_and_counted(tmp_path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(run, "AT_A_TIME", 10)
    file = tmp_path / "09-00000.parquet"
    part(9, 0, False, file)
    found = table([file])
    assert found["n_repetitions"].unique().to_list() == [10]
    held = pl.read_parquet(file).filter(pl.col("quantity") == "hazard_ratio")
    by_hand = sum(row["lower"] <= 1.5 <= row["upper"] for row in held.to_dicts())
    assert found.filter(pl.col("quantity") == "hazard_ratio")["coverage_percent"].item() == 10 * by_hand
