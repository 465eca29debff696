"""What goes with neutropenia: small registries by hand, windows on their edges, and planted effects."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

import ain_analytics as ain
from ain_analytics.antibody_yield import yield_by_number
from ain_analytics.association_result import Association
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.diagnosed import described
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.exposure_windows import after_each
from ain_analytics.infection_rates import infections_of, rates_by_state, states_of
from ain_analytics.later_doses import without_later
from ain_analytics.person_time import band_terms, cut, events_in, in_age_bands
from ain_analytics.self_controlled import DESIGNS, self_controlled
from ain_analytics.synthetic import Exposures, NaturalHistory
from ain_analytics.treatment_response import response_of, treatment_response
from ain_analytics.triggers import exposures_of, observed, trigger_series

from .conftest import BORN, read_table

GOLDEN = Path(__file__).parent / "golden" / "associations"


def frame(text: str) -> pl.DataFrame:
    """Read a table; `…_on`, `on` and `birth_date` are days since birth, `is_…` is yes or no."""
    header, rows = read_table(text)
    columns = {name: [row[name] for row in rows] for name in header}

    def cell(name: str, value: str | None) -> object:
        if value is None:
            return None
        if name in ("on", "birth_date", "resolution_after", "onset_after", "resolution_by", "onset_by") or (
            name.endswith("_on")
        ):
            return BORN + timedelta(int(value))
        if name.startswith("is_"):
            return value == "yes"
        return int(value) if name in ("episode_number", "age_days", "days", "n") else value

    return pl.DataFrame({name: [cell(name, x) for x in values] for name, values in columns.items()})


def numbers(found: Association, quantity: str) -> dict[tuple[str, str], tuple[int | None, int | None]]:
    rows = found.table.filter(pl.col("quantity") == quantity)
    return {(g, c): (n, of) for g, c, n, of in rows.select("group", "category", "n", "of").rows()}


CHILDREN = frame("""
    patient | birth_date
    P1      | 0
    P2      | 0
""").with_columns(pl.lit(None, pl.Date).alias("enrolled_on"), pl.lit(None, pl.Date).alias("died_on"))


def test_a_period_is_cut_on_the_first_day_of_each_piece() -> None:
    periods = frame("""
        patient | from_on | to_on
        P1      | 10      | 20
        P1      | 30      | 30
    """)
    at = frame("""
        patient | on
        P1      | 10
        P1      | 15
        P1      | 19
        P1      | 20
        P2      | 12
    """)
    found = cut(periods, at).select(
        *((pl.col(name) - BORN).dt.total_days().alias(name) for name in ("from_on", "to_on"))
    )
    assert found.rows() == [(10, 15), (15, 19), (19, 20)]


def test_an_event_belongs_to_the_piece_that_holds_its_day() -> None:
    pieces = frame("""
        patient | from_on | to_on
        P1      | 10      | 15
        P1      | 15      | 20
        P1      | 25      | 30
    """)
    events = frame("""
        patient | on
        P1      | 9
        P1      | 10
        P1      | 14
        P1      | 15
        P1      | 19
        P1      | 20
        P1      | 24
        P2      | 12
    """)
    assert events_in(pieces, events)["n"].to_list() == [2, 2, 0]


def test_a_band_of_age_begins_on_the_birthday_by_the_calendar() -> None:
    """Twelve months after 1 January 2018 is day 365."""
    periods = frame("""
        patient | from_on | to_on
        P1      | 360     | 370
    """)
    found = in_age_bands(periods, CHILDREN, (6, 12)).sort("from_on")
    assert found["age_months"].to_list() == [6, 12]
    assert found["from_on"].to_list()[1] == date(2019, 1, 1)


def test_bands_with_few_events_are_put_together() -> None:
    rows = pl.DataFrame(
        {
            "child": ["A"] * 4 + ["B"],
            "age_months": [0, 3, 6, 9, 0],
            "n": [4, 6, 12, 3, 50],
        }
    )
    columns = band_terms(rows, "child", fewest=10)
    assert [column.tolist() for column in columns] == [[True, True, False, False, True]]


EPISODES = frame("""
    patient | episode_number | onset_after | onset_by | resolution_after | resolution_by | is_resolved | censored_on | last_observed_on
    P1      | 1              |             | 100      | 300              | 341           | yes         |             | 600
    P1      | 2              | 400         | 411      |                  |               | no          | 500         | 600
    P2      | 1              | 90          | 100      |                  |               | no          | 250         | 250
""")  # noqa: E501
DETECTIONS = frame("""
    patient | episode_number | detected_on
    P1      | 1              | 110
    P2      | 1              | 100
