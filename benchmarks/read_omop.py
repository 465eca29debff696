"""How long the program takes to read OMOP measurements into raw tables, beside a plain scan by DuckDB.

    python benchmarks/read_omop.py -n 10000000

Makes measurements as Parquet in a temporary folder, a tenth of them neutrophils or white cells, as in a
hospital. Rounds are interleaved, so that a busy machine hinders all alike; the fastest round counts.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb

from ain_analytics.extract import read_extract
from ain_analytics.raw_tables import load_codes, load_source, make_raw_tables
from ain_analytics.views import sql_folder

PART = 1_000_000
PER_CHILD = 500
"""Measurements of one child."""
OF_USE = (3013650, 3017732, 3008342, 3000905)
"""Neutrophils automated, any, in percent; leukocytes."""
MEASUREMENTS = """
    with drawn as (
        select range as n, cast(hash(range) // 4 as bigint) as h from range({first}, {last})
    )
    select
        n + 1 as measurement_id,
        cast(1 + n // {per_child} as bigint) as person_id,
        case when h % 10 = 0 then [{of_use}][1 + (h // 10) % {n_of_use}] else 3020000 + (h // 10) % 200 end
            as measurement_concept_id,
        date '2018-01-15' + cast((h // 7) % 1500 as integer) as measurement_date,
        timestamp '2018-01-15 00:00' + to_minutes(cast((h // 7) % 1500 * 1440 + (h // 11) % 1440 as bigint))
            as measurement_datetime,
        32856 as measurement_type_concept_id,
        cast(null as integer) as operator_concept_id,
        ((h // 13) % 1000) / 100.0::double as value_as_number,
        cast(null as integer) as value_as_concept_id,
        case when h % 10 = 0 and (h // 10) % {n_of_use} = 2 then 8554 else 8848 end as unit_concept_id,
        0 as measurement_source_concept_id,
        'L' || cast(
            case when h % 10 = 0 then (h // 10) % {n_of_use} else 100 + (h // 10) % 200 end as varchar
        ) as measurement_source_value,
        '10*3/uL' as unit_source_value,
        cast(((h // 13) % 1000) / 100.0 as varchar) as value_source_value,
        cast(1 + n // 20 as bigint) as measurement_event_id,
        1147000 as meas_event_field_concept_id
    from drawn
"""
SCANNED = (
    "person_id", "measurement_concept_id", "measurement_date", "measurement_datetime", "operator_concept_id",
    "value_as_number", "value_as_concept_id", "unit_concept_id", "measurement_source_concept_id",
    "measurement_source_value", "unit_source_value", "value_source_value", "measurement_event_id",
    "meas_event_field_concept_id",
)  # fmt: skip
"""The columns that the program wants."""


def make(folder: Path, n: int) -> None:
    """Write persons and measurements."""
    with duckdb.connect() as connection:
        for first in range(0, n, PART):
            query = MEASUREMENTS.format(
                first=first,
                last=min(n, first + PART),
                per_child=PER_CHILD,
                of_use=", ".join(map(str, OF_USE)),
                n_of_use=len(OF_USE),
            )
            path = folder / f"measurement-{first // PART:04d}.parquet"
            connection.execute(f"copy ({query}) to '{path}' (format parquet)")
        people = (
            "select cast(range + 1 as bigint) as person_id, 8507 as gender_concept_id, "
            f"2018 as year_of_birth, 1 as month_of_birth, 1 as day_of_birth from range({n // PER_CHILD + 1})"
        )
        connection.execute(f"copy ({people}) to '{folder}/person.parquet' (format parquet)")
    (folder / "extract.toml").write_text("extracted_on = 2024-01-01\n")


def scan(folder: Path) -> int:
    """Decode every wanted column of every row."""
    with duckdb.connect() as connection:
        columns = ", ".join(f"max({name})" for name in SCANNED)
        row = connection.sql(
            f"select count(*), {columns} from read_parquet('{folder}/measurement-*.parquet')"
        )
        return int(row.fetchall()[0][0])


def scan_into_table(folder: Path) -> int:
    """Keep every wanted column of every row, typed as it is."""
    with duckdb.connect() as connection:
        columns = ", ".join(SCANNED)
        connection.execute(
            f"create table t as select {columns} from read_parquet('{folder}/measurement-*.parquet')"
        )
        return int(connection.sql("select count(*) from t").fetchall()[0][0])


def read(folder: Path) -> int:
    """Read the source into raw tables, as the program does."""
    extract = read_extract(folder)
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        load_source(connection, extract, None)
        load_codes(connection, extract)
        make_raw_tables(connection, extract, sql_folder() / "00_format")
        counted = "select (select count(*) from raw_lab_result) + (select count(*) from raw_other)"
        return int(connection.sql(counted).fetchall()[0][0])


def timed(task: Callable[[Path], int], folder: Path, n: int) -> tuple[float, float]:
    """Give seconds by the wall clock and of all processors."""
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    assert task(folder) == n
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Make, time, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("-n", type=int, default=10_000_000, help="number of measurements")
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    tasks = {"plain scan": scan, "plain scan into a table": scan_into_table, "ain_analytics": read}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in tasks}
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        make(folder, chosen.n)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{chosen.n} measurements, {size / 1e6:.0f} MB of Parquet, {chosen.rounds} rounds")
        for _ in range(chosen.rounds):
            for name, task in tasks.items():
                found[name].append(timed(task, folder, chosen.n))
    base = min(found["plain scan"])[0]
    print(f"{'':<24} {'wall s':>8} {'CPU s':>8} {'rows/s':>12} {'ratio':>7}")
    for name, times in found.items():
        wall, cpu = min(times)
        print(f"{name:<24} {wall:8.2f} {cpu:8.2f} {chosen.n / wall:12.0f} {wall / base:7.1f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"peak memory of the process: {peak / (1e6 if sys.platform != 'darwin' else 1e9):.2f} GB")


if __name__ == "__main__":
    main()
