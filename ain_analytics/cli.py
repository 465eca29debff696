"""The command line: what a user types, and what it says. The work is done elsewhere, imported late."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from ain_analytics.cli_multiverse import multiverse
from ain_analytics.cli_options import Definition, Engine, EngineAddress, InBuckets, KeepIn, Source
from ain_analytics.errors import BadOutput, NothingUsable
from ain_analytics.plan_command import plan
from ain_analytics.terminal import progress_bar, say_results, typed_command

app = typer.Typer(
    help="How long autoimmune neutropenia lasts, from registry extracts.",
    epilog="Begin with: ain demo",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
NOTEBOOKS = Path("ain_notebooks")
NOTHING_USABLE = STALE = 1


def _show_version(wanted: bool) -> None:
    if wanted:
        from ain_analytics import __version__

        typer.echo(f"ain_analytics {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and stop."),
    ] = False,
) -> None:
    pass


@app.command()
def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("ain_demo"),
) -> None:
    """Run the study on the demonstration registry that comes with the program."""
    from tempfile import TemporaryDirectory

    from ain_analytics.output import check_output
    from ain_analytics.synthetic import demo_registry

    check_output(out)
    with TemporaryDirectory() as folder:
        extract = demo_registry().write(folder)
        _run(extract.rename(extract.with_name("demonstration_registry")), out, "textbook", None)


@app.command()
def study(
    source: Source,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("ain_report"),
    definition: Definition = "textbook",
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN",
            help="Split the curves by sex, site, case_class, is_ain, antibody_status or severity. "
            "[default: case_class]",
        ),
    ] = None,
    engine: Engine = "duckdb",
    engine_address: EngineAddress = None,
    buckets: InBuckets = None,
    keep: KeepIn = None,
) -> None:
    """Study an extract: tables, curves, charts, and a report that works offline.

    The results are put in their place whole, at the end; a run that fails leaves earlier ones as they were.
    """
    how = {"engine": engine, "engine_address": engine_address, "buckets": buckets, "keep": keep}
    _run(source, out, definition, by, **how)


def _run(source: Path | str, out: Path, definition: str, by: str | None, **how: Any) -> None:
    from ain_analytics.definition_file import read_definition
    from ain_analytics.study import study as run_study

    definitions = read_definition(definition)
    with progress_bar() as progress:
        found = run_study(
            source,
            out,
            definitions=definitions,
            by=by,
            progress=progress,
            command=typed_command(),
            **how,
        )
    say_results([*found.in_words(), *found.notes], out)
    found.registry.close()
    if found.registry.buckets is not None:
        found.registry.buckets.remove()


@app.command()
def check(
    source: Source,
    definition: Definition = "textbook",
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="Folder for quality.html, tables and charts. [default: none]"),
    ] = None,
    engine: Engine = "duckdb",
    engine_address: EngineAddress = None,
    buckets: InBuckets = None,
) -> None:
    """Look at an extract: what is in it, what was set aside and why, what looks odd.

    Ends with exit code 1 when nothing usable is in it. With --out it also writes a page that works offline.
    """
    from ain_analytics.check_source import check_source

    how: dict[str, Any] = {"engine": engine, "engine_address": engine_address, "buckets": buckets}
    try:
        seen = check_source(source, definition, out, **how)
    except NothingUsable as nothing:
        typer.echo(str(nothing))
        raise typer.Exit(NOTHING_USABLE) from None
    if not seen.is_usable:
        typer.echo("\nNothing usable: no neutrophil count of any child is left.")
        raise typer.Exit(NOTHING_USABLE)


@app.command()
def reproduce(
    source: Source,
    study: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this study, by a part of its name.")
    ] = None,
    figures: Annotated[
        Path | None, typer.Option(metavar="FILE.toml", help="Published figures of your own, to be added.")
    ] = None,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path("ain_reproduce"),
    definition: Definition = "textbook",
) -> None:
    """Compute what the literature reports on an extract, and say what agrees: page, table, figure."""
    from ain_analytics.reproduce import say_reproduction

    say_reproduction(source, out, study, figures, definition)


@app.command()
def why(
    source: Source,
    patient: Annotated[str, typer.Argument(help="Key of the child, as in the extract.")],
    definition: Definition = "textbook",
    at: Annotated[str, typer.Option(help="By what was known when: baseline or end.")] = "baseline",
) -> None:
    """Say why a child has its class: rule, rows, and why no rule above it. Keep it in the house."""
    from ain_analytics.why import say_why

    say_why(source, patient, definition, at)


app.command()(multiverse)


@app.command(name="map")
def map_tables(
    source: Annotated[Path, typer.Argument(help="Folder with tables of any names and shapes.")],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="File to write. [default: SOURCE/extract.toml]")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Look at tables that nobody described, and write a first extract.toml, with questions in it.

    It shows headers, forms and common words; no key, date or result of a child.
    """
    from ain_analytics.guess import check_place, map_source

    place = out or (source if source.is_dir() else source.parent) / "extract.toml"
    check_place(place, force)
    found = map_source(source)
    for line in found.summary:
        typer.echo(line)
    if found.text:
        place.write_text(found.text, encoding="utf-8", newline="\n")
        typer.echo(f"written: {place}")


