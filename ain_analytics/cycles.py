"""Whether counts go up and down in a cycle: a periodogram of frequent counts, held against chance.

Counts of one child are persistent: a low one follows a low one. A periodogram that takes them for
independent finds cycles in mere wandering, so it is held against random series of the same
persistence (a first-order autoregression on the days of the counts, Schulz and Mudelsee 2002,
doi:10.1016/S0098-3004(01)00044-9). It is asked when the weeks of frequent counts are full, and
again after as many weeks more; what each look may find by chance adds up to the false alarm of
the definition, so looking often finds no more. A look uses counts up to its day only.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.registry import Registry

Floats = npt.NDArray[np.floating]
"""Numbers of double precision; single precision in random series, of which only ranks are asked."""
Days = npt.NDArray[np.int32]
KEY = ["patient_id", "episode_number"]
SERIES_REMEMBERED = 10_000
"""Episodes with frequent counts whose answer is kept for another definition with the same counts."""
_GRID, _ZOOMS = np.linspace(-1, 1, 17), 5
"""The persistence is looked for on a grid whose steps become eight times finer, so many times."""
_SOME = 100
"""So many series without a cycle are enough to tell most others that have none."""


def cyclic_facts(registry: Registry) -> pl.DataFrame:
    """Find the episodes whose frequent counts have the period of a cycle.

    Where regular nadirs have told the cycle before, nobody looks.

    Returns
    -------
    polars.DataFrame
        One row per such episode: its key, `evidence`, `known_on`, `detail`, `table_name`.
    """
    nadirs = registry.connection.sql(
        "select patient_id, episode_number, known_on as told_on from known_fact "
        "where evidence = 'regular_nadirs'"
    ).pl()
    counts = registry.frame("dense_count").join(nadirs, on=KEY, how="left").sort(*KEY, "sampled_on")
    starts = counts.select(pl.struct(KEY).rle_id().alias("run"))["run"].to_numpy()
    edges = np.flatnonzero(np.diff(starts, prepend=-1, append=starts[-1] + 1 if starts.size else 0))
    series = _Series(
        counts["sampled_on"].to_physical().to_numpy(),
        counts["dense_on"].to_physical().to_numpy(),
        counts["anc"].to_numpy(),
        counts["is_unresolved"].to_numpy(),
        counts["told_on"].to_physical().fill_null(np.iinfo(np.int32).max).to_numpy(),
    )
    choices = _of_cycles(registry.definitions)
    looked = (
        (first, _first_found(series.part(first, after).as_bytes(), choices))
        for first, after in pairwise(edges.tolist())
    )
    found = [(first, seen[0], f"period of {seen[1]:.1f} days") for first, seen in looked if seen]
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

    def as_bytes(self) -> tuple[bytes, ...]:
        return tuple(column.tobytes() for column in self)

    @classmethod
    def of_bytes(cls, columns: tuple[bytes, ...]) -> "_Series":
        kinds = (np.int32, np.int32, np.float64, np.bool_, np.int32)
        return cls._make(np.frombuffer(column, kind) for column, kind in zip(columns, kinds, strict=True))


def _of_cycles(choices: Definitions) -> Definitions:
    """Give the choices that a periodogram reads, all others as in the textbook."""
    read: dict[str, Any] = {
        name: value for name, value in choices.value_rows().items() if name.startswith("cycle_")
    }
    read |= {name: getattr(choices, name) for name in ("severe_below", "moderate_below")}
    return replace(TEXTBOOK, **read)


@lru_cache(maxsize=SERIES_REMEMBERED)
def _first_found(columns: tuple[bytes, ...], choices: Definitions) -> tuple[int, float] | None:
    """Look at one episode; another definition often has the same counts, so the answer is remembered."""
    counts = _Series.of_bytes(columns)
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
    rest = asked.rest @ np.sqrt(anc)
    if not rest @ rest > np.finfo(float).eps * anc.sum():
        return None
    power = asked.power(rest[:, None])[:, 0]
    strongest = int(power.argmax())
    period = float(1 / _frequencies(choices)[strongest])
    if not choices.cycle_min_days <= period <= choices.cycle_max_days:
        return None
    allowed = level * (choices.cycle_surrogates + 1) - 1
    noise = _noise(choices.cycle_seed, choices.cycle_surrogates, 1 << (days.size - 1).bit_length())
    wandering = asked.after(_wandering(days, _persistence(days, rest)))
    n_higher, done = 0, 0
    for until in (min(_SOME, choices.cycle_surrogates), choices.cycle_surrogates):
        power_by_chance = wandering.power(noise[: days.size, done:until])
        n_higher += int((power_by_chance.max(axis=0) >= power[strongest]).sum())
        if n_higher > allowed:
            return None
        done = until
    return period


class _Asked(NamedTuple):
    """What a series is asked: how much of what no trend explains a wave of each frequency does."""

    waves: Floats
    rest: Floats

    @classmethod
    def of(cls, days: Floats, choices: Definitions) -> "_Asked":
        """Make the waves, two of each frequency, at right angles to level and trend and to each other."""
        centred = days - days.mean()
        trend = np.column_stack([np.full(days.size, days.size**-0.5), centred / np.sqrt(centred @ centred)])
        rest = np.eye(days.size) - trend @ trend.T
        angle = 2 * np.pi * _frequencies(choices)[:, None] * days
        cosine, sine = _of_length_one(np.cos(angle) @ rest), np.sin(angle) @ rest
        sine -= (sine * cosine).sum(axis=1, keepdims=True) * cosine
        return cls(np.concatenate([cosine, _of_length_one(sine)]), rest)

    def after(self, made: Floats) -> "_Asked":
        """Ask the same of series that are so made of others, in single precision."""
        return _Asked((self.waves @ made).astype(np.float32), (self.rest @ made).astype(np.float32))

    def power(self, series: Floats) -> Floats:
        """Give, for each frequency and series, the share of the variance that a wave explains."""
        along = self.waves @ series
        along *= along
        half = self.waves.shape[0] // 2
        rest = self.rest @ series
        power: Floats = (along[:half] + along[half:]) / np.einsum("ij,ij->j", rest, rest)
        return power


def _of_length_one(waves: Floats) -> Floats:
    """Scale each wave; one that the days cannot tell from a trend or another wave explains nothing."""
    length = np.sqrt((waves**2).sum(axis=1, keepdims=True))
    is_told = length > np.sqrt(np.finfo(float).eps)
    return np.where(is_told, waves / np.where(is_told, length, 1.0), 0.0)


def _frequencies(choices: Definitions) -> Floats:
    ends = (1 / choices.cycle_longest_days, 1 / choices.cycle_shortest_days)
    return np.linspace(*ends, choices.cycle_frequencies)


def _persistence(days: Floats, rest: Floats) -> float:
    """Estimate how much of a deviation is left after a day, by maximum likelihood on ever finer grids."""
    values, gaps = rest / rest.std(), np.diff(days)
    best, step = 0.5, 0.5
    for _ in range(_ZOOMS):
        share = np.clip(best + step * _GRID, np.finfo(np.float32).eps, 1 - np.finfo(np.float32).eps)
        left = share[:, None] ** gaps
        spread = 1 - left**2
        unlikeliness = (np.log(spread) + (values[1:] - left * values[:-1]) ** 2 / spread).sum(axis=1)
        best, step = float(share[unlikeliness.argmin()]), step * (_GRID[1] - _GRID[0])
    return best


def _wandering(days: Floats, persistence: float) -> Floats:
    """Give the matrix that makes of noise a series without a cycle, each count leaning on the one before."""
    left = persistence ** np.maximum(days[:, None] - days, 0.0)
    new = np.sqrt(1 - persistence ** (2 * np.diff(days, prepend=-np.inf)))
    wandering: Floats = np.tril(left) * new
    return wandering


@lru_cache(maxsize=16)
def _noise(seed: int, n: int, n_days: int) -> Floats:
    """Draw noise, one series a column; a longer one begins with the same rows."""
    return np.random.default_rng(seed).standard_normal((n_days, n), dtype=np.float32)
