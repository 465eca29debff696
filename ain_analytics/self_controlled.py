"""Self-controlled case series: onsets after an exposure beside those in the same children's other time."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ain_analytics.association_result import Association, row, rows_frame
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.person_time import band_terms, cut, days, events_in, in_age_bands
from ain_analytics.rates import Ratio, WithinChild, within_child

DESIGNS = ("whole_time", "after_exposure")
WINDOWS = ("at risk", "day of exposure", "before")
CONTROL = "control"
WHOLE = (
    "Only children with an onset are needed; each is compared with itself (self-controlled case series, "
    "Farrington "
    "1995). Time from the end of the newborn age to the end of the data, the death or the oldest age "
    "counts, whenever "
    "the onset was: a time that ended with the onset would make it look late.",
    "It takes for granted that the onset does not change later exposures. Where a child with neutropenia "
    "is vaccinated "
    "later or not at all, or no longer seen, exposures after the onset are missing and the ratio is too "
    "high. "
    "Compare with design `after_exposure`.",
)
AFTER = (
    "Only time from each exposure to a fixed day after it is compared (self-controlled risk interval): "
    "early days with "
    "later ones. Whether the child is exposed again after the onset does not matter, since a later "
    "exposure begins a "
    "comparison of its own, in which no onset falls.",
    "Time before an exposure is not used, so tests that were made because of the neutropenia fall on the "
    "day of "
    "exposure or nowhere.",
)
LIMITS_OF_IT = (
    "The day of onset is the first low count: the true onset lies earlier by an unknown time, and the "
    "count was made "
    "because the child was ill or seen for a check. A trigger that leads to a blood test, by its own "
    "fever or at a "
    "visit for a vaccine, brings the detection forward and looks like a cause (reverse causation).",
    "A parvovirus test is often made because of the neutropenia. Such tests are recorded on or after the "
    "onset, so "
    "they fall into `before` or onto `day of exposure`; an excess there speaks of testing, not of a trigger.",
    "What it can show: whether onsets cluster after exposures, free of whatever is constant in a child, "
    "and with bands "
    "of age held. What it cannot: that an exposure does nothing later or for longer, whether others "
    "would have fallen "
    "ill, or the share of cases that a trigger explains.",
    "Onset is unique, so the method asks that it be rare, which it is. Children of every class belong "
    "in: a class that "
    "rests on an infection near the onset selects on the exposure. Limits are Wald's; with fewer than "
    "about ten onsets "
    "at risk they are rough.",
)


def self_controlled(
    onsets: pl.DataFrame,
    exposures: pl.DataFrame,
    *,
    design: str = "whole_time",
    name: str = "self_controlled",
    question: str = "Does the onset follow the exposure?",
    definitions: Definitions = TEXTBOOK,
) -> Association:
    """Compare the rate of onset after exposures with that in the same children's other time.

    Parameters
    ----------
    onsets : one row per child
        `patient_id`, `birth_date`, `onset_on`, `from_on` and `to_on`: first day observed, and the day after
        the last, neither chosen by the onset.
    exposures : one row per exposure
        `patient_id`, `on`. Several on one day are one.
    design : {"whole_time", "after_exposure"}
    name, question : str
        For the result.
    definitions : Definitions
        Windows and bands of age.

    Returns
    -------
    Association
        `rate_ratio` of each window to control time; days in several windows belong to the last exposure
        before them. The row of control time has counts alone.

    Raises
    ------
    BadDefinition
        The design is not known.
    EmptyStratum
        No onset lies in the time observed, or no child was exposed.
    """
    if design not in DESIGNS:
        raise BadDefinition("design", design, f"must be one of {', '.join(DESIGNS)}")
    seen = onsets.filter(pl.col("onset_on") >= pl.col("from_on"), pl.col("onset_on") < pl.col("to_on"))
    doses = (
        exposures.select("patient_id", "on")
        .unique()
        .join(seen, on="patient_id", how="semi")
        .sort("patient_id", "on")
    )
    if seen.is_empty() or doses.is_empty():
        raise EmptyStratum(name, "no child with an onset in the time observed was exposed")
    pieces = windows_of(seen, doses, design=design, definitions=definitions)
    fit, terms = fit_windows(pieces, fewest=definitions.fewest_per_band)
    said = WHOLE if design == "whole_time" else AFTER
    n_exposed = doses["patient_id"].n_unique()
    return Association(
        name=f"{name}_{design}",
        question=question,
        table=rows_frame(_rows(pieces, fit, terms, definitions)),
        definitions=definitions,
        assumptions=(
            f"{onsets.height - seen.height} of {onsets.height} onsets lie outside the time observed.",
            f"{n_exposed} of {seen.height} children with an onset were exposed, {doses.height} times in all; "
            f"{fit.n_events} onsets are compared.",
            *said,
            *LIMITS_OF_IT,
        ),
        parts_of_a_whole={"rate_ratio": "category"},
    )


def windows_of(
    onsets: pl.DataFrame, doses: pl.DataFrame, *, design: str, definitions: Definitions
) -> pl.DataFrame:
    """Cut the time of each child at ages and windows.

    Returns
    -------
    polars.DataFrame
        One row per piece: `patient_id`, `stratum` (rows that are compared), `window`, `age_months`, `days`,
        `n`.
    """
    d = definitions
    periods = onsets.select("patient_id", pl.lit(0, pl.Int64).alias("stratum"), "from_on", "to_on")
    if design == "after_exposure":
        periods = _after(onsets, doses, d)
    day = pl.col("on")
    edges = [day, day + pl.duration(days=1), day + pl.duration(days=d.trigger_risk_days + 1)]
    if design == "whole_time":
        edges.append(day - pl.duration(days=d.trigger_before_days))
    cuts = pl.concat([doses.select("patient_id", edge.alias("on")) for edge in edges])
    pieces = days(in_age_bands(cut(periods, cuts), onsets, d.age_band_months)).sort("from_on")
    last = doses.with_columns(day.alias("last_on")).sort("on")
    following = doses.with_columns(day.alias("next_on")).sort("on")
    said: dict[str, object] = {
        "left_on": "from_on",
        "right_on": "on",
        "by": "patient_id",
        "check_sortedness": False,
    }
    placed = pieces.join_asof(last, **said).drop("on").join_asof(following, strategy="forward", **said)  # type: ignore[arg-type]
    since = (pl.col("from_on") - pl.col("last_on")).dt.total_days()
    until = (pl.col("next_on") - pl.col("from_on")).dt.total_days()
    is_before = (until > 0) & (until <= d.trigger_before_days) & pl.lit(design == "whole_time")
    window = (
        pl.when(since == 0)
        .then(pl.lit(WINDOWS[1]))
        .when(since.is_between(1, d.trigger_risk_days))
        .then(pl.lit(WINDOWS[0]))
        .when(is_before)
        .then(pl.lit(WINDOWS[2]))
        .otherwise(pl.lit(CONTROL))
    )
    events = onsets.select("patient_id", pl.col("onset_on").alias("on"))
    return (
        events_in(placed.drop("on", strict=False), events)
        .with_columns(window.alias("window"))
        .select("patient_id", "stratum", "window", "age_months", "days", "n")
        .sort("patient_id", "stratum", "age_months", "window")
    )


def _after(onsets: pl.DataFrame, doses: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Give the time after each exposure, up to the next one: a stratum each."""
    following = pl.col("on").shift(-1).over("patient_id")
    end = pl.col("on") + pl.duration(days=definitions.trigger_follow_days + 1)
    return (
        doses.with_columns(following.alias("next_on"))
        .join(onsets.select("patient_id", "from_on", "to_on"), on="patient_id")
        .select(
            "patient_id",
            pl.int_range(1, pl.len() + 1).over("patient_id").alias("stratum"),
            pl.max_horizontal("on", "from_on").alias("from_on"),
            pl.min_horizontal(end, "next_on", "to_on").alias("to_on"),
        )
    )


