"""The results of regressions: their tables, what they predict, and what they rest on."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ain_analytics.covariates import Design, stratum_names
from ain_analytics.cox_fit import CoxFit, curve_at
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadFrame, NotEstimable
from ain_analytics.result_html import as_html
from ain_analytics.schema.regression import PredictedSteps
from ain_analytics.small_cells import hide_small_cells
from ain_analytics.step_curve import Floats, limits_of

CLOSE_TO_1 = 0.1
"""Ratios so near to 1 are printed with one more digit."""
HIDDEN_TOO = ("value", "lower", "upper", "coefficient", "standard_error", "robust_error", "p")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CoxRegression:
    """Hazard ratios of resolution; above 1, resolution comes sooner.

    Parameters
    ----------
    table : RegressionRows, one row per covariate and level
    tests : RegressionTests, one row per test and covariate
    definitions : Definitions
        The choices under which it was made.
    design : Design
        The covariates, with their reference levels.
    covariance : array, coefficients by coefficients
        The one that limits rest on.
    fit : CoxFit or None
        None where covariates were drawn several times.
    ties : {"efron", "breslow"}
    strata : tuple of str
        Columns whose levels each have a baseline of their own.
    stratum_names : tuple of str
    n, n_resolved : int
        Episodes.
    assumptions : tuple of str
        What was set aside, and what the estimate takes for granted.

    Examples
    --------
    >>> from ain_analytics.cox import cox_regression
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [5, 8, 12, 20], "is_resolved": [True] * 4, "age": [3, 1, 2, 1]}
    ... )
    >>> round(cox_regression(rows, ["age"]).ratio("age")[0], 3)
    4.236
    """

    table: pl.DataFrame
    tests: pl.DataFrame
    definitions: Definitions
    design: Design
    covariance: Floats
    fit: CoxFit | None
    ties: str
    strata: tuple[str, ...]
    stratum_names: tuple[str, ...]
    n: int
    n_resolved: int
    assumptions: tuple[str, ...] = ()

    @property
    def coefficients(self) -> Floats:
        """Logarithm of each ratio, in the order of `design.terms`."""
        return coefficients_of(self.table)

    def ratio(
        self, covariate: str, level: str | None = None
    ) -> tuple[float | None, float | None, float | None]:
        """Look up a hazard ratio, its lower and upper limit; of a category the first level that has one."""
        return ratio_of(self.table, covariate, level)

    def predict(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Predict the share not yet resolved for rows of covariates, as steps.

        Parameters
        ----------
        rows : one row per prediction
            Holds every covariate, and the columns of the strata.

        Returns
        -------
        polars.DataFrame
            `PredictedSteps`: a step on each day on which somebody of the stratum resolved, as R's
            `survfit.coxph` gives them; limits on the log scale, which hold for the covariates' effects too,
            but not for their choice. None where a coefficient has no end.

        Raises
        ------
        NotEstimable
            Covariates were drawn several times, so that there is no one baseline.
        BadFrame
            A covariate is missing, or a level or stratum was not seen.
        """
        fit = self.fit
        if fit is None:
            raise NotEstimable("a curve", "covariates were drawn several times; take missing='drop'")
        x = self.design.matrix(rows)
        names = stratum_names(rows, self.strata).to_list()
        if unseen := len([name for name in names if name not in self.stratum_names]):
            raise BadFrame("FollowUp", f"{unseen} rows are of a stratum that the regression has not seen")
        used = replace(fit, covariance=self.covariance)
        steps = []
        for row, name in enumerate(names):
            days, hazard, variance = curve_at(used, x[row], self.stratum_names.index(name))
            unresolved = np.exp(-hazard)
            lower, upper = limits_of(
                unresolved, variance, scale="log", confidence=self.definitions.confidence
            )
            columns = {"days": days, "unresolved": unresolved, "lower": lower, "upper": upper}
            steps.append(
                pl.DataFrame(columns, nan_to_null=True).with_columns(
                    row=pl.lit(row), stratum=pl.lit(name), days=pl.col("days").cast(pl.Float64)
                )
            )
        empty = PredictedSteps.create_empty()
        frame = pl.concat(steps).select(PredictedSteps.column_names()) if steps else empty
        return PredictedSteps.validate(frame, cast=True)

    def shared(self) -> "CoxRegression":
        """Hide what rests on fewer than `definitions.minimum_cell` episodes, and what would give it back."""
        table, said = without_few(self.table, self.assumptions, self.definitions)
        return replace(self, table=table, assumptions=said, fit=None)

    def __repr__(self) -> str:
        by = f", strata by {', '.join(self.strata)}" if self.strata else ""
        head = (
            f"CoxRegression: {self.n_resolved} of {self.n} episodes resolved, ties by {self.ties}{by}, "
            f"definition {self.definitions.name!r}"
        )
        return "\n".join([head, *(f"  {line}" for line in in_words(self.table))])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