app.command()(plan)


@app.command()
def simulate(
    patients: Annotated[int, typer.Option("-n", "--patients", min=1, help="Number of children.")],
    seed: Annotated[int, typer.Option(help="Seed; the same seed gives the same registry.")],
    out: Annotated[Path, typer.Option("-o", "--out", help="New folder for the extract.")],
    form: Annotated[str, typer.Option(help="Format: native, omop, fhir, redcap, sdtm or tables.")] = "native",
) -> None:
    """Write a made-up registry whose truth is known, as an extract in a format of your choice."""
    from ain_analytics.output import atomic_folder
    from ain_analytics.synthetic import simulate as make

    place = out.expanduser().resolve()
    if place.exists() and not (place.is_dir() and not any(place.iterdir())):
        raise BadOutput(place, "exists and is not an empty folder; name a new one")
    with progress_bar() as progress, atomic_folder(place) as folder:
        make(patients, seed=seed, progress=progress).write(folder, form=form)
    typer.echo(f"{patients} made-up children: {out / 'extract'}; the truth about them: {out / 'truth.csv'}")


@app.command()
def lab(
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTION...]", help="Options of JupyterLab, such as -- --no-browser."),
    ] = None,
    folder: Annotated[Path, typer.Option("-o", "--out", help="Your folder for the notebooks.")] = NOTEBOOKS,
    copy_only: Annotated[
        bool, typer.Option("--copy-only", help="Copy the notebooks; do not open JupyterLab.")
    ] = False,
) -> None:
    """Copy the notebooks to a folder of yours and open JupyterLab there.

    Copies that you changed are kept as they are.
    """
    from ain_analytics.lab import copy_notebooks

    place = folder.expanduser()
    for name, happened in copy_notebooks(place).items():
        typer.echo(f"{happened:<9} {name}")
    if not copy_only:
        raise typer.Exit(subprocess.call([sys.executable, "-m", "jupyterlab", *(options or [])], cwd=place))


@app.command()
def dictionary(
    out: Annotated[Path, typer.Option("-o", "--out", help="File to write.")] = Path("data_dictionary.md"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 when the file is stale.")
    ] = False,
) -> None:
    """Write data_dictionary.md: every table, column and choice, with unit and meaning."""
    from ain_analytics.dictionary import data_dictionary

    text = data_dictionary()
    if check:
        is_fresh = out.is_file() and out.read_text(encoding="utf-8") == text
        typer.echo(f"{out}: {'fresh' if is_fresh else 'stale; run ain dictionary'}")
        raise typer.Exit(0 if is_fresh else STALE)
    out.write_text(text, encoding="utf-8", newline="\n")
    typer.echo(f"written: {out}")
