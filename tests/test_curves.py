"""Kaplan–Meier curves: what enters them, what they say, and where they say nothing."""

from dataclasses import FrozenInstanceError, replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import KaplanMeierFitter
from lifelines.utils import survival_table_from_events
from statsmodels.duration.survfunc import survdiff

from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK
from ain_analytics.errors import BadDefinition, BadFrame, EmptyStratum
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.log_rank import log_rank
from ain_analytics.row_weights import counted_pairs
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.schema.results import CurveSteps, CurveSummary
from ain_analytics.strata import RECOVERED_TOO


def frame(
    exits: list[int], resolved: list[int], entries: list[int | None] | None = None, **columns: object
) -> pl.DataFrame:
    """Make a follow-up of exits, resolutions (1 or 0) and entries."""
    days = {"exit_days": exits, "is_resolved": [bool(is_resolved) for is_resolved in resolved]}
    return pl.DataFrame(days | ({} if entries is None else {"entry_days": entries}) | columns)


def random_frame(n: int, *, seed: int, longest: int = 1500) -> pl.DataFrame:
    draws = np.random.default_rng(seed)
    entries = np.where(draws.random(n) < 0.5, 0, draws.integers(0, longest // 3, n))
    return pl.DataFrame(
        {
            "entry_days": entries,
            "exit_days": entries + draws.integers(1, longest, n),
            "is_resolved": draws.random(n) < 0.7,
            "sex": draws.choice(["female", "male", "unknown"], n),
        }
    )


follow_ups = st.lists(
    st.tuples(st.integers(0, 8), st.integers(1, 12), st.booleans()), min_size=1, max_size=30
).map(
    lambda rows: pl.DataFrame(
        {
            "entry_days": [entry for entry, _, _ in rows],
            "exit_days": [entry + time for entry, time, _ in rows],
            "is_resolved": [is_resolved for _, _, is_resolved in rows],
        }
    )
)


# What the curve says


@given(st.lists(st.integers(1, 40), min_size=1, max_size=40))
@settings(deadline=None)
def test_without_censoring_the_curve_is_the_share_whose_day_is_later(days: list[int]) -> None:
    curve = resolution_curve(frame(days, [1] * len(days)))
    found = curve.at(range(45))["unresolved"].to_numpy()
    expected = [np.mean(np.array(days) > day) for day in range(45)]
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_the_curve_is_that_of_lifelines_where_lifelines_is_right() -> None:
    rows = random_frame(300, seed=3)
    fitter = KaplanMeierFitter().fit(rows["exit_days"], rows["is_resolved"], entry=rows["entry_days"])
    curve = resolution_curve(rows, limits="log-log")
    expected = fitter.survival_function_at_times(curve.steps["days"].to_numpy()).to_numpy()
    np.testing.assert_allclose(curve.steps["unresolved"], expected, atol=1e-12)


@given(follow_ups, st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=50)
def test_the_order_of_rows_does_not_matter(rows: pl.DataFrame, random) -> None:
    shuffled = rows[random.sample(range(rows.height), rows.height)]
    one, other = resolution_curve(rows), resolution_curve(shuffled)
    assert one.steps.equals(other.steps)
    assert one.summary.equals(other.summary)


@given(follow_ups)
@settings(deadline=None, max_examples=50)
def test_counting_equal_rows_first_changes_nothing_at_all(rows: pl.DataFrame) -> None:
    pairs = counted_pairs(rows)
    assert pairs.filter(pl.col("entry_days") >= pl.col("exit_days")).is_empty()
    columns = ("exit_days", "is_resolved", "entry_days")
    one_by_one = survival_table_from_events(*(rows[name].to_numpy() for name in columns))
    counted = survival_table_from_events(
        *(pairs[name].to_numpy() for name in columns), weights=pairs["weight"].cast(pl.Int64).to_numpy()
    )
    assert one_by_one.equals(counted)


def test_many_rows_become_few_pairs_before_lifelines_sees_them() -> None:
    rows = random_frame(50_000, seed=4)
    assert counted_pairs(rows).height <= rows["entry_days"].n_unique() + 2 * rows["exit_days"].n_unique()


def test_a_month_of_the_report_is_read_on_the_last_whole_day_in_it() -> None:
    by_12_months = resolution_curve(frame([365, 400, 1200, 1200], [1, 1, 1, 0])).value(
        "unresolved_at_12_months"
    )[0]
    after_12_months = resolution_curve(frame([366, 400, 1200, 1200], [1, 1, 1, 0])).value(
        "unresolved_at_12_months"
    )[0]
    assert (by_12_months, after_12_months) == (0.75, 1.0)


def test_the_restricted_mean_is_the_area_under_the_steps() -> None:
    definitions = replace(TEXTBOOK, rmst_months=12)
    mean, lower, upper = resolution_curve(frame([100, 200, 400], [1, 1, 1]), definitions=definitions).value(
        "rmst_12_months"
    )
    area = 100 + 100 * 2 / 3 + (365.25 - 200) / 3
    right_of_first, right_of_second = area - 100, (365.25 - 200) / 3
    error = np.sqrt(right_of_first**2 / (3 * 2) + right_of_second**2 / (2 * 1))
    assert mean == pytest.approx(area)
    assert (lower, upper) == pytest.approx(
        (area - 1.959963984540054 * error, area + 1.959963984540054 * error)
    )


def test_confidence_comes_from_the_definitions() -> None:
    rows = frame([10, 20, 30, 40], [1, 0, 1, 1])
    wide = resolution_curve(rows, definitions=replace(TEXTBOOK, confidence=0.99)).at([10])
    narrow = resolution_curve(rows, definitions=replace(TEXTBOOK, confidence=0.5)).at([10])
    # 0.75 exp(∓ z sqrt(1 / (4 · 3))), z = 2.5758 and 0.6745
    assert wide["lower"].item() == pytest.approx(0.75 * np.exp(-2.575829303548901 * np.sqrt(1 / 12)))
    assert narrow["upper"].item() == pytest.approx(0.75 * np.exp(0.674489750196082 * np.sqrt(1 / 12)))


def test_limits_are_undefined_where_nobody_is_left() -> None:
    last = resolution_curve(frame([10, 20], [1, 1])).at([20])
    assert last.select("unresolved", "lower", "upper").row(0) == (0.0, None, None)


# Where it says nothing


def test_a_median_that_is_not_reached_is_null_and_says_so() -> None:
    curve = resolution_curve(frame([50, 60, 70], [0, 0, 0]))
    row = curve.summary.filter(pl.col("quantity") == "median").row(0, named=True)
    assert (row["value"], row["lower"], row["upper"], row["note"]) == (None, None, None, "not_reached")
    assert curve.steps["unresolved"].to_list() == [1.0, 1.0, 1.0, 1.0]
    assert repr(curve).endswith("all: 0 of 3 episodes resolved, median not reached")


def test_beyond_follow_up_there_is_no_value() -> None:
    curve = resolution_curve(frame([200, 300, 400], [1, 1, 0]))
    for quantity in ("unresolved_at_17_months", "unresolved_at_36_months", "rmst_36_months"):
        row = curve.summary.filter(pl.col("quantity") == quantity).row(0, named=True)
        assert (row["value"], row["lower"], row["upper"], row["note"]) == (
            None,
            None,
            None,
            "beyond_follow_up",
        )
    assert curve.value("unresolved_at_12_months")[0] == pytest.approx(1 / 3)


def test_when_all_have_resolved_the_share_stays_zero() -> None:
    curve = resolution_curve(frame([200, 300, 400], [1, 1, 1]))
    row = curve.summary.filter(pl.col("quantity") == "unresolved_at_36_months").row(0, named=True)
    assert (row["value"], row["note"]) == (0.0, None)
    assert curve.value("rmst_36_months")[0] == pytest.approx(300)


def test_a_curve_read_on_some_days_is_null_outside_of_follow_up() -> None:
    curve = resolution_curve(frame([20, 30, 40], [1, 1, 0], [10, 10, 10]))
    assert curve.at([40, 5, 10, 41, 25.5]).select("days", "unresolved").rows() == [
        (5.0, None),
        (10.0, 1.0),
        (25.5, pytest.approx(2 / 3)),
        (40.0, pytest.approx(1 / 3)),
        (41.0, None),
    ]


# Delayed entry


def test_who_enters_on_a_day_is_not_at_risk_on_it() -> None:
    steps = resolution_curve(frame([10, 10, 20], [1, 1, 1], [0, None, 10])).steps
    # the third child enters as the others resolve: nothing links it with them, so only it is left
    assert steps.select("days", "unresolved", "n_at_risk").rows() == [(10, 1.0, 1), (20, 0.0, 1)]
    linked = resolution_curve(frame([10, 15, 20], [1, 1, 1], [0, 0, 10])).steps
    assert linked["n_at_risk"].to_list() == [2, 2, 2, 1]
    assert linked["unresolved"].to_list() == [1.0, 0.5, 0.25, 0.0]


@pytest.mark.parametrize(
    ("entries", "exits", "resolved", "start", "n"),
    [
        ([0, 10, 10], [5, 20, 30], [1, 1, 0], 10, 2),  # nobody at risk from 5 to 10, all resolved before
        ([0, 10, 10], [5, 20, 30], [0, 1, 0], 10, 2),  # nobody at risk from 5 to 10, all censored before
        ([0, 0, 5, 5], [5, 5, 9, 12], [1, 1, 1, 0], 5, 2),  # all at risk resolve as others enter
        ([0, 0, 3, 8], [5, 6, 6, 12], [1, 1, 1, 0], 8, 1),  # and one is seen unresolved later
        ([30, 40], [50, 60], [1, 0], 30, 2),  # nobody enters before 30
    ],
)
def test_a_curve_starts_where_the_risk_set_no_longer_runs_empty(
    entries: list[int], exits: list[int], resolved: list[int], start: int, n: int
) -> None:
    curve = resolution_curve(frame(exits, resolved, entries))
    assert curve.steps.select("days", "unresolved").row(0) == (start, 1.0)
    assert curve.value("n")[0] == n
    assert (
        f"conditional_on_day_{start}" in curve.summary.filter(pl.col("quantity") == "median")["note"].item()
    )
    assert any(
        "starts there" in line and f"day {start}" in line and f"; {len(exits) - n} that ended earlier" in line
        for line in curve.assumptions
    )


def test_a_curve_after_an_early_gap_is_not_zero_for_ever() -> None:
    curve = resolution_curve(frame([5, 20, 30], [1, 1, 0], [0, 10, 10]))
    assert curve.at([20])["unresolved"].item() == 0.5


# What enters


def test_unusable_rows_are_left_out_and_counted_by_reason() -> None:
    rows = frame(
        [10, 0, 30, 5],
        [1, 0, 1, 1],
        is_usable=[True, False, True, False],
        why_unusable=[None, "no_time_followed", None, "resolved_before_entry"],
    )
    curve = resolution_curve(rows)
    assert curve.value("n")[0] == 2
    assert (
        "2 of 4 episodes set aside as unusable: 1 no_time_followed, 1 resolved_before_entry."
        in curve.assumptions
    )
    assert RECOVERED_TOO in curve.assumptions
    late = rows.with_columns(why_unusable=pl.lit("no_time_followed"))
    assert RECOVERED_TOO not in resolution_curve(late).assumptions


def test_only_the_first_episode_of_a_child_counts_unless_all_are_asked_for() -> None:
    rows = frame([10, 20, 30], [1, 1, 1], episode_number=[1, 2, 1])
    first = resolution_curve(rows)
    every = resolution_curve(rows, definitions=replace(TEXTBOOK, episodes_used="all"))
    assert (first.value("n")[0], every.value("n")[0]) == (2, 3)
    assert "Each child's first episode only; 1 later episodes left out." in first.assumptions
    assert "All episodes, 1 of them a child's second or later." in every.assumptions


def test_later_episodes_are_left_out_before_the_unusable_are_counted() -> None:
    rows = frame(
        [10, 20, 30, 5],
        [1, 1, 1, 1],
        episode_number=[1, 1, 1, 2],
        is_usable=[True, True, False, False],
        why_unusable=[None, None, "no_time_followed", "no_time_followed"],
    )
    said = resolution_curve(rows).assumptions
    assert said[:2] == (
        "Each child's first episode only; 1 later episodes left out.",
        "1 of 3 episodes set aside as unusable: 1 no_time_followed.",
    )


@pytest.mark.parametrize(
    ("entries", "exits", "day"),
    [
        ([1, 2, 3, 4, 5, 6], [90, 90, 90, 90, 90, 90], 5),  # five are at risk after day 5
        ([1, 2, 3, 4, 5, 6], [90, 4, 90, 90, 90, 90], 6),  # one of them was gone on day 4
        ([1, 2, 3, 4, 5, 6], [90, 5, 90, 90, 90, 90], 6),  # or on day 5 itself
        ([0, 0, 0, 0, 0, 6], [90, 90, 90, 90, 90, 90], None),  # five from the start
        ([1, 2, 3, 4], [90, 90, 90, 90], None),  # never five: nothing better to offer
    ],
)
def test_it_is_said_that_a_curve_begins_with_next_to_nobody(
    entries: list[int], exits: list[int], day: int | None
) -> None:
    rows = frame(exits, [1] * len(exits), entries)
    said = [line for line in resolution_curve(rows).assumptions if "fewer than 5 episodes" in line]
    assert [f"before day {day}. " in line for line in said] == ([] if day is None else [True])
    counted = pl.concat([rows, rows]).with_columns(weight=pl.lit(1)).head(len(exits))
    assert [line for line in resolution_curve(counted).assumptions if "fewer than" in line] == said


def test_it_is_said_that_entry_must_have_nothing_to_do_with_resolution() -> None:
    words = "The day of entry has nothing to do with that of resolution."
    late = resolution_curve(frame([10, 20], [1, 1], [0, 5])).assumptions
    assert [line for line in late if line.startswith(words)]
    assert not [line for line in resolution_curve(frame([10, 20], [1, 1])).assumptions if words in line]


def test_it_is_said_that_episodes_of_one_child_are_taken_for_those_of_several() -> None:
    every = replace(TEXTBOOK, episodes_used="all")
    rows = frame([10, 20], [1, 1], episode_number=[1, 2], patient_id=["A", "A"])
    assert [line for line in resolution_curve(rows, definitions=every).assumptions if "of one child" in line]
    apart = rows.with_columns(patient_id=pl.Series(["A", "B"]))
    assert not [
        line for line in resolution_curve(apart, definitions=every).assumptions if "of one child" in line
    ]


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (frame([10, 20], [1, 1]).drop("exit_days"), "lacks the column"),
        (frame([10, 20], [1, 1]).cast({"exit_days": pl.Float64}), "whole days"),
        (pl.DataFrame({"exit_days": [10], "is_resolved": [2]}), "true or false"),
        (frame([10, 20], [1, 1]).with_columns(is_resolved=pl.Series([True, None])), "null in 1 rows"),
        (frame([10, -1], [1, 1]), "negative in 1 rows"),
        (frame([10, 20], [1, 1], [10, 0]), "1 rows end on or before their day of entry"),
        (frame([0, 20], [1, 1]), "1 rows end on or before their day of entry"),
    ],
)
def test_rows_that_cannot_be_right_are_refused(rows: pl.DataFrame, found: str) -> None:
    with pytest.raises(BadFrame, match=found):
        resolution_curve(rows)


