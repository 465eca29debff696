"""The shipped grid of scenarios, and what lies between its points."""

from collections.abc import Iterable
from importlib.resources import files
from itertools import product

import numpy as np
import polars as pl

from ain_analytics.errors import OutsideGrid
from ain_analytics.schema.planning import PlanRows

AXES = ("visit_months", "jitter", "dropout", "entry_months", "years")
KEY = ("rule", "estimator", "quantity")
ERRORS = {"bias": "bias_error", "coverage": "coverage_error", "width": "width_error"}
MEANS = ("truth", "bias", "coverage")
POWERS = ("spread", "width")
"""Of these the logarithm is interpolated, because they fall with a power of the number of children."""
FEWEST = ("n_repetitions", "n_not_reached", "n_with_limits")


def shipped_grid() -> pl.DataFrame:
    """Read the grid that comes with the program."""
    text = (files("ain_analytics") / "planner" / "grid.csv").read_bytes()
    return PlanRows.validate(pl.read_csv(text, infer_schema=False), cast=True)


def read_between(grid: pl.DataFrame, scenario: dict[str, float], sizes: Iterable[int]) -> pl.DataFrame:
    """Interpolate between the points of the grid, never beyond them.

    Parameters
    ----------
    grid : PlanRows
    scenario : mapping of each axis to its value
    sizes : numbers of children

    Returns
    -------
    PlanRows
        Linear in each axis, on the scale of the logarithm for the number of children; widths and spreads as
        logarithms. Monte Carlo errors are those of the points, weighted.

    Raises
    ------
    OutsideGrid
        A value lies beyond the grid.
    """
    corners = [_around(grid[axis], axis, scenario[axis]) for axis in AXES]
    found = []
    for n in sizes:
        near = _around(grid["n"], "n", n, is_log=True)
        points = pl.DataFrame(
            [
                {axis: value for axis, (value, _) in zip((*AXES, "n"), place, strict=True)}
                | {"weight": float(np.prod([weight for _, weight in place]))}
                for place in product(*corners, near)
            ],
            schema_overrides={"n": pl.Int64},
        )
        rows = points.join(grid, on=[*AXES, "n"])
        if rows.height < points.height * grid.select(KEY).n_unique():
            raise OutsideGrid("this combination", "not in it", [])
        asked = [pl.lit(float(scenario[axis])).alias(axis) for axis in AXES]
        found.append(_weighted(rows).with_columns(*asked, pl.lit(n, pl.Int64).alias("n")))
    return PlanRows.validate(pl.concat(found).select(PlanRows.column_names()), cast=True)


def _around(known: pl.Series, axis: str, value: float, *, is_log: bool = False) -> list[tuple[float, float]]:
    """Give the points of an axis on either side of a value, with their weights."""
    points = known.unique().sort().to_list()
    if not points[0] <= value <= points[-1]:
        raise OutsideGrid(axis, f"{value:g}", points)
    above = next(place for place, point in enumerate(points) if point >= value)
    if points[above] == value:
        return [(points[above], 1.0)]
    below, upper = points[above - 1], points[above]
    scale = np.log if is_log else float
    share = float((scale(value) - scale(below)) / (scale(upper) - scale(below)))
    return [(below, 1 - share), (upper, share)]


def _weighted(rows: pl.DataFrame) -> pl.DataFrame:
    """Take weighted means; none where a point has none."""
    weight = pl.col("weight")

    def mean(value: pl.Expr) -> pl.Expr:
        return pl.when(value.is_not_null().all()).then((weight * value).sum())

    def error(value: pl.Expr) -> pl.Expr:
        return pl.when(value.is_not_null().all()).then(((weight * value) ** 2).sum().sqrt())

    return (
        rows.group_by(KEY, maintain_order=True)
        .agg(
            *(mean(pl.col(name)).alias(name) for name in MEANS),
            *(mean(pl.col(name).log()).exp().alias(name) for name in POWERS),
            *(error(pl.col(name)).alias(name) for name in ("bias_error", "coverage_error")),
            error(pl.col("width_error") / pl.col("width")).alias("width_error"),
            *(pl.col(name).min() for name in FEWEST),
        )
        .with_columns(pl.col("width_error") * pl.col("width"))
    )
