"""The command line: what it does, what it says, how it ends."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ain_analytics import lab, synthetic
from ain_analytics.__main__ import main
from ain_analytics.definitions import PRESETS
from ain_analytics.study import BY_COLUMNS
from ain_analytics.synthetic import simulate

ROOT = Path(__file__).parents[1]
COMMANDS = ("demo", "study", "check", "why", "multiverse", "map", "plan", "simulate", "lab", "dictionary")
HEAVY = ("polars", "duckdb", "pandas", "lifelines", "altair", "great_tables", "dataframely", "numpy")
PATIENTS = "patient_id,birth_date,sex\nSECRET,2018-01-01,female\n"
RESULTS = "patient_id,sampled_at,code,value,unit\n"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


Ain = Callable[..., Ended]


@pytest.fixture
def ain(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Ain:
    monkeypatch.chdir(tmp_path)

    def run(*words: object) -> Ended:
        monkeypatch.setattr(sys, "argv", ["ain", *map(str, words)])
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture(scope="module")
def extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return simulate(40, seed=2).write(tmp_path_factory.mktemp("made_up"))


def write_extract(folder: Path, patients: str, results: str) -> Path:
    folder.mkdir()
    (folder / "patient.csv").write_text(patients)
    (folder / "lab_result.csv").write_text(results)
    return folder


def is_one_line(text: str) -> bool:
    return text.count("\n") == 1 and "Traceback" not in text


def test_help_names_every_command_and_imports_nothing_heavy(ain: Ain) -> None:
    ended = ain("--help")
    assert ended.code == 0
    assert all(f" {command} " in ended.out for command in COMMANDS)
    code = f"import sys, ain_analytics.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


def test_a_study_begins_without_what_takes_seconds_to_import() -> None:
    """`rfc3987_syntax` builds 38 parsers of addresses that no chart has, where it is installed."""
    slow = ("rfc3987_syntax", "statsmodels", "lifelines", "pandas", "vl_convert")
    code = f"import sys, ain_analytics.study; print([name for name in {slow} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help(ain: Ain, command: str) -> None:
    ended = ain(command, "--help")
    assert ended.code == 0
    assert f"Usage: ain {command}" in ended.out


def test_the_help_of_study_names_every_preset_and_every_column_that_may_split(ain: Ain) -> None:
    words = ain("study", "--help").out.replace("│", " ").split()
    named = {word.strip(".,;") for word in words}
    assert set(PRESETS) | set(BY_COLUMNS) <= named


def test_the_version_is_shown(ain: Ain) -> None:
    assert ain("--version").out.startswith("ain_analytics 0.")


def test_without_a_terminal_there_is_no_colour_and_no_bar(ain: Ain, extract: Path) -> None:
    ended = ain("check", extract)
    assert "\x1b" not in ended.out + ended.err
    assert ended.err == ""


def test_check_says_what_is_in_an_extract(ain: Ain, extract: Path) -> None:
    ended = ain("check", extract)
    assert ended.code == 0
    for title in ("What is in it", "What was set aside, and why", "What looks odd"):
        assert title in ended.out.splitlines()


@pytest.mark.long
def test_check_writes_a_page_where_it_is_told_to(ain: Ain, tmp_path: Path, extract: Path) -> None:
    ended = ain("check", extract, "-o", "look")
    assert ended.code == 0
    assert f"Page: {Path('look') / 'quality.html'}" in ended.out
    assert (tmp_path / "look" / "quality.html").is_file()
    refused = ain("check", extract, "-o", extract)
    assert refused.code == 2
    assert is_one_line(refused.err)


@pytest.mark.parametrize(
    ("patients", "results"),
    [
        (PATIENTS, RESULTS),
        (PATIENTS, RESULTS + "SECRET,2018-06-01,751-8,many,10*9/L\n"),
        (PATIENTS.replace("2018", "18"), RESULTS + "SECRET,2018-06-01,751-8,0.5,10*9/L\n"),
    ],
    ids=["no result", "no count", "no child"],
)
def test_check_ends_with_1_when_nothing_is_usable(
    ain: Ain, tmp_path: Path, patients: str, results: str
) -> None:
    ended = ain("check", write_extract(tmp_path / "extract", patients, results))
    assert ended.code == 1
    assert "SECRET" not in ended.out + ended.err
    assert ended.out.strip()


@pytest.mark.parametrize("command", ["check", "study"])
def test_a_source_that_is_not_there_is_one_line_and_exit_code_2(ain: Ain, command: str) -> None:
    ended = ain(command, "nowhere")
    assert ended.code == 2
    assert is_one_line(ended.err)
    assert "nowhere: there is no such file or folder" in ended.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--definition", "texbook"), "the nearest name is 'textbook'"),
        (("--definition", "gone.toml"), "no such file"),
        (("--by", "birth_date"), "sex, site, case_class, is_ain, antibody_status, severity"),
        (("-o", "a_file"), "is a file"),
        (("-o", "a_file/out"), "a_file is a file"),
    ],
)
def test_what_a_user_gets_wrong_is_one_line_and_exit_code_2(
    ain: Ain, tmp_path: Path, extract: Path, quick: None, words: tuple[str, str], message: str
) -> None:
    (tmp_path / "a_file").touch()
    ended = ain("study", extract, *words)
    assert ended.code == 2
    assert is_one_line(ended.err)
    assert message in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["a_file"]


def test_a_word_that_no_command_knows_is_refused(ain: Ain) -> None:
    assert ain("studdy").code == 2


@pytest.mark.long
def test_study_says_what_came_out_and_where_it_lies(
    ain: Ain, tmp_path: Path, extract: Path, quick: None
) -> None:
    (tmp_path / "mine.toml").write_text("bootstrap_replicates = 10\n")
    ended = ain("study", extract, "-o", "out", "--definition", "mine.toml", "--by", "sex")
    assert ended.code == 0
    assert "mine: half are resolved" in ended.out
    assert f"Report: {Path('out') / 'report.html'}" in ended.out
    said = json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert said["command"].startswith("ain study ")
    assert (said["source"], said["by"]) == ("extract", "sex")


def test_demo_studies_the_demonstration_registry(
    ain: Ain, tmp_path: Path, quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(synthetic, "demo_registry", lambda: simulate(40, seed=2))
    assert ain("demo").code == 0
    said = json.loads((tmp_path / "ain_demo" / "manifest.json").read_text(encoding="utf-8"))
    assert said["source"] == "demonstration_registry"
    assert {row["file"] for row in said["inputs"]} >= {"patient.csv", "lab_result.csv", "extract.toml"}


def test_simulate_writes_an_extract_that_check_takes_and_the_truth_beside_it(
    ain: Ain, tmp_path: Path
) -> None:
    assert ain("simulate", "-n", 30, "--seed", 5, "-o", "made").code == 0
    assert (tmp_path / "made" / "truth.csv").is_file()
    assert ain("check", tmp_path / "made" / "extract").code == 0
    assert ain("simulate", "-n", 30, "--seed", 5, "-o", "again").code == 0
    for name in ("extract/patient.csv", "extract/lab_result.csv", "truth.csv"):
        assert (tmp_path / "made" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_simulate_writes_over_nothing(ain: Ain, tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "thesis.doc").touch()
    ended = ain("simulate", "-n", 30, "--seed", 5, "-o", "made")
    assert (ended.code, [path.name for path in (tmp_path / "made").iterdir()]) == (2, ["thesis.doc"])
    assert ain("simulate", "-n", 0, "--seed", 5, "-o", "other").code == 2


def test_dictionary_writes_and_checks(ain: Ain, tmp_path: Path) -> None:
    assert ain("dictionary", "--check").code == 1
    assert ain("dictionary").code == 0
    assert ain("dictionary", "--check").code == 0
    text = (tmp_path / "data_dictionary.md").read_text(encoding="utf-8")
    assert text == (ROOT / "data_dictionary.md").read_text(encoding="utf-8")
    (tmp_path / "data_dictionary.md").write_text(text + "\n", encoding="utf-8")
    assert ain("dictionary", "--check").code == 1


@pytest.fixture
def shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "shipped"
    folder.mkdir()
    (folder / "01_first.ipynb").write_text("first")
    (folder / "02_second.ipynb").write_text("second")
    (folder / ".hidden").write_text("")
    monkeypatch.setattr(lab, "notebook_folder", lambda: folder)
    return folder


def test_lab_copies_the_notebooks_and_never_over_a_changed_copy(
    ain: Ain, tmp_path: Path, shipped: Path
) -> None:
    mine = tmp_path / "mine"
    assert ain("lab", "-o", "mine", "--copy-only").out.split() == [
        "copied", "01_first.ipynb", "copied", "02_second.ipynb",
    ]  # fmt: skip
    (mine / "01_first.ipynb").write_text("my own")
    (shipped / "01_first.ipynb").write_text("first, new")
    (shipped / "02_second.ipynb").write_text("second, new")
    assert lab.copy_notebooks(mine) == {"01_first.ipynb": "kept", "02_second.ipynb": "updated"}
    assert (mine / "01_first.ipynb").read_text() == "my own"
    assert (mine / "02_second.ipynb").read_text() == "second, new"
    assert lab.copy_notebooks(mine) == {"01_first.ipynb": "kept", "02_second.ipynb": "unchanged"}


def test_lab_keeps_a_notebook_that_was_there_before_it_ever_copied(tmp_path: Path, shipped: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "01_first.ipynb").write_text("my own")
    assert lab.copy_notebooks(mine)["01_first.ipynb"] == "kept"
    assert (mine / "01_first.ipynb").read_text() == "my own"


def test_lab_opens_jupyterlab_in_the_folder(
    ain: Ain, tmp_path: Path, shipped: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[tuple[list[str], Path]] = []
    monkeypatch.setattr(subprocess, "call", lambda command, cwd: called.append((command, cwd)) or 0)
    assert ain("lab", "-o", "mine", "--", "--no-browser").code == 0
    assert called == [([sys.executable, "-m", "jupyterlab", "--no-browser"], Path("mine"))]


def test_the_wheel_works_outside_the_checkout(tmp_path: Path, extract: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", tmp_path, ROOT], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    subprocess.run([*pip, "install", "--no-deps", "--target", site, wheel], check=True)
    shipped = site / "ain_analytics"
    assert {path.name for path in (shipped / "sql").glob("*.sql")} == {p.name for p in ROOT.glob("sql/*.sql")}
    for what in (
        "sql/00_format/native/*.sql",
        "codelists/*.csv",
        "published/*.csv",
        "data_dictionary.md",
        "py.typed",
    ):
        assert list(shipped.glob(what)), what
    assert {p.name for p in shipped.glob("notebooks/*.ipynb")} == {
        p.name for p in ROOT.glob("notebooks/*.ipynb")
    }
    asks = "import ain_analytics as ain; print(ain.__file__, ain.published_figures().height > 0)"
    there = {**os.environ, "PYTHONPATH": str(site)}
    said = subprocess.check_output([sys.executable, "-c", asks], env=there, cwd=tmp_path, text=True)
    assert said == f"{shipped / '__init__.py'} True\n"
    for words in (["check", extract], ["lab", "-o", "mine", "--copy-only"]):
        subprocess.run([sys.executable, "-m", "ain_analytics", *words], env=there, cwd=tmp_path, check=True)


def test_plan_answers_from_the_grid_and_refuses_beyond_it(ain: Ain) -> None:
    ended = ain("plan", "-n", 100, "-n", 200, "--rule", "last_run", "--width", 4, "-o", "mine")
    assert ended.code == 0
    lines = [line for line in ended.out.splitlines() if " children, last run (textbook)" in line]
    assert len(lines) == 4
    assert "For limits of the median 4 months wide: about " in ended.out
    assert Path("mine/plan.svg").is_file()
    for words, said in (
        (("--visit-months", 12), "it has 1, 3, 6"),
        (("--rule", "usual"), "must be one of last_run, strict, one_normal"),
    ):
        ended = ain("plan", *words)
        assert ended.code == 2
        assert said in ended.err
        assert is_one_line(ended.err)
