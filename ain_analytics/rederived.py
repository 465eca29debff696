"""A registry under one definition after the other, deriving anew only what the changed choices touch.

Episodes are derived for one definition at a time. Evidence and classes are asked of many definitions
at once: the episodes of those that differ before the episodes only are stacked, with numbers of their own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

from ain_analytics.definitions import Definitions
from ain_analytics.errors import UnusableEngine
from ain_analytics.raw_tables import make_table
from ain_analytics.registry import Registry
from ain_analytics.view_choices import (
    choices_of,
    first_read,
    needed_for,
    staged_for,
    values_for,
    view_texts,
)
from ain_analytics.views import KEPT, band_frame, definition_frame, staging_of

EPISODES = ("episode", "detection")
"""What is derived for each definition."""
EVIDENCE = ("known_fact", "dense_count", "case_evidence")
"""What is derived for stacks of definitions."""
NOT_SEEN = {"telling_count": ("resolution_counts",)}
"""Choices behind a column that no evidence reads, `telling_count.enough_on`."""
STEP = 10_000
"""Episodes of a stacked definition are numbered from so many times its place; no child has so many."""


class Rederived:
    """Tables of a registry in schemas of their own, each made anew when a choice that it depends on changes.

    All definitions must stage alike. The tables are as `open_registry` makes them; one definition, and the
    stacks that it is put on, are held at a time.

    Parameters
    ----------
    registry : Registry
        Derived by DuckDB.

    Raises
    ------
    UnusableEngine
        Another engine than DuckDB derived the registry.
    """

    def __init__(self, registry: Registry) -> None:
        if hasattr(registry.connection, "derive"):
            raise UnusableEngine("other than duckdb", "it derives one definition at a time", "Use DuckDB.")
        self.registry = registry
        self.schema_name = f"varied_{registry.schema_name}"
        self.connection: Any = registry.connection.cursor()
        self._made: dict[str, tuple[object, ...]] = {}
        self._stacks = count(1)
        self.n_made = 0

    def __enter__(self) -> "Rederived":
        own, staged = self.schema_name, self.registry.staged_in
        self.connection.execute(f"create schema {own}")
        self._look_in(own)
        for name in staged_for(needed_for(frozenset(EPISODES + EVIDENCE))):
            if name not in KEPT:
                self.connection.execute(f"create table {own}.{name} as from {staged}.{name}")
        return self

    def __exit__(self, *_: object) -> None:
        self._look_in(self.registry.staged_in)
        self.connection.execute(f"drop schema {self.schema_name} cascade")
        self.connection.close()

    def _look_in(self, *schemas: str) -> None:
        path = dict.fromkeys([*schemas, self.registry.staged_in, "main"])
        self.connection.execute(f"set search_path = '{','.join(path)}'")

    def under(self, definitions: Definitions, tables: Iterable[str] = EPISODES) -> Registry:
        """Give the registry under a definition, with some tables; it holds until the next is asked for."""
        if staging_of(definitions) != staging_of(self.registry.definitions):
            raise ValueError("these choices are staged otherwise")
        own = self.schema_name
        self._look_in(own)
        make_table(self.connection, f"{own}.definition", definition_frame(definitions))
        make_table(self.connection, f"{own}.anc_band", band_frame(definitions))
        for name in needed_for(frozenset(tables)):
            key = values_for(name, definitions)
            if self._made.get(name) != key:
                self._made.pop(name, None)
                self._make(own, name)
                self._made[name] = key
        return self._as(definitions)

    def stack(self, definitions: Sequence[Definitions]) -> "Stack":
        """Begin a stack for definitions of which evidence can be asked at once; see `evidence_key`."""
        return Stack(self, f"{self.schema_name}_{next(self._stacks)}", definitions)

    def _make(self, schema: str, name: str) -> None:
        self.connection.execute(f"create or replace table {schema}.{name} as {view_texts()[name].query}")
        self.n_made += 1

    def _as(self, definitions: Definitions) -> Registry:
        return replace(self.registry, definitions=definitions, connection=self.connection, _held={})


class Stack:
    """Episodes of several definitions under each other, and the evidence on all of them."""

    def __init__(self, derived: Rederived, schema_name: str, definitions: Sequence[Definitions]) -> None:
        self.derived, self.schema_name = derived, schema_name
        self.definitions = list(definitions)
        is_late = [not made.is_onset_sudden for made in self.definitions]
        self.tables = EPISODES if any(is_late) else EPISODES[:1]
        self.speaks_for = self.definitions[is_late.index(True) if any(is_late) else 0]
        derived.connection.execute(f"create schema {schema_name}")

    def put(self, place: int) -> None:
        """Put the episodes of the definition at a place, which were derived last, on the stack."""
        numbered = f"select * replace (cast(episode_number + {place * STEP} as integer) as episode_number)"
        for name in self.tables:
            there = f"{self.schema_name}.{name}"
            rows = f"{numbered} from {self.derived.schema_name}.{name}"
            how = f"insert into {there}" if place else f"create table {there} as"
            self.derived.connection.execute(f"{how} {rows}")

    def with_evidence(self) -> Registry:
        """Derive the evidence on all episodes of the stack, with the counts that were derived last."""
        derived = self.derived
        derived._look_in(self.schema_name, derived.schema_name)
        make_table(derived.connection, f"{self.schema_name}.definition", definition_frame(self.speaks_for))
        for name in evidence_views():
            derived._make(self.schema_name, name)
        return derived._as(self.speaks_for)

    def drop(self) -> None:
        """Drop its tables."""
        self.derived._look_in(self.derived.schema_name)
        self.derived.connection.execute(f"drop schema {self.schema_name} cascade")


def evidence_views() -> tuple[str, ...]:
    """Give the views that only evidence needs."""
    before = needed_for(frozenset(EPISODES))
    return tuple(name for name in needed_for(frozenset(EVIDENCE)) if name not in before)


def evidence_inputs() -> tuple[str, ...]:
    """Give what evidence reads of the counts, beside the episodes."""
    read = {other for name in evidence_views() for other in view_texts()[name].reads}
    return tuple(name for name in needed_for(frozenset(EPISODES)) if name in read and name not in EPISODES)


def counts_key(definitions: Definitions) -> tuple[object, ...]:
    """Give the values of the choices on which the counts depend, as evidence sees them."""
    unseen = {
        choice
        for name, choices in NOT_SEEN.items()
        for choice in choices
        if all(choice not in view_texts()[other].own_choices for other in _counted() if other != name)
    }
    choices = set[str]().union(*map(choices_of, _counted())) - unseen
    return tuple(getattr(definitions, choice) for choice in sorted(choices))


def _counted() -> tuple[str, ...]:
    return needed_for(frozenset(evidence_inputs()))


def evidence_key(definitions: Definitions) -> tuple[object, ...]:
    """Give the values of the choices, other than through episodes, on which evidence and classes depend."""
    own = set[str]().union(*(view_texts()[name].own_choices for name in evidence_views()))
    of_classes = {
        name for name, f in Definitions.__dataclass_fields__.items() if f.metadata["stage"] == "cases"
    }
    return (*counts_key(definitions), *(getattr(definitions, choice) for choice in sorted(own | of_classes)))


def in_order(definitions: Iterable[Definitions]) -> list[Definitions]:
    """Order definitions so that those which differ late in the way of the data follow one another."""
    choices = sorted(Definitions.__dataclass_fields__, key=first_read)
    return sorted(definitions, key=lambda made: [repr(getattr(made, choice)) for choice in choices])
