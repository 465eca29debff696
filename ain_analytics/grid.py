"""A grid of definitions: for each choice the ways in which it may be made, and a design over them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from importlib.resources import files
from itertools import product
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import qmc

from ain_analytics.definition_file import choice_value, nearest, read_toml
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition, UnknownDefinition
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.schema.multiverse import CHOICES

GRIDS = ("short", "wide")
"""Grids that come with the program, as TOML files of `grids/`."""
ESTIMATES = ("npmle", "npmle_earliest", "kaplan_meier")
KNOWN_AT = ("baseline", "end")
ALL, AUTOIMMUNE = "all", "autoimmune"
_OWN_KEYS = {"class_view": ("classes", "known_at"), "estimator": ("estimate",)}
"""What a way says that is no field of `Definitions`."""
_FIELDS = {f.name: f for f in fields(Definitions)}
_NOT_VARIED = ("estimates", "release")
Places = tuple[int, ...]
"""One definition of a grid: which way of each choice, by its place."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which a choice may be made.

    Parameters
    ----------
    name : str
    changes : tuple of (field, value)
        What it changes in the study's definition.
    classes : tuple of str or None
        Case classes that are kept; None for all episodes.
    known_at : {"baseline", "end"}
        By what was known when.
    estimate : {"npmle", "npmle_earliest", "kaplan_meier"}
    """

    name: str
    changes: tuple[tuple[str, Any], ...] = ()
    classes: tuple[str, ...] | None = None
    known_at: str = "baseline"
    estimate: str = "npmle"


@dataclass(frozen=True, slots=True)
class Chosen:
    """One definition of a grid, as it is carried out."""

    definitions: Definitions
    classes: tuple[str, ...] | None
    known_at: str
    estimate: str


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The ways in which each choice may be made; the first of each is the base.

    Parameters
    ----------
    name : str
    choices : mapping of choice to its ways
        Choices are among `CHOICES`; what none of them speaks of stays as the study has it.
    at_months : int
        When the share unresolved is read, in months since the origin.

    Raises
    ------
    BadDefinition
        A choice is unknown, has no way, or varies what another varies too.

    Examples
    --------
    >>> Grid("two", {"last_run": (Way("resolves"), Way("censor", (("unconfirmed_end", "censor"),)))}, 24).n
    2
    """

    name: str
    choices: Mapping[str, tuple[Way, ...]]
    at_months: int

    def __post_init__(self) -> None:
        varied: dict[str, str] = {}
        for choice, ways in self.choices.items():
            if choice not in CHOICES:
                raise BadDefinition("choice", choice, f"must be one of {', '.join(CHOICES)}")
            if not ways or len({way.name for way in ways}) < len(ways):
                raise BadDefinition(choice, [way.name for way in ways], "needs ways with names of their own")
            for field in {field for way in ways for field, _ in way.changes}:
                if _FIELDS[field].metadata["stage"] in _NOT_VARIED or field == "name":
                    raise BadDefinition(field, choice, "does not say who is followed, so it is not varied")
                if varied.setdefault(field, choice) != choice:
                    raise BadDefinition(field, choice, f"is varied by {varied[field]} too")
        if self.at_months < 1:
            raise BadDefinition("at_months", self.at_months, "must be at least 1")

    def ways(self) -> Iterator[Way]:
        """Give every way of every choice."""
        return (way for ways in self.choices.values() for way in ways)

    @property
    def sizes(self) -> Places:
        """Number of ways of each choice."""
        return tuple(len(ways) for ways in self.choices.values())

    @property
    def n(self) -> int:
        """Number of definitions."""
        return prod(self.sizes)

    def number(self, places: Places) -> int:
        """Give the number of a definition in the whole grid, from 1, whatever part of it is asked."""
        return 1 + (int(np.ravel_multi_index(places, self.sizes)) if places else 0)

    def places(self, number: int) -> Places:
        """Give the places of a numbered definition."""
        if not 1 <= number <= self.n:
            raise BadDefinition("definition_number", number, f"must lie between 1 and {self.n}")
        return tuple(int(place) for place in np.unravel_index(number - 1, self.sizes))

    def named(self, places: Places) -> dict[str, str]:
        """Name the way of each choice."""
        ways = zip(self.choices.items(), places, strict=True)
        return {choice: of[place].name for (choice, of), place in ways}

    def chosen(self, places: Places, base: Definitions) -> Chosen:
        """Make a definition of the grid from that of the study."""
        ways = {c: of[place] for (c, of), place in zip(self.choices.items(), places, strict=True)}
        changes = {field: value for way in ways.values() for field, value in way.changes}
        made = replace(base, name=f"{base.name}, {self.name} {self.number(places)}", **changes)
        view, estimator = ways.get("class_view", Way("")), ways.get("estimator", Way(""))
        return Chosen(made, view.classes, view.known_at, estimator.estimate)

    def design(self, most: int | None, seed: int) -> list[Places]:
        """Take all definitions, or so many in a balanced random design.

        A part always holds the base and every change of one choice from it. The rest is drawn by
        Latin hypercubes, so that each way of a choice comes equally often; repeats are drawn anew.
        Where more than half of the grid is asked for, what is left out is drawn so.
        """
        if most is None or most >= self.n:
            return list(product(*map(range, self.sizes)))
        base = (0,) * len(self.sizes)
        near = [(*base[:c], place, *base[c + 1 :]) for c, n in enumerate(self.sizes) for place in range(1, n)]
        kept = dict.fromkeys([base, *near])
        if most < len(kept):
            raise BadDefinition(
                "most", most, f"must be at least {len(kept)}, the base and its single changes"
            )
        left_out = self.n - most
        draws = np.random.default_rng(seed)
        if left_out < most:
            out = self._drawn(left_out, draws, kept)
            return [places for places in product(*map(range, self.sizes)) if places not in out]
        return sorted([*kept, *self._drawn(most - len(kept), draws, kept)])

    def _drawn(self, n: int, draws: np.random.Generator, but: Mapping[Places, None]) -> dict[Places, None]:
        """Draw so many different definitions, none of them among `but`."""
        drawn: dict[Places, None] = {}
        while len(drawn) < n:
            cube = qmc.LatinHypercube(len(self.sizes), rng=draws).random(n - len(drawn))
            for row in np.floor(cube * np.array(self.sizes)).astype(int).tolist():
                if (places := tuple(row)) not in but:
                    drawn[places] = None
        return drawn


