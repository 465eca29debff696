"""A specification curve: answers under all definitions in order, and below them the choices of each."""

from typing import Any

import altair as alt
import numpy as np
import polars as pl

from ain_analytics.charts import look
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadDefinition
from ain_analytics.multiverse_result import Multiverse

MOST_DRAWN = 400
"""Definitions drawn; of more, some at even steps of the order, and always the base."""
ANSWER_HEIGHT, WAY_HEIGHT, CHOICE_HEIGHT = 150, 13, 17
LABELS = 150
"""Pixels for the names of ways, beside the plotting area."""
ROOM = 0.08
"""Of an axis on either side of what is on it."""
FADED = 0.12
ORDERS = {"median": "median", "unresolved": "share unresolved"}
SORTED_BY = {"median": ("is_late", "months", "share"), "unresolved": ("share", "is_late", "months")}
BASE, OTHER, PUBLISHED = look.PALETTE[1], look.PALETTE[0], look.PALETTE[3]


def chart_multiverse(
    found: Multiverse, *, order: str = "median", width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw the median and the share unresolved under each definition, and which choices each makes.

    Parameters
    ----------
    found : Multiverse
        For others, its `shared()` form.
    order : {"median", "unresolved"}
        Answer by which the definitions are ordered.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Definitions stand in the order of an answer; those that do not reach their median are triangles at the
        edge, and last in its order. The base is a ring in another colour. Published figures are lines, or
        bands where they have limits. Below, a tick in a row says that a definition takes that way; rows are
        ordered by how much of the spread their choice explains, which is drawn at the end. Dragging over the
        first panel picks definitions in all of them; pointing at one shows its choices and picks it out; a
        list for each choice picks those that take a way.

    Raises
    ------
    BadDefinition
        `order` is none of those.

    Examples
    --------
    >>> chart = ain.chart_multiverse(ain.multiverse(registry, most=20))
    >>> len(chart.to_dict()["vconcat"])
    4
    """
    if order not in ORDERS:
        raise BadDefinition("order", order, f"must be one of {', '.join(ORDERS)}")
    rows, n_known = _drawn(found, order)
    if rows.is_empty():
        return look.nothing(look.NOTHING, "The answer under many definitions", "", width)
    choices = _by_spread(found)
    picked = _Picked(found, choices)
    x = alt.X("place:Q", axis=None, scale=alt.Scale(domain=[-1, rows.height], nice=False, padding=0))
    share = f"Unresolved at {found.grid.at_months} months"
    panels = [
        _answers(rows, x, picked, "months", "Median, months", width, _published(found, "months")),
        _answers(rows, x, picked, "share", share, width, _published(found, "share")),
        _ways(rows, found, choices, x, picked, width),
        _spread(found, choices, width),
    ]
    said = (
        f"{rows.height:,} of {n_known:,} definitions drawn, by their {ORDERS[order]}. Ring: the base. "
        "Triangles: median not reached. It shows how the answer depends on choices; it is no test and no "
        "confidence interval"
    )
    stacked = alt.vconcat(*panels, spacing=10).resolve_scale(x="independent", y="independent")
    return look.dressed(
        stacked.add_params(*picked.params()), "The answer under many definitions", said, width + LABELS
    )


class _Picked:
    """What picks definitions: dragging, pointing, and a list of ways for each choice."""

    def __init__(self, found: Multiverse, choices: list[str]) -> None:
        self.brush = alt.selection_interval(encodings=["x"], name="dragged")
        self.lists = {
            choice: alt.param(
                name=f"way_of_{choice}",
                value="any",
                bind=alt.binding_select(
                    options=["any", *(way.name for way in found.grid.choices[choice])],
                    labels=["any", *(look.plain(way.name) for way in found.grid.choices[choice])],
                    name=f"{look.plain(choice)}: ",
                ),
            )
            for choice in choices
        }
        self.pointed = alt.selection_point(
            fields=["definition_number"], on="pointerover", clear="pointerout", name="pointed"
        )

    def params(self) -> list[Any]:
        return list(self.lists.values())

    def opacity(self, full: float) -> Any:
        ways = " && ".join(
            f"(way_of_{name} == 'any' || datum['{name}'] == way_of_{name})" for name in self.lists
        )
        test = {"and": [ways or "true", {"param": "dragged"}, {"param": "pointed"}]}
        return alt.OpacityValue(value=FADED, condition={"test": test, "value": full})


def _drawn(found: Multiverse, order: str) -> tuple[pl.DataFrame, int]:
    """Put the definitions with an answer in order, and take so many as can be seen."""
    is_late = pl.col("note").fill_null("").str.contains("not_reached")
    known = (
        found.answers.filter(pl.col("median").is_not_null() | is_late)
        .with_columns(
            is_late=is_late,
            months=(pl.col("median") / DAYS_PER_MONTH).round(2),
            share=pl.col("unresolved").round(4),
            is_base=pl.col("definition_number") == 1,
        )
        .sort(*SORTED_BY[order], "definition_number", nulls_last=True)
    )
    steps = np.linspace(0, max(known.height - 1, 0), min(MOST_DRAWN, known.height)).round().astype(int)
    taken = sorted({*steps.tolist(), *known["is_base"].arg_true().to_list()})
    kept = ["definition_number", *found.grid.choices, "months", "share", "is_late", "is_base", "n"]
    return known[taken].select(kept).with_row_index("place"), known.height


def _by_spread(found: Multiverse) -> list[str]:
    """Name the choices that vary, the one that explains most of the spread of the median first."""
    told = found.spread.filter(pl.col("scale") == "rank").sort("main_share", descending=True, nulls_last=True)
    return [choice for choice in told["choice"].to_list() if len(found.grid.choices[choice]) > 1]


def _published(found: Multiverse, unit: str) -> pl.DataFrame:
    """Give the published figures of a panel, with limits where they have any."""
    is_share = pl.col("quantity").cast(pl.String).str.starts_with("share")
    figures = found.figures.filter(is_share if unit == "share" else ~is_share)
    if unit == "share":
        is_resolved = pl.col("quantity").cast(pl.String) == "share_resolved_by"
        as_share = [
            pl.when(is_resolved).then(1 - pl.col(end) / 100).otherwise(pl.col(end) / 100).alias(end)
            for end in ("value", "lower", "upper")
        ]
        figures = figures.with_columns(as_share)
    said = pl.format("{} {}", "figure_id", pl.col("study").str.slice(0, 60)).alias("said")
    return figures.select("value", "lower", "upper", said)


def _answers(
    rows: pl.DataFrame,
    x: alt.X,
    picked: _Picked,
    column: str,
    title: str,
    width: int,
    published: pl.DataFrame,
) -> Any:
    values = pl.concat(
        [rows[column].cast(pl.Float64), *(published[name] for name in ("value", "lower", "upper"))]
    )
    known = values.drop_nulls()
    low, high = (float(known.min() or 0), float(known.max() or 0)) if known.len() else (0.0, 1.0)  # type: ignore[arg-type]
    margin = ROOM * (high - low or 1)
    scale = alt.Scale(domain=[max(low - margin, 0), high + margin], nice=False, zero=False)
    y = alt.Y(f"{column}:Q", scale=scale, axis=alt.Axis(title=title, tickCount=5))
    tips = [
        alt.Tooltip(name, type="nominal", title=look.plain(name))
        for name in rows.columns
        if name not in ("place", "is_late", "is_base")
    ]
    reached = alt.Chart(rows.filter(pl.col(column).is_not_null()))
    marks = reached.mark_circle(size=16, color=OTHER)
    points = marks.encode(x=x, y=y, opacity=picked.opacity(0.9), tooltip=tips)
    if column == "months":
        points = points.add_params(picked.brush, picked.pointed)
    base = alt.Chart(rows.filter("is_base", pl.col(column).is_not_null()))
    ring = base.mark_point(size=110, filled=False, strokeWidth=2.2, color=BASE, opacity=1).encode(x=x, y=y)
    layers = [*_beside(published, column, scale), points, ring]
    late = rows.filter("is_late")
    if column == "months" and late.height:
        triangles = alt.Chart(late).mark_point(shape="triangle-up", size=24, color=OTHER, filled=True)
        layers.append(triangles.encode(x=x, y=alt.value(4), opacity=picked.opacity(0.9), tooltip=tips))
    return alt.layer(*layers).properties(width=width, height=ANSWER_HEIGHT)


def _beside(published: pl.DataFrame, column: str, scale: alt.Scale) -> list[Any]:
    """Draw published figures as lines, or as bands where they have limits."""
    figures = published.filter(pl.col("value").is_not_null()).rename({"value": column})
    if figures.is_empty():
        return []
    y, from_ = alt.Y(f"{column}:Q", scale=scale), alt.Y("lower:Q", scale=scale)
    drawn = alt.Chart(figures)
    bands = alt.Chart(figures.filter(pl.col("lower").is_not_null()))
    return [
        bands.mark_rect(color=look.PALETTE[2], opacity=0.25).encode(y=from_, y2="upper:Q"),
        drawn.mark_rule(color=PUBLISHED, strokeDash=[6, 4], strokeWidth=1.5).encode(y=y),
        drawn.mark_text(align="left", baseline="bottom", dy=-3, fontSize=11, color=PUBLISHED).encode(
            x=alt.value(4), y=y, text="said:N"
        ),
    ]


def _ways(
    rows: pl.DataFrame, found: Multiverse, choices: list[str], x: alt.X, picked: _Picked, width: int
) -> Any:
    """Mark in the row of each way the definitions that take it."""
    order = [
        (choice, way.name, f"{look.plain(choice)}: {look.plain(way.name)}")
        for choice in choices
        for way in found.grid.choices[choice]
    ]
    rank = {(choice, name): place for place, (choice, name, _) in enumerate(order)}
    group = {choice: place % 2 for place, choice in enumerate(choices)}
    ticks = rows.select("place", "definition_number", "is_base", *choices)
    long = pl.concat(
        [
            ticks.with_columns(
                choice=pl.lit(choice),
                way=pl.col(choice).replace_strict(
                    {name: said for c, name, said in order if c == choice}, return_dtype=pl.String
                ),
                shade=pl.lit(group[choice]),
            )
            for choice in choices
        ]
    )
    names = [said for _, _, said in sorted(order, key=lambda way: rank[way[0], way[1]])]
    y = alt.Y(
        "way:N",
        sort=names,
        scale=alt.Scale(domain=names, padding=0.2),
        axis=alt.Axis(title=None, labelLimit=LABELS + 90, labelFontSize=10, ticks=False, domain=False),
    )
    colour = alt.when("datum.is_base").then(alt.value(BASE)).otherwise(
        alt.Color("shade:N", legend=None, scale=alt.Scale(domain=[0, 1], range=[look.INK, look.PALETTE[2]]))
    )  # fmt: skip
    drawn = alt.Chart(long).mark_tick(
        thickness=max(1.0, 0.8 * width / rows.height), bandSize=WAY_HEIGHT * 0.75
    )
    height = WAY_HEIGHT * len(names) + CHOICE_HEIGHT
    return drawn.encode(x=x, y=y, color=colour, opacity=picked.opacity(1.0)).properties(
        width=width, height=height
    )


def _spread(found: Multiverse, choices: list[str], width: int) -> Any:
    """Draw the share of the spread that each choice explains, by itself and with interactions."""
    shares = (
        found.spread.filter(pl.col("scale").cast(pl.String).is_in(["rank", "share"]))
        .with_columns(
            pl.col("choice").cast(pl.String).str.replace_all("_", " "),
            answer=pl.when(pl.col("scale") == "rank")
            .then(pl.lit("median, by rank"))
            .otherwise(pl.lit(f"share unresolved at {found.grid.at_months} months")),
            main=pl.col("main_share").clip(lower_bound=0),
        )
        .select("choice", "answer", "main", "total_share")
    )
    names = [look.plain(choice) for choice in choices]
    answers = shares["answer"].unique(maintain_order=True).to_list()
    axis = alt.Axis(
        title="Share of the spread (bar: by itself; line: with interactions)", format=".0%", tickCount=5
    )
    scale = alt.Scale(domain=[0, max(look.largest(shares, "main", "total_share", least=0.1), 0.1)], nice=True)
    panels = []
    half = (width - 30) // 2
    for place, answer in enumerate(answers):
        part = alt.Chart(shares.filter(pl.col("answer") == answer, pl.col("choice").is_in(names)))
        y = alt.Y(
            "choice:N",
            sort=names,
            axis=alt.Axis(title=None, labels=place == 0, ticks=False, labelLimit=LABELS),
        )
        bar = part.mark_bar(color=OTHER, height=9).encode(x=alt.X("main:Q", scale=scale, axis=axis), y=y)
        total = part.mark_tick(color=BASE, thickness=2.5, bandSize=13).encode(
            x=alt.X("total_share:Q", scale=scale), y=y
        )
        panels.append(
            alt.layer(bar, total).properties(
                width=half, height=CHOICE_HEIGHT * len(names), title=look.small_title(answer, half)
            )
        )
    return alt.hconcat(*panels, spacing=30)
