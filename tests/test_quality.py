"""What an extract holds, what was set aside, and what looks odd: counted by hand."""

import re
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.definitions import PRESETS, TEXTBOOK, AncBand
from ain_analytics.fates import FATES, NO_ERROR
from ain_analytics.quality import quality
from ain_analytics.registry import open_registry
from ain_analytics.views import sql_folder


def odd(registry: Any) -> dict[str, tuple[int, int]]:
    return {row["name"]: (row["n"], row["of"]) for row in quality(registry).oddities.to_dicts()}


def test_counts_on_a_limit_are_counted_at_either_age(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc
        P1      | 100 | 1.0
        P1      | 101 | 1.5
        P1      | 500 | 1.5
        P1      | 501 | 1.4999
        P1      | 502 | 1.0
    """)  # fmt: skip
    assert odd(registry())["counts_on_a_limit"] == (2, 5)


def test_an_onset_near_the_birthday_is_one_within_the_window_on_either_side(
    given: Any, registry: Any
) -> None:
    given("anc", """
        patient | day | anc
        near_1  | 335 | 0.5
        near_2  | 395 | 0.5
        far_1   | 334 | 0.5
        far_2   | 396 | 0.5
    """)  # fmt: skip
    assert odd(registry())["onsets_near_a_change_of_limit"] == (2, 4)
    assert odd(registry(birthday_window_days=31))["onsets_near_a_change_of_limit"] == (4, 4)


def test_without_a_change_of_limit_no_onset_is_near_one(given: Any, registry: Any) -> None:
    given("anc", "patient | day | anc\nP1 | 365 | 0.2")
    assert odd(registry(PRESETS["severe_500"]))["onsets_near_a_change_of_limit"] == (0, 1)
    bands = (AncBand(0, 0.5, 0.5), AncBand(12, 0.5, 1.0))
    assert odd(registry(anc_bands=bands))["onsets_near_a_change_of_limit"] == (0, 1)


def test_the_change_of_limit_of_a_child_born_on_a_leap_day_is_the_28th_of_february(
    given: Any, registry: Any
) -> None:
    given("birth", "patient | birth_date\nP1 | 2020-02-29\nP2 | 2020-02-29")
    given("anc", """
        patient | day | anc
        P1      | 395 | 0.5
        P2      | 396 | 0.5
    """)  # fmt: skip
    # 29 February 2020 + 365 days is 28 February 2021, the calendar birthday; 30 days later the window closes.
    assert odd(registry())["onsets_near_a_change_of_limit"] == (1, 2)


def test_children_with_one_day_or_none_are_counted(given: Any, registry: Any) -> None:
    given("birth", "patient | birth_date\nnone | 2018-01-01")
    given("anc", """
        patient | day       | anc
        one     | 100 08:00 | 2.0
        one     | 100 20:00 | 2.5
        two     | 100       | 2.0
        two     | 101       | 2.0
    """)  # fmt: skip
    found = odd(registry())
    assert found["children_without_a_count"] == (1, 3)
    assert found["children_with_one_count"] == (1, 3)
    assert found["several_specimens_a_day"] == (1, 3)


@pytest.mark.parametrize(("percent", "is_odd"), [("55", 1), ("57", 0), ("70", 0), ("83", 0), ("85", 1)])
def test_a_measured_count_may_differ_from_the_computed_one_by_the_larger_tolerance(
    given: Any, registry: Any, percent: str, is_odd: int
) -> None:
    # Measured 7.0; a fifth of it is 1.4, more than 0.2; computed are 5.5, 5.7, 7.0, 8.3 and 8.5.
    given("lab_result", f"""
        patient | day | code   | value     | unit   | specimen_id
        P1      | 100 | 751-8  | 7.0       | 10*9/L | S1
        P1      | 100 | 6690-2 | 10        | 10*9/L | S1
        P1      | 100 | 770-8  | {percent} | %      | S1
    """)  # fmt: skip
    assert odd(registry())["measured_and_computed_differ"] == (is_odd, 1)


def test_optional_cells_that_cannot_be_read_are_counted_and_count_as_missing(
    given: Any, registry: Any
) -> None:
    given("birth", """
        patient | birth_date | enrolled_on | gestational_weeks | died_on    | last_contact_on | duffy_status
        P1      | 2018-01-01 | yesterday   | abc               | 31.12.2019 | soon            | maybe
        P2      | 2018-01-01 | 2018-02-01  | 38                | 2018-02-30 | infinity        | positive
        P3      | 2018-01-01 |             |                   |            |                 | unknown
    """)  # fmt: skip
    # P1: five cells, none read; P2: five, two dates not; P3: one, read.
    opened = registry()
    assert odd(opened)["optional_cells_not_read"] == (7, 11)
    assert "7 of      11 optional cells of table patient that could not be read" in quality(opened).as_text()
    known = opened.frame("patient").select("patient_id", "enrolled_on", "gestational_weeks", "died_on").rows()
    assert known == [
        ("P1", None, None, None),
        ("P2", date(2018, 2, 1), 38, None),
        ("P3", None, None, None),
    ]


def test_below_detection_and_zero_are_counted(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc
        P1      | 100 | <0.1
        P1      | 101 | 0
        P1      | 102 | 0.1
    """)  # fmt: skip
    found = odd(registry())
    assert found["below_detection"] == (1, 3)
    assert found["counts_of_zero"] == (1, 3)


