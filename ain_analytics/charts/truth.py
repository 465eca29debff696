"""Made-up children: what was found of them beside what is true, and how far it is right."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.schema.derived import AIN_CLASSES
from ain_analytics.schema.results import FOUND, STANDS_FOR

CELL, NARROW_CELL, NAME_WIDTH, LABEL = 30, 25, 205, 210
"""Height of a cell, its least width, and the room for names left of and over the cells, in pixels."""
DOT_ROW, NUMBERS, GAP = 12, 62, 14
"""Height of a row of dots, the room for its numbers, and the gap between panels."""
DARK = 0.55
"""Share of a row from which a cell is so dark that its number is white."""
SHADES = ("#eef3f9", "#0b3c6f")
MEASURES = {"sensitivity": "Sensitivity", "predictive_value": "Positive predictive value"}
WAYS = {
    "rules": "rules of this program",
    "any_d70": "any code D70",
    "unspecific_d70": "D70.8 or D70.9, no other kind",
    "phenotype_213": "OHDSI phenotype 213",
}
NOT_ASKED = "not_reached"


def chart_confusion(
    confusion: pl.DataFrame, *, at: Sequence[str] = ("baseline", "end"), width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw how many children of each true class were found to be what.

    Parameters
    ----------
    confusion : ClassConfusion
    at : sequence of str
        The moments to draw, a panel each; those that the frame lacks are left out.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        A row for what is true, a column for what was found. Number: children, colour: share of the row;
        framed: found is what is true, or counted where it is autoimmune.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> chart = ain.chart_confusion(ain.class_confusion(registry, demo.truth))
    >>> len(chart.to_dict()["vconcat"])
    2
    """
    title = "What was found of the children, beside what is true"
    subtitle = (
        "Made-up children: row, what is true; column, what was found by what was known then. Number: "
        "children; colour: share of the row; framed: right. Children whose data end earlier are left out"
    )
    asked = confusion.filter(
        pl.col("at").is_in(list(at)), pl.col("found").cast(pl.String) != NOT_ASKED
    ).with_columns(pl.col("true_class", "found").cast(pl.String))
    panels = [
        _matrix(asked.filter(pl.col("way") == way, pl.col("at") == moment), confusion, way, moment, width)
        for moment in at
        for way in asked.filter(pl.col("at") == moment)["way"].unique(maintain_order=True)
    ]
    if not panels:
        return look.nothing(look.NOTHING, title, subtitle, width)
    plot = alt.vconcat(*panels, spacing=GAP).resolve_scale(color="shared")
    return look.dressed(plot, title, subtitle, width)


