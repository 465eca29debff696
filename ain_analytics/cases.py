"""Who is what: one class per episode, at baseline and at the end of the data.

A rule sees what was known on one day. So every episode is classified on its onset and on each
later day on which something about it became known: the class at baseline is the last one of the
baseline window, the class at the end is the last of all, and `known_on` is the day since which it
has held. No class rests on what became known later, and time before `known_on` can be told from
time after it (a child cannot resolve before the class that it resolves in was known).
"""

import polars as pl

from ain_analytics.registry import Registry
from ain_analytics.rules import (
    CHOICES,
    RULES,
    Rule,
    antibody_status,
    case_class,
    evidence_of_class,
    note,
    rules_table,
)
from ain_analytics.schema.derived import AIN_CLASSES, EVIDENCE, Case

__all__ = ["RULES", "Rule", "class_history", "classify", "rules_table"]

KEY = ("patient_id", "episode_number")


def classify(registry: Registry) -> pl.DataFrame:
    """Name the class of every episode, as known at baseline and at the end of the data.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        `Case`, one row per episode, those without any evidence included.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> ain.classify(registry).height == registry.n_rows("episode")
    True
    """
    history = class_history(registry).collect().lazy()
    baseline_to = pl.col("onset_by") + pl.duration(days=registry.definitions.baseline_days)
    at_baseline = _last_of(history.filter(pl.col("since") <= baseline_to))
    at_end = _last_of(history).select(
        *KEY, pl.exclude(*KEY, "antibody_status", "note").name.suffix("_at_end")
    )
    return Case.validate(at_baseline.join(at_end, on=KEY).sort(KEY).collect(), cast=True)


def class_history(registry: Registry) -> pl.LazyFrame:
    """Classify every episode on its onset and on each later day on which a fact became known.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.LazyFrame
        One row per episode and such day (`since`): class, evidence, antibody status, note.
    """
    choices = [pl.lit(getattr(registry.definitions, name)).alias(name) for name in CHOICES]
    return (
        _known_by_day(registry)
        .with_columns(*choices)
        .with_columns(
            case_class().alias("case_class"), antibody_status().alias("antibody_status"), note().alias("note")
        )
        .with_columns(evidence_of_class().alias("evidence"))
        .select(*KEY, "onset_by", "since", "case_class", "evidence", "antibody_status", "note")
    )


def _known_by_day(registry: Registry) -> pl.LazyFrame:
    """Say, for each day on which something became known, what was known by then.

    What was known before the onset is known from the onset on.
    """
    episodes = registry.frame("episode").lazy().select(*KEY, "onset_by", "age_at_onset_days")
    facts = registry.frame("case_evidence").lazy().select(*KEY, "evidence", "known_on")
    found = [(pl.col("evidence") == kind).any().alias(f"has_{kind}") for kind in EVIDENCE]
    n_negative = (pl.col("evidence") == "antibody_negative").sum().cast(pl.Int32).alias("n_negative")
    learnt = (
        facts.join(episodes, on=KEY)
        .with_columns(pl.max_horizontal("known_on", "onset_by").alias("since"))
        .group_by(*KEY, "since")
        .agg(*found, n_negative)
    )
    days = pl.concat([episodes.select(*KEY, since="onset_by"), learnt.select(*KEY, "since")]).unique()
    so_far = [
        pl.col(f"has_{kind}").fill_null(False).cum_max().over(KEY, order_by="since") for kind in EVIDENCE
    ]
    return (
        days.join(episodes, on=KEY)
        .join(learnt, on=[*KEY, "since"], how="left")
        .with_columns(*so_far, pl.col("n_negative").fill_null(0).cum_sum().over(KEY, order_by="since"))
    )


def _last_of(history: pl.LazyFrame) -> pl.LazyFrame:
    """Take the last class of each episode, with the day since which it has held."""
    class_before = pl.col("case_class").shift(1).over(KEY, order_by="since")
    changed = pl.col("case_class").ne_missing(class_before)
    return (
        history.with_columns(pl.when(changed).then("since").alias("known_on"))
        .sort(*KEY, "since")
        .group_by(KEY, maintain_order=True)
        .agg(
            pl.col("case_class", "evidence", "antibody_status", "note").last(),
            pl.col("known_on").drop_nulls().last(),
        )
        .with_columns(rule="case_class", is_ain=pl.col("case_class").is_in(AIN_CLASSES))
    )
