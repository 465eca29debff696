"""What the observation does to the answer: its length, the lost, the tipping point, the visits."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadFrame, NotEstimable
from ain_analytics.lost_bounds import bounds_for_lost
from ain_analytics.observation_time import follow_up_time

FEW = replace(TEXTBOOK, report_months=(1, 2))
HAND = pl.DataFrame(
    {
        "exit_days": [10, 20, 30, 40, 50],
        "is_resolved": [True, False, True, False, False],
        "reason": ["resolved_confirmed", "silence", "resolved_confirmed", "end_of_data", "death"],
        "potential_days": [90, 80, 70, 40, 60],
    }
)


def test_the_length_of_observation_is_worked_by_hand() -> None:
    """Ends on day 20 (4 under observation) and 40 (2); the death on day 50 censors."""
    found = follow_up_time(HAND, definitions=FEW)
    assert found.curve.steps.filter(pl.col("days") > 0)["unresolved"].to_list() == [
        1,
        0.75,
        0.75,
        0.375,
        0.375,
    ]
    assert found.value("n_ended")[0] == 2
    assert found.value("quartile_1")[0] == 30  # exactly 3/4 from day 20 to 40
    assert found.value("median")[0] == 40
    assert found.value("observed_at_1_months")[0] == 0.75


def test_completeness_ends_with_resolution_or_death() -> None:
    found = follow_up_time(HAND, definitions=FEW)
    assert found.value("observed_days")[0] == 150
    assert found.value("potential_days")[0] == 10 + 80 + 30 + 40 + 50
    assert found.value("completeness")[0] == pytest.approx(150 / 210)
    late = follow_up_time(HAND.with_columns(entry_days=pl.lit(5)), definitions=FEW)
    assert late.value("completeness")[0] == pytest.approx(125 / 185)


def test_administrative_censoring_alone_is_complete() -> None:
    rows = pl.DataFrame({"exit_days": [10, 40, 40], "is_resolved": [True, False, False]})
    assert follow_up_time(rows.with_columns(potential_days=40)).value("completeness")[0] == 1
    assert follow_up_time(rows).value("completeness")[0] is None


def test_the_end_of_the_extract_may_be_a_day_or_a_column() -> None:
    end = date(2026, 1, 1)
    rows = HAND.with_columns(origin_on=end - pl.duration(days=pl.col("potential_days"))).drop(
        "potential_days"
    )
    for found in (
        follow_up_time(rows, extracted_on=end),
        follow_up_time(rows.with_columns(extracted_on=pl.lit(end))),
    ):
        assert found.value("completeness")[0] == pytest.approx(150 / 210)
    with pytest.raises(BadFrame, match="1 rows end after the last day"):
        follow_up_time(rows, extracted_on=end - timedelta(days=5))
    with pytest.raises(BadFrame, match="origin_on"):
        follow_up_time(rows.drop("origin_on"), extracted_on=end)


def test_observation_of_strata_and_counted_rows_is_that_of_the_rows() -> None:
    rows = pl.concat([HAND.with_columns(arm=pl.lit("a")), HAND.with_columns(arm=pl.lit("b"))])
    found = follow_up_time(rows, by="arm", definitions=FEW)
    assert [found.value("completeness", stratum=arm)[0] for arm in "ab"] == [pytest.approx(150 / 210)] * 2
    twice = follow_up_time(HAND.with_columns(weight=pl.lit(2)), definitions=FEW)
    assert twice.value("observed_days")[0] == 300
    assert "median observation" in repr(twice)
    assert "completeness 71 %" in repr(twice)


def test_bounds_for_the_lost_are_worked_by_hand() -> None:
    """Only the silence of day 20 is lost; the end of the data and the death stay as they are."""
    found = bounds_for_lost(HAND, definitions=FEW)
    shares = {
        name: curve.at([10, 21, 30])["unresolved"].round(12).to_list() for name, curve in found.curves.items()
    }
    assert shares["observed"] == [0.8, 0.8, round(0.8 * 2 / 3, 12)]
    assert shares["best"] == [0.8, round(0.8 * 3 / 4, 12), round(0.8 * 3 / 4 * 2 / 3, 12)]
    assert shares["worst"] == [0.8, 0.8, round(0.8 * 3 / 4, 12)]
    assert found.curves["worst"].steps["days"].to_list()[-1] == 80
    assert found.value("best", "unresolved_at_1_months")[0] == pytest.approx(0.4)
    assert found.value("observed", "n_lost")[0] == 1
    assert "1 lost" in repr(found)
    assert any("not free of" in line for line in found.assumptions)


def test_without_an_end_the_worst_case_lasts_as_long_as_anybody() -> None:
    found = bounds_for_lost(HAND.drop("potential_days"), definitions=FEW)
    assert found.curves["worst"].steps["days"].to_list()[-1] == 50
    mixed = HAND.with_columns(
        is_lost=~pl.col("is_resolved"),
        potential_days=pl.when(pl.col("exit_days") != 20).then("potential_days"),
    )
    with pytest.raises(NotEstimable, match="a part of the lost"):
        bounds_for_lost(mixed.with_columns(reason=pl.lit("end_of_data")))
    with pytest.raises(BadFrame, match="nothing tells who was lost"):
        bounds_for_lost(HAND.select("exit_days", "is_resolved"))


def test_a_last_count_long_before_the_extract_is_a_loss() -> None:
    rows = pl.DataFrame({"exit_days": [100, 100, 100], "is_resolved": [True, False, False]})
    found = bounds_for_lost(rows.with_columns(potential_days=pl.Series([500, 465, 466])))
    assert found.value("observed", "n_lost")[0] == 1


def test_whatever_the_lost_come_to_lies_between_the_bounds() -> None:
    random = np.random.default_rng(5)
    n = 200
    days = np.arange(0, 121)
    for _ in range(4):
        rows = pl.DataFrame(
            {
                "exit_days": random.integers(1, 60, n),
                "is_resolved": random.random(n) < 0.4,
                "potential_days": 120,
            }
        ).with_columns(is_lost=~pl.col("is_resolved") & (pl.Series(random.random(n)) < 0.5))
        found = bounds_for_lost(rows)
        later = pl.col("exit_days") + pl.Series(random.integers(1, 60, n))
        true = resolution_curve(
            rows.with_columns(
                exit_days=pl.when("is_lost").then(later).otherwise("exit_days"),
                is_resolved=pl.col("is_resolved") | pl.col("is_lost"),
            )
        )
        low, between, high = (
            curve.at(days)["unresolved"].to_numpy()
            for curve in (found.curves["best"], true, found.curves["worst"])
        )
        assert np.nanmin(between - low) > -1e-12
        assert np.nanmin(high - between) > -1e-12
