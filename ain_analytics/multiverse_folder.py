"""A multiverse as a folder: tables, charts and manifest; and what is done of a run that was stopped."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl

from ain_analytics.charts import chart_multiverse, save_chart
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.grid import Grid, read_grid
from ain_analytics.manifest import inputs, manifest
from ain_analytics.multiverse import multiverse
from ain_analytics.multiverse_result import Multiverse
from ain_analytics.output import atomic_folder, check_output, write_manifest, write_tables
from ain_analytics.postgres import is_address
from ain_analytics.raw_tables import Progress, part_of_bar
from ain_analytics.registry import Registry, open_registry
from ain_analytics.schema.frames import types_of
from ain_analytics.schema.multiverse import MultiverseRows
from ain_analytics.view_choices import view_texts

_READING = 0.05
"""Share of a progress bar for reading and the first definition."""
_LETTERS = 16
"""Letters of the name of what is done."""


def write_multiverse(
    source: Path | str,
    out: Path | str,
    *,
    definitions: Definitions = TEXTBOOK,
    grid: Grid | str = "short",
    command: str | None = None,
    progress: Progress | None = None,
    **asked: Any,
) -> Multiverse:
    """Ask the definitions of a grid of an extract, and write what comes out to a folder.

    Rows of a set of definitions are written beside the folder as soon as they stand, to a file that is named
    after the inputs, the definition and the question. A run that is stopped leaves it, and the next one with
    the same question goes on from there; it goes when the folder stands.

    Parameters
    ----------
    source : folder, .duckdb file, or address of a PostgreSQL database
    out : path
        Folder for tables, charts and manifest.json.
    definitions : Definitions
    grid : Grid, or what `read_grid` reads
    command : str, optional
        What to note in the manifest as the command.
    progress : callable, optional
    asked
        As for `multiverse`.

    Returns
    -------
    Multiverse
    """
    wanted = read_grid(grid) if isinstance(grid, str) else grid
    place = check_output(out, None if is_address(source) else source)
    say = progress or (lambda _stage, _share: None)
    with open_registry(
        source,
        definitions=definitions,
        progress=part_of_bar(0, _READING, say),
        work=place.parent,
    ) as registry:
        rows = place.with_name(f".{place.name}.{_question(registry, wanted, asked)}.rows.csv")
        rows.parent.mkdir(parents=True, exist_ok=True)
        begun = _begun(rows)

        def keep(new: pl.DataFrame) -> None:
            with rows.open("ab") as file:
                new.write_csv(file, include_header=file.tell() == 0)

        found = multiverse(
            registry,
            grid=wanted,
            begun=begun,
            hear=keep,
            progress=part_of_bar(_READING, 1, say),
            **asked,
        )
        with atomic_folder(place) as folder:
            _write(found, registry, folder, command)
        rows.unlink(missing_ok=True)
    return found


def _question(registry: Registry, grid: Grid, asked: Any) -> str:
    """Name a question: what was read, by which views, under which definition and grid."""
    said = [
        inputs(registry.extract),
        registry.extract.extracted_on,
        registry.definitions,
        grid.at_months,
        list(grid.choices.items()),
        {name: asked.get(name) for name in ("by", "groups")},
        [text.query for text in view_texts().values()],
    ]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:_LETTERS]


def _begun(rows: Path) -> pl.DataFrame | None:
    """Read what an earlier run has done; a last line that was not written whole is left out."""
    if not rows.is_file():
        return None
    text = rows.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    rows.write_bytes(whole)
    if not whole:
        return None
    return pl.read_csv(whole, schema=types_of(MultiverseRows))


def _write(found: Multiverse, registry: Registry, folder: Path, command: str | None) -> None:
    seen = found.shared()
    tables = {
        "multiverse": found.table,
        "multiverse_spread": found.spread,
        "multiverse_reversal": found.reversal,
    }
    write_tables(tables, folder / "tables")
    write_tables({"multiverse": seen.table, "multiverse_spread": seen.spread}, folder / "shared")
    for order, name in (("median", "multiverse"), ("unresolved", "multiverse_by_share")):
        save_chart(chart_multiverse(seen, order=order), folder / "charts", name)
    said = manifest(registry, tables=tables, command=command, folder=folder)
    said["grid"] = {
        "name": found.grid.name,
        "at_months": found.grid.at_months,
        "n_definitions": found.grid.n,
        "n_asked": found.answers.height,
        "choices": {
            choice: {
                way.name: {
                    field: list(map(str, value)) if field == "anc_bands" else value
                    for field, value in way.changes
                }
                for way in ways
            }
            for choice, ways in found.grid.choices.items()
        },
    }
    write_manifest(said, folder)
