"""The views of `sql/` that the table `episode` needs, and the tables that the episode step begins with."""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.views import KEPT, band_frame, view_files

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


BAND_TYPES = {"from_months": "integer"}
"""Other columns of table `anc_band` are limits."""


class View(NamedTuple):
    """One file."""

    name: str
    query: str
    is_kept: bool


@cache
def views() -> tuple[View, ...]:
    """Give what `episode` is derived through, by the headers of the files, in the order of building."""
    texts = {
        path.stem[3:]: path.read_text(encoding="utf-8")
        for path in view_files()
        if int(path.name[:2]) in EPISODE_STEP
    }
    needed, asked = set(), ["episode"]
    while asked:
        name = asked.pop()
        if name in texts and name not in needed:
            needed.add(name)
            asked += _read_by(texts[name])
    kept = (*KEPT, "episode")
    return tuple(View(name, text, name in kept) for name, text in texts.items() if name in needed)


def _read_by(text: str) -> list[str]:
    header = " ".join(line.removeprefix("-- ") for line in text.splitlines() if line.startswith("-- "))
    found = re.search(r"Reads: (.+?)\. Key: ", header)
    assert found, header
    return found[1].split(", ")


def definition_query() -> str:
    """Select the row of table `definition`, of the types that the registry gives it."""
    kinds = {"str": "varchar", "int": "integer", "float": "double", "bool": "boolean"}
    types = {f.name: str(getattr(f.type, "__name__", f.type)) for f in TEXTBOOK.__dataclass_fields__.values()}
    cells = [
        f"cast({_literal(value)} as {kinds[types[name].partition(' ')[0]]}) as {name}"
        for name, value in TEXTBOOK.value_rows().items()
    ]
    return f"select {', '.join(cells)}"


def band_query() -> str:
    """Select the rows of table `anc_band`."""
    rows = [
        "select "
        + ", ".join(
            f"cast({value!r} as {BAND_TYPES.get(name, 'double')}) as {name}" for name, value in row.items()
        )
        for row in band_frame(TEXTBOOK).to_dicts()
    ]
    return " union all ".join(rows)


def _literal(value: object) -> str:
    return "null" if value is None else f"'{value}'" if isinstance(value, str) else str(value)


def queries_of_base_tables(folder: Path, read: str) -> dict[str, str]:
    """Select what lies under the views; `read` is how the engine names a Parquet file."""
    counts, patient = (read.format(path=folder / f"{name}.parquet") for name in ("anc_result", "patient"))
    return {
        "patient": NUMBERED.format(patient=patient),
        "anc_count": COUNTED.format(counts=counts),
        "treatment": TREATMENT,
        "definition": definition_query(),
        "anc_band": band_query(),
    }
