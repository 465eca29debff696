"""Names of columns as the program compares them."""

from collections.abc import Iterable

_INVISIBLE = "\ufeff"


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
