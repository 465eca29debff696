"""Work in parts, two processes at a time: finished parts stay in files, so that a killed run goes on."""

import multiprocessing
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import polars as pl
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn


def keep(frame: pl.DataFrame, file: Path) -> None:
    """Write a finished part whole, or not at all."""
    begun = file.with_suffix(".part")
    frame.write_parquet(begun)
    begun.replace(file)


def run_parts(
    make: Callable[..., object], parts: Mapping[Path, tuple[Any, ...]], *, processes: int | None, word: str
) -> list[Path]:
    """Make what is missing, and give all files in order.

    Parameters
    ----------
    make : function
        Of a module; called with the arguments of a part and its file, which it writes with `keep`.
    parts : mapping of file to arguments
    processes : int or None
        As many as there are processors, where none is said.
    word : str
        What is counted, in the plural, beside the bar.
    """
    for folder in {file.parent for file in parts}:
        folder.mkdir(parents=True, exist_ok=True)
    missing = {file: what for file, what in parts.items() if not file.is_file()}
    columns = (word, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    os.environ |= {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    pool_of = ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"))
    with Progress(*columns) as progress, pool_of as pool:
        bar = progress.add_task("", total=len(parts), completed=len(parts) - len(missing))
        for done in as_completed([pool.submit(make, *what, file) for file, what in missing.items()]):
            done.result()
            progress.advance(bar)
    return sorted(parts)