def coefficients_of(table: pl.DataFrame) -> Floats:
    """Give the coefficients of a table of ratios, in order; not a number where there is none."""
    kept = table.filter(~pl.col("is_reference"))["coefficient"]
    return kept.fill_null(np.nan).to_numpy()


def ratio_of(
    table: pl.DataFrame, covariate: str, level: str | None
) -> tuple[float | None, float | None, float | None]:
    """Look up a ratio with its limits."""
    chosen = table.filter(pl.col("covariate") == covariate, ~pl.col("is_reference"))
    if level is not None:
        chosen = chosen.filter(pl.col("level") == level)
    if chosen.is_empty():
        raise BadFrame("table of ratios", "it has not that covariate and level")
    value, lower, upper = chosen.select("value", "lower", "upper").row(0)
    return value, lower, upper


def without_few(
    table: pl.DataFrame, assumptions: tuple[str, ...], definitions: Definitions
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Hide small counts of levels, the counts that would tell them, and the ratios that rest on either."""
    few = definitions.minimum_cell
    counted = table.with_columns(n_open=pl.col("n") - pl.col("n_resolved"))
    parts = [
        hide_small_cells(part, counts=["n_resolved", "n_open"], total="n", minimum_cell=few)
        for part in counted.partition_by("covariate", maintain_order=True)
    ]
    hidden = pl.concat(parts)
    is_hidden = pl.col("n_resolved_is_hidden") | pl.col("n_open_is_hidden") | pl.col("n_is_hidden")
    kept = [
        pl.when(~is_hidden | pl.col("is_reference")).then(pl.col(name)).alias(name) for name in HIDDEN_TOO
    ]
    said = tuple(line for line in assumptions if not any(letter.isdigit() for letter in line))
    told = f"Numbers of levels with fewer than {few} episodes, or that would tell such a number, are hidden."
    return hidden.with_columns(kept).select(table.columns), (*said, told)


def in_words(table: pl.DataFrame) -> list[str]:
    """Say every ratio in a line."""
    return [_row_in_words(row) for row in table.to_dicts()]


def _row_in_words(row: dict[str, object]) -> str:
    name = str(row["covariate"]) + (f" {row['level']}" if row["level"] else "")
    n = "" if row["n"] is None else f" (n = {row['n']})"
    if row["is_reference"]:
        return f"{name}: reference{n}"
    if row["value"] is None:
        return f"{name}: {row['note'] or 'hidden'}{n}"
    kind = str(row["kind"]).replace("_", " ")
    lower, upper = ("∞" if row[end] is None else _number(row[end]) for end in ("lower", "upper"))
    return f"{name}: {kind} {_number(row['value'])} ({lower} to {upper}), p = {row['p']:.3g}{n}"


def _number(x: Any) -> str:
    """Print a ratio so that one near to 1 can be told from it."""
    return f"{x:.4g}" if abs(x - 1) < CLOSE_TO_1 else f"{x:.3g}"
