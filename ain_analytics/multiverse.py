"""The answer under every definition of a grid, with what the definitions share done once."""

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import groupby

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.errors import BadDefinition, UnknownColumn
from ain_analytics.followup import with_days
from ain_analytics.grid import AUTOIMMUNE, Chosen, Grid, Places, read_grid
from ain_analytics.leaf_estimates import Estimates
from ain_analytics.multiverse_result import NO_TEST, Multiverse
from ain_analytics.multiverse_spread import Side, reversals, side_of, spread
from ain_analytics.published import published_figures
from ain_analytics.raw_tables import Progress
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import AIN_CLASSES
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.multiverse import CHOICES, MultiverseRows
from ain_analytics.strata import ALL
from ain_analytics.varied import Varied, before_follow_up, varied

BY_COLUMNS = ("sex", "ancestry", "duffy_status", "site", "case_class")
"""Columns by which two groups may be compared."""
NOT_TOLD = ("unknown", "not_recorded", "not_tested")
AT_A_TIME = 2
"""Episode sets that are estimated while the next is derived, and threads that do it."""
OF_DAYS = ("entry_days", "lower_days", "upper_days", "exit_days", "is_resolved")
OF_LEAF = (*OF_DAYS, "case_class", "case_class_at_end")
LIKE_MEDIAN = {"duration": "median_unconditional", "age": "median_age_at_resolution"}
LIKE_SHARE = {"share_unresolved_at": 0, "share_resolved_by": 1}
PERCENT = 100
Asked = tuple[Places, Chosen]
Groups = tuple[str, str]


def multiverse(
    registry: Registry,
    *,
    grid: Grid | str = "short",
    most: int | None = None,
    by: str | None = None,
    groups: Groups | None = None,
    published: Sequence[str] = ("T01a",),
    seed: int | None = None,
    begun: pl.DataFrame | None = None,
    hear: Callable[[pl.DataFrame], None] | None = None,
    progress: Progress | None = None,
) -> Multiverse:
    """Estimate the time to resolution under every definition of a grid.

    Parameters
    ----------
    registry : Registry
        Its definitions hold for what the grid does not vary.
    grid : Grid, or what `read_grid` reads
        `short` has two ways for each of ten choices, `wide` two to five.
    most : int, optional
        Ask so many definitions only, in a balanced random design that holds the base and its single changes.
    by : str, optional
        Column of `BY_COLUMNS`; two groups of it are compared, in every definition.
    groups : pair of values of that column, optional
        Default: the two most frequent among the children; of case classes none.
    published : identifiers of published figures
        Drawn beside the answers, and compared with them. Only figures of the same quantity: medians of all
        children, or shares unresolved at the months of the grid; durations with durations.
    seed : int, optional
        Of the design. Default: `bootstrap_seed` of the definitions.
    begun : MultiverseRows, optional
        Rows of an earlier run that was stopped; these definitions are not asked again.
    hear : callable, optional
        Told the rows of each set of episodes as soon as they stand.
    progress : callable, optional
        Told how many definitions are done, and their share.

    Returns
    -------
    Multiverse
        Each definition's median and share are those of `interval_curve` or `resolution_curve` in a fresh
        registry under it, to the last digit. `npmle_earliest` is the interval estimate with each
        resolution as early in its cell as it can be.

    Raises
    ------
    BadDefinition
        A definition of the grid is impossible, ages and durations would stand beside each other, or a
        published figure is of another quantity.
    UnknownColumn
        `by` is none of `BY_COLUMNS`.
    UnusableEngine
        Another engine than DuckDB derived the registry.

    References
    ----------
    .. [1] Steegen et al. 2016, doi:10.1177/1745691616658637 (multiverse analysis).
    .. [2] Simonsohn, Simmons and Nelson 2020, doi:10.1038/s41562-020-0912-z (specification curve).

    Examples
    --------
    >>> found = ain.multiverse(registry, most=40)
    >>> found.answers.height
    40
    """
    wanted = read_grid(grid) if isinstance(grid, str) else grid
    base = registry.definitions
    design = wanted.design(most, base.bootstrap_seed if seed is None else seed)
    compared = _groups(registry, by, groups)
    asked = [(places, wanted.chosen(places, base)) for places in design]
    figures = _figures(published, _scale(asked), wanted.at_months)
    numbers = {wanted.number(places) for places in design}
    frames = [] if begun is None else [begun.filter(pl.col("definition_number").is_in(numbers))]
    done = set() if begun is None else set(frames[0]["definition_number"])
    left = [one for one in asked if wanted.number(one[0]) not in done]
    with closing(_rows(registry, wanted, left, by, compared)) as made:
        for rows in made:
            frames.append(rows)
            done.update(rows["definition_number"])
            if hear:
                hear(rows)
            if progress:
                progress(f"{len(done):,} of {len(design):,} definitions", len(done) / len(design))
    table = MultiverseRows.validate(pl.concat(frames), cast=True).sort("definition_number", "stratum")
    answers = table.filter(pl.col("stratum") == ALL)
    sides: dict[str, tuple[Side, Side]] = {}
    if compared:
        first, second = compared
        sides[f"{by}: {first} against {second}"] = side_of(table, first), side_of(table, second)
    for figure in figures.iter_rows(named=True):
        sides[f"own against {figure['figure_id']} ({figure['study']})"] = _beside(answers, figure)
    return Multiverse(
        table=table,
        spread=spread(answers, wanted),
        reversal=reversals(answers, wanted, sides),
        figures=figures,
        grid=wanted,
        definitions=base,
        assumptions=_assumptions(wanted, base, len(design)),
    )


