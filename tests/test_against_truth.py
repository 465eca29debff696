"""What classes, codes and phenotype 213 say of children, beside what is true of them.

Small tables are worked by hand; limits after Clopper and Pearson are checked where they have a closed form
(none of n, and all of n: Clopper and Pearson 1934); of simulated children only what follows from how they
were made up.
"""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest
from scipy.stats import binom

import ain_analytics as ain
from ain_analytics.charts import chart_accuracy, chart_confusion
from ain_analytics.errors import BadDefinition, BadFrame
from ain_analytics.synthetic import NaturalHistory
from ain_analytics.synthetic.disorder import LAB_ERRORS

from .conftest import BORN, read_table

USUAL = NaturalHistory()
HARMLESS = """
    patient | day | code
    A       |   1 | Z00.1
"""
COURSE = """
    patient | day | code
    A       |   1 | N02BE01
"""


def truth_of(text):
    """Read a truth: patient | true_class | onset, the last as a day since birth."""
    rows = read_table(text)[1]
    return pl.DataFrame(
        {
            "patient_id": [row["patient_id"] for row in rows],
            "true_class": [row["true_class"] for row in rows],
            "true_onset_on": [BORN + timedelta(int(row["onset"])) for row in rows],
        }
    )


def told(frame, *columns):
    """Give the rows of some columns as text, sorted."""
    return sorted(tuple(map(str, row)) for row in frame.select(columns).rows())


def days(frame, *columns):
    """Give the same with dates as days since birth."""
    dated = [pl.col(name) for name, kind in frame.schema.items() if kind == pl.Date]
    return told(frame.with_columns((name - BORN).dt.total_days() for name in dated), *columns)


# --- classes ------------------------------------------------------------------------------------------


def test_the_class_at_a_moment_rests_on_what_was_known_on_that_day(given, registry):
    # Onset on day 100 (2018-04-11): the baseline ends on day 190, six calendar months on day 283.
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
        B       | 100 | 0.3
        C       | 100 | 0.3
        D       | 100 | 0.3
        E       | 100 | 0.3
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        A       | 190 | GIFT | positive
        B       | 191 | GIFT | positive
        C       | 283 | GIFT | positive
        D       | 284 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", HARMLESS)
    given("treatment", COURSE)
    truth = truth_of("""
        patient | true_class         | onset
        A       | primary_autoimmune |  90
        B       | primary_autoimmune |  90
        C       | primary_autoimmune |  90
        D       | primary_autoimmune |  90
        E       | idiopathic         |  90
    """)  # fmt: skip
    found = ain.class_confusion(registry(), truth, months=(6,))
    assert found["at"].unique(maintain_order=True).to_list() == ["baseline", "6 months", "end"]
    assert told(found, "at", "true_class", "found", "n") == sorted(
        [
            ("baseline", "primary_autoimmune", "primary_autoimmune", "1"),
            ("baseline", "primary_autoimmune", "untested", "3"),
            ("baseline", "idiopathic", "untested", "1"),
            ("6 months", "primary_autoimmune", "primary_autoimmune", "3"),
            ("6 months", "primary_autoimmune", "untested", "1"),
            ("6 months", "idiopathic", "untested", "1"),
            ("end", "primary_autoimmune", "primary_autoimmune", "4"),
            ("end", "idiopathic", "untested", "1"),
        ]
    )


def test_an_episode_that_nobody_could_know_of_yet_has_no_class(given, registry):
    # Where onset asks for two counts the episode is known from day 300 on, which then ends the baseline.
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
        A       | 300 | 0.3
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        A       | 290 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", HARMLESS)
    given("treatment", COURSE)
    truth = truth_of("""
        patient | true_class         | onset
        A       | primary_autoimmune |  100
    """)  # fmt: skip
    found = ain.class_confusion(registry(onset_counts=2), truth, months=(6, 12))
    assert found.select("at", "found").rows() == [
        ("baseline", "primary_autoimmune"),
        ("6 months", "no_episode"),
        ("12 months", "primary_autoimmune"),
        ("end", "primary_autoimmune"),
    ]


