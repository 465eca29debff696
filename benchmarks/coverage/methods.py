"""What is estimated from each registry, and the truth that its limits should hold."""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

import ain_analytics as ain
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.errors import EmptyStratum
from benchmarks.coverage.draw import (
    MONTH,
    RATE_RATIO,
    SHAPE,
    Scenario,
    incidence,
    median_days,
    restricted_mean,
    share_unresolved,
)

MONTHS = (6, 12, 18, 24, 36)
HORIZON = 24
DEFINITIONS = replace(
    ain.PRESETS["textbook"],
    name="coverage",
    report_months=MONTHS,
    rmst_months=HORIZON,
    bootstrap_replicates=20,
)
"""The bootstrap gives only the restricted mean from intervals, which is not asked here."""

Row = dict[str, object]


@cache
def truths() -> dict[str, float]:
    """Give the truth of each quantity."""
    gain = restricted_mean(HORIZON, mild=0) - restricted_mean(HORIZON, mild=1)
    return {
        **{f"unresolved_at_{months}_months": share_unresolved(months * MONTH) for months in MONTHS},
        **{f"resolved_by_{months}_months": incidence(months) for months in MONTHS},
        "median": median_days(),
        f"rmst_{HORIZON}_months": restricted_mean(HORIZON),
        "hazard_ratio": RATE_RATIO,
        "time_ratio": RATE_RATIO ** (-1 / SHAPE),
        "rmst_difference": gain,
        "observed_to_expected": 1.0,
    }


def row(estimator: str, quantity: str, found: tuple[float | None, float | None, float | None]) -> Row:
    """Put a value and its limits beside the truth; a limit that is none is without end, above."""
    value, lower, upper = (None if x is None or math.isnan(x) else x for x in found)
    return {
        "estimator": estimator, "quantity": quantity, "value": math.inf if value is None else float(value),
        "lower": lower, "upper": upper, "truth": truths()[quantity], "is_told": lower is not None,
    }  # fmt: skip


def _curve(name: str, curve: ResolutionCurve, quantities: tuple[str, ...]) -> Iterator[Row]:
    for quantity in quantities:
        yield row(name, quantity, curve.value(quantity))


SHARES = tuple(f"unresolved_at_{months}_months" for months in MONTHS)


def kaplan_meier(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Read the right end of each interval as the day."""
    curve = ain.resolution_curve(rows, definitions=DEFINITIONS)
    return _curve("kaplan_meier", curve, (*SHARES, "median", f"rmst_{HORIZON}_months"))


def interval(rows: pl.DataFrame, scenario: Scenario) -> Iterator[Row]:
    """Take the intervals as they are; where the day is known they tell no more than it does."""
    if scenario.visit_months == 0:
        return iter(())
    curve = ain.interval_curve(rows, definitions=DEFINITIONS)
    return _curve("interval", curve, (*SHARES, "median"))


def incidence_of_resolution(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Let the other event compete."""
    curve = ain.incidence_curve(rows, definitions=DEFINITIONS)
    for months in MONTHS:
        yield row("aalen_johansen", f"resolved_by_{months}_months", curve.value("resolved", months))


def cox(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Take the hazard ratio of the trait."""
    yield row("cox", "hazard_ratio", ain.cox_regression(rows, ["mild"]).ratio("mild"))


def accelerated(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Take the time ratio of the trait from the intervals, under the law that is true."""
    yield row("weibull_aft", "time_ratio", ain.accelerated_failure(rows, ["mild"]).ratio("mild"))


def mean_difference(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Hold the restricted mean without the trait against that with it."""
    try:
        found = ain.restricted_mean_difference(rows, by="mild", definitions=DEFINITIONS, reference="1")
    except EmptyStratum:  # follow-up of one is too short
        yield row("restricted_mean", "rmst_difference", (None, None, None))
        return
    of = found.table.filter(pl.col("quantity") == "difference").row(0, named=True)
    yield row("restricted_mean", "rmst_difference", (of["value"], of["lower"], of["upper"]))


def against_the_truth(rows: pl.DataFrame, _: Scenario) -> Iterator[Row]:
    """Hold the resolutions seen against those that the true curve expects."""
    days, truth = np.arange(4000.0), np.array([share_unresolved(day) for day in range(4000)])
    found = ain.one_sample_log_rank(
        rows, lambda asked: -np.log(np.interp(asked, days, truth)), definitions=DEFINITIONS
    )
    of = found.table.row(0, named=True)
    yield row("one_sample", "observed_to_expected", (of["ratio"], of["lower"], of["upper"]))


ESTIMATES: tuple[Callable[[pl.DataFrame, Scenario], Iterator[Row]], ...] = (
    kaplan_meier,
    incidence_of_resolution,
    cox,
    accelerated,
    mean_difference,
    against_the_truth,
)


def estimates(rows: pl.DataFrame, scenario: Scenario, *, with_interval: bool) -> Iterator[Row]:
    """Estimate everything; the limits from intervals, which take longest, only where they are asked for."""
    for estimate in (*ESTIMATES, *([interval] if with_interval else [])):
        yield from estimate(rows, scenario)
