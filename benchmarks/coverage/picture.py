"""Draw the table of coverage for the documentation."""

from pathlib import Path
from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look, svg_of

NOMINAL, WITHIN = 95, (93, 97)
LEAST = 60
"""What lies farther down is drawn here, as a triangle."""
ROW = 15
PANELS = {
    "Intervals as they are (NPMLE)": ("interval",),
    "Kaplan–Meier, resolved at the visit that saw it": ("kaplan_meier",),
    "Aalen–Johansen, resolved at the visit that saw it": ("aalen_johansen",),
    "Groups and references": ("cox", "weibull_aft", "restricted_mean", "one_sample"),
}
KINDS = {
    "share": "share at 6, 12, 18, 24 or 36 months",
    "median": "median",
    "mean": "restricted mean, or difference of two",
    "ratio": "ratio of hazards, times, or seen to expected",
}


def drawn(table: pl.DataFrame) -> alt.TopLevelMixin:
    """Draw a panel for each kind of estimator, a row for each scenario, a dot for each quantity."""
    quantity = pl.col("quantity")
    kind = (
        pl.when(quantity.str.contains("resolved"))
        .then(pl.lit(KINDS["share"]))
        .when(quantity == "median")
        .then(pl.lit(KINDS["median"]))
        .when(quantity.str.starts_with("rmst"))
        .then(pl.lit(KINDS["mean"]))
        .otherwise(pl.lit(KINDS["ratio"]))
    )
    percent = pl.col("coverage_percent")
    told = table.filter(percent.is_not_null()).select(
        "scenario",
        "estimator",
        "quantity",
        kind.alias("kind"),
        percent.clip(LEAST).alias("shown"),
        (percent < LEAST).alias("is_below"),
    )
    order = table["scenario"].unique(maintain_order=True).to_list()
    panels = [
        _panel(told.filter(pl.col("estimator").is_in(names)), title, order) for title, names in PANELS.items()
    ]
    plot = alt.vconcat(*panels, spacing=14).resolve_scale(color="shared", shape="independent")
    return look.dressed(
        plot,
        "How often limits at 95 % hold the truth",
        f"1,000 made-up registries each. Band: {WITHIN[0]} to {WITHIN[1]} %; triangles: below {LEAST} %",
        look.WIDE,
    )


def _panel(rows: pl.DataFrame, title: str, order: list[str]) -> Any:
    scale = alt.Scale(domain=[LEAST - 1, 100], nice=False)
    y = alt.Y(
        "scenario:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=240)
    )
    band = (
        alt.Chart(pl.DataFrame({"from": [WITHIN[0]], "to": [WITHIN[1]]}))
        .mark_rect(color=look.RULE, opacity=0.5)
        .encode(x=alt.X("from:Q", scale=scale), x2="to:Q")
    )
    line = alt.Chart(pl.DataFrame({"x": [NOMINAL]})).mark_rule(color=look.QUIET).encode(x="x:Q")
    domain = list(KINDS.values())
    colour = alt.Color(
        "kind:N",
        sort=domain,
        scale=alt.Scale(domain=domain, range=list(look.PALETTE[: len(domain)])),
        legend=alt.Legend(title=None, orient="top", columns=2, labelLimit=300),
    )
    dots = alt.Chart(rows).encode(
        y=y, x=alt.X("shown:Q", scale=scale, title="limits that hold the truth, %"), color=colour
    )
    held = dots.transform_filter("!datum.is_below").mark_circle(size=32, opacity=0.85)
    below = dots.transform_filter("datum.is_below").mark_point(shape="triangle-left", filled=True, size=32)
    return alt.layer(band, line, held, below).properties(
        width=look.WIDE - 160, height=ROW * len(order), title=look.small_title(title, look.WIDE)
    )


def draw(table: Path, picture: Path) -> None:
    """Draw a table that is on disk."""
    picture.write_text(svg_of(drawn(pl.read_csv(table))), encoding="utf-8")
