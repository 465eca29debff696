"""Deriving by buckets of children: bounded memory, and what is finished stays finished.

Every rule works within one child, so a hash of its key may split the work. What a bucket's kept tables
hold is written to Parquet, table by table; a run that was killed finds them there.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from ain_analytics.definitions import Definitions
from ain_analytics.raw_tables import Progress
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal
from ain_analytics.views import KEPT, STAGED_BELOW, staging_of, view_files, view_name

_OF_ALL = ("patient_fate", "child")
"""Kept tables that are derived for all children at once: they are small, and number the children."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Into how many buckets the children are split, and where what was derived of each is kept.

    Parameters
    ----------
    n : int
        Number of buckets, at least 1.
    folder : Path
        Holds the tables; its name tells the source, so that no other's tables are taken for them.
    """

    n: int
    folder: Path

    @classmethod
    def of(cls, n: int, work: Path, paths: Sequence[Path], also: Iterable[object]) -> "Buckets":
        """Name the folder after what the tables depend on besides the definition."""
        told = hashlib.sha256(repr([n, duckdb.__version__, *map(str, also)]).encode())
        for path in sorted(paths):
            with path.open("rb") as file:
                told.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
        for path in (*view_files(), *sorted(view_files()[0].parent.glob("00_format/**/*.sql"))):
            told.update(path.name.encode() + path.read_bytes())
        return cls(n, work / f"buckets-{told.hexdigest()[:20]}")

    def remove(self) -> None:
        """Take the tables away."""
        shutil.rmtree(self.folder, ignore_errors=True)


def derive_in_buckets(
    connection: duckdb.DuckDBPyConnection,
    schema_name: str,
    definitions: Definitions,
    buckets: Buckets,
    progress: Progress | None,
) -> None:
    """Derive every view in a schema that holds `definition` and `anc_band`; the kept ones by buckets."""
    path = str(connection.sql("select current_setting('search_path')").fetchall()[0][0])
    for file in view_files():
        name = view_name(file)
        if name in _OF_ALL:
            connection.execute(file.read_text(encoding="utf-8"))
            connection.execute(f"create or replace table {name}_kept as from {name}")
            connection.execute(f"create or replace view {name} as from {name}_kept")
    for number in range(buckets.n):
        if progress:
            progress(f"deriving bucket {number + 1} of {buckets.n}", number / buckets.n)
        _derive_one(connection, path, definitions, buckets, number)
    connection.execute(f"set search_path = '{path}'")
    for file in view_files():
        name = view_name(file)
        if name in _OF_ALL:
            continue
        if name in KEPT:
            _show(connection, name, _place(buckets, definitions, file) / "*" / f"{name}.parquet")
        else:
            connection.execute(file.read_text(encoding="utf-8"))


def _derive_one(
    connection: duckdb.DuckDBPyConnection,
    path: str,
    definitions: Definitions,
    buckets: Buckets,
    number: int,
) -> None:
    """Derive the kept tables of one bucket, unless they are there."""
    wanted = [file for file in view_files() if view_name(file) in KEPT and view_name(file) not in _OF_ALL]
    if all(_file(buckets, definitions, file, number).exists() for file in wanted):
        return
    connection.execute("drop schema if exists bucket cascade")
    connection.execute("create schema bucket")
    connection.execute(f"set search_path = 'bucket,{path}'")
    holds = f"coalesce(hash(patient_id), 0) % {buckets.n} = {number}"
    for table in RAW:
        connection.execute(f"create view bucket.raw_{table} as select * from main.raw_{table} where {holds}")
    of_all = path.split(",")[0]
    connection.execute(
        f"create view bucket.patient_fate as select * from {of_all}.patient_fate_kept where {holds}"
    )
    for file in view_files():
        name = view_name(file)
        if name in _OF_ALL:
            continue
        if name not in KEPT:
            connection.execute(_in_bucket(file))
            continue
        place = _file(buckets, definitions, file, number)
        if not place.exists():
            connection.execute(_in_bucket(file))
            place.parent.mkdir(parents=True, exist_ok=True)
            partial = place.with_name(f"{place.name}.partial-{os.getpid()}")
            connection.execute(f"copy (from bucket.{name}) to {literal(str(partial))} (format parquet)")
            partial.replace(place)
        _show(connection, f"bucket.{name}", place)
    connection.execute(f"set search_path = '{path}'")
    connection.execute("drop schema bucket cascade")


def _in_bucket(file: Path) -> str:
    return file.read_text(encoding="utf-8").replace("create or replace view ", "create view bucket.", 1)


def _show(connection: duckdb.DuckDBPyConnection, name: str, place: Path) -> None:
    connection.execute(f"create or replace view {name} as from read_parquet({literal(str(place))})")


def _place(buckets: Buckets, definitions: Definitions, file: Path) -> Path:
    """Name the folder of a kept table: staging is shared by definitions that do not differ in it."""
    staging = repr(staging_of(definitions))
    chosen = staging if file.name < STAGED_BELOW else repr(asdict(definitions) | {"name": ""})
    return buckets.folder / hashlib.sha256(chosen.encode()).hexdigest()[:20]


def _file(buckets: Buckets, definitions: Definitions, file: Path, number: int) -> Path:
    return _place(buckets, definitions, file) / str(number) / f"{view_name(file)}.parquet"
