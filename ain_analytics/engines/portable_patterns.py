r"""Regular expressions that mean one thing in RE2, Java and PostgreSQL, as `regular_expressions` writes them.

PostgreSQL takes the longest of several alternatives, the others the first that fits; so no alternative may
begin a later one. A lazy quantifier makes a whole pattern of PostgreSQL lazy.
"""

import re
from itertools import combinations

_NOT_SHARED = {
    r"\(\?(?!:)": "a group that is more than a group",
    r"[*+?}][?+]": "a lazy or possessive quantifier",
    r"\\[bBAzZQEGRXCKhHvVNDWSPu]": "an escape that only some engines know",
    r"\\p(?!Z)": "a class of Unicode other than \\pZ",
    r"\[\[?:|\[\[\.|\[\[=": "a class by name",
    r"&&": "classes that are cut with one another",
    r"(?<!\\)\{(?![0-9]+(,[0-9]*)?\})": "a brace that is no quantifier",
}
_CLASS = re.compile(r"\[\^?\]?(\\.|[^\]\\])*\]|\\.")
_PART = re.compile(r"\((?:\?:)?([^()]*)\)")
_SIMPLE = re.compile(r"[^\\\[\](){}.*+^$]+")


def faults(pattern: str) -> list[str]:
    """Say what in a pattern is not shared by all engines."""
    without_classes = _CLASS.sub("_", pattern)
    found = [
        said
        for fault, said in _NOT_SHARED.items()
        if re.search(fault, pattern if fault.startswith((r"\\", r"\[", "&&")) else without_classes)
    ]
    if _has_hidden_alternative(without_classes):
        found.append("an alternative that begins a later one")
    return found


def _has_hidden_alternative(pattern: str) -> bool:
    parts = [found[1] for found in _PART.finditer(pattern)] + [_PART.sub("_", pattern)]
    return any(
        later != earlier and later.startswith(earlier)
        for part in parts
        for first, second in combinations(filter(_SIMPLE.fullmatch, part.split("|")), 2)
        for earlier in _spellings(first)
        for later in _spellings(second)
    )


def _spellings(text: str) -> set[str]:
    """Give both readings of each letter that may be left out."""
    spellings = {""}
    for letter, is_optional in re.findall(r"([^?])(\??)", text):
        spellings = {s + letter for s in spellings} | (spellings if is_optional else set())
    return spellings
