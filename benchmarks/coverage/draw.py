"""Registries of which the truth is known in closed form, as FollowUp frames.

Time to resolution is Weibull; one child in two has the trait `mild`, which multiplies the rate of
resolution, so that both the Cox and the accelerated failure time model hold. A competing event comes at
a constant rate. Whether a child is unresolved is seen at visits only; a child drops out at a constant
rate, and the extract ends at a day that differs by child.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import brentq

MONTH = 365.25 / 12
SHAPE = 1.5
MEDIAN_MONTHS = 18.0
"""Of children without the trait."""
RATE_RATIO = 1.5
COMPETING_BY_24_MONTHS = 0.08
LOST_BY_24_MONTHS = {"few": 0.10, "many": 0.40}
EXTRACT_MONTHS = (30.0, 84.0)
"""From the first onset of the registry to its extract: the shortest and the longest follow-up possible."""
ENTRY_MONTHS = 12.0
"""With delayed entry, half of the children are enrolled later than at onset, by up to so long."""
NEVER = 10**6

Floats = NDArray[np.float64]
_SCALE = MEDIAN_MONTHS * MONTH / np.log(2) ** (1 / SHAPE)
_COMPETING = -np.log(1 - COMPETING_BY_24_MONTHS) / (24 * MONTH)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way of observing.

    Parameters
    ----------
    n : int
        Children followed.
    visit_months : float
        Mean time between visits, which differs by half of it; 0: the day of resolution is known.
    has_entry : bool
    lost : {"few", "many"}
    """

    n: int
    visit_months: float
    has_entry: bool = False
    lost: str = "few"

    @property
    def name(self) -> str:
        """Name it, as files and tables do."""
        seen = f"visits {self.visit_months:g} mo" if self.visit_months else "day known"
        entry = ", late entry" if self.has_entry else ""
        return f"n {self.n}, {seen}{entry}{', many lost' if self.lost == 'many' else ''}"


SCENARIOS = (
    *(Scenario(n, months) for n in (50, 200, 1000) for months in (1, 3, 6)),
    Scenario(200, 0),
    Scenario(200, 3, has_entry=True),
    Scenario(200, 3, lost="many"),
    Scenario(200, 0, has_entry=True, lost="many"),
)


def share_unresolved(days: float, *, mild: float | None = None) -> float:
    """Give the true share unresolved, of those with or without the trait, or of all."""
    plain = float(np.exp(-((days / _SCALE) ** SHAPE)))
    if mild is not None:
        return plain ** (RATE_RATIO**mild)
    return (plain + plain**RATE_RATIO) / 2


def median_days() -> float:
    """Give the true median of all children."""
    return float(brentq(lambda days: share_unresolved(days) - 0.5, 1, 5000))


def restricted_mean(months: float, *, mild: float | None = None) -> float:
    """Give the true restricted mean in days."""
    grid = np.linspace(0, months * MONTH, 20001)
    return float(np.trapezoid([share_unresolved(day, mild=mild) for day in grid], grid))


def incidence(months: float) -> float:
    """Give the true share that has resolved by then while the other event had not come before."""
    grid = np.linspace(0, months * MONTH, 20001)
    shares = np.array([share_unresolved(day) for day in grid])
    middle = np.exp(-_COMPETING * (grid[1:] + grid[:-1]) / 2)
    return float(np.sum(middle * -np.diff(shares)))


def draw(scenario: Scenario, rng: np.random.Generator) -> pl.DataFrame:
    """Draw a registry: one row per child that was followed, as FollowUp has it.

    Children who are not followed, because they resolved, had the other event, or were lost before
    their enrolment, are drawn again.
    """
    parts: list[pl.DataFrame] = []
    n = 0
    while n < scenario.n:
        parts.append(_drawn(scenario, scenario.n, rng))
        n += parts[-1].height
    rows = pl.concat(parts).head(scenario.n)
    return rows.with_columns(
        pl.int_range(rows.height).cast(pl.String).alias("patient_id"),
        pl.lit(1, pl.Int32).alias("episode_number"),
    )


def _drawn(scenario: Scenario, n: int, rng: np.random.Generator) -> pl.DataFrame:
    mild = rng.integers(0, 2, n)
    resolved = np.ceil(_SCALE * (rng.exponential(size=n) / RATE_RATIO**mild) ** (1 / SHAPE))
    competing = np.ceil(rng.exponential(1 / _COMPETING, n))
    lost_rate = -np.log(1 - LOST_BY_24_MONTHS[scenario.lost]) / (24 * MONTH)
    entry = np.zeros(n)
    if scenario.has_entry:
        entry = np.where(rng.random(n) < 0.5, 0, np.ceil(rng.uniform(0, ENTRY_MONTHS * MONTH, n)))
    end = np.minimum(
        entry + np.ceil(rng.exponential(1 / lost_rate, n)), np.floor(rng.uniform(*EXTRACT_MONTHS, n) * MONTH)
    )
    lower, upper = _seen(resolved, entry, scenario.visit_months * MONTH, rng)
    event = np.minimum(resolved, competing)
    is_followed = (event > entry) & (end > entry)
    is_resolved = (resolved <= competing) & (upper <= end)
    is_competing = (competing < resolved) & (competing <= end)
    last = np.minimum(end, np.where(is_competing, competing, NEVER))
    lower = np.where(is_resolved, lower, _last_visit(lower, last, entry, scenario, rng))
    exit_days = np.where(is_resolved, upper, np.where(is_competing, competing, lower))
    is_followed &= exit_days > entry
    return pl.DataFrame(
        {
            "mild": mild,
            "entry_days": entry.astype(np.int32),
            "lower_days": np.where(is_competing, np.minimum(lower, exit_days), lower).astype(np.int32),
            "upper_days": pl.Series(np.where(is_resolved, upper, -1).astype(np.int32)).replace(-1, None),
            "exit_days": exit_days.astype(np.int32),
            "is_resolved": is_resolved,
            "competing_event": pl.Series(np.where(is_competing, "death", "")).replace("", None),
            "true_days": resolved.astype(np.int32),
        }
    ).filter(pl.Series(is_followed))


def _seen(resolved: Floats, entry: Floats, apart: float, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Give the last visit before each resolution and the first on or after it."""
    if apart == 0:
        return np.maximum(resolved - 1, entry), resolved
    lower, upper = entry.copy(), entry.copy()
    while (is_before := upper < resolved).any():
        lower = np.where(is_before, upper, lower)
        upper = np.where(is_before, upper + np.ceil(rng.uniform(0.5, 1.5, len(upper)) * apart), upper)
    return lower, upper


def _last_visit(
    lower: Floats, last: Floats, entry: Floats, scenario: Scenario, rng: np.random.Generator
) -> Floats:
    """Give the last visit of a child that was not seen to resolve: unresolved, and while it was followed."""
    if scenario.visit_months == 0:
        return np.minimum(lower, last)
    back = np.floor(rng.uniform(0, scenario.visit_months * MONTH, len(last)))
    return np.maximum(np.where(lower <= last, lower, last - back), entry)
