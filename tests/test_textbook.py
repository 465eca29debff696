"""Sentences of a textbook held against made-up children; every expected number is worked out in a comment."""

from importlib.resources import files
from pathlib import Path

import polars as pl
import pytest

from ain_analytics.cases import classify
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.followup import follow_up
from ain_analytics.registry import open_registry
from ain_analytics.textbook import textbook_statements

from .test_published import story

ROOT = Path(__file__).parents[1]
SAID = pl.read_csv(files("ain_analytics").joinpath("published", "textbook_statements.csv").read_bytes())


@pytest.fixture(scope="module")
def statements():
    """Forty girls resolve after 300, 310, … 690 days; onset is on day 150 of their lives."""
    with open_registry(story(resolved_after=list(range(300, 700, 10)), open_after=[])) as registry:
        cases = classify(registry)
        yield textbook_statements(registry, cases, follow_up(registry, cases))


def row(statements, key: str) -> dict:
    return statements.table.row(by_predicate=pl.col("statement_id") == key, named=True)


def test_every_sentence_has_a_verdict_and_a_reason(statements):
    assert statements.table["statement_id"].to_list() == SAID["statement_id"].to_list()
    assert statements.table["why"].str.ends_with(".").all()


def test_a_sentence_holds_where_all_limits_lie_in_its_range(statements):
    # Median of forty: between 490 and 500 days or 16.1 and 16.4 months; by the binomial law the limits are
    # the 14th and the 27th, 430 and 560 days or 14.1 and 18.4 months: partly below 14.45.
    found = row(statements, "S21b")
    assert found["value"] == pytest.approx(495 / DAYS_PER_MONTH)
    assert (found["lower"], found["upper"]) == pytest.approx((430 / DAYS_PER_MONTH, 560 / DAYS_PER_MONTH))
    assert found["verdict"] == "cannot_be_told"
    # All forty last longer than 6 months, and all resolve within 24: 730 days.
    assert statements.verdict("S03") == "holds"
    assert row(statements, "S23c")["value"] == 100.0
    # At two years of age, day 730, each has had 580 days: 29 of 40 have resolved.
    found = row(statements, "S23a")
    assert found["value"] == pytest.approx(100 * 29 / 40)
    assert found["verdict"] == "does_not_hold"


def test_the_same_sentence_may_hold_in_one_reading_and_not_in_another(statements):
    # Five years are beyond follow-up, but nobody is left; from 7 to 24 months are all forty.
    assert statements.verdict("S22c") == "holds"
    assert row(statements, "S22b")["value"] == 100.0


def test_only_girls_are_more_than_a_little_more_girls(statements):
    found = row(statements, "S07")
    assert (found["value"], found["verdict"]) == (100.0, "does_not_hold")
    # Exact: the lower limit of 40 of 40 is the 40th root of 0.025.
    assert found["lower"] == pytest.approx(100 * 0.025 ** (1 / 40))


def test_what_is_not_recorded_cannot_be_told(statements):
    for key in ("S01", "S08", "S14", "S16", "S17"):
        found = row(statements, key)
        assert (found["verdict"], found["value"]) == ("cannot_be_told", None)


def test_values_that_rest_on_few_are_hidden_in_what_is_shared(statements):
    shared = statements.shared()
    shown = row(shared, "S23a")  # 29 and 11 children
    assert shown["value"] == 72.5
    few = statements.table.with_columns(
        pl.when(pl.col("statement_id") == "S23a").then(92.5).otherwise("value").alias("value")
    )
    assert few.height == shared.table.height
    assert (
        row(type(statements)(few, statements.definitions, ()).shared(), "S23a")["value"] is None
    )  # 37 and 3


def test_the_page_holds_every_sentence_and_its_reading():
    page = (ROOT / "docs" / "textbook_statements.md").read_text(encoding="utf-8")
    for sentence, reading in SAID.select("sentence", "reading").iter_rows():
        assert sentence in page
        assert reading in page