""")


def periods_in_days(periods: pl.DataFrame) -> list[tuple[str, str, int, int]]:
    days = [(pl.col(name) - BORN).dt.total_days().alias(name) for name in ("from_on", "to_on")]
    return periods.select("patient_id", "state", *days).rows()


def test_person_time_begins_after_detection_and_its_states_meet_halfway() -> None:
    """Detected on day 110: from 111. Low on 300, normal on 341: recovered 21 days later
    than 300. Normal on 400, low on 411: again low from 406. Open: to the last low count, then none."""
    assert periods_in_days(states_of(EPISODES, DETECTIONS, CHILDREN, definitions=TEXTBOOK)) == [
        ("P1", "neutropenic", 111, 321),
        ("P1", "recovered", 321, 406),
        ("P1", "neutropenic", 406, 501),
        ("P2", "neutropenic", 101, 251),
    ]


def test_person_time_begins_after_enrolment_if_entry_is_heeded_and_ends_with_death() -> None:
    children = CHILDREN.with_columns(
        pl.lit(BORN + timedelta(200)).alias("enrolled_on"), pl.lit(BORN + timedelta(230)).alias("died_on")
    )
    found = periods_in_days(states_of(EPISODES, DETECTIONS, children, definitions=TEXTBOOK))
    assert found == [("P1", "neutropenic", 201, 231), ("P2", "neutropenic", 201, 231)]
    without = states_of(EPISODES, DETECTIONS, children, definitions=replace(TEXTBOOK, uses_entry=False))
    assert periods_in_days(without)[0] == ("P1", "neutropenic", 111, 231)


def test_infections_are_counted_once_in_their_state() -> None:
    """Day 110 led to the detection. 120 and 134 are one otitis, 149 (15 days on) the next; 405 is well."""
    infections = frame("""
        patient | on  | kind         | severity
        P1      | 110 | impetigo     | mild
        P1      | 120 | otitis_media | mild
        P1      | 134 | otitis_media | mild
        P1      | 149 | otitis_media | mild
        P1      | 149 | pneumonia    | severe
        P1      | 405 | otitis_media | mild
        P1      | 406 | pneumonia    | severe
        P2      | 251 | otitis_media | mild
    """)
    periods = states_of(EPISODES, DETECTIONS, CHILDREN, definitions=TEXTBOOK)
    found = rates_by_state(periods, infections, CHILDREN)
    low, well = 210 + 95 + 150, 85
    assert numbers(found, "rate") == {
        ("any", "neutropenic"): (4, low),
        ("any", "recovered"): (1, well),
        ("mild", "neutropenic"): (2, low),
        ("mild", "recovered"): (1, well),
        ("severe", "neutropenic"): (2, low),
        ("severe", "recovered"): (0, well),
    }
    assert found.value("rate", group="any", category="neutropenic")[0] == pytest.approx(4 / low * 365.25)
    assert found.value("rate_ratio", group="any", category="crude")[0] == pytest.approx(4 / low * well)
    with pytest.raises(BadDefinition, match="must be one of severity, kind"):
        rates_by_state(periods, infections, CHILDREN, by="site")


def test_fever_and_noninfective_diarrhoea_are_no_infections(given, registry) -> None:
    given("diagnosis", """
        patient | day | code
        P1      | 10  | H66.9
        P1      | 11  | R50.9
        P1      | 12  | K52.9
        P1      | 13  | J18.9
        P1      | 14  | B34.3
    """)  # fmt: skip
    found = infections_of(registry().frame("cause")).sort("on")
    assert found.select("kind", "severity").rows() == [("otitis_media", "mild"), ("pneumonia", "severe")]


TESTS = frame("""
    patient | sampled_on | is_positive
    A       | 10         | no
    A       | 20         | yes
    A       | 30         | yes
    B       | 10         | no
    B       | 10         | yes
    C       | 10         | no
    C       | 40         | no
    C       | 50         | no
    D       | 10         | no
""")


def test_each_antibody_test_has_its_own_denominator() -> None:
    """First test: B of four. Second: A of A, C. Third: none of C. Had all had two: 1 − 3/4 · 1/2."""
    found = yield_by_number(TESTS, n_children=6)
    assert numbers(found, "share_positive") == {
        ("test 1", "positive"): (1, 4),
        ("test 2", "positive"): (1, 2),
        ("test 3", "positive"): (0, 1),
    }
    assert found.value("cumulative_share_positive", group="test 2")[0] == pytest.approx(1 - 3 / 4 * 1 / 2)
    assert found.value("share_ever_positive", group="test 3")[0] == pytest.approx(2 / 4)
    assert found.assumptions[0] == "2 of 6 children were not tested; they are in no denominator."
    assert found.assumptions[1].startswith("1 tests after a first positive one")


def test_antibody_tests_of_mothers_and_of_long_ago_do_not_count(given, registry) -> None:
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.3
        P2      | 200 | 0.3
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result   | subject
        P1      | 109 | GIFT | negative |
        P1      | 110 | GIFT | negative |
        P1      | 210 | GIFT | positive |
        P2      | 200 | GIFT | positive | mother
    """)  # fmt: skip
    found = ain.antibody_yield(registry())
    assert numbers(found, "share_positive") == {
        ("test 1", "positive"): (0, 1),
        ("test 2", "positive"): (1, 1),
    }


