"""`ain reproduce`: one command, one folder that may be shown to others."""

import json

import polars as pl
import pytest
from typer.testing import CliRunner

from ain_analytics.cli import app
from ain_analytics.errors import BadFigure
from ain_analytics.reproduce import chosen_figures, reproduce
from ain_analytics.synthetic import simulate

OWN = """
[[figure]]
id = "OWN1"
study = "Somebody 2030"
quantity = "median_among_recovered"
case_classes = ["primary_autoimmune"]
value = 40.0
unit = "months"
n_behind = 200
definition = { resolution_counts = 1, resolution_days = 0 }
"""


@pytest.fixture(scope="module")
def demo():
    return simulate(120, seed=5)


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    place = tmp_path_factory.mktemp("reproduced")
    extract = demo.write(place / "made")
    figures = place / "own.toml"
    figures.write_text(OWN, encoding="utf-8")
    asked = [str(extract), "--study", "somebody", "--figures", str(figures), "-o", str(place / "out")]
    done = CliRunner().invoke(app, ["reproduce", *asked])
    assert done.exit_code == 0, done.output
    return place / "out", done.output


def test_a_record_of_ones_own_is_compared_under_its_own_definition(folder):
    out, said = folder
    row = pl.read_parquet(out / "tables" / "published_comparison.parquet").row(0, named=True)
    assert row["figure_id"] == "OWN1"
    assert row["verdict"] == "different"  # a truth of 17 months against 40
    assert "derived under OWN1" in row["reason"]
    assert "1 published figures: 0 compatible, 1 different, 0 not comparable." in said
    assert "S23d" in said


def test_the_folder_holds_page_table_figure_and_manifest_and_no_key(folder, demo):
    out, said = folder
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {
        "reproduce.html",
        "manifest.json",
        "charts/published.png",
        "tables/textbook_statement.csv",
    } <= names
    listed = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    assert set(listed["outputs"]) == names - {"manifest.json"}
    text = (out / "reproduce.html").read_text(encoding="utf-8") + said
    assert not [key for key in demo.truth["patient_id"] if f">{key}<" in text or f" {key} " in text]


def test_a_result_prints_itself_and_says_what_it_assumed(demo):
    found = reproduce(demo.tables, extracted_on=demo.extracted_on, study="Bux")
    assert set(found.comparison["study"]) == {"Bux 1998"}
    assert repr(found).startswith("Reproduction\n")
    assert "Holm" in repr(found)
    assert found._repr_html_().count("<li>") >= len(found.assumptions)
    assert "vconcat" in found.chart().to_dict()
    shared = found.shared()
    few = (shared.comparison["own_n"] > 0) & (shared.comparison["own_n"] < 5)
    assert not few.any()


def test_a_study_that_is_not_there_is_said_in_one_line():
    with pytest.raises(BadFigure, match=r"there is no study of this name; the nearest is 'Neglia 1993'"):
        chosen_figures("Negila 1993", None)


def test_an_id_that_is_taken_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(OWN.replace("OWN1", "R041"), encoding="utf-8")
    with pytest.raises(BadFigure, match="its id is that of a figure that comes with the program"):
        chosen_figures(None, path)