def test_a_month_after_the_last_day_of_the_extract_is_not_reached(given, registry):
    # The extract ends on 2025-06-30. Six months from 30 December reach it, from 1 January they do not.
    days_of_onset = {"A": date(2024, 12, 30), "B": date(2025, 1, 1)}
    for child, onset in days_of_onset.items():
        given("anc", f"""
            patient | day                  | anc
            {child} | {(onset - BORN).days} | 0.3
        """)  # fmt: skip
    truth = truth_of(f"""
        patient | true_class | onset
        A       | idiopathic | {(days_of_onset["A"] - BORN).days}
        B       | congenital | {(days_of_onset["B"] - BORN).days}
    """)  # fmt: skip
    found = ain.class_confusion(registry(), truth, months=(6,)).filter(at="6 months")
    assert dict(found.select("true_class", "found").rows())["congenital"] == "not_reached"
    assert dict(found.select("true_class", "found").rows())["idiopathic"] != "not_reached"
    rated = ain.class_accuracy(found).filter(case_class="congenital", measure="sensitivity")
    assert rated.select("of", "share", "lacks").rows() == [(0, None, "no child is truly of this class")]


def test_a_child_without_an_episode_and_one_set_aside_are_kept(given, registry):
    given("patient", """
        patient | birth_date | sex
        A       | 2018-01-01 | female
        B       | unreadable | female
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        A       | 100 | 3.0
        B       | 100 | 0.3
    """)  # fmt: skip
    truth = truth_of("""
        patient | true_class         | onset
        A       | primary_autoimmune |  90
        B       | primary_autoimmune |  90
    """)  # fmt: skip
    found = ain.class_confusion(registry(), truth, months=())
    assert told(found.filter(at="end"), "found", "n") == [("no_episode", "1"), ("set_aside", "1")]
    by_tests = ain.confusion_by_tests(registry(), truth)
    assert told(by_tests, "at", "n") == [("no episode", "1"), ("no episode", "1")]


def test_children_are_counted_by_the_number_of_their_tests(given, registry):
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
        B       | 100 | 0.3
        C       | 100 | 0.3
    """)  # fmt: skip
    tests = [("B", 101, 1), ("C", 101, 4)]
    for child, first, n in tests:
        for test in range(n):
            given("antibody_test", f"""
                patient | day            | test | result
                {child} | {first + test} | GIFT | negative
            """)  # fmt: skip
    given("diagnosis", HARMLESS)
    given("treatment", COURSE)
    truth = truth_of("""
        patient | true_class | onset
        A       | idiopathic |  90
        B       | idiopathic |  90
        C       | idiopathic |  90
    """)  # fmt: skip
    found = ain.confusion_by_tests(registry(), truth)
    assert found.select("at", "found", "n").rows() == [
        ("0 tests", "untested", 1),
        ("1 test", "probable_primary", 1),
        ("4 tests or more", "idiopathic", 1),
    ]


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (pl.DataFrame({"patient_id": ["A"]}), "lacks the column"),
        ("""
            patient | true_class | onset
            A       | idiopathic |  90
            A       | idiopathic |  90
        """, "two rows"),
        ("""
            patient | true_class | onset
            A       | mystery    |  90
        """, "no case classes"),
        ("""
            patient | true_class | onset
            Z       | idiopathic |  90
        """, "1 children of the registry have no row"),
    ],
)  # fmt: skip
def test_a_truth_that_is_none_is_refused(given, registry, truth, said):
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
    """)  # fmt: skip
    with pytest.raises(BadFrame, match=said):
        ain.class_confusion(registry(), truth if isinstance(truth, pl.DataFrame) else truth_of(truth))


