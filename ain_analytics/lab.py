"""The notebooks: copied to a folder of the user's, never over what the user changed there."""

import hashlib
import json
from importlib.resources import files
from pathlib import Path

from ain_analytics.errors import BadOutput

_SHIPPED = ".shipped.json"
"""In the user's folder: what each notebook was when it was copied there."""


def notebook_folder() -> Path:
    """Find the notebooks: inside the installed package, or beside it in a checkout."""
    inside = Path(str(files("ain_analytics"))) / "notebooks"
    return inside if inside.is_dir() else inside.parent.parent / "notebooks"


def copy_notebooks(folder: Path) -> dict[str, str]:
    """Copy the notebooks; a copy that the user changed is kept as it is.

    Parameters
    ----------
    folder : Path
        The user's folder; made when it is not there.

    Returns
    -------
    dict of file name to what happened
        `copied`, `unchanged`, `updated` (the user had not touched it) or `kept` (the user's own).

    Raises
    ------
    BadOutput
        The folder is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise BadOutput(folder, "is a file; name a folder for the notebooks")
    folder.mkdir(parents=True, exist_ok=True)
    shipped = _read_shipped(folder / _SHIPPED)
    happened = {}
    for source in sorted(notebook_folder().glob("[!.]*")):
        if source.is_file():
            happened[source.name] = _copy(source, folder / source.name, shipped)
    (folder / _SHIPPED).write_text(json.dumps(shipped, indent=2) + "\n", encoding="utf-8")
    return happened


def _copy(source: Path, target: Path, shipped: dict[str, str]) -> str:
    content = source.read_bytes()
    there = _digest(target.read_bytes()) if target.exists() else None
    if there == _digest(content):
        happened = "unchanged"
    elif there is not None and there != shipped.get(source.name):
        return "kept"
    else:
        target.write_bytes(content)
        happened = "copied" if there is None else "updated"
    shipped[source.name] = _digest(content)
    return happened


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_shipped(path: Path) -> dict[str, str]:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in said.items()} if isinstance(said, dict) else {}
