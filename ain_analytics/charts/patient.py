"""One child: counts, limits, episodes, tests, treatments, infections. Never for shared output."""

from typing import Any

import altair as alt
import polars as pl

from ain_analytics.charts import look
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import UnknownPatient
from ain_analytics.registry import Registry

LABELS = [0, 0.5, 1, 1.5, 2, 3, 5, 10, 20]
ROW_HEIGHT = 20
ANC = "Neutrophils, 10⁹/L"


def chart_patient(
    registry: Registry, patient_id: str, *, classes: pl.DataFrame | None = None, width: int = look.WIDE
) -> alt.TopLevelMixin:
    """Draw the history of one child, by age.

    Parameters
    ----------
    registry : Registry
    patient_id : str
        Key of the child; it appears nowhere in the chart.
    classes : polars.DataFrame, optional
        The periods that `class_periods` gives; each is drawn from its first day to its last.
    width : int
        Width of the plotting area in pixels.

    Returns
    -------
    altair chart
        Masked counts are hollow; the pale ends of an episode are the days in which
        its onset and its resolution lie.

    Raises
    ------
    UnknownPatient
        The child is not among the usable ones.

    Examples
    --------
    >>> key = registry.frame("episode")["patient_id"][0]
    >>> key in chart_patient(registry, key).to_json()
    False
    """
    patients = registry.frame("patient")
    child = patients.filter(pl.col("patient_id") == patient_id)
    if child.is_empty():
        raise UnknownPatient(patients.height)
    born = child["birth_date"].item()
    counts = _of(registry, "daily_anc", patient_id).select(
        _age("sampled_on", born).alias("months"), "anc", "is_masked", _state().alias("state")
    )
    episodes = _episode_spans(_of(registry, "episode", patient_id), born)
    events = _events(registry, patient_id, born)
    if classes is not None:
        decisions = classes.filter(pl.col("patient_id") == patient_id)
        until = counts["months"].max() if counts.height else None
        events = pl.concat([events, _decisions(decisions, born, until)])
    last = max(look.largest(counts, "months", least=12.0), look.largest(events, "to_months"))
    ticks = look.ticks_of_months(last, width)
    highest = max(3.0, look.largest(counts, "anc"))
    y = alt.Y(
        "anc:Q",
        scale=alt.Scale(type="sqrt", domain=[0, highest * 1.05], nice=False),
        axis=alt.Axis(
            title=ANC, values=[v for v in LABELS if v <= highest], labelExpr="datum.value", grid=False
        ),
    )
    layers = [*_spans(episodes, ticks), *_limits(registry, ticks, y), *_counts(counts, ticks, y)]
    is_alone = events.is_empty()
    plot = alt.layer(*layers).properties(width=width, height=max(210, int(width * 0.42)))
    strip = [] if is_alone else [_event_strip(events, ticks, width)]
    subtitle = (
        f"Day zero is birth · definition “{registry.definitions.name}” · line: limit for age · "
        "shaded: episode, pale where its onset and its resolution lie · "
        "hollow: masked by a treatment, decides nothing"
    )
    return look.dressed(
        alt.vconcat(plot, *strip, spacing=6), "One child: counts, episodes and what was done", subtitle, width
    )


def _of(registry: Registry, table: str, patient_id: str) -> pl.DataFrame:
    return registry.frame(table).filter(pl.col("patient_id") == patient_id)


def _age(column: str, born: object) -> pl.Expr:
    return (pl.col(column) - pl.lit(born)).dt.total_days() / DAYS_PER_MONTH


def _state() -> pl.Expr:
    return (
        pl.when("is_masked")
        .then(pl.lit("masked"))
        .when("is_neutropenic")
        .then(pl.lit("neutropenic"))
        .when("is_normal")
        .then(pl.lit("normal"))
        .otherwise(pl.lit("between the limits"))
    )


def _episode_spans(episodes: pl.DataFrame, born: object) -> pl.DataFrame:
    """Give each episode three stretches: onset somewhere in it, surely ill, resolution somewhere in it."""
    onset_by, last_ill = pl.col("onset_by"), pl.coalesce("resolution_after", "censored_on", "onset_by")
    stretches = {
        "onset": (pl.coalesce("onset_after", "onset_by"), onset_by),
        "ill": (onset_by, last_ill),
        "resolution": (last_ill, pl.coalesce("resolution_by", last_ill)),
    }
    return pl.concat(
        [
            episodes.select(
                pl.lit(name).alias("stretch"),
                ((begin - pl.lit(born)).dt.total_days() / DAYS_PER_MONTH).alias("months"),
                ((end - pl.lit(born)).dt.total_days() / DAYS_PER_MONTH).alias("to_months"),
            )
            for name, (begin, end) in stretches.items()
        ]
    ).filter(pl.col("to_months") > pl.col("months"))


def _spans(spans: pl.DataFrame, ticks: list[int]) -> list[alt.Chart]:
    x = look.months_axis(ticks, "Age, months")
    parts = ((pl.col("stretch") == "ill", 0.24), (pl.col("stretch") != "ill", 0.1))
    return [
        alt.Chart(spans.filter(part))
        .mark_rect(color=look.PALETTE[1], opacity=opacity)
        .encode(x=x, x2="to_months:Q")
        for part, opacity in parts
    ]


