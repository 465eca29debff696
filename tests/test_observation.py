"""What the observation does to the answer: its length, the lost, the tipping point, the visits."""

import re
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from ain_analytics.charts import chart_tipping_point
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK
from ain_analytics.errors import BadDefinition, BadFrame, NotEstimable
from ain_analytics.incidence import incidence_curve
from ain_analytics.lost_bounds import bounds_for_lost
from ain_analytics.observation_time import follow_up_time
from ain_analytics.tipping import tipping_point
from ain_analytics.tipping_pools import Counts, by_ratio
from ain_analytics.visit_intensity import visit_weights

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


def test_without_deaths_it_is_the_follow_up_of_the_curve() -> None:
    rows = HAND.drop("reason")
    found, curve = follow_up_time(rows, definitions=FEW), resolution_curve(rows, definitions=FEW)
    assert found.value("median") == curve.value("follow_up_median")


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


LOST = HAND.with_columns(is_lost=pl.col("reason") == "silence")


def exponential(n: int, *, seed: int, rate: float, loss: float, ratio: float, last: int) -> pl.DataFrame:
    """Draw children whose recovery changes its rate by a ratio once they are lost; extracts end at random."""
    random = np.random.default_rng(seed)
    lost = random.exponential(1 / loss, n)
    seen = random.exponential(1 / rate, n)
    unseen = lost + random.exponential(1 / (rate * ratio), n)
    ends = random.uniform(0, last, n)
    true = np.where(seen < lost, seen, unseen)
    first = np.minimum(np.minimum(lost, seen), ends)
    return pl.DataFrame(
        {
            "exit_days": np.ceil(first).astype(int),
            "is_resolved": (seen == first),
            "is_lost": (lost == first),
            "true_days": np.ceil(true).astype(int),
        }
    )


QUICK = replace(TEXTBOOK, bootstrap_replicates=20, report_months=(6, 12, 24))


def test_a_ratio_of_one_and_a_share_of_none_are_kaplan_meier() -> None:
    random = np.random.default_rng(2)
    entry = random.integers(0, 60, 300)
    entry[:20] = 0
    rows = pl.DataFrame(
        {
            "entry_days": entry,
            "exit_days": entry + random.integers(1, 800, 300),
            "is_resolved": random.random(300) < 0.4,
        }
    ).with_columns(is_lost=~pl.col("is_resolved") & (pl.Series(random.random(300)) < 0.5))
    found = tipping_point(rows, threshold_months=12, definitions=QUICK)
    curve = resolution_curve(rows, definitions=QUICK)
    for axis, at in (("recovery_ratio", 1.0), ("recovered_unseen", 0.0)):
        for quantity in ("median", "unresolved_at_6_months", "unresolved_at_12_months"):
            assert found.value(axis, at, quantity)[0] == pytest.approx(curve.value(quantity)[0], abs=1e-12)


def test_two_pools_are_worked_by_hand() -> None:
    """Day 10: 1 of 5 resolves. Day 20: 1 of 4 is lost. Day 30: 1 of 3, and of the lost 1 − (2/3)^k."""
    found = tipping_point(LOST, threshold_months=1, definitions=FEW)
    for ratio in (0.0, 0.5, 1.0, 2.0):
        by_hand = 0.8 * (0.75 * 2 / 3 + 0.25 * (2 / 3) ** ratio)
        assert found.value("recovery_ratio", ratio, "unresolved_at_1_months")[0] == pytest.approx(by_hand)
    for share in (0.0, 0.5, 1.0):
        by_hand = 0.8 * 3 / (3 + share) * 2 / 3
        assert found.value("recovered_unseen", share, "unresolved_at_1_months")[0] == pytest.approx(by_hand)
    assert found.at("recovery_ratio") == pytest.approx(np.log(2) / np.log(1.5))
    assert found.at("recovered_unseen") == pytest.approx(0.2)


def test_the_ends_of_both_grids_are_known_curves() -> None:
    rows = exponential(400, seed=8, rate=1 / 300, loss=1 / 400, ratio=0.5, last=1500)
    found = tipping_point(rows, threshold_months=12, definitions=QUICK)
    worst = incidence_curve(
        rows.with_columns(competing_event=pl.when("is_lost").then(pl.lit("lost"))), definitions=QUICK
    )
    best = bounds_for_lost(rows, definitions=QUICK)
    for months in (6, 12, 24):
        name = f"unresolved_at_{months}_months"
        share = worst.value("resolved", months)[0]
        assert share is not None
        assert found.value("recovery_ratio", 0.0, name)[0] == pytest.approx(1 - share)
        assert found.value("recovered_unseen", 1.0, name)[0] == pytest.approx(best.value("best", name)[0])


