"""Whether a published value and one's own may be estimates of one truth: the test of each quantity.

A median among the recovered depends on how long children were followed, which is seldom printed. Where a
source says how many of how many recovered, one's own children are tested as they were followed, and as if
they had been recruited evenly over just so long that this share had recovered; p is the larger one, 1 where
the published value lies between the two (our choice). Where it does not say of how many, a smaller value may
owe to a shorter time of follow-up alone, and a larger one to a longer, unless hardly anybody is unresolved
here where the curve ends; then there is no test but a reason. So it is with a share of all children by a
time, followed so long or not: less may owe to a shorter follow-up, more must also exceed the curve.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.stats import norm

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.one_sample import one_sample_log_rank
from ain_analytics.published_group import Group
from ain_analytics.quantities import (
    HALF,
    Days,
    Estimate,
    Reading,
    mean_of,
    median_of,
    p_of_between,
    p_of_mean,
    p_of_median,
    p_of_reading,
    p_of_share,
)

Figure = dict[str, Any]
"""One row of `PublishedFigure`."""
PERCENT = 100.0
NEAR = HALF / PERCENT
"""How near a share is found that is told in per cent."""


@dataclass(frozen=True, slots=True)
class Tested:
    """The p of the hypothesis that both are estimates of one value, and the test; or why there is none.

    `more` is one's own value less the published one, in any unit.
    """

    p: float | None
    test: str
    lacks: str = ""
    more: float = 0.0


@dataclass(frozen=True, slots=True)
class OfTheRecovered:
    """A median or mean that leaves out who has not recovered."""

    measure: Callable[[Days, float], Estimate]
    p_of: Callable[[Days, float, int | None], float]
    names: tuple[str, str]
    """The test where the published number is known, and where it is not."""

    def __call__(self, group: Group, figure: Figure) -> Tested:
        """Test it as followed here, and as followed there."""
        test = self.names[figure["n_behind"] is None]
        if not group.days.size:
            return Tested(None, "none", "nobody here has recovered")
        published = figure["value"] * DAYS_PER_MONTH
        samples = [group.days]
        if figure["n_followed"] is not None:
            cut = group.days_as_followed(figure["n_behind"] / figure["n_followed"])
            samples += [cut] if cut.size >= group.definitions.minimum_at_risk else []
        values = list(map(self._value, samples))
        more = min(values, key=lambda value: abs(value - published)) - published
        if min(values) <= printed_near(figure, min(values)) <= max(values):
            return Tested(1.0, test, more=more)
        p = [
            self.p_of(days, printed_near(figure, value), figure["n_behind"])
            for days, value in zip(samples, values, strict=True)
        ]
        found = Tested(max(p), test, more=more)
        is_apart = max(p) < 1 - group.definitions.confidence
        return self._unless_followed_otherwise(found, group, figure) if is_apart else found

    def _value(self, days: Days) -> float:
        return float(self.measure(days, HALF).value or 0)

    def _unless_followed_otherwise(self, found: Tested, group: Group, figure: Figure) -> Tested:
        """Leave a difference alone, or say that another time of follow-up could explain it."""
        if figure["n_followed"] is not None:
            return found
        here = self._value(group.days) / DAYS_PER_MONTH
        unknown = "the source does not say how many of all its children had recovered, and "
        both = f"{figure['value']:.1f} months there and {here:.1f} here can be one course followed for "
        if found.more > 0:
            share = self._share_that_gives(group, figure["value"] * DAYS_PER_MONTH)
            as_there = f"a shorter time there, in which about {PERCENT * share:.0f} % recover"
            return Tested(None, "none", unknown + both + as_there)
        last = group.last_reading()
        if last is None or last.unresolved > 1 - group.definitions.confidence:
            return Tested(None, "none", unknown + both + "a longer time there")
        return found

    def _share_that_gives(self, group: Group, published: float) -> float:
        """Find the share of recovered at which one's own children would have given the published value."""
        low, high = 0.0, 1.0
        while high - low > NEAR:
            middle = (low + high) / 2
            days = group.days_as_followed(middle)
            is_less = not days.size or self._value(days) < published
            low, high = (middle, high) if is_less else (low, middle)
        return high


def printed_near(figure: Figure, own: float, unit: float = DAYS_PER_MONTH) -> float:
    """Give the value, in days or so many of another unit, nearest to one's own of those printed in this way.

    A printed 17 months is anything from 16.5 to 17.5.
    """
    value, half = (figure[name] * unit for name in ("value", "rounding"))
    return float(min(max(own, value - half), value + half))


def _median_of_all(group: Group, figure: Figure) -> Tested:
    """Test a median of everybody by the share unresolved at the published median."""
    own = group.median().value
    value = figure["value"] * DAYS_PER_MONTH
    day = value if own is None else printed_near(figure, own)
    reading = group.read(day)
    if reading is None:
        return Tested(None, "none", f"the curve here does not hold at {figure['value']:.1f} months")
    if day == own:
        return Tested(1.0, "curve")
    p = p_of_reading(reading, HALF, figure["n_behind"], group.definitions.confidence)
    return Tested(p, "curve", more=reading.unresolved - HALF)


def _share_by(group: Group, figure: Figure) -> Tested:
    """Test a share that has resolved by a time or an age."""
    at = figure["at_months"]
    reading = group.read(at * DAYS_PER_MONTH)
    of_curve = None if reading is None else _p_of_curve(reading, figure, group)
    if figure["computed_as"] == "actuarial":
        lacks = f"the curve here does not hold at {at:g} months"
        if reading is None or of_curve is None:
            return Tested(None, "none", lacks)
        return Tested(of_curve, "curve", more=1 - reading.unresolved - figure["value"] / PERCENT)
    k = int((group.days <= at * DAYS_PER_MONTH).sum())
    crude = share_tested(k, group.n, figure)
    if (crude.p or 0) >= 1 - group.definitions.confidence:
        return crude
    if of_curve is None or crude.more > 0:
        return Tested(
            None,
            "none",
            f"a share of all children, of whom some are followed for less than {at:g} months, can be "
            f"{figure['value']:.1f} % there and {PERCENT * k / group.n:.1f} % here for that alone",
        )
    return Tested(max(crude.p or 0, of_curve), crude.test, more=crude.more)


