"""Deriving: the definitions as rows, and every view in its order, in one schema of the database."""

from datetime import date
from typing import Any

from ain_analytics.buckets import Buckets, derive_in_buckets
from ain_analytics.definitions import Definitions
from ain_analytics.keep import Keep, derive_changed
from ain_analytics.raw_tables import Progress, forget_later_days, make_table
from ain_analytics.views import (
    KEPT,
    STAGED_BELOW,
    band_frame,
    definition_frame,
    make_view,
    view_files,
    view_name,
)


def _of_results(connection: Any) -> str:
    """Say of how many results; an engine that reads them where they lie has not counted them."""
    ((n,),) = connection.sql("select count(*) from raw_lab_result").fetchall()
    return f" of {n:,} laboratory results" if n else ""


def derive(
    connection: Any,
    definitions: Definitions,
    *,
    own: str,
    staged_in: str,
    buckets: Buckets | None,
    keep: Keep | None,
    known_by: date | None,
    progress: Progress | None,
) -> None:
    """Build the views in the schema `own`, those of the staging only where nobody has yet."""
    connection.execute(f"create schema if not exists {own}")
    connection.execute(f"set search_path = '{','.join(dict.fromkeys([own, staged_in, 'main']))}'")
    make_table(connection, "definition", definition_frame(definitions))
    make_table(connection, "anc_band", band_frame(definitions))
    if known_by is not None and staged_in == own:
        forget_later_days(connection, own, known_by)
    if buckets is not None:
        derive_in_buckets(connection, own, definitions, buckets, progress)
        return
    if keep is not None:
        derive_changed(connection, own, staged_in, definitions, keep, progress)
        return
    first = "" if staged_in == own else STAGED_BELOW
    chosen = [path for path in view_files() if path.name >= first]
    rows = _of_results(connection) if progress else ""
    for done, file in enumerate(chosen):
        name = view_name(file)
        if progress:
            progress(f"deriving {name}{rows}", done / len(chosen))
        if derive_elsewhere := getattr(connection, "derive", None):
            derive_elsewhere(file, own, is_kept=name in KEPT)
            continue
        make_view(connection, file, is_kept=name in KEPT)
