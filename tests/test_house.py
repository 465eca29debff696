"""The conventions that matter, as tests: floors, sizes, headers, lint, one place for each number."""

import ast
import csv
import doctest
import importlib
import inspect
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlglot
from sqlglot import exp

import ain_analytics as ain
from ain_analytics.codes import CODE_TABLES
from ain_analytics.engines.lint import faults_of
from ain_analytics.formats import FORMATS, Format
from ain_analytics.schema import RAW, TABLES
from ain_analytics.sender import SenderOptions

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ain_analytics"
MODULES = sorted(PACKAGE.rglob("*.py"))
VIEWS = sorted((ROOT / "sql").rglob("*.sql"))

FLOORS = (
    "errors fates interrupt result_html",
    "records column_names statistics_reader typed_cells",
    "workbook resources statistics_file definition_checks definition_fields step_curve",
    "definitions schema codes quantities files output lab notebook_renderer",
    "row_weights influence possible_data guyot",
    "mapping",
    "views postgres wording definition_file endings sender conditions strata kaplan_meier log_rank "
    "turnbull_cells printed_curve cli_options published_records cox_engine aft_distributions "
    "tipping_pools",
    "lost mapped_files curve_result contrast_result simultaneous_bands npmle_newton rules cox_fit covariates "
    "view_choices aft_likelihood aalen_johansen gray_test",
    "mapped_rows reconstruction_result plan_result npmle imputation regression_rows likelihood_limits",
    "formats bootstrap interval_log_rank grid",
    "extracted interval_tables figures_file leaf_estimates",
    "databases",
    "extract",
    "raw_tables fingerprint children workplace",
    "engines terminal layers",
    "keep buckets",
    "derive",
    "registry curves rates compare_strata contrasts counts median_bootstrap",
    "cycles changed one_sample rederived multiverse_spread",
    "knowledge antibodies possible_facts",
    "cases followup oddities intervals published_group characteristics small_cells quality_rows "
    "possible_choices person_time later_doses reconstruction",
    "quality_counts quality_checks flips varied published_tests",
    "quality attrition disclosure published_answers guess regression_result onset_covariates",
    "published_followed published_wording shared_curves quality_shared association_result exposure_windows "
    "cox proportional_hazards aft_result "
    "incidence_result observation_result recurrence",
    "shared diagnosed infection_rates antibody_yield treatment_response self_controlled "
    "multiverse_result accelerated_failure incidence observation_time lost_bounds tipping visit_intensity",
    "published_features",
    "published",
    "multiverse charts dictionary synthetic manifest study_result triggers",
    "planner against_truth tables report_page report_text associations textbook_measures",
    "textbook",
    "report_curves quality_page plan_command",
    "report quality_folder why_card",
    "why check_source reproduce multiverse_folder study_curves",
    "study cli_multiverse",
)
"""Rooms (a module, or a package that is one), the ground floor first; a room reads lower floors only."""
DOORS = ("__init__", "__main__", "cli")
FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms.split()}

