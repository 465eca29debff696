"""A registry under one definition after the other, deriving anew only what the changed choices touch."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from ain_analytics.definitions import Definitions
from ain_analytics.errors import UnusableEngine
from ain_analytics.raw_tables import make_table
from ain_analytics.registry import Registry
from ain_analytics.view_choices import choices_of, first_read, needed_for, staged_for, view_texts
from ain_analytics.views import KEPT, band_frame, definition_frame, staging_of


class Rederived:
    """Tables of a registry in a schema of their own, each made anew when a choice that it depends on changes.

    All definitions must stage alike. The tables are as `open_registry` makes them; only what was asked for
    is made, and one definition is held at a time.

    Parameters
    ----------
    registry : Registry
        Derived by DuckDB.
    tables : names of what will be asked of it

    Raises
    ------
    UnusableEngine
        Another engine than DuckDB derived the registry.
    """

    def __init__(self, registry: Registry, tables: Iterable[str]) -> None:
        if hasattr(registry.connection, "derive"):
            raise UnusableEngine("other than duckdb", "it derives one definition at a time", "Use DuckDB.")
        self.registry = registry
        self.schema_name = f"varied_{registry.schema_name}"
        self.views = needed_for(frozenset(tables))
        self.connection: Any = registry.connection.cursor()
        self._made: dict[str, tuple[object, ...]] = {}
        self.n_made = 0

    def __enter__(self) -> "Rederived":
        own, staged = self.schema_name, self.registry.staged_in
        self.connection.execute(f"create schema {own}")
        self.connection.execute(f"set search_path = '{','.join(dict.fromkeys([own, staged, 'main']))}'")
        for name in staged_for(self.views):
            if name not in KEPT:
                self.connection.execute(f"create table {own}.{name} as from {staged}.{name}")
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.execute(f"drop schema {self.schema_name} cascade")
        self.connection.close()

    def under(self, definitions: Definitions) -> Registry:
        """Give the registry under a definition; it holds until the next is asked for."""
        if staging_of(definitions) != staging_of(self.registry.definitions):
            raise ValueError("these choices are staged otherwise")
        make_table(self.connection, f"{self.schema_name}.definition", definition_frame(definitions))
        make_table(self.connection, f"{self.schema_name}.anc_band", band_frame(definitions))
        texts = view_texts()
        for name in self.views:
            key = tuple(getattr(definitions, choice) for choice in sorted(choices_of(name)))
            if self._made.get(name) != key:
                self._made.pop(name, None)
                query = texts[name].query
                self.connection.execute(f"create or replace table {self.schema_name}.{name} as {query}")
                self._made[name] = key
                self.n_made += 1
        return replace(self.registry, definitions=definitions, connection=self.connection, _held={})


def in_order(definitions: Iterable[Definitions]) -> list[Definitions]:
    """Order definitions so that those which differ late in the way of the data follow one another."""
    choices = sorted(Definitions.__dataclass_fields__, key=first_read)
    return sorted(definitions, key=lambda made: [repr(getattr(made, choice)) for choice in choices])
