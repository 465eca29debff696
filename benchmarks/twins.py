"""How often the verdict on a published figure is right, on made-up twins of published designs.

    python -m benchmarks.twins                     # every design, on two processes; goes on where it was
    python -m benchmarks.twins --designs R041 R009 --repetitions 50 --fresh

A twin of a published study is drawn with its number of children, its quantity, its day zero, its landmark and
a time of recruitment that gives its share of recovered; the figure is computed and rounded as the paper did.
A registry of its own, of 200 children of the class who are recruited over 16 years, is drawn from the same
truth (median 17 months) or from one whose median is 30 % longer. Children, visits and drop-out are the
simulator's; here a child counts as resolved from its first visit after the true resolution on. The designs
marked `whole chain` make, read, derive and classify registries of all classes instead.

Scenarios: `same` truth, followed as the source or over 16 years as `own`; `longer` truth, with the published
number and with at least 200. Each row of `results/twins.csv` says of one of them how often the verdict was
compatible, different or not comparable, how often a course 30 % longer or shorter was ruled out, and the
Monte Carlo error of the share that the scenario asks for. `attainable` is how often a longer truth would be
seen by somebody who has the two numbers and knows, from as many pairs of one truth, within what 95 % of
their differences lie: what a figure does not tell, no verdict can.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

import ain_analytics as ain
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.published import compare
from ain_analytics.published_answers import ANSWERS
from ain_analytics.published_followed import Followed
from ain_analytics.published_group import AgedGroup, Group
from ain_analytics.published_tests import TESTS, rules_out
from ain_analytics.quantities import HALF
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import PublishedFigure
from ain_analytics.step_curve import normal_quantile
from ain_analytics.synthetic import NaturalHistory
from ain_analytics.synthetic.boosts import draw_boosts
from ain_analytics.synthetic.children import draw_children
from ain_analytics.synthetic.visits import draw_visits

RESULT = Path(__file__).parent / "results" / "twins.csv"
OWN, LARGE, LONGER = 200, 200, 1.3
CLOSED = date(2024, 6, 30)
DIAGNOSED_AFTER, PARTS = 30, 10
RECOVERED = ("median_among_recovered", "mean_among_recovered", "median_age_at_resolution")


class QuickCurve:
    """A Kaplan–Meier curve with delayed entry and log limits, as far as `Group` reads it.

    `resolution_curve` makes tables and summaries of the same estimate, which a study of thousands cannot
    afford; `check_quick` holds one against the other.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        fit = kaplan_meier(rows)
        self.days, self.share = fit.curve.days, fit.curve.unresolved
        with np.errstate(invalid="ignore"):
            margin = normal_quantile(TEXTBOOK.confidence) * np.sqrt(fit.log_variance)
            self.lower = np.where(self.share > 0, self.share * np.exp(-margin), np.nan)
            self.upper = np.where(self.share > 0, np.minimum(self.share * np.exp(margin), 1.0), np.nan)
        self.n = rows.height
        self.steps = pl.DataFrame({"days": self.days, "unresolved": self.share, "lower": self.lower})

    def value(self, name: str) -> tuple[float | None, float | None, float | None]:
        """Give the number of children, or the first day on which half have resolved."""
        if name == "n":
            return float(self.n), None, None
        reached = self.days[self.share <= HALF + 1e-9]
        return (float(reached[0]) if reached.size else None), None, None

    def at(self, days: list[float]) -> pl.DataFrame:
        """Read one day."""
        place = int(np.searchsorted(self.days, days[0], "right")) - 1
        is_beyond = days[0] > self.days[-1] and self.share[-1] > 0
        read = [None if is_beyond else float(x[place]) for x in (self.share, self.lower, self.upper)]
        names = ("unresolved", "lower", "upper")
        return pl.DataFrame(
            {k: [None if v is None or np.isnan(v) else v] for k, v in zip(names, read, strict=True)},
            schema=dict.fromkeys(names, pl.Float64),
        )


class QuickGroup(Group):
    """Children with a quick curve."""

    @cached_property
    def curve(self) -> Any:
        """The quick curve."""
        return QuickCurve(self.rows)


