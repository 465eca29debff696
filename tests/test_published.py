"""Each published figure beside the same quantity; every expected number is worked out in a comment."""

import re
from math import asin, comb, erfc, exp, log, pi, prod, sqrt
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

from ain_analytics.cases import classify
from ain_analytics.definitions import DAYS_PER_MONTH, PRESETS, TEXTBOOK
from ain_analytics.followup import follow_up
from ain_analytics.published import after_holm, compare, multiplicity_note, published_figures, published_slips
from ain_analytics.published_answers import ANSWERS
from ain_analytics.published_features import VALUES
from ain_analytics.published_group import AgedGroup, Group
from ain_analytics.published_tests import TESTS, rules_out, share_tested
from ain_analytics.quantities import (
    Reading,
    averaged,
    mean_of,
    median_of,
    p_of_between,
    p_of_mean,
    p_of_median,
    p_of_reading,
    p_of_share,
    share_between,
    share_of,
)
from ain_analytics.registry import open_registry
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.synthetic import simulate

Z = 1.959964
FIGURES = published_figures()
COMPARABLE = FIGURES.filter(pl.col("why_not").is_null())


def figure(figure_id: str, **changes) -> dict:
    return FIGURES.row(by_predicate=pl.col("figure_id") == figure_id, named=True) | changes


# Records


def test_every_figure_is_a_record_and_the_line_on_the_course_is_read_in_every_way():
    ids = FIGURES["figure_id"].to_list()
    assert ids[9:93] == [f"R{number:03}" for number in range(1, 85)]
    assert ids[93:] == [f"F{number:03}" for number in range(1, 106)]
    assert ids[:9] == ["T01a", "T01b", "T02a", "T02b", "T02c", "T03a", "T03b", "T03c", "T03d"]


@pytest.mark.parametrize(
    ("figure_id", "months"),
    [
        ("R001", 17.0),
        ("R021", 31.8),  # 2.65 years
        ("R038", 36.24),  # 3.02 years
        ("R067", 7 / (365.25 / 12)),  # 7 days
        ("R075", 31 / (365.25 / 12)),  # 31 days
    ],
)
def test_years_and_days_become_months(figure_id, months):
    assert figure(figure_id)["unit"] == "months"
    assert figure(figure_id)["value"] == pytest.approx(months)


def test_ends_of_intervals_become_months_too():
    weeks, years = figure("R078"), figure("R003")  # 2 to 4 weeks; a window of 2 to 3 years beside a share
    assert (weeks["lower"], weeks["upper"]) == pytest.approx((14 / (365.25 / 12), 28 / (365.25 / 12)))
    assert (years["value"], years["lower"], years["upper"]) == (95.0, 24.0, 36.0)
    assert years["interval_kind"] == "window (months), ambiguous"


def test_a_range_is_not_an_interval_and_a_standard_deviation_is_not_an_end():
    assert figure("R057")["interval_kind"] == "range"
    assert figure("R053")["interval_kind"] == "SD 20.03"
    assert figure("R053")["lower"] is None


def test_what_a_source_does_not_say_is_unknown_and_what_is_assumed_is_said():
    assert figure("R004")["time_origin"] == "unknown"
    assert figure("R020")["time_origin"] == "diagnosis"
    assert figure("R082")["time_origin"] == "treatment"
    assert figure("R006")["time_origin"] == "onset"
    assert "time since onset" in figure("R006")["assumption"]


def test_the_number_behind_a_figure_is_not_always_the_number_studied():
    assert (figure("R041")["n"], figure("R041")["n_behind"]) == (127, 94)  # 74 % of 127 recovered
    assert (figure("R072")["n"], figure("R072")["n_behind"]) == (84, 69)


def test_an_age_is_told_from_a_duration():
    is_age = FIGURES["quantity"].cast(pl.String).str.contains("_age")
    ages = FIGURES.filter(is_age)
    assert set(ages["scale"]) == {"age"}
    assert set(ages["time_origin"]) == {"birth"}
    tested_durations = COMPARABLE.join(ages, on="figure_id", how="anti")
    assert "age" not in set(tested_durations["scale"])
    assert "birth" not in set(tested_durations["time_origin"])


@pytest.mark.parametrize("one", COMPARABLE.to_dicts(), ids=lambda one: one["figure_id"])
def test_a_figure_that_can_be_compared_says_all_that_is_needed(one):
    assert one["quantity"] in {**ANSWERS, **VALUES}
    assert one["value"] is not None
    assert set(one["case_classes"]) <= set(CASE_CLASS)
    assert one["definition"] == "unknown" or one["definition"] in PRESETS
    assert (one["unit"] == "percent") == (one["computed_as"] != "none")
    assert (one["at_months"] is not None) == (
        one["quantity"] in ("share_resolved_by", "share_resolved_by_age")
    )
    if one["quantity"] in ANSWERS:
        assert (one["scale"] == "none") == (one["quantity"] == "share_resolved")