MAY_HOLD_NUMBERS = {
    "formats": "units of age, and parts of a date",
    "definitions": "the place of every number of a study",
    "engines": "sizes of what may be part of a plan",
    "synthetic": "what the made-up registry is like, each with unit, meaning and source",
    "against_truth": "the moments asked, and what a public phenotype says",
    "charts": "sizes of a picture",
    "tables": "sizes of a table",
    "report": "sizes of a page",
    "notebook_renderer": "version of a format",
    "study": "shares of a progress bar",
    "reproduce": "shares of a progress bar",
    "workplace": "bytes from which on a source is large",
    "fingerprint": "letters of a name",
    "keep": "sizes of what is kept",
    "layers": "sizes of a number",
    "children": "sizes of a number",
    "shared": "ranks",
    "plan_result": "numerical tolerance, and how numbers are printed",
    "plan_command": "values that are taken where none is said",
    "planner": "the grid of scenarios, and what is simulated",
    "guyot": "a half, numbers tried, and numerical tolerance",
    "possible_data": "numerical tolerance, and the most children",
    "printed_curve": "digits, and how numbers are printed",
    "codes": "ranks, and a whole in percent",
    "aalen_johansen": "what rounding takes from a sum",
    "errors": "sizes of a message",
    "interrupt": "seconds, and an exit code",
    "records": "sizes of a file's parts",
    "resources": "sizes of a file's parts",
    "workbook": "sizes of a file's parts, and of the alphabet",
    "statistics_reader": "sizes and origins of a file's parts, answers",
    "statistics_file": "answers of the reader",
    "files": "sizes of a file's parts",
    "guess": "sizes of a sample, and shares by which something is told",
    "sender": "sizes of a file",
    "wording": "months of a year",
    "characteristics": "quartiles",
    "cycles": "series drawn at a time",
    "knowledge": "room for a day beside a number of an episode",
    "possible_choices": "how a number is written",
    "quality": "sizes of a text",
    "quality_rows": "percentiles",
    "quality_counts": "sizes of what is counted together",
    "quality_checks": "sizes of a text",
    "quantities": "the median, and a transformation of shares",
    "published_records": "months of a year, and how the literature prints",
    "published_group": "what is as good as no end",
    "figures_file": "a whole in percent, and how the literature prints",
    "textbook_measures": "a whole in percent",
    "published_features": "percentiles, and what a query asks for",
    "published_wording": "how a p-value is printed",
    "step_curve": "quartiles",
    "influence": "rows held at once",
    "kaplan_meier": "numerical tolerance",
    "log_rank": "numerical tolerance",
    "recurrence": "children at a time, and how numbers are printed",
    "gray_test": "numerical tolerance, and how p is printed",
    "simultaneous_bands": "numerical tolerance",
    "median_bootstrap": "resamples held at once",
    "one_sample": "numerical tolerance",
    "rates": "numerical tolerance",
    "rederived": "sizes of a number",
    "multiverse_result": "decimals, and names of a line",
    "multiverse_folder": "shares of a progress bar, and letters of a name",
    "tipping": "the grid of what is tried, and resamples held at once",
    "later_doses": "numerical tolerance",
    "bootstrap": "numerical tolerance",
    "likelihood_limits": "numerical tolerance, and days asked",
    "npmle": "numerical tolerance",
    "npmle_newton": "numerical tolerance",
    "turnbull_cells": "numerical tolerance",
    "cox_fit": "numerical tolerance",
    "aft_distributions": "numerical tolerance, and coefficients of a series",
    "aft_likelihood": "numerical tolerance",
    "regression_result": "how a ratio is printed",
    "imputation": "rounds of a chain, and a half",
    "quality_shared": "sizes of a page",
    "disclosure": "numerical tolerance",
    "__main__": "exit codes",
}
HARMLESS = (0, 1, 2, 100)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "ain_analytics":
            yield from (alias.name for alias in node.names if alias.name in FLOOR_OF)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("ain_analytics."):
            yield (node.module or "").split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (
                alias.name.split(".")[1] for alias in node.names if alias.name.startswith("ain_analytics.")
            )


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_imports_from_lower_floors_only(path: Path) -> None:
    room = room_of(path)
    if room in DOORS:
        return
    assert room in FLOOR_OF, f"{room} has no floor in tests/test_house.py"
    too_high = {
        other for other in imported_rooms(path) if other != room and FLOOR_OF.get(other, 99) >= FLOOR_OF[room]
    }
    assert not too_high


def test_every_floor_names_a_room_that_exists() -> None:
    assert set(FLOOR_OF) == {room_of(path) for path in MODULES} - set(DOORS)


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_module_has_at_most_three_hundred_lines(path: Path) -> None:
    n_lines = len(path.read_text(encoding="utf-8").splitlines())
    assert n_lines <= 300


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_number_of_a_study_stands_in_the_definitions_only(path: Path) -> None:
    if room_of(path) in MAY_HOLD_NUMBERS:
        return
    found = [
        f"{node.value} in line {node.lineno}"
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value not in HARMLESS
    ]
    assert not found


def test_pandas_is_imported_only_where_lifelines_is_called() -> None:
    for path in MODULES:
        text = path.read_text(encoding="utf-8")
        if re.search(r"^\s*(import|from) pandas", text, re.MULTILINE):
            assert re.search(r"(lifelines|surpyval|statsmodels)", text), relative(path)


