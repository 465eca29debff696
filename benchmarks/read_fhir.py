"""Print how long FHIR takes beside a plain scan: `python benchmarks/read_fhir.py [rows] [rounds]`."""

import json
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

COLUMNS = (
    "{'resourceType': 'VARCHAR', 'id': 'VARCHAR', 'status': 'VARCHAR', "
    "'meta': 'STRUCT(versionId VARCHAR, lastUpdated VARCHAR)', "
    "'code': 'STRUCT(coding STRUCT(system VARCHAR, code VARCHAR, display VARCHAR)[], text VARCHAR)', "
    "'subject': 'STRUCT(reference VARCHAR)', 'effectiveDateTime': 'VARCHAR', "
    "'specimen': 'STRUCT(reference VARCHAR)', "
    "'valueQuantity': 'STRUCT(\"value\" VARCHAR, comparator VARCHAR, unit VARCHAR, code VARCHAR)'}"
)


def write_observations(path: Path, n_rows: int) -> None:
    """Write Observations of some 600 bytes each, ten of each child."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_rows):
            code, display = (("751-8", "Neutrophils"), ("6690-2", "Leukocytes"))[number % 2]
            coding = {"system": "http://loinc.org", "code": code, "display": f"{display} [#/volume] in Blood"}
            laboratory = {"system": "http://hl7.org/fhir/observation-category", "code": "laboratory"}
            unit = {"unit": "10*9/L", "system": "http://unitsofmeasure.org", "code": "10*9/L"}
            day = f"20{18 + number % 5}-0{1 + number % 9}-{10 + number % 18}"
            observation = {
                "resourceType": "Observation",
                "id": f"observation-{number}",
                "meta": {"versionId": "1", "lastUpdated": "2023-11-05T08:12:31.000+00:00"},
                "status": "final",
                "category": [{"coding": [laboratory]}],
                "code": {"coding": [coding], "text": display},
                "subject": {"reference": f"Patient/child-{number // 10}"},
                "effectiveDateTime": f"{day}T08:30:00+01:00",
                "specimen": {"reference": f"Specimen/s-{number // 2}"},
                "valueQuantity": {"value": number % 900 / 100, **unit},
            }
            file.write(json.dumps(observation) + "\n")


def plain(folder: Path) -> int:
    """Scan with declared columns into a table."""
    with duckdb.connect() as connection:
        path = str(folder / "Observation.ndjson")
        query = f"from read_json($path, format = 'newline_delimited', columns = {COLUMNS})"
        connection.execute(f"create table scanned as {query}", {"path": path})
        return int(connection.sql("select count(*) from scanned").fetchall()[0][0])


def program(folder: Path) -> int:
    """Read into the raw tables as the program does."""
    extract = read_extract(folder)
    with duckdb.connect() as connection:
        load_source(connection, extract, None)
        load_codes(connection, extract)
        make_raw_tables(connection, extract, sql_folder() / "00_format")
        return int(connection.sql("select count(*) from raw_lab_result").fetchall()[0][0])


def timed(read: Callable[[Path], int], folder: Path) -> tuple[float, float]:
    """Time one reading: wall and processor seconds."""
    begun, busy = time.perf_counter(), time.process_time()
    read(folder)
    return time.perf_counter() - begun, time.process_time() - busy


def main() -> None:
    """Read in turns."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_observations(folder / "Observation.ndjson", n_rows)
        size = (folder / "Observation.ndjson").stat().st_size
        print(f"{n_rows} Observations, {size / 1e6:.0f} MB, {size / n_rows:.0f} bytes each")
        best = {"plain scan": (1e9, 1e9), "program": (1e9, 1e9)}
        for turn in range(rounds):
            for label, read in (("plain scan", plain), ("program", program)):
                wall, busy = timed(read, folder)
                best[label] = min(best[label], (wall, busy))
                print(f"round {turn + 1}  {label:<10}  {wall:6.2f} s wall  {busy:6.2f} s CPU")
    (plain_wall, plain_busy), (wall, busy) = best.values()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"best ratio: {wall / plain_wall:.1f} wall, {busy / plain_busy:.1f} CPU; peak {peak:.1f} GB")


if __name__ == "__main__":
    main()
