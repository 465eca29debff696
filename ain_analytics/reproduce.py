"""Published figures and textbook sentences beside a registry: one result, one page, one folder."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path

import altair as alt
import polars as pl

from ain_analytics.cases import classify
from ain_analytics.charts import chart_published, save_chart
from ain_analytics.charts.published import panels_of
from ain_analytics.definition_file import read_definition
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadFigure
from ain_analytics.followup import follow_up
from ain_analytics.log_rank import p_in_words
from ain_analytics.manifest import manifest
from ain_analytics.output import atomic_folder, check_output, write_manifest, write_tables
from ain_analytics.postgres import is_address
from ain_analytics.published import compare, multiplicity_note, published_figures, published_slips
from ain_analytics.raw_tables import Progress, part_of_bar
from ain_analytics.registry import Registry, Source, open_registry
from ain_analytics.report_page import figure, listed, page, paragraph, section, table
from ain_analytics.result_html import as_list
from ain_analytics.shared import comparison_without_few
from ain_analytics.tables import table_comparison, table_statements
from ain_analytics.terminal import make_console, progress_bar, typed_command
from ain_analytics.textbook import TextbookStatements, textbook_statements

_READING, _COMPARING = (0.0, 0.4), (0.45, 0.85)
PAGE = "reproduce.html"
WORDS = {"compatible": "compatible", "different": "different", "not_comparable": "not comparable"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reproduction:
    """What the literature reports beside the same quantities on one registry.

    Parameters
    ----------
    comparison : PublishedComparison, one row per figure
    statements : TextbookStatements
    slips : polars.DataFrame
        Published values that do not follow from their own counts, see `published_slips`.
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.reproduce(demo.tables, extracted_on=demo.extracted_on, study="Farruggia")
    >>> found.comparison["figure_id"].to_list()[:2]
    ['R026', 'R027']
    """

    comparison: pl.DataFrame
    statements: TextbookStatements
    slips: pl.DataFrame
    definitions: Definitions
    assumptions: tuple[str, ...]

    def shared(self) -> "Reproduction":
        """Hide what rests on fewer than `definitions.minimum_cell` children, and what would give it back."""
        hidden = comparison_without_few(self.comparison, self.definitions.minimum_cell)
        return replace(self, comparison=hidden, statements=self.statements.shared())

    def chart(self) -> alt.TopLevelMixin:
        """Draw published and own values, each quantity on an axis of its own."""
        return chart_published(self.comparison)

    def in_words(self) -> list[str]:
        """Say every verdict in a line."""
        said = self.comparison.select(
            "figure_id", "study", "statement", pl.col("verdict").cast(pl.String), "p"
        )
        tested = said.filter(pl.col("verdict") != "not_comparable")
        p = ["" if value is None else f", p {p_in_words(value)}" for value in tested["p"]]
        lines = [
            f"  {row['figure_id']} {row['study']}: {row['statement']}: {row['verdict']}{told}"
            for row, told in zip(tested.iter_rows(named=True), p, strict=True)
        ]
        n = said["verdict"].value_counts().rows_by_key("verdict", unique=True)
        counted = ", ".join(f"{n[name][0] if name in n else 0} {word}" for name, word in WORDS.items())
        return [
            f"{self.comparison.height} published figures: {counted}.",
            *lines,
            multiplicity_note(self.comparison, confidence=self.definitions.confidence),
            *repr(self.statements).splitlines(),
        ]

    def __repr__(self) -> str:
        return "\n".join(["Reproduction", *self.in_words()])

    def _repr_html_(self) -> str:
        shown = f"{self.comparison._repr_html_()}{self.statements._repr_html_()}"
        return f"{shown}{as_list(self.assumptions)}"


def reproduce(
    source: Source,
    out: Path | str | None = None,
    *,
    study: str | None = None,
    figures: Path | str | None = None,
    definitions: Definitions = TEXTBOOK,
    extracted_on: date | None = None,
    progress: Progress | None = None,
    command: str | None = None,
) -> Reproduction:
    """Compute what the literature reports on a registry, and say what agrees.

    Parameters
    ----------
    source : as for `open_registry`
    out : path, optional
        Folder for reproduce.html, tables, charts and manifest.json, all in the form that others may see. It
        is put in its place whole, at the end.
    study : str, optional
        A part of the short name of a study, to take its figures only.
    figures : path, optional
        TOML file with records of your own, which are added; see `published_figures`.
    definitions : Definitions
        Hold where a source does not state its own.
    extracted_on : date, optional
        Last day that the extract can speak of, where its sender does not say.
    progress : callable, optional
        Told each step as it begins, and the share done.
    command : str, optional
        What to note in the manifest as the command.

    Returns
    -------
    Reproduction
        With every number; `shared()` is what the folder holds.

    Raises
    ------
    BadFigure
        A record of the file is impossible, or there is no such study.
    BadOutput
        The folder cannot be written.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.reproduce(demo.tables, extracted_on=demo.extracted_on, study="Neglia")
    >>> found.comparison.height
    5
    """
    asked = chosen_figures(study, figures)
    place = None if out is None else check_output(out, None if is_address(source) else source)
    say = progress or (lambda _stage, _share: None)
    how = {"definitions": definitions, "extracted_on": extracted_on, "progress": part_of_bar(*_READING, say)}
    with open_registry(source, **how) as registry:  # type: ignore[arg-type]
        say(f"classifying {registry.n_rows('episode'):,} episodes", _READING[1])
        cases = classify(registry)
        followed = follow_up(registry, cases)
        compared = compare(registry, cases, followed, figures=asked, progress=part_of_bar(*_COMPARING, say))
        say("reading the sentences of a textbook", _COMPARING[1])
        found = Reproduction(
            compared,
            textbook_statements(registry, cases, followed),
            published_slips().filter(pl.col("figure_id").is_in(asked["figure_id"].implode())),
            registry.definitions,
            (
                "A figure is compared with children whose class at baseline corresponds to its population.",
                "Where a source does not state its definition or day zero, those of this study were used.",
                "Both sides err; a value without a number of children is exact but for its rounding.",
                "The verdicts are not corrected for their number; p after Holm stands beside them.",
            ),
        )
        if place is not None:
            with atomic_folder(place) as folder:
                _write(found.shared(), registry, folder, command)
    return found


def say_reproduction(
    source: str, out: Path, study: str | None, figures: Path | None, definition: str
) -> None:
    """Reproduce on the command line: write the folder, and say what others may see of it."""
    definitions, said = read_definition(definition), typed_command()
    with progress_bar() as bar:
        found = reproduce(
            source, out, study=study, figures=figures, definitions=definitions, progress=bar, command=said
        )
    console = make_console()
    for line in found.shared().in_words():
        console.print(line)
    console.print(f"Page: {out / PAGE}; all of {out} may be shown to others.")


def chosen_figures(study: str | None, path: Path | str | None) -> pl.DataFrame:
    """Choose the shipped figures and those of a file, all or of one study."""
    shipped = published_figures()
    if path is not None:
        own = published_figures(path)
        taken = next((key for key in own["figure_id"] if key in shipped["figure_id"]), None)
        if taken is not None:
            raise BadFigure(taken, "its id is that of a figure that comes with the program; choose another")
        shipped = pl.concat([shipped, own])
    if study is None:
        return shipped
    is_meant = pl.col("study").str.to_lowercase().str.contains(study.lower(), literal=True)
    chosen = shipped.filter(is_meant)
    if chosen.is_empty():
        near = get_close_matches(study, shipped["study"].unique().to_list(), n=1, cutoff=0.0)
        raise BadFigure(study, f"there is no study of this name; the nearest is {near[0]!r}")
    return chosen


def _write(seen: Reproduction, registry: Registry, folder: Path, command: str | None) -> None:
    """Write what others may see."""
    tables = {
        "published_comparison": seen.comparison,
        "textbook_statement": seen.statements.table,
        "published_slip": seen.slips,
    }
    write_tables(tables, folder / "tables")
    save_chart(seen.chart(), folder / "charts", "published")
    (folder / PAGE).write_text(page("Published figures", _sections(seen)), encoding="utf-8")
    said = manifest(registry, tables=tables, command=command, folder=folder)
    write_manifest(said, folder)


def _sections(seen: Reproduction) -> Iterable[str]:
    """Make the parts of the page."""
    verdict = pl.col("verdict").cast(pl.String)
    tested = seen.comparison.filter(verdict != "not_comparable")
    rest = seen.comparison.filter(verdict == "not_comparable")
    yield (
        "<header><h1>Does the literature hold here?</h1>"
        + paragraph(f"Definition “{seen.definitions.name}”", kind="quiet")
        + "</header>"
    )
    yield section(
        "compared",
        "Published figures",
        paragraph(multiplicity_note(seen.comparison, confidence=seen.definitions.confidence)),
        *(figure(*panel) for panel in panels_of(seen.comparison)),
        table("comparison", table_comparison(tested), kind="broad swipe"),
    )
    yield section(
        "statements",
        "Sentences of a textbook",
        table("statements", table_statements(seen.statements.table), kind="broad swipe"),
        listed(seen.statements.assumptions),
    )
    said = pl.format("{} ({}): {}. {}", "study", "figure_id", "statement", "reason")
    yield section("rest", "What cannot be compared, and why", listed(rest.select(said).to_series().to_list()))
    yield section("assumed", "What was assumed", listed(seen.assumptions))
