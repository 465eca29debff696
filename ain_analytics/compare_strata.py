"""Whether strata resolve at the same rate: the log-rank family, stratified, with entry, and for trend."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import chi2

from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.log_rank import Weigh, chi_square, p_in_words, sums_of
from ain_analytics.row_weights import n_of
from ain_analytics.schema.comparisons import StrataTestRows
from ain_analytics.step_curve import Floats
from ain_analytics.strata import (
    ALL,
    NOT_RECORDED,
    refuse_one_stratum,
    refuse_sampling_weights,
    siblings_in_words,
    strata_of,
)

WEIGHTS = {
    "log-rank": "every day alike",
    "gehan": "by the number at risk (Gehan 1965, Breslow 1970)",
    "tarone-ware": "by the square root of the number at risk (Tarone and Ware 1977)",
    "peto-peto": "by the estimate Π (1 − d / (n + 1)) of the share unresolved (Peto and Peto 1972)",
    "fleming-harrington": "by S^ρ (1 − S)^γ, S the Kaplan–Meier share just before the day",
}
"""What each test weighs a day by."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StrataTest:
    """Test whether strata resolve at the same rate.

    Parameters
    ----------
    statistic, degrees_of_freedom, p_value
        Of any difference; the degrees of freedom are the rank of the variance matrix.
    trend_statistic, trend_p_value : float or None
        Of a trend over the strata in their order, on one degree of freedom.
    table : StrataTestRows, one row per stratum
    weights : str
        What a day is weighed by.
    by, strata : str, str or None
        Columns that are compared by, and within.
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [1, 2, 3, 4], "is_resolved": [True] * 4, "arm": ["a", "a", "b", "b"]}
    ... )
    >>> compare_strata(rows, by="arm").degrees_of_freedom
    1
    """

    statistic: float
    degrees_of_freedom: int
    p_value: float
    trend_statistic: float | None
    trend_p_value: float | None
    table: pl.DataFrame
    weights: str
    by: str
    strata: str | None
    definitions: Definitions
    assumptions: tuple[str, ...] = ()

    def __repr__(self) -> str:
        within = f", within {self.strata}" if self.strata else ""
        said = (
            f"StrataTest: {self.weights}, by {self.by}{within}: chi² = {self.statistic:.3f} on "
            f"{self.degrees_of_freedom} df, p {p_in_words(self.p_value)}"
        )
        if self.trend_statistic is None or self.trend_p_value is None:
            return said
        return f"{said}; trend: chi² = {self.trend_statistic:.3f}, p {p_in_words(self.trend_p_value)}"


