"""How long each engine takes to derive all tables of a made-up registry, beside DuckDB.

    python benchmarks/engines.py -n 2000 --postgres postgresql://user@host/database --spark local[2]

The extract is written as Parquet to a temporary folder. All engines give the same number of episodes, or the
run fails. Spark reads the files itself and is started before the clock; PostgreSQL gets the rows by copying.
"""

import argparse
import sys
import tempfile
import time
from pathlib import Path

import ain_analytics as ain
from ain_analytics.registry import open_registry


def main() -> None:
    """Run each engine some times, in turn, and print the fastest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-n", "--patients", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--spark", help="Spark's master")
    parser.add_argument("--postgres", help="a database that may be written to")
    given = parser.parse_args()
    chosen = {"duckdb": None} | {
        name: address for name in ("postgres", "spark") if (address := getattr(given, name))
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        demo = ain.simulate(given.patients, seed=1)
        for table, frame in demo.tables.items():
            frame.write_parquet(folder / f"{table}.parquet")
        (folder / "extract.toml").write_text(f"extracted_on = {demo.extracted_on}\n")
        print(f"{given.patients} children, {demo.tables['lab_result'].height} laboratory results")
        if given.spark:
            from ain_analytics.engines.spark import Spark

            began = time.perf_counter()
            Spark(given.spark).close()
            print(f"start of Spark: {time.perf_counter() - began:.1f} s")
        seconds: dict[str, list[float]] = {engine: [] for engine in chosen}
        episodes = set()
        for _ in range(given.rounds):
            for engine, address in chosen.items():
                began = time.perf_counter()
                with open_registry(folder, engine=engine, engine_address=address) as registry:
                    episodes.add(registry.n_rows("episode"))
                    registry.frame("case_evidence")
                seconds[engine].append(time.perf_counter() - began)
        if len(episodes) > 1:
            sys.exit(f"engines differ: {episodes} episodes")
        for engine, took in seconds.items():
            print(f"{engine}: {min(took):.1f} s")


if __name__ == "__main__":
    main()