def test_without_administrative_censoring_a_ratio_of_none_is_the_worst_case() -> None:
    rows = exponential(400, seed=9, rate=1 / 300, loss=1 / 400, ratio=0.5, last=10**7)
    found = tipping_point(rows, threshold_months=12, definitions=QUICK)
    bounds = bounds_for_lost(rows, definitions=QUICK)
    for name in ("unresolved_at_6_months", "unresolved_at_12_months", "unresolved_at_24_months"):
        assert found.value("recovery_ratio", 0.0, name)[0] == pytest.approx(bounds.value("worst", name)[0])


@pytest.mark.parametrize("ratio", [0.0, 0.5, 3.0])
def test_constant_rates_give_the_closed_form(ratio: float) -> None:
    """Rates l of resolution and m of loss: e^(−(l+m)t) + m/(l+m−kl) (e^(−klt) − e^(−(l+m)t))."""
    rate, loss, step = 1 / 300, 1 / 500, 0.02
    t = np.arange(1, 30_001) * step
    at_risk = np.ones((1, t.size))
    resolved, lost = (
        at_risk * -np.expm1(-rate * step),
        at_risk * np.exp(-rate * step) * -np.expm1(-loss * step),
    )
    found = by_ratio(Counts(at_risk, resolved, lost), np.array([ratio]))[0, 0]
    both = np.exp(-(rate + loss) * t)
    true = both + loss / (rate + loss - ratio * rate) * (np.exp(-ratio * rate * t) - both)
    assert np.abs(found - true).max() < 2e-5


@pytest.mark.parametrize("ratio", [0.4, 2.5])
def test_the_ratio_that_made_the_data_gives_back_the_truth(ratio: float) -> None:
    rows = exponential(20_000, seed=3, rate=1 / 350, loss=1 / 300, ratio=ratio, last=1500)
    true = float(np.median(rows["true_days"].to_numpy()))
    found = tipping_point(
        rows,
        threshold_months=true / DAYS_PER_MONTH,
        ratios=(0, ratio, 10),
        definitions=replace(QUICK, bootstrap_replicates=1),
    )
    for months in (6, 12, 24):
        share = float((rows["true_days"] > months * DAYS_PER_MONTH).mean() or 0)
        name = f"unresolved_at_{months}_months"
        assert found.value("recovery_ratio", ratio, name)[0] == pytest.approx(share, abs=0.012)
        assert abs((found.value("recovery_ratio", 1.0, name)[0] or 0) - share) > 0.012 or months == 6
    assert found.at("recovery_ratio") == pytest.approx(ratio, rel=0.2)


def test_the_share_recovered_unseen_that_made_the_data_gives_back_the_truth() -> None:
    """A quarter of the recoveries makes the child stop coming; others move away, whatever their counts."""
    random = np.random.default_rng(4)
    n, rate, moving = 20_000, 1 / 350, 1 / 800
    recovery, move = np.ceil(random.exponential(1 / rate, n)) + 1, np.ceil(random.exponential(1 / moving, n))
    is_unseen, ends = random.random(n) < 0.25, np.ceil(random.uniform(100, 2000, n))
    silent = np.minimum(move, np.where(is_unseen, recovery - 1, np.inf))
    seen = np.where(is_unseen, np.inf, recovery)
    first = np.minimum(np.minimum(silent, seen), ends)
    rows = pl.DataFrame(
        {"exit_days": first.astype(int), "is_resolved": seen == first, "is_lost": silent == first}
    ).with_columns(is_lost=pl.col("is_lost") & ~pl.col("is_resolved"))
    share, true = (0.25 * rate) / (0.25 * rate + moving), float(np.median(recovery))
    found = tipping_point(
        rows,
        threshold_months=true / DAYS_PER_MONTH,
        shares=(0, share, 1),
        definitions=replace(QUICK, bootstrap_replicates=1),
    )
    assert found.at("recovered_unseen") == pytest.approx(share, abs=0.05)
    assert found.value("recovered_unseen", share, "median")[0] == pytest.approx(true, rel=0.02)
    assert found.value("recovered_unseen", 0.0, "median")[0] > 1.2 * true  # type: ignore[operator]


