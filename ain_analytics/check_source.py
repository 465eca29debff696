"""The look at an extract that `ain check` prints, and the folder that it writes when asked."""

from pathlib import Path
from typing import Any

from ain_analytics.definition_file import read_definition
from ain_analytics.output import check_output
from ain_analytics.postgres import is_address
from ain_analytics.quality import Quality, quality
from ain_analytics.quality_folder import write_quality
from ain_analytics.registry import open_registry
from ain_analytics.terminal import make_console, progress_bar, typed_command


def check_source(source: str, definition: str, out: Path | None, **how: Any) -> Quality:
    """Look at an extract, say what is in it, and write the folder when a place is given.

    Parameters
    ----------
    source : str
        As for `open_registry`.
    definition : str
        Name of a preset, or a TOML file.
    out : Path or None
    **how : engine, engine_address, buckets
        As for `open_registry`.

    Raises
    ------
    NothingUsable
        Every row was set aside.
    """
    definitions = read_definition(definition)
    place = None if out is None else check_output(out, None if is_address(source) else source)
    with (
        progress_bar() as progress,
        open_registry(source, definitions=definitions, progress=progress, **how) as registry,
    ):
        seen = quality(registry)
        if place is not None:
            write_quality(registry, seen, place, command=typed_command())
        if registry.buckets is not None:
            registry.buckets.remove()
    console = make_console()
    for line in seen.as_text().splitlines():
        console.print(line, style=None if line.startswith(" ") else "bold")
    if out is not None:
        console.print(f"\nPage: {out / 'quality.html'}", style="bold green")
        console.print("quality.html and charts/ may be shown to others; tables/ stay in the house.")
    return seen
