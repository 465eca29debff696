"""Visits: when blood is drawn, what is counted, and who stops coming.

All children take their next visit at once, so the work is one pass over arrays for each visit number.
"""

from dataclasses import dataclass

import numpy as np

from ain_analytics.synthetic.arrays import NEVER, Bools, Floats, Generator, Ints, day_number, happens
from ain_analytics.synthetic.boosts import Boosts
from ain_analytics.synthetic.children import DAYS_PER_YEAR, Children
from ain_analytics.synthetic.counts import is_ill, level, limit_for_age
from ain_analytics.synthetic.natural_history import NaturalHistory

HARMLESS, LASTING = "duffy_null_associated", ("congenital", "cyclic")
NO_INFECTION, VIRAL, BACTERIAL = 0, 1, 2
DENSE_GAPS = np.array([2, 2, 3])
JUST_BELOW = 0.97
"""A child is detected by a count at most so near to its limit: our choice."""


@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """Counts in the order of days, and what became of each child."""

    child: Ints
    day: Ints
    anc: Floats
    infection: Ints
    last_on: Ints
    dropped_out_on: Ints
    closes: int


@dataclass(slots=True, eq=False)
class _State:
    """What is remembered of each child from one visit to the next."""

    day: Ints
    noise: Floats
    shift: Floats
    shift_on: Ints
    n_normal: Ints
    was_well: Bools
    number: int = 0


def draw_visits(children: Children, boosts: Boosts, parameters: NaturalHistory, rng: Generator) -> Visits:
    """Let every child come until the extract, death or drop-out."""
    n = len(children)
    closes = day_number(parameters.extracted_on)
    last_day = np.minimum(children.died, closes)
    state = _State(
        day=children.detected.copy(),
        noise=rng.standard_normal(n),
        shift=np.zeros(n),
        shift_on=np.full(n, -NEVER),
        n_normal=np.zeros(n, dtype=np.int64),
        was_well=np.zeros(n, dtype=bool),
    )
    dropped_out_on = np.full(n, NEVER)
    seen = [_earlier_counts(children, parameters, rng)]
    infection = np.zeros(n, dtype=np.int64)
    child = np.arange(n)
    while child.size:
        day = state.day[child]
        anc = _count(children, boosts, parameters, state, child, rng)
        if state.number == 0:  # a child is in the registry because the count was low
            anc = np.minimum(anc, JUST_BELOW * limit_for_age(day - children.born[child]))
        seen.append((child, day, anc, infection))
        _judge(children, boosts, state, child, anc)
        leaves = _leaves(children, parameters, state, child, rng)
        dropped_out_on[child[leaves]] = day[leaves]
        child = child[~leaves]
        infection = _go_to_next(children, boosts, parameters, state, child, rng)
        stays = state.day[child] <= last_day[child]
        child, infection = child[stays], infection[stays]
        state.number += 1
    who, when, anc, what = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    order = np.lexsort((who, when))
    last_on = np.full(n, -NEVER)
    np.maximum.at(last_on, who, when)
    return Visits(who[order], when[order], anc[order], what[order], last_on, dropped_out_on, closes)


def _earlier_counts(
    children: Children, parameters: NaturalHistory, rng: Generator
) -> tuple[Ints, Ints, Floats, Ints]:
    """Draw one healthy count between birth and onset for some of the children."""
    n = len(children)
    age = children.onset - children.born
    is_counted = happens(rng, parameters.care.earlier_count_share, n) & (age > 1)
    child = np.flatnonzero(is_counted)
    day = children.born[child] + rng.integers(0, age[child])
    noise = parameters.healthy_noise * rng.standard_normal(child.size)
    anc = np.exp(level(children, parameters, child, day) + noise)
    return child, day, anc, np.zeros(child.size, dtype=np.int64)


def _count(
    children: Children, boosts: Boosts, p: NaturalHistory, state: _State, child: Ints, rng: Generator
) -> Floats:
    """Draw the counts of these children on their days."""
    day = state.day[child]
    spread = np.where(is_ill(children, child, day), children.noise[child], p.healthy_noise)
    fading = np.clip(1 - (day - state.shift_on[child]) / p.infection_days, 0, 1)
    boost = p.care.boost * boosts.acts_on(child, day)
    logarithm = level(children, p, child, day) + spread * state.noise[child]
    return np.exp(logarithm + fading * state.shift[child] + boost)


