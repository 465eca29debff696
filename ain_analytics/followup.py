"""Who is observed for how long: whole days from an origin to the end, with delayed entry."""

from dataclasses import replace
from typing import Any

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadFrame
from ain_analytics.knowledge import with_detection
from ain_analytics.registry import Registry
from ain_analytics.schema.derived import FollowUp
from ain_analytics.typed_cells import literal

KEY = ("patient_id", "episode_number")
ORIGIN_COLUMN = {
    "onset": "onset_by",
    "detection": "detected_on",
    "diagnosis": "diagnosed_on",
    "birth": "birth_date",
}
DIAGNOSES = ("antibody_positive", "neutropenia_code")
OF_CASE = ("case_class", "is_ain", "antibody_status", "is_ain_at_end", "known_on_at_end")

LAST_UNRESOLVED_ON = pl.coalesce("resolution_after", "censored_on")
EXIT_DAYS = {
    "right_end": pl.col("upper_days"),
    "midpoint": (pl.col("lower_days") + pl.col("upper_days")) // 2,
    "lower": pl.col("lower_days"),
}
"""Day of resolution in the right-censored reading; the midpoint is rounded down."""
SOURCE = {
    "right_end": "episode.resolution_by",
    "midpoint": "episode.resolution_after and episode.resolution_by",
    "lower": "episode.resolution_after",
}
REASON = (
    pl.when(pl.col("end_kind") == "open")
    .then(pl.col("censoring_reason").cast(pl.String))
    .otherwise(pl.concat_str(pl.lit("resolved_"), pl.col("end_kind").cast(pl.String)))
)
LAST_DAY = pl.coalesce("upper_days", "lower_days")
WHY_UNUSABLE = pl.coalesce(
    pl.when(pl.col("origin_on").is_null()).then(pl.lit("origin_unknown")),
    pl.when((pl.col("entry_days") >= LAST_DAY) & pl.col("is_resolved")).then(pl.lit("resolved_before_entry")),
    pl.when(pl.col("entry_days") >= LAST_DAY).then(pl.lit("censored_before_entry")),
    pl.when(LAST_DAY <= 0).then(pl.lit("no_time_followed")),
)
FIRST_POSSIBLE_DAY = pl.col("entry_days").fill_null(0) + 1
"""A child is unresolved on day zero and on the day of its entry, so it resolves later."""


def follow_up(
    registry: Registry,
    cases: pl.DataFrame,
    *,
    time_origin: str | None = None,
    right_reading: str | None = None,
    uses_entry: bool | None = None,
) -> pl.DataFrame:
    """Measure every episode from a time origin to its resolution or censoring.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode
        From `classify`, of the same registry.
    time_origin : {"onset", "detection", "diagnosis", "birth"}, optional
        Day zero. Onset: the first neutropenic count, the right end of the onset interval.
        Detection: the count by which the rule of onset was met, later than the onset only where
        a definition asks for several counts or days. Diagnosis: the first positive antibody test
        or code of neutropenia from the onset to the resolution. Birth: times are ages.
    right_reading : {"right_end", "midpoint", "lower"}, optional
        Day of resolution in the right-censored reading.
    uses_entry : bool, optional
        Whether a child enrolled later than day zero is at risk only from then on.

    Returns
    -------
    polars.DataFrame
        `FollowUp`, one row per episode, always; rows that cannot enter an estimate say why.
        Who is at risk from a late entry was unresolved then: an interval that began earlier
        begins at the entry, and no reading puts the resolution on the day of entry or on day
        zero, but at least one day later. The competing event of an open episode is the first of
        the child's death, a treatment that masks to the end, and a class that is known to be no
        longer autoimmune; transplants are not told by the native format.

    Raises
    ------
    BadDefinition
        A choice is none of those.
    BadFrame
        `cases` lacks an episode of the registry.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> ain.follow_up(registry, ain.classify(registry), time_origin="birth")["origin_on"].null_count()
    0
    """
    given = {"time_origin": time_origin, "right_reading": right_reading, "uses_entry": uses_entry}
    chosen: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    choices = replace(registry.definitions, **chosen)
    episodes = _described(registry, cases).with_columns(REASON.alias("reason"))
    measured = _with_competing(with_days(episodes, choices))
    frame = measured.sort(KEY).select(FollowUp.column_names()).collect()
    if frame["case_class"].null_count():
        raise BadFrame("Case", "episodes of the registry are not in it")
    return FollowUp.validate(frame, cast=True)


