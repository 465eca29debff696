"""What a study of resolution may expect of its visits, its size and its rule."""

from collections.abc import Callable, Sequence

import polars as pl

from ain_analytics.definition_checks import refuse_unless_whole
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadDefinition, NotEstimable
from ain_analytics.plan_result import Plan
from ain_analytics.planner.grid import read_between, shipped_grid
from ain_analytics.planner.scenario import Scenario
from ain_analytics.planner.summary import summary_of
from ain_analytics.planner.trials import ROOM, RULES, followed, trials

__all__ = ["plan"]

USUAL = Scenario()
SEED = 1975
AT_A_TIME = 6_000
"""Children drawn at once where a scenario is simulated itself."""
FEWEST = 2
MOST_ROOM = 40
"""If so many times the children wanted do not suffice, there are none."""


def plan(
    *,
    n: Sequence[int] = (200,),
    visit_months: float = USUAL.visit_months,
    jitter: float = USUAL.jitter,
    dropout: float = USUAL.dropout,
    entry_months: float = USUAL.entry_months,
    years: float = USUAL.years,
    refine: int = 0,
    seed: int = SEED,
    progress: Callable[[str, float], None] | None = None,
) -> Plan:
    """Say what bias, limits and coverage a planned study may expect, by rule and estimator.

    Parameters
    ----------
    n : numbers of children followed
    visit_months : float
        Mean time between planned visits; infections bring further ones.
    jitter : float
        Standard deviation of that time, as part of its mean.
    dropout : float
        Share of children who stop coming within a year while they are neutropenic. Those who seem well leave
        as in the usual simulator.
    entry_months : float
        Mean time to the enrolment of those who are not enrolled at their first low count (60 %, as in
        `ain.simulate`); children are at risk from then on. 0: all are enrolled at once.
    years : float
        Years over which children are enrolled evenly; the study ends with them.
    refine : int
        Registries to simulate of the very scenario for each of `n`; 0: read between the points of the
        shipped grid, which takes no time.
    seed : int
        Of these registries.
    progress : callable, optional
        Told what is done and the share done.

    Returns
    -------
    Plan
        Of the median and of the share unresolved at 24 months, with Monte Carlo errors.

    Raises
    ------
    BadDefinition
        A choice is impossible.
    OutsideGrid
        The scenario lies beyond the shipped grid, and `refine` is 0.

    Notes
    -----
    Registries come from `ain.simulate`: every child has primary autoimmune neutropenia, with the usual
    mixture of courses, noise of counts and infections. The truth is that of all children from their first
    low count on, those who resolved before their enrolment included. The grid:
    `python -m benchmarks.plan_grid`.

    Examples
    --------
    >>> found = plan(n=[100, 400], visit_months=2)
    >>> found.row(100)["width"] > found.row(400)["width"]
    True
    """
    for one in n:
        refuse_unless_whole("n", one, 1)
    sizes = sorted(set(n))
    if not sizes:
        raise BadDefinition("n", tuple(n), "must hold a number of children")
    scenario = Scenario(
        visit_months=visit_months, jitter=jitter, dropout=dropout, entry_months=entry_months, years=years
    )
    if isinstance(refine, bool) or not isinstance(refine, int) or refine < 0 or refine in range(1, FEWEST):
        raise BadDefinition("refine", refine, f"must be 0, or a whole number of at least {FEWEST}")
    grid = shipped_grid()
    if refine:
        table = _simulated(scenario, sizes, refine, seed, progress or (lambda stage, share: None))
        return _result(table, table, table.clear(), scenario, is_refined=True)
    table = read_between(grid, scenario.as_dict(), sizes)
    known = sorted({*grid["n"].to_list(), *sizes})
    spacing = [
        read_between(grid, scenario.as_dict() | {"visit_months": months}, sizes[:1])
        for months in sorted({*grid["visit_months"].to_list(), scenario.visit_months})
    ]
    return _result(
        table,
        read_between(grid, scenario.as_dict(), known),
        pl.concat(spacing),
        scenario,
        is_refined=False,
    )


def _simulated(
    scenario: Scenario, sizes: list[int], repetitions: int, seed: int, say: Callable[[str, float], None]
) -> pl.DataFrame:
    """Draw children until there are enough registries of each size."""
    rows: list[dict[str, object]] = []
    batch, room = 0, ROOM
    for place, n in enumerate(sizes):
        done = 0
        while done < repetitions:
            wanted = min(repetitions - done, max(1, AT_A_TIME // n))
            drawn = followed(scenario, int(wanted * n * room), seed=seed + batch)
            ready = min(wanted, *(here.rows.height // n for here in drawn.values()))
            room = room if ready else 2 * room
            if room > MOST_ROOM:
                raise NotEstimable("this scenario", "almost nobody is followed in it")
            for number, rule in enumerate(RULES):
                share = (done + ready * number / len(RULES)) / repetitions
                say(f"{n} children: {done} of {repetitions} registries", (place + share) / len(sizes))
                found = trials(drawn[rule], n, ready, rule=rule, with_limits=(ready + 1) // 2)
                rows += [scenario.as_dict() | row for row in found]
            done += ready
            batch += 1
    return summary_of(pl.DataFrame(rows, infer_schema_length=None))


def _result(
    table: pl.DataFrame,
    sizes: pl.DataFrame,
    spacing: pl.DataFrame,
    scenario: Scenario,
    *,
    is_refined: bool,
) -> Plan:
    fewest, with_limits = (min(table[name].to_list()) for name in ("n_repetitions", "n_with_limits"))
    return Plan(
        table=table,
        sizes=sizes,
        spacing=spacing,
        scenario=scenario.as_dict(),
        is_refined=is_refined,
        definitions=TEXTBOOK,
        assumptions=(
            f"{scenario.name[0].upper()}{scenario.name[1:]}.",
            "Children, counts, infections and visits between the planned ones are those of ain.simulate; "
            "every child has primary autoimmune neutropenia and is known to have it.",
            "Who seems well after two normal counts leaves more often, as in ain.simulate, so the end of "
            "observation has to do with recovery.",
            "Truth: all children from their first low count on, also those who resolved before enrolment.",
            f"At least {fewest} registries behind a value, {with_limits} behind a width or a coverage"
            + (
                ", of this very scenario."
                if is_refined
                else "; between the points of the grid values are interpolated."
            ),
            "Widths are medians over registries, of limits at 95 %.",
        ),
    )
