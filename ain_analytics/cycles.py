"""Whether counts go up and down in a cycle: a periodogram of frequent counts, held against chance.

Counts of one child are persistent: a low one follows a low one. A periodogram that takes them for
independent finds cycles in mere wandering, so it is held against random series of the same
persistence (a first-order autoregression on the days of the counts, Schulz and Mudelsee 2002,
doi:10.1016/S0098-3004(01)00044-9). It is asked when the weeks of frequent counts are full, and
again after as many weeks more; what each look may find by chance adds up to the false alarm of
the definition, so looking often finds no more. A look uses counts up to its day only.
"""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize_scalar

from ain_analytics.definitions import Definitions
from ain_analytics.registry import Registry

Floats = npt.NDArray[np.float64]
KEY = ["patient_id", "episode_number"]


def cyclic_facts(registry: Registry) -> pl.DataFrame:
    """Find the episodes whose frequent counts have the period of a cycle.

    Returns
    -------
    polars.DataFrame
        One row per such episode: its key, `evidence`, `known_on`, `detail`, `table_name`.
    """
    found = []
    for key, counts in (
        registry.frame("dense_count").sort(*KEY, "sampled_on").group_by(KEY, maintain_order=True)
    ):
        seen = _first_found(counts, registry.definitions)
        if seen is not None:
            known_on, period = seen
            found.append((*key, "cyclic_pattern", known_on, f"period of {period:.1f} days", "lab_result"))
    columns = {"evidence": pl.String, "known_on": pl.Date, "detail": pl.String, "table_name": pl.String}
    schema = {"patient_id": pl.String, "episode_number": pl.Int32, **columns}
    return pl.DataFrame(found, schema=schema, orient="row")


def _first_found(counts: pl.DataFrame, choices: Definitions) -> tuple[date, float] | None:
    for number, look in enumerate(_looks(counts, choices), start=1):
        level = choices.cycle_false_alarm / (number * (number + 1))
        if level < 1 / (choices.cycle_surrogates + 1):
            return None
        seen = counts.filter(pl.col("sampled_on") <= look, pl.col("dense_on") <= look)
        if (seen["anc"] < choices.severe_below).any():
            days = (seen["sampled_on"] - seen["sampled_on"][0]).dt.total_days().to_numpy().astype(float)
            period = significant_period(days, seen["anc"].to_numpy(), level=level, choices=choices)
            if period is not None:
                return look, period
    return None


def _looks(counts: pl.DataFrame, choices: Definitions) -> Iterator[date]:
    """Give the days on which a look is made: unresolved counts, so that all before them belong."""
    days = counts.filter("is_unresolved")["sampled_on"]
    after = counts["dense_on"].min()
    while isinstance(after, date) and (coming := days.filter(days >= after)).len():
        yield coming[0]
        after = coming[0] + timedelta(weeks=choices.cycle_weeks)


def significant_period(days: Floats, anc: Floats, *, level: float, choices: Definitions) -> float | None:
    """Give the strongest period of a series, if it is that of a cycle and stands out.

    Parameters
    ----------
    days : array
        Days of the counts, rising.
    anc : array
        The counts; their square roots are analysed, because the spread of counts grows with them.
    level : float
        Share of persistent series without a cycle that may pass.
    choices : Definitions

    Returns
    -------
    float or None
        Period in days.
    """
    trend, waves = _bases(days, choices)
    values = np.sqrt(anc)
    rest = values - trend @ (trend.T @ values)
    if not rest @ rest > np.finfo(float).eps * (values @ values):
        return None
    power = _power(trend, waves, values[:, None])[:, 0]
    strongest = int(power.argmax())
    period = float(1 / _frequencies(choices)[strongest])
    if not choices.cycle_min_days <= period <= choices.cycle_max_days:
        return None
    rng = np.random.default_rng([choices.cycle_seed, days.size])
    persistence = _persistence(days, rest)
    allowed = level * (choices.cycle_surrogates + 1) - 1
    n_higher, left = 0, choices.cycle_surrogates
    while left > 0:
        n = min(left, 100)
        random = _wandering(days, persistence, n, rng)
        n_higher += int((_power(trend, waves, random).max(axis=0) >= power[strongest]).sum())
        if n_higher > allowed:
            return None
        left -= n
    return period


def _frequencies(choices: Definitions) -> Floats:
    ends = (1 / choices.cycle_longest_days, 1 / choices.cycle_shortest_days)
    return np.linspace(*ends, choices.cycle_frequencies)


def _bases(days: Floats, choices: Definitions) -> tuple[Floats, Floats]:
    """Give a basis of level and trend, and for each frequency one of what a wave adds to them."""
    trend, _ = np.linalg.qr(np.column_stack([np.ones_like(days), days - days.mean()]))
    angle = 2 * np.pi * _frequencies(choices)[:, None] * days
    waves = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    waves = waves - trend @ (trend.T @ waves)
    return trend, np.linalg.qr(waves)[0]


def _power(trend: Floats, waves: Floats, series: Floats) -> Floats:
    """Give, for each frequency and series, the share of the variance that a wave explains."""
    rest = series - trend @ (trend.T @ series)
    explained = np.einsum("fnk,nm->fkm", waves, rest, optimize=True)
    power: Floats = (explained**2).sum(axis=1) / (rest**2).sum(axis=0)
    return power


def _persistence(days: Floats, rest: Floats) -> float:
    """Estimate how much of a deviation is left after a day, by maximum likelihood."""
    values, gaps = rest / rest.std(), np.diff(days)

    def unlikeliness(share: float) -> float:
        left = share**gaps
        spread = 1 - left**2
        return float(np.sum(np.log(spread) + (values[1:] - left * values[:-1]) ** 2 / spread))

    none, all_of_it = np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps
    return float(minimize_scalar(unlikeliness, bounds=(none, all_of_it), method="bounded").x)


def _wandering(days: Floats, persistence: float, n: int, rng: np.random.Generator) -> Floats:
    """Draw series without a cycle, each count leaning on the one before."""
    series = rng.standard_normal((days.size, n))
    for place, left in enumerate(persistence ** np.diff(days), start=1):
        series[place] = left * series[place - 1] + np.sqrt(1 - left**2) * series[place]
    return series
