"""Parameters that say what they are: unit, meaning and source travel with each value."""

from dataclasses import field, fields
from typing import Any

from ain_analytics.definition_fields import OURS
from ain_analytics.errors import BadDefinition

_ABOVE_ZERO = ("days", "months", "10⁹/L", "tests")


def about(unit: str, meaning: str, source: str = OURS) -> dict[str, str]:
    """Say what a parameter is."""
    return {"unit": unit, "meaning": meaning, "source": source}


def fact(default: Any, unit: str, meaning: str, source: str = OURS) -> Any:
    """Make a dataclass field that carries unit, meaning and source."""
    return field(default=default, metadata=about(unit, meaning, source))


def refuse_bad_facts(parameters: Any) -> None:
    """Refuse shares outside 0 and 1, wholes that do not add up, and times or counts that are not above 0."""
    for f in fields(parameters):
        value, unit = getattr(parameters, f.name), f.metadata["unit"]
        if isinstance(value, tuple) and unit == "share":
            refuse_shares(f.name, [share for _, share in value])
        elif unit == "share" and not 0 <= value <= 1:
            raise BadDefinition(f.name, value, "must lie between 0 and 1")
        elif unit in _ABOVE_ZERO and not value > 0:
            raise BadDefinition(f.name, value, "must be above 0")


def refuse_shares(name: str, shares: list[float]) -> None:
    """Refuse shares of a whole that are negative or do not add up to 1."""
    if not shares or min(shares) < 0 or abs(sum(shares) - 1) > 1e-9:
        raise BadDefinition(name, round(sum(shares), 6), "needs shares from 0 up that add up to 1")