def test_no_month_is_asked_where_facts_do_not_tell_the_past(given, registry):
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
    """)  # fmt: skip
    truth = truth_of("""
        patient | true_class | onset
        A       | idiopathic |  90
    """)  # fmt: skip
    strict = registry(unconfirmed_end="censor")
    with pytest.raises(BadDefinition, match="months"):
        ain.class_confusion(strict, truth)
    assert ain.class_confusion(strict, truth, months=())["n"].sum() == 2


# --- accuracy -----------------------------------------------------------------------------------------

CELLS = [
    ("primary_autoimmune", "primary_autoimmune", 10),
    ("primary_autoimmune", "probable_primary", 4),
    ("primary_autoimmune", "untested", 6),
    ("secondary_autoimmune", "primary_autoimmune", 5),
    ("idiopathic", "probable_primary", 6),
    ("idiopathic", "no_episode", 4),
    ("congenital", "congenital", 10),
    ("congenital", "not_reached", 3),
]


def confusion_of(cells, way="rules", at="end"):
    rows = [(way, at, *cell) for cell in cells]
    return pl.DataFrame(rows, schema=["way", "at", "true_class", "found", "n"], orient="row")


def rated(accuracy):
    return {
        (row["case_class"], row["measure"]): (row["n"], row["of"]) for row in accuracy.iter_rows(named=True)
    }


def test_sensitivity_and_predictive_value_are_shares_of_rows_and_columns():
    found = rated(ain.class_accuracy(confusion_of(CELLS)))
    # 14 + 5 of the 25 truly autoimmune are found so, and 6 idiopathic besides.
    assert found["autoimmune", "sensitivity"] == (19, 25)
    assert found["autoimmune", "predictive_value"] == (19, 25)
    assert found["primary_autoimmune", "sensitivity"] == (10, 20)
    assert found["primary_autoimmune", "predictive_value"] == (10, 15)
    assert found["probable_primary", "sensitivity"] == (4, 20)
    assert found["probable_primary", "predictive_value"] == (4, 10)
    assert found["idiopathic", "sensitivity"] == (0, 10)
    assert found["secondary_autoimmune", "sensitivity"] == (0, 5)
    assert found["congenital", "sensitivity"] == (10, 10)


def test_limits_are_exact():
    accuracy = ain.class_accuracy(confusion_of(CELLS)).filter(measure="sensitivity")
    limits = {row["case_class"]: row for row in accuracy.iter_rows(named=True)}
    tail = 0.025 ** (1 / 10)  # none of ten: 1 - upper is the tenth root of the tail's share
    assert limits["idiopathic"]["lower"] == 0
    assert limits["idiopathic"]["upper"] == pytest.approx(1 - tail)
    assert limits["congenital"]["lower"] == pytest.approx(tail)
    assert limits["congenital"]["upper"] == 1
    half = limits["primary_autoimmune"]  # 10 of 20: each limit leaves 2.5 % beyond what was seen
    assert binom.sf(9, 20, half["lower"]) == pytest.approx(0.025)
    assert binom.cdf(10, 20, half["upper"]) == pytest.approx(0.025)
    narrow = ain.class_accuracy(confusion_of(CELLS), confidence=0.5).filter(case_class="congenital")
    assert narrow["lower"][0] == pytest.approx(0.25 ** (1 / 10))


def test_where_there_is_nobody_to_divide_by_it_says_why():
    accuracy = ain.class_accuracy(confusion_of(CELLS))
    lacks = {
        (row["case_class"], row["measure"]): (row["share"], row["lower"], row["lacks"])
        for row in accuracy.iter_rows(named=True)
    }
    assert lacks["secondary_autoimmune", "predictive_value"] == (None, None, "no child was found so")
    assert lacks["untested", "predictive_value"] == (None, None, "the class names no cause")
    assert lacks["congenital", "sensitivity"][2] is None


def test_ways_that_only_count_are_rated_for_the_autoimmune_alone():
    cells = [
        ("primary_autoimmune", "counted", 6),
        ("secondary_autoimmune", "not_counted", 2),
        ("congenital", "counted", 3),
        ("congenital", "not_counted", 1),
    ]
    found = rated(ain.class_accuracy(confusion_of(cells, way="any_d70")))
    assert found == {("autoimmune", "sensitivity"): (6, 8), ("autoimmune", "predictive_value"): (6, 9)}


# --- codes only ---------------------------------------------------------------------------------------


def test_codes_count_from_their_first_day_until_one_names_another_kind(given, registry):
    given("diagnosis", """
        patient    | day | code
        unspecific |  10 | D70.9
        unspecific |  20 | D70.8
        bare       |  10 | d70
        no_dot     |  10 | d708
        congenital |  10 | D70.0
        becomes    |  10 | D70.8
        becomes    |  50 | D70.2
        became     |  10 | D70.2
        became     |  50 | D70.9
        same_day   |  10 | D70.9
        same_day   |  10 | D70.1
        neonatal   |   5 | P61.5
        was_newborn|   5 | P61.5
        was_newborn|  10 | D70.9
        neighbour  |  10 | D71
        neighbour  |  11 | D69.9
        infection  |  10 | H66.9
    """)  # fmt: skip
    given("birth", "\n".join(["patient | birth_date", "healthy | 2018-01-01"]))
    found = days(ain.codes_only(registry()), "way", "patient_id", "counted_from", "counted_to")
    assert found == sorted(
        [
            ("any_d70", "unspecific", "10", "None"),
            ("any_d70", "bare", "10", "None"),
            ("any_d70", "no_dot", "10", "None"),
            ("any_d70", "congenital", "10", "None"),
            ("any_d70", "becomes", "10", "None"),
            ("any_d70", "became", "10", "None"),
            ("any_d70", "same_day", "10", "None"),
            ("any_d70", "was_newborn", "10", "None"),
            ("unspecific_d70", "unspecific", "10", "None"),
            ("unspecific_d70", "bare", "10", "None"),
            ("unspecific_d70", "no_dot", "10", "None"),
            ("unspecific_d70", "becomes", "10", "50"),
        ]
    )


# --- phenotype 213 ------------------------------------------------------------------------------------


def cohorts(registry):
    return days(ain.phenotype_213(registry), "patient_id", "cohort_start_on", "cohort_end_on")


def test_phenotype_213_enters_at_one_count_within_its_limits(given, registry):
    given("anc", """
        patient   | day | anc    | unit
        zero      | 100 | 0      | 10*9/L
        floor     | 100 | 0.01   | 10*9/L
        under     | 100 | 0.009  | 10*9/L
        ceiling   | 100 | 1.499  | 10*9/L
        gap       | 100 | 1.4995 | 10*9/L
        above     | 100 | 1.5    | 10*9/L
        per_uL    | 100 | 1499   | /uL
        ten_uL    | 100 | 10     | /uL
        no_unit   | 100 | 0.5    | lumps
    """)  # fmt: skip
    assert cohorts(registry()) == [
        (name, "100", "121") for name in ("ceiling", "floor", "per_uL", "ten_uL")
    ]  # fmt: skip


def test_phenotype_213_does_not_compute_a_count(given, registry):
    given("lab_result", """
        patient | sampled_at | code   | value | unit   | specimen_id
        A       | 100        | 6690-2 | 5.0   | 10*9/L | S1
        A       | 100        | 770-8  | 10    | %      | S1
        B       | 100        | 751-8  | 0.5   | 10*9/L | S2
    """)  # fmt: skip
    opened = registry()
    assert opened.frame("anc_result")["anc"].to_list() == [0.5, 0.5]  # the program itself does
    assert cohorts(opened) == [("B", "100", "121")]


def test_phenotype_213_enters_at_a_code_and_leaves_out_the_congenital(given, registry):
    given("diagnosis", """
        patient   | day | code
        neutro    | 100 | D70.9
        cyclic    | 100 | D70.4
        newborn   |   3 | P61.5
        leuko     | 100 | D72.819
        otitis    | 100 | H66.9
        never     | 100 | D70.0
        before    |  10 | D70.0
        on_day_7  | 107 | D70.0
        on_day_8  | 108 | D70.0
        metabolic | 100 | E71.121
    """)  # fmt: skip
    given("anc", """
        patient   | day | anc
        before    | 100 | 0.5
        on_day_7  | 100 | 0.5
        on_day_8  | 100 | 0.5
        metabolic | 100 | 0.5
    """)  # fmt: skip
    assert cohorts(registry()) == [
        ("cyclic", "100", "121"),
        ("leuko", "100", "121"),
        ("neutro", "100", "121"),
        ("newborn", "3", "24"),
        ("on_day_8", "100", "121"),
    ]


def test_phenotype_213_is_stopped_by_a_normal_count_of_4_to_8_25_only(given, registry):
    given("anc", """
        patient  | day | anc
        same_day | 100 | 0.5
        same_day | 100 | 4.0
        top      | 100 | 0.5
        top      | 100 | 8.25
        dead_low | 100 | 0.5
        dead_low | 100 | 3.99
        dead_top | 100 | 0.5
        dead_top | 100 | 8.26
        early    | 100 | 0.5
        early    | 110 | 4.0
        band     | 100 | 0.5
        band     | 110 | 3.99
        last     | 100 | 0.5
        last     | 121 | 5.0
        late     | 100 | 0.5
        late     | 122 | 5.0
    """)  # fmt: skip
    assert cohorts(registry()) == [
        ("band", "100", "121"),
        ("dead_low", "100", "121"),
        ("dead_top", "100", "121"),
        ("early", "100", "110"),
        ("last", "100", "121"),
        ("late", "100", "121"),
    ]


def test_phenotype_213_joins_what_follows_within_a_year(given, registry):
    # The first cohort ends on day 121; 365 days later is day 486.
    given("anc", """
        patient | day  | anc
        joined  | 100  | 0.5
        joined  | 486  | 0.5
        apart   | 100  | 0.5
        apart   | 487  | 0.5
        stopped | 100  | 0.5
        stopped | 105  | 4.5
        stopped | 471  | 0.5
        end     | 2730 | 0.5
    """)  # fmt: skip
    assert cohorts(registry()) == [
        ("apart", "100", "121"),
        ("apart", "487", "508"),
        ("end", "2730", "2737"),  # the extract ends on day 2737
        ("joined", "100", "507"),
        ("stopped", "100", "105"),
        ("stopped", "471", "492"),
    ]


def slow_phenotype(registry):
    """Walk through each child's events, one day after the other."""
    neutropenia = {"D70.1", "D70.2", "D70.3", "D70.4", "D70.8", "D70.9", "P61.5"}
    events = {}
    for row in registry.frame("anc_result").iter_rows(named=True):
        if row["anc_method"].startswith("absolute"):
            events.setdefault(row["patient_id"], []).append((row["sampled_on"], row["anc"]))
    for row in registry.frame("cause").iter_rows(named=True):
        events.setdefault(row["patient_id"], []).append((row["recorded_on"], row["code"]))
    found = []
    for child, seen in events.items():
        normal = sorted(day for day, what in seen if isinstance(what, float) and 4 <= what <= 8.25)
        congenital = [day for day, what in seen if what == "D70.0"]
        cohorts = []
        for day in sorted(
            day
            for day, what in seen
            if what in neutropenia or (isinstance(what, float) and 0.01 <= what <= 1.499)
        ):
            if day in normal or any(known <= day + timedelta(7) for known in congenital):
                continue
            stops = [one for one in normal if one >= day]
            end = min([day + timedelta(21), registry.extract.extracted_on, *stops[:1]])
            if cohorts and day <= cohorts[-1][1] + timedelta(365):
                cohorts[-1][1] = max(cohorts[-1][1], end)
            else:
                cohorts.append([day, end])
        found += [(child, *cohort) for cohort in cohorts]
    return sorted(found)


