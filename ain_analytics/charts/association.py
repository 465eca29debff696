"""The rows of an analysis of what goes with neutropenia: values with their limits, by quantity."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.association_result import Association
from ain_analytics.charts import look

ROW_HEIGHT, NAME_WIDTH, TEXT_WIDTH = 20, 230, 190
NAME_GAP = 9
"""Room between a name and a point that lies on the end of the axis."""
IN_WORDS = {
    "share": "Share, with limits",
    "a_year": "Events a year, with limits",
    "ratio": "Ratio, with limits; line: no difference",
    "months": "Months, with limits",
}
SPAN = (0.1, 10.0)
WIDEST = (0.02, 50.0)


def chart_association(found: Association, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw every value of an analysis with its limits, one panel for each quantity.

    Parameters
    ----------
    found : Association
        For others give `found.shared()`: hidden values are drawn as words.
    width : int
        Width of the picture in pixels, names and numbers included.

    Returns
    -------
    altair chart
        Ratios stand on a logarithmic axis; limits that run over its end are cut there.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> len(ain.chart_association(ain.antibody_yield(registry)).to_dict()["vconcat"])
    3
    """
    panels = [
        _panel(str(quantity), rows, width)
        for (quantity,), rows in found.table.group_by("quantity", maintain_order=True)
    ]
    confidence = look.percent(found.definitions.confidence)
    subtitle = f"Definition {look.plain(found.definitions.name)}. Limits at {confidence}"
    return look.dressed(
        alt.vconcat(*panels, spacing=14).resolve_scale(x="independent", y="independent"),
        found.question,
        subtitle,
        width,
    )


def _panel(quantity: str, rows: pl.DataFrame, width: int) -> Any:
    unit = str(rows["unit"][0])
    plot = max(110, width - NAME_WIDTH - TEXT_WIDTH)
    low, high = _ends(rows, unit)
    has_limits = pl.col("lower").is_not_null() | pl.col("upper").is_not_null()
    shown = rows.select(
        pl.concat_str("group", "category", separator=": ").str.replace_all("_", " ").alias("name"),
        "value",
        pl.col("lower").fill_null(low).clip(low, high).alias("from"),
        pl.when(has_limits).then(pl.col("upper").fill_null(high).clip(low, high)).alias("to"),
        pl.Series("said", [_said(row) for row in rows.to_dicts()], dtype=pl.String),
    )
    names = shown["name"].to_list()
    form = {"format": "~g"} if unit == "ratio" else {}
    axis = alt.Axis.from_dict({"title": IN_WORDS[unit], "grid": True, "tickCount": 5, **form})
    scale = alt.Scale(type="log" if unit == "ratio" else "linear", domain=[low, high], nice=False, clamp=True)
    y = alt.Y(
        "name:N",
        sort=names,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=NAME_WIDTH, labelPadding=NAME_GAP),
    )
    base = alt.Chart(shown).encode(y=y)
    drawn = pl.col("value").is_between(low, high)
    layers = [
        base.mark_rule(strokeWidth=2.2, color=look.PALETTE[0]).encode(
            x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q"
        ),
        alt.Chart(shown.filter(drawn))
        .mark_point(filled=True, size=65, opacity=1, color=look.PALETTE[0])
        .encode(x=alt.X("value:Q", scale=scale, axis=axis), y=y),
        base.mark_text(align="left", fontSize=10.5, color=look.INK).encode(
            x=alt.value(plot + 10), text="said:N"
        ),
    ]
    if unit == "ratio":
        one = alt.Chart(pl.DataFrame({"one": [1.0]})).mark_rule(color=look.QUIET, strokeDash=[4, 3])
        layers.insert(0, one.encode(x=alt.X("one:Q", scale=scale, axis=axis)))
    return alt.layer(*layers).properties(
        width=plot,
        height=ROW_HEIGHT * max(1, len(names)),
        title=look.small_title(look.plain(quantity).capitalize(), width),
    )


def _ends(rows: pl.DataFrame, unit: str) -> tuple[float, float]:
    """Give the ends of the axis: of ratios at least a tenth to ten times, of others from 0."""
    if unit == "ratio":
        seen = [
            x
            for x in (*rows["lower"].drop_nulls(), *rows["upper"].drop_nulls(), *rows["value"].drop_nulls())
            if x > 0
        ]
        return max(WIDEST[0], min([SPAN[0], *seen])), min(WIDEST[1], max([SPAN[1], *seen]))
    return 0.0, 1.0 if unit == "share" else look.largest(rows, "upper", "value") * 1.05


def _said(row: dict[str, Any]) -> str:
    """Print value, limits and count beside the drawing."""
    value, lower, upper = (_number(row[name], row["unit"]) for name in ("value", "lower", "upper"))
    limits = f" ({lower or '?'} to {upper or '∞'})" if lower or upper else ""
    return f"{value or '–'}{limits}" + ("" if row["n"] is None else f"  n = {row['n']}")


def _number(x: float | None, unit: str) -> str:
    if x is None:
        return ""
    return f"{x:.0f}" if x >= 100 else f"{x:.1f}" if unit == "months" else f"{x:.2f}"