def test_a_column_to_split_by_must_be_there() -> None:
    with pytest.raises(BadFrame, match=r"lacks the column.*blood_group"):
        resolution_curve(frame([10], [1]), by="blood_group")


def test_no_row_at_all_is_an_empty_stratum() -> None:
    with pytest.raises(EmptyStratum, match="no usable episode"):
        resolution_curve(frame([10], [1], is_usable=[False]))


def test_an_unknown_scale_of_limits_is_refused() -> None:
    with pytest.raises(BadDefinition, match="log-log"):
        resolution_curve(frame([10], [1]), limits="cloglog")


# Strata and their test


def test_strata_keep_the_order_of_their_category_and_empty_ones_are_absent() -> None:
    classes = ["untested", "primary_autoimmune", None, "congenital"]
    rows = frame([10, 20, 30, 40], [1, 1, 1, 1], case_class=pl.Series(classes, dtype=pl.Enum(CASE_CLASS)))
    curve = resolution_curve(rows, by="case_class")
    assert curve.strata == ["congenital", "primary_autoimmune", "untested", "not_recorded"]
    assert curve.at([5])["stratum"].to_list() == curve.strata


def test_true_and_false_are_names_of_strata_too() -> None:
    curve = resolution_curve(frame([10, 20], [1, 0], is_ain=[True, False]), by="is_ain")
    assert {name: curve.value("n_resolved", stratum=name)[0] for name in curve.strata} == {
        "false": 0,
        "true": 1,
    }