def fit_windows(pieces: pl.DataFrame, *, fewest: int) -> tuple[WithinChild, list[str]]:
    """Fit windows and bands of age within strata; names of the windows come first among the terms."""
    summed = (
        pieces.group_by("patient_id", "stratum", "window", "age_months")
        .agg(pl.col("n", "days").sum())
        .sort("patient_id", "stratum", "age_months", "window")
        .with_columns(pl.struct("patient_id", "stratum").rank("dense").cast(pl.Int64).alias("place"))
    )
    terms = [name for name in WINDOWS if (summed["window"] == name).any()]
    columns = [(summed["window"] == name).to_numpy() for name in terms]
    columns += band_terms(summed, "place", fewest=fewest)
    n_days, n = summed["days"].to_numpy().astype(float), summed["n"].to_numpy()
    fit = within_child(summed["place"].to_numpy() - 1, n, n_days, np.column_stack(columns).astype(float))
    return fit, terms


def _rows(
    pieces: pl.DataFrame, fit: WithinChild, terms: list[str], definitions: Definitions
) -> Iterator[dict[str, object]]:
    for window in (*terms, CONTROL):
        of_window = pieces.filter(pl.col("window") == window)
        n, n_days = int(of_window["n"].sum()), int(of_window["days"].sum())
        found = Ratio(None, None, None)
        if window in terms:
            found = fit.ratio(terms.index(window), definitions.confidence, robust=False)
            if n == 0:
                found = Ratio(0.0, 0.0, None)
        yield row(
            "rate_ratio", window, "to control time", found, unit="ratio", of_unit="person_days",
            method="conditional Poisson, bands of age", n=n, of=n_days, n_children=n,
        )  # fmt: skip
