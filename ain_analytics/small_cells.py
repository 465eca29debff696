"""Small counts of a table, hidden together with what would give them back."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.sparse.csgraph import breadth_first_order

from ain_analytics.errors import BadFrame

HIDDEN = "_is_hidden"
"""What is added to a column's name for the column that says which of its cells are hidden."""
Cell: TypeAlias = tuple[int, int]
Counts: TypeAlias = NDArray[np.int64]
Marks: TypeAlias = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Line:
    """Cells that add up to another cell, or to a number that the reader knows anyway.

    A cell that is in two lines has opposite signs in them: `sign` as a part, the other one as the total.
    """

    cells: list[Cell]
    total: Cell | None
    sign: int

    def signs(self) -> dict[Cell, int]:
        """Give the sign of each cell."""
        parts = dict.fromkeys(self.cells, self.sign)
        return parts if self.total is None else parts | {self.total: -self.sign}


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
    down = [
        Line(
            [(i, j) for i in parts],
            None if bottom is None else (bottom, j),
            -1 if has_total and j == last else 1,
        )
        for j in range(n_columns)
    ]
    across = [
        Line([(i, j) for j in range(last)], (i, last), 1 if i == bottom else -1)
        for i in range(n_rows)
        if has_total
    ]
    return [line for line in down + across if len(line.cells) > 1 or line.total is not None]


def _refuse_wrong_sums(values: Counts, lines: list[Line]) -> None:
    n = sum(
        int(values[line.total] != sum(values[cell] for cell in line.cells))
        for line in lines
        if line.total is not None
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
    totals = {line.total for line in lines}
    given_away = _given_away(values, is_hidden, lines)
    if not given_away & small:
        return None
    beside = {
        cell
        for line in lines
        if not given_away.isdisjoint(line.signs())
        for cell in line.signs()
        if not is_hidden[cell]
    }
    return min(beside, key=lambda cell: (values[cell] == 0, cell in totals, values[cell], cell), default=None)


def _given_away(values: Counts, is_hidden: Marks, lines: list[Line]) -> set[Cell]:
    """Find the hidden cells, zeros apart, that can have one value only.

    Sums are nodes and a cell is an arc between those that hold it (the outside stands for a second one).
    Larger or smaller within the sums, it takes others with it round a ring of arcs; one of the lowest
    value can only become larger. Tables with margins have no other way (Cox 1995, J. Am. Stat. Assoc.
    90:1453-1462).
    """
    cells: list[Cell] = [(int(i), int(j)) for i, j in np.argwhere(is_hidden)]
    signs = [line.signs() for line in lines]
    gains = [_node(signs, cell, 1) for cell in cells]
    pays = [_node(signs, cell, -1) for cell in cells]
    true = values[is_hidden]
    is_above = true > int(true.all())
    arcs = np.zeros((len(lines) + 1, len(lines) + 1), dtype=np.int64)
    for pay, gain, above in zip(pays, gains, is_above, strict=True):
        _add(arcs, pay, gain, above, 1)
    fixed = set()
    for cell, pay, gain, above in zip(cells, pays, gains, is_above, strict=True):
        _add(arcs, pay, gain, above, -1)
        if values[cell] and not (_leads(arcs, gain, pay) or (above and _leads(arcs, pay, gain))):
            fixed.add(cell)
        _add(arcs, pay, gain, above, 1)
    return fixed


def _node(signs: list[dict[Cell, int]], cell: Cell, sign: int) -> int:
    """Give the place of the sum in which a cell has a sign; where there is none, that of the outside."""
    return next((place for place, of in enumerate(signs) if of.get(cell) == sign), len(signs))


def _add(arcs: Counts, pay: int, gain: int, above: bool, n: int) -> None:
    """Add the ways in which a cell may change; smaller only where it is above the lowest value."""
    arcs[pay, gain] += n
    arcs[gain, pay] += n * above


def _leads(arcs: Counts, start: int, end: int) -> bool:
    """Whether arcs lead from a node to another."""
    return end in breadth_first_order(arcs, start, return_predecessors=False)
