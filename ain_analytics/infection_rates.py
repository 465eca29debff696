"""Infections by kind and severity, per person-time, while neutropenic and after recovery."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ain_analytics.association_result import ALL_KINDS, Association, row, rows_frame
from ain_analytics.codes import code_list
from ain_analytics.definitions import DAYS_PER_YEAR, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.person_time import band_terms, days, events_in, in_age_bands
from ain_analytics.rates import Ratio, WithinChild, exact_rate, exact_ratio, within_child
from ain_analytics.registry import Registry

SITE = "infection_site:"
NO_INFECTION = ("fever", "noninfective_gastroenteritis_check")
"""Entries of the list of infections that are none, or are a sign of one."""
NEUTROPENIC, RECOVERED = "neutropenic", "recovered"
BY = ("severity", "kind")
QUESTION = "Do infections come more often while the count is low?"
DESIGN = (
    "Each child is compared with itself: time from onset to resolution against time after it, from the "
    "day after detection and enrolment to the last count. The infection that led to the first count is "
    "therefore not counted.",
    "Between the last unresolved and the first normal count nobody knows the state; half of that time "
    "goes to each.",
    "Rates: exact limits (Poisson), which take every infection for independent. Crude ratio: exact, "
    "binomial.",
    "Ratio within children: conditional Poisson regression with bands of age, limits from the spread of "
    "the children's scores. Whatever is constant in a child, such as how its hospital codes, falls out.",
    "An infection may lower a count, or lead to it: a low count on the day of an infection is not its "
    "cause. Visits are rarer after recovery, so mild infections of recovered children may go unrecorded, "
    "which favours a high ratio.",
    "Severity goes by the site of the infection; it is a proposal of the code list, no official grade.",
)


def infection_rates(
    registry: Registry, cases: pl.DataFrame | None = None, *, by: str = "severity"
) -> Association:
    """Count infections per person-time in neutropenic and in recovered time.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode, optional
        Then only children whose first episode is autoimmune at baseline are looked at.
    by : {"severity", "kind"}
        What infections are split by.

    Returns
    -------
    Association
        `rate` a year by state, and `rate_ratio` neutropenic to recovered: `crude`, and `within children`
        with age held. A ratio that the data cannot tell is null.

    Raises
    ------
    BadDefinition
        `by` is not known.
    EmptyStratum
        No child has time at risk.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> rates = ain.infection_rates(registry, by="kind")
    >>> rates.value("rate", group="any", category="neutropenic")[0] > 0
    True
    """
    children = registry.frame("patient").select("patient_id", "birth_date", "enrolled_on", "died_on")
    if cases is not None:
        first = cases.filter(pl.col("episode_number") == 1, pl.col("is_ain"))
        children = children.join(first.select("patient_id"), on="patient_id", how="semi")
    periods = states_of(
        registry.frame("episode"), registry.frame("detection"), children, definitions=registry.definitions
    )
    return rates_by_state(
        periods,
        infections_of(registry.frame("cause")),
        children,
        by=by,
        definitions=registry.definitions,
    )


def infections_of(causes: pl.DataFrame) -> pl.DataFrame:
    """Give the recorded infections: patient_id, on, kind, severity; fever alone is none."""
    severity = code_list("icd10_infections").select(
        pl.col("role").alias("kind"), pl.col("severity_tier").alias("severity")
    ).unique()  # fmt: skip
    return (
        causes.filter(pl.col("role").str.starts_with(SITE))
        .select(
            "patient_id",
            pl.col("recorded_on").alias("on"),
            pl.col("role").str.strip_prefix(SITE).alias("kind"),
        )
        .filter(~pl.col("kind").is_in(NO_INFECTION))
        .join(severity, on="kind")
    )


def states_of(
    episodes: pl.DataFrame, detections: pl.DataFrame, children: pl.DataFrame, *, definitions: Definitions
) -> pl.DataFrame:
    """Give the periods in which a child is known as neutropenic or recovered, and is watched.

    Parameters
    ----------
    episodes : Episode
    detections : Detection
    children : one row per child: `patient_id`, `enrolled_on`, `died_on`
        Other children are left out.

    Returns
    -------
    polars.DataFrame
        `patient_id`, `state`, `from_on`, `to_on` (the day after the last), periods of a child apart.
    """
    halfway = ((pl.col("resolution_by") - pl.col("resolution_after")).dt.total_days() + 1) // 2
    between = ((pl.col("onset_by") - pl.col("onset_after")).dt.total_days() + 1) // 2
    enrolled = pl.col("enrolled_on") if definitions.uses_entry else pl.lit(None, pl.Date)
    turns = (
        episodes.join(children, on="patient_id")
        .join(
            detections.filter(pl.col("episode_number") == 1).select("patient_id", "detected_on"),
            on="patient_id",
        )
        .sort("patient_id", "episode_number")
        .with_columns(
            pl.when(pl.col("episode_number") == 1)
            .then("onset_by")
            .otherwise(pl.coalesce(pl.col("onset_after") + pl.duration(days=between), "onset_by"))
            .alias("low_on"),
            pl.coalesce(
                pl.col("resolution_after") + pl.duration(days=halfway),
                pl.col("censored_on") + pl.duration(days=1),
            ).alias("turned_on"),
            (pl.max_horizontal("detected_on", enrolled) + pl.duration(days=1)).alias("watched_on"),
            (pl.min_horizontal("last_observed_on", "died_on") + pl.duration(days=1)).alias("end_on"),
        )
        .with_columns(pl.col("low_on").shift(-1).over("patient_id").alias("next_low_on"))
    )
    low = turns.select(
        "patient_id",
        pl.lit(NEUTROPENIC).alias("state"),
        pl.max_horizontal("low_on", "watched_on").alias("from_on"),
        pl.min_horizontal("turned_on", "end_on").alias("to_on"),
    )
    well = turns.filter("is_resolved").select(
        "patient_id",
        pl.lit(RECOVERED).alias("state"),
        pl.max_horizontal("turned_on", "watched_on").alias("from_on"),
        pl.min_horizontal("end_on", "next_low_on").alias("to_on"),
    )
    return pl.concat([low, well]).filter(pl.col("from_on") < pl.col("to_on")).sort("patient_id", "from_on")


def rates_by_state(
    periods: pl.DataFrame,
    infections: pl.DataFrame,
    children: pl.DataFrame,
    *,
    by: str = "severity",
    definitions: Definitions = TEXTBOOK,
) -> Association:
    """Compare the infections of neutropenic and of recovered periods, from plain frames.

    Parameters
    ----------
    periods : one row per period
        `patient_id`, `state`, `from_on`, `to_on` (the day after the last).
    infections : one row per record
        `patient_id`, `on`, `kind`, `severity`.
    children : one row per child: `patient_id`, `birth_date`
    """
    if by not in BY:
        raise BadDefinition("by", by, f"must be one of {', '.join(BY)}")
    events = _told_once(infections, definitions.infection_gap_days)
    pieces = days(in_age_bands(periods, children, definitions.age_band_months))
    if pieces.is_empty():
        raise EmptyStratum("infections", "no child was watched after its detection")
    names = sorted(events[by].unique().to_list())
    rows = []
    for name in (ALL_KINDS, *names):
        of_kind = events if name == ALL_KINDS else events.filter(pl.col(by) == name)
        rows += list(_rows(str(name), events_in(pieces, of_kind), definitions))
    counted = events_in(pieces, events)["n"].sum()
    n_none = children.height - pieces["patient_id"].n_unique()
    return Association(
        name="infection_rates",
        question=QUESTION,
        table=rows_frame(rows),
        definitions=definitions,
        assumptions=(
            f"{n_none} of {children.height} children were not watched on any day after detection and "
            "enrolment.",
            f"{events.height - counted} of {events.height} infections lie outside the time watched: most "
            "led to the detection, or were recorded before enrolment.",
            f"Records of one kind at most {definitions.infection_gap_days} days apart are one infection. "
            "Fever alone is not counted.",
            *DESIGN,
        ),
        parts_of_a_whole={"rate": "category"},
    )


def _told_once(infections: pl.DataFrame, gap: int) -> pl.DataFrame:
    """Keep the first of records of one kind that follow each other closely."""
    since = (pl.col("on") - pl.col("on").shift(1).over("patient_id", "kind")).dt.total_days()
    return infections.sort("patient_id", "kind", "on").filter((since > gap) | since.is_null())


def _rows(name: str, pieces: pl.DataFrame, definitions: Definitions) -> Iterator[dict[str, object]]:
    found = {}
    for state in (NEUTROPENIC, RECOVERED):
        of_state = pieces.filter(pl.col("state") == state)
        n, n_days = int(of_state["n"].sum()), int(of_state["days"].sum())
        found[state] = n, n_days
        rate = exact_rate(n, n_days / DAYS_PER_YEAR, definitions.confidence)
        yield row(
            "rate", name, state, rate, unit="a_year", method="exact Poisson limits", of_unit="person_days",
            n=n, of=n_days, n_children=of_state.filter(pl.col("n") > 0)["patient_id"].n_unique(),
        )  # fmt: skip
    (a, s), (b, t) = found[NEUTROPENIC], found[RECOVERED]
    crude = exact_ratio((a, b), (s, t), definitions.confidence)
    yield row(
        "rate_ratio", name, "crude", crude, unit="ratio", method="exact binomial", of_unit="person_days"
    )
    within = ratio_within(pieces, definitions)
    yield row(
        "rate_ratio", name, "within children", within, unit="ratio", of_unit="person_days",
        method="conditional Poisson, bands of age, robust limits",
    )  # fmt: skip


def ratio_within(pieces: pl.DataFrame, definitions: Definitions) -> Ratio:
    """Give the ratio of rates within children, age held; nothing where the data cannot tell it."""
    try:
        return fit_within(pieces, fewest=definitions.fewest_per_band).ratio(
            0, definitions.confidence, robust=True
        )
    except EmptyStratum:
        return Ratio(None, None, None)


def fit_within(pieces: pl.DataFrame, *, fewest: int) -> WithinChild:
    """Fit the state and the bands of age within children; the first term is the state.

    Parameters
    ----------
    pieces : one row per child, state and band: `patient_id`, `state`, `age_months`, `n`, `days`
    fewest : events of a band of age
    """
    summed = (
        pieces.group_by("patient_id", "state", "age_months")
        .agg(pl.col("n", "days").sum())
        .sort("patient_id", "age_months", "state")
    )
    bands = band_terms(summed, "patient_id", fewest=fewest)
    terms = np.column_stack([(summed["state"] == NEUTROPENIC).to_numpy(), *bands]).astype(float)
    child = summed["patient_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    return within_child(child, summed["n"].to_numpy(), summed["days"].to_numpy().astype(float), terms)