def test_the_log_rank_test_is_that_of_statsmodels_with_entry() -> None:
    rows = random_frame(300, seed=8)
    test = resolution_curve(rows, by="sex").test
    statistic, p_value = survdiff(
        *(rows[name].to_numpy() for name in ("exit_days", "is_resolved", "sex")),
        entry=rows["entry_days"].to_numpy(),
    )
    assert test is not None
    assert (test.statistic, test.p_value) == (pytest.approx(statistic), pytest.approx(p_value))
    assert test.table["n_expected"].sum() == pytest.approx(test.table["n_resolved"].sum())


def test_groups_that_are_never_at_risk_together_cannot_be_compared() -> None:
    rows = frame([10, 20, 40, 50], [1, 1, 1, 1], [0, 0, 30, 30], sex=["female", "female", "male", "male"])
    curve = resolution_curve(rows, by="sex")
    assert curve.test is None
    assert any("No log-rank test" in line for line in curve.assumptions)


def test_there_is_no_test_of_one_group_or_without_resolutions() -> None:
    assert resolution_curve(frame([10, 20], [1, 1])).test is None
    assert log_rank({"a": frame([10], [0], [0]), "b": frame([20], [0], [0])}) is None


# The result


def test_the_result_holds_the_declared_tables() -> None:
    curve = resolution_curve(random_frame(100, seed=9), by="sex")
    CurveSteps.validate(curve.steps)
    CurveSummary.validate(curve.summary)
    quantities = ["n", "n_resolved", "quartile_1", "median", "quartile_3"]
    quantities += [f"unresolved_at_{months}_months" for months in (6, 12, 17, 24, 36)]
    quantities += ["rmst_36_months", "follow_up_median"]
    assert curve.summary.filter(pl.col("stratum") == "male")["quantity"].to_list() == quantities
    assert curve.estimator == "kaplan_meier"