def test_every_figure_is_said_in_a_line():
    said = FIGURES["statement"]
    assert said.null_count() == 0
    assert not said.str.contains("?", literal=True).any()
    assert figure("T03a")["statement"] == "95 % resolved by the age of 24 months (children with AIN)"
    assert figure("F076")["statement"] == "anc at presentation: 0 to 0.87 × 10⁹/L (AIN, n = 5)"
    assert figure("F037")["statement"].startswith("GIFT + GAT: 50 to 70 % (")
    assert figure("F103")["statement"] == "incidence idin: 2.4 to 15.4 per million per year (population)"
    assert figure("F021")["statement"] == "quoted prevalence: 1 per 100000 (children 0-10 y)"
    assert figure("R047")["statement"].startswith("duration: 13 to 44 months (")
    assert figure("R034")["statement"].startswith("LO/LL resolve less often than pAN: p < 0.001 (")


def test_slips_in_the_arithmetic_of_the_sources_are_found():
    slips = {row["figure_id"]: row for row in published_slips().to_dicts()}
    # R009: 35/41 is 85.4 and 36/41 is 87.8. R071: 12/143 is 8.39.
    # R072: 43/84 is 51.2 and 44/84 is 52.4 (36/69 is 52.2). R073: 23/43 is 53.5, but 24/45 is 53.3.
    # F040: of 18 children 12 to 6 is 2.0, 11 to 7 is 1.57. F063: 217/1039 is 20.9.
    # F088: 15/31 is 48.4 and 16/31 is 51.6. F090: 12/89 is 13.5 and 13/89 is 14.6.
    assert set(slips) == {"R009", "R071", "R072", "R073", "F040", "F063", "F088", "F090"}
    assert slips["R072"]["nearest"] == pytest.approx(100 * 44 / 84)
    assert slips["R073"]["printed_n"] == 45
    assert slips["F063"]["recomputed"] == pytest.approx(100 * 217 / 1039)
    assert slips["F040"]["nearest"] == 2.0


# Quantities


def days(*values: float) -> np.ndarray:
    return np.array(values, dtype=float)


def test_the_median_has_the_exact_interval_by_order_statistics():
    # Of ten, at most one lies below the true median in 11 of 1024 samples, at most two in 56.
    found = median_of(np.arange(1.0, 11.0), 0.95)
    assert (found.value, found.lower, found.upper, found.n) == (5.5, 2.0, 9.0, 10)


def test_five_values_are_too_few_for_an_interval_of_the_median_and_six_are_not():
    five, six = median_of(days(1, 2, 3, 4, 5), 0.95), median_of(days(1, 2, 3, 4, 5, 6), 0.95)
    assert (five.value, five.lower, five.upper) == (3.0, None, None)  # 2/32 > 0.05
    assert (six.value, six.lower, six.upper) == (3.5, 1.0, 6.0)  # 2/64 <= 0.05
    assert median_of(days(), 0.95).value is None


def test_the_mean_has_students_interval():
    # 1, 2, 3: mean 2, standard error 1/sqrt(3), t with 2 degrees of freedom 4.302653.
    found = mean_of(days(1, 2, 3), 0.95)
    assert (found.value, found.lower, found.upper) == pytest.approx(
        (2, 2 - 4.302653 / sqrt(3), 2 + 4.302653 / sqrt(3))
    )
    assert mean_of(days(4), 0.95).lower is None
    assert mean_of(days(), 0.95).value is None


def test_the_exact_interval_of_five_of_five_begins_at_the_fifth_root():
    found = share_of(5, 5, 0.95)
    assert (found.value, found.lower, found.upper) == pytest.approx((1.0, 0.025**0.2, 1.0))
    assert share_of(0, 0, 0.95).value is None


def test_a_share_is_tested_exactly_with_and_without_the_published_number():
    assert p_of_share(5, 5, 0.5, None) == pytest.approx(2 / 32)
    assert p_of_share(5, 5, 0.0, 5) == pytest.approx(2 / 252)  # two of the 10 over 5 tables
    assert p_of_share(3, 6, 0.5, None) == 1.0


