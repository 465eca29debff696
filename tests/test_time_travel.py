"""The class as of a day uses only what was known then: it equals that of the extract cut at that day.

The extract is cut here, on its text and by the names of its columns; nothing of the program is asked how.
"""

from datetime import date

import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.cases import class_periods, tells_the_past
from ain_analytics.definitions import PRESETS, TEXTBOOK

KEY = ["patient_id", "episode_number"]
DAY_OF = {
    "patient": "birth_date",
    "lab_result": "sampled_at",
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "treatment": "started_on",
    "marrow_exam": "examined_on",
    "genetic_test": "tested_on",
}
DAYS = [date(2012, 5, 1), date(2017, 3, 3), date(2021, 6, 15), date(2024, 1, 31)]


def cut(tables, day):
    """Remove what came later: rows, the end of a course that goes on, a later death, contact or enrolment."""
    said = str(day)
    kept = {
        name: rows.filter((pl.col(DAY_OF[name]).str.slice(0, 10) <= said).fill_null(True))
        for name, rows in tables.items()
    }
    kept["treatment"] = kept["treatment"].with_columns(
        pl.when(pl.col("ended_on") > said).then(pl.lit(said)).otherwise("ended_on").alias("ended_on")
    )
    kept["patient"] = kept["patient"].with_columns(
        pl.when(pl.col(name).str.slice(0, 10) > said).then(None).otherwise(name).alias(name)
        for name in ("enrolled_on", "last_contact_on", "died_on")
    )
    return kept


def same(found, wanted):
    return found.sort(KEY).equals(wanted.sort(KEY), null_equal=True)


def assert_history_is_true(n, seed, days, definitions=TEXTBOOK):
    demo = ain.simulate(n, seed=seed)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on, definitions=definitions) as whole:
        periods = class_periods(whole)
        for day in days:
            with ain.open_registry(cut(demo.tables, day), extracted_on=day, definitions=definitions) as then:
                wanted = ain.classify(then)
                assert same(ain.classify(whole, as_of=day), wanted), day
                assert same(whole.as_of(day).frame("episode"), then.frame("episode")), day
            if tells_the_past(whole.definitions):
                held = periods.filter(
                    pl.col("class_from") <= day, pl.col("class_to").is_null() | (pl.col("class_to") > day)
                )
                of_used = wanted.join(whole.frame("patient"), on=KEY[0], how="semi")
                assert same(
                    held.select(*KEY, pl.col("case_class").cast(pl.String)),
                    of_used.select(*KEY, case_class=pl.col("case_class_at_end").cast(pl.String)),
                ), day


def test_the_class_as_of_a_day_is_that_of_the_extract_cut_at_that_day():
    assert_history_is_true(300, 11, DAYS[1:3])


@pytest.mark.slow
def test_the_same_of_ten_thousand_children():
    assert_history_is_true(10_000, 5, DAYS)


@pytest.mark.parametrize(("column", "said_later"), [("birth_date", "2022-08-09"), ("died_on", "2022-09-01")])
def test_a_child_whose_rows_contradict_each_other_later_was_a_case_before(column, said_later):
    demo = ain.simulate(30, seed=11)
    child = ain.classify(ain.open_registry(demo.tables, extracted_on=demo.extracted_on)).row(0, named=True)
    day = max(child["known_on"], date(2021, 6, 15))
    mine = demo.tables["patient"].filter(pl.col(KEY[0]) == child[KEY[0]])
    again = mine.with_columns(pl.lit(said_later).alias(column))
    tables = demo.tables | {"patient": pl.concat([demo.tables["patient"], again])}
    with ain.open_registry(tables, extracted_on=demo.extracted_on) as whole:
        assert child[KEY[0]] not in whole.frame("patient")[KEY[0]]
        before, after = (ain.classify(whole, as_of=at)[KEY[0]] for at in (day, date(2023, 1, 1)))
        with ain.open_registry(cut(tables, day), extracted_on=day) as then:
            assert same(ain.classify(whole, as_of=day), ain.classify(then))
    assert child[KEY[0]] in before
    assert child[KEY[0]] not in after


@pytest.mark.parametrize("name", ["strict", "neglia_1993"])
def test_the_same_under_other_rules_of_episodes(name):
    assert_history_is_true(200, 12, DAYS[2:3], PRESETS[name])


def test_the_baseline_class_is_that_of_an_extract_cut_when_the_baseline_window_closed():
    demo = ain.simulate(300, seed=13)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as whole:
        first = whole.frame("episode").filter(pl.col("episode_number") == 1)
        closing = first.select(KEY[0], day=(pl.col("onset_by") + pl.duration(days=TEXTBOOK.baseline_days)))
        wanted = (
            ain.classify(whole).join(closing.select(KEY[0]), on=KEY[0]).filter(pl.col("episode_number") == 1)
        )
    days = closing.with_columns(pl.col("day").cast(pl.String))
    tables = {}
    for name, rows in demo.tables.items():
        if name == "patient":
            tables[name] = rows
            continue
        mine = rows.join(days, on=KEY[0], maintain_order="left").filter(
            (pl.col(DAY_OF[name]).str.slice(0, 10) <= pl.col("day")).fill_null(True)
        )
        if name == "treatment":
            mine = mine.with_columns(
                pl.when(pl.col("ended_on") > pl.col("day"))
                .then("day")
                .otherwise("ended_on")
                .alias("ended_on")
            )
        tables[name] = mine.drop("day")
    with ain.open_registry(tables, extracted_on=demo.extracted_on) as then:
        found = ain.classify(then).filter(pl.col("episode_number") == 1)
    columns = ["case_class", "evidence", "antibody_status", "antibody_state", "n_antibody_tests"]
    assert same(
        found.select(
            *KEY,
            pl.col("case_class_at_end").alias("case_class"),
            pl.col("evidence_at_end").alias("evidence"),
            *columns[2:],
        ),
        wanted.select(*KEY, *columns),
    )


def test_the_periods_of_an_episode_follow_without_a_gap():
    demo = ain.simulate(200, seed=14)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        periods, episodes = class_periods(registry), registry.frame("episode")
    begin = periods.group_by(KEY).agg(pl.col("class_from").min()).join(episodes, on=KEY)
    assert begin.height == episodes.height
    assert (begin["class_from"] == begin["onset_by"]).all()
    following = periods.with_columns(pl.col("class_from").shift(-1).over(KEY).alias("next"))
    assert following["class_to"].equals(following["next"], null_equal=True)
    assert following.filter(pl.col("case_class") == pl.col("case_class").shift(-1).over(KEY)).is_empty()
