"""Published figures of one's own, from a TOML file: each record is checked, and refused if impossible."""

import json
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import polars as pl

from ain_analytics.definition_file import choices_from_toml
from ain_analytics.definitions import PRESETS, TEXTBOOK
from ain_analytics.errors import AinError, BadFigure
from ain_analytics.published_records import SOURCE_UNIT, statements
from ain_analytics.schema.derived import CASE_CLASS, TIME_ORIGIN
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import PublishedFigure

AGES = ("median_age", "mean_age", "share_resolved_by_age")
TIMES = ("median_among", "mean_among", "median_uncond", "median_age", "mean_age")
DURATIONS = ("median_among", "mean_among", "median_uncond", "share_resolved_by", "share_between", "curve")
WITH_TIME, WITH_DETAIL = (
    ("share_resolved_by", "share_resolved_by_age"),
    (*("share_specificity", "share_treated", "share_responding", "share_infected"),),
)
OWN_QUANTITIES = (
    *("median_among_recovered", "mean_among_recovered", "median_unconditional", "share_resolved"),
    *("share_resolved_by", "share_between", "curve", "median_age_at_resolution", "share_resolved_by_age"),
    *("share_girls", "share_boys", "median_age_at_onset", "mean_age_at_onset", "median_age_at_diagnosis"),
    *("mean_age_at_diagnosis", "median_anc", "mean_anc", "share_severe", "share_antibody_positive"),
    *("share_converting", "share_specificity", "share_treated", "share_responding", "share_infected"),
)
"""What can be compared; every other quantity of `PublishedFigure` is there to say why it cannot."""
TEXTS = ("study", "population", "source_url", "doi", "notes", "detail", "assumption")
MONTHS = ("at_months", "landmark_months", "followed_months", "onset_from_months", "onset_before_months")
COUNTS = ("n", "n_behind", "n_followed")
KEYS = (
    *("id", "quantity", "value", "unit", "counts", "lower", "upper", "interval_kind", "time_origin"),
    *("computed_as", "case_classes", "definition", "curve", "year", *TEXTS, *MONTHS, *COUNTS),
)
"""What a record may say."""
WHOLE = 100