COUNTS = frame("""
    patient | sampled_on | is_neutropenic | is_normal
    A       | 100        | yes            | no
    A       | 107        | no             | yes
    B       | 70         | yes            | no
    B       | 108        | no             | yes
    C       | 69         | yes            | no
    C       | 101        | no             | yes
    D       | 100        | yes            | no
    D       | 103        | yes            | no
    E       | 100        | no             | yes
    E       | 101        | no             | yes
    F       | 100        | yes            | no
    F       | 107        | no             | yes
    G       | 100        | yes            | no
    G       | 108        | no             | yes
""")
COURSES = frame("""
    patient | started_on | role
    A       | 100        | gcsf
    A       | 100        | gcsf_long
    B       | 100        | gcsf
    C       | 100        | gcsf
    D       | 100        | ivig
    D       | 200        | ivig
    E       | 100        | gcsf
    A       | 50         | betalactam
""")


def test_a_response_is_looked_for_in_its_window_after_a_low_count() -> None:
    """A: low on the day itself, normal on day 7: answered. B: low 30 days before, none until day 8. C: the
    low count is 31 days old. E: not low. D: no answer by IVIG. Without a drug: F by day 7, G has no count."""
    found = response_of(COUNTS, COURSES)
    assert numbers(found, "share_responding") == {
        ("G-CSF", "answered"): (1, 1),
        ("IVIG", "answered"): (0, 1),
        ("no course", "answered"): (1, 1),
    }
    assert numbers(found, "share_responding_at_least")["G-CSF", "answered"] == (1, 2)
    with pytest.raises(EmptyStratum, match="no course began at a low count"):
        response_of(COUNTS, COURSES.filter(pl.col("patient_id") == "E"))


def test_masked_counts_answer_a_treatment(given, registry) -> None:
    given("anc", """
        patient | day | anc
        P1      | 400 | 0.2
        P1      | 403 | 1.5
        P2      | 400 | 0.2
        P2      | 403 | 1.4
    """)  # fmt: skip
    given("treatment", """
        patient | day | code
        P1      | 400 | L03AA02
        P2      | 400 | L03AA02
    """)  # fmt: skip
    assert numbers(treatment_response(registry()), "share_responding")["G-CSF", "answered"] == (1, 2)


def test_age_sex_and_ancestry_have_their_denominators() -> None:
    children = pl.DataFrame(
        {
            "is_ain": [True] * 5 + [False] * 2,
            "age_days": [100, 200, 300, 400, 500, 10, 20],
            "sex": ["female", "female", "male", "unknown", "female", "male", "female"],
            "ancestry": ["x", "y", "x", "not_recorded", "x", "x", "y"],
        }
    )
    found = described(children, reference={"x": 0.5, "z": 0.1})
    assert numbers(found, "share_of_sex")["autoimmune", "girls"] == (3, 4)
    assert numbers(found, "share_of_ancestry")["autoimmune", "z"] == (0, 4)
    assert found.value("ratio_to_reference", group="autoimmune", category="x")[0] == pytest.approx(0.75 / 0.5)
    assert found.value("median_age", group="autoimmune")[0] == pytest.approx(300 / (365.25 / 12))
    with pytest.raises(BadDefinition, match="shares between 0 and 1 of one whole"):
        described(children, reference={"x": 0.7, "y": 0.5})


def test_the_odds_of_girls_are_those_of_fisher_test() -> None:
    """R's numbers stand in golden/associations/odds_ratio.csv: 13 girls and 10 boys beside 8 and 15.

    R finds the limits to about four digits, scipy to more.
    """
    sexes = ["female"] * 13 + ["male"] * 10 + ["female"] * 8 + ["male"] * 15
    children = pl.DataFrame(
        {"is_ain": [True] * 23 + [False] * 23, "age_days": [1] * 46, "sex": sexes, "ancestry": ["x"] * 46}
    )
    row = described(children).table.filter(pl.col("quantity") == "odds_ratio").row(0, named=True)
    golden = pl.read_csv(GOLDEN / "odds_ratio.csv").row(0, named=True)
    for name in ("value", "lower", "upper", "p"):
        assert row[name] == pytest.approx(golden[name], rel=1e-3)


SHORT = replace(
    TEXTBOOK,
    name="short",
    trigger_before_days=5,
    trigger_risk_days=10,
    trigger_follow_days=20,
    age_band_months=(),
)
ONSETS = frame("""
    patient | birth_date | onset_on | from_on | to_on
    P1      | 0          | 110      | 50      | 200
    P2      | 0          | 150      | 50      | 200
""")