def _matrix(cells: pl.DataFrame, confusion: pl.DataFrame, way: str, moment: str, width: int) -> Any:
    """Draw one panel: every panel of a way has the same columns."""
    of_way = confusion.filter(pl.col("way") == way)["found"].cast(pl.String)
    columns = [name for name in FOUND if name != NOT_ASKED and name in set(of_way)]
    total = pl.col("n").sum().over("true_class")
    true = [name for name in FOUND if name in set(cells["true_class"])]
    said = pl.format("{} ({})", pl.col("true_class").str.replace_all("_", " "), total)
    shown = cells.with_columns((pl.col("n") / total).alias("share"), said.alias("row"))
    named = dict(shown.select("true_class", "row").rows())
    rows = [str(named[name]) for name in true]
    x = alt.X(
        "column:N",
        sort=[look.plain(name) for name in columns],
        scale=alt.Scale(domain=[look.plain(name) for name in columns], paddingInner=0.06),
        axis=alt.Axis(
            orient="top", title=None, labelAngle=-50, labelLimit=LABEL, ticks=False, domain=False, offset=2
        ),
    )
    y = alt.Y(
        "row:N",
        sort=rows,
        scale=alt.Scale(domain=rows, paddingInner=0.06),
        axis=alt.Axis(title=None, labelLimit=NAME_WIDTH, ticks=False, domain=False),
    )
    every = (
        pl.DataFrame({"row": rows, "true_class": true})
        .join(pl.DataFrame({"found": columns}), how="cross")
        .join(shown.select("row", "found", "n", "share"), on=["row", "found"], how="left")
        .with_columns(
            pl.col("found").str.replace_all("_", " ").alias("column"),
            _is_right().alias("is_right"),
            pl.col("share").fill_null(0.0),
        )
    )
    base = alt.Chart(every).encode(x=x, y=y)
    colour = alt.Color(
        "share:Q",
        scale=alt.Scale(domain=[0, 1], range=list(SHADES)),
        legend=alt.Legend(
            title="Share of the row",
            orient="bottom",
            direction="horizontal",
            format=".0%",
            values=[0, 0.25, 0.5, 0.75, 1],
            titleFontWeight="normal",
            gradientLength=260,
            gradientThickness=10,
        ),
    )
    room = max(NARROW_CELL, min(CELL * 2, (width + 60 - NAME_WIDTH) // len(columns)))
    size = 11 if room >= CELL - 2 else 9
    text = base.transform_filter("isValid(datum.n)").encode(text="n:Q")
    layers = [
        base.mark_rect().encode(color=colour),
        base.transform_filter("datum.is_right").mark_rect(
            fill=None, stroke=look.PALETTE[1], strokeWidth=2, opacity=1
        ),
        *(
            text.transform_filter(f"datum.share {which} {DARK}").mark_text(fontSize=size, color=ink)
            for which, ink in (("<", look.INK), (">=", "white"))
        ),
    ]
    heading = look.small_title(f"{_way(way)}, {moment}: {shown['n'].sum():,} children", width)
    heading["offset"] = GAP
    return alt.layer(*layers).properties(width=room * len(columns), height=CELL * len(rows), title=heading)


def _is_right() -> pl.Expr:
    """Say whether what was found is true; whoever is counted is taken for autoimmune."""
    is_ain = pl.col("true_class").is_in(AIN_CLASSES)
    return (
        pl.when(pl.col("found") == "counted")
        .then(is_ain)
        .when(pl.col("found") == "not_counted")
        .then(~is_ain)
        .otherwise(pl.col("found").replace(STANDS_FOR) == pl.col("true_class"))
    )


def _way(way: str) -> str:
    said = WAYS.get(way, look.plain(way))
    return said[:1].upper() + said[1:]


def chart_accuracy(accuracy: pl.DataFrame, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw sensitivity and positive predictive value, with their intervals.

    Parameters
    ----------
    accuracy : ClassAccuracy
        Of one way: a group of rows for each class, a row for each moment. Of several: a group for each
        moment, a row for each way, of the autoimmune group alone.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Dot: share; line: its exact interval at the coverage asked; number: children behind it.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> chart = ain.chart_accuracy(ain.class_accuracy(ain.class_confusion(registry, demo.truth)))
    >>> len(chart.to_dict()["hconcat"])
    2
    """
    title = "How far what was found is right"
    ways = accuracy["way"].unique(maintain_order=True).to_list()
    subtitle = (
        "Made-up children. Sensitivity: of those of whom it is true, the share found so; positive "
        "predictive value: of those found so, the share of whom it is true. Dot with its exact interval; "
        "number: children"
    )
    known = accuracy.filter(pl.col("n").is_not_null()).with_columns(
        pl.col("case_class", "measure").cast(pl.String)
    )
    if len(ways) > 1:
        known = known.filter(pl.col("case_class") == "autoimmune")
        shown = known.with_columns(group="at", row=pl.col("way").replace(WAYS))
        subtitle = f"Autoimmune neutropenia. {subtitle}"
    else:
        shown = known.with_columns(group=pl.col("case_class").str.replace_all("_", " "), row="at")
    if shown.is_empty():
        return look.nothing(look.NOTHING, title, subtitle, width)
    panels = [_dots(shown, measure, width) for measure in MEASURES]
    plot = alt.hconcat(*panels, spacing=GAP).resolve_scale(color="shared", shape="shared")
    return look.dressed(plot, title, subtitle, width)


def _dots(shown: pl.DataFrame, measure: str, width: int) -> Any:
    """Draw one measure; the first panel names the groups."""
    groups = shown["group"].unique(maintain_order=True).to_list()
    rows = shown["row"].unique(maintain_order=True).to_list()
    is_first = measure == next(iter(MEASURES))
    here = shown.filter(pl.col("measure") == measure).with_columns(
        pl.format("{} of {}", "n", "of").alias("said")
    )
    y = alt.Y(
        "group:N",
        sort=groups,
        scale=alt.Scale(domain=groups, paddingInner=0.25),
        axis=alt.Axis(
            title=None,
            labelLimit=NAME_WIDTH,
            labelPadding=9,
            ticks=False,
            domain=False,
            grid=True,
            tickBand="extent",
        )
        if is_first
        else alt.Axis(title=None, labels=False, ticks=False, domain=False, grid=True, tickBand="extent"),
    )
    offset = alt.YOffset("row:N", sort=rows, scale=alt.Scale(domain=rows))
    colours = [look.PALETTE[place % len(look.PALETTE)] for place in range(len(rows))]
    colour = alt.Color(
        "row:N",
        sort=rows,
        scale=alt.Scale(domain=rows, range=colours),
        legend=alt.Legend(
            title=None,
            orient="top",
            columns=max(1, (width + 60) // (max(map(len, rows)) * 7 + 40)),
            symbolOpacity=1,
            symbolType="circle",
            labelLimit=LABEL,
        ),
    )
    axis = alt.Axis(title=MEASURES[measure], format=".0%", values=[0, 0.25, 0.5, 0.75, 1], labelFlush=False)
    scale = alt.Scale(domain=[0, 1], nice=False)

    def x(field: str) -> alt.X:
        return alt.X(f"{field}:Q", scale=scale, axis=axis)

    base = alt.Chart(here).encode(y=y, yOffset=offset)
    plot_width = max(110, (width + 60 - NAME_WIDTH) // 2 - NUMBERS)
    layers = [
        base.mark_rule(strokeWidth=1.5).encode(x=x("lower"), x2="upper:Q", color=colour),
        base.mark_point(filled=True, size=42, opacity=1).encode(x=x("share"), color=colour),
        base.mark_text(align="left", fontSize=9, color=look.INK).encode(
            x=alt.value(plot_width + 9), text="said:N"
        ),
    ]
    height = len(groups) * (len(rows) * DOT_ROW + DOT_ROW // 2)
    return alt.layer(*layers).properties(width=plot_width, height=height)
