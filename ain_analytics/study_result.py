"""All that one run found: tables, curves, and what they say in a few lines."""

from dataclasses import dataclass

import polars as pl

from ain_analytics.curves import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.quality import Quality
from ain_analytics.registry import Registry
from ain_analytics.result_html import as_list

AUTOIMMUNE = "autoimmune"
"""Name of the curve of the autoimmune classes alone, under the study's definition."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Study:
    """All that one run found, under one definition.

    Attributes
    ----------
    registry : Registry
        The extract under the study's definition.
    definitions : Definitions
        The study's choices.
    quality : Quality
        What is in the extract, what was set aside, what looks odd.
    tables : dict of name to polars.DataFrame
        One frame for each name in `TABLES`.
    curves : dict of name to ResolutionCurve
        The interval estimate under each rule of ending by the rule's name, the study's own first;
        `autoimmune`, the same of the autoimmune classes alone, and `autoimmune_RULE` under the
        two other rules; `by_COLUMN`, split; and each of them
        again with `_kaplan_meier`, the right-censored reading.
    bounds : tuple of str
        Names in `curves` of the interval estimates under the study's rule and the two others.
    by : str
        Column that splits the curves `by_…`.
    notes : tuple of str
        What could not be estimated, and why.
    command : str, optional
        Command that made the study.
    """

    registry: Registry
    definitions: Definitions
    quality: Quality
    tables: dict[str, pl.DataFrame]
    curves: dict[str, ResolutionCurve]
    bounds: tuple[str, ...]
    by: str
    notes: tuple[str, ...] = ()
    command: str | None = None

    @property
    def main(self) -> ResolutionCurve:
        """The interval estimate under the study's definition: the answer."""
        return self.curves[self.definitions.name]

    @property
    def kaplan_meier(self) -> ResolutionCurve:
        """The right-censored reading of the same, for comparison with the literature."""
        return self.curves[f"{self.definitions.name}_kaplan_meier"]

    @property
    def bounding(self) -> dict[str, ResolutionCurve]:
        """The main curve and those under the two other rules of ending, for `chart_bounds`."""
        return {name: self.curves[name] for name in self.bounds if name in self.curves}

    @property
    def leading(self) -> dict[str, str]:
        """Name the curves that answer, by the rule of ending, the study's own first.

        They are of the autoimmune classes where these could be estimated, else of all classes.
        """
        if AUTOIMMUNE not in self.curves:
            return {rule: rule for rule in self.bounding}
        own = self.definitions.name
        names = {rule: AUTOIMMUNE if rule == own else f"{AUTOIMMUNE}_{rule}" for rule in self.bounds}
        return {rule: name for rule, name in names.items() if name in self.curves}

    def in_words(self) -> list[str]:
        """Say in a few lines who was studied and what came out."""
        shown = (
            self.bounding | {AUTOIMMUNE: self.curves[AUTOIMMUNE]}
            if AUTOIMMUNE in self.curves
            else self.bounding
        )
        return [_who(self), *(_median_in_words(name, curve) for name, curve in shown.items())]

    def _repr_html_(self) -> str:
        said = [*self.in_words(), *self.notes, *self.main.assumptions]
        return as_list(said) + self.quality._repr_html_()


def _who(found: Study) -> str:
    n, n_resolved = (found.main.value(quantity)[0] or 0 for quantity in ("n", "n_resolved"))
    children, episodes = found.tables["patient"].height, found.tables["episode"].height
    return (
        f"{children} children, {episodes} episodes of neutropenia; {n:.0f} followed, "
        f"{n_resolved:.0f} of them resolved."
    )


def _median_in_words(name: str, curve: ResolutionCurve) -> str:
    days = curve.value("median")
    if days[0] is None:
        return f"{name}: fewer than half are seen to resolve, so there is no median."
    value, lower, upper = ("not reached" if day is None else f"{day / DAYS_PER_MONTH:.1f}" for day in days)
    limits = f"{curve.definitions.confidence * 100:g} % interval {lower} to {upper}"
    return f"{name}: half are resolved {value} months after {curve.definitions.time_origin} ({limits})."