def _rows(
    registry: Registry, grid: Grid, asked: Sequence[Asked], by: str | None, groups: Groups | None
) -> Generator[pl.DataFrame, None, None]:
    """Give the rows of one set of episodes after the other, estimated while the next is derived."""
    by_set: dict[Definitions, list[Asked]] = {}
    for one in asked:
        by_set.setdefault(before_follow_up(one[1].definitions), []).append(one)
    estimates = Estimates(grid.at_months)
    waiting: deque[list[Future[list[dict[str, object]]]]] = deque()

    def finished() -> pl.DataFrame:
        rows = [row for job in waiting.popleft() for row in job.result()]
        return frame_of(MultiverseRows, rows)

    with ThreadPoolExecutor(AT_A_TIME) as pool, closing(varied(registry, list(by_set))) as sets:
        try:
            for episodes in sets:
                ordered = sorted(by_set[episodes.definitions], key=_followed_alike)
                parts = [list(part) for _, part in groupby(ordered, key=_followed_alike)]
                waiting.append(
                    [pool.submit(_estimated, episodes, part, grid, estimates, by, groups) for part in parts]
                )
                if len(waiting) > AT_A_TIME:
                    yield finished()
            while waiting:
                yield finished()
        finally:
            pool.shutdown(cancel_futures=True)


def _followed_alike(one: Asked) -> tuple[str, bool, str]:
    made = one[1].definitions
    return made.time_origin, made.uses_entry, made.right_reading


def _estimated(
    episodes: Varied,
    asked: Sequence[Asked],
    grid: Grid,
    estimates: Estimates,
    by: str | None,
    groups: Groups | None,
) -> list[dict[str, object]]:
    """Answer under definitions that follow the same episodes from the same day on."""
    choices = asked[0][1].definitions
    followed = with_days(episodes.episodes.lazy(), choices).filter("is_usable")
    if choices.episodes_used == "first":
        followed = followed.filter(pl.col("episode_number") == 1)
    columns = [*OF_LEAF, *([by] if by and by not in OF_LEAF else [])]
    usable = followed.select(columns).collect()
    rows: list[dict[str, object]] = []
    for places, chosen in asked:
        kept = usable if chosen.classes is None else usable.filter(is_kept(chosen))
        strata = {ALL: kept} | {name: kept.filter(pl.col(by) == name) for name in groups or () if by}
        labels = {
            "definition_number": grid.number(places),
            "n_changed": sum(place > 0 for place in places),
            **grid.named(places),
        }
        rows += [
            {**labels, "stratum": name, **estimates.of(part, chosen.estimate)}
            for name, part in strata.items()
        ]
    return rows