@pytest.mark.parametrize(("day", "is_odd"), [(465, 0), (466, 1)])
def test_a_long_silence_is_longer_than_its_limit_and_inside_an_episode(
    given: Any, registry: Any, day: int, is_odd: int
) -> None:
    given("anc", f"""
        patient | day   | anc
        P1      | 100   | 0.5
        P1      | {day} | 0.5
        P2      | 100   | 2.0
        P2      | 900   | 0.5
        P2      | 901   | 2.0
        P2      | 1900  | 2.0
    """)  # fmt: skip
    assert odd(registry())["episodes_with_a_long_silence"] == (is_odd, 2)


def test_a_silence_ends_with_the_count_that_ends_the_episode(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc
        P1      | 100 | 0.5
        P1      | 500 | 2.0
        P1      | 600 | 2.0
    """)  # fmt: skip
    assert odd(registry())["episodes_with_a_long_silence"] == (1, 1)


def test_onsets_ends_and_single_counts_of_episodes_are_counted(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc
        P1      |  90 | 2.0
        P1      | 100 | 0.5
        P1      | 130 | 2.0
        P2      | 100 | 0.5
        P2      | 130 | 0.5
        P2      | 160 | 2.0
        P2      | 190 | 2.0
        P3      | 100 | 0.5
    """)  # fmt: skip
    found = odd(registry())
    assert found["onsets_without_a_count_before"] == (2, 3)
    assert found["episodes_of_one_count"] == (2, 3)
    assert found["ends_unconfirmed"] == (1, 2)


def test_counts_after_death_are_counted(given: Any, registry: Any) -> None:
    given("birth", "patient | birth_date | died_on\nP1 | 2018-01-01 | 2018-05-01")
    given("anc", """
        patient | day | anc
        P1      | 120 | 2.0
        P1      | 121 | 2.0
        P2      | 121 | 2.0
    """)  # fmt: skip
    assert odd(registry())["counts_after_death"] == (1, 2)


def test_contents_add_up_and_tell_errors_from_what_was_not_needed(given: Any, registry: Any) -> None:
    given("lab_result", """
        patient | day | code   | value | unit
        P1      | 100 | 751-8  | 1.2   | 10*9/L
        P1      | 101 | 751-8  | many  | 10*9/L
        P1      | 102 | 2160-0 | 40    | umol/L
    """)  # fmt: skip
    seen = quality(registry())
    row = seen.contents.row(by_predicate=pl.col("table_name") == "lab_result", named=True)
    assert row == {
        "table_name": "lab_result",
        "files": 1,
        "n_rows": 3,
        "n_used": 1,
        "n_set_aside": 2,
        "n_errors": 1,
    }
    assert seen.n_counts == 1
    assert seen.is_usable


def test_an_extract_without_a_count_is_not_usable(given: Any, registry: Any) -> None:
    given("birth", "patient | birth_date\nP1 | 2018-01-01")
    given("lab_result", "patient | day | code | value | unit\nP1 | 100 | 751-8 | | 10*9/L")
    assert not quality(registry()).is_usable


def test_the_text_says_why_rows_were_set_aside_and_holds_no_key(given: Any, registry: Any) -> None:
    given("lab_result", """
        patient | day | code  | value | unit
        SECRET  | 100 | 751-8 | 0.77  | 10*9/L
        SECRET  | 101 | 751-8 | many  | 10*9/L
    """)  # fmt: skip
    seen = quality(registry())
    assert "1 value_not_a_number: the value is no number" in seen.as_text()
    shown = seen.as_text() + seen._repr_html_() + repr(seen)
    assert "SECRET" not in shown
    assert "0.77" not in shown


def test_every_fate_of_a_hospital_has_words_and_the_errors_are_the_rejected_rows() -> None:
    with open_registry(Path(__file__).parent / "extracts" / "hospital_a") as registry:
        seen = quality(registry)
        assert set(seen.fates["fate"]) <= FATES.keys()
        assert seen.contents["n_errors"].sum() == registry.n_rows("rejected_row")
        assert seen.contents["n_rows"].sum() == seen.fates["n_rows"].sum()


def test_every_fate_that_a_view_can_give_has_words() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in sql_folder().glob("1*.sql"))
    starts = "bad|before|after|missing|unknown|unusable|impossible|other|conflicting|ends"
    reasons = set(re.findall(rf"(?:then|else) '((?:{starts})_[a-z_]+)'", text))
    assert {"bad_date", "missing_unit", "unknown_unit", "impossible_value", "other_analyte"} <= reasons
    assert reasons <= FATES.keys()


def test_a_row_is_rejected_for_an_error_and_for_nothing_else(story: Any) -> None:
    story.add("lab_result", """
        patient | sampled_at | code   | value | unit
        P1      | 40         | 751-8  | 0.4   | 10*9/L
        P1      | 41         | 1234-5 | 3     | mmol/L
        P1      |            | 751-8  | 0.4   | 10*9/L
    """)  # fmt: skip
    with story.registry(TEXTBOOK) as registry:
        rejected = registry.frame("rejected_row").select("row_number", "reason").rows()
        assert rejected == [(3, "bad_date")]
        known = registry.connection.sql("select fate from harmless_fate").pl()["fate"]
        assert set(known) == set(NO_ERROR) <= set(FATES)


def test_a_number_beyond_all_bounds_does_not_stop_the_look_at_limits(story: Any) -> None:
    rows = "\n".join(f"P1 | {day} | 751-8 | {value} | 10*9/L" for day, value in enumerate(HUGE, start=400))
    story.add("lab_result", f"patient | sampled_at | code | value | unit\n{rows}")
    with story.registry(TEXTBOOK) as registry:
        near = quality(registry).tables["quality_near_limit"]
    on_limit = near.filter(pl.col("steps") == 0).select("limit", "n_counts").rows()
    assert on_limit == [(1.0, 1), (1.5, 1)]


HUGE = ("1.0", "1.5", "2.7", "-1000000000000.0", "9" * 30 + ".0", "1e300")
