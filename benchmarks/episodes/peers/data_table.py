"""data.table in R; it reads CSV, written once from the same Parquet, and reading is timed apart."""

import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.episodes import rules
from benchmarks.episodes.clock import Seconds

SCRIPT = Path(__file__).with_suffix(".R")
RULES = (
    rules.BEFORE_BIRTHDAY, rules.FROM_BIRTHDAY, rules.BIRTHDAY_MONTHS, rules.RESOLUTION_DAYS,
    rules.CHRONIC_MONTHS, rules.SEVERE_BELOW, rules.MODERATE_BELOW,
)  # fmt: skip
DATES = ("onset_after", "onset_by", "resolution_after", "resolution_by", "confirmed_on", "censored_on",
         "last_observed_on", "nadir_on")  # fmt: skip


class Made(NamedTuple):
    """What R left behind."""

    n_episodes: int
    folder: Path
    seconds: dict[str, Seconds]

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self.folder)


def is_missing() -> str | None:
    """Say what lacks, if something does."""
    asked = ["Rscript", "-e", "stopifnot(requireNamespace('data.table', quietly = TRUE))"]
    if shutil.which("Rscript") is None:
        return "Rscript"
    return "data.table" if subprocess.run(asked, capture_output=True, check=False).returncode else None


def versions() -> dict[str, str]:
    """Tell the versions of R and of the package."""
    asked = "cat(as.character(getRversion()), as.character(packageVersion('data.table')))"
    done = subprocess.run(["Rscript", "-e", asked], capture_output=True, text=True, check=True)
    return dict(zip(("R", "data.table"), done.stdout.split(), strict=True))


def ready(folder: Path) -> None:
    """Write the needed columns as CSV, once; not timed."""
    import duckdb

    tables = {"anc_result": "patient_id, sampled_on, anc, is_alone", "patient": "*"}
    for name, columns in tables.items():
        path, unfinished = folder / f"{name}.csv", folder / f"{name}.csv.unfinished"
        if not path.exists():
            query = f"select {columns} from read_parquet('{folder}/{name}.parquet')"
            duckdb.sql("set preserve_insertion_order = true")
            duckdb.sql(f"copy ({query}) to '{unfinished}' (format csv, header true)")
            unfinished.rename(path)


def derive(folder: Path) -> Made:
    """Run the script in a process of its own, which times itself; writing its table is not timed."""
    out = tempfile.mkdtemp()
    command = ["Rscript", "--vanilla", str(SCRIPT), str(folder), ",".join(map(str, RULES)), out]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    lines = Path(out, "seconds").read_text().splitlines()
    reading, work = (Seconds(*map(float, line.split())) for line in lines)
    return Made(int(done.stdout), Path(out), {"reading": reading, "work": work})


def save(made: Made, path: Path) -> None:
    """Turn the table into Parquet."""
    import duckdb

    rows = f"read_csv('{made.folder}/episode.csv', header = true, nullstr = '', all_varchar = true)"
    dates = ", ".join(f"cast({name} as date) as {name}" for name in DATES)
    replaced = f"{dates}, cast(is_resolved as boolean) as is_resolved"
    duckdb.sql(f"copy (select * replace ({replaced}) from {rows}) to '{path}' (format parquet)")


def count(made: Made) -> int:
    """Count the episodes."""
    return made.n_episodes