def test_phenotype_213_is_what_a_walk_through_the_days_finds(opened):
    found = ain.phenotype_213(opened)
    assert sorted(found.rows()) == slow_phenotype(opened)
    assert found["patient_id"].n_unique() < found.height  # some children enter twice


def test_who_is_counted_is_asked_on_the_same_days_as_the_class(given, registry):
    # Onset on day 100, baseline to day 190.
    given("anc", """
        patient | day | anc
        A       | 100 | 0.3
        B       | 100 | 0.0
        C       | 100 | 3.0
    """)  # fmt: skip
    given("diagnosis", """
        patient | day | code
        A       | 190 | D70.9
        A       | 200 | D70.3
        B       | 191 | D70.9
        C       | 100 | D70.9
    """)  # fmt: skip
    truth = truth_of("""
        patient | true_class           | onset
        A       | primary_autoimmune   |  100
        B       | primary_autoimmune   |  100
        C       | transient_unexplained |  100
    """)  # fmt: skip
    found = ain.counted_confusion(registry(), truth, months=())
    counted = {
        (row["way"], row["at"], row["true_class"]): row["n"]
        for row in found.filter(found="counted").iter_rows(named=True)
    }
    primary, other = "primary_autoimmune", "transient_unexplained"
    assert counted == {
        ("any_d70", "baseline", primary): 1,  # A on its last day, B a day later
        ("any_d70", "baseline", other): 1,
        ("any_d70", "end", primary): 2,
        ("any_d70", "end", other): 1,
        ("unspecific_d70", "baseline", primary): 1,
        ("unspecific_d70", "baseline", other): 1,
        ("unspecific_d70", "end", primary): 1,  # B; A has become one of infection
        ("unspecific_d70", "end", other): 1,
        ("phenotype_213", "baseline", primary): 1,  # A by its count; a count of 0 does not enter
        ("phenotype_213", "baseline", other): 1,
        ("phenotype_213", "end", primary): 2,
        ("phenotype_213", "end", other): 1,
    }


