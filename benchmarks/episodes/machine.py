"""What a result was measured on."""

import os
import platform
import sys
from importlib import metadata
from pathlib import Path

LIBRARIES = ("duckdb", "polars", "pandas", "numpy", "pyarrow", "sqlglot")


def describe() -> str:
    """Name processor, cores and memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}"


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text().splitlines() if path.exists() else []
    facts = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    name = facts.get("model name", platform.processor() or platform.machine())
    return f"{name} (model {facts['model']})" if "model" in facts else name


def versions() -> dict[str, str]:
    """Tell the version of Python and of the libraries."""
    found = {"Python": sys.version.split()[0]}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
