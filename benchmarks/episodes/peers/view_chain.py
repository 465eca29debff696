"""The views of `sql/` that the table `episode` needs, and the tables that the episode step begins with."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

import polars as pl

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.views import KEPT, band_frame, definition_frame, view_files, view_name

EPISODE_STEP = range(23, 38)
"""Numbers of the files."""
COUNTED = """
    select patient.child_number, counts.sampled_on, counts.sampled_at, counts.anc, counts.is_alone
    from {counts} as counts
    inner join patient on counts.patient_id = patient.patient_id
"""
"""What staging gives, of the columns that the episode step looks at."""
NUMBERED = """
    select *, cast(row_number() over (order by patient_id) as integer) as child_number
    from {patient} as patient
"""
TREATMENT = """
    select
        cast(null as varchar) as patient_id, cast(null as date) as started_on, cast(null as date) as ended_on,
        cast(null as varchar) as code, cast(null as varchar) as role
    where 1 = 0
"""
"""Nobody is treated, so no day is masked, and the peers need not know how."""


TYPES = {pl.Int32: "integer", pl.Float64: "double", pl.String: "varchar", pl.Boolean: "boolean"}


class View(NamedTuple):
    """One file."""

    name: str
    path: Path
    is_kept: bool


@cache
def views() -> tuple[View, ...]:
    """Give what `episode` is derived through, by the headers of the files, in the order of building."""
    paths = {view_name(path): path for path in view_files() if int(path.name[:2]) in EPISODE_STEP}
    needed, asked = set(), ["episode"]
    while asked:
        name = asked.pop()
        if name in paths and name not in needed:
            needed.add(name)
            asked += _read_by(paths[name].read_text(encoding="utf-8"))
    kept = (*KEPT, "episode")
    return tuple(View(name, path, name in kept) for name, path in paths.items() if name in needed)


def _read_by(text: str) -> list[str]:
    header = " ".join(line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- "))
    found = re.search(r"Reads: (.+?)\. Key: ", header)
    assert found, header
    return found[1].split(", ")


def _rows_query(frame: pl.DataFrame) -> str:
    """Select a small frame's rows, of its types."""
    rows = [
        ", ".join(
            f"cast({_literal(row[name])} as {TYPES[kind]}) as {name}" for name, kind in frame.schema.items()
        )
        for row in frame.to_dicts()
    ]
    return " union all ".join(f"select {cells}" for cells in rows)


def _literal(value: object) -> str:
    return "null" if value is None else f"'{value}'" if isinstance(value, str) else repr(value)


def queries_of_base_tables(folder: Path, read: str) -> dict[str, str]:
    """Select what lies under the views; `read` is how the engine names a Parquet file."""
    counts, patient = (read.format(path=folder / f"{name}.parquet") for name in ("anc_result", "patient"))
    return {
        "patient": NUMBERED.format(patient=patient),
        "anc_count": COUNTED.format(counts=counts),
        "treatment": TREATMENT,
        "definition": _rows_query(definition_frame(TEXTBOOK)),
        "anc_band": _rows_query(band_frame(TEXTBOOK)),
    }
