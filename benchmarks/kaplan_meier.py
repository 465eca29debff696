"""Time curves of many children: `python -m benchmarks.kaplan_meier [--size 10_000_000] [--rounds 3]`.

Each way runs in a process of its own, ours and lifelines in turn, from a Parquet file to the curve with its
limits; what is printed are medians of the rounds: seconds by the wall clock and of all processors, after
everything is imported, the largest resident memory and how much of it came after the imports. The children
are made in a process too: Linux counts what the parent once held as the largest memory of what it starts.
Then the numbers of ours and of lifelines are compared: counts must be identical, shares equal to 1e-13
(lifelines takes the exponential of a sum of logarithms). `--write` renews benchmarks/results/kaplan_meier.md.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.episodes.clock import Stopwatch

RESULTS = Path(__file__).parent / "results" / "kaplan_meier.md"
WAYS = {
    "curve": ("ours", "lifelines"),
    "curve with delayed entry": ("ours", "lifelines"),
    "curves of 20 strata": ("ours", "lifelines"),
    "1,000 medians of resamples": ("ours",),
}
KILOBYTES = 1024 if sys.platform == "darwin" else 1
MEGABYTE = 1024 * KILOBYTES
CLOSE = 1e-13
DAYS, ENTRY_DAYS, STRATA, SEED = 3650, 400, 20, 1958
BOOTSTRAP_SIZE = 1_000_000


def make(folder: Path, size: int) -> Path:
    """Write so many made-up children once; half of them enter late in `entry_days`."""
    path = folder / f"children_{size}.parquet"
    if path.exists():
        return path
    random = np.random.default_rng(SEED)
    true, end = random.exponential(600, size), random.integers(30, DAYS, size)
    late = np.where(random.random(size) < 0.5, 0, random.integers(1, ENTRY_DAYS, size))
    exit_days = np.ceil(np.minimum(true, end)).clip(1).astype(np.int32)
    children = pl.DataFrame(
        {
            "exit_days": exit_days,
            "is_resolved": true <= end,
            "entry_days": np.where(late < exit_days, late, 0).astype(np.int32),
            "arm": random.integers(0, STRATA, size).astype(np.int8),
        }
    )
    children.write_parquet(path)
    return path


def ours(what: str, path: Path) -> dict[str, np.ndarray]:
    """Count first, then estimate."""
    import ain_analytics as ain
    from ain_analytics.definitions import TEXTBOOK

    rows = pl.scan_parquet(path)
    if what.startswith("1,000"):
        counts = ain.counts_of(rows.drop("entry_days"))
        found = ain.bootstrap_median(counts, definitions=replace(TEXTBOOK, bootstrap_replicates=1_000))
        return {"replicates": found.replicates}
    by = "arm" if "strata" in what else None
    counts = ain.counts_of(rows if "entry" in what else rows.drop("entry_days"), by=by)
    steps = ain.resolution_curve(counts, by=by, limits="log-log").steps
    first = steps.filter(pl.col("stratum") == steps["stratum"][0], pl.col("days") > 0)
    names = {"days": "days", "unresolved": "unresolved", "n_resolved": "n_resolved"}
    return {name: first[column].to_numpy() for name, column in names.items()}


def lifelines(what: str, path: Path) -> dict[str, np.ndarray]:
    """Give every row to lifelines."""
    from lifelines import KaplanMeierFitter

    columns = ["exit_days", "is_resolved", *(["entry_days"] if "entry" in what else [])]
    rows = pl.read_parquet(path, columns=[*columns, *(["arm"] if "strata" in what else [])])
    parts = rows.partition_by("arm") if "strata" in what else [rows]
    if "strata" in what:
        parts.sort(key=lambda part: int(part["arm"][0]))
    fits = [
        KaplanMeierFitter().fit(
            part["exit_days"].to_numpy(),
            part["is_resolved"].to_numpy(),
            entry=part["entry_days"].to_numpy() if "entry" in what else None,
        )
        for part in parts
    ]
    table = fits[0].event_table
    is_exit = (table["removed"] > 0).to_numpy()
    shares = fits[0].survival_function_.iloc[:, 0].reindex(table.index).to_numpy()
    return {
        "days": table.index.to_numpy()[is_exit],
        "unresolved": shares[is_exit],
        "n_resolved": table["observed"].to_numpy()[is_exit],
    }


def once(way: str, what: str, path: Path, save: Path) -> dict[str, float]:
    """Run one way in this process."""
    import ain_analytics as ain

    ain.resolution_curve(pl.DataFrame({"exit_days": [1, 2], "is_resolved": [True, False]}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    watch = Stopwatch()
    found = {"ours": ours, "lifelines": lifelines}[way](what, path)
    seconds = watch.lap()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    np.savez(save, **found)
    return {
        "wall": seconds.wall,
        "cpu": seconds.cpu,
        "peak": peak / MEGABYTE,
        "more": (peak - before) / MEGABYTE,
    }


def alone(*arguments: object) -> Any:
    """Run this module in a process of its own and give what it printed last."""
    command = [sys.executable, "-m", "benchmarks.kaplan_meier", *map(str, arguments)]
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return json.loads(done.stdout.splitlines()[-1])


def compared(what: str, saved: dict[str, Path]) -> str:
    """Say how far ours and lifelines agree; the first stratum stands for all."""
    one, other = (np.load(saved[way]) for way in ("ours", "lifelines"))
    for name in ("days", "n_resolved"):
        if not np.array_equal(one[name], other[name]):
            raise SystemExit(f"{what}: {name} differ")
    gap = float(np.abs(one["unresolved"] - other["unresolved"]).max())
    if gap > CLOSE:
        raise SystemExit(f"{what}: shares differ by {gap:.1e}")
    return f"{what}: days and numbers resolved identical, shares within {gap:.1e}."


def benchmark(size: int, rounds: int, folder: Path, only: list[str]) -> list[str]:
    """Run all ways in turn and say what they took."""
    said = [
        "| what | children | way | wall s | CPU s | peak MB | after imports MB |",
        "|---|---|---|---|---|---|---|",
    ]
    notes = []
    for what in only:
        ways = WAYS[what]
        n = min(size, BOOTSTRAP_SIZE) if len(ways) == 1 else size
        path = Path(alone("--make", "--size", n, "--data", folder))
        saved = {way: folder / f"{way}.npz" for way in ways}
        taken: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way in ways:
                taken[way].append(alone("--once", way, what, path, saved[way]))
        middle = {
            way: {name: statistics.median(one[name] for one in all_) for name in all_[0]}
            for way, all_ in taken.items()
        }
        for way, m in middle.items():
            numbers = f"{m['wall']:.2f} | {m['cpu']:.2f} | {m['peak']:.0f} | {m['more']:.0f}"
            said.append(f"| {what} | {n:,} | {way} | {numbers} |")
        if len(ways) > 1:
            ratio = {name: middle["lifelines"][name] / middle["ours"][name] for name in ("wall", "cpu")}
            faster = f" Ours is {ratio['wall']:.1f} times faster, {ratio['cpu']:.1f} times by CPU."
            notes.append(compared(what, saved) + faster)
    return [*said, "", *(f"- {note}" for note in notes)]


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()) / "ain_kaplan_meier")
    parser.add_argument("--only", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--once", nargs=4, metavar=("WAY", "WHAT", "PATH", "SAVE"))
    parser.add_argument("--make", action="store_true", help="make the children alone")
    asked = parser.parse_args()
    if asked.once:
        way, what, path, save = asked.once
        print(json.dumps(once(way, what, Path(path), Path(save))))
        return
    asked.data.mkdir(parents=True, exist_ok=True)
    if asked.make:
        print(json.dumps(str(make(asked.data, asked.size))))
        return
    lines = benchmark(asked.size, asked.rounds, asked.data, asked.only)
    load: Any = os.getloadavg()
    lines += [
        "",
        f"Medians of {asked.rounds} rounds, ways in turn; {os.cpu_count()} processors, load {load[0]:.1f}.",
    ]
    print("\n".join(lines))
    if asked.write:
        head = "# Kaplan–Meier curves of many children\n\n`python -m benchmarks.kaplan_meier --write`\n\n"
        RESULTS.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
