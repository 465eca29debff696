"""Unknown covariates drawn several times by chained equations, and the fits pooled by Rubin's rules."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import polars as pl
from statsmodels.imputation.mice import MICEData

from ain_analytics.covariates import Covariate, Design, strata_codes
from ain_analytics.cox_engine import Flags, Ints, counted_days
from ain_analytics.definitions import Definitions
from ain_analytics.errors import NotEstimable
from ain_analytics.step_curve import Floats

ROUNDS = 5
"""Rounds of the chain before each draw is taken, as R's mice takes them."""
DONORS = 5
"""An unknown value is one of so many known ones that are predicted alike (Morris, White and Royston 2014)."""


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    """Coefficients pooled over imputed data sets.

    Parameters
    ----------
    coefficients : array, one value per term
    covariance : array, terms by terms
    freedom : array, one value per term
    share_unknown : array, one value per term
        Share of the variance that is there because covariates are unknown.
    n_sets : int
    """

    coefficients: Floats
    covariance: Floats
    freedom: Floats
    share_unknown: Floats
    n_sets: int

    def in_words(self) -> list[str]:
        """Say how the fits were pooled, and how much rests on what is not known."""
        largest = float(np.nanmax(self.share_unknown, initial=0))
        return [
            f"Unknown covariates were drawn {self.n_sets} times by chained equations with predictive mean "
            "matching, "
            "from all covariates and strata, whether the episode was seen to resolve, and the cumulative "
            "hazard on its "
            "last day (White and Royston 2009, doi:10.1002/sim.3618); the fits are pooled by Rubin's rules. "
            "That a "
            "covariate is unknown has nothing to do with its value, given all of these.",
            f"Up to {100 * largest:.0f} % of the variance of a coefficient is there because covariates are "
            "unknown.",
        ]


def pooled(coefficients: Sequence[Floats], covariances: Sequence[Floats]) -> Pooled:
    """Pool the fits of several imputed data sets by Rubin's rules [1]_.

    References
    ----------
    .. [1] Rubin 1987, doi:10.1002/9780470316696; numbers as R's `mitools::MIcombine`.
    """
    m = len(coefficients)
    b = np.stack(coefficients)
    within = np.mean(np.stack(covariances), axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        between = np.atleast_2d(np.cov(b, rowvar=False))
        more = (1 + 1 / m) * between
        ratio = np.diag(more) / np.diag(within)
        freedom = np.where(ratio > 0, (m - 1) * (1 + 1 / ratio) ** 2, np.inf)
        return Pooled(b.mean(axis=0), within + more, freedom, ratio / (1 + ratio), m)


def imputed(
    rows: pl.DataFrame, design: Design, strata: Sequence[str], *, end: str, definitions: Definitions
) -> list[pl.DataFrame]:
    """Draw the unknown covariates several times.

    Parameters
    ----------
    rows : one row per episode
        `entry_days`, the column `end`, `is_resolved`, the covariates (null: unknown) and the strata.
    design : Design
    strata : names of columns
    end : name of a column of days
    definitions : Definitions
        Number of draws, and their seed.

    Returns
    -------
    list of polars.DataFrame
        The rows with every covariate known, once for each draw. An unknown value is that of an episode
        which is predicted alike, so no value is drawn that nobody has.

    Raises
    ------
    NotEstimable
        A category of more than two levels is unknown in some rows; it has no mean to predict.

    Notes
    -----
    In 60 simulated sets of 300 episodes, with a covariate unknown in half of them depending on another one,
    five draws gave a coefficient of 0.47 on average where 0.5 is right (complete episodes: 0.50), and its
    limits at 95 % held the truth in 92 %. Draws pay where another covariate is to be told for all episodes.
    """
    unknown = [c for c in design.covariates if rows[c.column].null_count()]
    if many := [c.column for c in unknown if len(c.levels) > 2]:
        raise NotEstimable(
            "an imputation",
            f"{', '.join(many)} has more than two levels and unknown ones; take missing='drop', or make the "
            "unknown a level of its own",
        )
    columns = {
        f"x{place}": column
        for place, column in enumerate(
            [
                *(column for c in design.covariates for column in _numbers(rows, c).T),
                *_about(rows, strata, end).T,
            ]
        )
    }
    place_of = np.cumsum([0, *(len(c.terms) for c in design.covariates)])
    names = {c.column: f"x{place_of[i]}" for i, c in enumerate(design.covariates)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pandas, inside the library
        chain = MICEData(pd.DataFrame(columns), k_pmm=min(DONORS, rows.height))
        chain.rng = np.random.default_rng(definitions.imputation_seed)
        drawn = []
        for _ in range(definitions.imputations):
            chain.update_all(ROUNDS)
            drawn.append({c.column: chain.data[names[c.column]].to_numpy(copy=True) for c in unknown})
    return [
        rows.with_columns(_column(rows, c, values[c.column]).alias(c.column) for c in unknown)
        for values in drawn
    ]


def _numbers(rows: pl.DataFrame, covariate: Covariate) -> Floats:
    """Give the terms of a covariate, not a number where it is unknown."""
    if not covariate.levels:
        return rows[covariate.column].cast(pl.Float64).fill_null(np.nan).to_numpy()[:, None]
    found = covariate.encoded(rows)
    found[rows[covariate.column].is_null().to_numpy()] = np.nan
    return found


def _about(rows: pl.DataFrame, strata: Sequence[str], end: str) -> Floats:
    """Give what else the unknown values are predicted from: strata, event, cumulative hazard."""
    entry, last = (rows[name].cast(pl.Int64).to_numpy() for name in ("entry_days", end))
    is_resolved = rows["is_resolved"].to_numpy()
    code, names = strata_codes(rows, strata)
    of_stratum = [(code == place).astype(float) for place in range(1, len(names))]
    return np.column_stack([*of_stratum, is_resolved.astype(float), nelson_aalen(entry, last, is_resolved)])


def nelson_aalen(entry: Ints, end: Ints, is_event: Flags) -> Floats:
    """Give the cumulative hazard of everybody on each row's last day."""
    days, at_risk, events = counted_days(entry, end, is_event)
    hazard: Floats = np.concatenate([[0.0], np.cumsum(events / at_risk)])
    return hazard[np.searchsorted(days, end, side="right")]


def _column(rows: pl.DataFrame, covariate: Covariate, values: Floats) -> pl.Series:
    """Turn drawn numbers into values of the column."""
    kind = rows.schema[covariate.column]
    if not covariate.levels:
        return pl.Series(values).cast(pl.Float64)
    first, second = covariate.levels
    text = pl.Series(np.where(values > 0.5, second, first))
    return text == "true" if kind == pl.Boolean else text.cast(kind)
