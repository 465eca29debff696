"""The main job: from an extract to tables, curves, comparison, charts and report, all or nothing."""

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
from ain_analytics.curves import ResolutionCurve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.endings import rules_of_ending
from ain_analytics.engines import DUCKDB
from ain_analytics.errors import BadDefinition, UnknownColumn
from ain_analytics.followup import follow_up
from ain_analytics.manifest import manifest
from ain_analytics.output import atomic_folder, check_output, write_manifest, write_tables
from ain_analytics.postgres import is_address
from ain_analytics.published import compare
from ain_analytics.quality import quality
from ain_analytics.raw_tables import Progress, part_of_bar
from ain_analytics.registry import Registry, Source, open_registry
from ain_analytics.report import write_report
from ain_analytics.schema import RESULTS
from ain_analytics.shared import shared
from ain_analytics.study_curves import KAPLAN_MEIER, begin_estimates
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
FIRST_TABLES = ("patient", "episode", "case", "follow_up")
"""The tables that are written before the long estimates."""
_READING, _WRITING, _ESTIMATING = (0.0, 0.3), (0.35, 0.4), (0.4, 0.65)
_COMPARING, _DRAWING = (0.65, 0.75), (0.8, 0.95)
"""Which parts of a progress bar the long steps fill."""


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
        taken = "is a name that a study gives to its curves; choose another"
        raise BadDefinition("name", definitions.name, taken)
    place = None if out is None else check_output(out, None if is_address(source) else source)
    say = progress or (lambda _stage, _share: None)
    registry = open_registry(
        source,
        definitions=definitions,
        extracted_on=extracted_on,
        progress=part_of_bar(*_READING, say),
        engine=engine,
        engine_address=engine_address,
        buckets=buckets,
        work=None if place is None else place.parent,
        keep=keep,
    )
    by = by or "case_class"
    if place is None:
        return _find(registry, by, command, say)
    with atomic_folder(place) as folder:
        found = _find(registry, by, command, say, folder / "tables")
        _write(found, folder, say)
    return found


def _is_name_of_curve(name: str) -> bool:
    return name.startswith((AUTOIMMUNE, "by_")) or name.endswith(KAPLAN_MEIER)


def _find(
    registry: Registry, by: str, command: str | None, say: Progress, folder: Path | None = None
) -> Study:
    """Find everything; the tables of children and episodes are written as soon as they stand."""
    say(f"classifying {registry.n_rows('episode'):,} episodes", _READING[1])
    cases = classify(registry)
    followed = follow_up(registry, cases)
    made = {"case": cases, "follow_up": followed}
    first = {name: made[name] if name in made else registry.frame(name) for name in FIRST_TABLES}
    if folder is not None:
        write_tables(first, folder, part_of_bar(*_WRITING, say))
    rules = rules_of_ending(registry.definitions)
    curves_found = begin_estimates(registry, followed, rules, by, part_of_bar(*_ESTIMATING, say))
    comparison = compare(registry, cases, followed, progress=part_of_bar(*_COMPARING, say))
    curves, notes = curves_found()
    made = first | {
        "curve_steps": _stacked("curve_steps", curves, lambda curve: curve.steps),
        "curve_summary": _stacked("curve_summary", curves, lambda curve: curve.summary),
        "published_comparison": comparison,
        "attrition": attrition(registry, cases, followed),
    }
    tables = {name: made[name] if name in made else registry.frame(name) for name in TABLES}
    say(f"looking at the quality of {tables['row_fate']['n_rows'].sum():,} rows", _COMPARING[1])
    seen = quality(registry)
    said = tuple(rules), by, tuple(notes), command
    return Study(registry, registry.definitions, seen, tables, curves, *said)


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
    """Write the other tables, charts, report and, when all of them stand, the manifest."""
    others = {name: frame for name, frame in found.tables.items() if name not in FIRST_TABLES}
    write_tables(others, folder / "tables", lambda stage, _: say(stage, _DRAWING[0]))
    (folder / "charts").mkdir()
    charts = charts_of(found)
    for done, (name, draw) in enumerate(charts.items()):
        part_of_bar(*_DRAWING, say)(f"drawing {name}, chart {done + 1} of {len(charts)}", done / len(charts))
        save_chart(draw(), folder / "charts", name)
    say("writing the report", _DRAWING[1])
    write_report(found, folder / "report.html")
    said = manifest(found.registry, tables=found.tables, by=found.by, command=found.command, folder=folder)
    write_manifest(said, folder)
