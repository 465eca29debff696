"""The command: every peer finds the same episodes on a small registry first, then all are timed in turns."""

import argparse
import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.episodes import machine, results
from benchmarks.episodes.peers import FIRST, PEERS
from benchmarks.episodes.processes import ROOT, made, run, run_once
from benchmarks.episodes.results import Measurement

KINDS = ("disease", "hospital")
CHECKED = 100_000
"""Counts on which all must agree before any is timed."""
LIMITED = "ours_limited"
SAYS = {name: peer.says for name, peer in PEERS.items()}


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.episodes", description=__doc__)
    parser.add_argument("--kind", choices=KINDS, action="append", help="default: both")
    parser.add_argument("--size", type=int, help="number of counts; default: 1 million, 100,000 with --check")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--peers", help=f"names with commas between; default: all that can be had of {', '.join(PEERS)}"
    )
    parser.add_argument("--check", action="store_true", help="only see whether all find the same episodes")
    parser.add_argument("--memory-limit", help="also time this program under so much memory, e.g. 2GB")
    parser.add_argument("--threads", type=int, help="also time this program with so many threads")
    parser.add_argument("--buckets", type=int, help="also time this program by so many buckets of children")
    parser.add_argument(
        "--data", type=Path, default=ROOT / "benchmarks" / "data", help="where made-up data is kept"
    )
    parser.add_argument(
        "--results", type=Path, default=ROOT / "benchmarks" / "results", help="where results go"
    )
    asked = parser.parse_args()
    names = asked.peers.split(",") if asked.peers else [*PEERS]
    unknown = [name for name in names if name not in PEERS]
    if unknown:
        parser.error(f"there is no peer {unknown[0]!r}; there are {', '.join(PEERS)}")
    asked.named = bool(asked.peers)
    asked.peers = [name for name in PEERS if name in names or name == FIRST]
    asked.kind = asked.kind or list(KINDS)
    asked.size = asked.size or (CHECKED if asked.check else 1_000_000)
    return asked


def main() -> None:
    """Check, time, write."""
    asked = parsed()
    check(asked, asked.size if asked.check else min(asked.size, CHECKED))
    if not asked.check:
        for kind in asked.kind:
            measure(asked, kind)
        print(f"Wrote {results.write_page(asked.results, SAYS)}")


def available(asked: argparse.Namespace, folder: Path, size: int) -> dict[str, dict[str, str]]:
    """Give the versions that the peers bring which can run at this size, and say which cannot."""
    found = {}
    for name in asked.peers:
        if not asked.named and size > (PEERS[name].largest or size):
            print(f"{name} is left out: it would take too long or too much memory; name it to insist.")
            continue
        told = json.loads(run("once", name, folder, "--ready")[0])
        if told["missing"]:
            print(f"{name} is left out: {told['missing']} is not installed.")
        else:
            found[name] = told["versions"]
    return found


def check(asked: argparse.Namespace, size: int) -> None:
    """Fail, with the name of the peer, where one finds other episodes than this program."""
    for kind in asked.kind:
        folder = made(asked.data, kind, size)
        names = [name for name in available(asked, folder, size) if not PEERS[name].is_floor]
        with tempfile.TemporaryDirectory() as saved:
            paths = {name: Path(saved, f"{name}.parquet") for name in names}
            for name, path in paths.items():
                run_once(name, folder, "--save", path)
            ours = paths.pop(FIRST)
            n_episodes = int(run("identity", ours, *paths.values())[0])
        print(f"{kind} registry of {size:,} counts: {n_episodes:,} episodes, the same by {', '.join(names)}.")


def measure(asked: argparse.Namespace, kind: str) -> None:
    """Time the peers in turns, each round beginning with another, and write the run's file."""
    folder = made(asked.data, kind, asked.size)
    brought = available(asked, folder, asked.size)
    names = [*brought]
    options = {"memory_limit": asked.memory_limit, "threads": asked.threads, "buckets": asked.buckets}
    settings = [f"{name}={value}" for name, value in options.items() if value]
    if settings:
        names.insert(names.index(FIRST) + 1, LIMITED)
    run_once("scan", folder)  # so that the first of all does not pay for the disk
    found: list[Measurement] = []
    for number in range(asked.rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            found.append(one(name, folder, number + 1, settings if name == LIMITED else []))
            wall, cpu = found[-1].seconds["work"]
            print(f"round {number + 1}  {name:<18} {wall:8.2f} s wall  {cpu:8.2f} s CPU", flush=True)
    n_rows = {one.peer: one.rows for one in found if one.peer not in PEERS or not PEERS[one.peer].is_floor}
    if len(set(n_rows.values())) > 1:
        raise SystemExit(f"The numbers of episodes differ: {n_rows}.")
    found.sort(key=lambda one: (names.index(one.peer), one.round))
    versions = machine.versions() | {k: v for name in names for k, v in brought.get(name, {}).items()}
    facts = {
        "registry": kind,
        "counts": str(asked.size),
        "settings": " ".join(settings) or "none",
        "date": datetime.now(tz=UTC).date().isoformat(),
        "machine": machine.describe(),
        "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
    }
    ending = "".join(f"_{setting.replace('=', '_')}" for setting in settings)
    results.write_csv(asked.results / f"episodes_{kind}_{asked.size}{ending}.csv", facts, found)
    labels = {**SAYS, LIMITED: f"this program, {' '.join(settings)}"}
    print(f"\n{kind} registry, {asked.size:,} counts\n\n{results.table(found, labels)}\n")


def one(name: str, folder: Path, number: int, settings: list[str]) -> Measurement:
    """Measure a peer once."""
    given = [part for setting in settings for part in ("--set", setting)]
    told, used = run_once(FIRST if name == LIMITED else name, folder, *given)
    seconds = {stage: (wall, cpu) for stage, (wall, cpu) in told["stages"].items()}
    return Measurement(name, number, told["rows"], seconds | {"process": (used.wall, used.cpu)}, used.peak_mb)
