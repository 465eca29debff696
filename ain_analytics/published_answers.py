"""How each published quantity is computed on one's own children, and what ought to have been computed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.published_group import Group
from ain_analytics.quantities import (
    HALF,
    Days,
    Estimate,
    mean_of,
    median_of,
    p_of_between,
    p_of_mean,
    p_of_median,
    p_of_reading,
    p_of_share,
    share_between,
    share_of,
)

Figure = dict[str, Any]
"""One row of `PublishedFigure`."""
PERCENT = 100.0
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
    p : float or None
        Of the hypothesis that both are estimates of one value; none where it cannot be tested.
    lacks : str
        Why it cannot.
    """

    own: Estimate
    better: Estimate | None
    better_quantity: str
    p: float | None
    lacks: str = ""


def _of_the_recovered(
    measure: Callable[[Days, float], Estimate],
    test: Callable[[Days, float, int | None], float],
    group: Group,
    figure: Figure,
) -> Answer:
    """Answer a median or mean that leaves out who has not recovered."""
    own = measure(group.days, group.definitions.confidence).times(1 / DAYS_PER_MONTH)
    better = group.median().times(1 / DAYS_PER_MONTH)
    what = f"median{' age at resolution' if figure['scale'] == 'age' else ''} {OF_ALL[figure['scale']]}"
    if not group.days.size:
        return Answer(own, better, what, None, "nobody here has recovered")
    return Answer(own, better, what, test(group.days, figure["value"] * DAYS_PER_MONTH, figure["n_behind"]))


def _median_of_all(group: Group, figure: Figure) -> Answer:
    """Answer a median of everybody, by the share unresolved at the published median."""
    own, what = group.median().times(1 / DAYS_PER_MONTH), f"median {OF_ALL[figure['scale']]}"
    reading = group.read(figure["value"] * DAYS_PER_MONTH)
    if reading is None:
        return Answer(own, own, what, None, f"the curve here does not hold at {figure['value']:.1f} months")
    p = p_of_reading(reading, HALF, figure["n_behind"], group.definitions.confidence)
    return Answer(own, own, what, p)


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
    published, published_n = figure["value"] / PERCENT, figure["n_behind"]
    if figure["computed_as"] == "crude":
        k = int((group.days <= at * DAYS_PER_MONTH).sum()) if at else group.days.size
        own = share_of(k, group.n, definitions.confidence).times(PERCENT)
        return Answer(own, curve, what, p_of_share(k, group.n, published, published_n))
    if reading is None or curve is None:
        return _nothing(group, what, f"the curve here does not hold at {months:g} months")
    p = p_of_reading(reading, 1 - published, published_n, definitions.confidence)
    return Answer(curve, curve, what, p)


def _between(group: Group, figure: Figure) -> Answer:
    """Answer a share that resolves in a window of time."""
    before, after = (group.read(figure[end] * DAYS_PER_MONTH) for end in ("lower", "upper"))
    window = f"from {figure['lower']:g} to {figure['upper']:g} months"
    what = f"share resolved {window} {OF_ALL[figure['scale']]}"
    if before is None or after is None:
        return _nothing(group, what, f"the curve here does not hold {window}")
    confidence = group.definitions.confidence
    own = share_between(before, after, confidence).times(PERCENT)
    p = p_of_between(before, after, figure["value"] / PERCENT, figure["n_behind"], confidence)
    return Answer(own, own, what, p)


def _nothing(group: Group, what: str, lacks: str) -> Answer:
    return Answer(Estimate(None, None, None, group.n), None, what, None, lacks)


ANSWERS: dict[str, Callable[[Group, Figure], Answer]] = {
    "median_among_recovered": partial(_of_the_recovered, median_of, p_of_median),
    "mean_among_recovered": partial(_of_the_recovered, mean_of, p_of_mean),
    "median_age_at_resolution": partial(_of_the_recovered, median_of, p_of_median),
    "median_unconditional": _median_of_all,
    "share_resolved": _share,
    "share_resolved_by": _share,
    "share_resolved_by_age": _share,
    "share_between": _between,
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