def read_grid(text: str) -> Grid:
    """Read a grid by its name, or from a TOML file.

    Parameters
    ----------
    text : str
        `short`, `wide`, or a path that ends in `.toml`. Such a file has `at_months = 24` and one table for
        each choice: `way = { field = value, … }`, the base first; `{}` changes nothing. Ways of `class_view`
        say `classes` ("all", "autoimmune" or a list) and `known_at`, those of `estimator` say `estimate`.

    Returns
    -------
    Grid

    Raises
    ------
    UnknownDefinition
        Neither a grid of the program nor a readable TOML file.
    BadDefinition
        What it says is impossible.

    Examples
    --------
    >>> read_grid("short").n
    1024
    """
    if text not in GRIDS and not text.lower().endswith(".toml"):
        raise UnknownDefinition(text, GRIDS, nearest(text, GRIDS))
    path = Path(text).expanduser()
    name = text if text in GRIDS else path.stem
    shipped = files("ain_analytics").joinpath("grids", f"{text}.toml")
    said = read_toml(shipped if text in GRIDS else path, GRIDS)
    at_months = said.pop("at_months", None)
    if type(at_months) is not int:
        raise BadDefinition("at_months", at_months, "must be a whole number of months")
    for choice, ways in said.items():
        if not isinstance(ways, dict) or not all(isinstance(way, dict) for way in ways.values()):
            raise BadDefinition(choice, "its ways", "must be a table of ways: way = { field = value }")
    return Grid(name, {choice: _ways(choice, ways) for choice, ways in said.items()}, at_months)


def _ways(choice: str, ways: Mapping[str, Mapping[str, Any]]) -> tuple[Way, ...]:
    return tuple(_way(choice, name, said) for name, said in ways.items())


def _way(choice: str, name: str, said: Mapping[str, Any]) -> Way:
    own = {key: value for key, value in said.items() if key in _OWN_KEYS.get(choice, ())}
    changes = tuple((key, choice_value(key, value)) for key, value in said.items() if key not in own)
    if own.get("known_at", KNOWN_AT[0]) not in KNOWN_AT:
        raise BadDefinition("known_at", own["known_at"], f"must be one of {', '.join(KNOWN_AT)}")
    if own.get("estimate", ESTIMATES[0]) not in ESTIMATES:
        raise BadDefinition("estimate", own["estimate"], f"must be one of {', '.join(ESTIMATES)}")
    if "classes" in own:
        own["classes"] = _classes(own["classes"])
    return Way(name, changes, **own)


def _classes(said: str | Sequence[str]) -> tuple[str, ...] | None:
    if said == ALL:
        return None
    wanted = (said,) if isinstance(said, str) else tuple(said)
    unknown = [name for name in wanted if name not in (AUTOIMMUNE, *CASE_CLASS)]
    if unknown or not wanted:
        raise BadDefinition("classes", said, f"must be {ALL}, {AUTOIMMUNE}, or a list of case classes")
    return wanted