def share_tested(k: int, n: int, figure: Figure) -> Tested:
    """Test k of n against a published share: Fisher's test, or the binomial one where its n is not known."""
    p = p_of_share(k, n, _near(figure, k / n), figure["n_behind"])
    test = "binomial" if figure["n_behind"] is None else "fisher"
    return Tested(p, test, more=k / n - figure["value"] / PERCENT)


def _share_ever(group: Group, figure: Figure) -> Tested:
    """Test a share that says no time: it can differ only by being more than ever resolve here.

    Where it is another than the crude one here, but not more than the curve ends with, another length of
    follow-up would do that alone, so nothing can be said.
    """
    k, level = group.days.size, 1 - group.definitions.confidence
    crude = share_tested(k, group.n, figure)
    if (crude.p or 0) >= level:
        return crude
    last = group.last_reading()
    if last is not None and figure["value"] / PERCENT > 1 - last.unresolved:
        most = max(crude.p or 0, _p_of_curve(last, figure, group))
        if most < level:
            return Tested(most, "curve", more=crude.more)
    here = PERCENT * k / group.n
    return Tested(
        None,
        "none",
        f"the share says no time, and {figure['value']:.1f} % there and {here:.1f} % here "
        "can be the same course followed for different times",
    )


def _between(group: Group, figure: Figure) -> Tested:
    """Test a share that resolves in a window of time."""
    before, after = (group.read(figure[end] * DAYS_PER_MONTH) for end in ("lower", "upper"))
    if before is None or after is None:
        window = f"from {figure['lower']:g} to {figure['upper']:g} months"
        return Tested(None, "none", f"the curve here does not hold {window}")
    here, confidence = before.unresolved - after.unresolved, group.definitions.confidence
    p = p_of_between(before, after, _near(figure, here), figure["n_behind"], confidence)
    return Tested(p, "curve_difference", more=here - figure["value"] / PERCENT)


def _p_of_curve(reading: Reading, figure: Figure, group: Group) -> float:
    published = _near(figure, 1 - reading.unresolved)
    return p_of_reading(reading, 1 - published, figure["n_behind"], group.definitions.confidence)


def _near(figure: Figure, own: float) -> float:
    """Give the share nearest to one's own of those that are printed in this way."""
    value, half = figure["value"] / PERCENT, figure["rounding"] / PERCENT
    return float(min(max(own, value - half, 0.0), value + half, 1.0))


def against_curve(group: Group, figure: Figure) -> dict[str, Any]:
    """Hold resolutions against those that a published curve expects, up to its last point.

    Between its points the hazard is taken to be constant.
    """
    months = np.array([0.0, *figure["curve_months"]]) * DAYS_PER_MONTH
    hazards = -np.log([1.0, *figure["curve_unresolved"]])
    last = int(months[-1])
    exits = pl.col("exit_days") * group.stretch
    rows = group.rows.select(
        pl.col("entry_days"),
        exits.clip(upper_bound=last).round().cast(pl.Int32).alias("exit_days"),
        pl.col("is_resolved") & (exits <= last),
    ).filter(pl.col("exit_days") > pl.col("entry_days"))
    test = one_sample_log_rank(
        rows, lambda days: np.interp(days, months, hazards), definitions=group.definitions
    )
    return test.table.row(0, named=True)


def _curve(group: Group, figure: Figure) -> Tested:
    """Test a published curve by the one-sample log-rank test; where its n is known, it errs as well."""
    found = against_curve(group, figure)
    seen, expected = found["n_resolved"], found["n_expected"]
    p = float(found["exact_p"])
    if figure["n_behind"] is not None and seen:
        theirs = figure["n_behind"] * (1 - figure["curve_unresolved"][-1])
        error = np.sqrt(1 / seen + 1 / max(theirs, 1.0))
        p = float(2 * norm.sf(abs(np.log(seen / expected)) / error))
    return Tested(p, "one_sample_log_rank", more=seen - expected)


_median = OfTheRecovered(median_of, p_of_median, ("order_statistics", "sign"))
TESTS: dict[str, Callable[[Group, Figure], Tested]] = {
    "median_among_recovered": _median,
    "mean_among_recovered": OfTheRecovered(mean_of, p_of_mean, ("student", "student")),
    "median_age_at_resolution": _median,
    "median_unconditional": _median_of_all,
    "share_resolved": _share_ever,
    "share_resolved_by": _share_by,
    "share_resolved_by_age": _share_by,
    "share_between": _between,
    "curve": _curve,
}
"""The test of each quantity; the others have none."""


def rules_out(group: Group, figure: Figure) -> bool:
    """Tell whether a course longer or shorter by the ratio of equivalence is ruled out on either side.

    Two one-sided tests, each of one's own children with their course drawn out or pressed together
    (Schuirmann 1987, doi:10.1007/BF01068419).
    """
    d = group.definitions
    level = 2 * (1 - d.confidence)
    ratios = (d.equivalence_ratio, 1 / d.equivalence_ratio)
    long, short = (TESTS[figure["quantity"]](group.stretched(ratio), figure) for ratio in ratios)
    are_apart = long.more * short.more < 0
    return are_apart and all(one.p is not None and one.p < level for one in (long, short))
