r"""Regular expressions of DuckDB (RE2) as Java and PostgreSQL read them.

What differs and nobody says: `$` of Java also matches before a last line break; `\s` of Java and PostgreSQL
holds more than that of RE2; a dot of PostgreSQL matches line breaks; a `[` in a class of Java opens another.
"""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\p\{\w+\}|\\p\w|\\.|.", re.DOTALL)
_SPACES = r"\t\n\f\r "
_CLASSES = {
    r"\s": _SPACES,
    r"\d": "0-9",
    r"\w": "0-9A-Za-z_",
    r"\pZ": " \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000",
}
"""What a class of characters holds, as RE2 has it."""
_GROUP = re.compile(r"\\(\d)")


def for_java(pattern: str) -> str:
    """Write a pattern so that Java finds with it what RE2 does."""
    return "".join(
        r"\z" if token == "$" and not inside else rf"\{token}" if inside and token in "[&" else token
        for token, inside in _tokens(pattern)
    )


def for_postgres(pattern: str) -> str:
    """Write a pattern so that PostgreSQL finds with it what RE2 does."""
    return "".join(rf"\{token}" if inside and token == "[" else token for token, inside in _tokens(pattern))


def first_only(pattern: str) -> str:
    """Write a pattern of Java that matches all up to the first match, and it; its groups move by one."""
    return rf"\A([\s\S]*?)(?:{pattern})"


def java_replacement(text: str, *, moved: int) -> str:
    """Write what replaces a match; with the text before it as the first group if the groups moved."""
    plain = text.replace("$", r"\$")
    return ("$1" if moved else "") + _GROUP.sub(lambda found: f"${int(found[1]) + moved}", plain)


def _tokens(pattern: str) -> Iterator[tuple[str, bool]]:
    """Give the parts of a pattern, and whether each stands within a class; classes by what they hold."""
    inside = False
    for token in _TOKEN.findall(pattern):
        if token in _CLASSES:
            yield (_CLASSES[token], True) if inside else (f"[{_CLASSES[token]}]", False)
        elif token == "." and not inside:
            yield r"[^\n]", False
        elif token == "[" and not inside:
            yield token, False
            inside = True
        else:
            inside = inside and token != "]"
            yield token, inside
