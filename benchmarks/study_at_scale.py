"""Print what a whole study costs: `python benchmarks/study_at_scale.py [children] [data] [memory]`.

Prints, for a made-up disease registry of so many children (default 1 million) with 25 counts each, one line
a stage: seconds, and the largest resident memory (MB) while it ran; then the whole, with the processor's
seconds and the load of the machine. The data are those of `benchmarks/episodes/data.py`, written once to the
folder `data` (default: the cache of the system) as the native tables patient and lab_result; there are no
antibody tests, diagnoses or treatments among them, so that every child stays undetermined. `memory`, such
as 2e9, is what DuckDB may take in bytes before it spills to disk (default: what a study gives it). Set
OPENBLAS_NUM_THREADS=1, as the command `ain` does.
"""

import os
import resource
import sys
import tempfile
import threading
import time
from pathlib import Path

import duckdb

from ain_analytics import workplace
from ain_analytics.study import study
from benchmarks.episodes.data import COUNTS_PER_CHILD, make

MEGABYTE = 1e6
EVERY = 0.02
"""Seconds between two looks at the memory."""
AGO = "interval 20 year"
"""The days of the generator reach into the future, where no extract ends."""
QUERIES = {
    "patient": f"select patient_id, cast(birth_date - {AGO} as date) as birth_date, 'female' as sex, "
    f"cast(died_on - {AGO} as date) as died_on from '{{made}}/patient.parquet'",
    "lab_result": f"select patient_id, sampled_at - {AGO} as sampled_at, '751-8' as code, anc as value, "
    "'10*9/L' as unit from '{made}/anc_result.parquet'",
}
"""The native tables, in the order of the files of the generator."""


def native(data: Path, n_children: int) -> Path:
    """Write the registry as a native extract, unless it is there."""
    made = make(data, "disease", n_children * COUNTS_PER_CHILD)
    folder = made / "extract"
    if (folder / "extract.toml").is_file():
        return folder
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        for name, query in QUERIES.items():
            connection.execute(
                f"copy ({query.format(made=made)}) to '{folder / name}.parquet' (format parquet)"
            )
        (last,) = connection.sql(
            f"select cast(max(sampled_at) as date) from '{folder}/lab_result.parquet'"
        ).fetchall()[0]
    (folder / "extract.toml").write_text(f"extracted_on = {last}\n", encoding="utf-8")
    return folder


def resident() -> float:
    """Give the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


class Stages:
    """Hears the progress of a study, and prints each stage as it ends."""

    def __init__(self) -> None:
        self.name, self.begun, self.peak = "starting", time.perf_counter(), 0.0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self.peak = max(self.peak, resident())
            time.sleep(EVERY)

    def __call__(self, stage: str, _share: float) -> None:
        """Print the stage that ended, and begin another."""
        now = time.perf_counter()
        print(f"{now - self.begun:8.1f} s {max(self.peak, resident()):8.0f} MB  {self.name}", flush=True)
        self.name, self.begun, self.peak = stage, now, resident()


def main() -> None:
    """Study once."""
    n_children = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    data = Path(sys.argv[2] if len(sys.argv) > 2 else Path(tempfile.gettempdir()) / "ain_benchmarks")
    if len(sys.argv) > 3:
        workplace.LEAST, workplace.PER_BYTE = float(sys.argv[3]), 0
    source = native(data, n_children)
    hear, begun = Stages(), time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        found = study(source, Path(folder) / "out", progress=hear)
        hear("done", 1.0)
        report = (Path(folder) / "out" / "report.html").stat().st_size
    used = resource.getrusage(resource.RUSAGE_SELF)
    n_counts = found.quality.n_counts
    found.registry.close()
    print(f"{n_children:,} children, {n_counts:,} daily counts, report {report / MEGABYTE:.2f} MB")
    print(
        f"{time.perf_counter() - begun:.0f} s, {used.ru_utime + used.ru_stime:.0f} s of processor, "
        f"peak {used.ru_maxrss / 1e3:.0f} MB, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