def compare_strata(
    follow_up: pl.DataFrame,
    *,
    by: str,
    weights: str = "log-rank",
    rho: float = 1,
    gamma: float = 0,
    strata: str | None = None,
    trend: bool = False,
    definitions: Definitions = TEXTBOOK,
) -> StrataTest:
    """Compare strata by a weighted log-rank test [1]_ with the hypergeometric variance.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        As for `resolution_curve`; `entry_days` is heeded, and `weight` of whole numbers.
    by : name of the column that splits the episodes
    weights : {"log-rank", "gehan", "tarone-ware", "peto-peto", "fleming-harrington"}
        What a day with resolutions is weighed by.
    rho, gamma : float
        Exponents of Fleming and Harrington [2]_, 0 or more; R's `survdiff(rho = 1)` is the default.
    strata : name of a column, optional
        Episodes are compared with those of the same value only, and the sums are added up.
    trend : bool
        Whether to test, besides, for a trend [3]_ over the strata with scores 0, 1, 2 …, in the order
        of the column (of an Enum, its own order).
    definitions : Definitions
        Episodes used.

    Returns
    -------
    StrataTest

    Raises
    ------
    BadDefinition
        No such weights.
    BadFrame
        A column is missing or not of whole days, an episode has no time at risk, or `weight`
        holds sampling weights.
    EmptyStratum
        Nothing to compare: one stratum, no resolution, or never two strata at risk.

    References
    ----------
    .. [1] Klein and Moeschberger 2003, Survival Analysis, chapter 7.
    .. [2] Harrington and Fleming 1982, doi:10.1093/biomet/69.3.553.
    .. [3] Tarone 1975, doi:10.1093/biomet/62.3.679.

    Examples
    --------
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [1, 2, 3, 4], "is_resolved": [True] * 4, "arm": ["a", "a", "b", "b"]}
    ... )
    >>> compare_strata(rows, by="arm")
    StrataTest: log-rank, by arm: chi² = 2.882 on 1 df, p = 0.0896
    """
    if weights not in WEIGHTS:
        raise BadDefinition("weights", weights, f"must be one of {', '.join(WEIGHTS)}")
    for name, exponent in (("rho", rho), ("gamma", gamma)):
        if not (np.isfinite(exponent) and exponent >= 0):
            raise BadDefinition(name, exponent, "must be 0 or more")
    split = strata_of(
        follow_up,
        by=by,
        definitions=definitions,
        columns=["exit_days", "is_resolved"],
        others=[] if strata is None else [strata],
        is_weighted=True,
    )
    refuse_sampling_weights(split)
    refuse_one_stratum(split)
    groups = list(split.rows.values())
    for rows in groups:
        refuse_no_time(rows)
    if not any(rows["is_resolved"].any() for rows in groups):
        raise EmptyStratum(ALL, "no episode resolved, so there are no rates to compare")
    layers = _layers(groups, strata)
    weigh = _weigh(weights, rho, gamma)
    sums = sums_of(layers[0], weigh)
    for layer in layers[1:]:
        sums += sums_of(layer, weigh)
    found = chi_square(sums.difference, sums.variance)
    if found is None:
        raise EmptyStratum(ALL, "on no day with a resolution were two strata at risk")
    statistic, df = found
    score = np.arange(len(groups), dtype=float)
    spread = float(score @ sums.variance @ score) if trend else 0.0
    slope = float(score @ sums.difference) ** 2 / spread if spread > 0 else None
    exponents = f" (ρ = {rho:g}, γ = {gamma:g})" if weights == "fleming-harrington" else ""
    table = pl.DataFrame(
        {
            "stratum": list(split.rows),
            "n": [n_of(rows) for rows in groups],
            "n_resolved": sums.n_resolved.astype(np.int64),
            "n_expected": sums.n_expected,
            "difference": sums.difference,
        }
    )
    return StrataTest(
        statistic=statistic,
        degrees_of_freedom=df,
        p_value=float(chi2.sf(statistic, df)),
        trend_statistic=slope,
        trend_p_value=None if slope is None else float(chi2.sf(slope, 1)),
        table=StrataTestRows.validate(table, cast=True),
        weights=f"{weights}{exponents}",
        by=by,
        strata=strata,
        definitions=definitions,
        assumptions=(
            *split.assumptions,
            "The end of observation has nothing to do with resolution (independent censoring).",
            *siblings_in_words(split.rows),
            f"Days are weighed {WEIGHTS[weights]}{exponents}; hypergeometric variance.",
            *([f"Episodes are compared within {strata} only."] if strata else []),
            *([f"Trend over {', '.join(split.rows)}, at equal distances."] if trend else []),
        ),
    )


def _layers(groups: list[pl.DataFrame], strata: str | None) -> list[list[pl.DataFrame]]:
    """Split every group by the column within which is compared; leave out layers without a resolution."""
    if strata is None:
        return [groups]
    layer = pl.col(strata).cast(pl.String).fill_null(NOT_RECORDED)
    events = pl.concat([rows.filter("is_resolved").select(layer.alias("layer")) for rows in groups])
    names = events["layer"].unique().sort()
    return [[rows.filter(layer == name) for rows in groups] for name in names]


def _weigh(weights: str, rho: float, gamma: float) -> Weigh:
    def of_share(n: Floats, d: Floats) -> Floats:
        before = np.append(1.0, np.cumprod((n - d) / n))[:-1]
        weight: Floats = before**rho * (1 - before) ** gamma
        return weight

    known: dict[str, Weigh] = {
        "log-rank": lambda n, _: np.ones_like(n),
        "gehan": lambda n, _: n,
        "tarone-ware": lambda n, _: np.sqrt(n),
        "peto-peto": lambda n, d: np.cumprod(1 - d / (n + 1), dtype=float),
        "fleming-harrington": of_share,
    }
    return known[weights]