class QuickAgedGroup(AgedGroup):
    """The same on the scale of age."""

    @cached_property
    def curve(self) -> Any:
        """The quick curve."""
        return QuickCurve(self.rows)


def check_quick() -> None:
    """Stop where the quick curve is not that of the program."""
    rng = np.random.default_rng(1)
    rows = rows_of(OWN, history(1.0, 6, only_primary=True), FIGURES["R041"], rng)
    ours, quick = Group(rows, TEXTBOOK), QuickGroup(rows, TEXTBOOK)
    for day in (100.0, 400.0, 731.0):
        a, b = ours.read(day), quick.read(day)
        assert a is not None
        assert b is not None
        assert np.allclose([a.unresolved, a.lower, a.upper], [b.unresolved, b.lower, b.upper])
    assert ours.median().value == quick.median().value
    assert np.array_equal(ours.days_as_followed(0.5), quick.days_as_followed(0.5))


class Judged(NamedTuple):
    """The verdict on one pair, whether another course is ruled out, and how far apart the numbers are."""

    verdict: str
    is_ruled_out: bool = False
    gap: float | None = None


@dataclass(frozen=True)
class Design:
    """One published figure: so many children, recruited over so many years."""

    figure_id: str
    n: int
    years: float
    is_whole_chain: bool = False


DESIGNS = (
    Design("T01a", 200, 16), Design("T03a", 200, 16), Design("T03c", 200, 16),
    Design("R004", 240, 16), Design("R006", 5, 16), Design("R009", 41, 12), Design("R012", 37, 5),
    Design("R020", 24, 8), Design("R021", 81, 10), Design("R022", 27, 16), Design("R025", 26, 2.5),
    Design("R026", 336, 16), Design("R027", 85, 16), Design("R038", 102, 2.5), Design("R040", 127, 5),
    Design("R041", 127, 5), Design("R051", 21, 2.5), Design("R054", 100, 3), Design("R055", 27, 16),
    Design("R057", 15, 16), Design("R061", 67, 8), Design("R063", 161, 8), Design("R064", 143, 12),
    Design("R068", 35, 5), Design("R069", 204, 10), Design("R074", 152, 8),
    Design("R009", 41, 12, True), Design("R041", 127, 5, True),
)  # fmt: skip
SCENARIOS = {  # truth, years of the own registry (none: as the source), fewest published
    "same, followed as the source": (1.0, None, 0),
    "same, followed longer": (1.0, 16.0, 0),
    "same, at least 200 published": (1.0, 16.0, LARGE),
    "longer, published number": (LONGER, 16.0, 0),
    "longer, at least 200 published": (LONGER, 16.0, LARGE),
}
NULL_OF = {
    "longer, published number": "same, followed longer",
    "longer, at least 200 published": "same, at least 200 published",
}
"""The scenario that differs in the truth alone."""
FIGURES = {row["figure_id"]: row for row in ain.published_figures().to_dicts()}


def history(ratio: float, years: float, *, only_primary: bool) -> NaturalHistory:
    """Give the truth: so many times the usual median, recruited so long."""
    usual = NaturalHistory()
    courses = [course for course in usual.courses if course.true_class == "primary_autoimmune"]
    return replace(
        usual,
        resolution_median_months=usual.resolution_median_months * ratio,
        courses=(replace(courses[0], share=1.0),) if only_primary else usual.courses,
        opened_on=CLOSED - timedelta(days=round(years * 365.25)),
        extracted_on=CLOSED,
    )


