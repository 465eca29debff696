"""Which rows a regression uses, and what it makes of them: shared by all its models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import chi2, t

from ain_analytics.covariates import MISSING, Design, design_of, known_rows
from ain_analytics.cox_engine import Flags, Ints
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition, BadFrame, EmptyStratum, NotEstimable
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.regression import RegressionRows, RegressionTests
from ain_analytics.step_curve import Floats
from ain_analytics.strata import ALL, future_in_words, strata_of

CHILD = "patient_id"
TO_ZERO = (
    "No finite ratio: the fewer it says resolve, the better it fits; no episode speaks against a ratio of 0."
)
TO_INFINITY = "No finite ratio: the more it says resolve, the better it fits; no episode speaks against it."
NOT_TOLD = "Not told: beside a ratio without end nothing is left to tell this one."


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Rows of a regression, in order of the frame, and what is to be said of them.

    Parameters
    ----------
    rows : one row per episode
    design : Design
    child : array or None
        Number of the child of each row, where the covariance is by children.
    assumptions : tuple of str
    """

    rows: pl.DataFrame
    design: Design
    child: Ints | None
    assumptions: tuple[str, ...]


def chosen_rows(
    follow_up: pl.DataFrame, covariates: Sequence[str], *, columns: Sequence[str], strata: Sequence[str],
    cluster: str | None, reference: Mapping[str, str] | None, missing: str, definitions: Definitions,
) -> Chosen:  # fmt: skip
    """Choose the rows of a regression and find out what its covariates are.

    Raises
    ------
    BadDefinition
        `missing` is none of those.
    BadFrame
        A column is missing or of the wrong type, or an episode has no time at risk.
    MissingCovariate
        A covariate is unknown in some rows, and nobody said what to do.
    NotEstimable
        A covariate does not vary.
    EmptyStratum
        No episode is left.
    """
    if missing not in MISSING:
        raise BadDefinition("missing", missing, f"must be one of {', '.join(MISSING)}")
    if twice := sorted(set(covariates) & {*strata, *columns, "entry_days", CHILD}):
        raise BadFrame("FollowUp", f"{', '.join(twice)} cannot be a covariate beside what else it is")
    others = list(dict.fromkeys([*covariates, *strata, *([cluster] if cluster is not None else [])]))
    found = strata_of(follow_up, by=None, definitions=definitions, columns=columns, others=others)
    rows, said = known_rows(found.rows[ALL], covariates, missing=missing)
    if rows.is_empty():
        raise EmptyStratum(ALL, "no usable episode is left")
    design = design_of(rows, covariates, reference=reference)
    child, of_children = _children(rows, cluster)
    warned = [line for name in (*covariates, *strata) for line in future_in_words(name)]
    return Chosen(rows, design, child, (*found.assumptions, *said, *warned, *design.in_words(), *of_children))


def _children(rows: pl.DataFrame, cluster: str | None) -> tuple[Ints | None, list[str]]:
    """Give the number of each row's child, where rows belong together."""
    column = cluster or (CHILD if CHILD in rows.columns and rows[CHILD].is_duplicated().any() else None)
    if column is None:
        return None, ["One episode of each child: errors are those of the model."]
    if rows[column].null_count():
        raise BadFrame("FollowUp", f"{column} is null in {rows[column].null_count()} rows")
    number = rows[column].rank("dense").cast(pl.Int64).to_numpy() - 1
    n = int(number.max()) + 1
    return number, [
        f"Robust errors: the scores of {rows.height} episodes are summed by {column} ({n} of them), so "
        "episodes of one child are not taken for those of several (Lin and Wei 1989, "
        "doi:10.1080/01621459.1989.10478874). With few children such errors are too small."
    ]


@dataclass(frozen=True, slots=True, eq=False)
class Ratios:
    """Coefficients with their covariance, by the model and, where it is by children, robust.

    Parameters
    ----------
    coefficients, errors : arrays, one value per term
    covariance : array, terms by terms
        The one that limits and tests rest on.
    is_robust : bool
    freedom : array, one value per term
        Degrees of freedom of the limits; infinite but for imputed covariates.
    """

    coefficients: Floats
    errors: Floats
    covariance: Floats
    is_robust: bool
    freedom: Floats


