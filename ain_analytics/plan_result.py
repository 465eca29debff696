"""What a planned study may expect, as a result that shows itself."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.errors import NotEstimable
from ain_analytics.result_html import as_html
from ain_analytics.schema.planning import MEDIAN, SHARE_AT_24

RULE_IN_WORDS = {
    "last_run": "last run (textbook)",
    "strict": "two normal counts only",
    "one_normal": "one normal count",
}
ESTIMATOR_IN_WORDS = {"interval": "intervals", "kaplan_meier": "Kaplan–Meier"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Plan:
    """Expected bias, width and coverage of a planned study.

    Parameters
    ----------
    table : PlanRows, one row per rule, estimator, number of children and quantity
        Of the scenario that was asked; days and shares.
    sizes : PlanRows
        The same for every number of children that is known, from which the reverse question is answered.
    spacing : PlanRows
        The same for the first number of children and every spacing of visits of the grid, all else held;
        empty where the scenario was simulated itself.
    scenario : mapping of name to value
        How the children are seen.
    is_refined : bool
        Whether the scenario was simulated itself, instead of read from the grid.
    definitions : Definitions
        The textbook definition; the two other rules change what ends an episode.
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.plan(n=[100])
    >>> found.children_for(width_months=6) > 50
    True
    """

    table: pl.DataFrame
    sizes: pl.DataFrame
    spacing: pl.DataFrame
    scenario: Mapping[str, float]
    is_refined: bool
    definitions: Definitions
    assumptions: tuple[str, ...]

    def row(
        self, n: int, quantity: str = MEDIAN, *, rule: str = "last_run", estimator: str = "interval"
    ) -> dict[str, float | None]:
        """Look up a row of the table."""
        return self.table.filter(n=n, quantity=quantity, rule=rule, estimator=estimator).row(0, named=True)

    def children_for(
        self,
        *,
        width_months: float | None = None,
        width_share: float | None = None,
        rule: str = "last_run",
        estimator: str = "interval",
    ) -> int:
        """Find how many children give limits at 95 % of a wanted width.

        Parameters
        ----------
        width_months : float, optional
            Of the median, from the lower limit to the upper one.
        width_share : float, optional
            Of the share unresolved at 24 months, instead.
        rule, estimator : str

        Returns
        -------
        int
            Fewest children, between those of the grid; widths between them follow a power of the number.

        Raises
        ------
        NotEstimable
            Fewer children than the fewest known would do, or more than the most would be needed.
        """
        if (width_months is None) == (width_share is None):
            raise NotEstimable("a number of children", "give a width of the median or of the share")
        wanted = width_share if width_months is None else width_months * DAYS_PER_MONTH
        quantity = MEDIAN if width_share is None else SHARE_AT_24
        known = (
            self.sizes.filter(quantity=quantity, rule=rule, estimator=estimator).drop_nulls("width").sort("n")
        )
        if known.is_empty():
            raise NotEstimable("a number of children", f"no width is known for rule {rule}, {estimator}")
        n = known["n"].to_numpy().astype(float)
        width = np.minimum.accumulate(known["width"].to_numpy())
        scale, unit = (1.0, "") if quantity == SHARE_AT_24 else (DAYS_PER_MONTH, " months")
        if not wanted or wanted < width[-1]:
            why = f"with {n[-1]:.0f}, the most known, the width is {width[-1] / scale:.3g}{unit}"
            raise NotEstimable("a number of children", why)
        if wanted > width[0]:
            why = f"with {n[0]:.0f}, the fewest known, the width is already {width[0] / scale:.3g}{unit}"
            raise NotEstimable("a number of children", why)
        needed = np.interp(-np.log(wanted), -np.log(width), np.log(n))
        return int(np.ceil(np.exp(needed) - ALMOST))

    def in_words(self, **shown: str) -> list[str]:
        """Say the table in lines, in months and percents; of one rule or estimator where it is named."""
        lines = []
        asked = self.table.filter(**shown) if shown else self.table
        for (n, rule, estimator), rows in asked.group_by("n", "rule", "estimator", maintain_order=True):
            of = {row["quantity"]: row for row in rows.iter_rows(named=True)}
            median, share = of[MEDIAN], of[SHARE_AT_24]
            lines.append(
                f"{n:>5} children, {RULE_IN_WORDS[str(rule)]:<22} {ESTIMATOR_IN_WORDS[str(estimator)]:<13} "
                f"median: bias {_said(median['bias'], DAYS_PER_MONTH, '+.1f')} "
                f"± {_said(median['bias_error'], DAYS_PER_MONTH, '.1f')}, width "
                f"{_width(median['width'], DAYS_PER_MONTH, ' months')}, "
                f"holds the truth in {_said(median['coverage'], 0.01, '.0f')} %; "
                f"at 24 months: bias {_said(share['bias'], 0.01, '+.1f')}, width "
                f"{_width(share['width'], 0.01, ' points')}"
            )
        return lines

    def __repr__(self) -> str:
        how = "simulated" if self.is_refined else "from the grid"
        said = ", ".join(f"{name} {value:g}" for name, value in self.scenario.items())
        return "\n".join([f"Plan ({how}): {said}", *(f"  {line}" for line in self.in_words())])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


ALMOST = 1e-6
"""A number of children so little above a whole one is whole."""


def _said(value: float | None, unit: float, form: str) -> str:
    return "?" if value is None else format(value / unit, form)


def _width(value: float | None, unit: float, name: str) -> str:
    return "without end" if value is None else f"{value / unit:.1f}{name}"
