"""A source that was looked at: complete and readable, but not yet read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.column_names import sayable
from ain_analytics.errors import MissingColumn, MissingTable
from ain_analytics.files import ExtractFile, normal_names
from ain_analytics.formats import NATIVE, Format
from ain_analytics.postgres import Server
from ain_analytics.sender import SenderOptions


@dataclass(frozen=True, slots=True)
class Extract:
    """A source that was looked at: complete, readable, but not yet read.

    Parameters
    ----------
    name : str
        Name of the source, without its folder.
    files : tuple of ExtractFile
        Files that hold its tables.
    database : Path, optional
        A DuckDB file that holds the tables instead.
    database_tables : mapping of table to (its name there, its columns with their types)
    server : Server, optional
        A PostgreSQL database that holds them instead.
    frames : mapping of table to frame
        Tables given as frames instead.
    ignored_columns : mapping of table to columns
        Columns that the format does not know.
    ignored_files : tuple of str
        Files that are not part of the format.
    options : SenderOptions
    unknown_options : tuple of str
        Lines of `extract.toml` that say nothing to the program.
    format : Format
        In which it is written.
    """

    name: str
    files: tuple[ExtractFile, ...] = ()
    database: Path | None = None
    database_tables: Mapping[str, tuple[str, Mapping[str, str]]] = field(default_factory=dict)
    server: Server | None = None
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    ignored_columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignored_files: tuple[str, ...] = ()
    options: SenderOptions = field(default_factory=SenderOptions)
    unknown_options: tuple[str, ...] = ()
    format: Format = NATIVE

    @property
    def extracted_on(self) -> date:
        """Last day that the extract can speak of."""
        return self.options.extracted_on or date.today()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Files whose content the extract is."""
        return tuple(dict.fromkeys(file.path for file in self.files)) or (
            (self.database,) if self.database else ()
        )


def ignored_columns_of(
    given: Mapping[str, tuple[str, tuple[str, ...]]], where: Path | str, known: Format
) -> dict[str, tuple[str, ...]]:
    """Refuse missing tables and columns; list the columns that nobody asked for."""
    tables = {table for table, _ in given.values()}
    for table in known.obligatory:
        if table not in tables:
            raise MissingTable(table, where, tables)
    ignored: dict[str, tuple[str, ...]] = {}
    for file, (table, found) in given.items():
        names = normal_names(found, file)
        missing = [name for name in known.obligatory_columns_of(table) if name not in names]
        if missing:
            raise MissingColumn(table, file, missing, names)
        expected = {"", *known.columns_of(table), *known.unread.get(table, ())}
        extra = [sayable(name, n) for n, name in enumerate(names, start=1) if name not in expected]
        if extra:
            ignored[table] = tuple(dict.fromkeys((*ignored.get(table, ()), *extra)))
    return ignored
