"""The curve when the lost recover at another rate than those who are followed, or had recovered unseen."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ain_analytics.step_curve import Floats

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Episodes, one entry of each array per row; `child` numbers the children from 0."""

    entry: Ints
    exit: Ints
    is_resolved: NDArray[np.bool_]
    is_lost: NDArray[np.bool_]
    child: Ints

    @property
    def days(self) -> Ints:
        """Days on which a curve may step, whatever is assumed of the lost, up to the last one followed."""
        found = np.union1d(self.exit[self.is_resolved | self.is_lost], self.exit[self.is_lost] + 1)
        days: Ints = found[found <= self.exit.max()].astype(np.int64)
        return days


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Weighted numbers, samples by days: at risk just before the day, resolved on it, lost on it."""

    at_risk: Floats
    resolved: Floats
    lost: Floats

    def hazard(self) -> Floats:
        """Share of those at risk that resolves on each day."""
        hazard: Floats = self.resolved / np.where(self.at_risk > 0, self.at_risk, 1)
        return hazard


def counted(rows: Rows, days: Ints, weights: Floats) -> Counts:
    """Count those at risk and those who leave, under each row of weights (samples by episodes)."""
    enters = np.searchsorted(days, rows.entry, side="right")
    leaves = np.searchsorted(days, rows.exit, side="right")
    on = np.searchsorted(days, rows.exit)
    size = len(days) + 1

    def sums(place: Ints, weight: Floats) -> Floats:
        return np.stack([np.bincount(place, one, size)[:-1] for one in weight]).astype(float)

    return Counts(
        at_risk=np.cumsum(sums(enters, weights) - sums(leaves, weights), axis=1),
        resolved=sums(on, weights * rows.is_resolved),
        lost=sums(on, weights * rows.is_lost),
    )


def by_ratio(counts: Counts, ratios: Floats) -> Floats:
    """Let the lost recover so many times as fast as those still followed.

    The population has two pools, shares of all: followed and unresolved, lost and unresolved. On each day
    the followed resolve at the observed share h, and the lost pool is multiplied by (1 − h)^ratio; then
    some of the followed are lost. Ratio 1 is Kaplan–Meier; ratio 0 is one minus the Aalen–Johansen share
    of resolution, with the loss for its competing event. Whoever is censored by the end of the data
    stands for both pools, because such a child too may be lost later on.

    Parameters
    ----------
    counts : Counts
    ratios : one for each curve

    Returns
    -------
    array, samples by ratios by days
        Share unresolved just after each day.
    """
    kept = 1 - counts.hazard()
    left = counts.at_risk - counts.resolved
    loss = counts.lost / np.where(left > 0, left, 1)
    n_samples, n_days = kept.shape
    followed, gone = np.ones(n_samples), np.zeros((n_samples, len(ratios)))
    curve = np.empty((n_samples, len(ratios), n_days))
    for day in range(n_days):
        followed = followed * kept[:, day]
        gone = gone * kept[:, day, None] ** ratios + (followed * loss[:, day])[:, None]
        followed = followed * (1 - loss[:, day])
        curve[:, :, day] = followed[:, None] + gone
    return curve


def by_share_unseen(counts: Counts, days: Ints, shares: Floats) -> Floats:
    """Let so large a share of the lost have resolved on the day after their last count.

    Each lost child is split: the share resolves a day later, the rest is censored. Where nobody else is
    followed on that day, nothing is known and the curve stays as it is.

    Returns
    -------
    array, samples by shares by days
    """
    before = np.zeros_like(counts.lost)
    follows = np.flatnonzero(np.diff(days) == 1)
    before[:, follows + 1] = counts.lost[:, follows]
    unseen = before[:, None, :] * shares[:, None]
    at_risk, resolved = counts.at_risk[:, None, :], counts.resolved[:, None, :]
    is_followed = at_risk > 0
    hazard = np.where(is_followed, (resolved + unseen) / np.where(is_followed, at_risk + unseen, 1), 0.0)
    curve: Floats = np.cumprod(1 - hazard, axis=2)
    return curve
