"""Self-controlled case series: onsets after an exposure beside those in the same children's other time."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ain_analytics.association_result import Association, row, rows_frame
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.exposure_windows import CONTROL, WINDOWS, after_each, whole_time
from ain_analytics.later_doses import without_later
from ain_analytics.person_time import band_terms
from ain_analytics.rates import Floats, Ratio, WithinChild, within_child

DESIGNS = {"whole_time": whole_time, "after_exposure": after_each}
WHOLE = (
    "Only children with an onset are needed; each is compared with itself (self-controlled case series, "
    "Farrington 1995, Whitaker 2006, doi:10.1002/sim.2302). Time from the end of the newborn age to the end "
    "of the data, the death or the oldest age counts, whenever the onset was: a time that ended with the "
    "onset would make it look late.",
    "It takes for granted that the onset does not change later exposures. Where a child with neutropenia is "
    "vaccinated later or not at all, or no longer seen, exposures after the onset are missing and the ratio "
    "is too high. Compare with design `after_exposure`.",
)
AFTER = (
    "Only time from each exposure to a fixed day after it is compared: early days with later ones "
    "(self-controlled risk interval). Whether and when a child is exposed again after the onset does not "
    "matter. An onset after a second exposure in that time counts with the weight of its rate without the "
    "second to its rate with it (Farrington, Whitaker and Hocine 2009, doi:10.1093/biostatistics/kxn013).",
    "Time after two exposures that lie close is compared with either, so days add up to more than the time "
    "observed. Limits rest on the spread of the children's scores.",
    "Time before an exposure is not used, so tests that were made because of the neutropenia fall on the day "
    "of exposure or nowhere.",
    "Doses at fixed ages leave little to tell an exposure from an age. In simulations with doses 30 to 84 "
    "days apart and onsets that fell with age the ratio was 8 % too high with 600 onsets, limits holding the "
    "truth in 95 %; with 2,000 onsets at all ages alike it was right within error.",
    "It takes for granted that the effect of an exposure ends with the days at risk: one that lasts longer "
    "raises the days that it is compared with, and the ratio is too low.",
)
LIMITS_OF_IT = (
    "The day of onset is the first low count: the true onset lies earlier by an unknown time, and the count "
    "was made because the child was ill or seen for a check. A trigger that leads to a blood test, by its "
    "own fever or at a visit for a vaccine, brings the detection forward and looks like a cause (reverse "
    "causation).",
    "A parvovirus test is often made because of the neutropenia. Such tests are recorded on or after the "
    "onset, so they fall into `before` or onto `day of exposure`; an excess there speaks of testing, not of "
    "a trigger.",
    "What it can show: whether onsets cluster after exposures, free of whatever is constant in a child, and "
    "with bands of age held. What it cannot: that an exposure does nothing later or for longer, whether "
    "others would have fallen ill, or the share of cases that a trigger explains.",
    "Onset is unique, so the method asks that it be rare, which it is. Children of every class belong in: a "
    "class that rests on an infection near the onset selects on the exposure. Limits are Wald's; with fewer "
    "than about ten onsets at risk they are rough.",
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
    pieces = DESIGNS[design](seen, doses, definitions)
    fit, terms = fit_windows(pieces, design=design, fewest=definitions.fewest_per_band)
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
            *(WHOLE if design == "whole_time" else AFTER),
            *LIMITS_OF_IT,
        ),
        parts_of_a_whole={"rate_ratio": "category"},
    )


def fit_windows(pieces: pl.DataFrame, *, design: str, fewest: int) -> tuple[WithinChild, list[str]]:
    """Fit windows and bands of age within strata; names of the windows come first among the terms."""
    place = pl.struct("patient_id", "stratum").rank("dense").cast(pl.Int64) - 1
    placed = pieces.with_columns(place.alias("place"))
    bands = {f"band_{i}": band for i, band in enumerate(band_terms(placed, "place", fewest=fewest))}
    keys = ["place", "window", "now", *bands]
    summed = (
        placed.with_columns(**{name: pl.Series(band) for name, band in bands.items()})
        .group_by(keys)
        .agg(pl.col("n", "days").sum(), pl.col("patient_id").first())
        .sort(keys)
    )
    terms = [name for name in WINDOWS if (summed["window"] == name).any()]
    x, now = (_columns(summed, of, terms, list(bands)) for of in ("window", "now"))
    stratum, n, time = (summed[name].to_numpy() for name in ("place", "n", "days"))
    if design == "whole_time":
        return within_child(stratum, n, time.astype(float), x), terms
    child = summed["patient_id"].rank("dense").cast(pl.Int64).to_numpy()
    return without_later(child, stratum, n, time.astype(float), x, now), terms


def _columns(summed: pl.DataFrame, of: str, terms: list[str], bands: list[str]) -> Floats:
    """Give a 0/1 column for each window and each band of age."""
    columns = [(summed[of] == name).to_numpy() for name in terms]
    return np.column_stack([*columns, *(summed[name].to_numpy() for name in bands)]).astype(float)


def _rows(
    pieces: pl.DataFrame, fit: WithinChild, terms: list[str], definitions: Definitions
) -> Iterator[dict[str, object]]:
    for window in (*terms, CONTROL):
        of_window = pieces.filter(pl.col("window") == window)
        n = of_window.filter(pl.col("n") > 0)["patient_id"].n_unique()
        found, category = Ratio(None, None, None), "counts alone"
        if window in terms:
            category = "to control time"
            found = fit.ratio(terms.index(window), definitions.confidence, robust=False)
            if n == 0:
                found = Ratio(0.0, 0.0, None)
        yield row(
            "rate_ratio", window, category, found, unit="ratio", of_unit="person_days",
            method="conditional Poisson, bands of age", n=n, of=int(of_window["days"].sum()), n_children=n,
        )  # fmt: skip
