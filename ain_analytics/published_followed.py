"""The children of whom a published figure speaks, under the definition and from the origin of its source."""

import json
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

import polars as pl

from ain_analytics.cases import classify
from ain_analytics.definition_file import choices_from_toml
from ain_analytics.definitions import DAYS_PER_MONTH, PRESETS, TEXTBOOK, Definitions
from ain_analytics.followup import follow_up as follow
from ain_analytics.published_group import AgedGroup, Group
from ain_analytics.published_tests import Figure
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import TIME_ORIGIN

KEY = ["patient_id", "episode_number"]


class Followed:
    """The follow-up under any definition and from any origin, each made once and dropped at the end."""

    def __init__(self, registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame) -> None:
        self.own = registry.definitions
        origins = follow_up["time_origin"].cast(pl.String).unique().to_list()
        given = origins[0] if origins else self.own.time_origin
        self.duration_origin = "onset" if given == "birth" else given
        self._known = {(self.own, given): follow_up}
        self._classified = {self.own: (registry, cases)}
        self._registry = registry
        self._asked: dict[tuple[Definitions, str], pl.DataFrame] = {}
        self._given = dict(self._known)
        self._derived = ExitStack()

    def __enter__(self) -> None:
        """Hold what is made from here on."""

    def __exit__(self, *_: object) -> None:
        self._derived.close()
        self._known = dict(self._given)
        self._classified = {self.own: self._classified[self.own]}
        self._asked.clear()

    def classified(self, definitions: Definitions) -> tuple[Registry, pl.DataFrame]:
        """Give the registry and its cases under a definition."""
        if definitions not in self._classified:
            other = self._derived.enter_context(self._registry.briefly_under(definitions, None))
            self._classified[definitions] = (other, classify(other))
        return self._classified[definitions]

    def asked(self, definitions: Definitions, query: str) -> pl.DataFrame:
        """Give what a query finds under a definition."""
        if (definitions, query) not in self._asked:
            registry, _ = self.classified(definitions)
            self._asked[definitions, query] = registry.connection.sql(query).pl()
        return self._asked[definitions, query]

    def frame(self, definitions: Definitions, origin: str) -> pl.DataFrame:
        """Give the follow-up of every episode."""
        if (definitions, origin) not in self._known:
            registry, cases = self.classified(definitions)
            self._known[definitions, origin] = follow(registry, cases, time_origin=origin)
        return self._known[definitions, origin]

    def definitions_of(self, figure: Figure) -> Definitions:
        """Give the registry's definitions with the choices of the figure, or what its preset changes."""
        if figure["choices"] is not None:
            chosen = choices_from_toml(json.loads(figure["choices"]))
            changed = replace(self.own, **chosen)
            return self.own if changed == self.own else replace(changed, name=figure["figure_id"])
        if figure["definition"] not in PRESETS:
            return self.own
        preset = PRESETS[figure["definition"]]
        changes: dict[str, Any] = {
            f.name: getattr(preset, f.name)
            for f in fields(preset)
            if f.name != "name" and getattr(preset, f.name) != getattr(TEXTBOOK, f.name)
        }
        changed = replace(self.own, **changes)
        return self.own if changed == self.own else replace(changed, name=preset.name)

    def origin_of(self, figure: Figure) -> str:
        """Give the day zero of a figure; of one that does not say, the registry's."""
        if figure["scale"] == "age":
            return "onset"
        stated = str(figure["time_origin"])
        return stated if stated in TIME_ORIGIN and stated != "birth" else self.duration_origin

    def rows(self, figure: Figure, origin: str) -> pl.DataFrame:
        """Choose the first episodes of the classes at baseline, and of the ages, of which a figure speaks."""
        definitions = self.definitions_of(figure)
        rows = self.frame(definitions, origin).filter(pl.col("case_class").is_in(figure["case_classes"]))
        for end, keeps in (("onset_from_months", pl.Expr.ge), ("onset_before_months", pl.Expr.lt)):
            if figure[end] is not None:
                rows = rows.filter(keeps(pl.col("age_at_onset_days"), figure[end] * DAYS_PER_MONTH))
        return rows.filter(pl.col("episode_number") == 1) if definitions.episodes_used == "first" else rows

    def group(self, figure: Figure) -> Group:
        """Follow the children of whom a figure speaks.

        Where only those still neutropenic at a landmark were studied, so it is here, and they are at risk
        from there on; where a source says how long it followed its children, nobody is followed longer.
        """
        definitions, origin = self.definitions_of(figure), self.origin_of(figure)
        rows = self.rows(figure, origin).filter("is_usable")
        entry = pl.col("entry_days").fill_null(0)
        if figure["landmark_months"] is not None:
            onset = self.frame(definitions, "onset").select(*KEY, pl.col("origin_on").alias("onset_on"))
            rows = rows.join(onset, on=KEY, how="left", maintain_order="left")
            onset_day = (pl.col("onset_on") - pl.col("origin_on")).dt.total_days()
            landmark = (onset_day + figure["landmark_months"] * DAYS_PER_MONTH).floor()
            entry = pl.max_horizontal(entry, landmark)
        rows = rows.with_columns(entry.cast(pl.Int32).alias("entry_days"))
        if figure["followed_months"] is not None:
            last = int(figure["followed_months"] * DAYS_PER_MONTH)
            rows = rows.with_columns(
                pl.col("is_resolved") & (pl.col("exit_days") <= last),
                pl.col("exit_days").clip(upper_bound=last),
            )
        rows = rows.filter(pl.col("exit_days") > pl.col("entry_days"))
        return (AgedGroup if figure["scale"] == "age" else Group)(rows, definitions)