def ratio_rows(
    chosen: Chosen, is_resolved: Flags, found: Ratios, *, model: str, kind: str, definitions: Definitions
) -> pl.DataFrame:
    """Make the table of ratios: a row per level and number, reference levels included."""
    used = np.sqrt(np.maximum(np.diag(found.covariance), 0))
    margin = t.ppf((1 + definitions.confidence) / 2, found.freedom) * used
    p = 2 * t.sf(np.abs(found.coefficients) / used, found.freedom)
    of_term = {
        term: _told(b, se, used[i] if found.is_robust else None, margin[i], p[i])
        for i, (term, b, se) in enumerate(
            zip(chosen.design.terms, found.coefficients, found.errors, strict=True)
        )
    }
    rows: list[dict[str, object]] = []
    for covariate in chosen.design.covariates:
        for level in covariate.levels or ("",):
            is_reference = bool(covariate.levels) and level == covariate.levels[0]
            here = (
                (chosen.rows[covariate.column].cast(pl.String) == level).fill_null(value=False).to_numpy()
                if covariate.levels
                else np.ones(is_resolved.size, dtype=bool)
            )
            said = {"value": 1.0} if is_reference else of_term[covariate.column, level]
            rows.append(
                {
                    "definition": definitions.name, "model": model, "covariate": covariate.column,
                    "level": level, "is_reference": is_reference, "kind": kind,
                    "n": int(here.sum()), "n_resolved": int((here & is_resolved).sum()),
                } | said
            )  # fmt: skip
    return frame_of(RegressionRows, rows)


def _told(b: float, error: float, robust: float | None, margin: float, p: float) -> dict[str, object]:
    if np.isnan(b):
        return {"note": NOT_TOLD}
    if not np.isfinite(b):
        return {"note": TO_ZERO if b < 0 else TO_INFINITY}
    if not np.isfinite(error) or not np.isfinite(margin):
        return {"note": NOT_TOLD}
    with np.errstate(over="ignore"):
        value, lower, upper = (float(np.exp(b + sign * margin)) for sign in (0, -1, 1))
    return {
        "value": value, "lower": lower, "upper": upper if np.isfinite(upper) else None,
        "coefficient": float(b), "standard_error": float(error), "robust_error": robust, "p": float(p),
    }  # fmt: skip


def wald_rows(design: Design, found: Ratios) -> list[dict[str, object]]:
    """Test every covariate with all its levels, and all together, by Wald's way."""
    parts = [
        ("all", np.arange(len(design.terms))),
        *((c.column, np.flatnonzero(design.owner == i)) for i, c in enumerate(design.covariates)),
    ]
    return [
        test_row(
            "wald", name, _wald(found.coefficients[part], found.covariance[np.ix_(part, part)]), part.size
        )
        for name, part in parts
    ]


def _wald(b: Floats, covariance: Floats) -> float:
    if not (np.isfinite(b).all() and np.isfinite(covariance).all()):
        return np.nan
    return float(b @ np.linalg.solve(covariance, b))


def test_row(test: str, covariate: str, statistic: float, freedom: int) -> dict[str, object]:
    """Make one row of the tests."""
    is_known = np.isfinite(statistic)
    return {
        "test": test, "covariate": covariate, "statistic": float(statistic) if is_known else None,
        "degrees_of_freedom": freedom, "p": float(chi2.sf(statistic, freedom)) if is_known else None,
    }  # fmt: skip


def tests_frame(rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Make the checked table of tests."""
    return frame_of(RegressionTests, rows)


def refuse_unexplained(design: Design, tells: Flags) -> None:
    """Refuse terms that do not vary among those at risk together, or that others explain.

    Raises
    ------
    NotEstimable
        Names their columns.
    """
    names = dict.fromkeys(design.terms[i][0] for i in np.flatnonzero(~tells))
    if names:
        raise NotEstimable(
            ", ".join(names),
            "among those at risk together the covariate, or a level of it, does not vary beyond the "
            "covariates named before it",
        )
