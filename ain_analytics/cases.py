"""Who is what: one class per episode, at baseline and at the end of the data.

A rule sees what was known on one day. So every episode is classified on its onset and on each
later day on which something about it became known: the class at baseline is the last one of the
baseline window, the class at the end is the last of all, and `known_on` is the day since which it
has held. No class rests on what became known later, and time before `known_on` can be told from
time after it (a child cannot resolve before the class that it resolves in was known).
"""

from datetime import date

import polars as pl

from ain_analytics.antibodies import completed, states_of
from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.knowledge import KEY, Knowledge, known_of
from ain_analytics.raw_tables import contradicted_later
from ain_analytics.registry import Registry
from ain_analytics.rules import RULES, Rule, antibody_status, case_class, evidence_of_class, note, rules_table
from ain_analytics.schema.derived import AIN_CLASSES, CASE_CLASS, SECONDARY_GROUP, Case

__all__ = [
    "RULES",
    "Rule",
    "class_history",
    "class_periods",
    "classes_of",
    "classify",
    "judged_days",
    "rule_outcomes",
    "rules_table",
]

AT = ("baseline", "end")
_ENDS_HERE = (pl.col("episode") != pl.col("episode").shift(-1)).fill_null(True)
_BEGINS_HERE = (pl.col("episode") != pl.col("episode").shift(1)).fill_null(True)


