"""The result of an accelerated failure time model: time ratios, and the curve they stretch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ain_analytics.aft_distributions import LAWS
from ain_analytics.aft_likelihood import CENTRAL, STEP, split
from ain_analytics.covariates import Design
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.regression_result import coefficients_of, in_words, ratio_of, without_few
from ain_analytics.result_html import as_html
from ain_analytics.schema.regression import PredictedQuantiles, PredictedSteps
from ain_analytics.step_curve import QUARTILES, Floats, normal_quantile
from ain_analytics.strata import ALL


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class AcceleratedFailure:
    """Time ratios; above 1, resolution comes later by this factor.

    Parameters
    ----------
    table : RegressionRows, one row per covariate and level
    parameters : RegressionParameters, one row per parameter that is no ratio
    tests : RegressionTests, one row per test and covariate
    definitions : Definitions
        The choices under which it was made.
    design : Design
        The covariates, with their reference levels.
    distribution : str
        Law of the time of an episode with given covariates.
    theta : array
        Intercept, coefficients, logarithm of the scale and shape where the law has them.
    covariance : array, of `theta`
        The one that limits rest on.
    log_likelihood, akaike : float
        Of two laws for the same episodes, the one with the lower Akaike criterion fits better.
    n, n_resolved : int
        Episodes.
    last_day : float
        Last day on which anybody was followed; what is predicted beyond it rests on the law alone.
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.accelerated_failure(followed, ["sex"])
    >>> found.quantiles(pl.DataFrame({"sex": ["male"]}))["share"].to_list()
    [0.25, 0.5, 0.75]
    """

    table: pl.DataFrame
    parameters: pl.DataFrame
    tests: pl.DataFrame
    definitions: Definitions
    design: Design
    distribution: str
    theta: Floats
    covariance: Floats
    log_likelihood: float
    akaike: float
    n: int
    n_resolved: int
    last_day: float
    assumptions: tuple[str, ...] = ()

    @property
    def coefficients(self) -> Floats:
        """Logarithm of each time ratio, in the order of `design.terms`."""
        return coefficients_of(self.table)

    def ratio(
        self, covariate: str, level: str | None = None
    ) -> tuple[float | None, float | None, float | None]:
        """Look up a time ratio, its lower and upper limit; of a category the first level that has one."""
        return ratio_of(self.table, covariate, level)

    def predict(
        self, rows: pl.DataFrame | None = None, *, days: Sequence[float] | None = None
    ) -> pl.DataFrame:
        """Predict the share not yet resolved.

        Parameters
        ----------
        rows : one row per prediction, optional
            Holds every covariate; not needed where there is none.
        days : days since the origin, optional
            By default every day up to the last one of follow-up.

        Returns
        -------
        polars.DataFrame
            `PredictedSteps`; the curve is smooth and read on these days. Limits by the delta method on the
            log(−log) scale.

        Raises
        ------
        BadFrame
            A covariate is missing, or a level was not seen.
        BadDefinition
            A day is not after the origin.
        """
        asked = np.arange(1, self.last_day + 1) if days is None else np.array(sorted(days), dtype=float)
        if not (np.isfinite(asked) & (asked > 0)).all():
            raise BadDefinition("days", "one of them", "must be finite and after the origin")
        law = LAWS[self.distribution]

        def height(x: Floats) -> Callable[[Floats], Floats]:
            def of(theta: Floats) -> Floats:
                b, log_scale, shape = split(law, theta)
                found: Floats = np.log(
                    -law.log_unresolved((np.log(asked) - x @ b) / np.exp(log_scale), shape)
                )
                return found

            return of

        parts = []
        for row, x in enumerate(self._terms(rows)):
            value, margin = self._told(height(x))
            shares = [np.exp(-np.exp(value + sign * margin)) for sign in (0, 1, -1)]
            columns = dict(zip(("unresolved", "lower", "upper"), shares, strict=True))
            parts.append(
                pl.DataFrame({"days": asked} | columns).with_columns(row=pl.lit(row), stratum=pl.lit(ALL))
            )
        return _checked(parts, PredictedSteps)

    def quantiles(
        self, rows: pl.DataFrame | None = None, *, shares: Sequence[float] = tuple(QUARTILES.values())
    ) -> pl.DataFrame:
        """Predict the days by which shares have resolved, with limits on the log scale.

        Parameters
        ----------
        rows : one row per prediction, optional
            Holds every covariate; not needed where there is none.
        shares : shares that have resolved

        Returns
        -------
        polars.DataFrame
            `PredictedQuantiles`.

        Raises
        ------
        BadFrame
            A covariate is missing, or a level was not seen.
        BadDefinition
            A share is not between 0 and 1.
        """
        asked = np.array(shares, dtype=float)
        if not ((asked > 0) & (asked < 1)).all():
            raise BadDefinition("shares", "one of them", "must lie between 0 and 1")
        law = LAWS[self.distribution]

        def log_days(x: Floats) -> Callable[[Floats], Floats]:
            def of(theta: Floats) -> Floats:
                b, log_scale, shape = split(law, theta)
                found: Floats = x @ b + np.exp(log_scale) * law.quantile(asked, shape)
                return found

            return of

        parts = []
        for row, x in enumerate(self._terms(rows)):
            value, margin = self._told(log_days(x))
            ends = {
                name: np.exp(value + s * margin) for name, s in (("days", 0), ("lower", -1), ("upper", 1))
            }
            parts.append(pl.DataFrame({"share": asked} | ends).with_columns(row=pl.lit(row)))
        return _checked(parts, PredictedQuantiles)

    def _terms(self, rows: pl.DataFrame | None) -> Floats:
        one = pl.DataFrame({"nothing": [0]}) if rows is None else rows
        return np.column_stack([np.ones(one.height), self.design.matrix(one)])

    def _told(self, of: Callable[[Floats], Floats]) -> tuple[Floats, Floats]:
        """Give a function of the parameters and how far its limits are, by the delta method."""
        error = np.sqrt(np.diag(self.covariance))
        slopes = []
        for place, size in enumerate(error):
            change = np.zeros_like(of(self.theta))
            for offset, weight in CENTRAL:
                moved = self.theta.copy()
                moved[place] += offset * STEP * size
                change += weight / (STEP * size) * of(moved)
            slopes.append(change)
        slope = np.stack(slopes)
        variance = np.einsum("ik,ij,jk->k", slope, self.covariance, slope)
        return of(self.theta), normal_quantile(self.definitions.confidence) * np.sqrt(variance)

    def shared(self) -> "AcceleratedFailure":
        """Hide what rests on fewer than `definitions.minimum_cell` episodes, and what would give it back."""
        table, said = without_few(self.table, self.assumptions, self.definitions)
        return replace(self, table=table, assumptions=said)

    def __repr__(self) -> str:
        head = (
            f"AcceleratedFailure: {self.distribution.replace('_', '-')}, {self.n_resolved} of {self.n} "
            "episodes "
            f"resolved, Akaike criterion {self.akaike:.2f}, definition {self.definitions.name!r}"
        )
        others = [f"  {row['parameter']}: {row['value']:.4g}" for row in self.parameters.to_dicts()]
        return "\n".join([head, *(f"  {line}" for line in in_words(self.table)), *others])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.table, self.assumptions)


def _checked(
    parts: list[pl.DataFrame], kind: type[PredictedSteps] | type[PredictedQuantiles]
) -> pl.DataFrame:
    empty = kind.create_empty()
    frame = pl.concat(parts).select(kind.column_names()) if parts else empty
    return kind.validate(frame, cast=True)
