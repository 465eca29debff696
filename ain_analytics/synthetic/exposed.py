"""Vaccinations and parvovirus infections of the children, with or without an effect on the onset."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_YEAR
from ain_analytics.synthetic.arrays import NEVER, Floats, Generator, Ints, draw_labels, happens, label_text
from ain_analytics.synthetic.children import Children
from ain_analytics.synthetic.exposures import HEXAVALENT, MMR, PARVOVIRUS, Exposures


@dataclass(frozen=True, slots=True, eq=False)
class Exposed:
    """True days of exposure: one row per child, one column per dose; and what of them is recorded."""

    vaccinations: Ints
    parvovirus: Ints
    treatments: pl.DataFrame
    diagnoses: pl.DataFrame


def draw_exposures(children: Children, last_on: Ints, p: Exposures, rng: Generator) -> Exposed:
    """Draw exposures given the onsets, so that the rate of onset after them is as many times as high as said.

    An onset is drawn first, from its age. A child's exposures are drawn as if they had no effect, and drawn
    again with the probability that makes those with the onset soon after them so many times as frequent:
    the law of both together is then that of an onset whose rate is changed by the exposures.
    """
    n = len(children)

    def doses(size: int) -> Ints:
        ages = np.array(p.vaccination_ages)
        age = np.rint(ages + p.vaccination_spread * rng.standard_normal((size, ages.size))).astype(np.int64)
        return np.where(rng.random(age.shape) < p.vaccinated_share, np.maximum(age, 1), NEVER)

    def infection(size: int) -> Ints:
        age = np.floor(rng.exponential(DAYS_PER_YEAR / p.parvovirus_a_year, (size, 1))).astype(np.int64)
        return np.where(age <= p.parvovirus_until_days, age, NEVER)

    onset_age = children.onset - children.born
    vaccinations = _tilted(doses, onset_age, p.vaccination_ratio, p.ratio_days, rng)
    parvovirus = _tilted(infection, onset_age, p.parvovirus_ratio, p.ratio_days, rng)
    vaccinations, parvovirus = (
        np.where(days < NEVER, children.born[:, None] + days, NEVER) for days in (vaccinations, parvovirus)
    )
    is_ill = (vaccinations > children.detected[:, None]) & (vaccinations < children.resolution[:, None])
    given = (vaccinations <= last_on[:, None]) & ~(is_ill & (rng.random(vaccinations.shape) < p.postponed_share))
    child, number = np.nonzero(given & (vaccinations < NEVER))
    is_last = number == len(p.vaccination_ages) - 1
    treatments = pl.DataFrame(
        {
            "child": child,
            "day": vaccinations[child, number],
            "code": label_text((HEXAVALENT, MMR), is_last.astype(np.int64)),
            "ended_on": pl.Series([None] * child.size, dtype=pl.String),
        }
    )
    began = parvovirus[:, 0]
    is_coded = happens(rng, p.coded_share, n)
    back = children.detected - began
    is_tested = ~is_coded & (back >= 0) & (back <= p.tested_back_days) & happens(rng, p.tested_share, n)
    coded_on = began + rng.integers(*p.coded_days, n, endpoint=True)
    recorded_on = np.where(is_tested, children.detected, np.where(is_coded, coded_on, NEVER))
    sick = np.flatnonzero((began < NEVER) & (recorded_on <= last_on))
    codes = [code for code, _ in PARVOVIRUS]
    diagnoses = pl.DataFrame(
        {
            "child": sick,
            "day": recorded_on[sick],
            "code": label_text(codes, draw_labels(rng, PARVOVIRUS, sick.size)),
        }
    )
    return Exposed(vaccinations, began, treatments, diagnoses)


def _tilted(
    draw: Callable[[int], Ints], onset_age: Ints, ratio: float, window_days: int, rng: Generator
) -> Ints:
    """Draw ages of exposure, those with the onset in a window after them `ratio` times as often."""
    found = draw(onset_age.size)
    waits = np.arange(onset_age.size)
    while waits.size:
        since = onset_age[waits][:, None] - found[waits]
        is_near = ((since >= 1) & (since <= window_days)).any(axis=1)
        weight: Floats = np.where(is_near, ratio, 1.0) / max(ratio, 1.0)
        waits = waits[rng.random(waits.size) >= weight]
        if waits.size:
            found[waits] = draw(waits.size)
    return found
