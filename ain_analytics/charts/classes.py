"""How many children are in each case class, by what was known at baseline and by what is known at the end."""

import altair as alt
import polars as pl

from ain_analytics.characteristics import class_counts
from ain_analytics.charts import look

ROW_HEIGHT = 26
NAME_WIDTH = 175


def chart_case_classes(cases: pl.DataFrame, *, width: int = look.WIDE) -> alt.TopLevelMixin:
    """Draw the number of children in each case class, by their first episode.

    Parameters
    ----------
    cases : Case, one row per episode; or one row per class
        In the second form: `case_class`, `is_ain`, `n_at_baseline`, `n_at_end`, hidden numbers null.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Bar: what was known at baseline, which analyses use; ring: what is known at the end of the data.

    Examples
    --------
    >>> chart_case_classes(cases).to_dict()["title"]["text"]
    ['Case classes']
    """
    counts = class_counts(cases) if "n_at_baseline" not in cases.columns else cases
    shown = counts.with_columns(
        pl.col("case_class").cast(pl.String).str.replace_all("_", " "),
        pl.when("is_ain").then(pl.lit("autoimmune")).otherwise(pl.lit("other")).alias("kind"),
        pl.format(
            "{} → {}",
            *(pl.col(name).cast(pl.String).fill_null("few") for name in ("n_at_baseline", "n_at_end")),
        ).alias("said"),
    )
    order = shown["case_class"].to_list()
    y = alt.Y(
        "case_class:N",
        sort=order,
        title=None,
        axis=alt.Axis(domain=False, ticks=False, labelLimit=NAME_WIDTH),
    )
    largest = look.largest(shown, "n_at_baseline", "n_at_end")
    scale = alt.Scale(domain=[0, largest * 1.25], nice=False)
    axis = alt.Axis(title="Children", tickCount=max(3, width // 130), tickMinStep=1, grid=True)
    key = alt.Legend(title=None, orient="top", symbolOpacity=1)
    kinds = [kind for kind in ("autoimmune", "other") if kind in shown["kind"].to_list()]
    colours = alt.Scale(
        domain=kinds, range=[{"autoimmune": look.PALETTE[0], "other": "#9c9c9c"}[kind] for kind in kinds]
    )
    base = alt.Chart(shown).encode(y=y)
    bar = base.mark_bar(height=13).encode(
        x=alt.X("n_at_baseline:Q", scale=scale, axis=axis),
        color=alt.Color("kind:N", scale=colours, legend=key),
    )
    ring = base.mark_point(size=75, color=look.PALETTE[1], strokeWidth=2, opacity=1).encode(
        x=alt.X("n_at_end:Q", scale=scale, axis=axis)
    )
    number = base.transform_calculate(right="max(datum.n_at_baseline, datum.n_at_end)").mark_text(
        align="left", dx=10, fontSize=11, color=look.INK
    )
    text = number.encode(x=alt.X("right:Q", scale=scale, axis=axis), text="said:N")
    plot = alt.layer(bar, ring, text).properties(
        width=max(110, width - NAME_WIDTH), height=ROW_HEIGHT * max(1, len(order))
    )
    subtitle = (
        "First episode of each child. Bar: class at baseline, which analyses use; "
        "ring: class at the end of the data (numbers: baseline → end)"
    )
    return look.dressed(plot, "Case classes", subtitle, width)
