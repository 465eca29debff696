"""How each published quantity is computed on one's own children, and what ought to have been computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.published_group import Group
from ain_analytics.published_tests import PERCENT, Figure, against_curve
from ain_analytics.quantities import Days, Estimate, mean_of, median_of, share_between, share_of

OF_ALL = {
    "duration": "of all children, by Kaplan–Meier",
    "age": "of all children, from their ages at onset and the Kaplan–Meier curve of durations",
}
OF_ALL["none"] = OF_ALL["duration"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What this registry has beside a figure, in the unit of the figure.

    Parameters
    ----------
    own : Estimate
        What the source computed.
    better : Estimate or None
        What ought to have been computed; none where the curve cannot tell.
    better_quantity : str
        What that is.
    """

    own: Estimate
    better: Estimate | None
    better_quantity: str


def _of_the_recovered(measure: Callable[[Days, float], Estimate], group: Group, figure: Figure) -> Answer:
    """Answer a median or mean that leaves out who has not recovered."""
    own = measure(group.days, group.definitions.confidence).times(1 / DAYS_PER_MONTH)
    better = group.median().times(1 / DAYS_PER_MONTH)
    what = f"median{' age at resolution' if figure['scale'] == 'age' else ''} {OF_ALL[figure['scale']]}"
    return Answer(own, better, what)


def _median_of_all(group: Group, figure: Figure) -> Answer:
    """Answer a median of everybody."""
    own = group.median().times(1 / DAYS_PER_MONTH)
    return Answer(own, own, f"median {OF_ALL[figure['scale']]}")


def _share(group: Group, figure: Figure) -> Answer:
    """Answer a share that has resolved, ever or by a time or an age.

    A share without a time has no counterpart of everybody but one by some time: the study's horizon.
    """
    at, definitions = figure["at_months"], group.definitions
    months = at or definitions.rmst_months
    reading = group.read(months * DAYS_PER_MONTH)
    curve = None if reading is None else reading.resolved().times(PERCENT)
    by = "the age of " if figure["scale"] == "age" else ""
    what = f"share resolved by {by}{months:g} months {OF_ALL[figure['scale']]}"
    if figure["computed_as"] == "crude":
        k = int((group.days <= at * DAYS_PER_MONTH).sum()) if at else group.days.size
        return Answer(share_of(k, group.n, definitions.confidence).times(PERCENT), curve, what)
    return Answer(curve or _nothing(group), curve, what)


def _between(group: Group, figure: Figure) -> Answer:
    """Answer a share that resolves in a window of time."""
    before, after = (group.read(figure[end] * DAYS_PER_MONTH) for end in ("lower", "upper"))
    what = f"share resolved from {figure['lower']:g} to {figure['upper']:g} months {OF_ALL[figure['scale']]}"
    if before is None or after is None:
        return Answer(_nothing(group), None, what)
    own = share_between(before, after, group.definitions.confidence).times(PERCENT)
    return Answer(own, own, what)


def _curve(group: Group, figure: Figure) -> Answer:
    """Answer a published curve by the resolutions seen of 100 that it expects."""
    found = against_curve(group, figure)
    ratio = Estimate(found["ratio"], found["lower"], found["upper"], group.n).times(PERCENT)
    return Answer(ratio, None, "none")


def _nothing(group: Group) -> Estimate:
    return Estimate(None, None, None, group.n)


ANSWERS: dict[str, Callable[[Group, Figure], Answer]] = {
    "median_among_recovered": partial(_of_the_recovered, median_of),
    "mean_among_recovered": partial(_of_the_recovered, mean_of),
    "median_age_at_resolution": partial(_of_the_recovered, median_of),
    "median_unconditional": _median_of_all,
    "share_resolved": _share,
    "share_resolved_by": _share,
    "share_resolved_by_age": _share,
    "share_between": _between,
    "curve": _curve,
}
"""How each quantity is computed here; the others have no counterpart."""


def shares_at_ends(group: Group, figure: Figure) -> str:
    """Say, for a window that cannot be tested, how many are resolved at its ends."""
    ends = [figure[name] for name in ("lower", "upper", "value") if figure[name] is not None]
    read = {months: group.read(months * DAYS_PER_MONTH) for months in ends}
    said = [
        f"{PERCENT * (1 - reading.unresolved):.1f} % by {months:.1f} months"
        for months, reading in read.items()
        if reading is not None
    ]
    return f"resolved here {OF_ALL[figure['scale']]}: {' and '.join(said)}" if said else ""
