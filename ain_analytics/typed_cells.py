"""SQL for names, texts, and the cells of typed columns as a person would have typed them."""

from collections.abc import Mapping

import polars as pl


def quoted(name: str) -> str:
    """Quote an identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def cell(original: Mapping[str, tuple[str, pl.DataType]], name: str) -> str:
    """Write a typed column as text, as a person would have typed it."""
    if name not in original:
        return "null"
    column, kind = quoted(original[name][0]), original[name][1]
    if isinstance(kind, pl.Datetime) and kind.time_zone:
        column += (
            f" at time zone {literal(kind.time_zone)}"  # the day of a sample is the day where it was drawn
        )
    return as_text(column, is_fraction=kind.is_float() or kind.is_decimal())


def is_plain(kind: pl.DataType) -> bool:
    """Say whether a type writes one thing in one way: texts, whole numbers, days, times of no zone."""
    return kind.is_integer() or kind in (pl.String, pl.Date) or kind == pl.Datetime(time_zone=None)


def typed_cell(original: Mapping[str, tuple[str, pl.DataType]], name: str, fractions: tuple[str, ...]) -> str:
    """Leave a typed column as it is where its type writes one thing in one way, else write it as text."""
    column, kind = original.get(name, ("", pl.Null()))
    return (
        quoted(column) if is_plain(kind) or (kind.is_float() and name in fractions) else cell(original, name)
    )


def as_text(column: str, *, is_fraction: bool) -> str:
    """Write SQL that gives a typed column as text; of a fraction, a whole number loses its ".0".

    The key 7.0 is the key "7".
    """
    text = f"cast({column} as varchar)"
    if not is_fraction:
        return text
    return f"case when {text} like '%0' then regexp_replace({text}, '[.]0+$', '') else {text} end"
