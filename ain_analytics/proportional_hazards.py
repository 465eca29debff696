"""Whether hazard ratios are the same on every day: the score test of proportional hazards."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from scipy.stats import rankdata

from ain_analytics.cox_engine import Ints, RiskSets, counted_days
from ain_analytics.cox_fit import CoxFit, solved
from ain_analytics.definitions import Definitions
from ain_analytics.errors import NotEstimable
from ain_analytics.regression_result import CoxRegression
from ain_analytics.regression_rows import test_row, tests_frame
from ain_analytics.result_html import as_html
from ain_analytics.step_curve import Floats

__all__ = ["ProportionalHazards", "proportional_hazards"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ProportionalHazards:
    """Tests of proportional hazards.

    Parameters
    ----------
    table : RegressionTests, one row per scale of time and covariate
        `test` is the scale; `all` tests every covariate together.
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.proportional_hazards(ain.cox_regression(followed, ["age_at_onset_days"]))
    >>> found.p("all") == found.p("age_at_onset_days")
    True
    """

    table: pl.DataFrame
    definitions: Definitions
    assumptions: tuple[str, ...] = ()

    def p(self, covariate: str, *, scale: str = "km") -> float | None:
        """Look up the p of a covariate, or of `all`, on a scale of time."""
        found = self.table.filter(pl.col("covariate") == covariate, pl.col("test") == scale)
        p: float | None = found["p"].item()
        return p

    def __repr__(self) -> str:
        lines = [
            f"  {row['covariate']}, {row['test']}: chi² = "
            + (f"{row['statistic']:.3f} on {row['degrees_of_freedom']} df, p = {row['p']:.3g}")
            for row in self.table.to_dicts()
        ]
        return "\n".join(["ProportionalHazards: a small p speaks against one ratio for every day", *lines])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


def proportional_hazards(found: CoxRegression) -> ProportionalHazards:
    """Test whether hazard ratios change with time [1]_.

    Parameters
    ----------
    found : CoxRegression
        With delayed entry and strata as they were.

    Returns
    -------
    ProportionalHazards
        The score test for a term that is the covariate times a scale of time: the share resolved by
        Kaplan–Meier (`km`, R's default), the rank of the day (`rank`), the day (`identity`), its
        logarithm (`log`); numbers as R's `cox.zph` gives them from survival 3.0 on. Of a category all
        levels are tested together.

    Raises
    ------
    NotEstimable
        Covariates were drawn several times, or a ratio has no end.

    Notes
    -----
    The test takes episodes of one child for those of several, as R's does. A large p does not show that the
    ratios are constant where few have resolved.

    References
    ----------
    .. [1] Grambsch and Therneau 1994, doi:10.1093/biomet/81.3.515.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> regression = ain.cox_regression(followed, ["age_at_onset_days", "sex"])
    >>> ain.proportional_hazards(regression).table.height
    12
    """
    fit = found.fit
    if fit is None:
        raise NotEstimable("proportional hazards", "covariates were drawn several times; take missing='drop'")
    if fit.is_infinite.any():
        raise NotEstimable("proportional hazards", "a ratio has no end; leave its covariate out")
    owner = found.design.owner
    parts = {c.column: np.flatnonzero(owner == i) for i, c in enumerate(found.design.covariates)}
    parts["all"] = np.arange(owner.size)
    rows = [
        test_row(scale, name, _score_test(fit, time(fit.sets), part), part.size)
        for scale, time in SCALES.items()
        for name, part in parts.items()
    ]
    return ProportionalHazards(
        tests_frame(rows),
        found.definitions,
        (
            "Score tests for a covariate times a scale of time, after Grambsch and Therneau; episodes of one "
            "child are taken for those of several.",
            "A large p does not show that ratios are constant: where few have resolved, little can be seen. "
            "A small one says that a ratio is an average over time.",
        ),
    )


def _score_test(fit: CoxFit, time: Floats, part: Ints) -> float:
    """Test terms that are the covariates times a time, one value of it per cell, beside the fitted ones."""
    at = fit.at_maximum
    events = np.bincount(fit.sets.event_cell, minlength=time.size)
    centred = time - np.average(time, weights=events)
    first, second = centred[:, None], centred[:, None, None]
    old = at.information.sum(axis=0)
    cross = (second * at.information).sum(axis=0)[:, part]
    new = (second**2 * at.information).sum(axis=0)[np.ix_(part, part)]
    score = (first * at.score).sum(axis=0)[part]
    whole = np.block([[old, cross], [cross.T, new]])
    padded = np.concatenate([np.zeros(old.shape[0]), score])
    return float(padded @ solved(whole, padded))


def _share_resolved(sets: RiskSets) -> Floats:
    """Give the share resolved before each day, by the Kaplan–Meier curve of all strata together."""
    days, at_risk, events = counted_days(sets.entry, sets.end, sets.is_event)
    unresolved = np.concatenate([[1.0], np.cumprod(1 - events / at_risk)])
    before: Floats = 1 - unresolved[np.searchsorted(days, sets.day)]
    return before


def _rank(sets: RiskSets) -> Floats:
    """Give the rank of each day among the last days of all rows, resolved or not."""
    by_cell = np.empty(sets.n_cells)
    by_cell[sets.event_cell] = rankdata(sets.end)[sets.is_event]
    return by_cell


SCALES: Mapping[str, Callable[[RiskSets], Floats]] = {
    "km": _share_resolved,
    "rank": _rank,
    "identity": lambda sets: sets.day.astype(float),
    "log": lambda sets: np.log(sets.day),
}
"""Scales of time, in the order of the table; the first is R's default."""
