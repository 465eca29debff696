"""Make the grid behind `ain plan`: `python -m benchmarks.plan_grid [--work FOLDER] [--processes N]`.

For each scenario of the grid it draws children (ain_analytics/planner), follows them under each rule, and
takes registries of several sizes one after another; limits from intervals are made of the first ones only,
because they take longest. Finished scenarios stay in the folder `--work`, so that a run that was killed goes
on where it was. The table goes into the package: ain_analytics/planner/grid.csv. About half an hour of
one processor.
"""

import argparse
from itertools import product
from pathlib import Path

import polars as pl

from ain_analytics.planner.scenario import Scenario
from ain_analytics.planner.summary import summary_of
from ain_analytics.planner.trials import RULES, followed, trials
from benchmarks.parts import keep, run_parts

SEED = 1975
CHILDREN = 20_000
SIZES = {50: (120, 80), 200: (80, 50), 800: (24, 16)}
"""Children of a registry: how many registries, and of how many to make limits from intervals."""
SCENARIOS = [
    Scenario(visit_months=months, jitter=0.5, dropout=dropout, entry_months=entry, years=6)
    for dropout, entry, months in product((0.05, 0.3), (0, 6), (1, 3, 6))
]
RESULT = Path(__file__).parents[1] / "ain_analytics" / "planner" / "grid.csv"


def part(number: int, file: Path) -> None:
    """Simulate one scenario, and keep what came out."""
    scenario = SCENARIOS[number]
    rows = [
        scenario.as_dict() | row
        for rule, here in followed(scenario, CHILDREN, seed=SEED + number).items()
        for n, (repetitions, with_limits) in SIZES.items()
        for row in trials(here, n, repetitions, rule=rule, with_limits=with_limits)
    ]
    keep(pl.DataFrame(rows, infer_schema_length=None), file)


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("plan_parts"))
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    files = {asked.work / f"{number:02}.parquet": (number,) for number in range(len(SCENARIOS))}
    found = summary_of(pl.read_parquet(run_parts(part, files, processes=asked.processes, word="scenarios")))
    found.write_csv(RESULT)
    print(f"{found.height} rows in {RESULT.name}: {len(SCENARIOS)} scenarios, {len(RULES)} rules")


if __name__ == "__main__":
    main()
