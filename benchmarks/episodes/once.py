"""One measurement in a process of its own: `python -m benchmarks.episodes.once PEER FOLDER`.

Prints seconds by stage and the number of rows as JSON; with `--save PATH` the rows go to a Parquet file. With
`--ready` it derives nothing, but says what the peer lacks, and does what the peer needs done once.
"""

import argparse
import contextlib
import json
import sys
import time
from pathlib import Path

from benchmarks.episodes.clock import Seconds, Stopwatch
from benchmarks.episodes.peers import module_of


def readiness(peer: str, folder: Path) -> dict[str, object]:
    """Say what a peer lacks, if something does, and which versions it brings."""
    try:
        module = module_of(peer)
    except ImportError as error:
        return {"missing": error.name}
    missing = module.is_missing() if hasattr(module, "is_missing") else None
    if missing:
        return {"missing": missing}
    if hasattr(module, "ready"):
        module.ready(folder)
    return {"missing": None, "versions": module.versions() if hasattr(module, "versions") else {}}


def main() -> None:
    """Derive once."""
    parser = argparse.ArgumentParser()
    parser.add_argument("peer")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ready", action="store_true")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--set", action="append", default=[], help="a setting of DuckDB: name=value")
    asked = parser.parse_args()
    if asked.ready:
        print(json.dumps(readiness(asked.peer, asked.folder)))
        return
    stages: dict[str, Seconds] = {}
    watch = Stopwatch()
    module = module_of(asked.peer)
    stages["imports"] = watch.lap()
    given = []
    if hasattr(module, "prepare"):
        given = [module.prepare(asked.folder)]
        wall, own = watch.lap()
        watch = Stopwatch(given[0].busy)
        stages["preparing"] = Seconds(wall, own + watch.begun[1] - time.process_time())
    settings = dict(pair.split("=", 1) for pair in asked.set)
    with contextlib.redirect_stdout(sys.stderr):
        watch.restart()
        made = module.derive(asked.folder, *given, **settings)
        stages["work"] = watch.lap()
    stages |= getattr(made, "seconds", {})
    if asked.save:
        module.save(made, asked.save)
    found = {"rows": module.count(made), "stages": stages}
    if hasattr(made, "close"):
        made.close()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
