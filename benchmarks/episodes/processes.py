"""Children of the benchmark, and what each used; this process stays small, so that theirs is theirs."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Used(NamedTuple):
    """What a process and its own children took, start and end included."""

    wall: float
    cpu: float
    peak_mb: float
    """Largest resident size of the process, or of a child of it."""


def run(module: str, *arguments: object) -> tuple[str, Used]:
    """Run a module of the benchmark to its end and give what it printed."""
    command = [sys.executable, "-m", f"benchmarks.episodes.{module}", *map(str, arguments)]
    begun = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout
        printed = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - begun
    if process.returncode:
        raise SystemExit(f"{' '.join(command[2:])} ended with {process.returncode}.")
    bytes_of_unit = 1 if sys.platform == "darwin" else 1024
    return printed, Used(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * bytes_of_unit / 1e6)


def run_once(peer: str, folder: Path, *arguments: object) -> tuple[dict[str, Any], Used]:
    """Run a peer once."""
    printed, used = run("once", peer, folder, *arguments)
    return json.loads(printed), used


def made(data: Path, kind: str, size: int) -> Path:
    """Make a registry, unless it is there."""
    printed, _ = run("data", data.resolve(), kind, size)
    return Path(printed.strip())