HEADER = re.compile(r"(?P<name>\w+): one row per .+?\. Reads: (?P<reads>.+?)\. Key: .+?\. Rule: .+\.")


def header_of(view: Path) -> dict[str, str]:
    lines = [
        line.removeprefix("-- ")
        for line in view.read_text(encoding="utf-8").splitlines()
        if line.startswith("-- ")
    ]
    text = " ".join(lines)
    found = HEADER.fullmatch(text)
    assert found, f"the header of {relative(view)} is not NAME: one row per …, Reads:, Key:, Rule:"
    return found.groupdict()


def parsed(view: Path) -> exp.Expression:
    return sqlglot.parse_one(view.read_text(encoding="utf-8"), read="duckdb")


def name_in(view: Path) -> str:
    return re.sub(r"^\d\d_", "", view.stem)


def number_of(view: Path) -> int:
    return int(view.name[:2]) if view.name[:2].isdigit() else 0


NUMBER_OF = {name_in(view): number_of(view) for view in VIEWS}
RAW_TABLES = {f"raw_{table}" for table in (*RAW, "other")}
SOURCE_TABLES = {name: known.tables for name, known in FORMATS.items()}
BASE_TABLES = {
    *(f"source_{table}" for tables in SOURCE_TABLES.values() for table in tables),
    *(name for known in FORMATS.values() for name in known.code_tables(SenderOptions())),
    *CODE_TABLES,
    "source_malformed", "extract_info", "partial_date", "method_rank", "local_unit", "definition", "anc_band",
}  # fmt: skip


def read_by(view: Path) -> set[str]:
    tree = parsed(view)
    steps = {step.alias for step in tree.find_all(exp.CTE)}
    return {table.name for table in tree.find_all(exp.Table)} - steps - {name_in(view)}


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_a_view_says_what_it_is_and_what_it_reads(view: Path) -> None:
    header = header_of(view)
    assert header["name"] == name_in(view)
    assert set(header["reads"].split(", ")) == read_by(view)


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_a_view_reads_lower_numbers_only(view: Path) -> None:
    for name in read_by(view):
        assert name in BASE_TABLES or NUMBER_OF[name] < number_of(view), name


@pytest.mark.parametrize("known", FORMATS.values(), ids=lambda known: known.name)
def test_the_views_of_a_format_make_every_raw_table(known: Format) -> None:
    folders = [ROOT / "sql" / "00_format" / name for name in (*known.also_views_of, known.name)]
    assert {name_in(view) for folder in folders for view in folder.glob("09_*.sql")} == RAW_TABLES


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_a_file_creates_the_view_of_its_name_and_nothing_else(view: Path) -> None:
    statements = [tree for tree in sqlglot.parse(view.read_text(encoding="utf-8"), read="duckdb") if tree]
    assert len(statements) == 1
    assert isinstance(statements[0], exp.Create)
    assert statements[0].kind == "VIEW"
    assert statements[0].find(exp.Table).name == name_in(view)  # type: ignore[union-attr]


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_a_view_has_at_most_ninety_lines(view: Path) -> None:
    n_lines = len(view.read_text(encoding="utf-8").splitlines())
    assert n_lines <= 90


def is_number(literal: exp.Literal) -> bool:
    text = literal.this
    is_measure = isinstance(literal.parent, exp.Interval) or re.fullmatch(r"\d{4}-\d\d(-\d\d)?.*", text)
    return not isinstance(literal.parent, exp.DataTypeParam) and bool(not literal.is_string or is_measure)


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_no_number_stands_in_a_view_but_0_and_1(view: Path) -> None:
    found = [literal.this for literal in parsed(view).find_all(exp.Literal) if is_number(literal)]
    assert set(found) <= {"0", "1"}


@pytest.mark.parametrize("view", [view for view in VIEWS if view.parent.name == "sql"], ids=relative)
def test_a_view_keeps_to_portable_sql(view: Path) -> None:
    assert not faults_of(view.read_text(encoding="utf-8"))