def with_days(episodes: pl.LazyFrame, choices: Definitions) -> pl.LazyFrame:
    """Count the days of episodes from their origin, and say which can enter an estimate.

    Parameters
    ----------
    episodes : one row per episode
        Columns of `episode`, and the days that may be an origin or the entry.
    choices : Definitions
        Origin, entry and right-censored reading.

    Returns
    -------
    LazyFrame
        With `entry_days`, `lower_days`, `upper_days`, `exit_days`, `is_usable`, `why_unusable` and others.
    """
    placed = episodes.with_columns(
        pl.lit(choices.time_origin).alias("time_origin"),
        pl.col(ORIGIN_COLUMN[choices.time_origin]).alias("origin_on"),
        LAST_UNRESOLVED_ON.alias("last_unresolved_on"),
    )
    entry = _days_to("enrolled_on") if choices.uses_entry else pl.lit(None, pl.Int32)
    measured = placed.with_columns(
        pl.when(entry > 0).then(entry).alias("entry_days"),
        _days_to("last_unresolved_on").clip(lower_bound=0).alias("lower_days"),
        _days_to("resolution_by").alias("upper_days"),
    )
    return _read(measured, choices)


def _described(registry: Registry, cases: pl.DataFrame) -> pl.LazyFrame:
    """Put beside each episode the child, the class, and the days that may be an origin or an end."""
    episodes = registry.frame("episode").lazy()
    children = registry.frame("patient").lazy()
    return (
        with_detection(episodes, registry)
        .join(children, on="patient_id")
        .join(cases.lazy().select(*KEY, *OF_CASE), on=KEY, how="left")
        .join(diagnosed_days(episodes, registry), on=KEY, how="left")
        .join(registry.frame("masked_end").lazy(), on="patient_id", how="left")
    )


def diagnosed_days(episodes: pl.LazyFrame, registry: Registry) -> pl.LazyFrame:
    """Find the first positive antibody test or code of neutropenia during the episode."""
    kinds = ", ".join(map(literal, DIAGNOSES))
    told: pl.DataFrame = registry.connection.sql(
        f"select {', '.join(KEY)}, known_on from case_evidence where evidence in ({kinds})"
    ).pl()
    within = (pl.col("known_on") >= pl.col("onset_by")) & (
        pl.col("resolution_by").is_null() | (pl.col("known_on") <= pl.col("resolution_by"))
    )
    return (
        told.lazy()
        .join(episodes.select(*KEY, "onset_by", "resolution_by"), on=KEY)
        .filter(within)
        .group_by(KEY)
        .agg(pl.col("known_on").min().alias("diagnosed_on"))
    )


def _days_to(column: str) -> pl.Expr:
    """Count whole days from the origin to a day."""
    return (pl.col(column) - pl.col("origin_on")).dt.total_days().cast(pl.Int32)


def _with_competing(episodes: pl.LazyFrame) -> pl.LazyFrame:
    """Name the first competing event of each open episode, and count the days to it."""
    is_open = ~pl.col("is_resolved")
    died = is_open & (pl.col("censoring_reason") == "death").fill_null(False)
    masked = (
        is_open
        & (pl.col("last_unmasked_on") == pl.col("last_observed_on"))
        & pl.col("masked_from").is_not_null()
    )
    left_its_class = is_open & pl.col("is_ain") & ~pl.col("is_ain_at_end")
    events = {
        "death": pl.when(died).then("died_on"),
        "masking_treatment": pl.when(masked).then("masked_from"),
        "reclassified": pl.when(left_its_class).then("known_on_at_end"),
    }
    first = pl.min_horizontal(*events.values())
    event = pl.coalesce(*(pl.when(day == first).then(pl.lit(name)) for name, day in events.items()))
    return episodes.with_columns(first.alias("competing_on")).with_columns(
        event.alias("competing_event"),
        _days_to("competing_on").alias("competing_days"),
    )


def _read(measured: pl.LazyFrame, choices: Definitions) -> pl.LazyFrame:
    """Say what can enter an estimate, begin it no earlier than its entry, and read its exit."""
    entered = pl.max_horizontal("lower_days", "entry_days")
    reading = EXIT_DAYS[choices.right_reading]
    exit_days = (
        pl.when(~pl.col("is_resolved"))
        .then("lower_days")
        .when("is_usable")
        .then(pl.max_horizontal(reading, FIRST_POSSIBLE_DAY))
        .otherwise(reading)
    )
    source = pl.when("is_resolved").then(pl.lit(SOURCE[choices.right_reading]))
    return (
        measured.with_columns(WHY_UNUSABLE.alias("why_unusable"))
        .with_columns(pl.col("why_unusable").is_null().alias("is_usable"))
        .with_columns(pl.when("is_usable").then(entered).otherwise("lower_days").alias("lower_days"))
        .with_columns(
            exit_days.alias("exit_days"), source.otherwise(pl.lit("episode.censored_on")).alias("source")
        )
    )
