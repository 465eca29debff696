"""Small counts of a table, hidden together with what would give them back."""

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import linprog

from ain_analytics.errors import BadFrame

HIDDEN = "_is_hidden"
"""What is added to a column's name for the column that says which of its cells are hidden."""
Cell: TypeAlias = tuple[int, int]
Line: TypeAlias = tuple[list[Cell], Cell | None]
"""Cells that add up to another cell, or to a number that the reader knows anyway."""
Counts: TypeAlias = NDArray[np.int64]
Marks: TypeAlias = NDArray[np.bool_]
TOLERANCE = 0.5
"""Whole numbers that differ by more are two."""


def hide_small_cells(
    frame: pl.DataFrame,
    *,
    counts: Sequence[str],
    minimum_cell: int,
    total: str | None = None,
    total_row: pl.Expr | None = None,
) -> pl.DataFrame:
    """Hide counts under a minimum, and others from which they could be computed.

    Parameters
    ----------
    frame : one row per group
        Columns that are not named stay as they are.
    counts : names of columns of counts
        Null stands for a count that is not there.
    minimum_cell : int
        Counts from 1 to one less are hidden. 0 is shown, unless nothing else can protect a hidden count.
    total : str, optional
        Column in which the counts of a row add up.
    total_row : polars expression, optional
        True for the one row in which the counts of each column add up. Without it a reader is taken to
        know the sum of each column, for example as the size of the study.

    Returns
    -------
    polars.DataFrame
        Hidden counts are null; beside each column of counts, and beside `total`, stands `…_is_hidden`.
        It does not say whether a count was small or hides another: that would give bounds for it. No
        hidden count follows from those shown, from the sums, and from the rule that it is not 0. Only
        where a sum that the reader knows anyway is as small as the number of its cells, nothing helps.

    Raises
    ------
    BadFrame
        A column is missing, the row of totals is not one, or counts do not add up to their total.

    Examples
    --------
    >>> by_sex = pl.DataFrame({"sex": ["female", "male", "unknown"], "n": [40, 30, 2]})
    >>> hide_small_cells(by_sex, counts=["n"], minimum_cell=5)["n"].to_list()
    [40, None, None]
    """
    columns = [*counts, *([total] if total is not None else [])]
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise BadFrame("table", f"it lacks the column(s) {', '.join(missing)}")
    values = np.column_stack([frame[name].cast(pl.Int64).fill_null(0).to_numpy() for name in columns])
    bottom = None if total_row is None else _only_row(frame, total_row)
    lines = _lines(*values.shape, has_total=total is not None, bottom=bottom)
    _refuse_wrong_sums(values, lines)
    is_hidden = _protected(values, (values > 0) & (values < minimum_cell), lines)
    marks = [pl.Series(f"{name}{HIDDEN}", is_hidden[:, place]) for place, name in enumerate(columns)]
    return frame.with_columns(marks).with_columns(
        pl.when(~pl.col(f"{name}{HIDDEN}")).then(pl.col(name)).alias(name) for name in columns
    )


def _only_row(frame: pl.DataFrame, total_row: pl.Expr) -> int:
    places = frame.select(total_row.arg_true()).to_series()
    if len(places) != 1:
        raise BadFrame("table", f"{len(places)} of its rows are its row of totals, not one")
    return int(places[0])


def _lines(n_rows: int, n_columns: int, *, has_total: bool, bottom: int | None) -> list[Line]:
    """List what adds up: each row where there is a total, and each column."""
    parts = [i for i in range(n_rows) if i != bottom]
    last = n_columns - 1
    down: list[Line] = [
        ([(i, j) for i in parts], None if bottom is None else (bottom, j)) for j in range(n_columns)
    ]
    across: list[Line] = [([(i, j) for j in range(last)], (i, last)) for i in range(n_rows) if has_total]
    return [(cells, total) for cells, total in down + across if len(cells) > 1 or total is not None]


def _refuse_wrong_sums(values: Counts, lines: list[Line]) -> None:
    n = sum(
        int(values[total] != sum(values[cell] for cell in cells))
        for cells, total in lines
        if total is not None
    )
    if n:
        raise BadFrame("table", f"{n} of its totals are not the sum of their counts")


def _protected(values: Counts, is_small: Marks, lines: list[Line]) -> Marks:
    """Hide more until no small count is given away, then show again whatever was hidden in vain.

    A count that is hidden for others may be given away itself: as it protects none then, it is shown again.
    """
    small = {(int(i), int(j)) for i, j in np.argwhere(is_small)}
    is_hidden = is_small.copy()
    while (more := _next_to_hide(values, is_hidden, small, lines)) is not None:
        is_hidden[more] = True
    helpless = _given_away(values, is_hidden, lines) & small
    hiding = [(int(i), int(j)) for i, j in np.argwhere(is_hidden & ~is_small)]
    for cell in sorted(hiding, key=lambda cell: values[cell], reverse=True):
        is_hidden[cell] = False
        is_hidden[cell] = not _given_away(values, is_hidden, lines) & small <= helpless
    return is_hidden


def _next_to_hide(values: Counts, is_hidden: Marks, small: set[Cell], lines: list[Line]) -> Cell | None:
    """Choose the smallest count that may protect a small one which is still given away.

    Counts go before totals, and zeros, which say nothing of a child, are hidden only when no other is left.
    """
    totals = {total for _, total in lines}
    given_away = _given_away(values, is_hidden, lines)
    if not given_away & small:
        return None
    beside = {
        cell
        for line in ([*cells, *([total] if total is not None else [])] for cells, total in lines)
        if not given_away.isdisjoint(line)
        for cell in line
        if not is_hidden[cell]
    }
    return min(beside, key=lambda cell: (values[cell] == 0, cell in totals, values[cell], cell), default=None)


def _given_away(values: Counts, is_hidden: Marks, lines: list[Line]) -> set[Cell]:
    """Find the hidden cells, zeros apart, that can have one value only.

    A cell is free when it can be made larger or smaller within the sums; tables with margins are
    networks, so that the ends which linear programming finds are whole numbers.
    """
    cells: list[Cell] = [(int(i), int(j)) for i, j in np.argwhere(is_hidden)]
    place = {cell: k for k, cell in enumerate(cells)}
    sums = np.zeros((len(lines), len(cells)))
    for k, (parts, total) in enumerate(lines):
        sums[k, [place[cell] for cell in parts if cell in place]] = 1
        if total in place:
            sums[k, place[total]] = -1
    true = values[is_hidden].astype(float)
    bounds = (1 if true.all() else 0, values.sum() + 2)
    is_free = _trades(sums, true > bounds[0])
    for k in range(len(cells)):
        for sign in (1, -1):
            if not is_free[k]:
                goal = np.where(np.arange(len(cells)) == k, sign, 0)
                found = linprog(goal, A_eq=sums, b_eq=sums @ true, bounds=bounds)
                is_free |= np.abs(found.x - true) > TOLERANCE
    return {cell for cell, free in zip(cells, is_free, strict=True) if not free and values[cell]}


def _trades(sums: NDArray[np.float64], is_above: Marks) -> Marks:
    """Find the cells that can give one to, or take one from, another cell of the same sums."""
    _, kind = np.unique(sums, axis=1, return_inverse=True)
    n_cells, n_above = np.bincount(kind)[kind], np.bincount(kind, is_above)[kind]
    can_trade: Marks = np.logical_or(is_above & (n_cells > 1), n_above > is_above)
    return can_trade