def test_a_median_is_tested_by_the_share_of_own_values_below_it():
    ten = np.arange(1.0, 11.0)
    assert p_of_median(ten, 10.5, None) == pytest.approx(2 / 1024)
    assert p_of_median(ten, 5.5, None) == 1.0
    # All ten below the fifth of nine: the first ten of nineteen places hold four of the nine at most, in
    # which C(14, 4) of the C(19, 9) orders of both samples put the fifth of the nine after all ten.
    assert p_of_median(ten, 10.5, 9) == pytest.approx(2 * comb(14, 4) / comb(19, 9))
    assert p_of_median(ten, 5.5, 9) == 1.0
    # Of one published child, any of the eleven places is as likely.
    assert p_of_median(ten, 10.5, 1) == pytest.approx(2 / 11)


@pytest.mark.parametrize("n", range(6, 40))
def test_a_published_median_differs_just_where_it_lies_outside_the_interval(n):
    values = np.arange(1.0, n + 1)
    found = median_of(values, 0.95)
    for published in np.arange(0.5, n + 1, 0.5):
        is_inside = found.lower <= published <= found.upper
        assert (p_of_median(values, published, None) > 0.05) == is_inside


def test_a_mean_is_tested_with_the_own_spread_on_both_sides():
    three = days(1, 2, 3)
    # t = (2 - 1) / (1/sqrt(3)) = sqrt(3); with 2 degrees of freedom p = 1 - t / sqrt(t^2 + 2).
    assert p_of_mean(three, 1.0, None) == pytest.approx(1 - sqrt(3) / sqrt(5))
    # With three more on the other side the error is larger by sqrt(2): t = sqrt(1.5).
    assert p_of_mean(three, 1.0, 3) == pytest.approx(1 - sqrt(1.5) / sqrt(3.5))
    assert p_of_mean(days(4), 1.0, None) == 1.0


def of_four(day: int) -> Reading:
    """Read the curve of four children who resolve on days 1, 2, 3 and 4, by hand."""
    unresolved = 1 - day / 4
    variance = sum(1 / (n * (n - 1)) for n in range(4, 4 - day, -1))
    return Reading(unresolved, unresolved * exp(-Z * sqrt(variance)), None, 4)


def test_the_variance_of_a_reading_is_greenwoods():
    assert of_four(2).log_variance(0.95) == pytest.approx(1 / 12 + 1 / 6)
    assert Reading(1.0, None, None, 4).log_variance(0.95) == 0
    assert of_four(1).resolved().value == 0.25


def test_a_reading_is_tested_with_both_errors():
    # 0.5 here, variance of the logarithm 1/4, of the arcsine of the root 0.5 * 0.25 / (4 * 0.5) = 1/16; as
    # nobody is censored, 0.25 published of 12 is 3 children: arcsine of the root of 3.375 / 12.75, 1/50.
    z = (pi / 4 - asin(sqrt(3.375 / 12.75))) / sqrt(1 / 16 + 1 / 50)
    assert p_of_reading(of_four(2), 0.25, 12, 0.95) == pytest.approx(erfc(z / sqrt(2)), rel=1e-5)
    # With a variance twice as large as without censoring, the 12 are worth six: 1.5 of them.
    half_lost = Reading(0.5, 0.5 * exp(-Z * sqrt(1 / 2)), None, 4)
    z = (pi / 4 - asin(sqrt(1.875 / 6.75))) / sqrt(1 / 8 + 1 / 26)
    assert p_of_reading(half_lost, 0.25, 12, 0.95) == pytest.approx(erfc(z / sqrt(2)), rel=1e-5)
    # Without the number z = ln 2 / (1/2).
    assert p_of_reading(of_four(2), 0.25, None, 0.95) == pytest.approx(0.16567, abs=1e-4)


def test_where_the_logarithm_has_no_room_counts_are_tested():
    nobody = Reading(0.0, None, None, 4)
    assert p_of_reading(nobody, 0.5, None, 0.95) == pytest.approx(2 / 16)
    assert p_of_reading(nobody, 0.5, 4, 0.95) == pytest.approx(p_of_share(0, 4, 0.5, 4))
    assert p_of_reading(of_four(2), 0.0, None, 0.95) == pytest.approx(p_of_share(2, 4, 0.0, None))


def test_without_censoring_the_share_between_two_days_has_the_binomial_variance():
    # From 0.75 to 0.25: one half of four children, variance 0.5 * 0.5 / 4 = 1/16.
    found = share_between(of_four(1), of_four(3), 0.95)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.5, 0.5 - Z / 4, 0.5 + Z / 4), abs=1e-5)
    assert p_of_between(of_four(1), of_four(3), 0.9, None, 0.95) == pytest.approx(
        0.109599, abs=1e-5
    )  # z = 1.6
    # Down to nobody: 0.75, of which only the start errs, 0.75 * 0.25 / 4.
    assert share_between(of_four(1), Reading(0.0, None, None, 4), 0.95).lower == pytest.approx(
        0.75 - Z * sqrt(0.75 * 0.25 / 4)
    )


