"""The report of a study: one page for the screen, the phone and paper, made of what others may see."""

from functools import partial
from html import escape
from pathlib import Path

import altair as alt
import polars as pl

from ain_analytics import report_text as words
from ain_analytics.characteristics import by_in_words
from ain_analytics.charts import (
    chart_attrition,
    chart_bounds,
    chart_case_classes,
    chart_published,
    chart_resolution,
)
from ain_analytics.charts.published import PANELS, rows_of_panel
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.published import multiplicity_note
from ain_analytics.report_page import figure, listed, page, paragraph, section, table
from ain_analytics.report_text import SECTIONS
from ain_analytics.shared import Shared, shared
from ain_analytics.study_result import AUTOIMMUNE, Study
from ain_analytics.tables import (
    table_bounds,
    table_comparison,
    table_curve,
    table_fates,
    table_oddities,
    table_one,
)
from ain_analytics.wording import in_words


def write_report(study: Study, path: Path | str) -> Path:
    """Write the report of a study as one HTML file that needs nothing else.

    Parameters
    ----------
    study : Study
    path : path
        Written as UTF-8, whole.

    Returns
    -------
    Path
        Its size does not grow with the number of children; small numbers are hidden.
    """
    seen = shared(study.tables, study.curves, study.definitions)
    title = f"Time to resolution of neutropenia: {study.quality.name}"
    made = page(
        title,
        [
            _head(study),
            _answer(study, seen),
            _contents(),
            _who(study, seen),
            _quality(study, seen),
            _classes(seen),
            _curves(study, seen),
            _literature(seen),
            section("definition", SECTIONS["definition"], listed(in_words(study.definitions))),
            _assumed(study, seen),
            _not_comparable(seen),
        ],
    )
    place = Path(path)
    place.write_text(made, encoding="utf-8")
    return place


def _head(study: Study) -> str:
    extract = study.registry.extract
    source = f" · {extract.options.source}" if extract.options.source else ""
    line = [
        f"{study.quality.name}{source}",
        f"data up to {study.quality.extracted_on}",
        f"definition “{study.definitions.name}”",
    ]
    return f"<header><h1>How long does the neutropenia last?</h1>{_quiet(line)}</header>"


def _quiet(parts: list[str]) -> str:
    return paragraph(" · ".join(parts), kind="quiet")


def _contents() -> str:
    links = "".join(f'<a href="#{key}">{escape(heading)}</a>' for key, heading in SECTIONS.items())
    return f"<nav>{links}</nav>"


def _answer(study: Study, seen: Shared) -> str:
    main, confidence = seen.curves[study.definitions.name], 100 * study.definitions.confidence
    cards = "".join(
        _rule(seen.curves[name], is_own=name == study.definitions.name) for name in _bounds(study)
    )
    return "\n".join(
        [
            '<div class="answer">',
            f'<p class="big"><strong>{escape(words.answer(main))}</strong></p>',
            paragraph(words.followed(main)),
            *_autoimmune(seen),
            paragraph(f"{words.THREE_RULES} (months, {confidence:g} % limits):"),
            f'<div class="rules">{cards}</div>',
            paragraph("What was assumed:"),
            listed(words.assumed(study.definitions)),
            "</div>",
        ]
    )


def _autoimmune(seen: Shared) -> list[str]:
    if AUTOIMMUNE not in seen.curves:
        return []
    said = words.answer(seen.curves[AUTOIMMUNE])
    return [paragraph(f"{words.AUTOIMMUNE} {said[0].lower()}{said[1:]}")]


def _bounds(study: Study) -> list[str]:
    """Name the curves under the three rules of ending, the easiest to fulfil first."""
    return sorted(study.bounding, key=lambda name: words.strictness(study.bounding[name].definitions))


def _rule(curve: ResolutionCurve, *, is_own: bool) -> str:
    said = f"{words.rule_of(curve.definitions)}."
    own = " own" if is_own else ""
    return (
        f'<div class="rule{own}"><b>{escape(words.short_median(curve))}</b><span>{escape(said)}</span></div>'
    )


def _who(study: Study, seen: Shared) -> str:
    return section(
        "who",
        SECTIONS["who"],
        paragraph(words.EXPLAINED["who"]),
        figure(
            "attrition",
            "Children left at each step",
            lambda width: chart_attrition(seen.attrition, width=width),
        ),
        "<h3>Table 1. The children</h3>",
        table("one", table_one(study.registry, study.tables["case"])),
    )


