"""How every chart looks: colours that survive colour blindness and grey print, type, months, words."""

import textwrap
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions

WIDE, NARROW = 640, 300
"""Widths of the plotting area for a page and for a phone."""
FONT = "DejaVu Sans, Verdana, Arial, sans-serif"
INK, QUIET, RULE = "#222222", "#5c5c5c", "#cfcfcf"
PALETTE = ("#0b3c6f", "#d55e00", "#4aa8e0", "#7a3e8e", "#2bb38a", "#7a4f00", "#000000", "#cc79a7")
"""After Okabe and Ito; neighbours differ in lightness, so that grey print keeps them apart."""
DASHES = ([1, 0], [7, 3], [2, 2], [9, 3, 2, 3], [4, 4], [12, 4], [1, 3], [6, 2, 2, 2])

CONFIG = alt.Config(
    font=FONT,
    aria=False,
    view=alt.ViewConfig(stroke=None),
    axis=alt.AxisConfig(
        labelColor=INK,
        titleColor=INK,
        domainColor=QUIET,
        tickColor=QUIET,
        gridColor="#ececec",
        labelFontSize=11,
        titleFontSize=11,
        titleFontWeight="normal",
    ),
    legend=alt.LegendConfig(labelColor=INK, labelFontSize=11, titleFontSize=11),
    title=alt.TitleConfig(color=INK, fontWeight="bold"),
)

NOTHING = "Nothing to draw: no row, or too few to be shown."
MONTHS = pl.col("days") / DAYS_PER_MONTH


def plain(name: str) -> str:
    """Turn a name of the program into words."""
    return name.replace("_", " ")


def rows_of(text: str, width: int, size: int = 11) -> list[str]:
    """Break a text into lines that fit a width in pixels; a letter is about 0.56 of its size wide."""
    return textwrap.wrap(text, max(20, int(width / (0.56 * size))))


def largest(frame: pl.DataFrame, *columns: str, least: float = 1.0) -> float:
    """Give the largest number in some columns, so that an axis can hold it."""
    return max((float(n) for name in columns for n in frame[name].drop_nulls().to_list()), default=least)


def percent(share: float) -> str:
    """Say a share in whole percent."""
    return f"{100 * share:.0f} %"


def ticks_of_months(last: float, width: int) -> list[int]:
    """Give the months that an axis is labelled with: as many as there is room for."""
    room = max(3, width // 65)
    step = next((step for step in (1, 3, 6, 12, 24, 60, 120) if last / step <= room), 240)
    return list(range(0, int(last) + step, step))


def months_axis(ticks: list[int], title: str | None, field: str = "months") -> alt.X:
    """Make the shared x axis: the same scale wherever months are shown."""
    axis = alt.Axis(values=ticks, title=title, labelExpr="datum.value", labelFlush=False, grid=False)
    return alt.X(f"{field}:Q", scale=alt.Scale(domain=[0, ticks[-1]], nice=False, clamp=True), axis=axis)


def strata_colour(strata: list[str], *, legend: bool, width: int) -> tuple[alt.Color, alt.StrokeDash]:
    """Give each stratum a colour and a dash, always the same by its place."""
    labels = [plain(name) for name in strata]
    longest = max(map(len, labels))
    columns = max(1, min(len(labels), width // (longest * 7 + 50)))
    key = (
        alt.Legend(
            title=None,
            orient="top",
            columns=columns,
            symbolType="stroke",
            symbolSize=400,
            symbolStrokeWidth=2.5,
            symbolOpacity=1,
            labelLimit=width - 60,
        )
        if legend
        else None
    )
    colours = [PALETTE[place % len(PALETTE)] for place in range(len(labels))]
    dashes = [DASHES[(place + place // len(DASHES)) % len(DASHES)] for place in range(len(labels))]
    colour = alt.Color("group:N", sort=labels, scale=alt.Scale(domain=labels, range=colours), legend=key)
    dash = alt.StrokeDash("group:N", sort=labels, scale=alt.Scale(domain=labels, range=dashes), legend=key)
    return colour, dash


def dressed(chart: Any, title: str, subtitle: str, width: int) -> alt.TopLevelMixin:
    """Put the title over a finished chart and set its type."""
    heading = alt.TitleParams(
        rows_of(title, width + 50, 15),
        subtitle=rows_of(subtitle, width + 60, 11),
        anchor="start",
        frame="bounds",
        fontSize=14,
        subtitleFontSize=11,
        subtitleColor=QUIET,
        offset=12,
    )
    finished: alt.TopLevelMixin = chart.properties(
        title=heading, background="white", padding=8, config=CONFIG
    )
    return finished


def nothing(why: str, title: str, subtitle: str, width: int) -> alt.TopLevelMixin:
    """Say why there is nothing to draw."""
    said = alt.Chart(pl.DataFrame({"why": [why]})).mark_text(align="left", color=QUIET, fontSize=12)
    return dressed(
        said.encode(x=alt.value(0), text="why:N").properties(width=width, height=40), title, subtitle, width
    )


def small_title(text: str, width: int) -> alt.TitleParams:
    """Head a part of a chart."""
    lines = rows_of(text, width)
    return alt.TitleParams(
        lines[0] if len(lines) == 1 else lines,
        limit=width,
        anchor="start",
        frame="group",
        fontSize=11,
        fontWeight="normal",
        color=QUIET,
        offset=4,
    )


def origin_in_words(definitions: Definitions) -> str:
    """Say what day zero is."""
    return {
        "onset": "onset (first neutropenic count)",
        "detection": "detection (first neutropenic count on record)",
        "diagnosis": "diagnosis",
        "birth": "birth",
    }[definitions.time_origin]
