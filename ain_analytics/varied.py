"""Episodes under many definitions, with their classes and the days that may be an origin."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import polars as pl

from ain_analytics.cases import classes_of
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.followup import KEY, diagnosed_days
from ain_analytics.knowledge import with_detection
from ain_analytics.rederived import STEP, Rederived, counts_key, evidence_key, in_order
from ain_analytics.registry import Registry
from ain_analytics.views import staging_of

OF_EPISODE = (*KEY, "onset_by", "resolution_after", "resolution_by", "is_resolved", "censored_on")
"""What a follow-up needs of an episode."""
OF_FOLLOW_UP = ("name", "time_origin", "uses_entry", "right_reading", "episodes_used")
"""Choices that are made after the episodes and classes."""


@dataclass(frozen=True, slots=True, eq=False)
class Varied:
    """Episodes under one definition.

    Parameters
    ----------
    definitions : Definitions
        Its choices of the follow-up say nothing.
    episodes : polars.DataFrame
        One row per episode: what `with_days` needs, and `case_class`, `case_class_at_end`.
    """

    definitions: Definitions
    episodes: pl.DataFrame


def before_follow_up(definitions: Definitions) -> Definitions:
    """Leave out the choices that are made after the episodes and classes."""
    return replace(definitions, **{name: getattr(TEXTBOOK, name) for name in OF_FOLLOW_UP})


def varied(registry: Registry, asked: Sequence[Definitions]) -> Generator[Varied, None, None]:
    """Derive the episodes and classes under each definition, what they share only once.

    Parameters
    ----------
    registry : Registry
    asked : definitions, as `before_follow_up` gives them
        In any order; they are given in an order of their own.
    """
    by_staging: dict[tuple[object, ...], list[Definitions]] = {}
    for definitions in asked:
        by_staging.setdefault(staging_of(definitions), []).append(definitions)
    for staging, alike in by_staging.items():
        if staging == staging_of(registry.definitions):
            yield from _staged_alike(registry, alike)
        else:
            with registry.briefly_under(alike[0], None) as there:
                yield from _staged_alike(there, alike)


def _staged_alike(registry: Registry, asked: Sequence[Definitions]) -> Generator[Varied, None, None]:
    children = registry.frame("patient").lazy().select(pl.exclude("died_on", "last_contact_on"))
    with Rederived(registry) as derived:
        ordered = sorted(in_order(asked), key=lambda made: repr(counts_key(made)))
        for _, group in groupby(ordered, key=counts_key):
            yield from _counted_alike(derived, list(group), children)


def _counted_alike(
    derived: Rederived, asked: Sequence[Definitions], children: pl.LazyFrame
) -> Generator[Varied, None, None]:
    """Derive all episodes first, and then the evidence on those of which it can be asked at once."""
    alike: dict[tuple[object, ...], list[Definitions]] = {}
    for definitions in asked:
        alike.setdefault(evidence_key(definitions), []).append(definitions)
    stacks = {key: derived.stack(group) for key, group in alike.items()}
    for definitions in asked:
        derived.under(definitions, stacks[evidence_key(definitions)].tables)
        stack = stacks[evidence_key(definitions)]
        stack.put(stack.definitions.index(definitions))
    for stack in stacks.values():
        episodes = _described(stack.with_evidence(), children)
        stack.drop()
        place = pl.col("episode_number") // STEP
        parts = {number: part for (number,), part in episodes.group_by(place)}
        for number, definitions in enumerate(stack.definitions):
            part = parts.get(number, episodes.clear())
            yield Varied(definitions, part.with_columns(pl.col("episode_number") % STEP))


def _described(registry: Registry, children: pl.LazyFrame) -> pl.DataFrame:
    """Put beside each episode the child, the class, and the days that may be an origin."""
    episodes = registry.frame("episode").lazy().select(OF_EPISODE)
    return (
        with_detection(episodes, registry)
        .join(children, on="patient_id")
        .join(classes_of(registry).lazy(), on=KEY, how="left")
        .join(diagnosed_days(episodes, registry), on=KEY, how="left")
        .collect()
    )
