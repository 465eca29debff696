"""What was known at the onset, beside a follow-up. Days in the tables are days since birth (2018-01-01)."""

from typing import Any

import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.cases import classify
from ain_analytics.cox import cox_regression
from ain_analytics.errors import BadFrame
from ain_analytics.followup import follow_up
from ain_analytics.onset_covariates import with_covariates


def known_of(registry: Any) -> pl.DataFrame:
    return with_covariates(registry, follow_up(registry, classify(registry)))


COUNTS = """
    patient | day | anc
    A       | 200 | 0.8
    A       | 230 | 0.1
    A       | 300 | 2.0
    B       | 400 | 0.4
    B       | 500 | 0.4
    C       | 365 | 1.0
    C       | 400 | 0.6
"""


def test_severity_at_onset_is_that_of_the_first_count_and_not_of_the_nadir(given: Any, registry: Any) -> None:
    given("anc", COUNTS)
    known = known_of(registry()).sort("patient_id")
    assert known["anc_at_onset"].to_list() == [0.8, 0.4, 1.0]
    assert known["severity_at_onset"].to_list() == ["moderate", "severe", "mild"]
    assert known["severity"].to_list() == ["severe", "severe", "moderate"]
    assert known["age_at_onset_months"].round(2).to_list() == [6.57, 13.14, 11.99]
    assert known["monocytes_near_onset"].null_count() == 3  # none in the extract


def test_monocytes_are_those_nearest_to_the_onset_and_the_earlier_of_two_equally_near(
    given: Any, registry: Any
) -> None:
    given("anc", COUNTS)
    given("lab_result", """
        patient | day | code  | value | unit
        A       | 195 | 742-7 | 0.9   | 10*9/L
        A       | 205 | 742-7 | 0.2   | 10*9/L
        A       | 170 | 742-7 | 0.3   | 10*9/L
        B       | 431 | 742-7 | 0.7   | 10*9/L
        C       | 395 | 743-5 | 1.4   | 10*9/L
        C       | 365 | 742-7 |       | 10*9/L
    """)  # fmt: skip
    known = known_of(registry()).sort("patient_id")
    assert known["monocytes_near_onset"].to_list() == [0.9, None, 1.4]


def test_episodes_of_another_registry_are_refused(given: Any, registry: Any) -> None:
    given("anc", COUNTS)
    opened = registry()
    known = known_of(opened)
    with pytest.raises(BadFrame, match="already"):
        with_covariates(opened, known)
    strange = follow_up(opened, classify(opened)).with_columns(episode_number=pl.lit(7, pl.Int32))
    with pytest.raises(BadFrame, match="3 rows are of episodes"):
        with_covariates(opened, strange)


def test_the_covariates_go_into_a_regression() -> None:
    demo = ain.simulate(80, seed=3)
    opened = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    known = known_of(opened)
    found = cox_regression(known, ["age_at_onset_months", "severity_at_onset", "is_ain"])
    assert found.n == known.filter("is_usable", pl.col("episode_number") == 1).height
    assert found.table["value"].null_count() == 0
