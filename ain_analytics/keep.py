"""Deriving only the children that changed: what was derived of the others is kept in a folder.

The folder holds layers, one of the staging and one of each definition; a layer holds batches, one of each run
that found a change. Of a batch there are the kept tables, and which children they are of: the last batch that
names a child is the one that holds. Rows of children whose places in the source moved are pointed anew.
"""

import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from uuid import uuid4

import duckdb

from ain_analytics.children import CONTENT, names, number_children, put_in_order, raw_view_in, view_in
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadKeep, BadOutput
from ain_analytics.extracted import Extract
from ain_analytics.fingerprint import fingerprint, fingerprint_of_choices
from ain_analytics.formats import NATIVE
from ain_analytics.raw_tables import Progress
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal
from ain_analytics.views import KEPT, OF_ALL, STAGED_BELOW, make_view, view_files, view_name

_STATE, _CHILDREN, _PLACES, _FILES = "state.json", "children.parquet", "places.parquet", "files.parquet"
_NUMBERS = "numbers.parquet"
_PREFIX = "kept-"
_MOST_BATCHES = 12
"""With more, all children are derived anew into one."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Where the tables of an extract's children are kept.

    Parameters
    ----------
    folder : Path
        Its name tells all that the tables depend on besides the rows, the definition and the day of the extract.
    extract : Extract
        What is derived now.
    """

    folder: Path
    extract: Extract

    @classmethod
    def of(cls, folder: Path, extract: Extract) -> "Keep":
        """Find the place in a folder; what was kept for another program or other code lists is of no use.

        Raises
        ------
        BadKeep
            It is no folder.
        """
        if folder.exists() and not folder.is_dir():
            raise BadKeep(f"{folder.name} is a file", "Name a folder.")
        place = folder / f"{_PREFIX}{fingerprint(extract)}"
        try:
            place.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadOutput(folder, "cannot be made; name a folder where you may write") from error
        for other in folder.glob(f"{_PREFIX}*"):
            if other != place:
                shutil.rmtree(other, ignore_errors=True)
        return cls(place, extract)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What one run derived."""

    name: str
    extracted_on: date


@dataclass(frozen=True, slots=True)
class _Layer:
    """The kept tables of the staging, or of a definition."""

    place: Path
    files: tuple[Path, ...]
    name: str

    @property
    def changed(self) -> str:
        return f"children.changed_{self.name}"

    @property
    def bucket(self) -> str:
        """Schema of the views of the changed children."""
        return f"changed_{self.name}"

    @property
    def kept(self) -> tuple[str, ...]:
        return tuple(name for file in self.files if (name := view_name(file)) in KEPT)

    def read_batches(self) -> list[_Batch]:
        """Say what is there; what cannot be understood is nothing."""
        try:
            said = json.loads((self.place / _STATE).read_text(encoding="utf-8"))
            return [_Batch(one["name"], date.fromisoformat(one["extracted_on"])) for one in said["batches"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def write_batches(self, batches: Sequence[_Batch]) -> None:
        """Say what holds from now on, and take away what does not."""
        said = [{"name": one.name, "extracted_on": one.extracted_on.isoformat()} for one in batches]
        partial = self.place / f"{_STATE}.partial-{os.getpid()}"
        partial.write_text(json.dumps({"batches": said}, indent=1) + "\n", encoding="utf-8")
        partial.replace(self.place / _STATE)
        for other in self.place.iterdir():
            if other.is_dir() and other.name not in {one.name for one in batches}:
                shutil.rmtree(other, ignore_errors=True)

    def paths(self, batches: Sequence[_Batch], name: str) -> str:
        """Write SQL that reads a file of each batch, with the number of the batch."""
        return " union all ".join(
            f"select {n} as batch, * from read_parquet({literal(str(self.place / one.name / name))})"
            for n, one in enumerate(batches)
        )


def derive_changed(
    connection: duckdb.DuckDBPyConnection,
    schema_name: str,
    staged_in: str,
    definitions: Definitions,
    keep: Keep,
    progress: Progress | None,
) -> None:
    """Derive every view in a schema that holds `definition` and `anc_band`; of the kept ones, what changed."""
    files = [file for file in view_files() if view_name(file) not in OF_ALL]
    staging, own = (
        _Layer(
            keep.folder / f"{stage}-{fingerprint_of_choices(definitions, staging_only=is_staging)}",
            tuple(chosen),
            f"{where}_{stage}",
        )
        for stage, is_staging, where, chosen in (
            ("staging", True, staged_in, [file for file in files if file.name < STAGED_BELOW]),
            ("definition", False, schema_name, [file for file in files if file.name >= STAGED_BELOW]),
        )
    )
    path = f"{','.join(dict.fromkeys([schema_name, staged_in, 'main']))}"
    if schema_name == staged_in:
        for file in view_files():
            if view_name(file) in OF_ALL:
                make_view(connection, file, is_kept=True)
        _number(connection, keep)
        _bring_up_to_date(connection, staging, None, keep, path, progress)
    _bring_up_to_date(connection, own, staging, keep, path, progress)


def _number(connection: duckdb.DuckDBPyConnection, keep: Keep) -> None:
    known = keep.folder / _NUMBERS
    number_children(connection, known)
    if connection.sql("select count(*) from children.number where is_new").fetchall()[0][0]:
        _write(connection, "select * from children.every_number", known)


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection,
    layer: _Layer,
    below: _Layer | None,
    keep: Keep,
    path: str,
    progress: Progress | None,
) -> None:
    """Find who changed since the last batch, derive them into a new one, and show all."""
    layer.place.mkdir(parents=True, exist_ok=True)
    batches = layer.read_batches()
    if progress:
        progress("looking for children that changed", 0.0)
    try:
        is_all = _compare(connection, layer, batches, keep)
    except duckdb.Error as error:
        if isinstance(error, duckdb.InterruptException | duckdb.OutOfMemoryException):
            raise
        batches, is_all = [], _compare(connection, layer, [], keep)  # what is damaged is derived anew
    n_changed, n_gone = connection.sql(
        f"select count(*) filter (where not is_gone), count(*) filter (where is_gone) from {layer.changed}"
    ).fetchall()[0]
    if n_changed or n_gone or not batches:
        if progress:
            progress(f"deriving {n_changed:,} children that are new or changed", 0.0)
        batch = _Batch(uuid4().hex, keep.extract.extracted_on)
        inputs = _inputs(connection, layer, below, keep, path, is_all=is_all)
        _derive_batch(connection, layer, layer.place / batch.name, f"{inputs},{path}")
        batches = [*([] if is_all else batches), batch]
        layer.write_batches(batches)
    connection.execute(f"set search_path = '{path}'")
    _show(connection, layer, batches)


def _compare(
    connection: duckdb.DuckDBPyConnection, layer: _Layer, batches: Sequence[_Batch], keep: Keep
) -> bool:
    """Tell apart the changed, gone and moved children of a layer; tell whether all are to be derived."""
    days = (
        ", ".join(f"({n}, date '{one.extracted_on}')" for n, one in enumerate(batches))
        or "(0, date '1900-01-01')"
    )
    nothing = "select 0 as batch, 0 as number, cast(null as ubigint) as quick, cast(null as ubigint) as content limit 0"
    today = f"date '{keep.extract.extracted_on}'"
    connection.execute(f"""
        create or replace table children.batch_{layer.name} as
        select *, max(batch) over (partition by number) as last_batch
        from ({layer.paths(batches, _CHILDREN) or nothing});
        create or replace table children.unequal_{layer.name} as
        select
            number, held.content as content_before, now.number is null as is_gone,
            coalesce(
                day.extracted_on <> {today}
                and now.latest || '~' > cast(least(day.extracted_on, {today}) as varchar),
                false
            ) as is_reached
        from (
            from children.batch_{layer.name} where batch = last_batch and content is not null
        ) as held
        inner join (values {days}) as day (batch, extracted_on) using (batch)
        full join children.now using (number)
        where held.quick is distinct from now.quick or is_reached;
    """)
    counted = "select count(*) from children."
    n_unequal, n_now = connection.sql(f"select ({counted}unequal_{layer.name}), ({counted}now)").fetchall()[0]
    put_in_order(connection, keep.extract, f"(select number from children.unequal_{layer.name})")
    connection.execute(f"""
        create or replace table {layer.changed} as
        select number, is_gone
        from children.unequal_{layer.name} left join ({CONTENT}) as now using (number)
        where is_gone or is_reached or content_before is distinct from now.content;
        create or replace table children.moved_{layer.name} as
        select number from children.unequal_{layer.name} anti join {layer.changed} using (number);
    """)
    n_changed = connection.sql(f"select count(*) from {layer.changed}").fetchall()[0][0]
    is_all = not batches or 2 * n_changed > n_now or (n_changed > 0 and len(batches) >= _MOST_BATCHES)
    if is_all and n_changed < n_now:
        connection.execute(
            f"create or replace table {layer.changed} as select number, false as is_gone from children.now"
        )
        put_in_order(connection, keep.extract, "(select number from children.now)")
        connection.execute(
            f"create or replace table children.moved_{layer.name} as select 0 as number limit 0"
        )
    elif is_all:
        connection.execute(f"delete from {layer.changed} where is_gone")
    return is_all


def _inputs(
    connection: duckdb.DuckDBPyConnection,
    layer: _Layer,
    below: _Layer | None,
    keep: Keep,
    path: str,
    *,
    is_all: bool,
) -> str:
    """Make a schema in which a layer's views see the changed children only; give where to look for names."""
    connection.execute(f"drop schema if exists {layer.bucket} cascade; create schema {layer.bucket}")
    if below is not None and _is_same(connection, layer.changed, below):
        return f"{layer.bucket},{below.bucket}"
    if is_all:
        return layer.bucket
    connection.execute(f"set search_path = '{layer.bucket},{path}'")
    for name in OF_ALL:
        _take(connection, layer, name)
    if below is None:
        for table in RAW:
            _take_raw(connection, layer, keep.extract, table)
        return layer.bucket
    for file in below.files:
        if view_name(file) in KEPT:
            _take(connection, layer, view_name(file))
        else:
            connection.execute(view_in(layer.bucket, file))
    return layer.bucket


