"""What would change a class: the smallest change of one fact, or of one choice, that gives another.

What is small is our choice. A fact more is less than a known fact changed, and that less than a choice of
the definition changed, because it is the likelier to be found one day. Of facts, one that leads to a class
with a name of its own is less than one that leads to `undetermined`; then the one that passes fewer lines
of the table of rules; then the one that is asked for first (`possible_facts`). Of choices, the one that
changes its value by the smaller share. What the rules foresee is offered only after it was derived anew.
"""

import polars as pl

from ain_analytics.cases import AT, classify, judged_days
from ain_analytics.changed import ADDED, ALTERED, CHOICE, COPIED_FROM, briefly_changed
from ain_analytics.errors import BadDefinition, UnknownPatient
from ain_analytics.knowledge import KEY
from ain_analytics.possible_choices import NO_EPISODE, other_choices
from ain_analytics.possible_facts import additions, alterations
from ain_analytics.registry import Registry
from ain_analytics.rules import RULES, case_class
from ain_analytics.schema.results import Change

KINDS = (ADDED, ALTERED, CHOICE)
NONE = "none"
_UNTOLD = "undetermined"
_OF_SOME_KINDS = {
    "field": pl.String,
    "value": pl.Float64,
    "size": pl.Float64,
    "given": pl.String,
    "cells": pl.String,
    "table_name": pl.String,
    "file": pl.String,
    "row_number": pl.Int64,
    "place": pl.Int32,
}
"""What changes of some kinds say, and others leave empty."""
_CLASS_AT = {"baseline": "case_class", "end": "case_class_at_end"}


def what_would_change(
    registry: Registry, patient_id: str | None = None, *, at: str = "end", kinds: tuple[str, ...] = KINDS
) -> pl.DataFrame:
    """Find the smallest change of one fact, or of one choice, that gives an episode another class.

    Parameters
    ----------
    registry : Registry
    patient_id : str, optional
        Key of one child; else all.
    at : {"baseline", "end"}
        The class by what was known when; a fact more is then one that was known by then.
    kinds : tuple of {"fact_added", "fact_changed", "choice"}
        What may be changed; a smaller kind is taken where there is one.

    Returns
    -------
    polars.DataFrame
        `Change`, one row per episode. Each was made and derived anew: it does give that class. Where no one
        change does, `kind` is `none` and `what` says why.

    Raises
    ------
    BadDefinition
        `at` or a kind is none of those.
    UnknownPatient
        The child is not among the usable ones.
    UnusableEngine
        Another engine than DuckDB derived the registry.

    Examples
    --------
    >>> key = registry.frame("episode")["patient_id"][0]
    >>> changes = ain.what_would_change(registry, key)
    >>> (changes["class_before"] != changes["class_after"]).all()
    True
    """
    if at not in AT:
        raise BadDefinition("at", at, f"must be one of {', '.join(AT)}")
    for kind in kinds:
        if kind not in KINDS:
            raise BadDefinition("kinds", kind, f"must be of {', '.join(KINDS)}")
    episodes, rows = _known(registry, patient_id, at)
    if episodes.is_empty():
        return Change.create_empty()
    possible = _possible(registry, episodes, rows, kinds)
    kept = []
    while not possible.is_empty():
        first = possible.unique("episode", keep="first", maintain_order=True)
        flips = _made(registry, first, at)
        kept.append(first.filter(flips))
        done = first.filter(flips).select("episode")
        failed = first.filter(~flips).select("episode", "rank")
        possible = possible.join(done, on="episode", how="anti").join(
            failed, on=["episode", "rank"], how="anti", maintain_order="left"
        )
    found = pl.concat(kept) if kept else possible
    return _as_table(episodes, rows, found)


def possible_changes(
    registry: Registry, patient_id: str | None = None, *, at: str = "end", kinds: tuple[str, ...] = KINDS
) -> pl.DataFrame:
    """Give every change by which the rules foresee another class, the smallest first; none is derived yet."""
    episodes, rows = _known(registry, patient_id, at)
    return _possible(registry, episodes, rows, kinds)