def test_the_average_of_equal_readings_is_that_reading():
    found = averaged(days(0.5, 0.5), days(0.25, 0.25), n=2, confidence=0.95)
    assert (found.unresolved, found.lower) == pytest.approx((0.5, 0.5 * exp(-Z * 0.5)))


def test_the_average_of_different_readings_errs_by_the_curve_and_by_the_days():
    # Curve: 0.25 * 0.5 * 0.5 / 4 = 1/64. Days: the variance of 0.5 and 1 is 1/8, of their mean 1/16.
    found = averaged(days(1.0, 0.5), days(0.0, 0.25), n=2, confidence=0.95)
    assert (found.unresolved, found.lower) == pytest.approx((0.75, 0.75 * exp(-Z * sqrt(5 / 64) / 0.75)))
    assert averaged(days(1.0, 1.0), days(0.0, 0.0), n=2, confidence=0.95).lower is None


# Answers, on children made by hand


def children(*followed: tuple[int, bool], onset: int = 100, **columns) -> pl.DataFrame:
    """Follow a child for so many days; True: resolved on the last of them."""
    exits, resolved = zip(*followed, strict=True)
    return pl.DataFrame(
        {
            "exit_days": pl.Series(exits, dtype=pl.Int32),
            "is_resolved": resolved,
            "entry_days": pl.Series([0] * len(exits), dtype=pl.Int32),
            "age_at_onset_days": pl.Series([onset] * len(exits), dtype=pl.Int32),
        }
        | columns
    )


def month(months: float) -> int:
    """Give the last whole day of so many months."""
    return int(months * DAYS_PER_MONTH)


# Six resolve after 200, 300, …, 700 days; two are lost on days 250 and 450.
EIGHT = children(*((day, True) for day in (200, 300, 400, 500, 600, 700)), (250, False), (450, False))


def test_the_median_among_the_recovered_leaves_out_who_has_not_recovered():
    answer = ANSWERS["median_among_recovered"](Group(EIGHT, TEXTBOOK), figure("T01b"))
    assert answer.own.value == pytest.approx(450 / DAYS_PER_MONTH)  # between 400 and 500
    assert (answer.own.lower, answer.own.upper) == pytest.approx((200 / DAYS_PER_MONTH, 700 / DAYS_PER_MONTH))
    assert answer.own.n == 6
    # Of all: 7/8, of six at risk 5/6, 4/5, of the three left after day 450 2/3: 7/18 on day 500.
    assert answer.better.value == pytest.approx(500 / DAYS_PER_MONTH)
    assert answer.better.n == 8
    # Published 17 months are 502.2 to 532.6 days, four of six below: twice the chance of at most 2, 22/64.
    tested = TESTS["median_among_recovered"](Group(EIGHT, TEXTBOOK), figure("T01b"))
    assert (tested.p, tested.test) == (pytest.approx(44 / 64), "sign")


def test_a_median_of_all_is_tested_on_the_curve():
    answer = ANSWERS["median_unconditional"](Group(EIGHT, TEXTBOOK), figure("T01a"))
    assert answer.own == answer.better
    # The printed 17 months nearest to the 500 days here are 16.5, day 502: by then
    # 7/8 * 5/6 * 4/5 * 2/3 = 7/18 are unresolved; Greenwood's sum 1/56 + 1/30 + 1/20 + 1/6.
    z = log((7 / 18) / 0.5) / sqrt(1 / 56 + 1 / 30 + 1 / 20 + 1 / 6)
    tested = TESTS["median_unconditional"](Group(EIGHT, TEXTBOOK), figure("T01a"))
    assert (tested.p, tested.test) == (pytest.approx(erfc(-z / sqrt(2))), "curve")


def test_a_crude_share_counts_the_lost_as_unresolved_and_the_better_one_does_not():
    crude = figure("R009", at_months=12.0, n_behind=None)
    answer = ANSWERS["share_resolved_by"](Group(EIGHT, TEXTBOOK), crude)
    assert answer.own.value == pytest.approx(100 * 2 / 8)  # days 200 and 300 are within 365
    assert answer.better.value == pytest.approx(100 * (1 - 7 / 8 * 5 / 6))
    ever = ANSWERS["share_resolved"](Group(EIGHT, TEXTBOOK), figure("T02b"))
    assert ever.own.value == pytest.approx(100 * 6 / 8)
    assert "36 months" in ever.better_quantity