def test_the_tipping_point_is_where_half_is_unresolved_at_the_threshold() -> None:
    rows = exponential(300, seed=6, rate=1 / 350, loss=1 / 400, ratio=1.0, last=2000)
    asked = tipping_point(rows, threshold_months=14, definitions=QUICK)
    at = asked.at("recovery_ratio")
    assert at is not None
    again = tipping_point(
        rows,
        threshold_months=14,
        ratios=(at - 0.05, at + 0.05),
        definitions=replace(QUICK, report_months=(14,)),
    )
    shares = [
        again.value("recovery_ratio", near, "unresolved_at_14_months")[0] for near in (at - 0.05, at + 0.05)
    ]
    assert shares[0] > 0.5 > shares[1]  # type: ignore[operator]
    value, lower, upper = asked.value("recovery_ratio", 2.0, "unresolved_at_12_months")
    assert lower < value < upper  # type: ignore[operator]
    assert "14 months" in repr(asked)
    never = tipping_point(rows, threshold_months=1, definitions=QUICK)
    assert never.points["answer"].to_list() == ["always_later", "always_later"]
    assert never.at("recovery_ratio") is None
    assert "none on the grid" in repr(tipping_point(rows, threshold_months=40, definitions=QUICK))
    far = tipping_point(rows.with_columns(is_resolved=pl.col("is_lost") & False), threshold_months=90)
    assert far.points["answer"].to_list()[0] == "beyond_follow_up"


def test_what_has_no_tipping_point_is_refused() -> None:
    with pytest.raises(NotEstimable, match="nobody was lost"):
        tipping_point(LOST.with_columns(is_lost=False), threshold_months=1)
    with pytest.raises(BadDefinition, match="threshold_months"):
        tipping_point(LOST, threshold_months=0)
    with pytest.raises(BadDefinition, match="shares"):
        tipping_point(LOST, threshold_months=1, shares=(0, 2))
    with pytest.raises(BadFrame, match="weights"):
        tipping_point(LOST.with_columns(weight=2), threshold_months=1)


def test_the_episodes_of_one_child_are_drawn_together() -> None:
    once = exponential(80, seed=11, rate=1 / 350, loss=1 / 400, ratio=1.0, last=2000)
    twice = pl.concat([once, once]).with_columns(patient_id=pl.Series([*range(100, 180)] * 2).cast(pl.String))
    one, other = (tipping_point(rows, threshold_months=12, definitions=QUICK).table for rows in (once, twice))
    for name in ("value", "lower", "upper"):
        assert one[name].fill_null(-1).to_list() == pytest.approx(other[name].fill_null(-1).to_list())


def test_the_chart_marks_threshold_and_tipping_point() -> None:
    found = tipping_point(LOST, threshold_months=1, definitions=FEW)
    drawn = chart_tipping_point(found).to_dict()
    titles = [panel["layer"][2]["encoding"]["x"]["axis"]["title"] for panel in drawn["vconcat"]]
    assert titles == [
        "How many times as fast the lost recover as children still followed",
        "Share of the lost who had recovered when they stopped coming",
    ]
    values = [row for rows in drawn["datasets"].values() for row in rows]
    assert {"at": found.at("recovery_ratio"), "value": 1.0, "said": "1.7 times"} in values
    assert {"at": found.at("recovered_unseen"), "value": 1.0, "said": "20 %"} in values
    never = chart_tipping_point(tipping_point(LOST, threshold_months=0.1, definitions=FEW)).to_dict()
    assert {"said": "no tipping point here: always later"} in [
        row for rows in never["datasets"].values() for row in rows
    ]


WINDOWS = replace(TEXTBOOK, report_months=(6, 8, 12, 14), bootstrap_replicates=2)


def visited(n: int, *, seed: int, by_current: bool) -> pl.DataFrame:
    """Draw daily chances of a visit: 1 in 20 for the ill, 1 in 90 for the well, as last seen or now."""
    random = np.random.default_rng(seed)
    recovery = np.ceil(random.exponential(300, n)).astype(int) + 1
    end = random.integers(440, 700, n)
    last_seen = np.ones(n, dtype=bool)
    child, day, is_ill = [np.arange(n)], [np.zeros(n, dtype=int)], [np.ones(n, dtype=bool)]
    for today in range(1, 700):
        ill = recovery > today
        comes = random.random(n) < np.where(ill if by_current else last_seen, 1 / 20, 1 / 90)
        comes &= end >= today
        last_seen[comes] = ill[comes]
        who = np.flatnonzero(comes)
        child.append(who)
        day.append(np.full(who.size, today))
        is_ill.append(ill[who])
    places = np.concatenate(child)
    return pl.DataFrame(
        {
            "patient_id": places.astype(str),
            "day": np.concatenate(day),
            "is_neutropenic": np.concatenate(is_ill),
            "end_days": end[places],
        }
    )