# --- simulated children -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made_up():
    return ain.simulate(800, seed=3)


@pytest.fixture(scope="module")
def opened(made_up):
    with ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on) as registry:
        yield registry


def test_every_child_is_in_every_moment_of_every_way_once(made_up, opened):
    of_class = dict(made_up.truth["true_class"].value_counts().rows())
    everything = pl.concat(
        [ain.class_confusion(opened, made_up.truth), ain.counted_confusion(opened, made_up.truth)]
    )
    sums = everything.group_by("way", "at", "true_class").agg(pl.col("n").sum())
    assert sums.height == 4 * 5 * len(of_class)
    assert all(row["n"] == of_class[row["true_class"]] for row in sums.iter_rows(named=True))
    by_tests = ain.confusion_by_tests(opened, made_up.truth)
    summed = by_tests.group_by("true_class", "found").agg(pl.col("n").sum())
    at_end = everything.filter(way="rules", at="end")
    columns = ("true_class", "found", "n")
    assert told(summed, *columns) == told(at_end, *columns)


def test_the_classes_at_baseline_and_at_the_end_are_those_of_classify(made_up, opened):
    first = (
        ain.classify(opened)
        .filter(pl.col("episode_number") == 1)
        .select("patient_id", baseline="case_class", end="case_class_at_end")
    )
    wanted = made_up.truth.join(first, on="patient_id")
    found = ain.class_confusion(opened, made_up.truth, months=())
    for at in ("baseline", "end"):
        counts = wanted.group_by("true_class", at).agg(pl.len().alias("n"))
        of_episodes = found.filter(
            pl.col("at") == at, ~pl.col("found").cast(pl.String).is_in(["no_episode", "set_aside"])
        )
        assert told(counts, "true_class", at, "n") == told(of_episodes, "true_class", "found", "n")


