"""DuckDB: the raw tables, the definitions as rows, and the views of `sql/`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import duckdb
import polars as pl

from ain_analytics.buckets import Buckets
from ain_analytics.children import read_children
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.derive import derive
from ain_analytics.engines import DUCKDB, on_engine
from ain_analytics.errors import NothingUsable, UnknownTable, UnreadableExtract, UnusableEngine
from ain_analytics.extract import read_extract
from ain_analytics.extracted import Extract
from ain_analytics.keep import Keep
from ain_analytics.raw_tables import Progress, load_codes, load_source, make_raw_tables
from ain_analytics.schema import READABLE
from ain_analytics.views import sql_folder, staging_of
from ain_analytics.workplace import Workplace

HELD = ("patient", "episode", "row_fate", "child_days")
"""Tables that a study asks for many times; to sort them anew by their keys takes long."""
Source: TypeAlias = Path | str | Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Registry:
    """An extract under one study definition, with every table that follows from it.

    Parameters
    ----------
    extract : Extract
        What was read.
    definitions : Definitions
    connection : duckdb.DuckDBPyConnection
        Holds the tables and views; `frame` is the ordinary way to read them.
    workplace : Workplace
    schema_name : str
        DuckDB schema that holds what depends on the definition.
    staged_in : str
        Schema that holds what depends on the staging choices only.
    buckets : Buckets, optional
        How the children are split, where they are.
    keep : Keep, optional
        Where the tables of the children are kept, where they are.
    known_by : date, optional
        The day on which the extract is looked at, where that is earlier than its last.

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
    workplace: Workplace
    schema_name: str = "study_1"
    staged_in: str = "study_1"
    buckets: Buckets | None = None
    keep: Keep | None = None
    known_by: date | None = None
    _studies: dict[tuple[Definitions, date | None], "Registry"] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(2))
    _held: dict[str, pl.DataFrame] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names that `frame` knows."""
        return tuple(READABLE)

    def frame(self, name: str) -> pl.DataFrame:
        """Give a table as a polars frame of its schema, sorted by its key.

        Parameters
        ----------
        name : str
            One of `tables`.

        Returns
        -------
        polars.DataFrame, one row per what the table's schema says

        Raises
        ------
        UnknownTable
            There is no table of this name.
        """
        if name not in READABLE:
            raise UnknownTable(name, READABLE)
        if name in self._held:
            return self._held[name]
        kind = READABLE[name]
        columns = ", ".join(kind.column_names())
        key = ", ".join(kind.primary_key()) or columns
        found = self.connection.sql(f"select {columns} from {name} order by {key}").pl()
        cast: pl.DataFrame = kind.cast(found)
        if name in HELD:
            self._held[name] = cast
        return cast

    def n_rows(self, name: str) -> int:
        """Count the rows of a table."""
        if name not in READABLE:
            raise UnknownTable(name, READABLE)
        return int(self.connection.sql(f"select count(*) from {name}").fetchall()[0][0])

    def under(self, definitions: Definitions, *, progress: Progress | None = None) -> "Registry":
        """Give the same extract under other definitions; the rows are not read again.

        Parameters
        ----------
        definitions : Definitions
        progress : callable, optional
            Told the stage and the share done.

        Returns
        -------
        Registry
            Shares this one's database; closing either closes both.
        """
        return self._again(definitions, self.known_by, progress)

    def as_of(self, day: date) -> "Registry":
        """Give the registry as it was on a day, derived from what was known then.

        Parameters
        ----------
        day : date
            Rows of later days are set aside, a later death, contact or enrolment is not known yet, and a
            course that ends later is known to go on.

        Returns
        -------
        Registry
            Shares this one's database; closing either closes both.

        Raises
        ------
        UnusableEngine
            Another engine than DuckDB derived the registry.
        """
        if hasattr(self.connection, "derive"):
            raise UnusableEngine("other than duckdb", "it cannot look at an earlier day", "Cut the extract.")
        return self._again(self.definitions, min(day, self.known_by or self.extract.extracted_on), None)

    def _again(
        self, definitions: Definitions, known_by: date | None, progress: Progress | None
    ) -> "Registry":
        if known_by == self.extract.extracted_on:
            known_by = None
        if (definitions, known_by) in self._studies:
            return self._studies[definitions, known_by]
        own = f"study_{next(self._numbers)}"
        as_here = (None, known_by, staging_of(self.definitions))
        is_same = (self.buckets, self.known_by, staging_of(definitions)) == as_here
        staged = self.staged_in if is_same else own
        here = replace(self, definitions=definitions, known_by=known_by, schema_name=own, staged_in=staged)
        if known_by is not None:
            here = replace(here, buckets=None, keep=None)
        made = replace(here, connection=self.connection.cursor(), _held={})
        under = (study.definitions for study in self._studies.values() if study.schema_name == staged)
        derive(made, progress, next(under, None))
        self._studies[definitions, known_by] = made
        return made

    @contextmanager
    def briefly_under(self, definitions: Definitions, progress: Progress | None) -> Iterator["Registry"]:
        """Give the same as `under`; what was derived for this alone is dropped again at the end."""
        was_known = (definitions, self.known_by) in self._studies
        there = self.under(definitions, progress=progress)
        try:
            yield there
        finally:
            if not (was_known or hasattr(self.connection, "derive")):  # an engine's tables lie elsewhere
                del self._studies[definitions, self.known_by]
                there.connection.close()
                self.connection.execute(f"drop schema {there.schema_name} cascade")

    def close(self) -> None:
        """Close the database."""
        self.connection.close()
        self.workplace.remove()

    def __enter__(self) -> "Registry":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        children, counts, episodes = map(self.n_rows, ("patient", "daily_anc", "episode"))
        held = f"{children} children, {counts} daily counts, {episodes} episodes"
        return f"Registry {self.extract.name!r} under {self.definitions.name!r}: {held}"

    def _repr_html_(self) -> str:
        shown = ("patient", "anc_result", "daily_anc", "episode", "case_evidence")
        rows = zip(shown, map(self.n_rows, shown), strict=True)
        return pl.DataFrame(rows, schema=["table", "rows"], orient="row")._repr_html_()


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
        Folder for the tables of the buckets, and what does not fit into memory. Default: the current one.
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
    place = Workplace.of(Path(work or "."), extract)
    connection: Any = place.connect()
    if engine != DUCKDB:
        raw_views = (sql_folder() / "00_format" / extract.format.name).glob("*.sql")
        connection = on_engine(connection, engine, engine_address, extract, raw_views)
    split = None if buckets is None else Buckets.of(buckets, Path(work or "."), extract, engine)
    registry = Registry(extract, definitions, connection, place, buckets=split, keep=kept)
    try:
        connection.execute("set TimeZone = 'UTC'")
        load_source(connection, extract if engine == DUCKDB else connection.left_to_read(extract), progress)
        load_codes(connection, extract)
        make_raw_tables(connection, extract, sql_folder() / "00_format")
        if kept is not None:
            read_children(connection, extract)
        derive(registry, progress)
    except BaseException as error:
        registry.close()
        if not isinstance(error, duckdb.OutOfMemoryException | MemoryError):
            raise
        raise UnreadableExtract(extract.name, "it is too large for the memory", "Study a part.") from error
    registry._studies[definitions, None] = registry
    if registry.n_rows("patient") == 0:
        of_patients = "select fate, n_rows from row_fate where table_name = 'patient' order by all"
        fates = connection.sql(of_patients).fetchall()
        registry.close()
        raise NothingUsable("child", ", ".join(f"{fate} {n}" for fate, n in fates))
    return registry