def _is_same(connection: duckdb.DuckDBPyConnection, changed: str, below: _Layer) -> bool:
    """Tell whether the layer below has just been derived for the same children."""
    if not connection.sql(f"from duckdb_schemas() where schema_name = '{below.bucket}'").fetchall():
        return False
    other = below.changed
    differ = f"(from {changed} except from {other}) union all (from {other} except from {changed})"
    return not connection.sql(f"from ({differ}) limit 1").fetchall()


def _take(connection: duckdb.DuckDBPyConnection, layer: _Layer, name: str) -> None:
    """Copy the changed children's rows of a table that was derived."""
    column = "child_number" if "child_number" in names(connection, name) else "patient_id"
    those = f"select number from {layer.changed} where not is_gone"
    held = (
        f"coalesce(child_number, 0) in ({those})"
        if column == "child_number"
        else f"patient_id in (select patient_id from children.number where number in ({those}))"
    )
    connection.execute(f"create table {layer.bucket}.{name} as from {name} where {held}")


def _take_raw(connection: duckdb.DuckDBPyConnection, layer: _Layer, extract: Extract, table: str) -> None:
    """Copy what was sent of the changed children."""
    kind = "source" if extract.format is NATIVE else "raw"
    connection.execute(f"""
        create table {layer.bucket}.{kind}_{table} as
        from main.{kind}_{table}
        where coalesce(cast(patient_id as varchar), '') in (
            select spelled from children.holder semi join {layer.changed} using (number)
            where table_name = '{table}'
        )
    """)
    if extract.format is NATIVE:
        connection.execute(raw_view_in(layer.bucket, table))


