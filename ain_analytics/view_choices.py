"""Which choices of a study each view depends on, read from the text of the views themselves."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import cache

from ain_analytics.definitions import Definitions
from ain_analytics.views import STAGED_BELOW, view_files, view_name

_READS = re.compile(r"^-- Reads: (.+?)\.$", re.MULTILINE | re.DOTALL)
_CHOICE = re.compile(r"\bdefinition\.(\w+)")
OF_BANDS = ("anc_bands", "limit_is_inclusive")
"""What stands in table `anc_band` instead of `definition`."""


@dataclass(frozen=True, slots=True)
class ViewText:
    """A view: the query that makes its rows, what it reads, and the choices that it reads itself."""

    query: str
    reads: tuple[str, ...]
    own_choices: frozenset[str]
    is_staged: bool


@cache
def view_texts() -> dict[str, ViewText]:
    """Give every numbered view in the order in which they are built."""
    known = {f.name for f in fields(Definitions)}
    texts = {}
    for path in view_files():
        name, text = view_name(path), path.read_text(encoding="utf-8")
        found = _READS.search(text)
        reads = tuple(re.sub(r"\n-- ", " ", found.group(1)).split(", ")) if found else ()
        query = text.partition(f"create or replace view {name} as\n")[2].rstrip().removesuffix(";")
        own = known.intersection(_CHOICE.findall(query)) if "definition" in reads else set()
        own |= set(OF_BANDS) if "anc_band" in reads else set()
        texts[name] = ViewText(query, reads, frozenset(own), path.name < STAGED_BELOW)
    return texts


@cache
def choices_of(name: str) -> frozenset[str]:
    """Give the choices on which the rows of a view depend, its own and those of what it reads.

    Of staged views none: these are made anew for other staging choices.
    """
    texts = view_texts()
    if name not in texts or texts[name].is_staged:
        return frozenset()
    return texts[name].own_choices.union(*map(choices_of, texts[name].reads))


def values_for(name: str, definitions: Definitions) -> tuple[object, ...]:
    """Give the values of the choices on which the rows of a view depend, in the order of their names."""
    return tuple(getattr(definitions, choice) for choice in sorted(choices_of(name)))


@cache
def needed_for(wanted: frozenset[str]) -> tuple[str, ...]:
    """Give the views above staging that make some tables, and these, in the order of building."""
    texts, needed = view_texts(), set[str]()
    left: list[str] = list(wanted)
    while left:
        name = left.pop()
        if name in texts and not texts[name].is_staged and name not in needed:
            needed.add(name)
            left += texts[name].reads
    return tuple(name for name in texts if name in needed)


def staged_for(names: Iterable[str]) -> tuple[str, ...]:
    """Give the staged views that some views read."""
    texts = view_texts()
    read = {other for name in names for other in texts[name].reads}
    return tuple(name for name, text in texts.items() if text.is_staged and name in read)


@cache
def first_read(choice: str) -> int:
    """Give the place of the first view above staging that reads a choice; else one after all of them."""
    texts = view_texts()
    places = (p for p, text in enumerate(texts.values()) if choice in text.own_choices and not text.is_staged)
    return next(places, len(texts))
