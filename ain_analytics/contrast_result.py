"""The result of a comparison of strata by how much they differ."""

from dataclasses import dataclass

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.schema.comparisons import ContrastRows
from ain_analytics.schema.frames import types_of

Row = dict[str, object]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Contrast:
    """Strata held against one of them.

    Parameters
    ----------
    what : str
        What is compared, and when.
    table : ContrastRows, one row per stratum and quantity
    values : one row per stratum
        `stratum`, the `value` that is compared and its standard `error`.
    definitions : Definitions
    assumptions : tuple of str
    statistic, degrees_of_freedom, p_value : optional
        Of any difference between the strata, where such a test is made.

    Examples
    --------
    >>> from ain_analytics.contrasts import restricted_mean_difference
    >>> rows = pl.DataFrame({"exit_days": [1, 3, 5, 7], "is_resolved": [True] * 4, "arm": ["a", "b"] * 2})
    >>> restricted_mean_difference(rows, by="arm", horizon_days=5).table["value"][0]
    1.0
    """

    what: str
    table: pl.DataFrame
    values: pl.DataFrame
    definitions: Definitions
    assumptions: tuple[str, ...] = ()
    statistic: float | None = None
    degrees_of_freedom: int | None = None
    p_value: float | None = None

    def __repr__(self) -> str:
        lines = [
            f"  {row['stratum']} against {row['reference']}, {row['quantity']}: {_said(row['value'])} "
            f"({_said(row['lower'])} to {_said(row['upper'])}), p {_said(row['p'])}"
            for row in self.table.iter_rows(named=True)
        ]
        return "\n".join([f"Contrast: {self.what}", *lines])


def _said(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.4g}"


def table_of(rows: list[Row]) -> pl.DataFrame:
    """Make the checked table of a contrast; what is not a number has no value."""
    frame = pl.DataFrame(rows, schema=types_of(ContrastRows)).with_columns(
        pl.col("value", "lower", "upper", "p").fill_nan(None)
    )
    return ContrastRows.validate(frame, cast=True)
