"""Where DuckDB works: in memory, or for a large extract in a file, and what it spills, beside the results."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from uuid import uuid4
from weakref import finalize

import duckdb

from ain_analytics.extracted import Extract
from ain_analytics.output import SPILL

LARGE = 20_000_000
"""Bytes of files, or of frames, from which on tables are kept in a file, which packs them into an eighth."""
MEMORY = 0.6
"""The share of the memory that DuckDB may take before it spills; the rest is for polars."""
LEAST, PER_BYTE = 1.2e9, 3.5
"""Bytes that it may take of a large extract, at least and for each byte that was sent, within that share."""
_LIMIT = "select parse_formatted_bytes(current_setting('memory_limit'))"


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Workplace:
    """A folder for one database; it goes when the database is closed or nobody knows of it any more.

    Parameters
    ----------
    folder : Path
        Its name begins as that of a spill, so that a later run sweeps it if this one is killed.
    n_bytes : float
        How much the extract holds; infinite of a server, which does not say.

    Notes
    -----
    What cannot be spilled, such as a median, grows with the extract, so what may be taken grows too.
    """

    folder: Path
    n_bytes: float
    remove: Callable[[], None] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "remove", finalize(self, remove, self.folder, os.getpid()))

    @classmethod
    def of(cls, work: Path, extract: Extract) -> "Workplace":
        """Choose a place beside or above `work` for an extract."""
        there = next(folder for folder in (work.resolve(), *work.resolve().parents) if folder.is_dir())
        of_files = sum(path.stat().st_size for path in extract.paths)
        of_frames = sum(frame.estimated_size() for frame in extract.frames.values())
        n_bytes = inf if extract.server is not None else of_files + of_frames
        return cls(there / f"{SPILL}{uuid4().hex}-{os.getpid()}", n_bytes)

    @property
    def is_large(self) -> bool:
        """Whether the tables stand in a file in the folder."""
        return self.n_bytes > LARGE

    def connect(self) -> duckdb.DuckDBPyConnection:
        """Open an empty database."""
        if self.is_large:
            self.folder.mkdir()
        connection = duckdb.connect(self.folder / "working.duckdb" if self.is_large else ":memory:")
        connection.execute(f"set memory_limit = '{MEMORY:.0%}'")
        if self.is_large:
            ((most,),) = connection.execute(_LIMIT).fetchall()
            wanted = min(most, max(LEAST, PER_BYTE * self.n_bytes))
            connection.execute(f"set memory_limit = '{wanted:.0f}B'")
        connection.execute("set temp_directory = $1", [str(self.folder)])
        return connection


def remove(folder: Path, of_process: int) -> None:
    """Take it away, unless this is a copy of the process that made it."""
    if os.getpid() == of_process:
        shutil.rmtree(folder, ignore_errors=True)
