"""The noise-free neutrophil count of each child on each day."""

import numpy as np

from ain_analytics.definitions import TEXTBOOK_BANDS
from ain_analytics.synthetic.arrays import NEVER, Bools, Floats, Ints
from ain_analytics.synthetic.children import DAYS_PER_YEAR, Children
from ain_analytics.synthetic.natural_history import NaturalHistory

INFANT_LIMIT, LATER_LIMIT = (band.exit_limit for band in TEXTBOOK_BANDS)
GROWN_DAYS = 10 * DAYS_PER_YEAR


def limit_for_age(age_days: Ints) -> Floats:
    """Give the textbook limit for age, with years of 365.25 days."""
    return np.where(age_days < DAYS_PER_YEAR, INFANT_LIMIT, LATER_LIMIT)


def is_ill(children: Children, child: Ints, day: Ints) -> Bools:
    """Tell whether a child is between true onset and true resolution."""
    return (children.onset[child] <= day) & (day < children.resolution[child])


def level(children: Children, parameters: NaturalHistory, child: Ints, day: Ints) -> Floats:
    """Give the logarithm of the noise-free count.

    Healthy before onset, low from onset on; around the true resolution it climbs and crosses the limit
    for age on the very day of resolution. Cyclic children swing between their low level and the peak.
    """
    p = parameters
    age = day - children.born[child]
    rise = np.log(p.healthy_ten_years / p.healthy_newborn)
    healthy = (
        np.log(p.healthy_newborn) + rise * np.clip(age / GROWN_DAYS, 0, 1) + children.healthy_offset[child]
    )
    low = children.low[child]
    limit = np.log(limit_for_age(age))
    climbed = np.clip((day - children.resolution[child]) / children.recovery[child], -1, 1)
    ill = np.where(climbed < 0, limit + climbed * (limit - low), limit + climbed * (healthy - limit))

    cycle_start = children.cycle_start[child]
    phase = 2 * np.pi * ((day - cycle_start) % p.cycle_days) / p.cycle_days
    swing = low + (np.log(p.cycle_peak) - low) * (1 - np.cos(phase)) / 2
    ill = np.where(cycle_start < NEVER, swing, ill)
    return np.where(day < children.onset[child], healthy, ill)
