"""What a multiverse costs: `python -m benchmarks.multiverse [demo|large|both] [most]`.

`demo`: all 1,024 definitions of the short grid on the demonstration registry; the goal is a minute.
`large`: 10,000 of the 11,520 definitions of the wide grid (or `most`) on a made-up registry of about
1 million daily counts; the goal is ten minutes on two cores. Prints, for each, definitions, seconds with
and without opening the registry, seconds of the processor, largest memory, and the load of the machine,
which must be near 0 before for the seconds to mean anything. Set OPENBLAS_NUM_THREADS=1, as the command
`ain` does. The large registry is made in half a minute, in the folder `ain_benchmarks` of the system's
temporary files.
"""

import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from ain_analytics.multiverse import multiverse
from ain_analytics.registry import Registry, open_registry
from ain_analytics.synthetic import demo_registry, simulate

CHILDREN, SEED = 45_000, 7
"""Children with about 1 million daily counts."""
MOST = 10_000
EVERY = 30.0
"""Seconds between two lines of progress."""


def large() -> Path:
    """Give the folder of the large extract, made if it is not there."""
    folder = Path(tempfile.gettempdir()) / "ain_benchmarks" / f"multiverse_{CHILDREN}"
    if not (folder / "truth.parquet").is_file():
        simulate(CHILDREN, seed=SEED).write(folder, file_format="parquet")
    return folder / "extract"


def opened(name: str) -> Registry:
    """Open one of the registries."""
    if name == "large":
        return open_registry(large())
    demo = demo_registry()
    return open_registry(demo.tables, extracted_on=demo.extracted_on)


class Clock:
    """Prints how far a run is, now and then."""

    def __init__(self) -> None:
        self.begun = self.said = time.perf_counter()

    def __call__(self, stage: str, _share: float) -> None:
        """Hear of progress."""
        now = time.perf_counter()
        if now - self.said >= EVERY:
            print(f"{now - self.begun:8.0f} s  {stage}", flush=True)
            self.said = now


def run(name: str, most: int) -> None:
    """Time one multiverse."""
    begun = time.perf_counter()
    with opened(name) as registry:
        load = f"load before {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
        print(f"{name}: {registry!r}; {load}", flush=True)
        after, cpu = time.perf_counter(), time.process_time()
        found = multiverse(
            registry,
            grid="wide" if name == "large" else "short",
            most=most if name == "large" else None,
            progress=Clock(),
        )
        seconds, used = time.perf_counter() - after, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    with_opening = after - begun + seconds
    print(
        f"{found.answers.height:,} definitions in {seconds:.0f} s ({with_opening:.0f} s with opening), "
        f"{used:.0f} s of processor, peak {peak:.0f} MB, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )


def main() -> None:
    """Time one or both."""
    which = sys.argv[1] if len(sys.argv) > 1 else "both"
    most = int(sys.argv[2]) if len(sys.argv) > 2 else MOST
    for name in ("demo", "large") if which == "both" else (which,):
        run(name, most)


if __name__ == "__main__":
    main()
