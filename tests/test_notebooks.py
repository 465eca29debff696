"""The notebooks run from top to bottom, are thin, and are committed without outputs."""

import ast
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONGEST_CELL = 10
SECONDS = 300


def read(path: Path) -> Any:
    return nbformat.read(path, as_version=4)


def code_cells(path: Path) -> list[str]:
    return [cell.source for cell in read(path).cells if cell.cell_type == "code"]


def test_every_notebook_is_here() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06", "07", "08", "09"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_committed(path: Path) -> None:
    for cell in read(path).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_cells_are_short_and_hold_no_functions_classes_or_sql(path: Path) -> None:
    for source in code_cells(path):
        assert len(source.splitlines()) <= LONGEST_CELL, source
        kinds = {type(node) for node in ast.walk(ast.parse(source))}
        assert not kinds & {ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda}, source
        assert ".sql(" not in source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_begins_and_ends_with_words(path: Path) -> None:
    cells = read(path).cells
    assert cells[0].cell_type == "markdown"
    assert cells[0].source.startswith("# ")
    assert any("**What to take home.**" in cell.source for cell in cells[-3:])


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_its_charts_both_ways(path: Path, tmp_path: Path) -> None:
    run = executed(read(path), tmp_path)
    bundles = [output.data for cell in run.cells for output in cell.get("outputs", []) if "data" in output]
    charts = [data for data in bundles if "application/vnd.vegalite.v5+json" in data]
    n_calls = sum(source.count("ain.chart_") for source in code_cells(path))
    assert len(charts) == n_calls > 0
    assert all("image/png" in data for data in charts)


def executed(notebook: Any, folder: Path) -> Any:
    client = NotebookClient(
        notebook, timeout=SECONDS, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    )
    return client.execute()


ANSWERS = ('"short"', "8 / 15", 'curve.value("median")[0] / MONTH - obvious', '"usual"', '"single_normal"')


def test_the_exercises_take_right_answers_and_refuse_wrong_ones(tmp_path: Path) -> None:
    """A student's way through the notebook: each exercise first wrong, then right."""
    notebook = read(NOTEBOOKS[3])
    exercises = [cell for cell in notebook.cells if cell.source.startswith("answer = ...")]
    for cell, answer in zip(exercises, ANSWERS, strict=True):
        wrong = cell.source.replace("...", "999", 1).replace("\n", "\n    ")
        right = cell.source.replace("...", answer, 1)
        cell.source = f"try:\n    {wrong}\nexcept AssertionError as hint:\n    print(hint)\n{right}"
    run = executed(notebook, tmp_path)
    said = [output.text for cell in run.cells for output in cell.get("outputs", []) if "text" in output]
    printed = [text.splitlines() for text in said if text.startswith("Hint:")]
    assert [len(lines) for lines in printed] == [2] * len(ANSWERS)
    assert all(lines[1].startswith("Right") for lines in printed)