def test_an_actuarial_share_is_read_from_the_curve():
    answer = ANSWERS["share_resolved_by"](Group(EIGHT, TEXTBOOK), figure("T03c", at_months=12.0))
    assert answer.own.value == pytest.approx(100 * (1 - 7 / 8 * 5 / 6))
    assert answer.own == answer.better


def test_a_share_after_the_end_of_follow_up_is_not_told():
    lost = children((200, True), *((300, False) for _ in range(7)))
    answer = ANSWERS["share_resolved_by"](Group(lost, TEXTBOOK), figure("T03d"))
    assert answer.own.value is None
    tested = TESTS["share_resolved_by"](Group(lost, TEXTBOOK), figure("T03d"))
    assert tested.p is None
    assert "36 months" in tested.lacks
    crude = ANSWERS["share_resolved_by"](Group(lost, TEXTBOOK), figure("T03d", computed_as="crude"))
    assert crude.own.value == pytest.approx(12.5)
    assert crude.better is None


def test_a_window_holds_its_two_ends():
    edge = children(*((day, True) for day in (month(7), month(7) + 1, month(24), month(24) + 1)))
    # 213 days are less than 7 months, 214 are more; 730 days are less than 24 months, 731 are more.
    answer = ANSWERS["share_between"](Group(edge, TEXTBOOK), figure("T02a"))
    assert answer.own.value == pytest.approx(50.0)


def test_when_nobody_has_recovered_there_is_no_median_among_the_recovered():
    answer = ANSWERS["median_among_recovered"](
        Group(children((300, False), (400, False)), TEXTBOOK), figure("T01b")
    )
    assert answer.own.value is None
    nobody = Group(children((300, False), (400, False)), TEXTBOOK)
    assert TESTS["median_among_recovered"](nobody, figure("T01b")).p is None


def test_an_age_at_resolution_is_the_age_at_onset_and_the_duration():
    answer = ANSWERS["median_age_at_resolution"](AgedGroup(EIGHT, TEXTBOOK), figure("R038"))
    assert answer.own.value == pytest.approx(550 / DAYS_PER_MONTH)
    assert answer.better.value == pytest.approx(600 / DAYS_PER_MONTH)


def test_each_child_has_its_own_time_since_onset_at_an_age():
    # Onset on days 100 and 300, resolution after 100 and 200 days: 0.5 from day 100, 0 from day 200.
    two = children((100, True), (200, True)).with_columns(
        age_at_onset_days=pl.Series([100, 300], dtype=pl.Int32)
    )
    group = AgedGroup(two, TEXTBOOK)
    assert group.read(99).unresolved == 1.0
    assert group.read(250).unresolved == 0.75  # 150 days since onset, and 50 days before it
    assert group.read(450).unresolved == 0.25  # 350 and 150 days since onset
    assert group.read(500).unresolved == 0.0
    assert group.median().value == 300  # 0.5 from day 300 on: 200 and 0 days since onset


# The whole comparison


def story(resolved_after: list[int], *, open_after: list[int]) -> dict[str, pl.DataFrame]:
    """Tell of children born on 1 January 2018, neutropenic on day 150, with antibodies on day 160."""
    born = pl.date(2018, 1, 1)
    known = [(150 + day, True) for day in resolved_after] + [(150 + day, False) for day in open_after]
    keys = [f"C{number}" for number in range(len(known))]
    counts = [(key, 150, 0.3) for key in keys]
    for key, (day, is_resolved) in zip(keys, known, strict=True):
        counts += [(key, day, 2.5), (key, day + 30, 2.5)] if is_resolved else [(key, day, 0.3)]
    on = (born + pl.duration(days=pl.col("day"))).cast(pl.String)
    lab = pl.DataFrame(counts, schema=["patient_id", "day", "value"], orient="row")
    tables = {
        "patient": pl.DataFrame({"patient_id": keys, "birth_date": "2018-01-01", "sex": "female"}),
        "lab_result": lab.select(
            "patient_id",
            on.alias("sampled_at"),
            pl.lit("751-8").alias("code"),
            pl.col("value").cast(pl.String),
            pl.lit("10*9/L").alias("unit"),
        ),
        "antibody_test": pl.DataFrame({"patient_id": keys, "day": 160}).select(
            "patient_id",
            on.alias("sampled_on"),
            pl.lit("GIFT").alias("test"),
            pl.lit("positive").alias("result"),
        ),
    }
    return tables


SEVEN = {"resolved_after": [365, 487, 517, 548, 609, 730], "open_after": [1000]}