def read_figures(path: Path | str) -> pl.DataFrame:
    """Read published figures from a TOML file of tables `[[figure]]`.

    Parameters
    ----------
    path : path
        Each record needs `id`, `study`, `quantity`, `case_classes` and, except a curve, `value` and `unit`
        (months, years, weeks, days, percent, per uL, 10*9/L). It may say `counts` ([k, n] of a share),
        `n_behind`, `n_followed`, `time_origin`, `at_months`, `landmark_months`, `followed_months`,
        `onset_from_months`, `onset_before_months`, `lower` and `upper` with `interval_kind`, `computed_as`
        (crude, actuarial), `detail`, `definition` (a preset, "unknown", or a table of the choices that
        differ) and `curve`, a list of [months, share unresolved].

    Returns
    -------
    PublishedFigure, one row per record

    Raises
    ------
    BadFigure
        The file cannot be read, or a record says what it may not or contradicts itself; its id is named.
    """
    place = Path(path).expanduser()
    try:
        said = tomllib.loads(place.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except (OSError, UnicodeDecodeError) as problem:
        raise BadFigure(place.name, f"the file cannot be read ({type(problem).__name__})") from None
    except tomllib.TOMLDecodeError as problem:
        raise BadFigure(place.name, f"the file is not valid TOML: {problem}") from None
    records = said.get("figure")
    if not isinstance(records, list) or not records or set(said) != {"figure"}:
        raise BadFigure(place.name, "the file must hold tables [[figure]] and nothing else")
    rows = [_row(record, number) for number, record in enumerate(records, start=1)]
    ids = [row["figure_id"] for row in rows]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise BadFigure(twice, "its id stands twice")
    return statements(frame_of(PublishedFigure, (row | {"statement": ""} for row in rows)))


def _row(record: Any, number: int) -> dict[str, Any]:
    """Make the row of one record."""
    key = str(record.get("id", f"record {number}")) if isinstance(record, dict) else f"record {number}"
    if not isinstance(record, dict) or not isinstance(record.get("id"), str):
        raise BadFigure(key, "it needs an id, a text")
    for name in record:
        if name not in KEYS:
            near = get_close_matches(name, KEYS, n=1)
            raise BadFigure(
                key, f"{name!r} is no part of a record{f'; the nearest is {near[0]!r}' if near else ''}"
            )
    for name in ("study", "quantity", "case_classes"):
        if name not in record:
            raise BadFigure(key, f"{name} is missing")
    quantity = record["quantity"]
    _one_of(key, "quantity", quantity, OWN_QUANTITIES)
    row = {"figure_id": key, "quantity": quantity, "confidence": "own record"}
    row |= {name: _text(key, name, record.get(name)) for name in TEXTS}
    row |= {name: _number(key, name, record.get(name)) for name in MONTHS}
    row |= {name: _whole(key, name, record.get(name)) for name in (*COUNTS, "year")}
    row["population"] = row["population"] or "not said"
    row |= _classes(key, record) | _origin(key, record) | _definition(key, record)
    if quantity == "curve" and "curve" not in record:
        raise BadFigure(key, "a curve needs its points, curve = [[months, share unresolved], …]")
    row |= _curve(key, record["curve"]) if quantity == "curve" else _value(key, record, row)
    if quantity in WITH_TIME and row["at_months"] is None:
        raise BadFigure(key, "a share by a time needs at_months")
    if quantity in WITH_DETAIL and row["detail"] is None:
        raise BadFigure(key, "it needs detail: of which antigen, drug or infection the share is")
    behind, followed = row["n_behind"], row["n_followed"]
    if behind is not None and followed is not None and behind > followed:
        raise BadFigure(key, f"{behind} recovered of {followed} followed")
    return row


def _value(key: str, record: dict[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """Read a value with its unit, interval and counts, and refuse what cannot be."""
    quantity = record["quantity"]
    value = _number(key, "value", record.get("value"))
    if value is None:
        raise BadFigure(key, "value is missing")
    _one_of(key, "unit", record.get("unit"), [unit for unit in SOURCE_UNIT if unit != "p-value"])
    unit, factor = SOURCE_UNIT[record["unit"]]
    wanted = (
        "percent" if quantity.startswith("share") else "months" if quantity.startswith(TIMES) else "10⁹/L"
    )
    if unit != wanted:
        raise BadFigure(key, f"{quantity} cannot be given in {record['unit']}")
    ends = {name: _number(key, name, record.get(name)) for name in ("lower", "upper")}
    low, high = ends["lower"], ends["upper"]
    if quantity == "share_between":
        if low is None or high is None or not low < high:
            raise BadFigure(key, "a share in a window needs lower < upper, in months")
    elif (low is not None and low > value) or (high is not None and high < value):
        raise BadFigure(key, "the value lies outside its own interval")
    computed = record.get("computed_as", "crude" if quantity.startswith("share") else "none")
    _one_of(key, "computed_as", computed, ("crude", "actuarial", "none"))
    half = _half_of_last_digit(record["value"])
    if wanted == "percent":
        row |= _share(key, value, half, computed, record.get("counts"), row)
    scale = 1.0 if quantity == "share_between" else factor
    return {
        "value": value * factor,
        "rounding": half * factor,
        "unit": unit,
        "computed_as": computed,
        "interval_kind": _text(key, "interval_kind", record.get("interval_kind")) or "none",
        "n_behind": row["n_behind"],
        **{name: None if end is None else end * scale for name, end in ends.items()},
    }


def _share(
    key: str, value: float, half: float, computed: str, counts: Any, row: dict[str, Any]
) -> dict[str, Any]:
    """Hold a share against its counts."""
    if value > WHOLE:
        raise BadFigure(key, "a share is more than 100 %")
    n = row["n_behind"]
    if counts is not None:
        if not (
            isinstance(counts, list)
            and len(counts) == len(("k", "n"))
            and all(type(x) is int for x in counts)
        ):
            raise BadFigure(key, "counts must be two whole numbers, [k, n]")
        k, of = counts
        if not 0 <= k <= of or of == 0:
            raise BadFigure(key, f"{k} of {of} is no share")
        if n is not None and n != of:
            raise BadFigure(key, f"n_behind is {n}, but counts say of {of}")
        n = of
        if computed != "actuarial" and abs(WHOLE * k / of - value) > half + 1e-9:
            raise BadFigure(key, f"{k}/{of} is {WHOLE * k / of:.2f} %, not {value:g} %")
    elif n and computed == "crude":
        nearest = WHOLE * round(value * n / WHOLE) / n
        if abs(nearest - value) > half + 1e-9:
            raise BadFigure(
                key, f"no count of {n} children gives {value:g} %; the nearest is {nearest:.2f} %"
            )
    return {"n_behind": n}


def _curve(key: str, points: Any) -> dict[str, Any]:
    """Read the points of a published curve."""
    try:
        months, shares = zip(*((float(month), float(share)) for month, share in points), strict=True)
    except (TypeError, ValueError):
        raise BadFigure(key, "curve must be a list of [months, share unresolved]") from None
    rises = any(later <= earlier for earlier, later in zip((0.0, *months), months, strict=False))
    if rises or sorted(shares, reverse=True) != list(shares) or not all(0 < share <= 1 for share in shares):
        raise BadFigure(key, "the months of a curve must rise from above 0, its shares fall and stay above 0")
    return {
        "curve_months": list(months),
        "curve_unresolved": list(shares),
        "value": float(WHOLE),
        "rounding": 0.0,
        "unit": "none",
        "computed_as": "none",
        "interval_kind": "none",
    }


def _classes(key: str, record: dict[str, Any]) -> dict[str, Any]:
    classes = record["case_classes"]
    if not isinstance(classes, list) or not classes:
        raise BadFigure(key, "case_classes must be a list of classes")
    for name in classes:
        _one_of(key, "case_classes", name, CASE_CLASS)
    return {"case_classes": classes}


def _origin(key: str, record: dict[str, Any]) -> dict[str, Any]:
    """Read from when time counts; an age counts from birth, and nothing else does."""
    quantity = record["quantity"]
    is_age = quantity.startswith(AGES)
    scale = "age" if is_age else "duration" if quantity.startswith(DURATIONS) else "none"
    origin = record.get("time_origin", "birth" if is_age else "unknown")
    _one_of(key, "time_origin", origin, [*TIME_ORIGIN, "unknown"])
    if is_age != (origin == "birth"):
        raise BadFigure(
            key, f"{quantity} {'is an age and counts' if is_age else 'is no age and cannot count'} from birth"
        )
    return {"scale": scale, "time_origin": origin}


def _definition(key: str, record: dict[str, Any]) -> dict[str, Any]:
    """Read the definition: a preset, unknown, or the choices that differ."""
    said = record.get("definition", "unknown")
    if not isinstance(said, dict):
        _one_of(key, "definition", said, ["unknown", *PRESETS])
        return {"definition": said, "choices": None}
    plain = json.loads(json.dumps(said, default=float))
    try:
        replace(TEXTBOOK, **choices_from_toml(plain), name=key)
    except AinError as problem:
        raise BadFigure(key, str(problem).rstrip(".")) from None
    return {"definition": key, "choices": json.dumps(plain)}


def _one_of(key: str, name: str, value: Any, allowed: Iterable[str]) -> None:
    known = list(allowed)
    if value not in known:
        near = get_close_matches(str(value), known, n=1)
        hint = f"the nearest is {near[0]!r}" if near else f"it must be one of {', '.join(known)}"
        raise BadFigure(key, f"{name} cannot be {value!r}; {hint}")


def _text(key: str, name: str, value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise BadFigure(key, f"{name} must be a text")
    return value


def _number(key: str, name: str, value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise BadFigure(key, f"{name} must be a number")
    if value < 0:
        raise BadFigure(key, f"{name} is below 0")
    return float(value)


def _whole(key: str, name: str, value: Any) -> int | None:
    if value is not None and (type(value) is not int or value < 1):
        raise BadFigure(key, f"{name} must be a whole number of at least 1")
    return value


def _half_of_last_digit(value: int | Decimal) -> float:
    exponent = Decimal(value).as_tuple().exponent
    return 0.5 * 10.0 ** (exponent if isinstance(exponent, int) and exponent < 0 else 0)
