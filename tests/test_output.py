"""Output folders: whole, or as they were."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ain_analytics.errors import BadOutput
from ain_analytics.output import MANIFEST, PROGRAM, SPILL, atomic_folder, check_output

WAITS_HALFWAY = """
import sys, time
from pathlib import Path
from ain_analytics.output import atomic_folder
with atomic_folder(Path(sys.argv[1])) as folder:
    (folder / "report.html").write_text("new, half")
    print("half way", flush=True)
    time.sleep(60)
"""


def ours(folder: Path, text: str = "old") -> Path:
    folder.mkdir()
    (folder / "report.html").write_text(text)
    (folder / MANIFEST).write_text(json.dumps({"program": PROGRAM}))
    return folder


def left_beside(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir() if path != out)


def test_a_new_output_takes_the_place_of_the_old_whole(tmp_path: Path) -> None:
    out = ours(tmp_path / "out")
    (out / "only_in_the_old").touch()
    with atomic_folder(out) as folder:
        (folder / "report.html").write_text("new")
        assert (out / "report.html").read_text() == "old"
    assert [path.name for path in out.iterdir()] == ["report.html"]
    assert (out / "report.html").read_text() == "new"
    assert left_beside(out) == []


def test_a_run_that_fails_leaves_the_old_output_and_nothing_else(tmp_path: Path) -> None:
    out = ours(tmp_path / "out")

    def fail() -> None:
        with atomic_folder(out) as folder:
            (folder / "report.html").write_text("new")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (out / "report.html").read_text() == "old"
    assert left_beside(out) == []


@pytest.mark.skipif(os.name != "posix", reason="kills a process")
def test_a_run_that_is_killed_leaves_the_old_output_and_the_next_run_sweeps_up(tmp_path: Path) -> None:
    out = ours(tmp_path / "out")
    with subprocess.Popen([sys.executable, "-c", WAITS_HALFWAY, str(out)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"half way\n"
        running.send_signal(signal.SIGKILL)
    assert (out / "report.html").read_text() == "old"
    assert len(left_beside(out)) == 1
    with atomic_folder(out) as folder:
        (folder / "report.html").write_text("new")
    assert (out / "report.html").read_text() == "new"
    assert left_beside(out) == []


@pytest.mark.skipif(os.name != "posix", reason="asks the system for processes")
def test_what_a_run_still_writes_is_not_swept_up(tmp_path: Path) -> None:
    out = tmp_path / "out"
    other = tmp_path / f".out.partial-{os.getppid()}"
    other.mkdir()
    with atomic_folder(out):
        pass
    assert other.is_dir()


def test_what_this_process_spilled_stays_and_what_a_dead_one_left_is_swept(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mine, of_the_dead = (tmp_path / f"{SPILL}0a1b-{pid}" for pid in (os.getpid(), ended.pid))
    for folder in (mine, of_the_dead):
        folder.mkdir()
    with atomic_folder(tmp_path / "out"):
        assert mine.is_dir()
        assert not of_the_dead.exists()
    assert mine.is_dir()


def test_a_swap_that_was_killed_between_its_renames_is_undone(tmp_path: Path) -> None:
    ours(tmp_path / ".out.ain-old")
    assert (check_output(tmp_path / "out") / "report.html").read_text() == "old"
    assert left_beside(tmp_path / "out") == []


def test_a_swap_that_was_killed_after_its_renames_is_finished(tmp_path: Path) -> None:
    ours(tmp_path / ".out.ain-old")
    out = ours(tmp_path / "out", "new")
    assert (check_output(out) / "report.html").read_text() == "new"
    assert left_beside(out) == []


def test_a_half_removed_output_is_never_put_back(tmp_path: Path) -> None:
    (ours(tmp_path / ".out.ain-old") / MANIFEST).unlink()
    assert not check_output(tmp_path / "out").exists()
    assert left_beside(tmp_path / "out") == []


def test_an_output_of_ours_an_empty_folder_and_a_new_place_are_accepted(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    for place in (ours(tmp_path / "ours"), empty, tmp_path / "deep" / "new"):
        assert check_output(place) == place.resolve()


@pytest.mark.parametrize("manifest", [None, "{", "[]", '{"program": "another"}'])
def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path, manifest: str | None) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "thesis.doc").touch()
    if manifest is not None:
        (theirs / MANIFEST).write_text(manifest)
    with pytest.raises(BadOutput, match="was not made by this program"):
        check_output(theirs)


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(BadOutput, match="is a file"):
        check_output(tmp_path / "out")


@pytest.mark.parametrize("source", ["out", "out/extract", "out/extract.duckdb"])
def test_a_folder_that_holds_the_source_is_refused(tmp_path: Path, source: str) -> None:
    ours(tmp_path / "out")
    with pytest.raises(BadOutput, match="holds the source"):
        check_output(tmp_path / "out", tmp_path / source)


def test_the_folder_one_stands_in_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ours(tmp_path / "out"))
    with pytest.raises(BadOutput, match="you stand in"):
        check_output(".")
