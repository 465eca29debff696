"""What made a folder of results: versions, inputs, definition, command, counts."""

import hashlib
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ain_analytics.extracted import Extract
from ain_analytics.files import sha256
from ain_analytics.fingerprint import program_version, version_of
from ain_analytics.output import PROGRAM
from ain_analytics.registry import Registry
from ain_analytics.sender import OPTIONS_FILE
from ain_analytics.wording import in_words

_LIBRARIES = (
    "altair",
    "dataframely",
    "duckdb",
    "great-tables",
    "lifelines",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "scipy",
    "statsmodels",
    "vl-convert-python",
)
"""Libraries whose version may move a number or a picture."""


def manifest(
    registry: Registry,
    *,
    tables: Mapping[str, pl.DataFrame],
    by: str | None = None,
    command: str | None = None,
    folder: Path | None = None,
) -> dict[str, Any]:
    """Say what made a study, in values that JSON can hold.

    Parameters
    ----------
    registry : Registry
        The registry that was studied.
    tables : mapping of name to frame
        The tables of the study; their rows are counted.
    by : str, optional
        Column that split the curves.
    command : str, optional
        The command as it was typed.
    folder : Path, optional
        Folder whose files are listed with their SHA-256.

    Returns
    -------
    dict
        Keys `program`, `versions`, `made_at`, `command`, `source`, `format`, `extracted_on`, `inputs`,
        `definition`, `in_words`, `by`, `counts`, `fates`, `outputs`.
    """
    extract = registry.extract
    return {
        "program": PROGRAM,
        "versions": versions(),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": command,
        "source": extract.name,
        "format": extract.format.name,
        "extracted_on": extract.extracted_on.isoformat(),
        "inputs": inputs(extract),
        "definition": registry.definitions.as_dict(),
        "in_words": in_words(registry.definitions),
        "by": by,
        "counts": {name: frame.height for name, frame in tables.items()},
        "fates": _fates(registry.frame("row_fate")),
        "outputs": {} if folder is None else _hashes(folder),
    }


def versions() -> dict[str, str]:
    """Give the version of the program, of Python and of each library that may move a number."""
    return {
        PROGRAM: program_version(),
        "python": platform.python_version(),
        **{name: version_of(name) for name in _LIBRARIES},
    }


def inputs(extract: Extract) -> list[dict[str, Any]]:
    """Give one entry per file of an extract (or per frame): name, size in bytes, SHA-256.

    Of a database on a server there is no file: one entry per table.
    """
    options = {path.with_name(OPTIONS_FILE) for path in extract.paths}
    paths = [*extract.paths, *(path for path in sorted(options) if path.is_file())]
    files = [{"file": path.name, "bytes": path.stat().st_size, "sha256": sha256(path)} for path in paths]
    texts = {name: frame.write_csv().encode() for name, frame in extract.frames.items()}
    frames = [
        {"frame": name, "bytes": len(text), "sha256": hashlib.sha256(text).hexdigest()}
        for name, text in texts.items()
    ]
    name = extract.name if extract.server else ""
    tables = [{"database": name, "table": there} for there, _ in extract.database_tables.values() if name]
    return files + frames + tables


def _fates(row_fate: pl.DataFrame) -> dict[str, dict[str, int]]:
    counted: dict[str, dict[str, int]] = {}
    for table, fate, n_rows in row_fate.select("table_name", "fate", "n_rows").rows():
        counted.setdefault(table, {})[fate] = n_rows
    return counted


def _hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): sha256(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