def compared(definitions=TEXTBOOK, **told) -> dict[str, dict]:
    with open_registry(story(**told), definitions=definitions) as registry:
        cases = classify(registry)
        rows = compare(registry, cases, follow_up(registry, cases)).to_dicts()
    return {row["figure_id"]: row for row in rows}


@pytest.fixture(scope="module")
def seven() -> dict[str, dict]:
    return compared(**SEVEN)


def test_the_median_of_seven_children_is_that_of_the_six_who_recovered_or_of_all(seven):
    among, of_all = seven["T01b"], seven["T01a"]
    assert among["own"] == pytest.approx(532.5 / DAYS_PER_MONTH)  # between 517 and 548
    assert (among["own_n"], among["verdict"]) == (6, "compatible")  # three of six below 17 months
    assert of_all["own"] == pytest.approx(548 / DAYS_PER_MONTH)  # the fourth of seven
    assert among["better"] == of_all["own"]
    assert of_all["verdict"] == "compatible"


def test_the_statement_that_all_but_a_twentieth_resolve_is_tested_as_a_share_and_by_time(seven):
    assert seven["T02b"]["own"] == pytest.approx(100 * 6 / 7)
    assert seven["T02b"]["verdict"] == "compatible"  # Fisher: 6 of 7 against 228 of 240, p = 0.32
    # 365 to 730 days are within 7 to 24 months: all six; by 24 months the same six.
    assert seven["T02a"]["own"] == pytest.approx(100 * 6 / 7)
    assert seven["T03c"]["own"] == pytest.approx(100 * 6 / 7)
    # At 24 months or 730.5 days of age each child has had 580: four of seven have resolved.
    assert seven["T03a"]["own"] == pytest.approx(100 * 4 / 7)
    assert seven["T03a"]["scale"] == "age"


def test_ages_at_resolution_are_compared_with_ages(seven):
    row = seven["R038"]
    # 150 days more than the durations. 36.24 months are 1103 days: all six lie below the median of 40. As
    # only 40 of 102 had recovered there, the six are worth five, of which all lie below by the beta-binomial
    # law with the chance of the product of (20.5 + i) / (41 + i) for i of 0 to 4.
    assert row["own"] == pytest.approx(682.5 / DAYS_PER_MONTH)
    assert (row["verdict"], row["test"]) == ("compatible", "order_statistics")
    assert row["p"] == pytest.approx(2 * prod((20.5 + i) / (41 + i) for i in range(5)))


def test_only_those_still_neutropenic_at_the_landmark_are_compared_with_a_chronic_cohort():
    early = compared(resolved_after=[30, 60, 90, *SEVEN["resolved_after"]], open_after=[1000])
    row = early["R017"]
    assert (row["own"], row["own_n"]) == (pytest.approx(100 * 6 / 7), 7)
    assert "still neutropenic 6 months after onset" in row["reason"]
    assert early["R040"]["own_n"] == 10


def test_a_figure_under_another_definition_is_derived_under_it(seven):
    row = seven["F013"]  # the age at diagnosis, which is day 160 of all seven
    assert row["own"] == pytest.approx(160 / DAYS_PER_MONTH)
    assert "under neglia_1993" in row["reason"]


def test_a_figure_that_its_own_counts_do_not_give_is_refused(seven):
    row = seven["R009"]  # 35/41 is 85.4 and 36/41 is 87.8
    assert (row["verdict"], row["own"]) == ("not_comparable", None)
    assert "no count of 41 children gives 87 %; the nearest is 87.8 %" in row["reason"]


def test_who_the_children_are_is_compared(seven):
    girls, age, antibody = seven["F016"], seven["F017"], seven["F025"]
    assert (girls["own"], girls["own_n"]) == (100.0, 7)
    # Fisher's test, all of 7 against 61 of 102: the chance of 7 girls of the 68 among 109, and of tables no
    # more likely; that of 6 of 7 is larger.
    as_likely = [k for k in range(8) if hypergeometric(k) <= hypergeometric(7) * (1 + 1e-7)]
    assert girls["p"] == pytest.approx(sum(hypergeometric(k) for k in as_likely))
    assert age["own"] == pytest.approx(160 / DAYS_PER_MONTH)
    assert (antibody["own"], antibody["own_n"]) == (100.0, 7)
    assert seven["F023"]["own"] == pytest.approx(0.3)  # the first count
    assert seven["F041"]["own"] == 100.0  # a nadir of 0.3 is severe
    assert seven["F018"]["own"] == 0.0  # nobody is treated
    assert "100.0 % of the ages at diagnosis lie in it" in seven["F001"]["reason"]


def hypergeometric(k: int) -> float:
    """Give the chance of k girls among 7 of 109 children of whom 68 are girls."""
    return comb(68, k) * comb(41, 7 - k) / comb(109, 7)


