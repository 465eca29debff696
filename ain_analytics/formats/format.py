"""What a format is: its tables, how they are found, and which views make the raw tables of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import polars as pl

from ain_analytics.files import ENDINGS, ExtractFile, table_of
from ain_analytics.schema import RawRow, names_of, obligatory_names_of
from ain_analytics.sender import SenderOptions

FindTable = Callable[[Path], tuple[str, str] | None]


@dataclass(frozen=True, slots=True)
class Found:
    """What a format found in a folder: its files, and what of them it does not know."""

    files: tuple[ExtractFile, ...]
    ignored_columns: Mapping[str, tuple[str, ...]]
    ignored_files: tuple[str, ...]


Look = Callable[[Path, Sequence[Path], SenderOptions], Found]
Load = Callable[[duckdb.DuckDBPyConnection, Sequence[ExtractFile], SenderOptions], None]


def _no_tables(_options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    return {}


def _all_rows(_there: Mapping[str, Collection[str]]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, eq=False)
class Format:
    """One way in which sources are written.

    Parameters
    ----------
    name : str
        As in `format = "omop"` of extract.toml, and the folder of its views in sql/00_format.
    words : str
        Its name in a sentence.
    tables : mapping of table to schema
        Tables of the source; their rows are read as text into `source_<table>`.
    obligatory : tuple of str
        Tables without which there is nothing to read.
    also_views_of : tuple of str
        Formats whose views stand where this one has none of that name.
    endings : tuple of str
        Endings of the files that hold its tables.
    find_table : callable, optional
        Tells the table and the ending of a file; by its name, unless said otherwise.
    is_here : callable, optional
        Tells whether files look like this format; when the obligatory tables are there, unless said
        otherwise.
    code_tables : callable
        Makes the tables that its views read beside the source.
    look : callable, optional
        Looks at the files of a folder, where their columns differ from source to source.
    load : callable, optional
        Fills the tables of the source from the files that `look` found.
    unread : mapping of table to columns
        Columns that belong to the format and are not read; others are listed as unknown.
    keys : mapping of table to column
        By which a database's rows are put in order.
    read_in_place : mapping of table to columns
        Tables that the views read straight from Parquet files, because most of their rows are of no use.
        Whole numbers, texts and days keep their types there, as do fractions in these columns.
    rows_of_use : callable
        Tells, of the tables and columns that are there, which rows of a list of codes are read at all: a
        condition by table, in which tables are named in braces.
    """

    name: str
    words: str
    tables: Mapping[str, type[RawRow]]
    obligatory: tuple[str, ...]
    also_views_of: tuple[str, ...] = ()
    endings: tuple[str, ...] = ENDINGS
    find_table: FindTable | None = None
    is_here: Callable[[Sequence[Path]], bool] | None = None
    code_tables: Callable[[SenderOptions], Mapping[str, pl.DataFrame]] = _no_tables
    look: Look | None = None
    load: Load | None = None
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    read_in_place: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    rows_of_use: Callable[[Mapping[str, Collection[str]]], Mapping[str, str]] = _all_rows

    def table_of(self, path: Path) -> tuple[str, str] | None:
        """Tell the table that a file holds, and its ending, else None."""
        if self.find_table is not None:
            return self.find_table(path)
        return table_of(path, tuple(self.tables), self.endings)

    def looks_like(self, paths: Sequence[Path]) -> bool:
        """Tell whether files look like this format."""
        if self.is_here is not None:
            return self.is_here(paths)
        found = {found[0] for path in paths if (found := self.table_of(path))}
        return found.issuperset(self.obligatory)

    def columns_of(self, table: str) -> list[str]:
        """Name the columns that a table may have, in order."""
        return names_of(self.tables[table])

    def obligatory_columns_of(self, table: str) -> list[str]:
        """Name the columns that a table must have."""
        return obligatory_names_of(self.tables[table])