def _quality(study: Study, seen: Shared) -> str:
    ignored = study.quality.ignored.filter(pl.col("kind") == "column")["name"].to_list()
    n_others = study.quality.ignored.height - len(ignored)
    unknown = [
        *(
            [f"Columns that the program does not know, and did not read: {', '.join(ignored)}."]
            if ignored
            else []
        ),
        *([f"Other things in the source that it does not know: {n_others}."] if n_others else []),
    ]
    return section(
        "quality",
        SECTIONS["quality"],
        paragraph(words.EXPLAINED["quality"]),
        *(paragraph(line) for line in unknown),
        table("fates", table_fates(seen.row_fate)),
        "<h3>What looks odd</h3>",
        table(
            "oddities", table_oddities(study.quality.oddities, minimum_cell=study.definitions.minimum_cell)
        ),
    )


def _classes(seen: Shared) -> str:
    return section(
        "classes",
        SECTIONS["classes"],
        paragraph(words.EXPLAINED["classes"]),
        figure(
            "classes", "Children by case class", lambda width: chart_case_classes(seen.classes, width=width)
        ),
    )


def _curves(study: Study, seen: Shared) -> str:
    own, few = study.definitions.name, study.definitions.minimum_cell
    main, bounding = seen.curves[own], {name: seen.curves[name] for name in study.bounding}
    parts = [
        paragraph(words.EXPLAINED["curve"]),
        figure(
            "main",
            words.answer(main),
            lambda width: chart_resolution(main, at_risk=seen.counted[own], multiples_of=few, width=width),
        ),
        table("main", table_curve(main)),
        "<h3>The two bounding rules</h3>",
        paragraph(words.EXPLAINED["bounds"]),
        figure(
            "bounds",
            "The curve under three rules of resolution",
            lambda width: chart_bounds(bounding, at_risk=seen.counted[own], multiples_of=few, width=width),
        ),
        table("bounds", table_bounds(bounding)),
        *_split(study, seen),
        "<h3>The right-censored reading</h3>",
        paragraph(words.EXPLAINED["right"]),
        table("right", table_curve(seen.curves[f"{own}_kaplan_meier"])),
    ]
    return section("curves", SECTIONS["curves"], *parts)


def _split(study: Study, seen: Shared) -> list[str]:
    """Show the curves of the autoimmune alone and by group, where they could be estimated."""
    names = {AUTOIMMUNE: "Autoimmune at baseline", f"by_{study.by}": f"By {by_in_words(study.by)}"}
    return [
        part for name, heading in names.items() if name in seen.curves for part in _group(seen, name, heading)
    ]


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


def _literature(seen: Shared) -> str:
    comparison = seen.comparison
    tested = comparison.filter(pl.col("verdict").cast(pl.String) != "not_comparable")
    return section(
        "literature",
        SECTIONS["literature"],
        paragraph(words.EXPLAINED["literature"]),
        paragraph(multiplicity_note(comparison, confidence=seen.definitions.confidence)),
        *(
            figure(f"published-{place}", f"Published figures: {title}", partial(_published, comparison, key))
            for place, (key, title) in enumerate(PANELS.items())
            if not rows_of_panel(comparison, key).is_empty()
        ),
        table("comparison", table_comparison(tested), kind="broad swipe"),
    )


def _published(comparison: pl.DataFrame, key: tuple[str, str], width: int) -> alt.TopLevelMixin:
    return chart_published(rows_of_panel(comparison, key), width=width)


def _assumed(study: Study, seen: Shared) -> str:
    own = study.definitions.name
    said = [*seen.curves[own].assumptions, *seen.curves[f"{own}_kaplan_meier"].assumptions, *study.notes]
    return section(
        "assumed",
        SECTIONS["assumed"],
        listed(dict.fromkeys(said)),
        paragraph(words.NOT_SHOWN, kind="quiet"),
    )


def _not_comparable(seen: Shared) -> str:
    comparison = seen.comparison
    rest = comparison.filter(pl.col("verdict").cast(pl.String) == "not_comparable")
    return section(
        "figures",
        SECTIONS["figures"],
        paragraph(words.EXPLAINED["figures"]),
        listed(
            pl.Series(
                rest.select(
                    pl.format("{} ({}): {}. {}", "study", "figure_id", "statement", "reason")
                ).to_series()
            )
        ),
    )