def test_a_population_that_is_not_here_is_not_compared(seven):
    for figure_id, classes in (("R027", "idiopathic"), ("R075", "neonatal alloimmune")):
        row = seven[figure_id]
        assert (row["verdict"], row["own_n"], row["own"]) == ("not_comparable", 0, None)
        assert f"no child classed {classes}" in row["reason"].lower()


def test_fewer_children_than_an_estimate_needs_are_not_compared():
    few = compared(resolved_after=[365, 487, 517, 548], open_after=[])
    for row in few.values():
        assert row["verdict"] == "not_comparable"
        assert row["own"] is None
        assert row["own_n"] in (None, 0)
    assert "Fewer than 5" in few["T01a"]["reason"]


def test_assumptions_are_named_in_the_reason(seven):
    assert "does not say from when it counts, onset was used" in seven["T01a"]["reason"]
    assert "does not state its definition, textbook was used" in seven["T01a"]["reason"]
    assert "read literally" in seven["T01a"]["reason"]


def test_a_usual_window_is_not_tested_but_set_beside_the_curve(seven):
    row = seven["T02c"]
    assert row["verdict"] == "not_comparable"
    assert "0.0 % by 7.0 months and 85.7 % by 24.0 months" in row["reason"]


@pytest.fixture(scope="module")
def simulated():
    made = simulate(150, seed=11)
    with open_registry(made.tables, extracted_on=made.extracted_on) as registry:
        cases = classify(registry)
        yield SimpleNamespace(
            registry=registry, cases=cases, compared=compare(registry, cases, follow_up(registry, cases))
        )


def test_every_figure_has_one_verdict_and_a_reason(simulated):
    rows = simulated.compared
    assert sorted(rows["figure_id"]) == sorted(FIGURES["figure_id"])
    assert rows["reason"].str.len_chars().min() > 20
    assert rows["reason"].str.ends_with(".").all()
    tested = rows.filter(pl.col("verdict").cast(pl.String) != "not_comparable")
    assert tested.height > 20
    assert tested["own_n"].min() >= TEXTBOOK.minimum_at_risk
    assert set(tested["figure_id"]) <= set(COMPARABLE["figure_id"])


def test_the_origin_of_the_given_follow_up_changes_no_age_and_no_duration(simulated):
    from_birth = follow_up(simulated.registry, simulated.cases, time_origin="birth")
    assert compare(simulated.registry, simulated.cases, from_birth).equals(simulated.compared)


def test_no_reason_names_a_child(simulated):
    keys = simulated.cases["patient_id"].unique().to_list()
    assert not simulated.compared["reason"].str.contains_any(keys).any()


def test_the_note_on_many_comparisons_counts_a_figure_once():
    rows = pl.DataFrame(
        [
            ("T02b", "different"),  # 95 % resolved of 240 children, twice
            ("R004", "different"),
            ("T01a", "compatible"),
            ("R010", "not_comparable"),
        ],
        schema=["figure_id", "verdict"],
        orient="row",
    ).with_columns(p_holm=pl.Series([0.04, 0.04, 1.0, None]))
    assert multiplicity_note(rows).startswith("2 published figures could be tested; 1 differ.")
    assert multiplicity_note(rows).endswith("After Holm's correction 1 differ.")
    assert "about 0.1 would differ" in multiplicity_note(rows)
    assert "about 0.2 would differ" in multiplicity_note(rows, confidence=0.9)


def test_figures_whose_numbers_are_hidden_are_not_taken_for_one():
    ages = ["T03a", "T03b", "R042", "R080"]  # 95 % by the ages of 24, 36, 36 and 48 months
    rows = pl.DataFrame({"figure_id": ages, "verdict": "different", "p_holm": 0.2})
    assert multiplicity_note(rows).startswith("3 published figures could be tested; 3 differ.")


# What makes a verdict right


def test_a_longer_follow_up_is_undone_where_the_source_says_how_many_recovered():
    # Resolved after 100 to 800 days, all followed to the end; of a source recruited evenly over w days
    # the mean of 1 - day / w of those below w is seen: for half of them w solves 8 - 3600 / w = 4, w = 900.
    group = Group(children(*((day, True) for day in range(100, 900, 100))), TEXTBOOK)
    assert group._longest_followed(0.5) == pytest.approx(900)
    # Weights 8/9 to 1/9, worth 36² / 204 = 6.35 children: ranks 1/12, 3/12 … 11/12 of the sum, whose steps
    # are 8, 15, 21, 26, 30, 33, 35, 36 of 36.
    assert group.days_as_followed(0.5).tolist() == [100, 200, 200, 300, 500, 600]
    assert group.days_as_followed(1.0) is group.days


