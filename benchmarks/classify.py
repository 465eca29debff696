"""Print what classifying costs, plain and with its proof: `python benchmarks/classify.py [episodes]`.

A made-up registry of 10,000 children is derived once; its episodes and what is known of them are taken as
often as it needs to reach so many episodes (default 1 million). Timed, in turns, is what comes after. The
class alone, as it stands at the end of the data; all that `classify` gives (class, rule, evidence and day
at baseline and at the end, antibodies, what could not be told); the answers of all rules; and the periods
of each class. The last column is the processor's time as a multiple of that of the class alone.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable

import ain_analytics as ain
from ain_analytics.cases import judged_days, rule_outcomes
from ain_analytics.registry import Registry

ROUNDS = 3
CHILDREN = 10_000
READ = ("episode", "case_evidence", "dense_count")
"""The kept tables that classifying reads."""


def registry_of(n_episodes: int) -> Registry:
    """Derive a registry once, and take what classifying reads as often as is needed."""
    made = ain.simulate(CHILDREN, seed=1975)
    registry = ain.open_registry(made.tables, extracted_on=made.extracted_on)
    times = -(-n_episodes // registry.n_rows("episode"))
    for name in READ:
        registry.connection.execute(f"""
            create table {name}_often as
            select {name}_kept.* replace (patient_id || '-' || copy as patient_id)
            from {name}_kept cross join range({times}) as copies (copy);
            drop table {name}_kept cascade;
            alter table {name}_often rename to {name}_kept
        """)
    return registry


def main() -> None:
    """Time each way in turns."""
    registry = registry_of(int(sys.argv[1].replace("_", "")) if len(sys.argv) > 1 else 1_000_000)
    ways: dict[str, Callable[[], object]] = {
        "class alone": lambda: judged_days(registry, "end"),
        "classify": lambda: ain.classify(registry),
        "answers of all rules": lambda: rule_outcomes(registry),
        "periods": lambda: ain.class_periods(registry),
    }
    sizes = f"{registry.n_rows('episode'):,} episodes, {registry.n_rows('case_evidence'):,} facts"
    print(f"{sizes}; load {os.getloadavg()[0]:.1f}", flush=True)
    wall: dict[str, list[float]] = {way: [] for way in ways}
    cpu: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(ROUNDS):
        for way, ask in ways.items():
            begun, used = time.perf_counter(), time.process_time()
            ask()
            wall[way].append(time.perf_counter() - begun)
            cpu[way].append(time.process_time() - used)
            print(f"  {way}: {wall[way][-1]:.1f} s", flush=True)
    for way in ways:
        ratio = statistics.median(a / b for a, b in zip(cpu[way], cpu["class alone"], strict=True))
        seconds = statistics.median(wall[way])
        print(f"{way:<22} {seconds:7.2f} s  CPU {statistics.median(cpu[way]):7.2f} s  x {ratio:.2f}")
    registry.close()


if __name__ == "__main__":
    main()