@pytest.mark.parametrize("view", VIEWS, ids=relative)
def test_the_last_select_of_a_view_names_its_columns(view: Path) -> None:
    query: Any = parsed(view).expression
    selects = [query] if isinstance(query, exp.Select) else [query.left, query.right]
    columns = [column for select in selects for column in select.expressions if not column.find(exp.Count)]
    assert not [column.sql() for column in columns if column.find(exp.Star)]


def run(*command: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",), ("sqlfluff", "lint", "sql")],
    ids=" ".join,
)
def test_the_tools_find_nothing(command: tuple[str, ...]) -> None:
    assert run(*command) == ""


@pytest.mark.parametrize("name", sorted({*TABLES, *(n for tables in SOURCE_TABLES.values() for n in tables)}))
def test_every_column_has_a_meaning_and_each_measured_one_a_unit(name: str) -> None:
    for table in (kinds[name] for kinds in (*SOURCE_TABLES.values(), TABLES) if name in kinds):
        assert (table.__doc__ or "").startswith("One row per")
        for column, said in table.columns().items():
            assert said.description, column
            if type(said).__name__ in ("Float64", "Int32", "Int64") and not said.primary_key:
                assert (said.metadata or {}).get("unit"), column


PUBLIC = [name for name in ain.__all__ if name not in ("AinError", "PRESETS")]


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """What examples may use without making it: the same small study everywhere."""
    demo = ain.simulate(60, seed=7)
    registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    cases = ain.classify(registry)
    followed = ain.follow_up(registry, cases)
    return {
        "ain": ain,
        "demo": demo,
        "registry": registry,
        "cases": cases,
        "followed": followed,
        "curve": ain.interval_curve(followed),
        "kaplan_meier": ain.resolution_curve(followed),
        "comparison": ain.compare(registry, cases, followed),
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_has_a_docstring_with_an_example_that_runs(
    name: str, shown: dict[str, Any]
) -> None:
    public = getattr(ain, name)
    text = inspect.getdoc(public) or ""
    assert "\nExamples\n--------\n" in text
    if not inspect.isclass(public):
        assert "\nReturns\n-------\n" in text
        for parameter in inspect.signature(public).parameters:
            assert re.search(rf"^(\w+, )*{parameter}(, \w+)* : ", text, re.MULTILINE), parameter
    home = importlib.import_module(public.__module__)
    test = doctest.DocTestParser().get_doctest(text, vars(home) | shown, name, None, 0)
    assert [example for example in test.examples if doctest.SKIP not in example.options]
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS).run(
        test, out=said.append
    )
    assert not "".join(said)


def test_a_public_function_is_not_hidden_by_the_module_of_its_name() -> None:
    for name in PUBLIC:
        importlib.import_module(getattr(ain, name).__module__)
        assert not inspect.ismodule(getattr(ain, name)), name


def files_of_the_repository() -> list[Path]:
    if (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.splitlines()
        return [ROOT / name for name in listed if (ROOT / name).is_file()]
    made = ("__pycache__", "ain_demo", "ain_report", "ain_notebooks")  # and whatever begins with a dot
    names = [path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file()]
    return [ROOT / name for name in names if not [p for p in name.parts if p.startswith(".") or p in made]]


def test_no_file_names_a_machine() -> None:
    homes = [f"/{where}/" for where in ("home", "root", "Users")]
    for path in files_of_the_repository():
        text = path.read_bytes().decode("utf-8", errors="replace")
        assert not [place for place in (f"{ROOT}/", *homes) if place in text and path != Path(__file__)], (
            relative(path)
        )


def test_there_is_no_lock_file_and_constraints_are_names_and_versions() -> None:
    assert not [
        path
        for path in files_of_the_repository()
        if path.suffix == ".lock" or path.name.endswith("-lock.json")
    ]
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9._+!]+", line)]


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    asked = project["dependencies"] + [name for extra in extras for name in extra]
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {re.split(r"[<>=\[]", name)[0].lower() for name in asked} <= pinned


@pytest.mark.parametrize("path", sorted((PACKAGE / "codelists").glob("*.csv")), ids=lambda path: path.stem)
def test_no_unverified_code_is_shipped(path: Path) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert {row.get("verified", "yes") for row in rows} == {"yes"}


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not [cell for cell in cells if cell.get("outputs") or cell.get("execution_count")]
