"""A study's definition by the name of a preset, or from a TOML file."""

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from difflib import get_close_matches
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from ain_analytics.definitions import LISTS, PRESETS, TEXTBOOK, AncBand, Definitions
from ain_analytics.errors import BadDefinition, UnknownDefinition

NO_VALUE = "none"
"""How a TOML file, which has no null, says that a choice is not made."""
_FIELDS = {f.name: f for f in fields(Definitions)}
_BAND_KEYS = tuple(f.name for f in fields(AncBand))


def read_definition(text: str) -> Definitions:
    """Read a study's definition from the name of a preset or the path of a TOML file.

    Parameters
    ----------
    text : str
        `textbook`, `strict` …, or a path that ends in `.toml`. Such a file may begin with
        `preset = "NAME"` (else `textbook`); then come choices as `field = value`, `"none"` for a
        choice not made, and tables `[[anc_bands]]` with `from_months`, `entry_limit` and, where it
        differs, `exit_limit`.

    Returns
    -------
    Definitions
        Named by the file's `name`, else after the file.

    Raises
    ------
    UnknownDefinition
        Neither a preset nor a readable TOML file.
    BadDefinition
        A key of the file is no choice of a study, or its value is impossible.

    Examples
    --------
    >>> read_definition("strict").unconfirmed_end
    'censor'
    """
    if text in PRESETS:
        return PRESETS[text]
    if not text.lower().endswith(".toml"):
        raise UnknownDefinition(text, PRESETS, nearest(text, PRESETS))
    path = Path(text).expanduser()
    return _from_toml(read_toml(path, PRESETS), path.stem)


def read_toml(file: Traversable, known: Iterable[str]) -> dict[str, Any]:
    """Read a TOML file that may have been named instead of something known, or refuse it in one line."""
    try:
        return tomllib.loads(file.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise UnknownDefinition(file.name, known, "no such file") from None
    except (OSError, UnicodeDecodeError) as problem:
        raise UnknownDefinition(file.name, known, f"unreadable: {type(problem).__name__}") from None
    except tomllib.TOMLDecodeError as problem:
        raise UnknownDefinition(file.name, known, f"not valid TOML: {problem}") from None


def _from_toml(said: dict[str, Any], stem: str) -> Definitions:
    preset = said.pop("preset", TEXTBOOK.name)
    if preset not in PRESETS:
        raise UnknownDefinition(str(preset), PRESETS, nearest(str(preset), PRESETS))
    given = {"name": stem} | choices_from_toml(said)
    made = replace(PRESETS[preset], **given)
    if made.name in PRESETS and made != PRESETS[made.name]:
        raise BadDefinition(
            "name", made.name, "is the name of a preset with other choices; give it a name of its own"
        )
    return made


def choices_from_toml(said: dict[str, Any]) -> dict[str, Any]:
    """Give the choices that a TOML table says, as `Definitions` takes them."""
    return {key: choice_value(key, value) for key, value in said.items()}


def choice_value(key: str, value: Any) -> Any:
    """Turn what a TOML file says of a choice into its value."""
    if key not in _FIELDS:
        raise BadDefinition(key, value, f"is no choice of a study{nearest(key, _FIELDS, '; ')}")
    if key == "anc_bands":
        return _bands(value)
    if key in LISTS:
        if (
            not isinstance(value, list)
            or not value
            or not all(type(month) is int and month > 0 for month in value)
        ):
            raise BadDefinition(key, value, "must be a list of whole numbers above 0")
        return tuple(value)
    if value == NO_VALUE and "None" in str(_FIELDS[key].type):
        return None
    return value


def _bands(value: Any) -> tuple[AncBand, ...]:
    if not isinstance(value, list) or not all(isinstance(band, dict) for band in value):
        raise BadDefinition("anc_bands", value, "must be written as tables [[anc_bands]]")
    return tuple(_band(band) for band in value)


def _band(band: dict[str, Any]) -> AncBand:
    for key, value in band.items():
        if key not in _BAND_KEYS:
            raise BadDefinition(
                f"anc_bands.{key}", value, f"is no part of a band{nearest(key, _BAND_KEYS, '; ')}"
            )
        wanted = int if key == "from_months" else (int, float)
        if isinstance(value, bool) or not isinstance(value, wanted):
            raise BadDefinition(
                f"anc_bands.{key}", value, "must be a whole number" if wanted is int else "must be a number"
            )
    if not {"from_months", "entry_limit"} <= band.keys():
        raise BadDefinition("anc_bands", band, "needs from_months and entry_limit in every band")
    return AncBand(**({"exit_limit": band["entry_limit"]} | band))


def nearest(name: str, known: Sequence[str] | dict[str, Any], before: str = "") -> str:
    """Point to the nearest of some names, or say nothing."""
    near = get_close_matches(name, list(known), n=1)
    return f"{before}the nearest name is {near[0]!r}" if near else ""