def _judge(children: Children, boosts: Boosts, state: _State, child: Ints, anc: Floats) -> None:
    """Let the doctor look at the count: how many normal ones in a row, and whether a low one is new.

    A normal count under a drug that raises counts says nothing of the child.
    """
    day, n_normal = state.day[child], state.n_normal[child]
    is_low = anc < limit_for_age(day - children.born[child])
    says_much = is_low | ~boosts.acts_on(child, day)
    state.was_well[child] = n_normal >= 2
    state.n_normal[child] = np.where(is_low, 0, n_normal + says_much)


def _leaves(children: Children, p: NaturalHistory, state: _State, child: Ints, rng: Generator) -> Bools:
    """Draw who does not come back; children known to be ill for life are not let go as well."""
    is_lasting = children.is_of(*LASTING)[child]
    seems_well = (state.n_normal[child] >= 2) & ~is_lasting
    probability = np.where(seems_well, p.care.dropout_well, p.care.dropout_ill)
    return happens(rng, probability, child.size) & ~_is_dense(children, p, child, state.day[child])


def _is_dense(children: Children, p: NaturalHistory, child: Ints, day: Ints) -> Bools:
    return children.is_dense[child] & (day < children.detected[child] + p.care.dense_days)


def _go_to_next(
    children: Children, boosts: Boosts, p: NaturalHistory, state: _State, child: Ints, rng: Generator
) -> Ints:
    """Move each child to its next visit: the planned one, a check after a drug, or an infection before it."""
    day = state.day[child]
    mean = _mean_gap(children, p, state, child)
    gap = np.rint(rng.standard_gamma(p.care.gap_shape, child.size) * mean / p.care.gap_shape)
    is_dense = _is_dense(children, p, child, day)
    gap = np.where(is_dense, DENSE_GAPS[state.number % 3], gap)
    planned = np.minimum(day + np.maximum(gap, 1).astype(np.int64), boosts.next_check(child, day))

    is_prone = is_ill(children, child, day) & ~children.is_of(HARMLESS)[child]
    rate = np.where(is_prone, p.infections_ill, p.infections_well) / DAYS_PER_YEAR
    wait = np.floor(rng.standard_exponential(child.size) / np.maximum(rate, 1e-12)).astype(np.int64) + 1
    is_infected = (day + wait < planned) & ~is_dense
    unseen = happens(rng, p.unseen_infection_share, child.size) & ~is_infected
    following = np.where(is_infected, day + wait, planned)

    is_viral = happens(rng, p.viral_share, child.size)
    shift = np.where(is_viral, p.viral_shift, p.bacterial_shift) + p.shift_sigma * rng.standard_normal(
        child.size
    )
    began = following - np.where(unseen, rng.integers(0, p.infection_days, child.size), 0)
    is_new = is_infected | unseen
    state.shift[child] = np.where(is_new, shift, state.shift[child])
    state.shift_on[child] = np.where(is_new, began, state.shift_on[child])

    kept = np.exp(-(following - day) / p.noise_memory_days)
    fresh = rng.standard_normal(child.size)
    state.noise[child] = kept * state.noise[child] + np.sqrt(1 - kept**2) * fresh
    state.day[child] = following
    return np.where(is_infected, np.where(is_viral, VIRAL, BACTERIAL), NO_INFECTION)


def _mean_gap(children: Children, p: NaturalHistory, state: _State, child: Ints) -> Floats:
    """Give the mean of the planned gap: short at first, long when a child seems well."""
    care, n_normal = p.care, state.n_normal[child]
    is_fresh = state.day[child] < children.detected[child] + care.intense_days
    ill = np.where(state.was_well[child], care.gap_recheck_days, care.gap_ill_days)
    ill = np.where(children.is_of(HARMLESS)[child], care.gap_harmless_days, ill)
    ill = np.where(is_fresh, care.gap_intense_days, ill)
    well = np.where(n_normal >= 4, care.gap_long_well_days, care.gap_well_days)
    return np.where(n_normal == 0, ill, np.where(n_normal == 1, care.gap_recheck_days, well))
