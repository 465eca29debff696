"""The study of verdicts on twins of published designs runs, and its table says what is claimed of it."""

import polars as pl
import pytest

from benchmarks.twins import DESIGNS, FIGURES, RESULT, SCENARIOS, Judged, attainable, check_quick, some
from benchmarks.twins_page import PAGE, page

TABLE = pl.read_csv(RESULT).filter(pl.col("chain") == "times")
MEDIANS = pl.col("quantity").str.starts_with("median")
MEANS = pl.col("quantity").str.starts_with("mean")
SAME, SAME_LONGER, SAME_LARGE, _, LONGER = SCENARIOS


def test_ten_designs_and_more_are_judged_in_every_scenario():
    counted = TABLE.group_by("scenario").agg(pl.col("figure_id").n_unique(), pl.col("repetitions").min())
    assert set(counted["scenario"]) == set(SCENARIOS)
    assert counted["figure_id"].min() >= 10
    assert counted["repetitions"].min() >= 190


def test_two_sides_of_one_truth_are_called_different_in_a_twentieth_at_most():
    same = TABLE.filter(pl.col("scenario").is_in([SAME, SAME_LONGER, SAME_LARGE]))
    assert (same["different"] <= 0.05 + 3 * same["error"]).all()
    as_followed = TABLE.filter(pl.col("scenario") == SAME)
    assert (as_followed["compatible"] >= 0.95 - 3 * as_followed["error"]).all()


def test_a_course_a_third_longer_is_seen_by_ten_designs_and_more():
    longer = TABLE.filter(pl.col("scenario") == LONGER, pl.col("different") >= 0.8)
    same = TABLE.filter(pl.col("scenario") == SAME_LONGER, pl.col("figure_id").is_in(longer["figure_id"]))
    assert longer.height >= 10
    assert (same["compatible"] >= 0.95 - 2 * same["error"]).all()


def test_a_median_a_third_longer_is_seen_where_it_is_told_how_many_recovered():
    longer = TABLE.filter(pl.col("scenario") == LONGER, MEDIANS | MEANS)
    missed = longer.filter(pl.col("different") < 0.8)
    without_share = {"R026", "R027", "R054", "R055", "R068"}
    # A source that followed 39 % of its children to recovery does not tell.
    assert set(missed["figure_id"]) == {"R038", *without_share}
    assert all(FIGURES[figure]["n_followed"] is None for figure in without_share)
    assert missed.filter(pl.col("figure_id").is_in(without_share))["different"].max() == 0


def test_what_is_seldom_seen_is_told_by_the_two_numbers_seldom_too_or_only_with_their_follow_up():
    """The others of which a course a third longer is seen in less than 80 % of pairs, and why."""
    missed = TABLE.filter(pl.col("scenario") == LONGER, ~(MEDIANS | MEANS), pl.col("different") < 0.8)
    best = dict(missed.select("figure_id", "attainable").rows())
    early, late, at_no_time = {"R061", "R063", "R069"}, {"R020", "R074"}, {"R004", "R040"}
    of_all_children = {"R009", "R064"}
    assert set(best) == {*of_all_children, *early, *late, *at_no_time}
    # 2 to 6 or 36 months after the onset, or at no time: the numbers of both courses are nearly the same.
    assert max(best[figure] for figure in early | late | at_no_time) < 0.4
    # A share of all children, of whom it is not printed how long they were followed.
    assert all(FIGURES[figure]["computed_as"] == "crude" for figure in of_all_children)


def test_the_page_is_that_of_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(pl.read_csv(RESULT))


def test_attainable_is_the_share_of_differences_outside_those_of_one_truth():
    null = [Judged("compatible", gap=float(gap)) for gap in range(101)]  # 95 % of them: 2.5 to 97.5
    found = [Judged("different", gap=gap) for gap in (-1.0, 2.4, 2.6, 50.0, 97.4, 97.6, 200.0, 300.0)]
    assert attainable(found, null) == 5 / 8
    assert attainable(found, []) is None


def test_a_share_without_a_time_is_never_called_different_for_its_follow_up():
    assert TABLE.filter(pl.col("quantity") == "share_resolved")["different"].max() == 0


@pytest.mark.parametrize("figure_id", ["R041", "R026"])
def test_the_study_runs(figure_id):
    check_quick()
    place = next(place for place, design in enumerate(DESIGNS) if design.figure_id == figure_id)
    found = some((place, 1, 2))
    assert set(found) == set(SCENARIOS)
    assert all(
        pair.verdict in ("compatible", "different", "not_comparable")
        for one in found.values()
        for pair in one
    )