def _known(registry: Registry, patient_id: str | None, at: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give what is known of each episode on the day that is judged, and the rows that it stands in."""
    known, held = judged_days(registry, at)
    until = registry.known_by or registry.extract.extracted_on
    numbered = known.episodes.select(*KEY, "baseline_to").with_row_index("episode")
    numbered = numbered.cast({"episode": pl.Int64})
    if patient_id is not None:
        if patient_id not in registry.frame("patient")["patient_id"]:
            raise UnknownPatient(registry.n_rows("patient"))
        numbered = numbered.filter(pl.col("patient_id") == patient_id)
        held = held.join(numbered.select("episode"), on="episode", how="semi", maintain_order="left")
    spans = registry.connection.sql(
        "select w.*, e.confirmed_on, e.nadir, p.birth_date, p.died_on, p.duffy_status "
        "from episode_window as w join episode as e using (patient_id, episode_number) "
        "join patient as p using (patient_id)"
    ).pl()
    tested = registry.frame("antibody_test").group_by(KEY[0]).agg(tested_on=pl.col("sampled_on"))
    facts = registry.frame("case_evidence").with_columns(pl.col("evidence").cast(pl.String))
    cutoff = pl.col("baseline_to") if at == "baseline" else pl.lit(until)
    episodes = (
        known.answers(held, lambda facts: facts)
        .join(numbered, on="episode", maintain_order="left")
        .join(spans, on=KEY, maintain_order="left")
        .join(tested, on=KEY[0], how="left", maintain_order="left")
        .with_columns(pl.min_horizontal(cutoff, pl.lit(until)).alias("judged_on"))
        .with_columns(pl.min_horizontal("judged_on", "died_on").alias("cutoff"))
        .with_columns(pl.col("tested_on").fill_null([]))
    )
    rows = (
        facts.join(episodes.select("episode", "judged_on", *KEY), on=KEY)
        .filter(pl.col("known_on") <= pl.col("judged_on"))
        .unique(["episode", "evidence", "table_name", "file", "row_number"])
        .sort("episode", "known_on", "file", "row_number")
    )
    negatives = rows.filter(pl.col("evidence") == "antibody_negative").group_by("episode").len("n_negative")
    episodes = episodes.join(negatives, on="episode", how="left", maintain_order="left")
    return episodes.with_columns(pl.col("n_negative").fill_null(0).cast(pl.Int64)), rows


def _possible(
    registry: Registry, episodes: pl.DataFrame, rows: pl.DataFrame, kinds: tuple[str, ...]
) -> pl.DataFrame:
    """Ask the rules what each change would give, and put those that give another class in order."""
    made = {
        ADDED: lambda: additions(episodes, registry.definitions),
        ALTERED: lambda: alterations(episodes, rows, registry.definitions),
        CHOICE: lambda: other_choices(registry, episodes, rows),
    }
    line = pl.col("class_after").replace_strict(
        {name: place for place, name in enumerate(RULES)} | {NO_EPISODE: len(RULES)}, return_dtype=pl.Int32
    )
    own = pl.col("case_class").replace_strict(
        {name: place for place, name in enumerate(RULES)}, return_dtype=pl.Int32
    )
    several = [
        frame.with_columns(
            pl.lit(None, kind).alias(name) if name not in frame.columns else pl.col(name).cast(kind)
            for name, kind in _OF_SOME_KINDS.items()
        )
        .with_columns(class_after=pl.coalesce("given", case_class()))
        .filter(pl.col("class_after") != pl.col("case_class"))
        .select(
            "episode",
            *KEY,
            "onset_by",
            "last_unresolved_on",
            "kind",
            "what",
            "class_after",
            *_OF_SOME_KINDS,
            class_before="case_class",
            order=pl.col("kind").replace_strict({k: n for n, k in enumerate(KINDS)}, return_dtype=pl.Int32),
            is_untold=(pl.col("class_after") == _UNTOLD) & (pl.col("kind") != CHOICE),
            n_lines=(line - own).abs(),
        )
        for frame in (made[kind]() for kind in kinds)
    ]
    ordered = pl.concat(several).sort(
        "episode", "order", "is_untold", "size", "n_lines", "place", "field", "value", nulls_last=True
    )
    return ordered.with_row_index("rank")


def _made(registry: Registry, changes: pl.DataFrame, at: str) -> pl.Series:
    """Make these changes, each on a copy of its child, and say of each whether it gave its class."""
    copy = pl.concat_str("patient_id", pl.lit(" "), "episode_number")
    copied = changes.with_columns(copy.alias("patient_id"), pl.col("patient_id").alias(COPIED_FROM))
    flipped = []
    for part in copied.partition_by("field", "value", maintain_order=True):
        with briefly_changed(registry, part) as changed:
            is_so = classes_after(changed, part, at).eq_missing(part["class_after"])
            flipped.append(part.select("rank", flips=is_so))
    return changes.join(pl.concat(flipped), on="rank", maintain_order="left")["flips"]


def classes_after(changed: Registry, episodes: pl.DataFrame, at: str) -> pl.Series:
    """Give the class that each of these episodes has in a changed registry: that of the same onset.

    Parameters
    ----------
    changed : Registry
    episodes : polars.DataFrame
        `patient_id`, `onset_by`, `last_unresolved_on`, as before the change.
    at : {"baseline", "end"}

    Returns
    -------
    polars.Series
        Classes; `no_episode` where none begins between these days, null where another does.
    """
    found = (
        classify(changed)
        .join(changed.frame("episode").select(*KEY, "onset_by"), on=KEY)
        .select(KEY[0], pl.col("onset_by").alias("begun_on"), now=pl.col(_CLASS_AT[at]).cast(pl.String))
    )
    asked = episodes.select(KEY[0], "onset_by", "last_unresolved_on").with_row_index("asked")
    within = asked.join(found, on=KEY[0]).filter(
        pl.col("begun_on") >= pl.col("onset_by"), pl.col("begun_on") <= pl.col("last_unresolved_on")
    )
    same = within.group_by("asked").agg(
        pl.when(pl.col("begun_on") == pl.col("onset_by")).then("now").drop_nulls().first(), n=pl.len()
    )
    joined = asked.join(same, on="asked", how="left", maintain_order="left")
    return joined.select(pl.when(pl.col("n").is_null()).then(pl.lit(NO_EPISODE)).otherwise("now"))[
        "literal"
    ].alias("class_after")


def _as_table(episodes: pl.DataFrame, rows: pl.DataFrame, found: pl.DataFrame) -> pl.DataFrame:
    """Put beside each episode what was found, and where nothing was, why not."""
    evidence = pl.DataFrame(
        [(name, kind) for name, rule in RULES.items() for kind in rule.evidence],
        schema=["class_before", "evidence"],
        orient="row",
    )
    own = episodes.select("episode", *KEY, class_before="case_class")
    resting = rows.select("episode", "evidence").join(own.select("episode", "class_before"), on="episode")
    resting = resting.join(evidence, on=["class_before", "evidence"]).group_by("episode").len("n_facts")
    reason = pl.format(
        "no one such change gives another class; known facts that this class rests on: {}",
        pl.col("n_facts").fill_null(0),
    )
    columns = [name for name in Change.column_names() if name not in own.columns]
    table = (
        own.join(found.select("episode", *columns), on="episode", how="left", maintain_order="left")
        .join(resting, on="episode", how="left", maintain_order="left")
        .with_columns(
            pl.col("kind").fill_null(NONE),
            pl.when(pl.col("kind").is_null()).then(reason).otherwise("what").alias("what"),
        )
        .select(Change.column_names())
        .sort(KEY)
    )
    return Change.validate(table, cast=True)
