"""Children split into buckets: the tables are the same, and what is finished is not done again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from ain_analytics.__main__ import main
from ain_analytics.definitions import PRESETS, TEXTBOOK, Definitions
from ain_analytics.errors import BadBuckets
from ain_analytics.registry import Registry, open_registry
from ain_analytics.synthetic import simulate

from .hostile import HOSPITAL

OTHER_STAGING = replace(TEXTBOOK, name="granulocytes", granulocytes_as_neutrophils=True)


def tables_of(registry: Registry) -> dict[str, pl.DataFrame]:
    return {name: in_order(registry.frame(name)) for name in registry.tables}


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort(frame.columns)


def assert_same(first: dict[str, pl.DataFrame], second: dict[str, pl.DataFrame]) -> None:
    assert first.keys() == second.keys()
    for name, frame in first.items():
        assert frame.equals(second[name]), name


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "registry"
    simulate(60, seed=11).write(folder)
    return folder / "extract"


@pytest.mark.long
@pytest.mark.parametrize("n", [1, 4])
@pytest.mark.parametrize("which", ["hospital", "made up"])
def test_buckets_give_the_same_tables(which: str, n: int, extract: Path, tmp_path: Path) -> None:
    source = HOSPITAL if which == "hospital" else extract
    with open_registry(source) as whole, open_registry(source, buckets=n, work=tmp_path) as split:
        assert_same(tables_of(whole), tables_of(split))


@pytest.mark.long
def test_other_definitions_of_a_split_registry_give_what_a_whole_one_gives(
    extract: Path, tmp_path: Path
) -> None:
    chosen: list[Definitions] = [PRESETS["strict"], PRESETS["neglia_1993"], OTHER_STAGING]
    with open_registry(extract, buckets=3, work=tmp_path) as split:
        for definitions in chosen:
            with open_registry(extract, definitions=definitions) as whole:
                assert_same(tables_of(whole), tables_of(split.under(definitions)))


@pytest.mark.long
def test_more_buckets_than_children_leave_some_empty(tmp_path: Path) -> None:
    made = simulate(3, seed=2)
    made.write(tmp_path / "registry")
    source = tmp_path / "registry" / "extract"
    with open_registry(source) as whole, open_registry(source, buckets=20, work=tmp_path) as split:
        assert_same(tables_of(whole), tables_of(split))


def test_a_second_run_derives_nothing_again(extract: Path, tmp_path: Path) -> None:
    open_registry(extract, buckets=2, work=tmp_path).close()
    written = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    assert written
    open_registry(extract, buckets=2, work=tmp_path).close()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")} == written


def test_a_source_that_changed_takes_no_tables_of_the_old_one(extract: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        simulate(20, seed=seed).write(tmp_path / f"registry_{seed}")
    work = tmp_path / "work"
    (tmp_path / "registry_1" / "extract").rename(tmp_path / "extract")
    open_registry(tmp_path / "extract", buckets=2, work=work).close()
    (tmp_path / "extract").rename(tmp_path / "first")
    (tmp_path / "registry_2" / "extract").rename(tmp_path / "extract")
    with (
        open_registry(tmp_path / "extract") as whole,
        open_registry(tmp_path / "extract", buckets=2, work=work) as split,
    ):
        assert_same(tables_of(whole), tables_of(split))


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_a_run_that_is_killed_ten_times_ends_with_the_same_tables(extract: Path, tmp_path: Path) -> None:
    code = """
import sys
from ain_analytics.registry import open_registry
print("now", flush=True)
open_registry(sys.argv[1], buckets=5, work=sys.argv[2]).close()
"""
    rng, n_finished = random.Random(5), [0]
    for _ in range(10):
        command = [sys.executable, "-c", code, str(extract), str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
            assert running.stdout is not None
            running.stdout.readline()
            time.sleep(rng.uniform(0.2, 1.5))
            running.send_signal(signal.SIGKILL)
        n_finished.append(len(list(tmp_path.rglob("*.parquet"))))
    assert n_finished == sorted(n_finished)
    assert n_finished[-1] > 0
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.parquet")}
    with open_registry(extract) as whole, open_registry(extract, buckets=5, work=tmp_path) as split:
        assert_same(tables_of(whole), tables_of(split))
    assert {path: path.stat().st_mtime_ns for path in before} == before


@pytest.mark.parametrize(
    ("n", "said"), [(0, "0 is no number of buckets"), (-1, "-1 is no number of buckets")]
)
def test_an_impossible_number_is_refused(n: int, said: str, extract: Path, tmp_path: Path) -> None:
    with pytest.raises(BadBuckets, match=said):
        open_registry(extract, buckets=n, work=tmp_path)


def test_frames_are_not_split(tmp_path: Path) -> None:
    with pytest.raises(BadBuckets, match="only files can be split"):
        open_registry(simulate(3, seed=1).tables, buckets=2, work=tmp_path)


@pytest.mark.long
def test_a_study_in_buckets_leaves_its_results_alone(
    extract: Path, tmp_path: Path, study_by_command: Callable[..., dict[str, str]]
) -> None:
    whole = study_by_command(extract, "whole")
    assert whole
    assert study_by_command(extract, "split", "--buckets", "2") == whole
    assert sorted(path.name for path in tmp_path.iterdir()) == ["few.toml", "split", "whole"]


def test_a_look_in_buckets_says_the_same_and_leaves_nothing(
    extract: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    said = []
    for more in ([], ["--buckets", "2"]):
        monkeypatch.setattr(sys, "argv", ["ain", "check", str(extract), *more])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert not list(tmp_path.iterdir())