def clean(**care):
    """Make a registry of children with antibodies, without any error and whatever else hides them."""
    course = next(one for one in USUAL.courses if one.true_class == "primary_autoimmune")
    errors = [
        *LAB_ERRORS,
        "duplicate",
        "incomplete",
        "other_bad_date",
        "other_unknown_patient",
        "other_duplicate",
        "bad_birth_date",
        "conflicting_birth_date",
        "duplicate_patient",
        "missing_patient_id",
        "other_lines_share",
        "same_day_share",
    ]
    return replace(
        USUAL,
        courses=(replace(course, share=1.0, tested_share=1.0),),
        disorder=replace(USUAL.disorder, **dict.fromkeys(errors, 0.0)),
        care=replace(
            USUAL.care,
            earlier_count_share=0.0,
            prophylaxis_share=0.0,
            indeterminate_share=0.0,
            retest_share=1.0,
            first_test_days=1e-9,
            retest_days=1e-9,
            specificities=(("HNA-1a", 1.0),),
            **care,
        ),
    )


def test_a_test_that_never_errs_finds_every_child_at_baseline():
    demo = ain.simulate(300, seed=4, parameters=clean(sensitivity=1.0))
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.class_confusion(registry, demo.truth)
    assert set(found.filter(pl.col("found") != "not_reached")["found"]) == {"primary_autoimmune"}


