"""Cox regression of the time to resolution."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from ain_analytics.covariates import strata_codes
from ain_analytics.cox_engine import TIES, pieces_at, risk_sets
from ain_analytics.cox_fit import CoxFit, fit, robust_covariance, solved, unexplained
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, NotEstimable
from ain_analytics.imputation import Pooled, imputed, pooled
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.regression_result import CoxRegression
from ain_analytics.regression_rows import (
    Chosen,
    Ratios,
    chosen_rows,
    ratio_rows,
    refuse_unexplained,
    test_row,
    tests_frame,
    wald_rows,
)

__all__ = ["CoxRegression", "cox_regression"]

READ = ("exit_days", "is_resolved")


def cox_regression(
    follow_up: pl.DataFrame, covariates: Sequence[str], *, ties: str = "efron", strata: Sequence[str] = (),
    cluster: str | None = None, reference: Mapping[str, str] | None = None, missing: str = "refuse",
    definitions: Definitions = TEXTBOOK,
) -> CoxRegression:  # fmt: skip
    """Cox regression [1]_ of the right-censored reading, with delayed entry.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame with `exit_days` and `is_resolved`; where present, `entry_days`, `is_usable`,
        `episode_number` and `patient_id` are heeded. At risk on day t are episodes with entry < t ≤ exit,
        so several rows of one child may also be its periods, each with covariates of its own.
    covariates : names of columns
        Numbers as they are; text, categories, true and false beside a reference level.
    ties : {"efron", "breslow"}
        How resolutions on one day are put in order; the default is R's.
    strata : names of columns
        Each combination of their levels has a baseline of its own.
    cluster : name of a column, optional
        Rows that belong together; errors are then robust. By default `patient_id`, where a child has
        several rows.
    reference : mapping, optional
        Column to the level that others are held against; else the most frequent one.
    missing : {"refuse", "drop", "impute"}
        What to do where a covariate is unknown: refuse, take complete episodes, or draw the unknown
        values several times (see `imputed`).
    definitions : Definitions
        Confidence, episodes used, number and seed of the imputations.

    Returns
    -------
    CoxRegression
        Hazard ratios with Wald's limits; numbers as R's `coxph` gives them. A covariate whose ratio has no
        end (separation) is in the table with a note instead of a number; the other ratios hold.

    Raises
    ------
    BadDefinition
        A choice is none of those.
    BadFrame
        A column is missing or of the wrong type, or an episode has no time at risk.
    MissingCovariate
        A covariate is unknown in some episodes, and `missing` is "refuse".
    NotEstimable
        There is no resolution or no covariate, a covariate does not vary, or others explain it.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Cox 1972, J. R. Stat. Soc. B 34(2); ties: Efron 1977, doi:10.1080/01621459.1977.10480613.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.cox_regression(followed, ["age_at_onset_days", "sex"])
    >>> found.table["kind"].unique().to_list()
    ['hazard_ratio']
    """
    if ties not in TIES:
        raise BadDefinition("ties", ties, f"must be one of {', '.join(TIES)}")
    if not covariates:
        raise NotEstimable("hazard ratios", "no covariate is given")
    chosen = chosen_rows(
        follow_up, covariates, columns=READ, strata=strata, cluster=cluster,
        reference=reference, missing=missing, definitions=definitions,
    )  # fmt: skip
    refuse_no_time(chosen.rows)
    is_resolved = chosen.rows["is_resolved"].to_numpy()
    if not is_resolved.any():
        raise NotEstimable("hazard ratios", "no resolution was seen")
    complete = (
        [chosen.rows]
        if not chosen.rows.select(covariates).null_count().sum_horizontal().item()
        else imputed(chosen.rows, chosen.design, strata, end="exit_days", definitions=definitions)
    )
    fits = [_fitted(rows, chosen, ties, strata) for rows in complete]
    ratios, said = _ratios(fits, chosen)
    alone = fits[0] if len(fits) == 1 else None
    of_one = [] if alone is None else _tests(alone)
    return CoxRegression(
        table=ratio_rows(
            chosen, is_resolved, ratios, model="cox", kind="hazard_ratio", definitions=definitions
        ),
        tests=tests_frame([*of_one, *wald_rows(chosen.design, ratios)]),
        definitions=definitions,
        design=chosen.design,
        covariance=ratios.covariance,
        fit=alone,
        ties=ties,
        strata=tuple(strata),
        stratum_names=strata_codes(chosen.rows, strata)[1],
        n=chosen.rows.height,
        n_resolved=int(is_resolved.sum()),
        assumptions=(*chosen.assumptions, *said, *_in_words(chosen, ties, strata, definitions)),
    )


def _fitted(rows: pl.DataFrame, chosen: Chosen, ties: str, strata: Sequence[str]) -> CoxFit:
    entry, end = (rows[name].cast(pl.Int64).to_numpy() for name in ("entry_days", "exit_days"))
    sets = risk_sets(
        chosen.design.matrix(rows), entry, end, rows["is_resolved"].to_numpy(), strata_codes(rows, strata)[0],
        ties=ties,
    )  # fmt: skip
    at_zero = pieces_at(sets, np.zeros(sets.x.shape[1]))
    refuse_unexplained(chosen.design, unexplained(at_zero.information.sum(axis=0), sets.event_cell.size))
    return fit(sets, at_zero)


def _ratios(fits: list[CoxFit], chosen: Chosen) -> tuple[Ratios, list[str]]:
    """Take the coefficients of one fit, or pool those of several."""
    child = chosen.child
    used = [found.covariance if child is None else robust_covariance(found, child) for found in fits]
    if len(fits) == 1:
        b, errors = fits[0].coefficients, np.sqrt(np.diag(fits[0].covariance))
        return Ratios(b, errors, used[0], child is not None, np.full(b.size, np.inf)), []
    found: Pooled = pooled([one.coefficients for one in fits], used)
    errors = np.sqrt(
        np.diag(pooled([one.coefficients for one in fits], [one.covariance for one in fits]).covariance)
    )
    return Ratios(
        found.coefficients, errors, found.covariance, child is not None, found.freedom
    ), found.in_words()


def _tests(found: CoxFit) -> list[dict[str, object]]:
    """Test all covariates together by the likelihood ratio and by the score."""
    score = found.at_zero.score.sum(axis=0)
    gain = 2 * (found.at_maximum.log_likelihood - found.at_zero.log_likelihood)
    statistic = score @ solved(found.at_zero.information.sum(axis=0), score)
    return [
        test_row("likelihood_ratio", "all", gain, score.size),
        test_row("score", "all", float(statistic), score.size),
    ]


def _in_words(chosen: Chosen, ties: str, strata: Sequence[str], definitions: Definitions) -> list[str]:
    said = [
        "A hazard ratio above 1 tells of sooner resolution. It is the same on every day (proportional "
        "hazards); `proportional_hazards` tests that.",
        "The end of observation has nothing to do with resolution, given the covariates.",
        "A day of resolution is the day on which it was seen, which is later than the day itself, and the "
        "later the rarer a child is seen; where covariates go with the spacing of visits, take "
        "`accelerated_failure`.",
        f"Resolutions on one day are put in order by {ties.capitalize()}'s way; limits at "
        f"{100 * definitions.confidence:g} % are Wald's on the log scale.",
    ]
    if strata:
        said.append(
            f"Each level of {', '.join(strata)} has a baseline of its own, and the ratios are common to all."
        )
    if chosen.child is not None:
        said.append(
            "The likelihood-ratio and score tests take episodes of one child for those of several; Wald's do "
            "not."
        )
    return said
