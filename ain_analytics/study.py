"""The main job: from an extract to tables, curves, comparison, charts and report, all or nothing."""

import json
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path

import altair as alt
import polars as pl

from ain_analytics.attrition import attrition
from ain_analytics.cases import classify
from ain_analytics.charts import (
    chart_attrition,
    chart_bounds,
    chart_case_classes,
    chart_published,
    chart_resolution,
    chart_row_fates,
    save_chart,
)
from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.endings import rules_of_ending
from ain_analytics.engines import DUCKDB
from ain_analytics.errors import BadDefinition, EmptyStratum, UnknownColumn
from ain_analytics.followup import follow_up
from ain_analytics.intervals import interval_curve
from ain_analytics.manifest import manifest
from ain_analytics.output import MANIFEST, atomic_folder, check_output
from ain_analytics.postgres import is_address
from ain_analytics.published import compare
from ain_analytics.quality import quality
from ain_analytics.raw_tables import Progress
from ain_analytics.registry import Registry, Source, open_registry
from ain_analytics.report import write_report
from ain_analytics.schema import RESULTS
from ain_analytics.shared import shared
from ain_analytics.study_result import AUTOIMMUNE, Study

BY_COLUMNS = ("sex", "site", "case_class", "is_ain", "antibody_status", "severity")
"""Columns of `follow_up` that may split the curves."""
TABLES = (
    "patient",
    "episode",
    "case",
    "follow_up",
    "curve_steps",
    "curve_summary",
    "published_comparison",
    "row_fate",
    "rejected_row",
    "implausible_unit",
    "attrition",
)
"""The tables of a study, in the order of the way of the data."""
_KAPLAN_MEIER = "_kaplan_meier"
_READING, _ESTIMATING, _DRAWING = (0.0, 0.3), (0.4, 0.65), (0.7, 0.95)
"""Which parts of a progress bar the three long steps fill."""


def study(
    source: Source,
    out: Path | str | None = None,
    *,
    definitions: Definitions = TEXTBOOK,
    by: str | None = None,
    extracted_on: date | None = None,
    progress: Progress | None = None,
    command: str | None = None,
    engine: str = DUCKDB,
    engine_address: str | None = None,
    buckets: int | None = None,
    keep: Path | str | None = None,
) -> Study:
    """Run the whole way of the data, and write it to a folder when one is given.

    Parameters
    ----------
    source : folder, .duckdb file, address of a PostgreSQL database, or mapping of table name to frame
        An extract in the native format.
    out : path, optional
        Folder for report.html, tables, charts and manifest.json. An earlier output there is
        replaced at the very end, whole; a run that fails or is killed leaves it as it was.
    definitions : Definitions
        The choices of the study.
    by : str, optional
        Column of `BY_COLUMNS` that splits the curves; the case class unless told otherwise.
    extracted_on : date, optional
        Last day that the extract can speak of, where its sender does not say.
    progress : callable, optional
        Called with the name of each step as it begins, and the share of the work that is done.
    command : str, optional
        What to note in the manifest as the command.
    engine, engine_address : str
        Who runs the views, as in `open_registry`; the results are the same.
    buckets : int, optional
        Derive the children in so many parts, whose tables are kept beside `out`; see `open_registry`.
    keep : path, optional
        Folder in which what was derived stays for the next run; see `open_registry`.

    Returns
    -------
    Study
        Frozen; holds the registry, every table and every curve.

    Raises
    ------
    BadOutput
        `out` is a file, holds something that is not ours, or the source lies in it.
    UnknownColumn
        `by` is none of `BY_COLUMNS`.
    BadDefinition
        Its name is one that a study gives to its curves, such as `autoimmune`.
    EmptyStratum
        No episode can be followed, so there is nothing to estimate.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(60, seed=7)
    >>> found = ain.study(demo.tables, extracted_on=demo.extracted_on)
    >>> found.main.definitions.name
    'textbook'
    """
    if by is not None and by not in BY_COLUMNS:
        raise UnknownColumn(by, BY_COLUMNS)
    if _is_name_of_curve(definitions.name):
        raise BadDefinition(
            "name", definitions.name, "is a name that a study gives to its curves; choose another"
        )
    place = None if out is None else check_output(out, None if is_address(source) else source)
    say = progress or (lambda _stage, _share: None)
    registry = open_registry(
        source,
        definitions=definitions,
        extracted_on=extracted_on,
        progress=_within(_READING, say),
        engine=engine,
        engine_address=engine_address,
        buckets=buckets,
        work=None if place is None else place.parent,
        keep=keep,
    )
    found = _find(registry, by or "case_class", command, say)
    if place is not None:
        with atomic_folder(place) as folder:
            _write(found, folder, say)
    return found


def _within(part: tuple[float, float], say: Progress) -> Progress:
    """Let a long step fill its part of the bar."""
    return lambda stage, share: say(stage, part[0] + (part[1] - part[0]) * share)


def _is_name_of_curve(name: str) -> bool:
    return name.startswith((AUTOIMMUNE, "by_")) or name.endswith(_KAPLAN_MEIER)


