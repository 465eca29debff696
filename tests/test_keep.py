"""What is kept of each child: a later run gives the tables of a full one, and derives only who changed."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import pytest

from ain_analytics.buckets import Buckets
from ain_analytics.codes import CODE_TABLES
from ain_analytics.definitions import PRESETS, TEXTBOOK
from ain_analytics.errors import BadKeep
from ain_analytics.extract import read_extract
from ain_analytics.registry import Registry, open_registry
from ain_analytics.synthetic import simulate

from .hostile import HOSPITAL

Tables = dict[str, pl.DataFrame]
OTHER_STAGING = replace(TEXTBOOK, name="granulocytes", granulocytes_as_neutrophils=True)
N_CHILDREN = 25


def made_up(seed: int) -> Tables:
    """Make a registry in disorder: shuffled rows, cells that are none, rows twice, keys of nobody."""
    tables = {}
    for name, frame in simulate(N_CHILDREN, seed=seed).tables.items():
        text = frame.with_columns(pl.all().cast(pl.String))
        rng = random.Random(f"{seed} {name}")
        rows = text.rows()
        rng.shuffle(rows)
        if name == "lab_result":
            rows = [damaged(row, text.columns, rng) for row in rows]
            rows += rng.sample(rows, 30)
        tables[name] = pl.DataFrame(rows, schema=text.schema, orient="row")
    return tables


def damaged(row: tuple[str, ...], columns: list[str], rng: random.Random) -> tuple[str | None, ...]:
    if rng.random() > 0.03:
        return row
    place = rng.choice(
        [columns.index(name) for name in ("patient_id", "sampled_at", "code", "value", "unit")]
    )
    cell = rng.choice([None, "", "nonsense", "-1", "<0.1", "  "])
    return (*row[:place], cell, *row[place + 1 :])


def keys_of(tables: Tables, n: int) -> list[str]:
    keys = sorted(tables["patient"]["patient_id"].drop_nulls().unique().to_list())
    return random.Random(n).sample(keys, n)


def some_children_change(tables: Tables) -> Tables:
    mine = pl.col("patient_id").is_in(keys_of(tables, 3))
    value = pl.when(mine).then(pl.lit("0.2")).otherwise("value").alias("value")
    return tables | {"lab_result": tables["lab_result"].with_columns(value)}


def rows_come_in_front(tables: Tables) -> Tables:
    rows = tables["lab_result"]
    first = rows.filter(pl.col("patient_id") == keys_of(tables, 1)[0]).head(2)
    return tables | {"lab_result": pl.concat([first.with_columns(value=pl.lit("0.3")), rows])}


def rows_change_their_order_within_children(tables: Tables) -> Tables:
    return {name: frame.reverse() for name, frame in tables.items()}


def children_leave(tables: Tables) -> Tables:
    gone = pl.col("patient_id").is_in(keys_of(tables, 5)).not_()
    return {name: frame.filter(gone | pl.col("patient_id").is_null()) for name, frame in tables.items()}


def children_leave_only_the_patient_table(tables: Tables) -> Tables:
    gone = pl.col("patient_id").is_in(keys_of(tables, 5)).not_()
    return tables | {"patient": tables["patient"].filter(gone)}


def children_come(tables: Tables) -> Tables:
    others = made_up(99)
    named = pl.lit("AA") + pl.col("patient_id")
    return {
        name: pl.concat([others[name].with_columns(named.alias("patient_id")).head(20), frame])
        for name, frame in tables.items()
    }


def children_leave_and_come(tables: Tables) -> Tables:
    return children_come(children_leave(tables))


def a_treatment_begins(tables: Tables) -> Tables:
    rows = tables["treatment"]
    key = keys_of(tables, 1)[0]
    day = tables["lab_result"].filter(pl.col("patient_id") == key)["sampled_at"].drop_nulls().sort()[0][:10]
    row = dict.fromkeys(rows.columns) | {"patient_id": key, "started_on": day, "code": "L03AA02"}
    return tables | {"treatment": pl.concat([rows, pl.DataFrame([row], schema=rows.schema)])}


def a_key_is_spelled_with_spaces(tables: Tables) -> Tables:
    key = keys_of(tables, 1)[0]
    spelled = pl.when(pl.col("patient_id") == key).then(pl.lit(f"  {key}")).otherwise("patient_id")
    return tables | {"lab_result": tables["lab_result"].with_columns(spelled.alias("patient_id"))}


def nothing_changes(tables: Tables) -> Tables:
    return tables


CHANGES: list[Callable[[Tables], Tables]] = [
    some_children_change,
    rows_come_in_front,
    rows_change_their_order_within_children,
    children_leave,
    children_leave_only_the_patient_table,
    children_come,
    children_leave_and_come,
    a_treatment_begins,
    a_key_is_spelled_with_spaces,
    nothing_changes,
]
EXTRACTED_ON = simulate(1, seed=1).extracted_on


def tables_of(registry: Registry) -> Tables:
    return {name: frame.sort(frame.columns) for name in registry.tables for frame in [registry.frame(name)]}


def assert_same(found: Tables, wanted: Tables) -> None:
    assert found.keys() == wanted.keys()
    for name, frame in wanted.items():
        assert found[name].equals(frame), name


def full_run(source: Tables | Path, **options: object) -> Tables:
    chosen = {"extracted_on": EXTRACTED_ON} | options if isinstance(source, dict) else options
    with open_registry(source, **chosen) as whole:  # type: ignore[arg-type]
        return tables_of(whole)


@cache
def full_run_of(seed: int, change: Callable[[Tables], Tables]) -> Tables:
    """Give what several tests compare with; it is derived once."""
    return full_run(change(made_up(seed)))


def assert_equal_to_a_full_run(
    source: Tables | Path, keep: Path, wanted: Tables | None = None, **options: object
) -> None:
    chosen = {"extracted_on": EXTRACTED_ON} | options if isinstance(source, dict) else options
    with open_registry(source, keep=keep, **chosen) as kept:  # type: ignore[arg-type]
        assert_same(tables_of(kept), wanted or full_run(source, **options))


def said_of_changes(source: Tables | Path, keep: Path, **options: object) -> list[str]:
    """Give what a run says of how many children it derives."""
    said: list[str] = []
    chosen = {"extracted_on": EXTRACTED_ON} | options
    open_registry(source, keep=keep, progress=lambda stage, _: said.append(stage), **chosen).close()  # type: ignore[arg-type]
    return [stage for stage in said if "new or changed" in stage]


@pytest.mark.long
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("seed", [1])
def test_a_later_run_gives_the_tables_of_a_full_one(
    change: Callable[[Tables], Tables], seed: int, tmp_path: Path
) -> None:
    before = made_up(seed)
    at_first = full_run_of(seed, nothing_changes)
    assert_equal_to_a_full_run(before, tmp_path, at_first)
    assert_equal_to_a_full_run(change(before), tmp_path, full_run_of(seed, change))
    assert_equal_to_a_full_run(before, tmp_path, at_first)


@pytest.mark.long
def test_many_runs_one_after_the_other_give_the_tables_of_full_ones(tmp_path: Path) -> None:
    tables = made_up(3)
    rng = random.Random(4)
    for _ in range(5):
        tables = rng.choice(CHANGES[:3] + CHANGES[7:8])(tables)
        assert_equal_to_a_full_run(tables, tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("days", [-400, 30])
def test_another_last_day_gives_the_tables_of_a_full_run(days: int, tmp_path: Path) -> None:
    tables = made_up(5)
    middle = EXTRACTED_ON - timedelta(days=700)
    assert_equal_to_a_full_run(tables, tmp_path, extracted_on=middle)
    assert_equal_to_a_full_run(tables, tmp_path, extracted_on=middle + timedelta(days=days))


@pytest.mark.long
def test_other_definitions_give_the_tables_of_a_full_run(tmp_path: Path) -> None:
    before = made_up(6)
    for tables in (before, some_children_change(before), rows_come_in_front(before)):
        with open_registry(tables, extracted_on=EXTRACTED_ON, keep=tmp_path) as kept:
            for definitions in (PRESETS["strict"], PRESETS["neglia_1993"], OTHER_STAGING):
                with open_registry(tables, extracted_on=EXTRACTED_ON, definitions=definitions) as whole:
                    assert_same(tables_of(kept.under(definitions)), tables_of(whole))


@pytest.mark.long
def test_a_definition_that_missed_a_run_catches_up(tmp_path: Path) -> None:
    tables, strict = made_up(7), PRESETS["strict"]
    assert_equal_to_a_full_run(tables, tmp_path, definitions=strict)
    tables = some_children_change(tables)
    assert_equal_to_a_full_run(tables, tmp_path)
    tables = a_treatment_begins(rows_come_in_front(tables))
    assert_equal_to_a_full_run(tables, tmp_path)
    assert_equal_to_a_full_run(tables, tmp_path, definitions=strict)


def written(tables: Tables, folder: Path, options: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    for name, frame in tables.items():
        frame.write_csv(folder / f"{name}.csv")
    (folder / "extract.toml").write_text(f"extracted_on = {EXTRACTED_ON}\n{options}", encoding="utf-8")
    return folder


@pytest.mark.long
def test_other_codes_of_the_sender_give_the_tables_of_a_full_run(tmp_path: Path) -> None:
    tables, keep = made_up(8), tmp_path / "keep"
    source = written(tables, tmp_path / "source")
    assert_equal_to_a_full_run(source, keep)
    codes = tables["lab_result"]["code"].drop_nulls().unique().sort().to_list()
    written(tables, source, f'[codes]\n"{codes[-1]}" = "6690-2"\n')
    assert_equal_to_a_full_run(source, keep)


def test_a_hospital_as_it_was_sent_gives_the_tables_of_a_full_run(tmp_path: Path) -> None:
    assert_equal_to_a_full_run(HOSPITAL, tmp_path)
    assert_equal_to_a_full_run(HOSPITAL, tmp_path)


@pytest.mark.long
def test_files_in_parts_may_change_their_names(tmp_path: Path) -> None:
    tables, keep, source = made_up(9), tmp_path / "keep", tmp_path / "source"
    written(tables, source)
    (source / "lab_result.csv").unlink()
    rows = tables["lab_result"]
    for part, frame in (("b", rows.head(200)), ("d", rows.slice(200))):
        frame.write_parquet(source / f"lab_result-{part}.parquet")
    assert_equal_to_a_full_run(source, keep)
    (source / "lab_result-b.parquet").rename(source / "lab_result-c.parquet")
    assert_equal_to_a_full_run(source, keep)
    (source / "lab_result-c.parquet").rename(source / "lab_result-e.parquet")
    assert_equal_to_a_full_run(source, keep)


def test_only_children_that_changed_are_derived(tmp_path: Path) -> None:
    made = simulate(30, seed=2).tables
    mine = pl.col("patient_id").is_in(made["patient"]["patient_id"].unique().to_list())
    text = {name: frame.filter(mine).with_columns(pl.all().cast(pl.String)) for name, frame in made.items()}
    assert said_of_changes(text, tmp_path) == ["deriving 30 children that are new or changed"] * 2
    assert said_of_changes(text, tmp_path) == []
    changed = some_children_change(text)
    assert said_of_changes(changed, tmp_path) == ["deriving 3 children that are new or changed"] * 2
    assert said_of_changes(changed, tmp_path) == []


def test_a_child_whose_rows_only_moved_is_not_derived_again(tmp_path: Path) -> None:
    text = {name: f.with_columns(pl.all().cast(pl.String)) for name, f in simulate(30, seed=2).tables.items()}
    said_of_changes(text, tmp_path)
    moved = rows_come_in_front(text)
    assert said_of_changes(moved, tmp_path) == ["deriving 1 children that are new or changed"] * 2


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_run_that_is_killed_leaves_what_was_kept_usable(tmp_path: Path) -> None:
    code = """
