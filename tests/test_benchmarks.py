"""The benchmark runs, and what it times finds the episodes that the reference finds."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ain_analytics.definitions import TEXTBOOK

from . import reference

ROOT = Path(__file__).parents[1]
CHEAP = ("textbook", "textbook_filtered", "polars_sorted", "polars_over", "pandas_vectorised", "pandas_apply")
SIZE = 5_000


def run(module: str, *arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def folder(data: Path) -> Path:
    return Path(run("episodes.data", data, "disease", SIZE).strip())


@pytest.fixture(scope="module")
def children(folder: Path) -> dict[str, reference.Child]:
    patients = {
        row["patient_id"]: reference.Child(row["birth_date"], [], [], row["died_on"])
        for row in pl.read_parquet(folder / "patient.parquet").to_dicts()
    }
    for row in pl.read_parquet(folder / "anc_result.parquet").to_dicts():
        patients[row["patient_id"]].counts.append((row["sampled_at"], row["anc"]))
    return patients


@pytest.mark.long
def test_all_cheap_peers_find_the_same_episodes(data: Path) -> None:
    said = run("episodes", "--check", "--size", SIZE, "--data", data, "--peers", ",".join(CHEAP))
    assert said.count(f"the same by ours, {', '.join(CHEAP)}.") == 2


@pytest.mark.parametrize("settings", [(), ("--set", "buckets=3")], ids=["whole", "by_buckets"])
def test_what_is_timed_finds_the_episodes_of_the_reference(
    folder: Path, children: dict[str, reference.Child], tmp_path: Path, settings: tuple[str, ...]
) -> None:
    run("episodes.once", "ours", folder, "--save", tmp_path / "ours.parquet", *settings)
    found = (
        pl.read_parquet(tmp_path / "ours.parquet").sort("patient_id", "episode_number").drop("child_number")
    )
    expected = [
        {"patient_id": key, **row}
        for key in sorted(children)
        for row in reference.episodes(children[key], TEXTBOOK)
    ]
    assert found.to_dicts() == [{name: row[name] for name in found.columns} for row in expected]


def test_the_data_has_what_makes_episodes_hard(folder: Path, children: dict[str, reference.Child]) -> None:
    counts = pl.read_parquet(folder / "anc_result.parquet")
    days = counts.group_by("patient_id", "sampled_on").agg(pl.len(), pl.col("anc").min().alias("lowest"))
    alone = days.filter(pl.col("len") == 1).select("patient_id", "sampled_on")
    assert counts.height == SIZE
    assert alone.height == counts["is_alone"].sum()
    assert counts.filter("is_alone").join(alone, on=["patient_id", "sampled_on"], how="anti").is_empty()
    assert counts["sampled_on"].dt.truncate("1mo").is_sorted()
    assert not counts["sampled_on"].is_sorted()
    assert {1.0, 1.5} <= set(counts["anc"])
    rows = [row for child in children.values() for row in reference.daily_anc(child, TEXTBOOK)]
    assert {row["entry_limit"] for row in rows} == {1.0, 1.5}
    gaps = days.sort("patient_id", "sampled_on").select(pl.col("sampled_on").diff().over("patient_id"))
    assert {27, 28, 29} <= set(gaps.to_series().dt.total_days())
    assert gaps.to_series().dt.total_days().max() > 365


def test_a_peer_that_finds_other_episodes_is_named(folder: Path, tmp_path: Path) -> None:
    right, wrong = tmp_path / "ours.parquet", tmp_path / "sloppy.parquet"
    run("episodes.once", "ours", folder, "--save", right)
    found = pl.read_parquet(right)
    found.with_columns(pl.col("n_counts") + (pl.int_range(pl.len()) == 3)).write_parquet(wrong)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.episodes.identity", right, wrong],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"sloppy differs from ours: n_counts in 1 of {found.height} episodes." in done.stderr


def test_a_run_writes_its_rows_and_one_page(data: Path, tmp_path: Path) -> None:
    common = ("--kind", "hospital", "--size", SIZE, "--rounds", 2, "--data", data, "--results", tmp_path)
    said = run("episodes", *common, "--peers", "sort,ours", "--threads", 1)
    lines = (tmp_path / f"episodes_hospital_{SIZE}_threads_1.csv").read_text(encoding="utf-8").splitlines()
    assert [line.split(",")[:2] for line in lines if not line.startswith("#")] == [
        ["round", "peer"],
        ["1", "sort"],
        ["2", "sort"],
        ["1", "ours"],
        ["2", "ours"],
        ["1", "ours_limited"],
        ["2", "ours_limited"],
    ]
    page = (tmp_path / "episodes.md").read_text(encoding="utf-8")
    assert "## Hospital registry, 5,000 counts, threads=1" in page
    assert "cores" in page
    assert page.count("\n| ") == 5  # the head, the line below it, and three peers
    assert str(tmp_path / "episodes.md") in said


def test_a_ratio_is_taken_inside_a_round_before_its_median(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT))
    from benchmarks.episodes.results import Measurement, table

    seconds = {"ours": (1.0, 2.0, 10.0), "slow": (3.0, 4.0, 50.0)}  # ratios 3, 2 and 5; that of medians is 2
    found = [
        Measurement(peer, i, 1, dict.fromkeys(("imports", "work", "process"), (taken, taken)), 100.0)
        for peer, its in seconds.items()
        for i, taken in enumerate(its)
    ]
    assert table(found, {}).splitlines()[-1].split(" | ")[:3] == ["| slow", "4.00", "3.00"]
