"""Deriving: the definitions as rows, and every view in its order, in one schema of the database."""

from datetime import date
from typing import Any, Protocol

from ain_analytics.buckets import Buckets, derive_in_buckets
from ain_analytics.definitions import Definitions
from ain_analytics.keep import Keep, derive_changed
from ain_analytics.raw_tables import Progress, forget_later_days, make_table, of_rows
from ain_analytics.view_choices import values_for
from ain_analytics.views import (
    KEPT,
    STAGED_BELOW,
    band_frame,
    definition_frame,
    make_view,
    view_files,
    view_name,
)


class Derived(Protocol):
    """What a registry says of where and by what choices it is derived."""

    @property
    def connection(self) -> Any: ...  # noqa: D102
    @property
    def definitions(self) -> Definitions: ...  # noqa: D102
    @property
    def schema_name(self) -> str: ...  # noqa: D102
    @property
    def staged_in(self) -> str: ...  # noqa: D102
    @property
    def buckets(self) -> Buckets | None: ...  # noqa: D102
    @property
    def keep(self) -> Keep | None: ...  # noqa: D102
    @property
    def known_by(self) -> date | None: ...  # noqa: D102


def derive(registry: Derived, progress: Progress | None, staged_under: Definitions | None = None) -> None:
    """Build the views in the registry's schema, those of the staging only where nobody has yet.

    Parameters
    ----------
    registry : Registry
    progress : callable, optional
        Told the stage and the share done.
    staged_under : Definitions, optional
        What the schema with the staging was derived under. Of its other views, those that depend on no
        choice that differs are taken from there too.
    """
    connection, own = registry.connection, registry.schema_name
    definitions, staged_in = registry.definitions, registry.staged_in
    connection.execute(f"create schema if not exists {own}")
    connection.execute(f"set search_path = '{','.join(dict.fromkeys([own, staged_in, 'main']))}'")
    make_table(connection, "definition", definition_frame(definitions))
    make_table(connection, "anc_band", band_frame(definitions))
    if registry.known_by is not None and staged_in == own:
        forget_later_days(connection, own, registry.known_by)
    if registry.buckets is not None:
        derive_in_buckets(connection, own, definitions, registry.buckets, progress)
        return
    if registry.keep is not None:
        derive_changed(connection, own, staged_in, definitions, registry.keep, progress)
        return
    chosen = [path for path in view_files() if staged_in == own or path.name >= STAGED_BELOW]
    derive_elsewhere = getattr(connection, "derive", None)
    if staged_under is not None and derive_elsewhere is None:
        chosen = [
            path
            for path in chosen
            if values_for(view_name(path), definitions) != values_for(view_name(path), staged_under)
        ]
    rows = of_rows(connection) if progress else ""
    for done, file in enumerate(chosen):
        name = view_name(file)
        if progress:
            progress(f"deriving {name}{rows}", done / len(chosen))
        if derive_elsewhere is not None:
            derive_elsewhere(file, own, is_kept=name in KEPT)
            continue
        make_view(connection, file, is_kept=name in KEPT)