def test_a_median_there_between_those_of_both_follow_ups_is_compatible():
    group = Group(children(*((day, True) for day in range(100, 900, 100))), TEXTBOOK)
    found = TESTS["median_among_recovered"]
    said = {"n_behind": 1000, "n_followed": 2000, "rounding": 0.0}
    assert found(group, figure("R041", value=350 / DAYS_PER_MONTH, **said)).p == 1.0
    assert found(group, figure("R041", value=90 / DAYS_PER_MONTH, **said)).p < 0.05


def test_a_smaller_median_of_unknown_follow_up_is_no_other_course_but_a_larger_one_is():
    evenly = [(day, True) for day in range(1, 1001)]
    found, unknown = TESTS["median_among_recovered"], {"n_behind": 500, "n_followed": None}
    # Of times spread evenly over 1000 days, recruitment over just 1000 days shows t with probability
    # 1 - t/1000, hence one half; half of these lie before m with m - m²/2 = 1/4, m = 1 - sqrt(1/2) = 0.293.
    shorter = found(Group(children(*evenly), TEXTBOOK), figure("R041", value=293 / DAYS_PER_MONTH, **unknown))
    assert shorter.p is None
    assert "9.6 months there and 16.4 here" in shorter.lacks
    assert re.search(r"about (49|50|51) % recover", shorter.lacks)
    longer = figure("R041", value=700 / DAYS_PER_MONTH, **unknown)
    assert found(Group(children(*evenly), TEXTBOOK), longer).p < 0.001
    half_unresolved = [*evenly, *[(1001, False)] * 1000]
    unfinished = found(Group(children(*half_unresolved), TEXTBOOK), longer)
    assert unfinished.p is None
    assert "a longer time there" in unfinished.lacks
    assert found(Group(children(*evenly), TEXTBOOK), longer | {"value": 500 / DAYS_PER_MONTH}).p > 0.05


def test_a_crude_share_by_a_time_differs_only_where_no_follow_up_explains_it():
    # 60 of 200 have resolved by 12 months; on the curve 60 of the 140 who are at risk on day 300, 43 %.
    group = Group(children(*[(300, True)] * 60, *[(200, False)] * 60, *[(900, False)] * 80), TEXTBOOK)
    said = {"at_months": 12.0, "n_behind": 300, "computed_as": "crude"}
    fewer, as_the_curve, more = (
        TESTS["share_resolved_by"](group, figure("R009", value=value, **said)) for value in (15.0, 42.0, 80.0)
    )
    assert fewer.p is None
    assert "followed for less than 12 months, can be 15.0 % there and 30.0 % here" in fewer.lacks
    assert share_tested(60, 200, figure("R009", value=42.0, **said)).p < 0.05 < as_the_curve.p
    assert more.p < 0.001


def test_a_share_without_a_time_differs_only_where_it_is_more_than_ever_resolve():
    half = Group(children(*[(300, True)] * 30, *[(900, False)] * 30), TEXTBOOK)
    ever = TESTS["share_resolved"]
    assert ever(half, figure("R040", value=95.0)).p < 0.001  # the curve ends at one half
    fewer = ever(half, figure("R040", value=20.0))
    assert fewer.p is None  # a shorter follow-up would do that alone
    assert "followed for different times" in fewer.lacks
    assert ever(half, figure("R040", value=55.0)).p == pytest.approx(
        p_of_share(30, 60, 69 / 127, 127)  # 69 of 127 are 54.5 %, the nearest that is printed as 55
    )


def test_compatible_says_whether_another_course_is_ruled_out():
    many = Group(children(*((day, True) for day in range(400, 800))), TEXTBOOK)  # median 599.5 days
    one = figure("R041", value=599.5 / DAYS_PER_MONTH, n_behind=400, n_followed=400)
    assert rules_out(many, one)
    # Six children: even with all of them above or below, 2 * 1/64 is less than 0.1, but not all are.
    few = Group(children(*((day, True) for day in range(400, 800, 70))), TEXTBOOK)
    assert not rules_out(few, one)
    # A share without a time is the same for a course of any length.
    assert not rules_out(many, figure("R040", value=100.0))


def test_holms_steps_count_a_figure_that_stands_twice_once():
    p = after_holm(FIGURES, {"T02b": 0.01, "R004": 0.01, "T01a": 0.02, "R009": 0.5})
    assert p == pytest.approx({"T02b": 0.03, "R004": 0.03, "T01a": 0.04, "R009": 0.5})
