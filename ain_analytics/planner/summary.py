"""What registries of one scenario come to: bias, width and coverage, each with its Monte Carlo error."""

import numpy as np
import polars as pl

from ain_analytics.planner.scenario import Scenario
from ain_analytics.schema.planning import PlanRows

KEY = ("rule", "estimator", "n", "quantity")
OF_A_MEDIAN = float(np.sqrt(np.pi / 2))
"""How many times the error of a mean that of a median is, about, where what is drawn is normal."""


def summary_of(trials: pl.DataFrame) -> pl.DataFrame:
    """Sum up registries.

    Parameters
    ----------
    trials : one row per scenario, rule, estimator, n, repetition and quantity
        As `trials` gives them, with the columns of the scenario.

    Returns
    -------
    PlanRows, one row per scenario, rule, estimator, n and quantity
        A limit that is none is without end. Registries whose value is not reached count for the coverage
        and the width, not for the bias.
    """
    value, truth, with_limits = pl.col("value"), pl.col("truth"), pl.col("has_limits")
    lower, upper = pl.col("lower").fill_null(-np.inf), pl.col("upper").fill_null(np.inf)
    error, width = (value - truth), (upper - lower)
    holds = ((lower <= truth) & (truth <= upper)).filter(with_limits).cast(pl.Float64)
    told = width.filter(with_limits)
    n_told, n_known = with_limits.sum(), value.count()
    coverage = holds.mean()
    finite = told.filter(told.is_finite())
    found = trials.group_by(*Scenario.__dataclass_fields__, *KEY, maintain_order=True).agg(
        truth.first().alias("truth"),
        pl.len().alias("n_repetitions"),
        (pl.len() - n_known).alias("n_not_reached"),
        error.mean().alias("bias"),
        (error.std() / n_known.sqrt()).alias("bias_error"),
        error.std().alias("spread"),
        n_told.alias("n_with_limits"),
        told.median().alias("width"),
        (OF_A_MEDIAN * finite.std() / n_told.sqrt()).alias("width_error"),
        coverage.alias("coverage"),
        (coverage * (1 - coverage) / n_told).sqrt().alias("coverage_error"),
    )
    is_endless = pl.col("width").is_infinite()
    rounded = [pl.col(name).round_sig_figs(4) for name, kind in found.schema.items() if kind.is_float()]
    return PlanRows.validate(
        found.with_columns(
            pl.when(~is_endless).then("width").alias("width"),
            pl.when(~is_endless).then("width_error").alias("width_error"),
        ).with_columns(rounded),
        cast=True,
    )