def _find(registry: Registry, by: str, command: str | None, say: Progress) -> Study:
    say("classifying", _READING[1])
    cases = classify(registry)
    followed = follow_up(registry, cases)
    rules = rules_of_ending(registry.definitions)
    curves, notes = _estimate(registry, followed, rules, by, _within(_ESTIMATING, say))
    say("comparing with the literature", _ESTIMATING[1])
    made = {
        "case": cases,
        "follow_up": followed,
        "curve_steps": _stacked("curve_steps", curves, lambda curve: curve.steps),
        "curve_summary": _stacked("curve_summary", curves, lambda curve: curve.summary),
        "published_comparison": compare(registry, cases, followed),
        "attrition": attrition(registry, cases, followed),
    }
    tables = {name: made[name] if name in made else registry.frame(name) for name in TABLES}
    return Study(
        registry,
        registry.definitions,
        quality(registry),
        tables,
        curves,
        tuple(rules),
        by,
        tuple(notes),
        command,
    )


def _estimate(
    registry: Registry, followed: pl.DataFrame, rules: dict[str, Definitions], by: str, say: Progress
) -> tuple[dict[str, ResolutionCurve], list[str]]:
    """Estimate every curve; one that nobody is left for is noted, except the study's own."""
    own, *others = rules.values()
    say(f"estimating under {own.name}", 0.0)
    notes: list[str] = []
    curves = _both(own.name, followed, own)
    _try(curves, notes, AUTOIMMUNE, followed.filter("is_ain"), own)
    for step, definitions in enumerate(others, start=1):
        say(f"estimating under {definitions.name}", step / (len(rules) + 1))
        there = registry.under(definitions)
        followed_there = follow_up(there, classify(there))
        _try(curves, notes, definitions.name, followed_there, definitions)
        if AUTOIMMUNE in curves:
            name = f"{AUTOIMMUNE}_{definitions.name}"
            _try(curves, notes, name, followed_there.filter("is_ain"), definitions)
    say(f"estimating by {by}", len(rules) / (len(rules) + 1))
    _try(curves, notes, f"by_{by}", followed, own, by=by)
    return curves, notes


def _both(
    name: str, followed: pl.DataFrame, definitions: Definitions, by: str | None = None
) -> dict[str, ResolutionCurve]:
    return {
        name: interval_curve(followed, by=by, definitions=definitions),
        f"{name}{_KAPLAN_MEIER}": resolution_curve(followed, by=by, definitions=definitions),
    }


def _try(
    curves: dict[str, ResolutionCurve],
    notes: list[str],
    name: str,
    followed: pl.DataFrame,
    definitions: Definitions,
    by: str | None = None,
) -> None:
    try:
        curves |= _both(name, followed, definitions, by)
    except EmptyStratum as nobody:
        notes.append(f"{name}: {nobody}")


def _stacked(
    name: str, curves: dict[str, ResolutionCurve], which: Callable[[ResolutionCurve], pl.DataFrame]
) -> pl.DataFrame:
    """Put one table of all curves together; strata say of which column they are, so that keys stay keys."""
    frames = [
        which(curve).with_columns(_stratum(key, curve).alias("stratum")) for key, curve in curves.items()
    ]
    return RESULTS[name].cast(pl.concat(frames))


def _stratum(key: str, curve: ResolutionCurve) -> pl.Expr:
    if curve.by:
        return pl.format("{}: {}", pl.lit(curve.by), "stratum")
    return pl.lit(AUTOIMMUNE) if key.startswith(AUTOIMMUNE) else pl.col("stratum")


def charts_of(found: Study) -> Mapping[str, Callable[[], alt.TopLevelMixin]]:
    """Name the charts of a study, each with what draws it; they show only what others may see."""
    seen = shared(found.tables, found.curves, found.definitions)
    own, few = found.definitions.name, found.definitions.minimum_cell
    bounding = {rule: seen.curves[name] for rule, name in found.leading.items()}
    drawn_alone = {"resolution": own} | {
        f"resolution_{name}": name for name in (AUTOIMMUNE, f"by_{found.by}") if name in seen.curves
    }
    curves = {
        chart: partial(
            chart_resolution,
            seen.curves[name],
            at_risk=seen.counted[name],
            multiples_of=few,
            title="Time to resolution: autoimmune at baseline" if name == AUTOIMMUNE else None,
        )
        for chart, name in drawn_alone.items()
    }
    return curves | {
        "bounds": partial(chart_bounds, bounding, at_risk=seen.counted[found.leading[own]], multiples_of=few),
        "attrition": partial(chart_attrition, seen.attrition),
        "case_classes": partial(chart_case_classes, seen.classes),
        "published": partial(chart_published, seen.comparison),
        "row_fates": partial(chart_row_fates, seen.row_fate),
    }


def _write(found: Study, folder: Path, say: Progress) -> None:
    """Write tables, charts, report and, when all of them stand, the manifest."""
    say("writing tables", _ESTIMATING[1])
    (folder / "tables").mkdir()
    for name, frame in found.tables.items():
        frame.write_parquet(folder / "tables" / f"{name}.parquet")
        frame.write_csv(folder / "tables" / f"{name}.csv")
    (folder / "charts").mkdir()
    charts = charts_of(found)
    for done, (name, draw) in enumerate(charts.items()):
        _within(_DRAWING, say)(f"drawing {name}", done / len(charts))
        save_chart(draw(), folder / "charts", name)
    say("writing the report", _DRAWING[1])
    write_report(found, folder / "report.html")
    said = manifest(found.registry, tables=found.tables, by=found.by, command=found.command, folder=folder)
    (folder / MANIFEST).write_text(json.dumps(said, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
