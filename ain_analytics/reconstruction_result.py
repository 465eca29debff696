"""A published curve as individual data, and what all data that print the same allow."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.result_html import as_html


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reconstruction:
    """Made-up children whose curve is that of a paper, and bounds on what the paper does not print.

    Parameters
    ----------
    table : ReconstructedRows, one row per made-up child
        `resolution_curve` and the other estimators take it as it is.
    points : PrintedPoints, one row per printed time, day zero included
    bounds : ReconstructionBounds, one row per quantity and interval
        Of every data set that prints the same; `estimate` is that of `table`.
    curve : ResolutionCurve
        Kaplan–Meier curve of `table`.
    n : int
        Children at risk on day zero.
    definitions : Definitions
        Its months of the report are those of the bounds.
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> curve = pl.DataFrame({"time_months": [6, 18], "survival": [0.5, 0.25]})
    >>> at_risk = pl.DataFrame({"time_months": [0, 12], "n_at_risk": [8, 4]})
    >>> found = ain.reconstruct(curve, at_risk)
    >>> found.bound("n_resolved", from_months=0)
    (4.0, 4.0, 4.0)
    """

    table: pl.DataFrame
    points: pl.DataFrame
    bounds: pl.DataFrame
    curve: ResolutionCurve
    n: int
    definitions: Definitions
    assumptions: tuple[str, ...]

    def bound(
        self, quantity: str, *, from_months: float = 0
    ) -> tuple[float | None, float | None, float | None]:
        """Look up the estimate of a quantity, and the least and the most that it can be."""
        near = (pl.col("from_days") - from_months * DAYS_PER_MONTH).abs() < 1
        row = self.bounds.filter(pl.col("quantity") == quantity, near).row(0, named=True)
        return row["estimate"], row["lower"], row["upper"]

    def at(self, days: list[float]) -> pl.DataFrame:
        """Give the least and the most that the share unresolved can be on some days.

        Parameters
        ----------
        days : list of days since the origin
            After the last printed time nothing is known but that the curve does not rise.

        Returns
        -------
        DataFrame, one row per day
            `days`, `lower`, `upper`.
        """
        printed = self.points["days"].to_numpy()
        lower = np.append(self.points["lower"].to_numpy(), 0.0)
        upper = self.points["upper"].to_numpy()
        asked = np.asarray(days, dtype=float)
        after = np.searchsorted(printed, asked, side="right") - 1
        next_one = np.searchsorted(printed, asked, side="left")
        return pl.DataFrame({"days": asked, "lower": lower[next_one], "upper": upper[after]})

    @property
    def misfit(self) -> float:
        """Largest distance of the reconstructed curve from a printed point."""
        return float((self.points["unresolved"] - self.points["printed"]).abs().max())  # type: ignore[arg-type]

    def __repr__(self) -> str:
        n_resolved = int(self.table["is_resolved"].sum())
        median, earliest, latest = (
            None if days is None else f"{days / DAYS_PER_MONTH:.1f}" for days in self.bound("median")
        )
        said = "not reached" if median is None else f"{median} months"
        _, least, most = self.bound("n_resolved_in_all")
        return (
            f"Reconstruction: {self.n} children, {n_resolved} resolved, median {said}\n"
            f"  in all data that print the same: median {earliest or 'not reached'} to "
            f"{latest or 'not reached'} months, {least:.0f} to {most:.0f} resolved\n"
            f"  the reconstructed curve lies within {self.misfit:.3f} of every printed point"
        )

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.bounds, self.assumptions)
