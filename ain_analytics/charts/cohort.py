"""Who is in the registry: what became of the rows, who was lost on the way, which classes there are."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look

ROW_HEIGHT = 21
NAME_WIDTH = 150
HEAD, BAR, LINE = 38, (18, 28), 15
"""Pixels of a step of the attrition: heading and bar, and each line of its reason."""


def chart_attrition(attrition: pl.DataFrame, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw the way from the extract to the curve: who is left at each step, and why fewer.

    Parameters
    ----------
    attrition : Attrition, one row per step
        A count that is hidden (null) is written as such.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart

    Examples
    --------
    >>> chart_attrition(ain.attrition(registry, cases, followed)).to_dict()["title"]["text"]
    ['From the extract to the curve']
    """
    wrapped = [
        look.rows_of(text, width)
        for text in attrition["reason"].str.replace_all("_", " ").str.replace_all("`", "").to_list()
    ]
    shown = attrition.select(
        pl.col("n_children").fill_null(0).alias("drawn"),
        pl.format(
            "{} · {}{}",
            _capital("step"),
            _count("n_children", "children"),
            _count_after("n_episodes", "episodes"),
        ).alias("heading"),
        pl.Series("why", wrapped, dtype=pl.List(pl.String)),
    ).with_columns((HEAD + LINE * pl.col("why").list.len()).alias("height"))
    top = pl.col("height").cum_sum() - pl.col("height")
    placed = shown.with_columns(
        top.alias("top"), (top + BAR[0]).alias("top_of_bar"), (top + BAR[1]).alias("end_of_bar")
    )
    height = float(shown["height"].sum())
    y = alt.Scale(domain=[0, height], range=[0, height], nice=False)
    base = alt.Chart(placed)
    bar = base.mark_rect(color=look.PALETTE[0]).encode(
        x=alt.X(
            "drawn:Q",
            axis=None,
            scale=alt.Scale(domain=[0, look.largest(attrition, "n_children")], nice=False),
        ),
        x2=alt.value(0),
        y=alt.Y("top_of_bar:Q", axis=None, scale=y),
        y2="end_of_bar:Q",
    )
    text: dict[str, Any] = {"align": "left", "baseline": "top", "fontSize": 11}
    heading = base.mark_text(**text, dy=2, fontWeight="bold", color=look.INK).encode(text="heading:N")
    why = base.mark_text(**text, dy=31, color=look.QUIET).encode(text="why:N")
    texts = [part.encode(x=alt.value(0), y=alt.Y("top:Q", axis=None, scale=y)) for part in (heading, why)]
    plot = alt.layer(bar, *texts).properties(width=width, height=height)
    return look.dressed(
        plot,
        "From the extract to the curve",
        "Children left at each step, and why fewer are left than before",
        width,
    )


def chart_row_fates(row_fate: pl.DataFrame, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw what became of every row of the extract: used, or set aside and why.

    Parameters
    ----------
    row_fate : RowFate, one row per table and fate
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        One panel per table; a bar is a share of the table's rows.

    Examples
    --------
    >>> fates = registry.frame("row_fate")
    >>> len(chart_row_fates(fates).to_dict()["vconcat"]) == fates["table_name"].n_unique()
    True
    """
    shares = row_fate.select(
        "table_name",
        pl.col("fate").str.replace_all("_", " "),
        (pl.col("n_rows") / pl.col("n_rows").sum().over("table_name")).alias("share"),
        pl.col("n_rows").cast(pl.String).fill_null("hidden").alias("said"),
        (pl.col("fate") == "used").alias("is_used"),
    )
    panels = [
        _fates_of(table, name, width) for (name,), table in shares.group_by("table_name", maintain_order=True)
    ]
    return look.dressed(
        alt.vconcat(*panels, spacing=14),
        "What became of every row",
        "Share of each table's rows, with the number of rows",
        width,
    )


def _fates_of(table: pl.DataFrame, name: object, width: int) -> Any:
    """Draw one table's fates, the used rows first, then the most frequent reason."""
    order = table.sort("is_used", "share", descending=True, nulls_last=True)["fate"].to_list()
    y = alt.Y(
        "fate:N",
        sort=order,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, minExtent=NAME_WIDTH, maxExtent=NAME_WIDTH),
    )
    x = alt.X("share:Q", scale=alt.Scale(domain=[0, 1]), axis=None)
    colour = alt.Color(
        "is_used:N",
        legend=None,
        scale=alt.Scale(domain=[True, False], range=[look.PALETTE[0], look.PALETTE[1]]),
    )
    base = alt.Chart(table).encode(x=x, y=y)
    number = base.mark_text(align="left", dx=5, fontSize=11, color=look.INK).encode(text="said:N")
    title = alt.TitleParams(look.plain(str(name)), anchor="start", frame="group", fontSize=12, color=look.INK)
    bars = base.mark_bar(height=12).encode(color=colour)
    return alt.layer(bars, number).properties(
        width=max(90, width - NAME_WIDTH - 60), height=ROW_HEIGHT * len(order), title=title
    )


def _capital(column: str) -> pl.Expr:
    text = pl.col(column).str.replace_all("_", " ")
    return text.str.slice(0, 1).str.to_uppercase() + text.str.slice(1)


def _count(column: str, unit: str) -> pl.Expr:
    return (
        pl.when(pl.col(column).is_null())
        .then(pl.lit("number hidden"))
        .otherwise(pl.format(f"{{}} {unit}", column))
    )


def _count_after(column: str, unit: str) -> pl.Expr:
    return pl.when(pl.col(column).is_null()).then(pl.lit("")).otherwise(pl.format(f", {{}} {unit}", column))
