"""Small text tables in, small text tables out: the fixtures `given`, `registry` and `expect`.

    def test_the_lowest_count_stands_for_the_day(given, expect):
        given("anc", '''
            patient | day | anc
            P1      |  40 | 0.8
            P1      |  40 | 2.1
        ''')
        expect("daily_anc", '''
            patient | day | anc
            P1      |  40 | 0.8
        ''')

`given(table, text)` adds rows to a table of the extract, cells as the registry would write them.
A whole number in a column of dates is a day since birth, with a time if wanted (`40 08:30`); an empty
cell is missing. Two more names: `anc`, usable counts in 10⁹/L (patient | day | anc, if wanted unit,
specimen; each row is a specimen of its own), and `birth` (patient | birth_date, if wanted more). Children
that stand in another table alone were born on 2018-01-01, unless the table `patient` itself is given: then
exactly its rows are the patients.

`expect(frame, text, **choices)` compares the named columns of one frame, in any order of rows, under the
textbook definition with `choices` (or under `definitions=`); days count since birth.
`registry(**choices)` is the open registry itself.
"""

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.__main__ import main
from ain_analytics.definitions import TEXTBOOK, Definitions

from . import reference

BORN = date(2018, 1, 1)
EXTRACTED = date(2025, 6, 30)
DAY_OF = {
    "lab_result": "sampled_at",
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "treatment": "started_on",
    "marrow_exam": "examined_on",
    "genetic_test": "tested_on",
}
OBLIGATORY = {
    "patient": ("patient_id", "birth_date", "sex"),
    "lab_result": ("patient_id", "sampled_at", "code", "value", "unit"),
}
AGENT_OF = {"L03AA": "gcsf", "J06BA02": "ivig", "H02AB": "corticosteroid"}
Cells = dict[str, str | None]


def read_table(text: str) -> tuple[list[str], list[Cells]]:
    """Read a table of cells between bars; the first line names the columns, an empty cell is missing."""
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.strip()]
    header, *rows = [["patient_id" if cell == "patient" else cell for cell in line] for line in lines]
    for row in rows:
        assert len(row) == len(header), f"This row has {len(row)} cells, its header {len(header)}: {row}"
    return header, [{name: cell or None for name, cell in zip(header, row, strict=True)} for row in rows]