def classify(registry: Registry, *, as_of: date | None = None) -> pl.DataFrame:
    """Name the class of every episode, as known at baseline and at the end of the data.

    Parameters
    ----------
    registry : Registry
    as_of : date, optional
        Classify as on this day, by what was known then; the end of the data is then this day.

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
    registry, cut = _on_day(registry, as_of)
    known = known_of(registry, as_of=cut)
    held = _classes(known)
    described = {at: _described(known, _at(held, known, at)) for at in AT}
    at_end = described["end"].select(
        "episode", pl.exclude("episode", "antibody_status", "note").name.suffix("_at_end")
    )
    joined = (
        described["baseline"]
        .join(at_end, on="episode")
        .join(_states_at_baseline(registry, known), on="episode", how="left")
    )
    group = pl.col("case_class").replace_strict(SECONDARY_GROUP, default=None, return_dtype=pl.String)
    keyed = (
        completed(joined)
        .sort("episode")
        .with_columns(*known.episodes.select(KEY), group.alias("secondary_group"))
    )
    return Case.validate(keyed.select(Case.column_names()), cast=True)


def classes_of(registry: Registry) -> pl.DataFrame:
    """Name the class of every episode at baseline and at the end, as `classify`, without what it rests on.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        One row per episode: its key, `case_class`, `case_class_at_end`.
    """
    known = known_of(registry)
    held = _classes(known)
    at_end = _at(held, known, "end").select("episode", case_class_at_end="case_class")
    at_baseline = _at(held, known, "baseline").select("episode", "case_class")
    return _keyed(at_baseline.join(at_end, on="episode"), known).drop("onset_by")


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
    known = known_of(registry)
    history = _described(known, _classes(known)).drop("rule", "is_ain", "known_on")
    return _keyed(history, known).lazy()


def class_periods(registry: Registry) -> pl.DataFrame:
    """Say from when to when each class of an episode held: a column that varies in time.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        One row per episode and class in turn: `class_from`, `class_to` (the first day of the next class,
        none for the last), `case_class`, `is_ain`. The periods of an episode follow without a gap.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> class_periods(registry).columns[2:4]
    ['class_from', 'class_to']
    """
    known = known_of(registry)
    begun = _classes(known).filter(pl.col("since") == pl.col("known_on"))
    until = pl.when(~_ENDS_HERE).then(pl.col("since").shift(-1))
    periods = begun.with_columns(
        until.alias("class_to"), pl.col("case_class").is_in(AIN_CLASSES).alias("is_ain")
    )
    return (
        _keyed(periods, known)
        .select(*KEY, "since", "class_to", pl.col("case_class").cast(pl.Enum(CASE_CLASS)), "is_ain")
        .rename({"since": "class_from"})
    )


def rule_outcomes(registry: Registry, *, at: str = "baseline") -> pl.DataFrame:
    """Ask every rule of every episode.

    Parameters
    ----------
    registry : Registry
    at : {"baseline", "end"}
        By what was known when.

    Returns
    -------
    polars.DataFrame
        One row per episode: its key and a column per rule, true, false, or null where it cannot be known.

    Raises
    ------
    BadDefinition
        `at` is none of those.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> rule_outcomes(registry)["undetermined"].all()
    True
    """
    if at not in AT:
        raise BadDefinition("at", at, f"must be one of {', '.join(AT)}")
    known, held = judged_days(registry, at)
    answers = known.answers(held.select("episode", "since"), lambda facts: facts.select(_outcomes()))
    return _keyed(answers.drop("since"), known)


def judged_days(registry: Registry, at: str) -> tuple[Knowledge, pl.DataFrame]:
    """Give what is known of the episodes, and of each the day and the class at baseline or at the end."""
    known = known_of(registry)
    return known, _at(_classes(known), known, at)


def _outcomes() -> list[pl.Expr]:
    return [rule.holds.alias(name) for name, rule in RULES.items()]


def tells_the_past(definitions: Definitions) -> bool:
    """Whether what is known of an episode, with its days, tells what was known on any earlier day."""
    return definitions.unconfirmed_end == "resolve" and definitions.implausible_unit == "report"


def _on_day(registry: Registry, as_of: date | None) -> tuple[Registry, date | None]:
    """Take what is known on a day from the facts' own days where these tell it, else derive anew.

    They do not tell it of a child whose rows contradict each other since a later day: none of them is used.
    """
    if as_of is None:
        return registry, None
    if tells_the_past(registry.definitions) and not contradicted_later(registry.connection, as_of):
        return registry, as_of
    return registry.as_of(as_of), None


def _classes(known: Knowledge) -> pl.DataFrame:
    """Name the class on each day of each episode, and the day since which it has held."""
    classes = known.answers(known.days(), lambda facts: facts.select(case_class=case_class()))
    changed = _BEGINS_HERE | (pl.col("case_class") != pl.col("case_class").shift(1)).fill_null(True)
    return classes.with_columns(pl.when(changed).then("since").forward_fill().alias("known_on"))


def _at(held: pl.DataFrame, known: Knowledge, at: str) -> pl.DataFrame:
    """Take the last row of each episode, of all or of those of the baseline window."""
    if at == "baseline":
        to = known.episodes["baseline_to"].gather(held["episode"])
        held = held.filter(held["since"] <= to)
    return held.filter(_ENDS_HERE)


def _described(known: Knowledge, rows: pl.DataFrame) -> pl.DataFrame:
    """Put beside a class what it rests on and what could not be told."""
    described = known.answers(rows, _description)
    return described.with_columns(rule=pl.col("case_class"), is_ain=pl.col("case_class").is_in(AIN_CLASSES))


def _description(facts: pl.LazyFrame) -> pl.LazyFrame:
    return facts.with_columns(case_class=case_class()).select(
        evidence=evidence_of_class(), antibody_status=antibody_status(), note=note()
    )


def _keyed(rows: pl.DataFrame, known: Knowledge) -> pl.DataFrame:
    """Put the key of each row's episode in front of it."""
    keys = known.episodes.select(*KEY, "onset_by")[rows["episode"]]
    return pl.concat([keys, rows.drop("episode")], how="horizontal")


def _states_at_baseline(registry: Registry, known: Knowledge) -> pl.DataFrame:
    """Sum up the antibody tests that were known by the end of the baseline window."""
    windows = known.episodes.select(*KEY, "baseline_to").with_row_index("episode")
    tests = registry.frame("antibody_order").join(windows, on=KEY)
    seen = tests.filter(pl.col("known_on") <= pl.col("baseline_to"))
    return states_of(seen, ["episode"]).with_columns(pl.col("episode").cast(pl.Int64))
