"""The curves of a study: of all, of the autoimmune, under each rule of ending, and by a column."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import polars as pl

from ain_analytics.cases import classify
from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import Definitions
from ain_analytics.errors import EmptyStratum
from ain_analytics.followup import follow_up
from ain_analytics.intervals import interval_curve
from ain_analytics.raw_tables import Progress, part_of_bar
from ain_analytics.registry import Registry
from ain_analytics.strata import future_in_words
from ain_analytics.study_result import AUTOIMMUNE

KAPLAN_MEIER = "_kaplan_meier"


def begin_estimates(
    registry: Registry, followed: pl.DataFrame, rules: dict[str, Definitions], by: str, say: Progress
) -> Callable[[], tuple[dict[str, ResolutionCurve], list[str]]]:
    """Derive under each rule of ending, and begin to estimate every curve.

    An estimate uses one core, so a second thread makes them, in their order, while DuckDB derives. A curve
    that nobody is left for is noted, except the study's own.

    Parameters
    ----------
    registry : Registry
    followed : FollowUp, one row per episode
        Under the study's own definition.
    rules : dict of name to Definitions
        The study's own, then the other rules of ending; see `rules_of_ending`.
    by : str
        Column of `followed` that splits the curves.
    say : callable
        Told the stage and the share done.

    Returns
    -------
    callable
        Waits for the rest, and gives the curves by name, and the notes.

    Raises
    ------
    EmptyStratum
        No episode can be followed under the study's own definition.
    """
    own, *others = rules.values()
    say(f"estimating under {own.name}: {followed.height:,} episodes", 0.0)
    notes = future_in_words(by)
    curves: dict[str, ResolutionCurve] = {}
    behind = ThreadPoolExecutor(1)
    jobs = [
        behind.submit(lambda: curves.update(_both(own.name, followed, own))),
        behind.submit(_try, curves, notes, AUTOIMMUNE, followed.filter("is_ain"), own),
    ]
    try:
        for step, definitions in enumerate(others, start=1):
            part = step / (len(rules) + 1), (step + 1) / (len(rules) + 1)
            with registry.briefly_under(definitions, part_of_bar(*part, say)) as there:
                followed_there = follow_up(there, classify(there))
            say(f"estimating under {definitions.name}: {followed_there.height:,} episodes", part[1])
            jobs.append(behind.submit(_try_bound, curves, notes, followed_there, definitions))
        say(f"estimating by {by}: {followed.height:,} episodes", len(rules) / (len(rules) + 1))
        jobs.append(behind.submit(_try, curves, notes, f"by_{by}", followed, own, by=by))
        jobs[0].result()
    except BaseException:
        behind.shutdown(wait=False, cancel_futures=True)
        raise
    behind.shutdown(wait=False)

    def found() -> tuple[dict[str, ResolutionCurve], list[str]]:
        for job in jobs:
            job.result()
        return curves, notes

    return found


def _try_bound(
    curves: dict[str, ResolutionCurve], notes: list[str], followed: pl.DataFrame, definitions: Definitions
) -> None:
    """Estimate under another rule of ending, and of the autoimmune if the study's own rule could."""
    _try(curves, notes, definitions.name, followed, definitions)
    if AUTOIMMUNE in curves:
        _try(curves, notes, f"{AUTOIMMUNE}_{definitions.name}", followed.filter("is_ain"), definitions)


def _both(
    name: str, followed: pl.DataFrame, definitions: Definitions, by: str | None = None
) -> dict[str, ResolutionCurve]:
    return {
        name: interval_curve(followed, by=by, definitions=definitions),
        f"{name}{KAPLAN_MEIER}": resolution_curve(followed, by=by, definitions=definitions),
    }


def _try(
    curves: dict[str, ResolutionCurve],
    notes: list[str],
    name: str,
    followed: pl.DataFrame,
    definitions: Definitions,
    by: str | None = None,
) -> None:
    try:
        curves |= _both(name, followed, definitions, by)
    except EmptyStratum as nobody:
        notes.append(f"{name}: {nobody}")
