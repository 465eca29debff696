"""The command `ain multiverse`: what a user types, and what it says."""

from pathlib import Path
from typing import Annotated

import typer

from ain_analytics.cli_options import Definition, Source
from ain_analytics.terminal import make_console, progress_bar, typed_command


def multiverse(
    source: Source,
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder for the results.")] = Path(
        "ain_multiverse"
    ),
    definition: Definition = "textbook",
    grid: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="Which choices are varied: short (1,024 definitions), wide (11,520), or a file of your own.",
        ),
    ] = "short",
    most: Annotated[
        int | None,
        typer.Option(metavar="N", help="Ask N definitions of the grid, in a balanced design. [default: all]"),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN", help="Compare two groups: sex, ancestry, duffy_status, site, case_class."
        ),
    ] = None,
    groups: Annotated[
        tuple[str, str] | None, typer.Option(metavar="A B", help="The groups. [default: the two largest]")
    ] = None,
    published: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Published figure to set beside. [default: T01a]")
    ] = None,
) -> None:
    """Ask how far the answer depends on the definition: thousands of them, and what each choice does.

    A run that is stopped keeps what is done beside OUT; the same command goes on from there.
    """
    from ain_analytics.definition_file import read_definition
    from ain_analytics.multiverse_folder import write_multiverse

    definitions = read_definition(definition)
    try:
        with progress_bar() as progress:
            found = write_multiverse(
                source,
                out,
                definitions=definitions,
                command=typed_command(),
                progress=progress,
                grid=grid,
                most=most,
                by=by,
                groups=groups,
                published=("T01a",) if published is None else tuple(published),
            )
    except (KeyboardInterrupt, RuntimeError):
        typer.echo("What is done is kept beside the folder; the same command goes on from there.", err=True)
        raise
    console = make_console()
    console.print(repr(found))
    console.print(f"Chart: {out / 'charts' / 'multiverse.html'}", style="bold green")
    console.print("charts/ and shared/ may be shown to others; tables/ stay in the house.")
