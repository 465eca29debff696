import gc
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from ain_analytics import schema
from ain_analytics.definitions import PRESETS, TEXTBOOK
from ain_analytics.errors import BadDefinition, UnknownTable
from ain_analytics.output import SPILL, atomic_folder
from ain_analytics.registry import Registry, open_registry
from ain_analytics.synthetic import simulate
from ain_analytics.views import KEPT, view_files
from ain_analytics.workplace import Workplace, remove

EXTRACT = Path(__file__).parent / "extracts" / "hospital_a"


@pytest.fixture(scope="module")
def registry():
    with open_registry(EXTRACT) as opened:
        yield opened


def test_every_row_of_every_table_has_one_fate(registry):
    fates = registry.frame("row_fate").group_by("table_name").agg(pl.col("n_rows").sum())
    for table, n_rows in fates.rows():
        lines = (EXTRACT / f"{table}.csv").read_text().splitlines()
        assert n_rows == len([line for line in lines if line]) - 1
    assert set(fates["table_name"]) == set(schema.RAW)


def test_rejected_rows_are_the_rows_whose_fate_is_an_error(registry):
    no_error = ["used", "other_analyte", "other_test", "superseded"]
    errors = registry.frame("row_fate").filter(~pl.col("fate").is_in(no_error))["n_rows"].sum()
    assert registry.frame("rejected_row").height == errors


def test_every_frame_is_of_its_schema(registry):
    tables = schema.STAGED | schema.DERIVED
    for name in registry.tables:
        assert tables[name].is_valid(registry.frame(name), cast=True), name


def test_a_table_that_is_not_there_names_those_that_are(registry):
    with pytest.raises(UnknownTable, match=r"no table 'episodes'.*episode"):
        registry.frame("episodes")
    with pytest.raises(UnknownTable, match="no table 'patient; drop"):
        registry.n_rows("patient; drop table patient")


def test_another_definition_leaves_the_first_as_it_was(registry):
    before = registry.frame("episode")
    other = registry.under(PRESETS["single_normal"])
    assert other.frame("episode").height > before.height
    assert registry.frame("episode").equals(before)
    assert other.under(TEXTBOOK).frame("episode").equals(before)


def schemas_of(registry: Registry) -> set[str]:
    names = "select schema_name from duckdb_schemas() where starts_with(schema_name, 'study_')"
    return {name for (name,) in registry.connection.sql(names).fetchall()}


def test_what_was_derived_briefly_is_dropped_and_what_was_known_before_stays() -> None:
    made_up = simulate(20, seed=1)
    with open_registry(made_up.tables, extracted_on=made_up.extracted_on) as registry:
        before = registry.frame("episode")
        with registry.briefly_under(PRESETS["strict"], None) as there:
            expected = there.frame("episode")
            assert len(schemas_of(registry)) == 2
        assert len(schemas_of(registry)) == 1
        asked_for = registry.under(PRESETS["strict"])
        with registry.briefly_under(PRESETS["strict"], None) as there:
            assert there is asked_for
        assert asked_for.frame("episode").equals(expected)
        assert registry.frame("episode").equals(before)


def test_another_definition_gives_what_a_fresh_reading_gives(registry):
    for definitions in (PRESETS["flat_1500"], replace(TEXTBOOK, name="tight", max_anc=3.0)):
        with open_registry(EXTRACT, definitions=definitions) as fresh:
            own = registry.under(definitions)
            for name in ("row_fate", "anc_result", "daily_anc", "episode", "case_evidence"):
                assert own.frame(name).equals(fresh.frame(name)), name


@pytest.mark.parametrize(
    ("changed", "made_anew"),
    [
        ({"unconfirmed_end": "censor"}, "unresolved_run"),
        ({"chronic_months": 3}, "episode"),
        ({"duffy_pattern_counts": 3}, "case_evidence"),
        ({"same_day": "highest"}, "repeated_day"),
        ({"baseline_days": 20}, None),
    ],
)
def test_of_another_definition_only_what_its_choices_change_is_derived_anew(changed, made_anew):
    definitions = replace(TEXTBOOK, name="changed", **changed)
    with open_registry(EXTRACT) as shared, open_registry(EXTRACT, definitions=definitions) as fresh:
        own = shared.under(definitions)
        tables = f"select table_name from duckdb_tables() where schema_name = '{own.schema_name}'"
        found = {name for (name,) in own.connection.sql(tables).fetchall()}
        order = [f"{name}_kept" for name in KEPT]
        expected = [] if made_anew is None else order[order.index(f"{made_anew}_kept") :]
        assert found - {"definition", "anc_band"} <= set(expected)
        assert made_anew is None or f"{made_anew}_kept" in found
        for name in shared.tables:
            assert own.frame(name).equals(fresh.frame(name)), name


def test_a_registry_shows_what_it_holds(registry):
    assert (
        repr(registry)
        == "Registry 'hospital_a' under 'textbook': 57 children, 1546 daily counts, 81 episodes"
    )
    assert "1546" in registry._repr_html_()


def test_views_are_built_in_the_order_of_their_numbers():
    numbers = [int(path.name[:2]) for path in view_files()]
    assert numbers == sorted(numbers)
    assert len({path.stem[3:] for path in view_files()}) == len(numbers)


