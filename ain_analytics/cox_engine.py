"""Partial likelihood of Cox's model with delayed entry and strata, by prefix sums over event days.

lifelines knows neither entry in its robust variance nor the score test of proportional hazards with
entry, and takes a loop of Python over the rows; so these few sums are made here. Every quantity is a sum
over those at risk on each event day, and a row is at risk on a run of days: it is added where the run
begins, taken away where it ends, and one cumulative sum gives all days at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ain_analytics.step_curve import Floats

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
TIES = ("efron", "breslow")


@dataclass(frozen=True, slots=True, eq=False)
class RiskSets:
    """Rows, and the cells in which they are at risk: an event day of a stratum each, in order.

    Parameters
    ----------
    x : array, rows by terms
        Centred and scaled.
    entry, end : arrays, one day per row
    is_event : array, one value per row
    first_cell, end_cell : arrays
        A row is at risk in the cells first_cell ≤ c < end_cell; an event falls in end_cell − 1.
    stratum, day : arrays, one value per cell
    centre, scale : arrays, one value per term
    ties : {"efron", "breslow"}
    """

    x: Floats
    entry: Ints
    end: Ints
    is_event: Flags
    first_cell: Ints
    end_cell: Ints
    stratum: Ints
    day: Ints
    centre: Floats
    scale: Floats
    ties: str

    @property
    def n_cells(self) -> int:
        """Event days, counted in each stratum."""
        return self.day.size

    @property
    def event_cell(self) -> Ints:
        """Cell of each event, in the order of rows."""
        return self.end_cell[self.is_event] - 1


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """Likelihood at some coefficients, with what each cell adds.

    Parameters
    ----------
    b : array, one value per term
        On the scaled terms.
    log_likelihood : float
    score : array, cells by terms
    information : array, cells by terms by terms
    hazard, squared_hazard : arrays, one value per cell
        Rise of the cumulative hazard of the average row, and of its variance.
    mean_hazard : array, cells by terms
        Sum of the mean of the terms, weighted by the rises of the hazard.
    own_hazard, own_mean : arrays
        What of `hazard` and `mean_hazard` Efron's way takes off those who have the event.
    mean : array, cells by terms
        Mean of the terms among those at risk.
    """

    b: Floats
    log_likelihood: float
    score: Floats
    information: Floats
    hazard: Floats
    squared_hazard: Floats
    mean_hazard: Floats
    own_hazard: Floats
    own_mean: Floats
    mean: Floats


def risk_sets(
    x: Floats, entry: Ints, end: Ints, is_event: Flags, stratum: Ints, *, ties: str = "efron"
) -> RiskSets:
    """Sort rows into the event days of their strata; at risk on day t are those with entry < t ≤ end."""
    pairs = np.unique(np.column_stack([stratum[is_event], end[is_event]]), axis=0)
    centre = x.mean(axis=0)
    spread = x.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    cell_stratum, cell_day = pairs[:, 0], pairs[:, 1]
    first, ends = (_cells_of(cell_stratum, cell_day, stratum, days) for days in (entry, end))
    # Rows that no event day sees say nothing, but keep their place.
    return RiskSets(
        (x - centre) / scale, entry, end, is_event, first, ends, cell_stratum, cell_day, centre, scale, ties
    )


def counted_days(entry: Ints, end: Ints, is_event: Flags) -> tuple[Ints, Ints, Ints]:
    """Give the days with events, and for each who is at risk and who has the event."""
    days, events = np.unique(end[is_event], return_counts=True)
    entered, left = (np.searchsorted(np.sort(on), days, side="left") for on in (entry, end))
    return days, (entered - left).astype(np.int64), events.astype(np.int64)


def pieces_at(sets: RiskSets, b: Floats) -> Pieces:
    """Compute the likelihood and its derivatives, cell by cell."""
    n, p = sets.n_cells, sets.x.shape[1]
    risk = np.exp(sets.x @ b)
    pairs = np.triu_indices(p)
    rows = _moments(sets.x, risk, pairs)
    at_risk = np.stack([_at_risk(sets, column) for column in rows])
    cell = sets.event_cell
    order = np.argsort(cell, kind="stable")
    n_events = np.bincount(cell, minlength=n)
    begun = np.cumsum(n_events) - n_events
    rank = np.empty(cell.size)
    rank[order] = np.arange(cell.size) - begun[cell[order]]
    is_efron = sets.ties == "efron"
    share = rank / n_events[cell] if is_efron else np.zeros(cell.size)
    dying = (
        np.stack([np.bincount(cell, column[sets.is_event], minlength=n) for column in rows])
        if is_efron
        else np.zeros_like(at_risk)
    )
    left = at_risk[0][cell] - share * dying[0][cell]
    inverse = 1 / left
    a, a1, sq, sq1, sq2 = (
        np.bincount(cell, inverse**power * share**degree, minlength=n).astype(float)
        for power, degree in ((1, 0), (1, 1), (2, 0), (2, 1), (2, 2))
    )
    r1, d1 = at_risk[1 : 1 + p].T, dying[1 : 1 + p].T
    second = np.empty((n, p, p))
    upper = a * at_risk[1 + p :] - a1 * dying[1 + p :]
    second[:, pairs[0], pairs[1]] = upper.T
    second[:, pairs[1], pairs[0]] = upper.T
    cross = np.einsum("ci,cj->cij", r1, d1)
    outer = (
        sq[:, None, None] * np.einsum("ci,cj->cij", r1, r1)
        - sq1[:, None, None] * (cross + cross.transpose(0, 2, 1))
        + sq2[:, None, None] * np.einsum("ci,cj->cij", d1, d1)
    )
    summed_mean = a[:, None] * r1 - a1[:, None] * d1
    observed = np.column_stack([np.bincount(cell, column, minlength=n) for column in sets.x[sets.is_event].T])
    mean_hazard = sq[:, None] * r1 - sq1[:, None] * d1
    own_mean = sq1[:, None] * r1 - sq2[:, None] * d1
    return Pieces(
        b=b,
        log_likelihood=float(np.sum(sets.x[sets.is_event] @ b) - np.sum(np.log(left))),
        score=observed - summed_mean,
        information=second - outer,
        hazard=a,
        squared_hazard=sq,
        mean_hazard=mean_hazard,
        own_hazard=a1,
        own_mean=own_mean,
        mean=summed_mean / n_events[:, None],
    )


def _cells_of(cell_stratum: Ints, cell_day: Ints, stratum: Ints, days: Ints) -> Ints:
    width = int(max(cell_day.max(initial=0), days.max(initial=0))) + 2
    key = stratum * width + np.minimum(days, width - 1)
    return np.searchsorted(cell_stratum * width + cell_day, key, side="right").astype(np.int64)


def _moments(x: Floats, risk: Floats, pairs: tuple[NDArray[np.intp], ...]) -> list[Floats]:
    """List the columns that are summed over those at risk: 1, the terms, their products."""
    first = [risk * column for column in x.T]
    return [risk, *first, *(first[i] * x[:, j] for i, j in zip(*pairs, strict=True))]


def _at_risk(sets: RiskSets, values: Floats) -> Floats:
    """Sum values over those at risk in each cell."""
    size = sets.n_cells + 1
    change = np.bincount(sets.end_cell, values, size) - np.bincount(sets.first_cell, values, size)
    summed: Floats = np.cumsum(change[::-1])[::-1][1:]
    return summed
