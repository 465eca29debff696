"""Names of columns as the program compares them."""

import re
from collections.abc import Iterable

from ain_analytics.errors import first_line, one_line

_INVISIBLE = "\ufeff"
_LIKE_A_VALUE = re.compile(r"(\d\D*){3}")
"""Three digits: a day, a code or a key, as behind a lost line break, where a row joins the header."""


def plain_name(name: str) -> str:
    """Write the name of a column in small letters, with nothing around it."""
    return name.strip().strip(_INVISIBLE).strip().lower()


def numbered_names(header: Iterable[str]) -> list[str]:
    """Make names that repeat differ by a number: the second `Einheit` is `Einheit.2`."""
    seen: dict[str, int] = {}
    names = []
    for name in header:
        key = plain_name(name)
        seen[key] = seen.get(key, 0) + 1
        names.append(f"{name.strip()}.{seen[key]}" if key and seen[key] > 1 else name)
    return names


def sayable(name: str, place: int) -> str:
    """Give a name for messages: its own or, where it may be a value of somebody's row, its place."""
    return f"number {place}" if _LIKE_A_VALUE.search(name) else one_line(first_line(name))
