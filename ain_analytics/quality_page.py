"""The page of the quality report, made of what others may see."""

from collections.abc import Iterable
from functools import partial

from ain_analytics.charts import QUALITY_CHARTS
from ain_analytics.quality import Quality
from ain_analytics.quality_shared import shared_quality
from ain_analytics.report_page import figure, page, paragraph, section, table
from ain_analytics.report_text import EXPLAINED
from ain_analytics.tables import table_fates, table_oddities

FIGURES = {
    "set_aside": (
        "Rows set aside, by site and year",
        "A site or a year that stands apart has sent other files, codes or units than the rest. "
        "Rows of children who are not in table patient are left out here. "
        "“others”: sites and years with few children.",
    ),
    "amounts": (
        "Amounts, by unit and method as written",
        "All rows whose value and unit can be read, impossible amounts among them. A laboratory whose unit "
        "is off by a thousand stands far to the left or right of the others.",
    ),
    "drift": (
        "Counts by month",
        "Counts that are impossible are among them, so that a change of unit is seen in either direction. "
        "Sites with few children are left out.",
    ),
    "near_limit": (
        "Counts on a limit",
        "A limit decides what a count exactly on it is. Where counts heap there, somebody rounded, or chose.",
    ),
    "last_digit": ("Last digits", "Analysers have no favourite digit; people do."),
    "onset_age": (
        "Onsets about the first birthday",
        "On the birthday the limit rises, so that a child may become neutropenic without any change in the "
        "blood.",
    ),
    "gap": ("Gaps between counts", "What happened in a long silence nobody knows."),
    "counts_per_child": ("Counts of a child", "One count cannot tell when a neutropenia ended."),
    "agreement": (
        "Measured against computed counts",
        "Where both are known of one specimen, the measured count is used; a disagreement means that one is "
        "wrong.",
    ),
}
"""The figures in their order, each with a heading and what it is good for."""
MOST_TELLING = ("set_aside", "amounts", "drift", "near_limit", "onset_age")
"""The figures that the report of a study shows too."""


def quality_figures(seen: Quality, names: Iterable[str] = tuple(FIGURES)) -> list[str]:
    """Draw figures of the quality report, each under its heading."""
    shown = shared_quality(seen)
    return [
        part
        for name in names
        for part in (
            f"<h3>{FIGURES[name][0]}</h3>",
            paragraph(FIGURES[name][1]),
            figure(
                f"quality-{name.replace('_', '-')}",
                FIGURES[name][0],
                partial(QUALITY_CHARTS[name], shown[name]),
            ),
        )
    ]


def quality_page(seen: Quality) -> str:
    """Write the quality report as one page that needs nothing else; its size does not grow with the rows."""
    few = seen.definitions.minimum_cell
    shown, odd = shared_quality(seen), table_oddities(seen.oddities, minimum_cell=few)
    return page(
        f"Quality of the data: {seen.name}",
        [
            "<header><h1>Can these counts be trusted?</h1>"
            + paragraph(
                f"{seen.name} · data up to {seen.extracted_on} · definition “{seen.definitions.name}”",
                kind="quiet",
            )
            + "</header>",
            section("figures", "What the counts look like", *quality_figures(seen)),
            section(
                "fates",
                "What became of every row",
                paragraph(EXPLAINED["quality"]),
                table("fates", table_fates(shown["row_fate"])),
            ),
            section("oddities", "What looks odd", table("oddities", odd)),
        ],
    )
