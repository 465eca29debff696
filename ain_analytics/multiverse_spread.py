"""Which choice the spread of answers depends on, and the smallest change that reverses a comparison."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.stats import rankdata

from ain_analytics.grid import Grid
from ain_analytics.leaf_estimates import NOT_REACHED
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.multiverse import MultiverseReversal, MultiverseSpread
from ain_analytics.strata import ALL

Floats = NDArray[np.float64]
SCALES = (("median", "days"), ("median", "rank"), ("unresolved", "share"))
"""Each answer with the scales on which its spread is measured."""
ORDER = {-1.0: "earlier", 0.0: "same", 1.0: "later"}


def spread(table: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Share out the variance of the answers among the choices.

    Parameters
    ----------
    table : MultiverseRows
        Of all children, each definition once.
    grid : Grid

    Returns
    -------
    MultiverseSpread, one row per choice, quantity and scale
        Functional analysis of variance, each definition with the same weight. `main_share`: variance of the
        means of a choice's ways, over that of all (in a whole grid Sobol's first-order index). `total_share`:
        mean variance among definitions that differ in this choice only, over that of all (Sobol's total),
        of a whole grid without gaps. Of a part of a grid `main_share` is adjusted for the number of ways, as
        epsilon squared is, because means of few definitions differ by chance.

    References
    ----------
    .. [1] Sobol 2001, doi:10.1016/S0378-4754(00)00270-6.
    .. [2] Kelley 1935, doi:10.1073/pnas.21.9.554 (epsilon squared).
    """
    rows = []
    for quantity, scale in SCALES:
        values = later_than_all(table) if scale == "rank" else _numbers(table[quantity])
        is_known = ~np.isnan(values)
        known = rankdata(values[is_known]) if scale == "rank" else values[is_known]
        chosen = table.filter(pl.Series(is_known))
        is_whole = len(known) == grid.n
        for choice in grid.choices:
            others = [name for name in grid.choices if name != choice]
            rows.append(
                {"choice": choice, "quantity": quantity, "scale": scale}
                | _shares(known, chosen, choice, others, is_whole=is_whole)
                | {"n_definitions": len(known), "n_left_out": int((~is_known).sum())}
            )
    return frame_of(MultiverseSpread, rows)


def later_than_all(table: pl.DataFrame) -> Floats:
    """Give the medians, infinite where they are not reached; not a number where there is none to reach."""
    is_late = table["note"].fill_null("").str.contains(NOT_REACHED, literal=True).to_numpy()
    return np.where(is_late, np.inf, _numbers(table["median"]))


def _numbers(column: pl.Series) -> Floats:
    return column.cast(pl.Float64).fill_null(np.nan).to_numpy()


def _shares(
    values: Floats, chosen: pl.DataFrame, choice: str, others: list[str], *, is_whole: bool
) -> dict[str, float | None]:
    if not len(values):
        return {}
    all_of_it = _scatter(values, np.zeros(len(values), dtype=np.int64))
    way = chosen[choice].rank("dense").to_numpy().astype(np.int64) - 1
    n_ways = int(way.max()) + 1
    means = np.bincount(way, values) / np.bincount(way)
    said: dict[str, float | None] = {"largest_difference": float(np.ptp(means))}
    if not all_of_it > 0:
        return said
    main = 1 - _scatter(values, way) / all_of_it
    if is_whole:
        alike = (
            chosen.select(pl.struct(others).rank("dense")).to_series()
            if others
            else pl.Series([1] * len(values))
        )
        said["total_share"] = _scatter(values, alike.to_numpy().astype(np.int64) - 1) / all_of_it
    elif len(values) > n_ways:
        main = 1 - (1 - main) * (len(values) - 1) / (len(values) - n_ways)
    return said | {"main_share": float(main)}


def _scatter(values: Floats, group: NDArray[np.int64]) -> float:
    """Sum the squares about the mean of each group."""
    means = np.bincount(group, values) / np.maximum(np.bincount(group), 1)
    return float(((values - means[group]) ** 2).sum())


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One side of a comparison, under each definition: a median and a share, or not a number."""

    median: Floats
    unresolved: Floats


def side_of(table: pl.DataFrame, stratum: str = ALL) -> Side:
    """Take the answers of one group, in the order of the definitions."""
    rows = table.filter(pl.col("stratum") == stratum).sort("definition_number")
    return Side(later_than_all(rows), _numbers(rows["unresolved"]))


def reversals(table: pl.DataFrame, grid: Grid, compared: Mapping[str, tuple[Side, Side]]) -> pl.DataFrame:
    """Find, for each comparison, the smallest change of definition that turns its order.

    Parameters
    ----------
    table : MultiverseRows
        Of all children, each definition once, sorted by number; the base is number 1.
    grid : Grid
    compared : mapping of what is said to the two sides
        Values in the order of `table`. The one with the smaller median is earlier; where both medians are
        the same, or not reached, or where one side has none, the one with the smaller share unresolved.

    Returns
    -------
    MultiverseReversal, one row per comparison
        The smallest change makes the fewest choices in another way; among those, ways that the grid lists
        nearer to the base, and then choices that it lists first (our choice).
    """
    rows = []
    places = [grid.places(number) for number in table["definition_number"]]
    n_changed = table["n_changed"].to_list()
    for said, (first, second) in compared.items():
        order = _order(first, second)
        base = order[0] if table["definition_number"][0] == 1 else np.nan
        turned = np.flatnonzero(order == -base) if base else np.array([], dtype=np.int64)
        smallest = min(turned, key=lambda row: (n_changed[row], sum(places[row]), places[row]), default=None)
        row: dict[str, object] = {
            "comparison": said,
            "at_base": ORDER.get(float(base), "not_told"),
            "answer": "reversed" if len(turned) else "never_reversed" if base in (-1, 1) else "not_told",
            "n_reversed": len(turned),
            "n_told": int((~np.isnan(order)).sum()),
            "n_definitions": len(order),
        }
        if smallest is not None:
            row |= {
                "n_changed": n_changed[smallest],
                "change": changed_ways(grid, places[smallest]),
                "definition_number": table["definition_number"][int(smallest)],
            }
        rows.append(row)
    return frame_of(MultiverseReversal, rows)


def changed_ways(grid: Grid, places: tuple[int, ...]) -> str:
    """Name the choices that are made in another way than in the base, and how."""
    ways = zip(grid.named(places).items(), places, strict=True)
    return "; ".join(f"{choice}: {way}" for (choice, way), place in ways if place)


def _order(first: Side, second: Side) -> Floats:
    """Say −1 where the first is earlier, 1 where it is later, 0 where they are the same."""
    with np.errstate(invalid="ignore"):
        by_median = np.where(first.median == second.median, 0.0, np.sign(first.median - second.median))
        by_share = np.sign(first.unresolved - second.unresolved)
    is_tied = np.isnan(by_median) | ((by_median == 0) & ~np.isnan(by_share))
    return np.where(is_tied, by_share, by_median)
