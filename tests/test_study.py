"""The main job from end to end, on a small made-up registry."""

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ain_analytics import study as study_module_guard
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadDefinition, BadOutput, EmptyStratum, UnknownColumn
from ain_analytics.schema import TABLES as SCHEMAS
from ain_analytics.study import BY_COLUMNS, TABLES, study
from ain_analytics.study_result import Study
from ain_analytics.synthetic import simulate

FEW = replace(TEXTBOOK, name="quick", bootstrap_replicates=20)


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(100, seed=2).write(tmp_path_factory.mktemp("made_up"))


@pytest.fixture(scope="module")
def heard() -> list[tuple[str, float]]:
    return []


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("results") / "out"


@pytest.fixture(scope="module")
def found(extract: Path, out: Path, heard: list[tuple[str, float]]) -> Study:
    def hear(stage: str, share: float) -> None:
        heard.append((stage, share))

    return study(extract, out, definitions=FEW, by="sex", progress=hear, command="ain study extract")


def test_the_function_of_the_package_is_the_study(found: Study) -> None:
    assert study_module_guard is study


def test_the_output_holds_every_table_twice_and_reads_back_the_same(found: Study, out: Path) -> None:
    assert set(found.tables) == set(TABLES)
    assert {path.name for path in (out / "tables").iterdir()} == {
        f"{name}.{ending}" for name in TABLES for ending in ("parquet", "csv")
    }
    for name, frame in found.tables.items():
        assert_frame_equal(pl.read_parquet(out / "tables" / f"{name}.parquet"), frame)
        assert pl.read_csv(out / "tables" / f"{name}.csv", infer_schema=False).shape == frame.shape


@pytest.mark.parametrize("name", TABLES)
def test_every_table_keeps_its_schema_and_its_key(found: Study, name: str) -> None:
    assert_frame_equal(SCHEMAS[name].validate(found.tables[name]), found.tables[name])


def test_the_output_holds_charts_in_three_forms_a_report_and_a_manifest(found: Study, out: Path) -> None:
    assert {path.name for path in out.iterdir()} == {"charts", "tables", "report.html", "manifest.json"}
    names = {path.stem for path in (out / "charts").iterdir()}
    assert {"resolution", "bounds", "attrition", "case_classes", "published", "row_fates"} <= names
    assert {path.name for path in (out / "charts").iterdir()} == {
        f"{name}.{ending}" for name in names for ending in ("html", "svg", "png")
    }


def test_the_manifest_names_every_other_file_of_the_output(found: Study, out: Path) -> None:
    said = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert set(said["outputs"]) == files - {"manifest.json"}
    assert said["counts"] == {name: frame.height for name, frame in found.tables.items()}
    assert (said["command"], said["by"], said["definition"]["name"]) == ("ain study extract", "sex", "quick")


def test_no_key_of_a_child_leaves_the_house(found: Study, out: Path) -> None:
    keys = found.tables["patient"]["patient_id"].to_list()
    assert len(keys) > 50
    for path in (out / "report.html", *out.glob("charts/*.svg"), *out.glob("charts/*.html")):
        text = path.read_text(encoding="utf-8")
        assert not [key for key in keys if f'"{key}"' in text or f">{key}<" in text], path.name


def test_the_report_and_the_charts_load_nothing_from_elsewhere(found: Study, out: Path) -> None:
    for path in (out / "report.html", *out.glob("charts/*.html")):
        text = path.read_text(encoding="utf-8")
        assert not [
            tag for tag in ('src="http', "src='http", '<link rel="stylesheet" href="http') if tag in text
        ]


def test_curves_are_there_under_the_three_rules_of_ending_and_split(found: Study) -> None:
    assert list(found.bounding) == ["quick", "quick_single_normal", "quick_strict"]
    assert found.main is found.curves["quick"]
    assert (found.main.estimator, found.kaplan_meier.estimator) == ("npmle", "kaplan_meier")
    assert found.curves["by_sex"].by == "sex"
    assert found.curves["autoimmune"].value("n")[0] < found.main.value("n")[0]  # type: ignore[operator]
    strata = set(found.tables["curve_summary"]["stratum"])
    assert {"all", "autoimmune", "sex: female", "sex: male"} <= strata


def test_the_curve_of_the_autoimmune_classes_holds_them_all_and_nobody_else(found: Study) -> None:
    followed = found.tables["follow_up"].filter("is_ain", "is_usable", pl.col("episode_number") == 1)
    assert found.curves["autoimmune"].value("n")[0] == followed.height


def test_it_says_in_words_who_was_studied_and_what_came_out(found: Study) -> None:
    first, *medians = found.in_words()
    n, n_resolved = (found.main.value(name)[0] for name in ("n", "n_resolved"))
    assert f"{n:.0f} followed, {n_resolved:.0f} of them resolved." in first
    assert [line.partition(":")[0] for line in medians] == [*found.bounding, "autoimmune"]
    assert all(line in found._repr_html_() for line in medians)


def test_progress_goes_from_nothing_to_the_end(found: Study, heard: list[tuple[str, float]]) -> None:
    begins = ("classifying ", "drawing resolution, ", "writing the report")
    places = [next(n for n, (stage, _) in enumerate(heard) if stage.startswith(b)) for b in begins]
    assert places == sorted(places)
    assert all(0 <= share <= 1 for _, share in heard)