def true_share(first: int, last: int) -> float:
    days = np.arange(round(first * DAYS_PER_MONTH), round(last * DAYS_PER_MONTH))
    return float(np.exp(-(days - 0.5) / 300).mean())


def test_weights_mend_visits_that_follow_what_was_last_seen() -> None:
    found = visit_weights(visited(1500, seed=1, by_current=False), definitions=WINDOWS)
    assert found.intensity.ratio("last_seen_neutropenic")[0] == pytest.approx(90 / 20, rel=0.06)
    for first, last in ((6, 8), (12, 14)):
        assert found.value(last)[0] == pytest.approx(true_share(first, last), abs=0.035)
        assert found.value(last, weighting="none")[0] > true_share(first, last) + 0.2  # type: ignore[operator]
    assert found.weights["weight"].mean() == pytest.approx(1, abs=0.02)
    assert "times as often" in repr(found)


def test_weights_do_not_mend_visits_that_follow_the_state_of_the_day() -> None:
    found = visit_weights(visited(1500, seed=2, by_current=True), definitions=WINDOWS)
    for first, last in ((6, 8), (12, 14)):
        for weighting in ("none", "inverse_intensity"):
            share = found.value(last, weighting=weighting)[0]
            assert share > true_share(first, last) + 0.05  # type: ignore[operator]
    assert any("state of that very day" in line for line in found.assumptions)


def test_a_weight_is_the_mean_intensity_of_those_observed_by_the_childs_own() -> None:
    visits = visited(40, seed=3, by_current=False)
    found = visit_weights(visits, definitions=WINDOWS)
    ratio = found.intensity.ratio("last_seen_neutropenic")[0]
    assert ratio is not None
    for row in found.weights.sample(25, seed=1).iter_rows(named=True):
        before = visits.filter(pl.col("day") < row["day"], pl.col("end_days") >= row["day"])
        seen = before.sort("day").group_by("patient_id").last()
        intensity = {
            child: ratio if ill else 1.0
            for child, ill in seen.select("patient_id", "is_neutropenic").iter_rows()
        }
        mean = sum(intensity.values()) / len(intensity)
        assert row["weight"] == pytest.approx(mean / intensity[row["patient_id"]])


def test_limits_of_visits_hold_the_share_and_come_from_children() -> None:
    visits = visited(150, seed=4, by_current=False)
    found = visit_weights(visits, definitions=replace(WINDOWS, bootstrap_replicates=30))
    for weighting in ("none", "inverse_intensity"):
        share, lower, upper = found.value(8, weighting=weighting)
        assert lower < share < upper  # type: ignore[operator]
    again = visit_weights(visits.sample(fraction=1, shuffle=True, seed=1), definitions=WINDOWS)
    assert again.value(8)[0] == pytest.approx(found.value(8)[0])


def test_a_bad_table_of_visits_is_refused() -> None:
    visits = visited(30, seed=5, by_current=False)
    bad = {
        "two visits": pl.concat([visits, visits.head(1)]),
        "after its end": visits.with_columns(end_days=pl.lit(3)),
        "lacks the column": visits.drop("end_days"),
        "day is Float64": visits.with_columns(pl.col("day").cast(pl.Float64)),
        "must not be null": visits.with_columns(is_neutropenic=pl.lit(None, pl.Boolean)),
        "no row": visits.clear(),
        "differs within": visits.with_columns(end_days=pl.col("end_days") + pl.col("day")),
    }
    for said, frame in bad.items():
        with pytest.raises(BadFrame, match=said):
            visit_weights(frame)
    with pytest.raises(NotEstimable, match="second time"):
        visit_weights(visits.filter(pl.col("day") == 0))


def test_the_example_of_the_document_runs(capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[1] / "docs" / "observation.md").read_text(encoding="utf-8")
    for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL):
        exec(compile(block, "observation.md", "exec"), {})
    said = capsys.readouterr().out
    for name in ("FollowUpTime", "LostBounds", "VisitWeights"):
        assert name in said
