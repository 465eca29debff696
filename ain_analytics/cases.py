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
    IS_NEONATAL,
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
EPISODE = "episode"
"""Number of an episode in the table of episodes, which is in the order of its key."""


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
    history = _history(registry).sort(EPISODE, "since").collect()
    baseline_to = pl.col("onset_by") + pl.duration(days=registry.definitions.baseline_days)
    at_baseline = _last_of(history.filter(pl.col("since") <= baseline_to))
    at_end = _last_of(history).select(
        EPISODE, pl.exclude(EPISODE, *KEY, "antibody_status", "note").name.suffix("_at_end")
    )
    classified = at_baseline.join(at_end, on=EPISODE, maintain_order="left")
    return Case.validate(classified.select(Case.column_names()), cast=True)


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
    return _history(registry).drop(EPISODE)


def _history(registry: Registry) -> pl.LazyFrame:
    """Classify what was known once for each way in which it occurs, and look each day up."""
    choices = [pl.lit(getattr(registry.definitions, name)).alias(name) for name in CHOICES]
    bits = (
        (pl.col(f"has_{kind}").cast(pl.Int64) * 2**place).alias(kind) for place, kind in enumerate(EVIDENCE)
    )
    known = (
        _known_by_day(registry)
        .with_columns(*choices)
        .with_columns(pl.sum_horizontal(*bits).alias("facts"), IS_NEONATAL.alias("is_neonatal"))
        .collect()
    )
    way = ["facts", "n_negative", "is_neonatal"]
    classes = (
        known.lazy()
        .unique(way)
        .with_columns(
            case_class().alias("case_class"), antibody_status().alias("antibody_status"), note().alias("note")
        )
        .with_columns(evidence_of_class().alias("evidence"))
        .select(*way, "case_class", "evidence", "antibody_status", "note")
    )
    return (
        known.lazy()
        .select(EPISODE, *KEY, "onset_by", "since", *way)
        .join(classes, on=way)
        .select(EPISODE, *KEY, "onset_by", "since", "case_class", "evidence", "antibody_status", "note")
    )


def _known_by_day(registry: Registry) -> pl.LazyFrame:
    """Say, for each day on which something became known, what was known by then.

    What was known before the onset is known from the onset on. Episodes are told by their number in
    the table, because a text is slow to group by.
    """
    episodes = (
        registry.frame("episode").select(*KEY, "onset_by", "age_at_onset_days").with_row_index(EPISODE).lazy()
    )
    facts = registry.frame("case_evidence").lazy().select(*KEY, "evidence", "known_on")
    found = [(pl.col("evidence") == kind).any().alias(f"has_{kind}") for kind in EVIDENCE]
    n_negative = (pl.col("evidence") == "antibody_negative").sum().cast(pl.Int32).alias("n_negative")
    learnt = (
        facts.join(episodes.select(EPISODE, *KEY, "onset_by"), on=KEY)
        .with_columns(pl.max_horizontal("known_on", "onset_by").alias("since"))
        .group_by(EPISODE, "since")
        .agg(*found, n_negative)
    )
    days = pl.concat([episodes.select(EPISODE, since="onset_by"), learnt.select(EPISODE, "since")]).unique()
    so_far = [_so_far(pl.col(f"has_{kind}").fill_null(False).cast(pl.Int32)) > 0 for kind in EVIDENCE]
    return (
        days.join(episodes, on=EPISODE)
        .join(learnt, on=[EPISODE, "since"], how="left")
        .sort(EPISODE, "since")
        .with_columns(*so_far, _so_far(pl.col("n_negative").fill_null(0)))
    )


IS_FIRST_DAY = (pl.col(EPISODE) != pl.col(EPISODE).shift(1)).fill_null(True)


def _so_far(number: pl.Expr) -> pl.Expr:
    """Add up within each episode, on rows in order; a window for every kind of fact would be slow."""
    total = number.cum_sum()
    return total - pl.when(IS_FIRST_DAY).then(total - number).forward_fill()


def _last_of(history: pl.DataFrame) -> pl.DataFrame:
    """Take the last class of each episode, with the day since which it has held; rows are in order."""
    changed = IS_FIRST_DAY | pl.col("case_class").ne_missing(pl.col("case_class").shift(1))
    return (
        history.with_columns(pl.when(changed).then("since").forward_fill().alias("known_on"))
        .filter((pl.col(EPISODE) != pl.col(EPISODE).shift(-1)).fill_null(True))
        .select(
            EPISODE, *KEY, "case_class", "evidence", "antibody_status", "note", "known_on",
            rule="case_class", is_ain=pl.col("case_class").is_in(AIN_CLASSES),
        )
    )  # fmt: skip
