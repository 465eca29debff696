"""Print what a second run costs when 1 % of the children changed: `python -m benchmarks.only_changed FOLDER`.

FOLDER is an extract with one `lab_result.parquet`. One child in a hundred gets one more row at the end of the
file, then at its beginning, so that every other row moves. Compared are deriving without `keep`, the first
run with it, and a second run; the last is given as a share of the first.
"""

import shutil
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from ain_analytics.registry import open_registry

_ONE_IN = 100


def main() -> None:
    """Time each way once."""
    source = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as made:
        kept = Path(made) / "kept"
        full = _timed("full derivation", source, None)
        _timed("first run with keep", source, kept)
        _timed("nothing changed", source, kept, full)
        for where in ("end", "beginning"):
            again = Path(made) / f"kept_{where}"
            shutil.copytree(kept, again)
            _timed(f"1 % changed, rows at the {where}", _changed(source, Path(made), where), again, full)


def _changed(source: Path, made: Path, where: str) -> Path:
    folder = made / f"rows_at_the_{where}"
    shutil.copytree(source, folder)
    old = f"select * from '{source / 'lab_result.parquet'}'"
    new = f"""
        select distinct on (patient_id) * from ({old}) where hash(patient_id) % {_ONE_IN} = 0
        order by patient_id, sampled_at desc
    """
    rows = [f"from ({old})", f"from ({new})"]
    parts = " union all ".join(rows if where == "end" else reversed(rows))
    duckdb.execute(f"copy ({parts}) to '{folder / 'lab_result.parquet'}' (format parquet)")
    return folder


def _timed(what: str, source: Path, keep: Path | None, full: float | None = None) -> float:
    begun = time.perf_counter()
    open_registry(source, keep=keep).close()
    seconds = time.perf_counter() - begun
    share = "" if full is None else f"  {seconds / full:.0%} of the full derivation"
    print(f"{what:<36} {seconds:7.2f} s{share}", flush=True)
    return seconds


if __name__ == "__main__":
    main()
