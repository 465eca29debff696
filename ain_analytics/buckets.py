"""Deriving by buckets of children: bounded memory, and what is finished stays finished.

Every rule works within one child, so a hash of its key may split the work. What a bucket's kept tables
hold is written to Parquet, table by table; a run that was killed finds them there.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ain_analytics.definitions import Definitions
from ain_analytics.engines import DUCKDB
from ain_analytics.errors import BadBuckets
from ain_analytics.extracted import Extract
from ain_analytics.files import sha256
from ain_analytics.fingerprint import fingerprint, fingerprint_of_choices
from ain_analytics.layers import write
from ain_analytics.raw_tables import Progress
from ain_analytics.schema import RAW
from ain_analytics.typed_cells import literal
from ain_analytics.views import KEPT, OF_ALL, STAGED_BELOW, make_view, view_files, view_in, view_name


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
    def of(cls, n: int, work: Path, extract: Extract, engine: str = DUCKDB) -> "Buckets":
        """Name the folder after what the tables depend on besides the definition; refuse what has none."""
        if n < 1:
            raise BadBuckets(f"{n} is no number of buckets", "Give 1 or more.")
        if engine != DUCKDB:
            raise BadBuckets(f"engine {engine} splits its work by itself", "Leave out the buckets.")
        if not extract.paths:
            raise BadBuckets(
                "only files can be split", "Write the source to files, or leave out the buckets."
            )
        files = [(path.name, sha256(path)) for path in sorted(extract.paths)]
        return cls(n, work / f"buckets-{fingerprint(extract, n, extract.extracted_on, files)}")

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
    for file in _files(of_all=True):
        make_view(connection, file, is_kept=True)
    for number in range(buckets.n):
        if progress:
            progress(f"deriving bucket {number + 1} of {buckets.n}", number / buckets.n)
        _derive_one(connection, schema_name, definitions, buckets, number)
    for file in _files(of_all=False):
        name = view_name(file)
        if name in KEPT:
            _show(connection, name, _place(buckets, definitions, file) / "*" / f"{name}.parquet")
        else:
            make_view(connection, file, is_kept=False)


def _files(*, of_all: bool) -> list[Path]:
    return [file for file in view_files() if (view_name(file) in OF_ALL) == of_all]


def _derive_one(
    connection: duckdb.DuckDBPyConnection,
    schema_name: str,
    definitions: Definitions,
    buckets: Buckets,
    number: int,
) -> None:
    """Derive the kept tables of one bucket, unless they are there."""
    places = {
        file: _place(buckets, definitions, file) / str(number) / f"{view_name(file)}.parquet"
        for file in _files(of_all=False)
        if view_name(file) in KEPT
    }
    if all(place.exists() for place in places.values()):
        return
    connection.execute("drop schema if exists bucket cascade")
    connection.execute("create schema bucket")
    connection.execute(f"set search_path = 'bucket,{schema_name},main'")
    holds = f"coalesce(hash(patient_id), 0) % {buckets.n} = {number}"
    shared = {f"raw_{table}": f"main.raw_{table}" for table in RAW}
    for name, rows in (shared | {"patient_fate": f"{schema_name}.patient_fate_kept"}).items():
        connection.execute(f"create view bucket.{name} as select * from {rows} where {holds}")
    for file in _files(of_all=False):
        name, place = view_name(file), places.get(file)
        if place is None or not place.exists():
            connection.execute(view_in("bucket", file))
        if place is not None:
            if not place.exists():
                write(connection, f"from bucket.{name}", place)
            _show(connection, f"bucket.{name}", place)
    connection.execute(f"set search_path = '{schema_name},main'")
    connection.execute("drop schema bucket cascade")


def _show(connection: duckdb.DuckDBPyConnection, name: str, place: Path) -> None:
    connection.execute(f"create or replace view {name} as from read_parquet({literal(str(place))})")


def _place(buckets: Buckets, definitions: Definitions, file: Path) -> Path:
    """Name the folder of a kept table: staging is shared by definitions that do not differ in it."""
    return buckets.folder / fingerprint_of_choices(definitions, staging_only=file.name < STAGED_BELOW)
