"""The README is true: its example runs, its commands and files exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ain_analytics as ain
from ain_analytics.definition_file import read_definition
from ain_analytics.definitions import PRESETS
from ain_analytics.study import TABLES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str, text: str = README) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(blocks("python"))))
def test_its_examples_in_python_run(number: int, capsys: pytest.CaptureFixture[str]) -> None:
    exec(compile(blocks("python")[number], "README.md", "exec"), {})
    assert "median" in capsys.readouterr().out


def test_its_definition_in_toml_can_be_read(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    made = read_definition(str(tmp_path / "mine.toml"))
    assert (made.resolution_counts, made.max_silence_days) == (3, 365)


def test_its_commands_and_their_options_are_those_of_the_command_line() -> None:
    typed = [line.partition("#")[0].split() for block in blocks("") for line in block.splitlines()]
    commands = [words for words in typed if words[:1] == ["ain"]]
    assert {words[1] for words in commands} == {
        "check",
        "study",
        "map",
        "simulate",
        "lab",
        "dictionary",
        "why",
        "reproduce",
        "multiverse",
        "plan",
    }
    for words in commands:
        said = subprocess.check_output([sys.executable, "-m", "ain_analytics", words[1], "--help"], text=True)
        for option in (word for word in words if word.startswith("-")):
            assert f" {option}" in said


def test_its_first_two_commands_are_targets_of_the_makefile_and_ci_runs_the_second() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert blocks("")[0].split() == ["make", "demo", "make", "test"]
    assert {"demo", "test", "lab"} <= set(targets)
    assert (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()[-1] == "exec make test"


def test_it_names_every_table_of_an_output_and_every_preset() -> None:
    assert all(f"`{name}`" in README for name in (*TABLES, *PRESETS))


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "THIRD_PARTY.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        assert target.startswith("https://") or (ROOT / target).exists(), target


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ain_analytics" / "codelists").glob("*.csv")), ids=lambda p: p.name
)
def test_every_code_list_of_others_is_named_with_its_terms(path: Path) -> None:
    is_of_others = "source_url" in path.read_text(encoding="utf-8").splitlines()[0]
    assert not is_of_others or f"`{path.name}`" in (ROOT / "THIRD_PARTY.md").read_text(encoding="utf-8")


def test_the_version_of_the_package_is_told_in_the_changes() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"\n## {ain.__version__}" in text
    assert text.index("### Numbers that move") < text.index("### Added")
