"""Whether children resolve as a reference curve says: the one-sample log-rank test."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import chi2, poisson

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.log_rank import p_in_words
from ain_analytics.rates import exact_rate
from ain_analytics.row_weights import n_of, weights_of
from ain_analytics.schema.comparisons import OneSampleRows
from ain_analytics.step_curve import Floats
from ain_analytics.strata import refuse_sampling_weights, siblings_in_words, strata_of

Hazard = Callable[[Floats], Floats]
"""Cumulative hazard of resolution by days since the origin: minus the logarithm of the share unresolved."""
CLOSE = 1e-7
"""Probabilities nearer than this share of themselves are equal, as in R's `poisson.test`."""
FAR = 50
"""Standard deviations beyond which nothing is expected."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class OneSampleTest:
    """Resolutions seen, held against those that a reference curve expects.

    Parameters
    ----------
    table : OneSampleRows, one row per stratum
    by : str or None
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [10, 20, 30], "is_resolved": [True, True, False]})
    >>> one_sample_log_rank(rows, lambda days: days / 30).table["n_expected"].to_list()
    [2.0]
    """

    table: pl.DataFrame
    by: str | None
    definitions: Definitions
    assumptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        lines = [
            f"  {row['stratum']}: {row['n_resolved']} resolved, {row['n_expected']:.1f} expected, "
            f"ratio {row['ratio']:.2f} ({row['lower']:.2f} to {row['upper']:.2f}), p {p_in_words(row['p'])}"
            for row in self.table.iter_rows(named=True)
        ]
        return "\n".join(["OneSampleTest: log-rank against a reference curve", *lines])


def one_sample_log_rank(
    follow_up: pl.DataFrame,
    reference: Hazard | ResolutionCurve,
    *,
    by: str | None = None,
    definitions: Definitions = TEXTBOOK,
) -> OneSampleTest:
    """Hold resolutions against those expected under a reference curve [1]_ [2]_.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        As for `resolution_curve`; `entry_days` is heeded, and `weight` of whole numbers.
    reference : function of an array of days, or ResolutionCurve of one stratum
        A function gives the cumulative hazard; of a curve it is minus the logarithm of its share.
    by : name of a column that splits the episodes, optional
    definitions : Definitions
        Confidence, episodes used.

    Returns
    -------
    OneSampleTest
        Expected is the sum of the hazards between entry and exit; the statistic is
        (seen − expected)² / expected; limits of the ratio are exact by the Poisson law, with the
        reference taken as known.

    Raises
    ------
    BadDefinition
        The reference falls, is not finite, or does not reach over all of follow-up.
    BadFrame
        As for `resolution_curve`, or `weight` holds sampling weights.
    EmptyStratum
        Nothing is expected in a stratum.

    References
    ----------
    .. [1] Breslow 1975, doi:10.2307/1402659.
    .. [2] Finkelstein, Muzikansky and Schoenfeld 2003, doi:10.1093/jnci/djg052.

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [10, 20, 30], "is_resolved": [True, True, False]})
    >>> print(one_sample_log_rank(rows, lambda days: days / 30))
    OneSampleTest: log-rank against a reference curve
      all: 2 resolved, 2.0 expected, ratio 1.00 (0.12 to 3.61), p = 1.0000
    """
    split = strata_of(
        follow_up, by=by, definitions=definitions, columns=["exit_days", "is_resolved"], is_weighted=True
    )
    refuse_sampling_weights(split)
    hazard = _hazard_of(reference) if isinstance(reference, ResolutionCurve) else reference
    table = [
        {"stratum": name, "n": n_of(rows)} | _row(name, rows, hazard, definitions)
        for name, rows in split.rows.items()
    ]
    return OneSampleTest(
        table=OneSampleRows.validate(pl.DataFrame(table), cast=True),
        by=by,
        definitions=definitions,
        assumptions=(
            *split.assumptions,
            "The end of observation has nothing to do with resolution (independent censoring).",
            *siblings_in_words(split.rows),
            "The reference is taken as known without error; limits of the ratio are exact (Poisson).",
        ),
    )


def _row(name: str, rows: pl.DataFrame, hazard: Hazard, definitions: Definitions) -> dict[str, object]:
    refuse_no_time(rows)
    weight = weights_of(rows)
    entry, exit_ = (rows[column].cast(pl.Float64).to_numpy() for column in ("entry_days", "exit_days"))
    each = np.asarray(hazard(exit_), dtype=float) - np.asarray(hazard(entry), dtype=float)
    n_bad = n_of(rows.filter(~(np.isfinite(each) & (each >= 0))))
    if n_bad:
        raise BadDefinition(
            "reference",
            "a curve",
            f"must be known, rising and finite from entry to exit; for {n_bad} it is not",
        )
    expected = float(weight @ each)
    if not expected > 0:
        raise EmptyStratum(name, "the reference expects no resolution during its follow-up")
    seen = round(float(weight @ rows["is_resolved"].cast(pl.Float64).to_numpy()))
    ratio = exact_rate(seen, expected, definitions.confidence)
    statistic = (seen - expected) ** 2 / expected
    return {
        "n_resolved": seen,
        "n_expected": expected,
        "ratio": ratio.value,
        "lower": ratio.lower,
        "upper": ratio.upper,
        "statistic": statistic,
        "p": float(chi2.sf(statistic, 1)),
        "exact_p": exact_p(seen, expected),
    }


def exact_p(seen: int, expected: float) -> float:
    """Add up the probabilities of all counts that are no more likely than the one seen."""
    largest = max(seen, expected)
    chances = poisson.pmf(np.arange(int(largest + FAR * np.sqrt(largest)) + FAR), expected)
    return min(1.0, float(chances[chances <= chances[seen] * (1 + CLOSE)].sum()))


def _hazard_of(curve: ResolutionCurve) -> Hazard:
    if len(curve.strata) != 1:
        raise BadDefinition("reference", "a curve", "must have one stratum")
    days, shares = (curve.steps[name].cast(pl.Float64).to_numpy() for name in ("days", "unresolved"))

    def hazard(at: Floats) -> Floats:
        place = np.searchsorted(days, at, side="right") - 1
        with np.errstate(divide="ignore"):
            values = -np.log(shares[np.maximum(place, 0)])
        return np.where((place < 0) | (at > days[-1]), np.nan, values)

    return hazard
