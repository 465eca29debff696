"""Parvovirus B19 and vaccination before onset, from a registry, as self-controlled case series."""

import polars as pl

from ain_analytics.association_result import Association
from ain_analytics.codes import code_list
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.registry import Registry
from ain_analytics.self_controlled import self_controlled

DAY_OF = {"cause": "recorded_on", "treatment": "started_on"}
QUESTIONS = {
    "parvovirus": "Does neutropenia begin after a parvovirus B19 infection more often than by chance?",
    "vaccination": "Does neutropenia begin after a vaccination more often than by chance?",
}


def trigger_series(
    registry: Registry, trigger: str = "vaccination", *, design: str = "whole_time"
) -> Association:
    """Ask whether the first onset follows an exposure, each child beside itself.

    Parameters
    ----------
    registry : Registry
        Children of every class are used: leaving out those whose neutropenia is put down to an infection
        would leave out the exposed.
    trigger : {"vaccination", "parvovirus"}
        Vaccination: treatments with an ATC code J07. Parvovirus: diagnoses B08.3, B34.3 or B97.6.
    design : {"whole_time", "after_exposure"}
        All time of each child, with the days before an exposure apart; or only the time from each exposure to
        `trigger_follow_days` after it, which stays right where later exposures depend on the onset.

    Returns
    -------
    Association
        `rate_ratio` by window. Its `assumptions` say what it can and cannot show: read them.

    Raises
    ------
    BadDefinition
        The trigger or the design is not known.
    EmptyStratum
        No child with an onset in the time observed was exposed, or there is nothing to compare.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> from ain_analytics.synthetic import Exposures, NaturalHistory
    >>> vaccinated = NaturalHistory(exposures=Exposures(are_recorded=True))
    >>> made_up = ain.simulate(200, seed=2, parameters=vaccinated)
    >>> with ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on) as registry:
    ...     series = ain.trigger_series(registry, "vaccination")
    >>> series.value("rate_ratio", group="at risk")[0] > 0
    True
    """
    if trigger not in QUESTIONS:
        raise BadDefinition("trigger", trigger, f"must be one of {', '.join(QUESTIONS)}")
    return self_controlled(
        onsets_of(registry),
        exposures_of(registry, trigger),
        design=design,
        name=trigger,
        question=QUESTIONS[trigger],
        definitions=registry.definitions,
    )


def onsets_of(registry: Registry) -> pl.DataFrame:
    """Give the first onset of each child and the time in which it might have been: see `self_controlled`."""
    first = registry.frame("episode").filter(pl.col("episode_number") == 1).select("patient_id", "onset_by")
    children = registry.frame("patient").select("patient_id", "birth_date", "died_on")
    return observed(
        first.join(children, on="patient_id"), registry.extract.extracted_on, registry.definitions
    )


def observed(children: pl.DataFrame, extracted_on: object, definitions: Definitions) -> pl.DataFrame:
    """Bound the time observed by age, death and extract, never by the onset.

    Parameters
    ----------
    children : one row per child: `patient_id`, `birth_date`, `died_on`, `onset_by`
    """
    oldest = pl.col("birth_date").dt.offset_by(f"{definitions.trigger_until_months}mo")
    end = pl.min_horizontal("died_on", pl.lit(extracted_on, pl.Date)) + pl.duration(days=1)
    return children.select(
        "patient_id",
        "birth_date",
        pl.col("onset_by").alias("onset_on"),
        (pl.col("birth_date") + pl.duration(days=definitions.neonatal_days)).alias("from_on"),
        pl.min_horizontal(oldest, end).alias("to_on"),
    )


def exposures_of(registry: Registry, trigger: str) -> pl.DataFrame:
    """Give the days on which children were exposed, as recorded: patient_id, on."""
    codes = code_list("trigger_code").filter(pl.col("trigger") == trigger)
    table = codes["table_name"][0]
    written = pl.col("code").str.to_uppercase().str.replace_all(".", "", literal=True)
    begins = [written.str.starts_with(code.replace(".", "")) for code in codes["code"]]
    return (
        registry.frame(table)
        .filter(pl.any_horizontal(begins))
        .select("patient_id", pl.col(DAY_OF[table]).alias("on"))
        .unique()
        .sort("patient_id", "on")
    )
