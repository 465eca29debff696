"""How often the limits of an interval-censored curve hold the truth, in made-up registries.

    python -m benchmarks.interval_limits                    # every scenario, likelihood ratio
    python -m benchmarks.interval_limits --compare 60       # beside it other limits (150 children, 3 months)

Children are seen about every so many months (each gap anything from half of it to half as much again)
and resolve with a median of 17 months (lognormal, sigma 0.6). Observation ends anywhere between 200
and 1,800 days; with delayed entry half of the children are enrolled anywhere up to 600 days and only
if they have not resolved. Held against the truth are the limits of the share unresolved at 6, 12, 18,
24 and 36 months, and those of the median. Written to `results/interval_limits.csv`: one row per
scenario, kind of limits and quantity, with the share that holds the truth and the mean width.

`chi_squared` compares the likelihood ratio with 3.84, `current_status` with 2.27, the quantile that holds
for one visit a child at random (Banerjee and Wellner 2001, doi:10.1214/aos/1015345959);
`bootstrap` are percentiles of 200 resamples where the curve steps at the right end of each cell.
"""

import argparse
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import polars as pl
from scipy.stats import norm

from ain_analytics.bootstrap import curve_of, distinct, last_day_of, resampled
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK
from ain_analytics.likelihood_limits import LikelihoodLimits
from ain_analytics.npmle import linked, npmle
from ain_analytics.turnbull_cells import Observations

RESULTS = Path(__file__).parent / "results" / "interval_limits.csv"
MEDIAN, SIGMA = 520, 0.6
MONTHS = (6, 12, 18, 24, 36)
QUANTILES = {"chi_squared": 3.841459, "current_status": 2.26916}
CHOSEN = "chi_squared"
COMPARED = (150, 3)
SCENARIOS = [*product((50, 150, 200, 1000), (1, 3, 6), (False, True))]
Held = list[tuple[str, str, bool, float]]


def registry(draws: np.random.Generator, n: int, visits: float, *, has_entry: bool) -> Observations:
    """Make up n children who are enrolled."""
    kept: list[np.ndarray] = []
    while sum(len(rows) for rows in kept) < n:
        day = draws.lognormal(np.log(MEDIAN), SIGMA, n)
        last = draws.integers(200, 1800, n)
        gap = visits * DAYS_PER_MONTH
        seen = np.cumsum(
            draws.integers(round(gap / 2), round(gap * 3 / 2) + 1, (n, int(3600 / gap) + 1)), axis=1
        )
        is_seen = seen <= last[:, None]
        is_before = seen < day[:, None]
        entry = np.where(has_entry & (draws.random(n) < 0.5), draws.integers(0, 600, n), 0)
        lower = np.maximum(np.where(is_seen & is_before, seen, 0).max(axis=1), entry)
        upper = np.where(is_seen & ~is_before, seen, np.inf).min(axis=1)
        rows = np.column_stack([lower, upper, entry])
        kept.append(rows[(day > entry) & (upper > entry)])
    rows = np.concatenate(kept)[:n]
    return Observations(rows[:, 0], rows[:, 1], rows[:, 2], np.ones(n))


def one(task: tuple[int, int, float, bool, bool]) -> Held:
    """Make one registry, and see what its limits hold."""
    seed, n, visits, has_entry, is_compared = task
    draws = np.random.default_rng([seed, n, int(visits), has_entry])
    rows = registry(draws, n, visits, has_entry=has_entry)
    days = np.array([int(months * DAYS_PER_MONTH) for months in MONTHS] + [MEDIAN], dtype=float)
    names = [f"unresolved_at_{months}_months" for months in MONTHS] + ["median"]
    chained, _ = linked(distinct(rows, rows.weight))
    start = float(chained.entry.min())
    truth = norm.sf(np.log(days / MEDIAN) / SIGMA)
    if start > 0:
        truth = truth / norm.sf(np.log(start / MEDIAN) / SIGMA)
    held: Held = []
    end = last_day_of(chained)
    for kind, quantile in QUANTILES.items():
        if kind != CHOSEN and not is_compared:
            continue
        limits = LikelihoodLimits(chained, days[days <= end], quantile=quantile)
        for name, day, share in zip(names, days, truth, strict=True):
            if start < day <= end:
                lower, upper = limits.lower(day), limits.upper(day)
                held.append((kind, name, lower <= share <= upper, upper - lower))
    if is_compared:
        definitions = replace(TEXTBOOK, report_months=MONTHS)
        fit = npmle(chained)
        curve = curve_of(fit, end)
        drawn = resampled(rows, np.arange(n), fit, curve, definitions)
        for name, day, share in zip(names, days, truth, strict=True):
            values = [one.value(day) for one in drawn.late] if drawn else []
            low, high = np.quantile(values, [0.025, 0.975], method="inverted_cdf") if values else (0, 1)
            if start < day <= end:
                held.append(("bootstrap", name, low <= share <= high, high - low))
    return held


def summed(scenario: tuple[int, float, bool], held: Iterator[Held]) -> pl.DataFrame:
    """Say how often the limits held the truth."""
    n, visits, has_entry = scenario
    rows = [row for registry in held for row in registry]
    frame = pl.DataFrame(rows, schema=["limits", "quantity", "is_held", "width"], orient="row")
    return (
        frame.group_by("limits", "quantity", maintain_order=True)
        .agg(
            n_registries=pl.len(),
            holds=pl.col("is_held").mean().round(4),
            width=pl.col("width").mean().round(4),
        )
        .select(
            pl.lit(n).alias("children"),
            pl.lit(visits).alias("visits_every_months"),
            pl.lit(has_entry).alias("delayed_entry"),
            "limits",
            "quantity",
            "n_registries",
            "holds",
            "width",
        )
    )


def main() -> None:
    """Run the scenarios on two processes, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--registries", type=int, default=500)
    parser.add_argument("--compare", type=int, default=0, help="registries with other limits too")
    parser.add_argument("--children", type=int, nargs="*", default=[50, 150, 200, 1000])
    parser.add_argument("--out", type=Path, default=RESULTS)
    asked = parser.parse_args()
    done = []
    with ProcessPoolExecutor(2, initializer=os.nice, initargs=(15,)) as pool:
        for n, visits, has_entry in SCENARIOS:
            if n in asked.children:
                n_compared = asked.compare if (n, visits) == COMPARED else 0
                tasks = [(seed, n, visits, has_entry, seed < n_compared) for seed in range(asked.registries)]
                done.append(summed((n, visits, has_entry), pool.map(one, tasks, chunksize=5)))
                print(done[-1].write_csv(include_header=len(done) == 1), end="", flush=True)
    pl.concat(done).write_csv(asked.out)


if __name__ == "__main__":
    main()
