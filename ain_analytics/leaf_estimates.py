"""Median and share unresolved of a few thousand groups of episodes, each distinct group estimated once.

Rows are whole days, so equal episodes are counted; an estimate needs the counts only. Each answer is the one
that `resolution_curve` or `interval_curve` gives of the same episodes, to the last digit.
"""

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.bootstrap import curve_of, distinct, earliest_of, last_day_of
from ain_analytics.curve_result import finite
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.kaplan_meier import kaplan_meier, refuse_no_time
from ain_analytics.npmle import Npmle, npmle
from ain_analytics.row_weights import WEIGHT
from ain_analytics.step_curve import QUARTILES, StepCurve
from ain_analytics.strata import interval_days, refuse_empty_intervals
from ain_analytics.turnbull_cells import Observations

READ = {
    "kaplan_meier": ("entry_days", "exit_days", "is_resolved"),
    "npmle": ("entry_days", "lower_days", "upper_days"),
    "npmle_earliest": ("entry_days", "lower_days", "upper_days"),
}
"""Columns that each estimate reads."""
NOT_REACHED, BEYOND, NOBODY = "not_reached", "beyond_follow_up", "nobody_followed"
Answer = dict[str, Any]
"""`n`, `n_resolved`, `median` (days), `unresolved` (share), `note`."""


@dataclass(slots=True, eq=False)
class Estimates:
    """Estimates of groups of episodes, remembered by what the groups hold.

    Parameters
    ----------
    at_months : int
        When the share unresolved is read, months since the origin.
    """

    at_months: int
    _answers: dict[tuple[str, bytes], Answer] = field(default_factory=dict)
    _fits: dict[bytes, tuple[Npmle, float, int]] = field(default_factory=dict)
    n_fitted: int = 0

    def of(self, rows: pl.DataFrame, estimate: str) -> Answer:
        """Answer for one group of usable episodes.

        Parameters
        ----------
        rows : one row per episode
            Columns of `READ`; who has no day of entry is at risk from day zero.
        estimate : {"npmle", "npmle_earliest", "kaplan_meier"}
            The interval estimate with the latest or the earliest reading of its cells, or Kaplan–Meier's.
        """
        if rows.is_empty():
            return {"n": 0, "n_resolved": 0, "median": None, "unresolved": None, "note": NOBODY}
        columns = list(READ[estimate])
        counted = (
            rows.select(pl.col("entry_days").fill_null(0), *columns[1:])
            .group_by(columns)
            .agg(pl.len().cast(pl.Int64).alias(WEIGHT))
            .sort(columns, nulls_last=True)
        )
        content = _content(counted)
        if (estimate, content) not in self._answers:
            made = self._by_days(counted) if estimate == "kaplan_meier" else None
            self._answers[estimate, content] = made or self._by_intervals(counted, content, estimate)
        return self._answers[estimate, content]

    def _by_days(self, counted: pl.DataFrame) -> Answer:
        refuse_no_time(counted)
        self.n_fitted += 1
        fit = kaplan_meier(counted)
        n_resolved = int(fit.n_resolved.sum())
        return self._read(fit.curve, int(n_resolved + fit.n_censored.sum()), n_resolved)

    def _by_intervals(self, counted: pl.DataFrame, content: bytes, estimate: str) -> Answer:
        if content not in self._fits:
            refuse_empty_intervals(counted)
            entry, lower, upper = interval_days(counted)
            weight: NDArray[np.float64] = counted[WEIGHT].cast(pl.Float64).to_numpy()
            observed = Observations(lower, upper, entry, weight)
            fit = npmle(distinct(observed, weight))
            is_counted = np.isfinite(upper) & (lower >= fit.start)
            self._fits[content] = fit, last_day_of(observed), int(weight[is_counted].sum())
            self.n_fitted += 1
        fit, last_day, n_resolved = self._fits[content]
        made = curve_of(fit, last_day) if estimate == "npmle" else earliest_of(fit, last_day)
        return self._read(made, round(fit.n), n_resolved)

    def _read(self, curve: StepCurve, n: int, n_resolved: int) -> Answer:
        """Read a curve as its summary does: nothing beyond follow-up, and no median that is not reached."""
        day = self.at_months * DAYS_PER_MONTH
        median, is_beyond = curve.quantile(QUARTILES["median"]), curve.is_beyond(day)
        notes = [
            *([NOT_REACHED] if np.isinf(median) else []),
            *([BEYOND] if is_beyond else []),
            *([f"conditional_on_day_{curve.start:.0f}"] if curve.start > 0 else []),
        ]
        return {
            "n": n,
            "n_resolved": n_resolved,
            "median": finite(median),
            "unresolved": None if is_beyond else float(curve.value(day)),
            "note": "; ".join(notes) or None,
        }


def _content(counted: pl.DataFrame) -> bytes:
    """Give a short name to what a frame of counts holds."""
    named = blake2b()
    for column in counted.iter_columns():
        named.update(column.cast(pl.Int64).fill_null(-1).to_numpy().tobytes())
    return named.digest()