class Story:
    """What one test says of its children, and the registry that comes of it."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Cells]] = {"birth": [], "lab_result": []}
        self.counts: list[Cells] = []
        self.text = ""
        self.opened: Any = None

    def add(self, table: str, text: str) -> None:
        assert self.opened is None, "Say everything that is given before the first `expect` or `registry`."
        self.text += f"\ngiven {table}:\n{text}"
        header, rows = read_table(text)
        if table == "anc":
            self.counts += rows
            table = "lab_result"
            rows = [
                {
                    "patient_id": row["patient_id"],
                    "sampled_at": row["day"],
                    "code": "751-8",
                    "value": row["anc"],
                    "unit": row.get("unit") or "10*9/L",
                    "specimen_id": row.get("specimen") or f"S{len(self.tables['lab_result']) + n}",
                }
                for n, row in enumerate(rows)
            ]
        elif "day" in header:
            rows = [{DAY_OF[table] if k == "day" else k: cell for k, cell in row.items()} for row in rows]
        self.tables.setdefault(table, []).extend(rows)

    def patients(self) -> list[Cells]:
        if "patient" in self.tables:
            return self.tables["patient"]
        known = {row["patient_id"]: row for row in self.tables["birth"]}
        for rows in self.tables.values():
            for row in rows:
                known.setdefault(row["patient_id"], {"patient_id": row["patient_id"]})
        return [{"birth_date": str(BORN), "sex": "unknown", **row} for row in known.values()]

    def births(self) -> dict[str | None, date]:
        known = {}
        for row in self.patients():
            try:
                known[row["patient_id"]] = date.fromisoformat(row["birth_date"] or "")
            except ValueError:
                known[row["patient_id"]] = BORN
        return known

    def written(self, cell: str | None, patient: str | None) -> str | None:
        """Write a day since birth as the registry would; leave everything else as it stands."""
        found = re.fullmatch(r"(-?\d+)( \d\d:\d\d(?::\d\d)?)?", cell or "")
        if found is None:
            return cell
        day = self.births().get(patient, BORN) + timedelta(int(found[1]))
        return f"{day}{(found[2] or '').replace(' ', 'T')}"

    def frames(self) -> dict[str, pl.DataFrame]:
        tables = {name: rows for name, rows in self.tables.items() if name != "birth"}
        tables["patient"] = self.patients()
        frames = {}
        for name, rows in tables.items():
            columns = dict.fromkeys([*OBLIGATORY.get(name, ()), *(column for row in rows for column in row)])
            frames[name] = pl.DataFrame(
                {
                    column: [
                        self.written(row.get(column), row.get("patient_id"))
                        if column.endswith(("_on", "_at"))
                        else row.get(column)
                        for row in rows
                    ]
                    for column in columns
                },
                schema=dict.fromkeys(columns, pl.String),
            )
        return frames

    def registry(self, definitions: Definitions) -> Any:
        if self.opened is None:
            from ain_analytics.registry import open_registry

            self.opened = open_registry(self.frames(), definitions=definitions, extracted_on=EXTRACTED)
        return self.opened.under(definitions)

    def children(self) -> dict[str, reference.Child]:
        """Tell the same story to the reference: it knows the tables `birth`, `anc` and `treatment`."""
        frames, found = self.frames(), {}
        courses = frames.get("treatment", pl.DataFrame()).to_dicts()
        for row in frames["patient"].to_dicts():
            key = row["patient_id"]
            counts = [(self.written(c["day"], key), c["anc"]) for c in self.counts if c["patient_id"] == key]
            found[key] = reference.Child(
                date.fromisoformat(row["birth_date"]),
                [(datetime.fromisoformat(time or ""), float(anc or "")) for time, anc in counts],
                [
                    (agent, date.fromisoformat(course["started_on"]), day_or_none(course.get("ended_on")))
                    for course in courses
                    for code, agent in AGENT_OF.items()
                    if course["patient_id"] == key and course["code"].startswith(code)
                ],
                day_or_none(row.get("died_on")),
            )
        return found

    def found(self, engine: str, frame: str, definitions: Definitions) -> list[dict[str, Any]]:
        if engine == "program":
            return self.registry(definitions).frame(frame).to_dicts()
        derive = {"daily_anc": reference.daily_anc, "episode": reference.episodes}[frame]
        return [
            {"patient_id": k, **row} for k, c in self.children().items() for row in derive(c, definitions)
        ]


@pytest.fixture
def story() -> Iterator[Story]:
    told = Story()
    yield told
    if told.opened is not None:
        told.opened.close()


@pytest.fixture
def given(story: Story) -> Any:
    return story.add


@pytest.fixture
def registry(story: Story) -> Any:
    def open_it(definitions: Definitions = TEXTBOOK, **choices: Any) -> Any:
        return story.registry(replace(definitions, **choices))

    return open_it


@pytest.fixture
def engine() -> str:
    """Say who answers: the program; modules that also put the reference to the test override this."""
    return "program"


@pytest.fixture
def expect(story: Story, engine: str) -> Any:
    def compare(frame: str, text: str, definitions: Definitions = TEXTBOOK, **choices: Any) -> None:
        __tracebackhide__ = True
        header, rows = read_table(text)
        columns = ["sampled_on" if name == "day" else name for name in header]
        found = story.found(engine, frame, replace(definitions, **choices))
        births = story.births()
        if found:
            unknown = [name for name in columns if name not in found[0]]
            assert not unknown, f"{frame} has no column {unknown}; it has {list(found[0])}."
        got = [
            tuple(as_cell(row[name], births.get(row.get("patient_id"))) for name in columns) for row in found
        ]
        wanted = [tuple(normal(cell) for cell in row.values()) for row in rows]
        if Counter(got) != Counter(wanted):
            under = ", ".join([definitions.name, *(f"{k}={v!r}" for k, v in choices.items())])
            raise AssertionError(
                f"{frame} as the {engine} has it, under {under}\n"
                f"(- expected and not found, + found and not expected)\n\n"
                f"{difference(header, wanted, got)}\n{story.text}"
            )

    return compare


def day_or_none(cell: str | None) -> date | None:
    return date.fromisoformat(cell) if cell else None


def as_cell(value: Any, born: date | None) -> str:
    """Write a value of a frame as a cell of a table."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, date) and not isinstance(value, datetime) and born:
        return str((value - born).days)
    return str(value)


def normal(cell: str | None) -> str:
    """Write `0.80` and `0.8` alike."""
    return f"{float(cell):.9g}" if re.fullmatch(r"-?\d+\.\d+", cell or "") else cell or ""


def difference(header: list[str], wanted: list[tuple[str, ...]], got: list[tuple[str, ...]]) -> str:
    """Print both tables as one, the lines that stand in one of them alone marked."""
    missing, extra = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    lines = [(" ", row) for row in (Counter(wanted) & Counter(got)).elements()]
    lines += [("-", row) for row in missing.elements()] + [("+", row) for row in extra.elements()]
    lines.sort(key=lambda line: ([(len(cell), cell) for cell in line[1][:2]], "-+ ".index(line[0])))
    widths = [max(len(row[i]) for _, row in [(" ", tuple(header)), *lines]) for i in range(len(header))]
    table = [(" ", tuple(header)), *lines]
    return "\n".join(
        f"{sign} {' | '.join(c.rjust(w) for c, w in zip(row, widths, strict=True))}" for sign, row in table
    )


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the drawing of charts, which other tests prove."""
    monkeypatch.setattr(import_module("ain_analytics.study"), "save_chart", lambda *_: [])
    monkeypatch.setattr(import_module("ain_analytics.report_page"), "svg_of", lambda _: "<svg></svg>")


@pytest.fixture
def study_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: None
) -> Callable[..., dict[str, str]]:
    """Run `ain study` with few resamples and give the tables that it writes to a folder, as text by name."""
    few = tmp_path / "few.toml"
    few.write_text('preset = "textbook"\nbootstrap_replicates = 5\n')

    def run(source: Path, name: str, *more: str) -> dict[str, str]:
        out = tmp_path / name
        words = ["study", str(source), "-o", str(out), "--definition", str(few), *more]
        monkeypatch.setattr(sys, "argv", ["ain", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        assert not ended.value.code
        return {path.name: path.read_text() for path in (out / "tables").glob("*.csv")}

    return run
