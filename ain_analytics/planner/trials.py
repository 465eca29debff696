"""Registries of a scenario, one after another: what each rule and estimator says, and the truth."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ain_analytics.bootstrap import curve_of, distinct, last_day_of
from ain_analytics.curve_result import finite
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import DAYS_PER_MONTH, PRESETS, Definitions
from ain_analytics.followup import KEY, follow_up
from ain_analytics.likelihood_limits import limits_by_likelihood
from ain_analytics.npmle import linked, npmle
from ain_analytics.planner.scenario import CLASS, Scenario
from ain_analytics.registry import Registry, open_registry
from ain_analytics.schema.planning import SHARE_AT_24
from ain_analytics.strata import interval_days
from ain_analytics.synthetic import SyntheticRegistry, simulate
from ain_analytics.turnbull_cells import Observations

MONTHS = 24
SHARE = SHARE_AT_24
RULES = {
    "last_run": "textbook",
    "strict": "strict",
    "one_normal": "single_normal",
}
"""Rules of an end, and the preset that has each."""
ESTIMATORS = ("interval", "kaplan_meier")
NEVER = 10**6
ROOM = 1.3
"""So many more children are drawn than are needed, because some are not followed."""

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """Children of one scenario, followed under one rule.

    Parameters
    ----------
    rows : FollowUp
        First episodes that can enter an estimate, in an order that means nothing.
    truth : mapping of quantity to value
        Of all children with an episode, those included who were not followed.
    """

    rows: pl.DataFrame
    truth: dict[str, float]


def followed(scenario: Scenario, n_children: int, *, seed: int) -> dict[str, Followed]:
    """Draw children, observe them, and derive their follow-up under every rule."""
    made = simulate(n_children, seed=seed, parameters=scenario.parameters())
    tables = {name: made.tables[name] for name in ("patient", "lab_result", "treatment")}
    found = {}
    with open_registry(tables, extracted_on=made.extracted_on) as registry:
        for rule, preset in RULES.items():
            there = registry.under(PRESETS[preset])
            found[rule] = _followed(there, made)
    return found


def _followed(registry: Registry, made: SyntheticRegistry) -> Followed:
    episodes = registry.frame("episode")
    known = episodes.select(
        *KEY,
        pl.lit(CLASS).alias("case_class"),
        pl.lit("positive").alias("antibody_status"),
        pl.lit(value=True).alias("is_ain"),
        pl.lit(value=True).alias("is_ain_at_end"),
        pl.lit(None, pl.Date).alias("known_on_at_end"),
    )
    first = pl.col("episode_number") == 1
    rows = follow_up(registry, known).filter(first, pl.col("is_usable"))
    true = (
        episodes.filter(first)
        .join(made.truth, on="patient_id")
        .select((pl.col("true_resolution_on") - pl.col("onset_by")).dt.total_days().fill_null(NEVER))
        .to_series()
    )
    truth = {
        "median": float(np.median(true)),
        SHARE: float(np.mean(true.to_numpy() > MONTHS * DAYS_PER_MONTH)),
    }
    return Followed(rows, truth)


def trials(
    here: Followed, n: int, repetitions: int, *, rule: str, with_limits: int
) -> Iterator[dict[str, object]]:
    """Take registries of n children each, and estimate; limits from intervals of the first so many."""
    definitions = _definitions(PRESETS[RULES[rule]])
    for number in range(repetitions):
        rows = here.rows.slice(number * n, n)
        if rows.height < n:
            return
        estimates = {
            "kaplan_meier": _by_kaplan_meier(rows, definitions),
            "interval": _from_intervals(rows, definitions, with_limits=number < with_limits),
        }
        for estimator, values in estimates.items():
            for quantity, (value, lower, upper) in values.items():
                yield {
                    "rule": rule, "estimator": estimator, "n": n, "repetition": number, "quantity": quantity,
                    "value": value, "lower": lower, "upper": upper, "truth": here.truth[quantity],
                    "has_limits": estimator == "kaplan_meier" or number < with_limits,
                }  # fmt: skip


def _definitions(definitions: Definitions) -> Definitions:
    return replace(definitions, name=f"plan_{definitions.name}", report_months=(MONTHS,), rmst_months=MONTHS)


Values = dict[str, tuple[float | None, float | None, float | None]]


def _by_kaplan_meier(rows: pl.DataFrame, definitions: Definitions) -> Values:
    curve = resolution_curve(rows, definitions=definitions)
    return {name: curve.value(name) for name in ("median", SHARE)}


def _from_intervals(rows: pl.DataFrame, definitions: Definitions, *, with_limits: bool) -> Values:
    """Estimate as `interval_curve` does, without what is not asked here."""
    entry, lower, upper = interval_days(rows.with_columns(pl.col("entry_days").fill_null(0)))
    merged = distinct(Observations(lower, upper, entry, np.ones(rows.height)), np.ones(rows.height))
    curve = curve_of(npmle(merged), last_day_of(merged))
    limits = limits_by_likelihood(linked(merged)[0], curve, definitions)[2] if with_limits else {}
    is_beyond = curve.is_beyond(MONTHS * DAYS_PER_MONTH)
    values = {
        "median": curve.quantile(0.5),
        SHARE: np.nan if is_beyond else float(curve.value(MONTHS * DAYS_PER_MONTH)),
    }
    found: Values = {}
    for name, value in values.items():
        least, most = limits.get(name, (np.nan, np.nan))
        found[name] = finite(value), finite(least), finite(most)
    return found