def test_a_child_with_two_different_rows_is_set_aside_whole():
    patient = pl.DataFrame(
        {"patient_id": ["A", "A", "B"], "birth_date": ["2018-01-01"] * 3, "sex": ["male", "female", "male"]}
    )
    lab = pl.DataFrame(
        {
            "patient_id": ["A"],
            "sampled_at": ["2018-02-01"],
            "code": ["751-8"],
            "value": ["1"],
            "unit": ["G/L"],
        }
    )
    with open_registry({"patient": patient, "lab_result": lab}, extracted_on=date(2020, 1, 1)) as opened:
        assert opened.frame("row_fate").rows() == [
            ("lab_result", "unusable_patient", 1),
            ("patient", "conflicting_columns", 2),
            ("patient", "used", 1),
        ]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("onset_counts", 0, "at least 1"),
        ("same_day", "median", "must be one of lowest"),
        ("max_silence_days", -1, "not be negative"),
        ("resolution_days", 1.5, "of type"),
        ("confidence", 1.0, "between 0 and 1"),
        ("severe_below", 2.0, "not exceed moderate_below"),
        ("anc_bands", (), "start at 0 months"),
    ],
)
def test_an_impossible_choice_is_refused(field, value, words):
    with pytest.raises(BadDefinition, match=words):
        replace(TEXTBOOK, **{field: value})


def test_a_definition_asked_of_another_study_takes_that_ones_staging():
    rows = [("P1", f"2018-{month:02}-01", "30394-1", "0.4", "10*9/L") for month in range(1, 4)]
    columns = ["patient_id", "sampled_at", "code", "value", "unit"]
    frames = {
        "patient": pl.DataFrame({"patient_id": ["P1"], "birth_date": ["2017-01-01"], "sex": ["female"]}),
        "lab_result": pl.DataFrame(rows, schema=columns, orient="row"),
    }
    granulocytes = replace(TEXTBOOK, name="granulocytes", granulocytes_as_neutrophils=True)
    asked = replace(granulocytes, name="asked", onset_counts=2)
    with open_registry(frames, extracted_on=date(2020, 1, 1)) as registry:
        assert registry.under(granulocytes).under(asked).frame("episode").height == 1


def test_what_does_not_fit_into_memory_goes_beside_the_results_and_is_taken_away(tmp_path: Path) -> None:
    with open_registry(EXTRACT, work=tmp_path) as registry:
        registry.connection.execute("set memory_limit = '100MB'")
        numbers = "select range as n, hash(range) as h from range(10000000)"  # 160 MB
        registry.connection.execute(f"create table large as {numbers}")
        assert [path.name.startswith(SPILL) for path in tmp_path.iterdir()] == [True]
        with atomic_folder(tmp_path / "out"):
            assert registry.connection.sql("select sum(n) from large where h >= 0").fetchall() == [
                (9999999 * 10000000 // 2,)
            ]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.fixture
def all_are_large(monkeypatch):
    monkeypatch.setattr("ain_analytics.workplace.LARGE", 0)


@pytest.mark.usefixtures("all_are_large")
def test_a_large_extract_is_derived_in_a_file_beside_the_results(registry, tmp_path: Path) -> None:
    with open_registry(EXTRACT, work=tmp_path) as large:
        (folder,) = tmp_path.iterdir()
        assert folder.name.startswith(SPILL)
        assert (folder / "working.duckdb").is_file()
        for definitions in (TEXTBOOK, PRESETS["strict"]):
            for name in registry.tables:
                expected = registry.under(definitions).frame(name)
                assert large.under(definitions).frame(name).equals(expected), name
        large.connection.execute("checkpoint")
        assert (folder / "working.duckdb").stat().st_size > 1_000_000
        with atomic_folder(tmp_path / "out"):
            assert folder.is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("all_are_large")
def test_the_file_goes_with_the_last_who_knows_of_the_registry(tmp_path: Path) -> None:
    first = open_registry(EXTRACT, work=tmp_path)
    other = first.under(PRESETS["strict"])
    del first
    gc.collect()
    assert other.frame("episode").height > 0
    assert len(list(tmp_path.iterdir())) == 1
    del other
    gc.collect()
    assert not list(tmp_path.iterdir())


def test_a_program_that_ends_without_closing_leaves_no_file(tmp_path: Path) -> None:
    program = f"""
import ain_analytics as ain
from ain_analytics import workplace
workplace.LARGE = 0
registry = ain.open_registry({str(EXTRACT)!r}, work={str(tmp_path)!r})
print(registry.frame("episode").height)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "81"
    assert "rror" not in ended.stderr
    assert not list(tmp_path.iterdir())


def test_a_copy_of_the_process_takes_nothing_away(tmp_path: Path) -> None:
    place = Workplace(tmp_path / "place", n_bytes=1e9)
    place.connect().close()
    remove(place.folder, of_process=os.getpid() + 1)
    assert place.folder.is_dir()
    place.remove()
    assert not place.folder.exists()


def test_a_large_extract_gets_more_memory_the_larger_it_is_but_never_most_of_the_memory(
    tmp_path: Path,
) -> None:
    limits = []
    for n_bytes in (0, 1e8, 1e9, 1e15):
        place = Workplace(tmp_path / f"{n_bytes}", n_bytes)
        with place.connect() as connection:
            limits += connection.execute(
                "select parse_formatted_bytes(current_setting('memory_limit'))"
            ).fetchone()
        place.remove()
    most, of_small, of_larger, of_huge = limits
    assert of_small == pytest.approx(1.2e9, rel=0.1)
    assert of_larger == pytest.approx(3.5e9, rel=0.1)
    assert of_huge == pytest.approx(most, rel=0.1)
