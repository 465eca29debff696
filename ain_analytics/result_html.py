"""How a result shows itself in a notebook."""

from html import escape

import polars as pl


def as_html(text: str, table: pl.DataFrame, assumptions: tuple[str, ...]) -> str:
    """Show a result in a notebook: its text, its table, and what it takes for granted."""
    said = "".join(f"<li>{escape(line)}</li>" for line in assumptions)
    return f"<pre>{escape(text)}</pre>{table._repr_html_()}<ul>{said}</ul>"
