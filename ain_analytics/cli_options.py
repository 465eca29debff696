"""Arguments and options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

from ain_analytics.definitions import PRESETS

Source = Annotated[
    str,
    typer.Argument(
        help="Folder of files in a format of data_dictionary.md, a .duckdb file, or "
        "postgresql://user@host/database?schema=cdm."
    ),
]
Definition = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE.toml",
        help=f"Study definition: {', '.join(PRESETS)}; or a .toml file with choices of your own.",
    ),
]
Engine = Annotated[
    str, typer.Option("--engine", help="Who runs the views: duckdb, spark or postgres (docs/engines.md).")
]
EngineAddress = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Spark's master, or postgresql://user@host/database. "
        "[default: Spark on this machine; the database that is studied]",
    ),
]
InBuckets = Annotated[
    int | None,
    typer.Option(
        "--buckets",
        metavar="N",
        help="Derive the children in N parts: less memory, and a run that was killed goes on where it was.",
    ),
]
KeepIn = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="FOLDER",
        help="Keep what was derived, rows of every child, in FOLDER; the next run derives only who changed.",
    ),
]