def test_progress_names_rows_and_every_long_stage(found: Study, heard: list[tuple[str, float]]) -> None:
    said = [stage for stage, _ in heard]
    n = found.tables["episode"].height
    for rule in found.bounds:
        assert any(stage.startswith(f"estimating under {rule}: ") for stage in said)
    assert f"estimating by sex: {n:,} episodes" in said
    assert any(stage.startswith("comparing ") and stage.endswith(f": {n:,} episodes") for stage in said)
    assert any(stage.startswith("drawing ") and stage.endswith("chart 1 of 8") for stage in said)
    begun = next(n for n, stage in enumerate(said) if stage.startswith("classifying "))
    shares = [share for _, share in heard[begun:]]
    assert shares == sorted(shares)  # so that the time left is never told too short and then longer


def test_the_first_tables_stand_on_disk_before_the_long_estimates(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    standing: dict[str, int] = {}

    def stop(*_: Any, **__: Any) -> None:
        (hidden,) = tmp_path.glob(".out.partial-*/tables")
        standing.update({path.name: pl.read_parquet(path).height for path in hidden.glob("*.parquet")})
        assert {path.stem for path in hidden.glob("*.csv")} == {
            path.stem for path in hidden.glob("*.parquet")
        }
        raise OSError("stopped")

    monkeypatch.setattr(sys.modules["ain_analytics.study_curves"], "interval_curve", stop)
    with pytest.raises(OSError, match="stopped"):
        study(extract, tmp_path / "out", definitions=FEW)
    assert set(standing) == {f"{name}.parquet" for name in ("patient", "episode", "case", "follow_up")}
    assert standing["episode.parquet"] == standing["follow_up.parquet"] > 0
    assert not list(tmp_path.iterdir())


def test_the_same_extract_gives_the_same_tables_again(found: Study, extract: Path) -> None:
    again = study(extract, definitions=FEW, by="sex")
    for name, frame in found.tables.items():
        assert_frame_equal(again.tables[name], frame)


def test_a_run_that_fails_late_leaves_the_output_as_it_was(
    found: Study, extract: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OSError("disk full")

    before = (out / "manifest.json").read_bytes()
    monkeypatch.setattr(sys.modules["ain_analytics.study"], "save_chart", lambda *_: [])
    monkeypatch.setattr(sys.modules["ain_analytics.study"], "write_report", fail)
    with pytest.raises(OSError, match="disk full"):
        study(extract, out, definitions=FEW)
    assert (out / "manifest.json").read_bytes() == before
    assert [path.name for path in out.parent.iterdir()] == ["out"]


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_command_killed_while_it_writes_leaves_the_output_as_it_was(
    found: Study, extract: Path, out: Path
) -> None:
    before = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    command = [sys.executable, "-m", "ain_analytics", "study", str(extract), "-o", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        while running.poll() is None and not list(out.parent.glob(".out.partial-*/charts")):
            time.sleep(0.05)
        running.send_signal(signal.SIGKILL)
    assert running.returncode == -signal.SIGKILL
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == before


def test_a_column_that_cannot_split_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UnknownColumn, match=", ".join(BY_COLUMNS)):
        study("nowhere", by="birth_date")


def test_a_definition_with_the_name_of_a_curve_is_refused() -> None:
    with pytest.raises(BadDefinition, match="a study gives to its curves"):
        study("nowhere", definitions=replace(TEXTBOOK, name="autoimmune"))


def test_an_output_that_holds_the_source_is_refused_before_anything_is_read(extract: Path) -> None:
    with pytest.raises(BadOutput, match="holds the source"):
        study(extract, extract.parent)


def test_where_nobody_can_be_followed_there_is_an_error_and_no_output(tmp_path: Path) -> None:
    patients = pl.DataFrame({"patient_id": ["P1"], "birth_date": ["2018-01-01"], "sex": ["female"]})
    results = {
        "patient_id": "P1",
        "sampled_at": "2018-06-01",
        "code": "751-8",
        "value": "3.0",
        "unit": "10*9/L",
    }
    source = {"patient": patients, "lab_result": pl.DataFrame([results])}
    with pytest.raises(EmptyStratum):
        study(source, tmp_path / "out", extracted_on=date(2024, 6, 30))
    assert not list(tmp_path.iterdir())


def test_a_curve_that_nobody_is_left_for_is_a_note_and_not_an_error() -> None:
    days = {"2018-06-01": "0.5", "2018-07-01": "3.0", "2018-09-01": "3.0"}
    patients = pl.DataFrame({"patient_id": ["P1"], "birth_date": ["2018-01-01"], "sex": ["female"]})
    same = {"patient_id": "P1", "code": "751-8", "unit": "10*9/L"}
    results = pl.DataFrame([same | {"sampled_at": day, "value": value} for day, value in days.items()])
    found = study(
        {"patient": patients, "lab_result": results}, extracted_on=date(2024, 6, 30), definitions=FEW
    )
    assert found.main.value("n")[0] == 1
    assert [note.partition(":")[0] for note in found.notes] == ["autoimmune"]
    assert "autoimmune" not in found.curves
