"""Deriving only the children that changed: what was derived of the others is kept in a folder.

The folder holds layers, one of the staging and one of each definition; a layer holds batches, one of each run
that found a change. Of a batch there are the kept tables, and which children they are of: the last batch that
names a child is the one that holds. Rows of children whose places in the source moved are pointed anew.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb

from ain_analytics.children import CONTENT, names, number_children, put_in_order, raw_view_in
from ain_analytics.definitions import Definitions
from ain_analytics.engines import DUCKDB
from ain_analytics.errors import BadKeep, BadOutput
from ain_analytics.extracted import Extract
from ain_analytics.fingerprint import fingerprint, fingerprint_of_choices
from ain_analytics.formats import NATIVE
from ain_analytics.layers import CHILDREN, Batch, Layer, derive_batch, show, write
from ain_analytics.raw_tables import Progress
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal
from ain_analytics.views import KEPT, OF_ALL, STAGED_BELOW, make_view, view_files, view_in, view_name

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
        Its name tells what the tables depend on besides the rows, the definition and the last day.
    extract : Extract
        What is derived now.
    """

    folder: Path
    extract: Extract

    @classmethod
    def of(cls, folder: Path, extract: Extract, buckets: int | None, engine: str) -> "Keep":
        """Find the place in a folder; what was kept for another program or other code lists is of no use.

        Raises
        ------
        BadKeep
            It is no folder, or the work is split or done elsewhere.
        """
        if buckets is not None:
            raise BadKeep("children are not split into buckets as well", "Leave out one of the two.")
        if engine != DUCKDB:
            raise BadKeep(f"engine {engine} derives elsewhere", "Leave it out, or use DuckDB.")
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


def derive_changed(
    connection: duckdb.DuckDBPyConnection,
    schema_name: str,
    staged_in: str,
    definitions: Definitions,
    keep: Keep,
    progress: Progress | None,
) -> None:
    """Derive every view in a schema that holds `definition` and `anc_band`; of kept ones, what changed."""
    files = [file for file in view_files() if view_name(file) not in OF_ALL]
    staging, own = (
        Layer(
            keep.folder / f"{stage}-{fingerprint_of_choices(definitions, staging_only=is_staging)}",
            tuple(chosen),
            f"{where}_{stage}",
        )
        for stage, is_staging, where, chosen in (
            ("staging", True, staged_in, [file for file in files if file.name < STAGED_BELOW]),
            ("definition", False, schema_name, [file for file in files if file.name >= STAGED_BELOW]),
        )
    )
    path = ",".join(dict.fromkeys([schema_name, staged_in, "main"]))
    if schema_name == staged_in:
        for file in view_files():
            if view_name(file) in OF_ALL:
                make_view(connection, file, is_kept=True)
        _number(connection, keep)
        _bring_up_to_date(connection, staging, None, keep, path, progress)
    _bring_up_to_date(connection, own, staging, keep, path, progress)


def _number(connection: duckdb.DuckDBPyConnection, keep: Keep) -> None:
    known = keep.folder / _NUMBERS
    if not _is_sound(connection, known):  # without the numbers nobody knows whose rows the others are
        shutil.rmtree(keep.folder)
        keep.folder.mkdir()
    number_children(connection, known)
    if connection.sql("select count(*) from children.number where is_new").fetchall()[0][0]:
        write(connection, "select * from children.every_number", known)


def _is_sound(connection: duckdb.DuckDBPyConnection, numbers: Path) -> bool:
    try:
        rows = f"read_parquet({literal(str(numbers))})"
        connection.sql(f"select sum(number), bit_xor(key_low), bit_xor(key_high) from {rows}").fetchall()
    except duckdb.Error as error:
        if isinstance(error, duckdb.InterruptException | duckdb.OutOfMemoryException):
            raise
        return False
    return True


def _bring_up_to_date(
    connection: duckdb.DuckDBPyConnection,
    layer: Layer,
    below: Layer | None,
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
        batch = Batch(uuid4().hex, keep.extract.extracted_on)
        inputs = _inputs(connection, layer, below, keep, path, is_all=is_all)
        derive_batch(connection, layer, layer.place / batch.name, f"{inputs},{path}")
        batches = [*([] if is_all else batches), batch]
        layer.write_batches(batches)
    connection.execute(f"set search_path = '{path}'")
    show(connection, layer, batches)


def _compare(
    connection: duckdb.DuckDBPyConnection, layer: Layer, batches: Sequence[Batch], keep: Keep
) -> bool:
    """Tell apart the changed, gone and moved children of a layer; tell whether all are to be derived."""
    days = (
        ", ".join(f"({n}, date '{one.extracted_on}')" for n, one in enumerate(batches))
        or "(0, date '1900-01-01')"
    )
    nothing = (
        "select 0 as batch, 0 as number, cast(0 as ubigint) as quick, cast(0 as ubigint) as content limit 0"
    )
    today = f"date '{keep.extract.extracted_on}'"
    connection.execute(f"""
        create or replace table children.batch_{layer.name} as
        select *, max(batch) over (partition by number) as last_batch
        from ({layer.paths(batches, CHILDREN) or nothing});
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
    n_now = connection.sql("select count(*) from children.now").fetchall()[0][0]
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
    layer: Layer,
    below: Layer | None,
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


def _is_same(connection: duckdb.DuckDBPyConnection, changed: str, below: Layer) -> bool:
    """Tell whether the layer below has just been derived for the same children."""
    if not connection.sql(f"from duckdb_schemas() where schema_name = '{below.bucket}'").fetchall():
        return False
    other = below.changed
    differ = f"(from {changed} except from {other}) union all (from {other} except from {changed})"
    return not connection.sql(f"from ({differ}) limit 1").fetchall()


def _take(connection: duckdb.DuckDBPyConnection, layer: Layer, name: str) -> None:
    """Copy the changed children's rows of a table that was derived."""
    column = "child_number" if "child_number" in names(connection, name) else "patient_id"
    those = f"select number from {layer.changed} where not is_gone"
    held = (
        f"coalesce(child_number, 0) in ({those})"
        if column == "child_number"
        else f"patient_id in (select patient_id from children.number where number in ({those}))"
    )
    connection.execute(f"create table {layer.bucket}.{name} as from {name} where {held}")


def _take_raw(connection: duckdb.DuckDBPyConnection, layer: Layer, extract: Extract, table: str) -> None:
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