def test_the_result_is_frozen() -> None:
    curve = resolution_curve(frame([10], [1]))
    with pytest.raises(FrozenInstanceError):
        curve.by = "sex"  # type: ignore[misc]


def test_the_result_shows_itself_in_months() -> None:
    day = round(17 * DAYS_PER_MONTH)
    curve = resolution_curve(frame([day, day, day, 900], [1, 1, 1, 0]))
    assert "3 of 4 episodes resolved, median 17.0 months (95 % limits 17.0 to not reached)" in repr(curve)
    assert repr(curve).startswith("ResolutionCurve: kaplan_meier, definition 'textbook'")


def test_html_of_the_result_escapes_names_of_strata() -> None:
    curve = resolution_curve(frame([10, 20], [1, 1], site=["<b>A</b>", "B & C"]), by="site")
    html = curve._repr_html_()
    assert "<b>A</b>" not in html
    assert "&lt;b&gt;A&lt;/b&gt;" in html
    assert "B &amp; C" in html


def test_a_kaplan_meier_keeps_the_counts_of_every_day_with_an_exit() -> None:
    fit = kaplan_meier(frame([10, 10, 20, 30], [1, 0, 0, 1], [0, 0, 0, 0]))
    assert fit.curve.days.tolist() == [0, 10, 20, 30]
    assert (fit.n_at_risk.tolist(), fit.n_resolved.tolist(), fit.n_censored.tolist()) == (
        [4, 4, 2, 1],
        [0, 1, 0, 1],
        [0, 1, 1, 0],
    )