def is_kept(chosen: Chosen) -> pl.Expr:
    """Say which rows a class view keeps, of rows with `case_class` and `case_class_at_end`."""
    column = "case_class" if chosen.known_at == "baseline" else "case_class_at_end"
    classes = [
        name
        for wanted in chosen.classes or ()
        for name in (AIN_CLASSES if wanted == AUTOIMMUNE else (wanted,))
    ]
    return pl.col(column).is_in(classes)


def _groups(registry: Registry, by: str | None, groups: Groups | None) -> Groups | None:
    if by is None:
        return None
    if by not in BY_COLUMNS:
        raise UnknownColumn(by, BY_COLUMNS)
    if groups is not None:
        if len(set(groups)) != 2:
            raise BadDefinition("groups", tuple(groups), "must be two different values")
        return groups
    if by == "case_class":
        raise BadDefinition("groups", None, "must name two case classes, where classes are compared")
    values = registry.frame("patient")[by].cast(pl.String)
    counted = (
        values.filter(~values.is_in(NOT_TOLD)).value_counts().sort("count", by, descending=[True, False])
    )
    if counted.height < 2:
        raise BadDefinition("by", by, "has fewer than two recorded values, so there is nothing to compare")
    first, second = sorted(counted[by].head(2))
    return first, second


def _scale(asked: Sequence[Asked]) -> str:
    """Say whether the answers are ages or durations; they are never both."""
    are_ages = {chosen.definitions.time_origin == "birth" for _, chosen in asked}
    if len(are_ages) > 1:
        raise BadDefinition("time_origin", "birth", "makes ages, which never stand beside durations")
    return "age" if are_ages == {True} else "duration"


def _figures(published: Sequence[str], scale: str, at_months: int) -> pl.DataFrame:
    """Take the published figures, and refuse those of another quantity."""
    figures = published_figures()
    for asked in published:
        found = figures.filter(pl.col("figure_id") == asked).to_dicts()
        if not found:
            raise BadDefinition("published", asked, "is no published figure")
        figure = found[0]
        is_median = figure["quantity"] == LIKE_MEDIAN[scale] and figure["value"] is not None
        is_share = figure["quantity"] in LIKE_SHARE and figure["at_months"] == at_months
        is_share = is_share and figure["computed_as"] == "actuarial"
        if figure["scale"] != scale or not (is_median or is_share):
            like = f"a {LIKE_MEDIAN[scale].replace('_', ' ')} or an actuarial share at {at_months} months"
            raise BadDefinition(
                "published", asked, f"is a {figure['quantity']}; only {like} is like the answers"
            )
    return figures.filter(pl.col("figure_id").is_in(list(published)))


def _beside(answers: pl.DataFrame, figure: dict[str, object]) -> tuple[Side, Side]:
    """Put a published figure beside the own answers, on its own quantity."""
    own, n = side_of(answers), answers.height
    value, nothing = float(str(figure["value"])), np.full(n, np.nan)
    if figure["quantity"] in LIKE_MEDIAN.values():
        return Side(own.median, nothing), Side(np.full(n, value * DAYS_PER_MONTH), nothing)
    share = abs(LIKE_SHARE[str(figure["quantity"])] - value / PERCENT)
    return Side(nothing, own.unresolved), Side(nothing, np.full(n, share))


def _assumptions(grid: Grid, base: Definitions, n: int) -> tuple[str, ...]:
    how_many = (
        f"All {grid.n:,} definitions of the grid were asked."
        if n == grid.n
        else f"{n:,} of {grid.n:,} definitions of the grid were asked: the base, its single changes, and a "
        "balanced random part of the rest."
    )
    varied_choices = ", ".join(name.replace("_", " ") for name in CHOICES if name in grid.choices)
    return (
        NO_TEST,
        how_many,
        f"Varied: {varied_choices}. All else is as in {base.name!r}; which ways are sensible is a choice.",
        "Each definition has the same weight. Those that keep other children answer for other children.",
        "A median that is not reached is counted: on ranks it is later than all others, in days left out.",
    )
