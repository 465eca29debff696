"""The rules of classification as a decision flow: the first that holds names the class."""

import textwrap
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.rules import rules_table
from ain_analytics.schema.derived import AIN_CLASSES

CLASS_SHARE, CLASS_LEAST, ARROW, LETTER = 0.3, 118, 32, 6.9
"""Share of the width that a class takes, its least width, and those of the arrow to it and of a letter."""
LINE, ROOM, TEXT = 13, 16, 10
"""Height of a line of text and of the room around a box, and size of its letters, in pixels."""


def chart_rules(definitions: Definitions = TEXTBOOK, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw the rules of classification as a decision flow.

    Parameters
    ----------
    definitions : Definitions
        Gives the numbers in the words.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        One row per rule, the first on top: what it asks, when nobody can know, and the class that it gives.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> ain.chart_rules().to_dict()["title"]["text"]
    ['Who is what: the rules in their order']
    """
    class_width = max(width * CLASS_SHARE, CLASS_LEAST)
    asked_width = int(width - class_width - ARROW)
    boxes, top = [], 0.0
    for order, name, words, unknown in (
        rules_table(definitions).select("order", "name", "words", "unknown").rows()
    ):
        asked = look.rows_of(f"{order}. {words}", asked_width - ROOM, TEXT)
        never = [] if unknown == "never" else look.rows_of(f"Unknown: {unknown}.", asked_width - ROOM, TEXT)
        named = textwrap.wrap(look.plain(name), int((class_width - ROOM) / LETTER), break_long_words=False)
        height = LINE * max(len(asked) + len(never), len(named)) + ROOM
        kind = "autoimmune" if name in AIN_CLASSES else "other"
        said = ("\n".join(part) for part in (asked, never, named))
        boxes.append((*said, kind, top, top + height, LINE * len(asked)))
        top += height + ROOM
    columns = ["asked", "unknown", "class", "kind", "top", "bottom", "asked_height"]
    flow = pl.DataFrame(boxes, schema=columns, orient="row").with_columns(
        ((pl.col("top") + pl.col("bottom")) / 2).alias("middle"),
        (pl.col("top") + ROOM / 2).alias("text"),
        (pl.col("top") + ROOM / 2 + pl.col("asked_height")).alias("unknown_from"),
        pl.col("top").shift(-1).alias("next"),
        ((pl.col("top") + pl.col("bottom") - LINE * pl.col("class").str.count_matches("\n")) / 2).alias(
            "class_from"
        ),
    )

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=alt.Scale(domain=[0, top], reverse=True, nice=False), axis=None)

    def x(place: float) -> Any:
        return alt.value(place)

    base = alt.Chart(flow)
    down = base.transform_filter("isValid(datum.next)")
    classes = asked_width + ARROW
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["autoimmune", "other"], range=[look.PALETTE[0], "#6b6b6b"]),
        legend=alt.Legend(title=None, orient="top", symbolType="square", symbolOpacity=1),
    )
    text: dict[str, Any] = {
        "align": "left",
        "baseline": "top",
        "lineBreak": "\n",
        "lineHeight": LINE,
        "fontSize": TEXT,
    }
    label = text | {"color": "white", "fontWeight": "bold", "baseline": "middle", "align": "center"}
    layers = [
        down.mark_rule(color=look.QUIET).encode(x=x(asked_width / 2), y=y("bottom"), y2="next:Q"),
        down.mark_point(shape="triangle-down", filled=True, color=look.QUIET, opacity=1, size=40).encode(
            x=x(asked_width / 2), y=y("next"), yOffset=alt.value(-4)
        ),
        base.mark_rule(color=look.QUIET).encode(x=x(asked_width), x2=x(classes), y=y("middle")),
        base.mark_text(text="yes", fontSize=TEXT, color=look.QUIET, dy=-6).encode(
            x=x(asked_width + ARROW / 2), y=y("middle")
        ),
        base.mark_rect(fill="#f6f6f6", stroke=look.QUIET, opacity=1).encode(
            x=x(0), x2=x(asked_width), y=y("top"), y2="bottom:Q"
        ),
        base.mark_text(color=look.INK, **text).encode(x=x(ROOM / 2), y=y("text"), text="asked:N"),
        base.mark_text(color=look.QUIET, fontStyle="italic", **text).encode(
            x=x(ROOM / 2), y=y("unknown_from"), text="unknown:N"
        ),
        base.mark_rect(opacity=1).encode(
            x=x(classes), x2=x(width), y=y("top"), y2="bottom:Q", color=colour
        ),
        base.mark_text(**label).encode(
            x=x(classes + class_width / 2), y=y("class_from"), text="class:N"
        ),
    ]  # fmt: skip
    subtitle = (
        "Asked from the top of every episode, by what was known on a day. A rule that does not hold, and one "
        f"of which nobody can know, go on to the next (down) · definition “{definitions.name}”"
    )
    plot = alt.layer(*layers).properties(width=width, height=top)
    return look.dressed(plot, "Who is what: the rules in their order", subtitle, width)