def test_more_tests_find_more_as_the_sensitivity_of_one_test_says():
    confusion = ain.confusion_by_testing(300, seed=5, most_tests=(0, 1, 3), parameters=clean(sensitivity=0.7))
    accuracy = ain.class_accuracy(confusion).filter(case_class="primary_autoimmune", measure="sensitivity")
    n = dict(accuracy.select("at", "n").rows())
    assert n["at most 0 tests"] == 0
    # Each child is tested on the day of its first count: 7 of 10 are positive at the first test.
    assert binom.ppf(0.0001, 300, 0.7) <= n["at most 1 test"] <= binom.ppf(0.9999, 300, 0.7)
    # At most 1 - 0.3³ = 97.3 % at the third; a few children do not come again.
    assert n["at most 1 test"] < 250 < n["at most 3 tests"] <= binom.ppf(0.9999, 300, 0.973)


def test_nobody_has_antibodies_where_nobody_is_tested():
    confusion = ain.confusion_by_testing(200, seed=6, most_tests=(0,))
    assert not {"primary_autoimmune", "probable_primary", "idiopathic"} & set(confusion["found"])
    assert confusion["n"].sum() == 200


# --- pictures -----------------------------------------------------------------------------------------


def values(spec):
    """Give every row of data that a chart holds."""
    return [row for rows in spec["datasets"].values() for row in rows]


def test_the_matrix_shows_each_number_and_its_share_of_the_row():
    cells = confusion_of([cell for cell in CELLS if cell[1] != "not_reached"])
    rows = values(chart_confusion(cells).to_dict())
    shown = {(row["true_class"], row["found"]): (row["n"], row["share"], row["is_right"]) for row in rows}
    assert shown["primary_autoimmune", "primary_autoimmune"] == (10, 0.5, True)
    assert shown["primary_autoimmune", "probable_primary"] == (4, 0.2, True)
    assert shown["idiopathic", "no_episode"] == (4, 0.4, False)
    assert shown["congenital", "untested"] == (None, 0.0, False)
    assert sum(row["n"] or 0 for row in rows) == 45


def test_children_whose_data_end_earlier_are_not_drawn():
    rows = values(chart_confusion(confusion_of(CELLS)).to_dict())
    assert "not_reached" not in {row["found"] for row in rows}
    assert {row["row"] for row in rows if row["true_class"] == "congenital"} == {"congenital (10)"}


def test_each_share_is_drawn_with_its_limits_and_the_numbers_behind_it():
    accuracy = ain.class_accuracy(confusion_of(CELLS))
    spec = chart_accuracy(accuracy).to_dict()
    assert [panel["layer"][0]["encoding"]["x"]["axis"]["title"] for panel in spec["hconcat"]] == [
        "Sensitivity",
        "Positive predictive value",
    ]
    said = {(row["group"], row["measure"]): row["said"] for row in values(spec)}
    assert said["autoimmune", "sensitivity"] == "19 of 25"
    assert ("untested", "sensitivity") not in said


def test_several_ways_are_compared_on_the_autoimmune():
    counted = confusion_of(
        [("primary_autoimmune", "counted", 6), ("congenital", "counted", 3)], "phenotype_213"
    )
    both = ain.class_accuracy(pl.concat([confusion_of(CELLS), counted]))
    rows = values(chart_accuracy(both).to_dict())
    assert {row["row"] for row in rows} == {"rules of this program", "OHDSI phenotype 213"}
    assert {row["group"] for row in rows} == {"end"}


def test_nothing_to_draw_is_said():
    empty = confusion_of(CELLS).clear()
    assert "Nothing to draw" in str(chart_confusion(empty).to_dict())
    assert "Nothing to draw" in str(chart_accuracy(ain.class_accuracy(confusion_of(CELLS)).clear()).to_dict())
