"""DuckDB: the raw tables, the definitions as rows, and the views of `sql/`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, TypeAlias

import dataframely as dy
import duckdb
import polars as pl

from ain_analytics import schema
from ain_analytics.buckets import Buckets, derive_in_buckets
from ain_analytics.children import read_children
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.engines import DUCKDB, on_engine
from ain_analytics.errors import BadBuckets, NothingUsable, UnknownTable, UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.extracted import Extract
from ain_analytics.keep import Keep, derive_changed
from ain_analytics.raw_tables import Progress, load_codes, load_source, make_raw_tables, make_table
from ain_analytics.views import (
    KEPT,
    STAGED_BELOW,
    band_frame,
    definition_frame,
    make_view,
    sql_folder,
    staging_of,
    view_files,
    view_name,
)

Source: TypeAlias = Path | str | Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Registry:
    """An extract under one study definition, with every table that follows from it.

    Parameters
    ----------
    extract : Extract
        What was read.
    definitions : Definitions
        The choices it was derived under.
    connection : duckdb.DuckDBPyConnection
        Holds the tables and views; `frame` is the ordinary way to read them.
    schema_name : str
        DuckDB schema that holds what depends on the definition.
    staged_in : str
        Schema that holds what depends on the staging choices only.
    buckets : Buckets, optional
        How the children are split, where they are.
    keep : Keep, optional
        Where the tables of the children are kept, where they are.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> registry.frame("patient").height > 0
    True
    """

    extract: Extract
    definitions: Definitions
    connection: duckdb.DuckDBPyConnection
    schema_name: str = "study_1"
    staged_in: str = "study_1"
    buckets: Buckets | None = None
    keep: Keep | None = None
    _studies: dict[Definitions, "Registry"] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names that `frame` knows."""
        return tuple(_SCHEMAS)

    def frame(self, name: str) -> pl.DataFrame:
        """Give a table as a polars frame of its schema, sorted by its key.

        Parameters
        ----------
        name : str
            One of `tables`.

        Returns
        -------
        polars.DataFrame
            One row per what the table's schema says.

        Raises
        ------
        UnknownTable
            There is no table of this name.
        """
        if name not in _SCHEMAS:
            raise UnknownTable(name, _SCHEMAS)
        kind = _SCHEMAS[name]
        columns = ", ".join(kind.column_names())
        key = ", ".join(kind.primary_key()) or columns
        frame = self.connection.sql(f"select {columns} from {name} order by {key}").pl()
        cast: pl.DataFrame = kind.cast(frame)
        return cast

    def n_rows(self, name: str) -> int:
        """Count the rows of a table."""
        if name not in _SCHEMAS:
            raise UnknownTable(name, _SCHEMAS)
        return int(self.connection.sql(f"select count(*) from {name}").fetchall()[0][0])

    def under(self, definitions: Definitions) -> "Registry":
        """Give the same extract under other definitions; the rows are not read again.

        Parameters
        ----------
        definitions : Definitions

        Returns
        -------
        Registry
            Shares this one's database; closing either closes both.
        """
        known = self._studies.get(definitions)
        if known is not None:
            return known
        connection = self.connection.cursor()
        name = f"study_{len(self._studies) + 1}"
        is_staged = self.buckets is None and staging_of(definitions) == staging_of(self.definitions)
        staged_in = self.staged_in if is_staged else name
        where = (self.buckets, self.keep, self._studies)
        made = Registry(self.extract, definitions, connection, name, staged_in, *where)
        _derive(made, None)
        self._studies[definitions] = made
        return made

    def close(self) -> None:
        """Close the database."""
        self.connection.close()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        n = {name: self.n_rows(name) for name in ("patient", "daily_anc", "episode")}
        return (
            f"Registry {self.extract.name!r} under {self.definitions.name!r}: "
            f"{n['patient']} children, {n['daily_anc']} daily counts, {n['episode']} episodes"
        )

    def _repr_html_(self) -> str:
        rows = [
            (name, self.n_rows(name))
            for name in ("patient", "anc_result", "daily_anc", "episode", "case_evidence")
        ]
        return pl.DataFrame(rows, schema=["table", "rows"], orient="row")._repr_html_()


_SCHEMAS: dict[str, type[dy.Schema]] = {
    name: kind for name, kind in (schema.STAGED | schema.DERIVED).items() if name not in ("case", "follow_up")
}


