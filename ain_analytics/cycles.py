"""Whether counts go up and down in a cycle: a periodogram of frequent counts, held against chance.

Counts of one child are persistent: a low one follows a low one. A periodogram that takes them for
independent finds cycles in mere wandering, so it is held against random series of the same
persistence (a first-order autoregression on the days of the counts, Schulz and Mudelsee 2002,
doi:10.1016/S0098-3004(01)00044-9). It is asked when the weeks of frequent counts are full, and
again after as many weeks more; what each look may find by chance adds up to the false alarm of
the definition, so looking often finds no more. A look uses counts up to its day only.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.optimize import minimize_scalar

from ain_analytics.definitions import Definitions
from ain_analytics.registry import Registry

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.int32]
KEY = ["patient_id", "episode_number"]


def cyclic_facts(registry: Registry) -> pl.DataFrame:
    """Find the episodes whose frequent counts have the period of a cycle.

    Where regular nadirs have told the cycle before, nobody looks.

    Returns
    -------
    polars.DataFrame
        One row per such episode: its key, `evidence`, `known_on`, `detail`, `table_name`.
    """
    nadirs = registry.frame("known_fact").filter(pl.col("evidence") == "regular_nadirs")
    counts = (
        registry.frame("dense_count")
        .join(nadirs.select(*KEY, told_on="known_on"), on=KEY, how="left")
        .sort(*KEY, "sampled_on")
    )
    starts = counts.select(pl.struct(KEY).rle_id().alias("run"))["run"].to_numpy()
    edges = np.flatnonzero(np.diff(starts, prepend=-1, append=starts[-1] + 1 if starts.size else 0))
    series = _Series(
        counts["sampled_on"].to_physical().to_numpy(),
        counts["dense_on"].to_physical().to_numpy(),
        counts["anc"].to_numpy(),
        counts["is_unresolved"].to_numpy(),
        counts["told_on"].to_physical().fill_null(np.iinfo(np.int32).max).to_numpy(),
    )
    found = []
    for first, after in pairwise(edges.tolist()):
        seen = _first_found(series.part(first, after), registry.definitions)
        if seen is not None:
            known_on, period = seen
            found.append((first, known_on, f"period of {period:.1f} days"))
    facts = pl.DataFrame(found, {"row": pl.UInt32, "known_on": pl.Int32, "detail": pl.String}, orient="row")
    return pl.concat([counts.select(KEY)[facts["row"]], facts], how="horizontal").select(
        *KEY,
        pl.lit("cyclic_pattern").alias("evidence"),
        pl.col("known_on").cast(pl.Date),
        "detail",
        pl.lit("lab_result").alias("table_name"),
    )


class _Series(NamedTuple):
    """Counts of one episode or of all, by day; days as numbers."""

    day: Days
    dense_on: Days
    anc: Floats
    is_unresolved: npt.NDArray[np.bool_]
    told_on: Days

    def part(self, first: int, after: int) -> "_Series":
        return _Series._make(column[first:after] for column in self)


def _first_found(counts: _Series, choices: Definitions) -> tuple[int, float] | None:
    for number, look in enumerate(_looks(counts, choices), start=1):
        level = choices.cycle_false_alarm / (number * (number + 1))
        if level < 1 / (choices.cycle_surrogates + 1) or look >= counts.told_on[0]:
            return None
        is_seen = (counts.day <= look) & (counts.dense_on <= look)
        days, anc = counts.day[is_seen], counts.anc[is_seen]
        if anc.min() < choices.severe_below:
            period = significant_period((days - days[0]).astype(float), anc, level=level, choices=choices)
            if period is not None:
                return look, period
    return None


def _looks(counts: _Series, choices: Definitions) -> Iterator[int]:
    """Give the days on which a look is made: unresolved counts, so that all before them belong."""
    days = counts.day[counts.is_unresolved]
    after, apart = counts.dense_on.min(), timedelta(weeks=choices.cycle_weeks).days
    while (place := int(np.searchsorted(days, after))) < days.size:
        yield int(days[place])
        after = days[place] + apart


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
    asked = _Asked.of(days, choices)
    rest = asked.without_trend(np.sqrt(anc)[:, None])
    if not (rest**2).sum() > np.finfo(float).eps * anc.sum():
        return None
    power = asked.power(rest)[:, 0]
    strongest = int(power.argmax())
    period = float(1 / _frequencies(choices)[strongest])
    if not choices.cycle_min_days <= period <= choices.cycle_max_days:
        return None
    allowed = level * (choices.cycle_surrogates + 1) - 1
    rng = np.random.default_rng([choices.cycle_seed, days.size])
    persistence = _persistence(days, rest[:, 0])
    n_higher, left = 0, choices.cycle_surrogates
    while left > 0:
        n = min(left, 100 if left == choices.cycle_surrogates else 2000)
        random = asked.without_trend(_wandering(days, persistence, n, rng))
        n_higher += int((asked.power(random).max(axis=0) >= power[strongest]).sum())
        if n_higher > allowed:
            return None
        left -= n
    return period


class _Asked(NamedTuple):
    """What a series on some days is asked: how much of it a wave of each frequency explains."""

    trend: Floats
    cosine: Floats
    sine: Floats
    of_cosine: Floats
    of_sine: Floats
    of_both: Floats

    @classmethod
    def of(cls, days: Floats, choices: Definitions) -> "_Asked":
        """Make the waves, without the level and the trend that a series also has."""
        centred = days - days.mean()
        trend = np.column_stack([np.full(days.size, days.size**-0.5), centred / np.sqrt(centred @ centred)])
        angle = 2 * np.pi * _frequencies(choices)[:, None] * days
        cosine, sine = np.cos(angle), np.sin(angle)
        cosine -= (cosine @ trend) @ trend.T
        sine -= (sine @ trend) @ trend.T
        sums = ((cosine**2).sum(axis=1), (sine**2).sum(axis=1), (cosine * sine).sum(axis=1))
        return cls(trend, cosine, sine, *(total[:, None] for total in sums))

    def without_trend(self, series: Floats) -> Floats:
        rest: Floats = series - self.trend @ (self.trend.T @ series)
        return rest

    def power(self, rest: Floats) -> Floats:
        """Give, for each frequency and series, the share of the variance that a wave explains."""
        along, across = self.cosine @ rest, self.sine @ rest
        explained = self.of_sine * along**2 - 2 * self.of_both * along * across + self.of_cosine * across**2
        determinant = self.of_cosine * self.of_sine - self.of_both**2
        power: Floats = explained / determinant / (rest**2).sum(axis=0)
        return power


def _frequencies(choices: Definitions) -> Floats:
    ends = (1 / choices.cycle_longest_days, 1 / choices.cycle_shortest_days)
    return np.linspace(*ends, choices.cycle_frequencies)


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