def windows(text: str, design: str) -> list[tuple[str, int, str, int, int]]:
    pieces = DESIGNS[design](ONSETS, frame(text), SHORT)
    return (
        pieces.filter(pl.col("patient_id") == "P1")
        .group_by("stratum", "window")
        .agg(pl.col("days", "n").sum())
        .sort("stratum", "window")
        .rows()
    )


def test_windows_meet_on_the_days_that_are_said() -> None:
    """Exposed on day 100: 95 to 99 before, 100 itself, 101 to 110 at risk; the onset on 110 is at risk."""
    assert windows("patient | on\n P1 | 100", "whole_time") == [
        (0, "at risk", 10, 1),
        (0, "before", 5, 0),
        (0, "control", 134, 0),
        (0, "day of exposure", 1, 0),
    ]


@pytest.mark.parametrize(
    ("on", "window"),
    [(99, "control"), (100, "at risk"), (109, "at risk"), (110, "day of exposure"), (111, "before"),
     (115, "before"), (116, "control")],
)  # fmt: skip
def test_the_onset_of_day_110_lies_in_the_window_of_an_exposure(on: int, window: str) -> None:
    found = windows(f"patient | on\n P1 | {on}", "whole_time")
    assert [name for _, name, _, n in found if n] == [window]


def test_a_day_at_risk_of_one_exposure_is_not_before_the_next() -> None:
    """Exposed on 100 and 108: risk 101 to 107, exposure 108, risk 109 to 118."""
    found = {name: days for _, name, days, _ in windows("patient | on\n P1 | 100\n P1 | 108", "whole_time")}
    assert found == {"at risk": 17, "before": 5, "control": 126, "day of exposure": 2}


def test_after_an_exposure_time_runs_to_its_end_whatever_comes_later() -> None:
    """Exposed on 100 and 105: the onset on 110 is at risk of both; each has its own 20 days after it."""
    assert windows("patient | on\n P1 | 100\n P1 | 105", "after_exposure") == [
        (1, "at risk", 10, 1),
        (1, "control", 10, 0),
        (1, "day of exposure", 1, 0),
        (2, "at risk", 10, 1),
        (2, "control", 10, 0),
        (2, "day of exposure", 1, 0),
    ]


@pytest.mark.parametrize(
    ("later", "now"), [(109, "at risk"), (110, "day of exposure"), (111, "control"), (99, "control")]
)
def test_a_piece_says_what_the_last_exposure_before_it_made_of_it(later: int, now: str) -> None:
    """The onset on 110 is control time of an exposure on 95, unless a later one changes that."""
    doses = frame(f"patient | on\n P1 | 95\n P1 | {later}" if later != 99 else "patient | on\n P1 | 95")
    pieces = after_each(ONSETS, doses, SHORT)
    onset = pieces.filter(pl.col("n") == 1, pl.col("stratum") == 1)
    assert onset.select("window", "now").rows() == [("control", now)]


def test_time_observed_is_not_chosen_by_the_onset() -> None:
    """From day 28 to the age of 60 months (day 1826), the extract or the death, that day included."""
    children = pl.DataFrame(
        {
            "patient_id": ["old", "extract", "dead"],
            "birth_date": [BORN, date(2023, 1, 1), BORN],
            "died_on": [None, None, BORN + timedelta(500)],
            "onset_by": [BORN + timedelta(100), date(2023, 2, 1), BORN + timedelta(100)],
        }
    )
    found = observed(children, date(2025, 1, 1), TEXTBOOK)
    assert (found["from_on"] - children["birth_date"]).dt.total_days().to_list() == [28, 28, 28]
    assert (found["to_on"] - children["birth_date"]).dt.total_days().to_list() == [1826, 732, 501]


def test_onsets_outside_the_time_observed_are_counted_and_left_out() -> None:
    onsets = pl.concat([ONSETS, frame("""
        patient | birth_date | onset_on | from_on | to_on
        P3      | 0          | 49       | 50      | 200
        P4      | 0          | 200      | 50      | 200
    """)])  # fmt: skip
    found = self_controlled(onsets, frame("patient | on\n P1 | 100"), definitions=SHORT)
    assert found.assumptions[0] == "2 of 4 onsets lie outside the time observed."
    assert numbers(found, "rate_ratio")["at risk", "to control time"] == (1, 10)
    with pytest.raises(EmptyStratum, match="no child with an onset in the time observed was exposed"):
        self_controlled(onsets, frame("patient | on\n P3 | 100"), definitions=SHORT)
    with pytest.raises(BadDefinition, match="whole_time, after_exposure"):
        self_controlled(onsets, frame("patient | on\n P1 | 100"), design="before", definitions=SHORT)


