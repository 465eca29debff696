"""The card of one child in a notebook: the timeline, and the proof of each class beside it."""

from collections.abc import Iterable
from html import escape
from typing import Any

import polars as pl

from ain_analytics.charts import svg_of

CELL = "text-align:left;vertical-align:top;padding:2px 10px 2px 0"


def card(
    chart: Any,
    episodes: pl.DataFrame,
    rules: pl.DataFrame,
    facts: pl.DataFrame,
    changes: pl.DataFrame,
    at: str,
) -> str:
    """Write the card; what `Why` holds comes in, a fragment of HTML that loads nothing comes out."""
    parts = [svg_of(chart)]
    for episode in episodes.to_dicts():
        mine = pl.col("episode_number") == episode["episode_number"]
        *above, fired = rules.filter(mine).to_dicts()
        known = facts.filter(mine)
        parts += [
            f"<h4>{escape(class_in_words(episode, at))}</h4><p>because {escape(fired['because'])}</p>",
            _table(fact_in_words(row) for row in known.filter("speaks_for").to_dicts()),
            _folded(
                f"{len(above)} rules above it did not fire",
                ((f"{row['order']} {row['rule']}", row["answer"], row["because"]) for row in above),
            ),
            _folded(
                "Also known by then",
                (fact_in_words(row) for row in known.filter(~pl.col("speaks_for")).to_dicts()),
            ),
            *(f"<p>{escape(change_in_words(row))}</p>" for row in changes.filter(mine).to_dicts()),
        ]
    return f"<div>{''.join(parts)}</div>"


def class_in_words(episode: dict[str, Any], at: str) -> str:
    """Say which class an episode has, and since when."""
    return (
        f"Episode {episode['episode_number']} of {episode['onset_by']}, as known at {at}: "
        f"{episode['case_class']}, since {episode['known_on']}"
    )


def change_in_words(row: dict[str, Any]) -> str:
    """Say what would change a class, and into which."""
    after = f" ({row['class_after']})" if row["class_after"] else ""
    return f"What would change it: {row['what']}{after}"


def fact_in_words(row: dict[str, Any]) -> tuple[str, ...]:
    """Give since when, what, in which words, and the row it stands in."""
    place = (
        row["table_name"]
        if row["file"] is None
        else f"{row['table_name']}, {row['file']}, row {row['row_number']}"
    )
    return str(row["known_on"]), row["evidence"], row["detail"], place


def _table(rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"<tr>{''.join(f'<td style={CELL!r}>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows]
    return f"<table>{''.join(lines)}</table>" if lines else ""


def _folded(summary: str, rows: Iterable[tuple[str, ...]]) -> str:
    table = _table(rows)
    return f"<details><summary>{escape(summary)}</summary>{table}</details>" if table else ""