def _derive_batch(connection: duckdb.DuckDBPyConnection, layer: _Layer, place: Path, path: str) -> None:
    """Write a layer's kept tables of the changed children, and who they are."""
    place.mkdir()
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
        _write(connection, f"select *, {number} as kept_number from {made} as made", target)
        shown = f"read_parquet({literal(str(target))})"
        connection.execute(f"create or replace view {made} as select * exclude (kept_number) from {shown}")
        if "row_number" in columns:
            pointing.append(
                f"select kept_number, {_table_of(name, columns)} from {shown} where file is not null"
            )
    _write(
        connection,
        f"""
        select number, now.quick, content.content, now.latest
        from {layer.changed} left join children.now using (number) left join ({CONTENT}) as content using (number)
        """,
        place / _CHILDREN,
    )
    needed = f"(select distinct * from ({' union all '.join(pointing)}))"
    rows = f"from children.rows semi join {needed} as needed using (number, table_name)"
    _write(connection, f"select number, table_name, places {rows}", place / _PLACES)
    _write(connection, "from children.file", place / _FILES)


def _table_of(name: str, columns: Sequence[str]) -> str:
    """Say of which raw table the rows are that a kept table points to."""
    return (
        "table_name"
        if "table_name" in columns
        else literal(next((t for t in RAW if name.startswith(t)), "lab_result"))
    )