def test_exposures_are_told_by_their_codes(given, registry) -> None:
    given("anc", "patient | day | anc\n P1 | 200 | 0.3")
    given("diagnosis", """
        patient | day | code
        P1      | 100 | b34.3
        P1      | 101 | B08.3
        P1      | 102 | B97.6
        P1      | 103 | B08.2
        P1      | 100 | B34.3
    """)  # fmt: skip
    given("treatment", """
        patient | day | code
        P1      | 61  | J07CA09
        P1      | 61  | J07BD52
        P1      | 90  | J01EE01
    """)  # fmt: skip
    opened = registry()
    days = {
        trigger: (exposures_of(opened, trigger)["on"] - BORN).dt.total_days().to_list()
        for trigger in ("parvovirus", "vaccination")
    }
    assert days == {"parvovirus": [100, 101, 102], "vaccination": [61]}
    with pytest.raises(BadDefinition, match="vaccination"):
        trigger_series(opened, "measles")


def test_a_vaccine_and_an_infection_long_ago_do_not_change_the_class(given, expect) -> None:
    given("anc", "patient | day | anc\n P1 | 200 | 0.3\n P1 | 500 | 0.3")
    given("antibody_test", "patient | day | test | result\n P1 | 210 | GIFT | positive")
    given("treatment", "patient | day | code\n P1 | 195 | J07BD52")
    expect("treatment", "patient | code | role\n P1 | J07BD52 | vaccine")


