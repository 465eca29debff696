"""Vaccinations and parvovirus infections of the children, with or without an effect on the onset."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_YEAR
from ain_analytics.synthetic.arrays import NEVER, Floats, Generator, Ints, draw_labels, happens, label_text
from ain_analytics.synthetic.children import Children, chosen_of, joined
from ain_analytics.synthetic.exposures import HEXAVALENT, MMR, PARVOVIRUS, Exposures


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """True days of exposure: one row per child; vaccinations have a column per dose."""

    vaccinations: Ints
    parvovirus: Ints


def draw_exposed(
    draw: Callable[[int], Children], n_patients: int, p: Exposures, rng: Generator
) -> tuple[Children, Exposed]:
    """Draw children with their exposures, so that the rate of onset after one is multiplied as said.

    Children and exposures are drawn as if they had nothing to do with each other, and kept with a probability
    that makes an onset soon after an exposure so many times as frequent: the law of both together is then
    that of an onset whose rate, whatever it is at each age, is multiplied in the days after an exposure.
    Without an effect everybody is kept.
    """
    most = max(p.vaccination_ratio, 1.0) * max(p.parvovirus_ratio, 1.0)
    kept: list[tuple[Children, Exposed]] = []
    n_kept = 0
    while n_kept < n_patients:
        children = draw(int(np.ceil((n_patients - n_kept) * most)))
        exposed = _exposures(children, p, rng)
        weight = _times(children, exposed.vaccinations, p.vaccination_ratio, p.ratio_days)
        weight *= _times(children, exposed.parvovirus[:, None], p.parvovirus_ratio, p.ratio_days)
        chosen = np.flatnonzero(rng.random(len(children)) < weight)[: n_patients - n_kept]
        kept.append(
            (chosen_of(children, chosen), Exposed(exposed.vaccinations[chosen], exposed.parvovirus[chosen]))
        )
        n_kept += chosen.size
    together = joined([children for children, _ in kept])
    return together, Exposed(
        np.concatenate([exposed.vaccinations for _, exposed in kept]),
        np.concatenate([exposed.parvovirus for _, exposed in kept]),
    )


def _exposures(children: Children, p: Exposures, rng: Generator) -> Exposed:
    ages = np.array(p.vaccination_ages)
    shape = (len(children), ages.size)
    age = np.rint(ages + p.vaccination_spread * rng.standard_normal(shape)).astype(np.int64)
    is_given = rng.random(shape) < p.vaccinated_share
    wait = np.floor(rng.exponential(DAYS_PER_YEAR / p.parvovirus_a_year, len(children))).astype(np.int64)
    return Exposed(
        np.where(is_given, children.born[:, None] + np.maximum(age, 1), NEVER),
        np.where(wait <= p.parvovirus_until_days, children.born + wait, NEVER),
    )


def _times(children: Children, days: Ints, ratio: float, window_days: int) -> Floats:
    """Give the weight of each child's onset, at most 1, larger where it follows a harmful exposure."""
    since = children.onset[:, None] - days
    is_near = ((since >= 1) & (since <= window_days)).any(axis=1)
    weight: Floats = np.where(is_near, ratio, 1.0) / max(ratio, 1.0)
    return weight


def recorded_treatments(
    children: Children, exposed: Exposed, last_on: Ints, p: Exposures, rng: Generator
) -> pl.DataFrame:
    """Give the vaccinations that are on record: child, day, code, ended_on."""
    day = exposed.vaccinations
    is_ill = (day > children.detected[:, None]) & (day < children.resolution[:, None])
    is_postponed = is_ill & (rng.random(day.shape) < p.postponed_share)
    child, number = np.nonzero((day <= last_on[:, None]) & ~is_postponed)
    is_last = number == len(p.vaccination_ages) - 1
    return pl.DataFrame(
        {
            "child": child,
            "day": day[child, number],
            "code": label_text((HEXAVALENT, MMR), is_last.astype(np.int64)),
            "ended_on": pl.Series([None] * child.size, dtype=pl.String),
        }
    )


def recorded_diagnoses(
    children: Children, exposed: Exposed, last_on: Ints, p: Exposures, rng: Generator
) -> pl.DataFrame:
    """Give the parvovirus infections that are on record, when they happened or by a test at detection."""
    began, n = exposed.parvovirus, len(children)
    is_coded = happens(rng, p.coded_share, n)
    back = children.detected - began
    is_tested = ~is_coded & (back >= 0) & (back <= p.tested_back_days) & happens(rng, p.tested_share, n)
    coded_on = began + rng.integers(*p.coded_days, n, endpoint=True)
    recorded_on = np.where(is_tested, children.detected, np.where(is_coded, coded_on, NEVER))
    child = np.flatnonzero((began < NEVER) & (recorded_on <= last_on))
    code = draw_labels(rng, PARVOVIRUS, child.size)
    return pl.DataFrame(
        {
            "child": child,
            "day": recorded_on[child],
            "code": label_text([name for name, _ in PARVOVIRUS], code),
        }
    )
