"""How a result shows itself in a notebook."""

from collections.abc import Iterable
from html import escape

import polars as pl


def as_html(text: str, table: pl.DataFrame, assumptions: tuple[str, ...]) -> str:
    """Show a result in a notebook: its text, its table, and what it takes for granted."""
    return f"<pre>{escape(text)}</pre>{table._repr_html_()}{as_list(assumptions)}"


def as_list(lines: Iterable[str]) -> str:
    """Write lines as a list."""
    said = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f"<ul>{said}</ul>"
