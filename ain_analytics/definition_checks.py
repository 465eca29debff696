"""What is refused in a definition: a value that is impossible, by itself or beside another."""

from dataclasses import Field, fields
from typing import Any

from ain_analytics.errors import BadDefinition

_ONE_OF = {
    "same_day": ("lowest", "highest", "mean", "first", "last"),
    "implausible_unit": ("report", "set_aside"),
    "unconfirmed_end": ("resolve", "censor"),
    "time_origin": ("onset", "detection", "diagnosis", "birth"),
    "right_reading": ("right_end", "midpoint", "lower"),
    "episodes_used": ("first", "all"),
}
_AT_LEAST_ONE = (
    "onset_counts",
    "resolution_counts",
    "negative_tests_for_idiopathic",
    "cycle_counts_per_week",
    "cycle_weeks",
    "cycle_surrogates",
    "cycle_shortest_days",
    "cycle_frequencies",
    "duffy_pattern_counts",
    "heaping_neighbours",
    "median_fold",
    "unit_fold",
    "unit_fold_tolerance",
    "unit_other_days",
    "rmst_months",
    "minimum_at_risk",
    "bootstrap_replicates",
    "bootstrap_children",
    "imputations",
    "minimum_cell",
    "fewest_per_band",
    "response_days",
    "trigger_risk_days",
    "trigger_follow_days",
    "trigger_until_months",
)


def refuse_unless_whole(name: str, value: object, least: int) -> None:
    """Refuse what is no whole number of at least so many."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise BadDefinition(name, value, f"must be a whole number of at least {least}")


def refuse_impossible(d: Any) -> None:
    """Refuse a definition with a value that is impossible, by itself or beside another."""
    for f in fields(d):
        _refuse_wrong_type(f, getattr(d, f.name))
    for name, allowed in _ONE_OF.items():
        if getattr(d, name) not in allowed:
            raise BadDefinition(name, getattr(d, name), f"must be one of {', '.join(allowed)}")
    for name in _AT_LEAST_ONE:
        if getattr(d, name) < 1:
            raise BadDefinition(name, getattr(d, name), "must be at least 1")
    if not 0 < d.confidence < 1:
        raise BadDefinition("confidence", d.confidence, "must lie between 0 and 1")
    if not d.equivalence_ratio > 1:
        raise BadDefinition("equivalence_ratio", d.equivalence_ratio, "must be above 1")
    if not 0 < d.girls_at_birth < 1:
        raise BadDefinition("girls_at_birth", d.girls_at_birth, "must lie between 0 and 1")
    if d.trigger_follow_days <= d.trigger_risk_days:
        raise BadDefinition(
            "trigger_follow_days",
            d.trigger_follow_days,
            f"must exceed trigger_risk_days ({d.trigger_risk_days})",
        )
    ages = list(d.age_band_months)
    if ages != sorted({age for age in ages if age > 0}):
        raise BadDefinition("age_band_months", ages, "must be ages above 0 that rise")
    if d.severe_below > d.moderate_below:
        raise BadDefinition(
            "severe_below", d.severe_below, f"must not exceed moderate_below ({d.moderate_below})"
        )
    if d.cycle_min_days > d.cycle_max_days:
        raise BadDefinition(
            "cycle_min_days", d.cycle_min_days, f"must not exceed cycle_max_days ({d.cycle_max_days})"
        )
    if not d.cycle_shortest_days < d.cycle_min_days <= d.cycle_max_days < d.cycle_longest_days:
        raise BadDefinition(
            "cycle_shortest_days",
            (d.cycle_shortest_days, d.cycle_longest_days),
            f"must enclose the cycle ({d.cycle_min_days} to {d.cycle_max_days})",
        )
    if not 0 < d.cycle_false_alarm < 1:
        raise BadDefinition("cycle_false_alarm", d.cycle_false_alarm, "must lie between 0 and 1")
    _refuse_bad_bands(d.anc_bands)


def _refuse_bad_bands(bands: tuple[Any, ...]) -> None:
    ages = [band.from_months for band in bands]
    if not bands or ages[0] != 0 or ages != sorted(set(ages)):
        raise BadDefinition("anc_bands", ages, "must start at 0 months and rise")
    for band in bands:
        if not 0 < band.entry_limit <= band.exit_limit:
            raise BadDefinition(
                "anc_bands", (band.entry_limit, band.exit_limit), "needs 0 < entry_limit <= exit_limit"
            )


def _refuse_wrong_type(f: "Field[Any]", value: object) -> None:
    kind = str(f.type)
    if kind.startswith("tuple"):
        return
    if value is None and "None" in kind:
        return
    is_bool = isinstance(value, bool)
    wanted = kind.split(" | ")[0]
    fits = {
        "<class 'bool'>": is_bool,
        "<class 'str'>": isinstance(value, str),
        "<class 'int'>": isinstance(value, int) and not is_bool,
        "int": isinstance(value, int) and not is_bool,
        "<class 'float'>": isinstance(value, int | float) and not is_bool and value == value,
    }[wanted]
    if not fits:
        raise BadDefinition(f.name, value, f"must be of type {wanted.removeprefix('<class ').strip('>')}")
    if not is_bool and isinstance(value, int | float) and value < 0:
        raise BadDefinition(f.name, value, "must not be negative")
