"""The curves of the report: the answer, its bounds, the groups, and the right-censored reading."""

from html import escape

from ain_analytics import report_text as words
from ain_analytics.characteristics import by_in_words
from ain_analytics.charts import chart_bounds, chart_resolution
from ain_analytics.report_page import figure, paragraph, section, table
from ain_analytics.shared import Shared
from ain_analytics.study_result import Study
from ain_analytics.tables import table_bounds, table_curve


def in_order(study: Study) -> list[str]:
    """Name the rules of ending, the easiest to fulfil first."""
    return sorted(study.leading, key=lambda rule: words.strictness(study.curves[rule].definitions))


def group_of(study: Study) -> str:
    """Say of whom the answer is."""
    own = study.definitions.name
    return "neutropenias" if study.leading[own] == own else "autoimmune neutropenias"


def curves_section(study: Study, seen: Shared) -> str:
    """Show the answer first, then what bounds it, then the other groups."""
    own, few = study.definitions.name, study.definitions.minimum_cell
    lead = study.leading[own]
    bounding = {rule: seen.curves[name] for rule, name in study.leading.items()}
    others = {own: "Children with any neutropenia"} if lead != own else {}
    others[f"by_{study.by}"] = f"By {by_in_words(study.by)}"
    return section(
        "curves",
        words.SECTIONS["curves"],
        paragraph(words.EXPLAINED["curve"]),
        *_group(seen, lead, "All children" if lead == own else "Autoimmune at baseline"),
        "<h3>The two bounding rules</h3>",
        paragraph(words.EXPLAINED["bounds"]),
        figure(
            "bounds",
            "The curve under three rules of resolution",
            lambda width: chart_bounds(bounding, at_risk=seen.counted[lead], multiples_of=few, width=width),
        ),
        table("bounds", table_bounds(bounding)),
        *(part for name in others if name in seen.curves for part in _group(seen, name, others[name])),
        "<h3>The right-censored reading</h3>",
        paragraph(words.EXPLAINED["right"]),
        table("right", table_curve(seen.curves[f"{lead}_kaplan_meier"])),
    )


def _group(seen: Shared, name: str, heading: str) -> list[str]:
    curve, counted, few = seen.curves[name], seen.counted[name], seen.definitions.minimum_cell
    key = name.replace("_", "-")
    title = None if curve.by else f"Time to resolution: {heading[0].lower()}{heading[1:]}"
    most_steps = curve.steps.group_by("stratum").len()["len"].to_list()
    drawn = (
        figure(
            key,
            heading,
            lambda width: chart_resolution(
                curve, at_risk=counted, multiples_of=few, title=title, width=width
            ),
        )
        if max(most_steps) > 2
        else paragraph("Too few have resolved in each group to draw a curve of it.")
    )
    return [
        f"<h3>{escape(heading)}</h3>",
        drawn,
        table(key, table_curve(curve), kind="swipe" if len(curve.strata) > 2 else ""),
    ]
