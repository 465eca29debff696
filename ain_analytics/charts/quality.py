"""Figures of the quality report: each draws one frame of what others may see, and computes nothing."""

from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.charts.quality_bars import (
    counts_per_child,
    gap,
    last_digit,
    near_limit,
    onset_age,
    stretch,
)
from ain_analytics.errors import UnknownTable
from ain_analytics.quality import Quality
from ain_analytics.quality_shared import OTHERS, shared_quality

ROW_HEIGHT = 18
NAME_WIDTH = 190
POWERS = [0.001, 0.01, 0.1, 1, 10, 100, 1000]


def chart_quality(seen: Quality, name: str = "drift", *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw one figure of the quality report; it shows what others may see.

    Parameters
    ----------
    seen : Quality
    name : {"set_aside", "amounts", "drift", "near_limit", "last_digit", "onset_age", "gap", \
"counts_per_child", "agreement"}
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart

    Raises
    ------
    UnknownTable
        There is no figure of this name.

    Examples
    --------
    >>> chart_quality(ain.quality(registry), "gap").to_dict()["title"]["text"]
    ['Time between two counts']
    """
    if name not in QUALITY_CHARTS:
        raise UnknownTable(name, QUALITY_CHARTS)
    return QUALITY_CHARTS[name](shared_quality(seen)[name], width)


def _set_aside(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    title = "Laboratory rows set aside for an error, by site and year"
    subtitle = "Share of the rows, in percent; grey: too few rows or children to be shown"
    if frame.is_empty():
        return look.nothing(look.NOTHING, title, subtitle, width)
    years = frame["year"].unique().sort().to_list()
    shown = frame.with_columns((100 * pl.col("share")).round(0).cast(pl.Int64).cast(pl.String).alias("said"))
    # A year is written short where the cells are narrow.
    label = (
        "length(datum.label) == 4 ? '’' + slice(datum.label, 2) : datum.label"
        if width < look.WIDE
        else "datum.label"
    )
    across = alt.Axis(labelAngle=0, labelExpr=label, labelOverlap=True, ticks=False)
    down = alt.Axis(labelLimit=110, minExtent=110, maxExtent=110, ticks=False)
    base = alt.Chart(shown).encode(
        x=alt.X("year:N", sort=years, title="Year", axis=across),
        y=alt.Y("site:N", sort=_others_last(frame["site"]), title=None, axis=down),
    )
    darkest = max(0.1, look.largest(frame, "share", least=0.1))
    scale = alt.Scale(domain=[0, darkest], range=["#eef3f8", look.PALETTE[0]])
    empty = base.transform_filter("!isValid(datum.share)").mark_rect(stroke="white", color="#dddddd")
    known = base.transform_filter("isValid(datum.share)")
    cell = known.mark_rect(stroke="white").encode(color=alt.Color("share:Q", scale=scale, legend=None))
    ink = alt.condition(f"datum.share > {darkest / 2}", alt.value("white"), alt.value(look.INK))
    text = known.mark_text(fontSize=10).encode(text="said:N", color=ink)
    plot = alt.layer(empty, cell, text)
    return look.dressed(
        plot.properties(width=width - 110, height=24 * frame["site"].n_unique()), title, subtitle, width
    )


def _others_last(names: pl.Series) -> list[str]:
    return sorted(names.unique().to_list(), key=lambda name: (name == OTHERS, name))


def _powers(bottom: float, top: float) -> list[float]:
    """Name the powers of ten inside a domain; a clamped scale would draw the others at its ends."""
    return [power for power in POWERS if bottom <= power <= top]


def _log(field: str, bottom: float, top: float) -> alt.X:
    scale = alt.Scale(type="log", domain=[bottom, top], nice=False, clamp=True)
    axis = alt.Axis(values=_powers(bottom, top), labelExpr="datum.value", title="", grid=True)
    return alt.X(f"{field}:Q", scale=scale, axis=axis)


def _amounts(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    title = "How large the amounts are, by unit and method as written"
    subtitle = (
        "Point: median; line: from 5 % to 95 % of the amounts. "
        "One row that stands apart is a wrong unit. Right: rows"
    )
    shown = frame.filter(pl.col("median") > 0).with_columns(
        pl.format("{}, {}", "unit", pl.col("method").str.replace_all("_", " ")).alias("way"),
        pl.col("n_rows").cast(pl.String).fill_null("few").alias("said"),
        pl.max_horizontal("low", pl.lit(0.001)).alias("low"),
    )
    if shown.is_empty():
        return look.nothing(look.NOTHING, title, subtitle, width)
    panels = [
        _amounts_of(rows, f"{look.plain(str(analyte))}, {rows['amount_unit'][0]}", width)
        for (analyte,), rows in shown.group_by("analyte", maintain_order=True)
    ]
    return look.dressed(alt.vconcat(*panels, spacing=12), title, subtitle, width)


def _amounts_of(rows: pl.DataFrame, heading: str, width: int) -> Any:
    names = min(NAME_WIDTH, width // 2)
    axis = alt.Axis(
        minExtent=names - 20, maxExtent=names - 20, labelLimit=names - 25, ticks=False, domain=False
    )
    y = alt.Y("way:N", sort=rows["way"].to_list(), title=None, axis=axis)
    top = max(100.0, look.largest(rows, "median", "high"))
    bottom = min([0.01, *(median / 2 for median in rows["median"].to_list())])
    base = alt.Chart(rows).encode(y=y)
    span = base.mark_rule(strokeWidth=2.5, color=look.PALETTE[2]).encode(
        x=_log("low", bottom, top), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=55, opacity=1, color=look.PALETTE[0]).encode(
        x=_log("median", bottom, top)
    )
    wide = max(80, width - names - 10)
    number = base.mark_text(align="left", fontSize=10, color=look.QUIET).encode(
        x=alt.value(wide + 6), text="said:N"
    )
    return alt.layer(span.transform_filter("isValid(datum.high)"), point, number).properties(
        width=wide, height=ROW_HEIGHT * rows.height, title=look.small_title(heading, width)
    )


def _drift(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    title = "Neutrophil counts by month and site"
    subtitle = (
        "Monthly median, 10⁹/L; a lasting step is a new analyser or unit. Gaps: months with too few children"
    )
    if frame["median"].drop_nulls().is_empty():
        return look.nothing(look.NOTHING, title, subtitle, width)
    positive = frame["median"].drop_nulls().filter(frame["median"].drop_nulls() > 0)
    low, high = float(positive.min() or 0.1), float(positive.max() or 10)  # type: ignore[arg-type]
    domain = [min(0.1, low / 2), max(10.0, high)]
    scale = alt.Scale(type="log", domain=domain, nice=False, clamp=True)
    panels = []
    sites = _others_last(frame["site"])
    for place, site in enumerate(sites):
        rows = frame.filter(pl.col("site") == site)
        is_last = place == len(sites) - 1
        axis = alt.Axis(
            title=None,
            format="%Y",
            labels=is_last,
            ticks=is_last,
            grid=False,
            tickCount="year",
            labelOverlap=True,
        )
        y_axis = alt.Axis(values=_powers(*domain), labelExpr="datum.value", title=None, minExtent=40)
        line = (
            alt.Chart(rows)
            .mark_line(
                strokeWidth=1.6,
                strokeCap="round",
                color=look.PALETTE[0],
                invalid="break-paths-show-domains",
            )
            .encode(
                x=alt.X("month:T", axis=axis, scale=alt.Scale(nice=False)),
                y=alt.Y("median:Q", scale=scale, axis=y_axis),
            )
        )
        panels.append(
            line.properties(width=width - 40, height=64, title=look.small_title(f"Site {site}", width))
        )
    return look.dressed(alt.vconcat(*panels, spacing=6), title, subtitle, width)


def _agreement(frame: pl.DataFrame, width: int) -> alt.TopLevelMixin:
    title = "Measured counts beside computed ones"
    subtitle = (
        "Measured minus white cells × share of the same specimen, by size of the count, 10⁹/L; "
        "point: median, line: 5 % to 95 %, band: tolerance. Right: beyond it of all"
    )
    numbers = [pl.col(n).cast(pl.String).fill_null("few") for n in ("n_beyond", "n_counts")]
    shown = frame.filter(pl.col("tolerance").is_not_null()).with_columns(
        stretch("from_anc", "to_anc").alias("label"),
        pl.format("{} of {}", *numbers).alias("said"),
        (-pl.col("tolerance")).alias("below"),
    )
    if shown.is_empty():
        return look.nothing(look.NOTHING, title, subtitle, width)
    sizes = shown.select(pl.col("tolerance", "low", "median", "high").abs())
    edge, wide = 1.1 * look.largest(sizes, *sizes.columns), width - 130
    scale = alt.Scale(domain=[-edge, edge], nice=False, clamp=True)
    axis = alt.Axis(title="Difference, 10⁹/L", tickCount=max(3, wide // 70), labelFlush=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", axis=axis, scale=scale)

    down = alt.Axis(ticks=False, minExtent=60)
    base = alt.Chart(shown).encode(y=alt.Y("label:N", sort=shown["label"].to_list(), title=None, axis=down))
    band = base.mark_bar(color="#e3e9f0", height=14)
    span = base.transform_filter("isValid(datum.low)").mark_rule(color=look.PALETTE[0], strokeWidth=3)
    known = base.transform_filter("isValid(datum.median)")
    point = known.mark_point(filled=True, size=45, opacity=1, color=look.PALETTE[1])
    number = base.mark_text(align="left", fontSize=10, color=look.QUIET)
    layers = [
        band.encode(x=x("below"), x2="tolerance:Q"),
        span.encode(x=x("low"), x2="high:Q"),
        point.encode(x=x("median")),
        number.encode(x=alt.value(wide + 6), text="said:N"),
    ]
    return look.dressed(
        alt.layer(*layers).properties(width=wide, height=24 * shown.height), title, subtitle, width
    )


QUALITY_CHARTS: dict[str, Callable[[pl.DataFrame, int], alt.TopLevelMixin]] = {
    "set_aside": _set_aside,
    "amounts": _amounts,
    "drift": _drift,
    "near_limit": near_limit,
    "last_digit": last_digit,
    "onset_age": onset_age,
    "gap": gap,
    "counts_per_child": counts_per_child,
    "agreement": _agreement,
}
"""The figures of the quality report, by the name of the frame that each draws."""
