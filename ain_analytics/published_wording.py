"""What is said of a published figure beside one's own: values, verdict, and what had to be assumed."""

from ain_analytics.definitions import Definitions
from ain_analytics.published_answers import Answer
from ain_analytics.published_records import FINE, UNIT
from ain_analytics.published_tests import Figure, Tested
from ain_analytics.quantities import Estimate

SMALL_P = 0.001


def in_a_sentence(*parts: str) -> str:
    """Join the parts of one sentence."""
    said = "; ".join(part for part in parts if part)
    return f"{said[0].upper()}{said[1:]}."


def classes_in_words(figure: Figure) -> str:
    """Say of which children a figure speaks."""
    return ", ".join(name.replace("_", " ") for name in figure["case_classes"])


def against(figure: Figure, answer: Answer, tested: Tested) -> str:
    """Say the own value, the published one, the p-value and the better value."""
    unit, n = UNIT[figure["unit"]], figure["n_behind"]
    published = f"{figure['value']:{_form(unit)}}{unit} ({'number not given' if n is None else f'n = {n}'})"
    p = "p < 0.001" if tested.p is not None and tested.p < SMALL_P else f"p = {tested.p:.3f}"
    said = f"{_in_words(answer.own, unit)} here against {published} published, {p}"
    if answer.better is None and answer.better_quantity != "none":
        return f"{said}; the curve here does not tell the {answer.better_quantity}"
    if answer.better is None or answer.better is answer.own:
        return said
    return f"{said}; the {answer.better_quantity}, is {_in_words(answer.better, unit)}"


def _in_words(estimate: Estimate, unit: str) -> str:
    if estimate.value is None:
        return f"not reached (n = {estimate.n})"
    form = _form(unit)
    lower, upper = ("not reached" if x is None else f"{x:{form}}" for x in (estimate.lower, estimate.upper))
    limits = "no limits" if estimate.lower is estimate.upper is None else f"{lower} to {upper}"
    return f"{estimate.value:{form}}{unit} ({limits}, n = {estimate.n})"


def _form(unit: str) -> str:
    return ".2f" if unit == UNIT[FINE] else ".1f"


def equivalent_in_words(is_equivalent: bool | None, d: Definitions) -> str:
    """Say whether *compatible* means agreement or too few children to tell."""
    if is_equivalent is None:
        return ""
    other = f"a course {d.equivalence_ratio:g} times as long or as short"
    return (
        f"{other} is ruled out"
        if is_equivalent
        else f"too few children, or the wrong quantity, to tell {other}"
    )


def assumed(figure: Figure, own: Definitions, used: Definitions, duration_origin: str) -> list[str]:
    """Say what had to be assumed."""
    said = []
    if figure["definition"] == "unknown":
        said.append(f"the source does not state its definition, {own.name} was used")
    elif used is not own:
        said.append(f"derived under {used.name}, the preset that comes nearest to the source")
    if figure["scale"] == "duration" and figure["time_origin"] == "unknown":
        said.append(f"the source does not say from when it counts, {duration_origin} was used")
    if figure["quantity"] in ("median_age_at_resolution", "share_resolved_by_age"):
        said.append("for all children durations are taken not to depend on the age at onset")
    if figure["landmark_months"] is not None:
        said.append(
            f"only children still neutropenic {figure['landmark_months']:g} months after onset are taken"
        )
    if figure["followed_months"] is not None:
        said.append(f"nobody is followed longer than the {figure['followed_months']:g} months of the source")
    if figure["quantity"] == "share_resolved":
        said.append("a share without a time depends on how long the children were followed")
    if figure["n_behind"] is None and figure["value"] is not None:
        said.append(
            "no number of children is given, so the published value is taken as exact but for its rounding"
        )
    return [*said, *([figure["assumption"]] if figure["assumption"] else [])]