def rows_of(n: int, truth: NaturalHistory, figure: dict[str, Any], rng: np.random.Generator) -> pl.DataFrame:
    """Follow n children who can be followed, from the figure's day zero."""
    found: list[pl.DataFrame] = []
    while sum(rows.height for rows in found) < n:
        m = n + n // 4 + 20
        drawn = draw_children(m, truth, rng)
        visits = draw_visits(drawn, draw_boosts(drawn, truth, rng), truth, rng)
        day, who = visits.day, visits.child
        first, resolved_on = drawn.detected, drawn.resolution
        is_seen = day >= first[who]
        is_well = day >= resolved_on[who]
        never = np.iinfo(np.int64).max
        last_ill, first_well = np.array(first), np.full(m, never)
        np.maximum.at(last_ill, who[is_seen & ~is_well], day[is_seen & ~is_well])
        np.minimum.at(first_well, who[is_seen & is_well], day[is_seen & is_well])
        is_resolved = first_well < never
        lag = np.floor(rng.exponential(DIAGNOSED_AFTER, m)).astype(int)
        zero = first + (lag if figure["time_origin"] == "diagnosis" else 0)
        landmark = 0 if figure["landmark_months"] is None else int(figure["landmark_months"] * DAYS_PER_MONTH)
        entry = np.maximum(np.maximum(drawn.enrolled - zero, 0), first - zero + landmark)
        rows = pl.DataFrame(
            {
                "entry_days": np.maximum(entry, 0),
                "exit_days": np.where(is_resolved, first_well, last_ill) - zero,
                "is_resolved": is_resolved,
                "age_at_onset_days": first - drawn.born,
            }
        )
        found.append(rows.filter(pl.col("exit_days") > pl.col("entry_days")))
    return pl.concat(found).head(n).with_columns(pl.col(pl.Int64).cast(pl.Int32))


def printed(group: Group, figure: dict[str, Any]) -> dict[str, Any]:
    """Compute the figure on a published twin and print it as the paper did."""
    own = ANSWERS[figure["quantity"]](group, figure).own
    digit = 2 * figure["rounding"]
    value = None if own.value is None else round(own.value / digit) * digit
    of_whom = group.n if figure["n_followed"] is not None else None
    return figure | {"value": value, "n_behind": own.n, "n_followed": of_whom}


def direct(design: Design, rng: np.random.Generator, repetitions: int) -> dict[str, list[Judged]]:
    """Draw both sides as times, and judge every scenario; all children at once, each for one repetition."""
    figure = FIGURES[design.figure_id]
    kind = QuickAgedGroup if figure["scale"] == "age" else QuickGroup
    most = max(n_published(design, fewest) for _, _, fewest in SCENARIOS.values())
    theirs = rows_of(most * repetitions, history(1.0, design.years, only_primary=True), figure, rng)
    sides = {(ratio, years or design.years) for ratio, years, _ in SCENARIOS.values()}
    ours = {
        side: rows_of(OWN * repetitions, history(*side, only_primary=True), figure, rng)
        for side in sorted(sides)
    }
    found: dict[str, list[Judged]] = {}
    for scenario, (ratio, years, fewest) in SCENARIOS.items():
        n = n_published(design, fewest)
        for place in range(repetitions):
            said = printed(kind(theirs.slice(place * most, n), TEXTBOOK), figure)
            own = kind(ours[ratio, years or design.years].slice(place * OWN, OWN), TEXTBOOK)
            verdict = Judged("not printed") if said["value"] is None else judged(own, said)
            found.setdefault(scenario, []).append(verdict)
    return found