def drawn(rng: np.random.Generator, n: int, ratio: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw onsets and exposures of a known ratio, by the definition of a rate and none of the program's code.

    Onsets fall as a falling density of age; an exposure on an even day of 50 to 1000; kept with a chance that
    makes the 42 days after it `ratio` times as dangerous.
    """
    onset, exposed = np.zeros(0, int), np.zeros(0, int)
    while onset.size < n:
        new_onset = np.floor(28 + 1400 * rng.beta(1, 3, 4 * n)).astype(int)
        new_exposed = rng.integers(50, 1000, 4 * n)
        since = new_onset - new_exposed
        weight = np.where((since >= 1) & (since <= 42), ratio, 1.0) / max(ratio, 1.0)
        kept = rng.random(4 * n) < weight
        onset, exposed = np.append(onset, new_onset[kept]), np.append(exposed, new_exposed[kept])
    names = pl.Series("patient_id", [f"C{i}" for i in range(n)])
    as_days = [pl.Series(BORN + timedelta(int(day)) for day in days[:n]) for days in (onset, exposed)]
    onsets = pl.DataFrame({"patient_id": names, "onset_on": as_days[0]}).with_columns(
        pl.lit(BORN).alias("birth_date"),
        pl.lit(BORN + timedelta(28)).alias("from_on"),
        pl.lit(BORN + timedelta(1826)).alias("to_on"),
    )
    return onsets, pl.DataFrame({"patient_id": names, "on": as_days[1]})


def is_within_three_errors(found: Association, ratio: float) -> bool:
    value, lower, upper = found.value("rate_ratio", group="at risk")
    return bool(abs(np.log(value / ratio)) < 3 * np.log(upper / lower) / (2 * stats.norm.ppf(0.975)))


@pytest.mark.parametrize("design", ["whole_time", "after_exposure"])
@pytest.mark.parametrize("ratio", [1.0, 4.0])
def test_a_planted_ratio_is_found_again(ratio: float, design: str) -> None:
    """Within three errors, since of limits at 95 % one in twenty must miss."""
    found = self_controlled(*drawn(np.random.default_rng(5), 1200, ratio), design=design)
    _, lower, upper = found.value("rate_ratio", group="at risk")
    assert is_within_three_errors(found, ratio)
    assert upper / lower < 3


def drawn_close(rng: np.random.Generator, n: int, ratio: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw onsets, at every age alike, and doses 30 to 84 days apart; every dose after the onset is lost.

    By the definition of a rate and none of the program's code, as `drawn`.
    """
    never, onset, doses = 10**6, np.zeros(0, int), np.zeros((0, 4), int)
    while onset.size < n:
        new_onset = rng.integers(28, 428, 4 * n)
        new = np.cumsum(np.array([61, 35, 84, 30]) + rng.integers(-12, 13, (4 * n, 4)), axis=1)
        new = np.where(rng.random(new.shape) < 0.93, new, never)
        since = new_onset[:, None] - new
        is_near = ((since >= 1) & (since <= 42)).any(axis=1)
        kept = rng.random(4 * n) < np.where(is_near, ratio, 1.0) / ratio
        onset, doses = np.append(onset, new_onset[kept]), np.vstack([doses, new[kept]])
    onset, doses = onset[:n], doses[:n]
    child, dose = np.nonzero(doses <= onset[:, None])
    names, born = np.array([f"C{i}" for i in range(n)]), np.datetime64(BORN)
    onsets = pl.DataFrame({"patient_id": names, "onset_on": born + onset}).with_columns(
        pl.col("onset_on").cast(pl.Date),
        pl.lit(BORN).alias("birth_date"),
        pl.lit(BORN + timedelta(28)).alias("from_on"),
        pl.lit(BORN + timedelta(1826)).alias("to_on"),
    )
    exposures = pl.DataFrame({"patient_id": names[child], "on": born + doses[child, dose]})
    return onsets, exposures.with_columns(pl.col("on").cast(pl.Date))


def test_what_a_child_gets_after_its_onset_changes_nothing() -> None:
    """Doses on or before the onset alone, and the same with doses after it: the numbers are the same."""
    onsets, exposures = drawn_close(np.random.default_rng(3), 300, 1.0)
    later = onsets.select("patient_id", pl.col("onset_on").dt.offset_by("20d").alias("on"))
    first, more = (
        self_controlled(onsets, doses, design="after_exposure").table
        for doses in (exposures, pl.concat([exposures, later.sample(200, seed=1)]))
    )
    assert first.select("category", "n").equals(more.select("category", "n"))
    for name in ("value", "lower", "upper"):
        np.testing.assert_allclose(more[name], first[name], rtol=1e-6)


def test_an_onset_after_a_second_dose_counts_by_its_weight() -> None:
    """By hand: 9 onsets at risk of the only dose, 2 in its control time, 3 in the control time of the first
    dose that are at risk of the second. With the ratio r, of equal times: 9 + 3 = (2 + 3 / r) r, so 9 / 2."""
    kinds = [("risk", 9), ("control", 2), ("both", 3)]
    rows = []
    for kind, n in kinds:
        for i in range(n):
            child = f"{kind}{i}"
            own = kind != "risk"
            rows += [(child, 1, 1.0, 1.0, int(not own)), (child, 1, 0.0, float(kind == "both"), int(own))]
            if kind == "both":
                rows += [(child, 2, 1.0, 1.0, 1), (child, 2, 0.0, 0.0, 0)]
    data = pl.DataFrame(rows, schema=["child", "stratum", "term", "now", "n"], orient="row").with_columns(
        place=pl.struct("child", "stratum").rank("dense").cast(pl.Int64) - 1,
        child=pl.col("child").rank("dense").cast(pl.Int64),
    )
    child, place, n = (data[name].to_numpy() for name in ("child", "place", "n"))
    fit = without_later(
        child, place, n, np.full(n.size, 42.0), data.select("term").to_numpy(), data.select("now").to_numpy()
    )
    assert np.exp(fit.coefficients[0]) == pytest.approx(9 / 2)
    assert (fit.n_children, fit.n_events) == (14, 14)


@pytest.mark.parametrize("ratio", [1.0, 3.0])
def test_a_planted_ratio_is_found_though_doses_lie_close_and_later_ones_are_lost(ratio: float) -> None:
    found = self_controlled(*drawn_close(np.random.default_rng(8), 1500, ratio), design="after_exposure")
    value, lower, upper = found.value("rate_ratio", group="at risk")
    assert lower <= ratio <= upper
    assert abs(np.log(value / ratio)) < 0.5


def many(draw, n_registries: int, n: int, ratio: float, design: str) -> tuple[np.ndarray, float]:
    """Give the logarithms of the ratios found, and how often the limits hold the true one."""
    rng = np.random.default_rng(1975)
    found = [
        self_controlled(*draw(rng, n, ratio), design=design).value("rate_ratio", group="at risk")
        for _ in range(n_registries)
    ]
    held = [lower <= ratio <= upper for _, lower, upper in found]
    return np.log([value for value, *_ in found]), float(np.mean(held))


def is_centred(logs: np.ndarray, ratio: float) -> bool:
    """Tell whether the mean lies within three of its errors of the truth."""
    return bool(abs(logs.mean() - np.log(ratio)) < 3 * logs.std(ddof=1) / np.sqrt(logs.size))


def test_limits_hold_no_effect_about_as_often_as_they_promise() -> None:
    """Of 40 registries with 95 % limits fewer than 33 are right with a probability of 0.004."""
    logs, held = many(drawn_close, 40, 300, 1.0, "after_exposure")
    assert held >= 33 / 40
    assert is_centred(logs, 1.0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("draw", "design", "ratio", "n_registries", "n"),
    [
        (drawn, "whole_time", 1.0, 150, 600),
        (drawn, "after_exposure", 1.0, 200, 600),
        (drawn_close, "after_exposure", 1.0, 40, 2000),
        (drawn_close, "after_exposure", 3.0, 40, 2000),
    ],
)
def test_limits_hold_the_truth_as_often_as_they_promise(
    draw, design: str, ratio: float, n_registries: int, n: int
) -> None:
    """Within three errors of a share of 0.95, and the mean of the logarithms within three of its own."""
    logs, held = many(draw, n_registries, n, ratio, design)
    assert held == pytest.approx(0.95, abs=3 * np.sqrt(0.95 * 0.05 / n_registries))
    assert is_centred(logs, ratio)


def postponing(seed: int, n: int) -> Association:
    """Simulate without an effect, every dose due while the child is known as ill not given."""
    exposures = Exposures(are_recorded=True, postponed_share=1.0, vaccination_ages=(61, 96, 180, 210))
    made_up = ain.simulate(n, seed=seed, parameters=NaturalHistory(exposures=exposures))
    children = made_up.truth.select(
        "patient_id", birth_date="born_on", onset_by="detected_on", died_on=pl.lit(None, pl.Date)
    )
    doses = made_up.tables["treatment"].filter(pl.col("code").str.starts_with("J07"))
    recorded = doses.select("patient_id", on=pl.col("started_on").str.to_date(strict=False)).drop_nulls()
    return self_controlled(
        observed(children, made_up.extracted_on, TEXTBOOK), recorded, design="after_exposure"
    )


def test_postponed_doses_make_no_effect_in_the_simulated_registry() -> None:
    assert is_within_three_errors(postponing(11, 1000), 1.0)


@pytest.mark.slow
def test_postponed_doses_make_no_effect_in_many_simulated_registries() -> None:
    found = [postponing(seed, 1000).value("rate_ratio", group="at risk") for seed in range(100, 140)]
    assert is_centred(np.log([value for value, *_ in found]), 1.0)
    assert sum(lower <= 1 <= upper for _, lower, upper in found) >= 33


@pytest.fixture(scope="module")
def planted() -> ain.synthetic.SyntheticRegistry:
    """A registry in which an onset is three times as frequent after a vaccine, and not after parvovirus."""
    exposures = Exposures(are_recorded=True, vaccination_ratio=3.0, parvovirus_a_year=0.2)
    return ain.simulate(1000, seed=8, parameters=NaturalHistory(exposures=exposures))


@pytest.fixture(scope="module")
def opened(planted):
    with ain.open_registry(planted.tables, extracted_on=planted.extracted_on) as registry:
        yield registry


@pytest.fixture(scope="module")
def analyses(opened) -> dict[str, Association | str]:
    return ain.associations(opened, ain.classify(opened))


def true_frames(truth: pl.DataFrame, extracted_on: date, trigger: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    children = truth.select(
        "patient_id", birth_date="born_on", onset_by="true_onset_on", died_on=pl.lit(None, pl.Date)
    )
    named = [name for name in truth.columns if name.startswith(trigger)]
    exposed = truth.select("patient_id", *named).unpivot(index="patient_id", value_name="on").drop_nulls("on")
    return observed(children, extracted_on, TEXTBOOK), exposed


@pytest.mark.parametrize(("trigger", "ratio"), [("vaccination", 3.0), ("parvovirus", 1.0)])
def test_the_simulated_effect_is_found_from_the_true_days(planted, trigger: str, ratio: float) -> None:
    found = self_controlled(*true_frames(planted.truth, planted.extracted_on, trigger))
    _, lower, upper = found.value("rate_ratio", group="at risk")
    assert lower <= ratio <= upper


def test_what_is_recorded_tells_less_than_the_truth(analyses) -> None:
    """Detection comes later than onset, so an effect of 3 is seen smaller; a parvovirus test at detection
    puts onsets on the very day of exposure."""
    vaccination = analyses["vaccination_whole_time"]
    assert 1.2 < vaccination.value("rate_ratio", group="at risk")[0] < 3
    parvovirus = analyses["parvovirus_whole_time"]
    assert parvovirus.value("rate_ratio", group="day of exposure")[1] > 5
    assert any("reverse causation" in line for line in parvovirus.assumptions)


def test_exposures_leave_the_rest_of_a_registry_as_it_is() -> None:
    plain = ain.simulate(150, seed=4)
    with_them = ain.simulate(150, seed=4, parameters=NaturalHistory(exposures=Exposures(are_recorded=True)))
    for name, table in plain.tables.items():
        rows = with_them.tables[name]
        assert rows.head(table.height).equals(table), name
    assert with_them.tables["treatment"].height > plain.tables["treatment"].height
    assert set(with_them.truth.columns) > set(plain.truth.columns)


@pytest.mark.parametrize("ratio", [1.0, 4.0])
def test_a_planted_ratio_of_infections_is_found_again(ratio: float) -> None:
    """Children differ tenfold in their own rate, and the ill are watched for other times than the well."""
    rng, n = np.random.default_rng(17), 400
    rate = np.exp(rng.normal(-6, 0.8, n))
    low, well = rng.integers(100, 700, n), rng.integers(100, 1200, n)
    names, low_state = [f"C{i}" for i in range(n)], ["neutropenic"] * n
    start = [BORN + timedelta(200)] * n
    turn, end = ([BORN + timedelta(int(200 + day)) for day in days] for days in (low, low + well))
    periods = pl.concat(
        [
            pl.DataFrame({"patient_id": names, "state": low_state, "from_on": start, "to_on": turn}),
            pl.DataFrame({"patient_id": names, "state": ["recovered"] * n, "from_on": turn, "to_on": end}),
        ]
    )  # fmt: skip
    days = [
        (names[i], BORN + timedelta(int(200 + first + rng.integers(0, length))))
        for i in range(n)
        for first, length, times in ((0, low[i], ratio), (low[i], well[i], 1.0))
        for _ in range(rng.poisson(rate[i] * times * length))
    ]
    infections = pl.DataFrame(days, schema=["patient_id", "on"], orient="row").with_columns(
        kind=pl.lit("otitis_media"), severity=pl.lit("mild")
    )
    found = rates_by_state(
        periods,
        infections.unique(),
        pl.DataFrame({"patient_id": names, "birth_date": [BORN] * n}),
        definitions=replace(TEXTBOOK, infection_gap_days=0),
    )
    value, lower, upper = found.value("rate_ratio", group="any", category="within children")
    assert lower <= ratio <= upper
    assert abs(np.log(value / ratio)) < 0.25


def test_simulated_infections_come_more_often_while_the_count_is_low(analyses) -> None:
    """Simulated: 1.8 a year while ill and 0.35 while well, 60 % recorded. After recovery a child keeps the
    higher rate up to its next visit, and counts tell the day of recovery roughly, so it is not exactly 5."""
    found = analyses["infections_by_severity"]
    assert found.value("rate", group="any", category="neutropenic")[0] == pytest.approx(0.6 * 1.8, rel=0.15)
    assert found.value("rate_ratio", group="any", category="within children")[1] > 2


def test_every_analysis_runs_prints_itself_and_hides_small_numbers(analyses) -> None:
    few = TEXTBOOK.minimum_cell
    assert len(analyses) == 9
    for result in analyses.values():
        assert isinstance(result, Association), result
        assert repr(result).startswith("Association: ")
        assert result.assumptions
        assert "<li>" in result._repr_html_()
        shown = result.shared().table
        for row in shown.to_dicts():
            for name in ("n", "n_children"):
                assert row[name] is None or row[name] == 0 or row[name] >= few
            if row["n"] is not None and row["of_unit"] != "person_days":
                assert row["of"] - row["n"] == 0 or row["of"] - row["n"] >= few
            if row["n"] is None and row["of"] is not None:
                assert row["value"] is None
        assert shown.select("quantity", "group", "category").equals(
            result.table.select("quantity", "group", "category")
        )


def test_a_hidden_number_of_one_kind_is_not_told_by_the_others() -> None:
    """Any 60 = otitis 40 + impetigo 17 + sepsis 3: were sepsis alone hidden, it would be 60 − 40 − 17."""
    infections = pl.concat(
        [
            pl.DataFrame(
                {
                    "patient_id": [f"P{i}" for i in range(n)],
                    "on": [BORN + timedelta(150)] * n,
                    "kind": [kind] * n,
                    "severity": ["mild"] * n,
                }
            )
            for kind, n in (("otitis", 40), ("impetigo", 17), ("sepsis", 3))
        ]
    )
    names = [f"P{i}" for i in range(40)]
    children = pl.DataFrame({"patient_id": names, "birth_date": [BORN] * 40})
    periods = pl.concat(
        [
            pl.DataFrame({"patient_id": names, "state": ["neutropenic"] * 40}).with_columns(
                pl.lit(BORN + timedelta(100)).alias("from_on"), pl.lit(BORN + timedelta(200)).alias("to_on")
            ),
            pl.DataFrame({"patient_id": names, "state": ["recovered"] * 40}).with_columns(
                pl.lit(BORN + timedelta(200)).alias("from_on"), pl.lit(BORN + timedelta(300)).alias("to_on")
            ),
        ]
    )
    found = rates_by_state(periods, infections, children, by="kind")
    assert numbers(found, "rate")["sepsis", "neutropenic"] == (3, 4000)
    told = {key: n for key, (n, _) in numbers(found.shared(), "rate").items() if key[1] == "neutropenic"}
    assert told == {
        ("any", "neutropenic"): 60,
        ("impetigo", "neutropenic"): None,
        ("otitis", "neutropenic"): 40,
        ("sepsis", "neutropenic"): None,
    }
    assert found.shared().value("rate_ratio", group="sepsis", category="crude") == (None, None, None)


def test_what_the_extract_does_not_hold_is_said_in_words() -> None:
    demo = ain.simulate(60, seed=7)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        found = ain.associations(registry, ain.classify(registry))
    assert "was exposed" in str(found["vaccination_whole_time"])
    assert isinstance(found["infections_by_kind"], Association)


def test_a_chart_has_a_panel_for_each_quantity_and_a_line_at_one(analyses) -> None:
    spec = ain.chart_association(analyses["infections_by_severity"]).to_dict()
    assert [panel["title"]["text"] for panel in spec["vconcat"]] == ["Rate", "Rate ratio"]
    ratio = spec["vconcat"][1]["layer"]
    assert ratio[0]["encoding"]["x"]["field"] == "one"
    assert ratio[1]["encoding"]["x"]["scale"]["type"] == "log"
