"""Why a child has its class: each answer is checked against what the test itself put into the extract."""

from datetime import date

import polars as pl
import pytest
from typer.testing import CliRunner

import ain_analytics as ain
from ain_analytics.cli import app
from ain_analytics.curves import resolution_curve
from ain_analytics.errors import BadDefinition, UnknownPatient

KEY = "secret-key-7"


@pytest.fixture(scope="module")
def registry():
    """One child: low counts from 2018-09-01, a second GIFT positive on 2018-11-15, ELANE found in 2020."""
    low = ["2018-09-01", "2018-10-01", "2019-01-10", "2019-06-01", "2020-03-01"]
    tables = {
        "patient": pl.DataFrame({"patient_id": [KEY], "birth_date": ["2018-01-01"], "sex": ["female"]}),
        "lab_result": pl.DataFrame(
            {"patient_id": KEY, "sampled_at": low, "code": "751-8", "value": "0.4", "unit": "10*9/L"}
        ),
        "antibody_test": pl.DataFrame(
            {
                "patient_id": KEY,
                "sampled_on": ["2018-10-01", "2018-11-15"],
                "test": "GIFT",
                "result": ["negative", "positive"],
                "specificity": ["", "HNA-1a"],
            }
        ),
        "genetic_test": pl.DataFrame(
            {"patient_id": [KEY], "tested_on": ["2020-01-15"], "gene": ["ELANE"], "result": ["pathogenic"]}
        ),
    }
    with ain.open_registry(tables, extracted_on=date(2020, 6, 1)) as opened:
        yield opened


def answers(found):
    return dict(found.rules.select("rule", "answer").rows())


def test_the_last_rule_asked_fired_and_none_above_it(registry):
    found = ain.why(registry, KEY)
    *above, fired = found.rules.to_dicts()
    assert (fired["rule"], fired["answer"]) == ("primary_autoimmune", "true")
    assert {row["answer"] for row in above} == {"false", "unknown"}
    assert found.episodes["case_class"].to_list() == ["primary_autoimmune"]
    assert found.episodes["known_on"].to_list() == [date(2018, 11, 15)]


def test_a_rule_that_did_not_fire_says_whether_it_is_false_or_unknown_and_why(registry):
    found = ain.why(registry, KEY)
    because = dict(found.rules.select("rule", "because").rows())
    assert answers(found)["neonatal_alloimmune"] == "false"
    assert because["neonatal_alloimmune"] == "the onset was not before the age of 28 days"
    assert answers(found)["congenital"] == "unknown"
    assert "no neutropenia gene was tested" in because["congenital"]
    assert answers(found)["cyclic"] == "unknown"


def test_a_class_names_the_row_that_it_rests_on_and_the_day_since_which_it_was_known(registry):
    found = ain.why(registry, KEY)
    assert found.facts.filter("speaks_for").select(
        "evidence", "known_on", "table_name", "row_number"
    ).rows() == [("antibody_positive", date(2018, 11, 15), "antibody_test", 2)]
    assert "antibody_negative" in found.facts.filter(~pl.col("speaks_for"))["evidence"].to_list()


def test_what_became_known_after_the_baseline_window_is_seen_at_the_end_only(registry):
    assert "pathogenic_gene" not in ain.why(registry, KEY).facts["evidence"].to_list()
    later = ain.why(registry, KEY, at="end")
    assert later.rules.rows()[-1][2:4] == ("congenital", "true")
    assert later.episodes["known_on"].to_list() == [date(2020, 1, 15)]


def test_it_prints_itself_without_the_key(registry):
    found = ain.why(registry, KEY)
    assert "as known at baseline: primary_autoimmune, since 2018-11-15" in str(found)
    assert KEY not in str(found) + found._repr_html_() + found.chart.to_json()


def test_the_timeline_shows_the_classes_in_turn(registry):
    text = ain.why(registry, KEY).chart.to_json()
    for label in (
        "class: untested",
        "class: probable primary",
        "class: primary autoimmune",
        "class: congenital",
    ):
        assert label in text


def test_an_unknown_child_or_day_is_refused_without_its_key(registry):
    with pytest.raises(UnknownPatient) as refused:
        ain.why(registry, "nobody-of-that-name")
    assert "nobody" not in str(refused.value)
    with pytest.raises(BadDefinition, match="baseline, end"):
        ain.why(registry, KEY, at="noon")


def test_the_command_says_it(tmp_path):
    demo = ain.simulate(20, seed=1)
    folder = demo.write(tmp_path)
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        child = registry.frame("episode")["patient_id"][0]
        classes = ain.classify(registry).filter(pl.col("patient_id") == child)["case_class"].to_list()
    ended = CliRunner().invoke(app, ["why", str(folder), child])
    assert ended.exit_code == 0
    assert all(f"baseline: {name}, since" in ended.output for name in classes)
    assert child not in ended.output


@pytest.mark.parametrize(("by", "warned"), [("severity", True), ("case_class", False), ("is_ain", False)])
def test_groups_that_the_future_makes_carry_a_warning(registry, by, warned):
    followed = ain.follow_up(registry, ain.classify(registry))
    said = resolution_curve(followed, by=by, definitions=registry.definitions).assumptions
    assert any("immortal time" in line for line in said) is warned
