"""What the report says in words: the answer, the rules, what was assumed."""

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions

ORIGIN = {
    "onset": "the first neutropenic count",
    "detection": "the day the neutropenia was detected",
    "diagnosis": "the diagnosis",
    "birth": "birth",
}
SECTIONS = {
    "who": "Who is in the registry",
    "quality": "Quality of the data",
    "classes": "Episodes and classes",
    "curves": "Time to resolution",
    "literature": "Beside the literature",
    "definition": "The definition, in words",
    "assumed": "What was assumed",
    "figures": "Published figures that cannot be compared",
}
"""The sections of the report, by key."""
EXPLAINED = {
    "who": "From every child in the extract to those whose neutropenia could be followed.",
    "quality": (
        "Each row of the extract was either used, or set aside for one reason. "
        "Nothing was repaired by a guess."
    ),
    "classes": (
        "An episode's class follows from counts, antibodies and other evidence by a fixed order of rules, "
        "never from a diagnosis code alone. Curves use what was known soon after onset: what becomes known "
        "later becomes known only of children who are still ill."
    ),
    "curve": (
        "The curve shows the share of children whose neutropenia has not yet resolved. It drops at the end "
        "of each stretch of time in which a resolution must lie: as late as the data allow. The number at "
        "risk can rise, where children are at risk only from the day they were enrolled."
    ),
    "bounds": (
        "How many normal counts make a recovery is a choice, and the two outer rules err in opposite "
        "directions. One count is soon wrong, because counts rise for a while with infection or stress. "
        "Asking for a second one in every child takes those who recover and stay away for still ill."
    ),
    "right": (
        "The literature mostly takes the day of the first normal count for the day of resolution. "
        "So does this Kaplan–Meier curve; it stands here for comparison."
    ),
    "literature": (
        "Each published figure is set beside the same quantity on these children, under the definition "
        "that comes nearest to that of the source; where the source reported something that misleads, "
        "also beside what it ought to have reported."
    ),
    "figures": ("And why. Most of them are not wrong; they answer another question, or do not say which."),
}
"""What each part of the report is about."""
AUTOIMMUNE = (
    "Autoimmune: primary, probable primary or secondary by what was known soon after onset. "
    "Children with any neutropenia:"
)
THREE_RULES = "Median under three rules of what ends an episode, this study's in the frame"
NOT_SHOWN = (
    "No child's row, date or key stands in this report; small numbers are hidden and curves are thinned."
)


def months(days: float | None) -> str:
    """Say a duration in months."""
    return "not reached" if days is None else f"{days / DAYS_PER_MONTH:.1f}"


def answer(curve: ResolutionCurve, group: str = "neutropenias") -> str:
    """Say the main result in one sentence."""
    value, lower, upper = curve.value("median")
    origin = ORIGIN[curve.definitions.time_origin]
    if value is None:
        return f"Fewer than half of the {group} were seen to resolve: no median time from {origin}."
    limits = f"{100 * curve.definitions.confidence:g} % interval {months(lower)} to {months(upper)}"
    return f"Half of the {group} had resolved {months(value)} months after {origin} ({limits})."


def followed(curve: ResolutionCurve) -> str:
    """Say how many were followed, as far as the summary tells it."""
    n, n_resolved = (curve.value(name)[0] for name in ("n", "n_resolved"))
    if n is None:
        return "The number of episodes is too small to be told."
    unit = "children, each by the first episode" if curve.definitions.episodes_used == "first" else "episodes"
    resolved = "" if n_resolved is None else f"; {n_resolved:.0f} were seen to resolve"
    return f"Followed: {n:.0f} {unit}{resolved}."


def strictness(definitions: Definitions) -> tuple[bool, bool]:
    """Order the rules of ending: one normal count, a last run too, confirmed ones alone."""
    d = definitions
    needs_more = (d.resolution_counts, d.resolution_days) != (1, 0)
    return needs_more, needs_more and d.unconfirmed_end == "censor"


def rule_of(definitions: Definitions) -> str:
    """Say in a few words what ends an episode."""
    d = definitions
    if (d.resolution_counts, d.resolution_days) == (1, 0):
        return "One normal count ends it"
    confirmed = f"{d.resolution_counts} normal counts {d.resolution_days} days apart"
    if d.unconfirmed_end == "censor":
        return f"Only {confirmed} end it"
    return f"{confirmed} end it, or a last normal run that nothing contradicts"


def short_median(curve: ResolutionCurve) -> str:
    """Say a median and its interval, in months."""
    value, lower, upper = curve.value("median")
    return "not reached" if value is None else f"{months(value)} ({months(lower)} to {months(upper)})"


def assumed(definitions: Definitions) -> list[str]:
    """Say in three sentences what the answer takes for granted."""
    d = definitions
    entry = "counts as at risk only once enrolled" if d.uses_entry else "counts as at risk from day zero"
    episodes = "the first episode of each child is" if d.episodes_used == "first" else "all episodes are"
    return [
        f"A neutropenia resolved somewhere between its last low and its first normal count. {rule_of(d)}.",
        "When a child is seen, and when it is seen no more, has nothing to do with its recovery.",
        f"Time runs from {ORIGIN[d.time_origin]}; a child {entry}; {episodes} followed.",
    ]