import sys
from ain_analytics.registry import open_registry
print("now", flush=True)
open_registry(sys.argv[1], keep=sys.argv[2]).close()
"""
    tables, keep, source = made_up(10), tmp_path / "keep", tmp_path / "source"
    assert_equal_to_a_full_run(written(tables, source), keep)
    rng = random.Random(5)
    for n in range(6):
        tables = (children_leave_and_come if n == 3 else rows_come_in_front)(tables)
        written(tables, source)
        command = [sys.executable, "-c", code, str(source), str(keep)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(rng.uniform(0.1, 1.5))
            running.send_signal(signal.SIGKILL)
    assert_equal_to_a_full_run(source, keep)


NAMES_OF_KEPT = [
    "state.json",
    *(f"{name}.parquet" for name in ("numbers", "children", "places", "files", "lab_row")),
]


@pytest.mark.long
@pytest.mark.parametrize("pattern", NAMES_OF_KEPT)
@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_what_is_damaged_or_missing_is_derived_anew(pattern: str, how: str, tmp_path: Path) -> None:
    tables = made_up(11)
    assert_equal_to_a_full_run(tables, tmp_path, full_run_of(11, nothing_changes))
    for path in tmp_path.rglob(pattern):
        if how == "missing":
            path.unlink()
        else:
            path.write_bytes(b"nonsense")
    wanted = full_run_of(11, rows_come_in_front)
    assert_equal_to_a_full_run(rows_come_in_front(tables), tmp_path, wanted)


@pytest.mark.long
def test_what_is_kept_does_not_grow_without_end(tmp_path: Path) -> None:
    tables = made_up(12)
    for n in range(14):
        value = pl.when(pl.int_range(pl.len()) == n).then(pl.lit("0.4")).otherwise("value").alias("value")
        tables = tables | {"lab_result": tables["lab_result"].with_columns(value)}
        open_registry(tables, extracted_on=EXTRACTED_ON, keep=tmp_path).close()
    assert len(list(tmp_path.rglob("lab_row.parquet"))) < 14
    assert_equal_to_a_full_run(tables, tmp_path)


def test_a_file_is_no_place_to_keep_tables_in(tmp_path: Path) -> None:
    (tmp_path / "keep").write_text("")
    with pytest.raises(BadKeep, match="keep is a file"):
        open_registry(made_up(1), keep=tmp_path / "keep")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"buckets": 2}, "buckets"),
        ({"engine": "spark"}, "engine spark"),
        ({"engine": "postgres", "engine_address": "postgresql://nobody@localhost/none"}, "engine postgres"),
    ],
)
def test_engines_and_buckets_do_not_go_with_it(options: dict[str, object], said: str, tmp_path: Path) -> None:
    source = written(made_up(1), tmp_path / "source")
    with pytest.raises(BadKeep, match=said) as refused:
        open_registry(source, keep=tmp_path / "keep", **options)  # type: ignore[arg-type]
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "keep").exists()


@pytest.mark.parametrize("what", ["program", "duckdb", "codes"])
def test_another_program_or_code_list_takes_no_tables_of_the_old_one(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = written(made_up(1), tmp_path / "source")
    extract = read_extract(source)
    before = Buckets.of(2, tmp_path, extract).folder
    assert Buckets.of(2, tmp_path, extract).folder == before
    if what == "program":
        monkeypatch.setattr("ain_analytics.fingerprint.program_version", lambda: "0.0.0")
    elif what == "duckdb":
        monkeypatch.setattr(duckdb, "__version__", "0.0.0")
    else:
        name, make = next(iter(CODE_TABLES.items()))
        monkeypatch.setitem(CODE_TABLES, name, lambda: make().head(1))
    assert Buckets.of(2, tmp_path, extract).folder != before


@pytest.mark.long
def test_a_study_with_what_was_kept_writes_the_same_tables(
    tmp_path: Path, study_by_command: Callable[..., dict[str, str]]
) -> None:
    source, keep = written(made_up(13), tmp_path / "source"), str(tmp_path / "keep")
    whole = study_by_command(source, "whole")
    assert whole
    assert study_by_command(source, "first", "--keep", keep) == whole
    assert study_by_command(source, "again", "--keep", keep) == whole
