"""Measure how often limits hold the truth: `python -m benchmarks.coverage [--repetitions N] [--work FOLDER]`.

Draws registries of which the truth is known (draw.py), estimates (methods.py), and counts how often the
limits hold the truth. Two processes; finished parts stay in the folder `--work`, so that a run that was
killed goes on where it was. The table goes to benchmarks/results/coverage.csv, and its picture to
docs/coverage.svg beside docs/coverage.md; `--draw` writes both anew from the table.
"""

import argparse
import os
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.coverage import page, picture
from benchmarks.coverage.draw import SCENARIOS, draw
from benchmarks.coverage.methods import estimates
from benchmarks.parts import keep, run_parts

SEED = 1975
AT_A_TIME = 50
RESULT = Path(__file__).parents[1] / "results" / "coverage.csv"
BIAS = RESULT.with_name("bias.csv")
DOCS = Path(__file__).parents[2] / "docs"


def part(number: int, first: int, with_interval: bool, file: Path) -> Path:
    """Estimate from so many registries of a scenario, and keep what came out."""
    scenario = SCENARIOS[number]
    rows = [
        {"scenario": scenario.name, "repetition": repetition, **row}
        for repetition in range(first, first + AT_A_TIME)
        for row in estimates(
            draw(scenario, np.random.default_rng([SEED, number, repetition])),
            scenario,
            with_interval=with_interval,
        )
    ]
    keep(pl.DataFrame(rows, infer_schema_length=None), file)
    return file


def table(files: list[Path]) -> pl.DataFrame:
    """Count, by scenario, estimator and quantity, how often the limits hold the truth."""
    value, truth = pl.col("value"), pl.col("truth")
    has_limits = pl.col("lower").is_not_null() & pl.col("upper").is_not_null()
    holds = (pl.col("lower").fill_null(-np.inf) <= truth) & (truth <= pl.col("upper").fill_null(np.inf))
    is_told = pl.col("is_told")
    coverage = holds.filter(is_told).mean()
    n = is_told.sum()
    return (
        pl.scan_parquet(files)
        .group_by("scenario", "estimator", "quantity", maintain_order=True)
        .agg(
            truth.first().round(4),
            pl.len().alias("n_repetitions"),
            n.alias("n_told"),
            (100 * coverage).round(1).alias("coverage_percent"),
            (100 * (coverage * (1 - coverage) / n).sqrt()).round(2).alias("coverage_error"),
            (value - truth).filter(is_told & value.is_finite()).mean().round(4).alias("mean_error"),
            (pl.col("upper") - pl.col("lower"))
            .filter(has_limits & (pl.col("upper") - pl.col("lower")).is_finite())
            .median()
            .round(4)
            .alias("median_width"),
        )
        .collect()
    )


def document() -> None:
    """Write the page of the documentation, and its picture."""
    page.write(RESULT, BIAS, DOCS / "coverage.md")
    picture.draw(RESULT, DOCS / "coverage.svg")


def main() -> None:
    """Run what is missing, then write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    parser.add_argument(
        "--intervals", type=int, default=1000, help="of how many to make limits from intervals"
    )
    parser.add_argument("--work", type=Path, default=Path("coverage_parts"))
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--draw", action="store_true", help="only write the page and its picture")
    asked = parser.parse_args()
    if asked.draw:
        document()
        return
    files = {
        asked.work / f"{number:02}-{first:05}.parquet": (number, first, first < asked.intervals)
        for first in range(0, asked.repetitions, AT_A_TIME)
        for number in range(len(SCENARIOS))
    }
    found = table(run_parts(part, files, processes=asked.processes, word="registries"))
    found.write_csv(RESULT)
    document()
    off = found.filter(~pl.col("coverage_percent").is_between(*picture.WITHIN))
    print(f"{found.height} rows in {RESULT.name}; {off.height} outside {picture.WITHIN} %")
