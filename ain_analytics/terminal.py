"""What the command line shows on a terminal: lines, a bar, and the command as it was typed."""

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

    from ain_analytics.raw_tables import Progress


def typed_command() -> str:
    """Give the command as it was typed, without passwords."""
    from ain_analytics.postgres import without_password

    return shlex.join(["ain", *map(without_password, sys.argv[1:])])


def make_console() -> "Console":
    """Make a console that prints lines as they are."""
    from rich.console import Console

    return Console(highlight=False, markup=False, soft_wrap=True)


def say_results(lines: list[str], out: Path) -> None:
    """Say what a study found, and where it lies."""
    console = make_console()
    for line in lines:
        console.print(line)
    console.print(f"Report: {out / 'report.html'}", style="bold green")
    console.print(
        "report.html and charts/ may be shown to others; tables/ hold a row per child and stay in the house."
    )


@contextmanager
def progress_bar() -> Iterator["Progress"]:
    """Show a bar on a terminal; say nothing elsewhere."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("about"),
        TimeRemainingColumn(),
        TextColumn("left, {task.description}"),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("starting", total=1.0)
        done = 0.0

        def advance(stage: str, share: float) -> None:
            nonlocal done
            done = max(done, share)
            bar.update(task, completed=done, description=stage)

        yield advance