def _limits(registry: Registry, ticks: list[int], y: alt.Y) -> list[alt.Chart]:
    """Draw the limits for age as steps; the exit limit dashed where it differs."""
    bands = pl.DataFrame(
        [
            (float(band.from_months), band.entry_limit, band.exit_limit)
            for band in registry.definitions.anc_bands
        ],
        schema=["months", "entry_limit", "exit_limit"],
        orient="row",
    ).filter(pl.col("months") < ticks[-1])
    ended = pl.concat([bands, bands.tail(1).with_columns(pl.lit(float(ticks[-1])).alias("months"))])
    kinds = (
        ["entry_limit"]
        if (bands["entry_limit"] == bands["exit_limit"]).all()
        else ["entry_limit", "exit_limit"]
    )
    return [
        alt.Chart(ended.select("months", pl.col(kind).alias("anc")))
        .mark_line(
            interpolate="step-after",
            color=look.INK,
            strokeWidth=1.4,
            strokeDash=[1, 0] if kind == "entry_limit" else [4, 3],
        )
        .encode(x=look.months_axis(ticks, "Age, months"), y=y)
        for kind in kinds
    ]


def _counts(counts: pl.DataFrame, ticks: list[int], y: alt.Y) -> list[alt.Chart]:
    x = look.months_axis(ticks, "Age, months")
    states = ["neutropenic", "between the limits", "normal", "masked"]
    present = [state for state in states if state in counts["state"].to_list()]
    look_of = dict(
        zip(
            states,
            zip(
                (look.PALETTE[1], "#8a8a8a", look.PALETTE[0], look.QUIET),
                ("circle", "diamond", "triangle-up", "circle"),
                strict=True,
            ),
            strict=True,
        )
    )
    key = alt.Legend(title=None, orient="top", columns=max(1, min(4, ticks[-1])), symbolOpacity=1)
    colours = alt.Scale(domain=present, range=[look_of[state][0] for state in present])
    shapes = alt.Scale(domain=present, range=[look_of[state][1] for state in present])
    fills = alt.Scale(
        domain=present, range=["white" if state == "masked" else look_of[state][0] for state in present]
    )
    unmasked = alt.Chart(counts.filter(~pl.col("is_masked")))
    return [
        unmasked.mark_line(color="#9a9a9a", strokeWidth=1).encode(x=x, y=y),
        alt.Chart(counts)
        .mark_point(size=55, opacity=1, strokeWidth=1.5)
        .encode(
            x=x,
            y=y,
            stroke=alt.Stroke("state:N", scale=colours, legend=key),
            fill=alt.Fill("state:N", scale=fills, legend=key),
            shape=alt.Shape("state:N", scale=shapes, legend=key),
            tooltip=[
                alt.Tooltip("months:Q", format=".1f", title="age, months"),
                alt.Tooltip("anc:Q"),
                alt.Tooltip("state:N"),
            ],
        ),
    ]


def _role() -> pl.Expr:
    return pl.col("role").cast(pl.String).str.replace(r"(_site)?:[ _]*", ": ").str.replace_all("_", " ")


def _events(registry: Registry, patient_id: str, born: object) -> pl.DataFrame:
    """Give tests, treatments and recorded diagnoses as stretches of age with a label each."""
    tests = _of(registry, "antibody_test", patient_id).select(
        pl.format(
            "{}antibody {}",
            pl.when(pl.col("subject") == "mother").then(pl.lit("mother’s ")).otherwise(pl.lit("")),
            "result",
        ).alias("label"),
        _age("sampled_on", born).alias("months"),
        _age("sampled_on", born).alias("to_months"),
    )
    courses = _of(registry, "treatment", patient_id).select(
        _role().alias("label"),
        _age("started_on", born).alias("months"),
        _age("ended_on", born).alias("to_months"),
    )
    causes = _of(registry, "cause", patient_id).select(
        _role().alias("label"),
        _age("recorded_on", born).alias("months"),
        _age("recorded_on", born).alias("to_months"),
    )
    return pl.concat([tests, courses, causes.filter(pl.col("label") != "other")])


def _decisions(classes: pl.DataFrame, born: object, until: object) -> pl.DataFrame:
    """Give each class as a stretch from the day since which it held to the next one, or the last count."""
    begin = _age("class_from", born)
    name = pl.col("case_class").cast(pl.String).str.replace_all("_", " ")
    return classes.select(
        pl.format("class: {}", name).alias("label"),
        begin.alias("months"),
        pl.coalesce(_age("class_to", born), pl.max_horizontal(begin, pl.lit(until))).alias("to_months"),
    )


def _event_strip(events: pl.DataFrame, ticks: list[int], width: int) -> Any:
    """Draw one row for each kind of event, under the counts, on the same x scale."""
    rows = events["label"].unique(maintain_order=True).to_list()
    y = alt.Y(
        "label:N", sort=rows, axis=alt.Axis(title=None, domain=False, ticks=False, labelLimit=180, grid=True)
    )
    x = look.months_axis(ticks, None)
    base = alt.Chart(events).encode(y=y)
    courses = base.mark_rule(strokeWidth=5, color=look.PALETTE[2], opacity=0.8).encode(
        x=x.axis(None), x2="to_months:Q"
    )
    days = base.mark_tick(thickness=2, height=13, color=look.INK).encode(x=x.axis(None))
    return alt.layer(courses, days).properties(width=width, height=ROW_HEIGHT * len(rows))