def _write(connection: duckdb.DuckDBPyConnection, query: str, place: Path) -> None:
    """Write a table whole or not at all."""
    partial = place.with_name(f"{place.name}.partial-{os.getpid()}")
    connection.execute(f"copy ({query}) to {literal(str(partial))} (format parquet)")
    partial.replace(place)


def _show(connection: duckdb.DuckDBPyConnection, layer: _Layer, batches: Sequence[_Batch]) -> None:
    """Make a layer's views: of the kept tables, the rows of each child's last batch."""
    stale, moved = f"children.stale_{layer.name}", f"children.place_{layer.name}"
    connection.execute(f"""
        create or replace table children.batch_{layer.name} as
        select *, max(batch) over (partition by number) as last_batch from ({layer.paths(batches, _CHILDREN)});
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
    connection: duckdb.DuckDBPyConnection, layer: _Layer, batches: Sequence[_Batch], target: str
) -> bool:
    """Say where the rows of the moved children stand now: the first where the first stood, and so on."""
    moved = f"children.moved_{layer.name}"
    if not connection.sql(f"from {moved} limit 1").fetchall():
        return False
    connection.execute(f"""
        create or replace table {target} as
        with pair as (
            select held.batch, number, table_name, unnest(held.places) as before, unnest(now.places) as after
            from ({layer.paths(batches, _PLACES)}) as held
            semi join {moved} using (number)
            semi join (from children.batch_{layer.name} where batch = last_batch) as last using (batch, number)
            inner join children.rows as now using (number, table_name)
        )
        select
            pair.number, pair.table_name as of_table,
            file_before.file as file_before, cast(pair.before & 1099511627775 as bigint) as row_number_before,
            file.file, cast(pair.after & 1099511627775 as bigint) as row_number
        from pair
        inner join ({layer.paths(batches, _FILES)}) as file_before
            on pair.batch = file_before.batch and pair.table_name = file_before.table_name
            and pair.before >> 40 = file_before.ordinal
        inner join children.file on pair.table_name = file.table_name and pair.after >> 40 = file.ordinal
        where pair.before <> pair.after or file_before.file <> file.file
    """)
    return True
