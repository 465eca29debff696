"""Frames of rows, by their schema."""

from collections.abc import Iterable, Mapping

import dataframely as dy
import polars as pl


def types_of(kind: type[dy.Schema]) -> dict[str, pl.DataType]:
    """Give the type of each column of a schema."""
    return {name: column.dtype for name, column in kind.columns().items()}


def frame_of(kind: type[dy.Schema], rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Make the checked frame of rows; a column that a row lacks is null."""
    return kind.validate(pl.DataFrame(list(rows), schema=types_of(kind)), cast=True)