def n_published(design: Design, fewest: int) -> int:
    """Give the number published, or the multiple of it that is large enough."""
    return design.n * -(-fewest // design.n) if fewest > design.n else design.n


def judged(own: Group, figure: dict[str, Any]) -> Judged:
    """Judge a pair by the two numbers and what is known of both sides."""
    value = ANSWERS[figure["quantity"]](own, figure).own.value
    gap = None if value is None else value - figure["value"]
    p = TESTS[figure["quantity"]](own, figure).p
    if p is None:
        return Judged("not_comparable", gap=gap)
    if p < 1 - TEXTBOOK.confidence:
        return Judged("different", gap=gap)
    return Judged("compatible", rules_out(own, figure), gap)


def whole(design: Design, ratio: float, years: float, n: int, rng: np.random.Generator) -> Judged:
    """Make both registries as files, read, derive and classify them, and judge."""
    figure = FIGURES[design.figure_id] | {"why_not": None}
    theirs = ain.simulate(
        2 * n, seed=int(rng.integers(2**31)), parameters=history(1.0, design.years, only_primary=False)
    )
    with ain.open_registry(theirs.tables, extracted_on=CLOSED) as registry:
        cases = ain.classify(registry)
        followed = Followed(registry, cases, ain.follow_up(registry, cases))
        with followed:
            group = followed.group(figure)
            group = type(group)(group.rows.head(n), group.definitions)
            figure = printed(group, figure)
    own = ain.simulate(
        round(OWN / 0.6), seed=int(rng.integers(2**31)), parameters=history(ratio, years, only_primary=False)
    )
    with ain.open_registry(own.tables, extracted_on=CLOSED) as registry:
        cases = ain.classify(registry)
        asked = frame_of(PublishedFigure, [figure])
        row = compare(registry, cases, ain.follow_up(registry, cases), figures=asked).row(0, named=True)
    return Judged(row["verdict"], bool(row["is_equivalent"]))


def some(task: tuple[int, int, int]) -> dict[str, list[Judged]]:
    """Judge some pairs of twins of one design, in every scenario."""
    place, seed, repetitions = task
    design, rng = DESIGNS[place], np.random.default_rng([seed, place])
    if not design.is_whole_chain:
        return direct(design, rng, repetitions)
    found: dict[str, list[Judged]] = {}
    for scenario, (ratio, years, fewest) in SCENARIOS.items():
        how = (design, ratio, years or design.years, n_published(design, fewest), rng)
        found[scenario] = [whole(*how) for _ in range(repetitions)]
    return found


def attainable(found: list[Judged], null: list[Judged]) -> float | None:
    """Say how often a difference lies outside the middle 95 % of those of one truth."""
    gaps, usual = ([one.gap for one in pairs if one.gap is not None] for pairs in (found, null))
    if not gaps or not usual:
        return None
    tail = (1 - TEXTBOOK.confidence) / 2
    low, high = np.quantile(usual, [tail, 1 - tail])
    return round(float(np.mean((np.array(gaps) < low) | (np.array(gaps) > high))), 3)


def summed(design: Design, scenario: str, by_scenario: dict[str, list[Judged]]) -> dict[str, object]:
    """Say how often each verdict was given."""
    figure, ratio, found = FIGURES[design.figure_id], SCENARIOS[scenario][0], by_scenario[scenario]
    null = by_scenario.get(NULL_OF.get(scenario, ""), [])
    said = [one.verdict for one in found if one.verdict != "not printed"]
    share = {name: said.count(name) / len(said) for name in ("compatible", "different", "not_comparable")}
    asked = share["compatible" if ratio == 1 else "different"]
    return {
        "figure_id": design.figure_id,
        "study": figure["study"],
        "quantity": figure["quantity"],
        "children": design.n,
        "recruited_years": design.years,
        "chain": "whole" if design.is_whole_chain else "times",
        "scenario": scenario,
        "repetitions": len(said),
        **{name: round(value, 3) for name, value in share.items()},
        "ruled_out": round(sum(one.is_ruled_out for one in found) / len(said), 3),
        "attainable": attainable(found, null),
        "error": round(float(np.sqrt(asked * (1 - asked) / len(said))), 3),
    }


def main() -> None:
    """Judge what is not in the table yet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    parser.add_argument("--whole", type=int, default=60, help="repetitions through the whole chain")
    parser.add_argument("--designs", nargs="*", default=[design.figure_id for design in DESIGNS])
    parser.add_argument("--fresh", action="store_true", help="begin anew")
    parser.add_argument("--no-whole", action="store_true", help="leave out the whole chain")
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args()
    check_quick()
    rows = [] if asked.fresh or not asked.out.exists() else pl.read_csv(asked.out).to_dicts()
    done = {(row["figure_id"], row["chain"]) for row in rows}
    with ProcessPoolExecutor(2, get_context("spawn"), os.nice, (15,)) as pool:
        for place, design in enumerate(DESIGNS):
            chain = "whole" if design.is_whole_chain else "times"
            is_asked = design.figure_id in asked.designs and not (asked.no_whole and design.is_whole_chain)
            if not is_asked or (design.figure_id, chain) in done:
                continue
            n = asked.whole if design.is_whole_chain else asked.repetitions
            parts = list(pool.map(some, [(place, seed, n // PARTS) for seed in range(PARTS)]))
            found = {scenario: [one for part in parts for one in part[scenario]] for scenario in SCENARIOS}
            for scenario in SCENARIOS:
                rows.append(summed(design, scenario, found))
                print(*rows[-1].values(), flush=True)
            pl.DataFrame(rows, infer_schema_length=None).write_csv(asked.out)


if __name__ == "__main__":
    main()
