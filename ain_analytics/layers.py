"""What is kept of a layer of views: batches of tables, and the rows of each child's last batch shown as one.

Rows of children whose places in the source moved are pointed anew.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb

from ain_analytics.children import CONTENT, names
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal
from ain_analytics.views import KEPT, make_view, view_in, view_name

CHILDREN, PLACES, FILES = "children.parquet", "places.parquet", "files.parquet"
_STATE = "state.json"
_MAGIC = b"PAR1"
"""How a Parquet file begins and ends."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What one run derived."""

    name: str
    extracted_on: date


@dataclass(frozen=True, slots=True)
class Layer:
    """The kept tables of the staging, or of a definition."""

    place: Path
    files: tuple[Path, ...]
    name: str

    @property
    def changed(self) -> str:
        """Table of the children to be derived, or gone."""
        return f"children.changed_{self.name}"

    @property
    def bucket(self) -> str:
        """Schema of the views of the changed children."""
        return f"changed_{self.name}"

    def read_batches(self) -> list[Batch]:
        """Say what is there; what cannot be understood is nothing."""
        try:
            said = json.loads((self.place / _STATE).read_text(encoding="utf-8"))
            found = [Batch(one["name"], date.fromisoformat(one["extracted_on"])) for one in said["batches"]]
            return found if all(map(self._is_whole, found)) else []
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _is_whole(self, batch: Batch) -> bool:
        """Look whether every file is there, with the first and the last bytes of its kind."""
        kept = [f"{view_name(file)}.parquet" for file in self.files if view_name(file) in KEPT]
        names_of_files = (*kept, CHILDREN, PLACES, FILES)
        return all(_is_parquet(self.place / batch.name / name) for name in names_of_files)

    def write_batches(self, batches: Sequence[Batch]) -> None:
        """Say what holds from now on, and take away what does not."""
        said = [{"name": one.name, "extracted_on": one.extracted_on.isoformat()} for one in batches]
        partial = self.place / f"{_STATE}.partial-{os.getpid()}"
        partial.write_text(json.dumps({"batches": said}, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.place / _STATE)
        for other in self.place.iterdir():
            if other.is_dir() and other.name not in {one.name for one in batches}:
                shutil.rmtree(other, ignore_errors=True)

    def paths(self, batches: Sequence[Batch], name: str) -> str:
        """Write SQL that reads a file of each batch, with the number of the batch."""
        return " union all ".join(
            f"select {n} as batch, * from read_parquet({literal(str(self.place / one.name / name))})"
            for n, one in enumerate(batches)
        )


def _is_parquet(path: Path) -> bool:
    with path.open("rb") as file:
        begins = file.read(len(_MAGIC))
        file.seek(-len(_MAGIC), os.SEEK_END)
        return begins == file.read() == _MAGIC


def derive_batch(connection: duckdb.DuckDBPyConnection, layer: Layer, place: Path, path: str) -> None:
    """Write a layer's kept tables of the changed children, and who they are."""
    connection.execute(f"set search_path = '{path}'")
    pointing = ["select 0 as number, '' as table_name where false"]
    for file in layer.files:
        name = view_name(file)
        made, target = f"{layer.bucket}.{name}", place / f"{view_name(file)}.parquet"
        connection.execute(view_in(layer.bucket, file))
        if name not in KEPT:
            continue
        columns = names(connection, made)
        number = (
            "coalesce(child_number, 0)"
            if "child_number" in columns
            else "(select number from children.number where number.patient_id = made.patient_id)"
        )
        write(connection, f"select *, {number} as kept_number from {made} as made", target)
        shown = f"read_parquet({literal(str(target))})"
        connection.execute(f"create or replace view {made} as select * exclude (kept_number) from {shown}")
        if "row_number" in columns:
            pointing.append(
                f"select kept_number, {_table_of(name, columns)} from {shown} where file is not null"
            )
    write(
        connection,
        f"""
        select number, now.quick, content.content, now.latest
        from {layer.changed} left join children.now using (number)
        left join ({CONTENT}) as content using (number)
        """,
        place / CHILDREN,
    )
    needed = f"(select distinct * from ({' union all '.join(pointing)}))"
    rows = f"from children.rows semi join {needed} as needed using (number, table_name)"
    write(connection, f"select number, table_name, places {rows}", place / PLACES)
    write(connection, "from children.file", place / FILES)


def _table_of(name: str, columns: Sequence[str]) -> str:
    """Say of which raw table the rows are that a kept table points to."""
    return (
        "table_name"
        if "table_name" in columns
        else literal(next((t for t in RAW if name.startswith(t)), "lab_result"))
    )


def write(connection: duckdb.DuckDBPyConnection, query: str, place: Path) -> None:
    """Write a table whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    partial = place.with_name(f"{place.name}.partial-{os.getpid()}")
    connection.execute(f"copy ({query}) to {literal(str(partial))} (format parquet)")
    partial.replace(place)


def show(connection: duckdb.DuckDBPyConnection, layer: Layer, batches: Sequence[Batch]) -> None:
    """Make a layer's views: of the kept tables, the rows of each child's last batch."""
    stale, moved = f"children.stale_{layer.name}", f"children.place_{layer.name}"
    connection.execute(f"""
        create or replace table children.batch_{layer.name} as
        select *, max(batch) over (partition by number) as last_batch from ({layer.paths(batches, CHILDREN)});
        create or replace table {stale} as
        select batch, number from children.batch_{layer.name} where batch < last_batch;
    """)
    has_stale = {batch for (batch,) in connection.sql(f"select distinct batch from {stale}").fetchall()}
    is_moved = _point_anew(connection, layer, batches, moved)
    for file in layer.files:
        name = view_name(file)
        if name not in KEPT:
            make_view(connection, file, is_kept=False)
            continue
        parts = []
        for n, batch in enumerate(batches):
            path = literal(str(layer.place / batch.name / f"{name}.parquet"))
            gone = f"where kept_number not in (select number from {stale} where batch = {n})"
            parts.append(f"from read_parquet({path}) {gone if n in has_stale else ''}")
        rows, columns = " union all ".join(parts), names(connection, f"({parts[0]})")
        if is_moved and "row_number" in columns:
            table = _table_of(name, columns)
            rows = f"""
                select
                    kept.* replace (
                        coalesce(place.file, kept.file) as file,
                        coalesce(place.row_number, kept.row_number) as row_number
                    )
                from ({rows}) as kept
                left join {moved} as place
                    on kept.kept_number = place.number and {table} = place.of_table
                    and kept.file = place.file_before and kept.row_number = place.row_number_before
            """
        connection.execute(f"create or replace view {name} as select * exclude (kept_number) from ({rows})")


def _point_anew(
    connection: duckdb.DuckDBPyConnection, layer: Layer, batches: Sequence[Batch], target: str
) -> bool:
    """Say where the rows of the moved children stand now: the first where the first stood, and so on."""
    moved = f"children.moved_{layer.name}"
    if not connection.sql(f"from {moved} limit 1").fetchall():
        return False
    connection.execute(f"""
        create or replace table {target} as
        with pair as (
            select held.batch, number, table_name, unnest(held.places) as before, unnest(now.places) as after
            from ({layer.paths(batches, PLACES)}) as held
            semi join {moved} using (number)
            semi join (from children.batch_{layer.name} where batch = last_batch) as last
                using (batch, number)
            inner join children.rows as now using (number, table_name)
        )
        select
            pair.number, pair.table_name as of_table,
            file_before.file as file_before, cast(pair.before & 1099511627775 as bigint) as row_number_before,
            file.file, cast(pair.after & 1099511627775 as bigint) as row_number
        from pair
        inner join ({layer.paths(batches, FILES)}) as file_before
            on pair.batch = file_before.batch and pair.table_name = file_before.table_name
            and pair.before >> 40 = file_before.ordinal
        inner join children.file on pair.table_name = file.table_name and pair.after >> 40 = file.ordinal
        where pair.before <> pair.after or file_before.file <> file.file
    """)
    return True