def open_registry(
    source: Source,
    *,
    definitions: Definitions = TEXTBOOK,
    extracted_on: date | None = None,
    progress: Progress | None = None,
    engine: str = DUCKDB,
    engine_address: str | None = None,
    buckets: int | None = None,
    work: Path | str | None = None,
    keep: Path | str | None = None,
) -> Registry:
    """Read an extract and derive everything up to the evidence for classes.

    Parameters
    ----------
    source : path, or mapping of table name to frame
        A folder, a DuckDB file, the address of a PostgreSQL database, or frames; in any known format.
    definitions : Definitions
        The choices of the study.
    extracted_on : date, optional
        Last day that the extract can speak of; overrides `extract.toml`. Default: today.
    progress : callable, optional
        Told the stage and the share done.
    engine : str
        Who runs the views: "duckdb", "spark" or "postgres"; the tables are the same.
    engine_address : str, optional
        Spark's master, or the address of a PostgreSQL database that may be written to.
    buckets : int, optional
        Split the children into so many parts, derived one after the other: less memory, and a run that
        was killed goes on where it was. The tables are the same.
    work : path, optional
        Folder that keeps the tables of the buckets. Default: the current one.
    keep : path, optional
        Folder in which the tables, with rows of every child, stay for the next run; it then derives only
        the children whose rows changed. One run at a time. The tables are the same.

    Returns
    -------
    Registry

    Raises
    ------
    UnreadableExtract, MissingTable, MissingColumn
        The source cannot be read, or lacks what is obligatory.
    UnusableEngine
        The engine is not there, or cannot do its work.
    BadBuckets, BadKeep
        The source cannot be split so, or its tables not be kept.
    NothingUsable
        No child is left.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> ain.open_registry(demo.tables, extracted_on=demo.extracted_on).frame("episode").columns[:2]
    ['patient_id', 'episode_number']
    """
    extract = read_extract(source, extracted_on=extracted_on)
    kept = None if keep is None else Keep.of(Path(keep), extract, buckets, engine)
    connection: Any = duckdb.connect()
    if engine != DUCKDB:
        raw_views = (sql_folder() / "00_format" / extract.format.name).glob("*.sql")
        connection = on_engine(connection, engine, engine_address, extract, raw_views)
    split = None if buckets is None else _split(extract, buckets, work, engine)
    registry = Registry(extract, definitions, connection, buckets=split, keep=kept)
    try:
        connection.execute("set TimeZone = 'UTC'")
        load_source(connection, extract if engine == DUCKDB else connection.left_to_read(extract), progress)
        load_codes(connection, extract)
        make_raw_tables(connection, extract, sql_folder() / "00_format")
        if kept is not None:
            read_children(connection, extract)
        _derive(registry, progress)
    except BaseException as error:
        connection.close()
        if not isinstance(error, duckdb.OutOfMemoryException | MemoryError):
            raise
        raise UnreadableExtract(extract.name, "it is too large for the memory", "Study a part.") from error
    registry._studies[definitions] = registry
    if registry.n_rows("patient") == 0:
        fates = connection.sql(
            "select fate, n_rows from row_fate where table_name = 'patient' order by all"
        ).fetchall()
        connection.close()
        raise NothingUsable("child", ", ".join(f"{fate} {n}" for fate, n in fates))
    return registry


def _split(extract: Extract, n: int, work: Path | str | None, engine: str) -> Buckets:
    if n < 1:
        raise BadBuckets(f"{n} is no number of buckets", "Give 1 or more.")
    if engine != DUCKDB:
        raise BadBuckets(f"engine {engine} splits its work by itself", "Leave out the buckets.")
    if not extract.paths:
        raise BadBuckets("only files can be split", "Write the source to files, or leave out the buckets.")
    return Buckets.of(n, Path(work or "."), extract)


def _of_results(connection: Any) -> str:
    """Say of how many results; an engine that reads them where they lie has not counted them."""
    ((n,),) = connection.sql("select count(*) from raw_lab_result").fetchall()
    return f" of {n:,} laboratory results" if n else ""


def _derive(registry: Registry, progress: Progress | None) -> None:
    """Build the views in the registry's schema, those of the staging only where nobody has yet."""
    connection, own = registry.connection, registry.schema_name
    connection.execute(f"create schema if not exists {own}")
    connection.execute(f"set search_path = '{','.join(dict.fromkeys([own, registry.staged_in, 'main']))}'")
    make_table(connection, "definition", definition_frame(registry.definitions))
    make_table(connection, "anc_band", band_frame(registry.definitions))
    if registry.buckets is not None:
        derive_in_buckets(connection, own, registry.definitions, registry.buckets, progress)
        return
    if registry.keep is not None:
        derive_changed(connection, own, registry.staged_in, registry.definitions, registry.keep, progress)
        return
    first = "" if registry.staged_in == own else STAGED_BELOW
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
