"""Output folders: written beside their place, then put in it at once, or not at all."""

import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from ain_analytics.errors import BadOutput

MANIFEST = "manifest.json"
PROGRAM = "ain_analytics"
SPILL = ".ain_spill.partial-"
"""How folders begin, beside an output, that hold what did not fit into the memory; the process's id ends."""


def check_output(out: Path | str, source: object = None) -> Path:
    """Refuse a place where a study must not be written; give its absolute path.

    Raises
    ------
    BadOutput
        It is a file or lies where nothing can be written, it holds something that is not ours, or
        the source lies in it.
    """
    place = Path(out).expanduser().resolve()
    nearest = next(folder for folder in place.parents if folder.exists())
    if not nearest.is_dir():
        raise BadOutput(place, f"cannot be made, because {nearest.name} is a file")
    if not os.access(nearest, os.W_OK):
        raise BadOutput(place, f"cannot be made, because nothing may be written in {nearest.name or nearest}")
    _finish_interrupted(place)
    if place.exists() and not place.is_dir():
        raise BadOutput(place, "is a file; name a folder for the results")
    if isinstance(source, str | Path):
        lies_at = Path(source).expanduser().resolve()
        if place == lies_at or place in lies_at.parents:
            raise BadOutput(place, "holds the source and would be replaced; name another folder")
        if lies_at in place.parents:
            raise BadOutput(place, "lies in the source; name a folder elsewhere, such as -o ../ain_report")
    if place == Path.cwd() or place in Path.cwd().parents:
        raise BadOutput(place, "is the folder you stand in, or above it; name another folder")
    if place.is_dir() and any(place.iterdir()) and not is_ours(place):
        raise BadOutput(
            place, f"exists and was not made by this program (no {MANIFEST} of ours); name another folder"
        )
    return place


def is_ours(folder: Path) -> bool:
    """Tell whether a folder is the whole output of this program."""
    try:
        said = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(said, dict) and said.get("program") == PROGRAM


@contextmanager
def atomic_folder(out: Path) -> Iterator[Path]:
    """Give an empty folder beside `out`; put it in the place of `out` when all went well.

    A block that fails, or a process that is killed, leaves `out` as it was.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    _sweep(out)
    partial = out.with_name(f".{out.name}.partial-{os.getpid()}")
    partial.mkdir()
    try:
        yield partial
        _swap(partial, out)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_tables(
    tables: Mapping[str, pl.DataFrame], folder: Path, say: Callable[[str, float], None] | None = None
) -> None:
    """Write each table as Parquet and as CSV."""
    folder.mkdir(exist_ok=True)
    for done, (name, frame) in enumerate(tables.items()):
        if say:
            say(f"writing {name}: {frame.height:,} rows", done / len(tables))
        frame.write_parquet(folder / f"{name}.parquet")
        frame.write_csv(folder / f"{name}.csv")


def write_manifest(said: Mapping[str, object], folder: Path) -> None:
    """Write what makes a folder ours, last of all."""
    text = json.dumps(said, indent=2, ensure_ascii=False) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _old(out: Path) -> Path:
    return out.with_name(f".{out.name}.ain-old")


def _swap(partial: Path, out: Path) -> None:
    """Put `partial` in the place of `out`; no portable call exchanges two folders, so there are steps."""
    old = _old(out)
    if out.exists():
        out.rename(old)
    try:
        partial.rename(out)
    except OSError:
        if old.exists():
            old.rename(out)
        raise
    _remove_old(old)


def _remove_old(old: Path) -> None:
    (old / MANIFEST).unlink(
        missing_ok=True
    )  # first of all, so that what is half removed is never taken for whole
    shutil.rmtree(old, ignore_errors=True)


def _finish_interrupted(out: Path) -> None:
    """Undo a swap that was killed between its renames, or finish one that was killed after them."""
    old = _old(out)
    if old.is_dir() and is_ours(old) and not out.exists():
        old.rename(out)
    elif old.is_dir():
        _remove_old(old)


def _sweep(out: Path) -> None:
    """Remove what killed runs left beside `out`; what this process spilled may still be read."""
    for left in (*out.parent.glob(f".{out.name}.partial-*"), *out.parent.glob(f"{SPILL}*")):
        pid = left.name.rpartition("-")[2]
        is_ours_now = left.name.startswith(SPILL) and pid == str(os.getpid())
        if pid.isdigit() and not is_ours_now and not _is_running(int(pid)):
            shutil.rmtree(left, ignore_errors=True)


def _is_running(pid: int) -> bool:
    if os.name != "posix":  # os.kill would end the process there
        return pid != os.getpid()
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
