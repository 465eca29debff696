"""Which one choice of a definition may be changed, to a value that an episode's own facts name.

A window is widened as far as the nearest fact outside, or narrowed until its last or its first fact is out.
What would be known then is only foreseen here, by the rules; who offers a change derives it before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import polars as pl

from ain_analytics.antibodies import KEY
from ain_analytics.changed import CHOICE, LIMITS
from ain_analytics.conditions import TESTS
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.registry import Registry

NO_EPISODE = "no_episode"
"""The class of what is no episode of neutropenia any more."""
FARTHEST = 4.0
"""A choice is changed by this share of its value at most, to five times of it: our choice, since a study of
newborns up to school age, or of tests years before the onset, would be another study."""


@dataclass(frozen=True, slots=True, eq=False)
class Edge:
    """A value of a choice at which an episode changes its side.

    Parameters
    ----------
    name : str
        The choice.
    value : polars.Expr
        What it would be.
    when : polars.Expr
        Of which episodes.
    known : mapping of column to expression
        What would be known then.
    gives : str
        The class, where that is no matter of the rules.
    """

    name: str
    value: pl.Expr
    when: pl.Expr
    known: Mapping[str, pl.Expr] = field(default_factory=dict)
    gives: str = ""


_AGE, _NADIR, _NEGATIVES = pl.col("age_at_onset_days"), pl.col("nadir"), pl.col("n_negative")
_LIMIT = pl.when(_NADIR * 10 >= 1).then(((_NADIR * 10).floor() / 10).round(1)).otherwise(_NADIR)
"""Limits are written to a tenth: the highest with which no count of the episode is low."""
_IS_NEONATAL = pl.col("neonatal_days") > _AGE
_ENOUGH, _CHRONIC, _TRANSIENT = (
    pl.col(f"has_{kind}") for kind in ("enough_negatives", "chronic_course", "transient_course")
)
_MONTHS = (pl.coalesce("resolution_by", "last_unresolved_on") - pl.col("onset_by")).dt.total_days() / (
    DAYS_PER_MONTH
)
_YES, _NO = pl.lit(True), pl.lit(False)
EDGES = (
    Edge("negative_tests_for_idiopathic", _NEGATIVES, (_NEGATIVES > 0) & ~_ENOUGH,
         {"has_enough_negatives": _YES}),
    Edge("negative_tests_for_idiopathic", _NEGATIVES + 1, _ENOUGH, {"has_enough_negatives": _NO}),
    Edge("neonatal_days", _AGE + 1, ~_IS_NEONATAL, {"neonatal_days": _AGE + 1}),
    Edge("neonatal_days", _AGE, _IS_NEONATAL, {"neonatal_days": _AGE}),
    Edge("chronic_months", _MONTHS.ceil(), _CHRONIC,
         {"has_chronic_course": _NO, "has_transient_course": pl.col("confirmed_on") <= pl.col("cutoff")}),
    Edge("chronic_months", (_MONTHS - 1).ceil(), _TRANSIENT,
         {"has_chronic_course": _YES, "has_transient_course": _NO}),
    Edge("duffy_anc_at_least", _LIMIT, pl.col("has_count_below_duffy"), {"has_count_below_duffy": _NO}),
    Edge(LIMITS, _LIMIT, _NADIR > 0, gives=NO_EPISODE),
)  # fmt: skip
"""Values that the episode itself names."""
_BEFORE = {
    "antibody_before_days": TESTS,
    "infection_before_days": ("infection",),
    "drug_window_days": ("culprit_drug",),
}  # fmt: skip
_AFTER = {
    "antibody_after_days": ("resolution_by", TESTS),
    "infection_after_days": ("onset_by", ("infection",)),
}
WINDOWS = (*_BEFORE, *_AFTER)
"""Windows before the onset, and after the end or the onset."""
_WORDS = {LIMITS: "every anc limit at most {}"}


def other_choices(registry: Registry, episodes: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Give one row per episode and value of a choice that may be changed, with what would be known then.

    Values over `FARTHEST` from the present one are left out.

    `rows` has one row per episode and known fact: `evidence`, `known_on`.
    """
    found = [
        episodes.filter(edge.when).with_columns(
            **edge.known,
            field=pl.lit(edge.name),
            value=edge.value.cast(pl.Float64),
            given=pl.lit(edge.gives or None, pl.String),
        )
        for edge in EDGES
    ]
    found.append(_windows(registry, episodes, rows))
    now = registry.definitions
    limits = [band.entry_limit for band in now.anc_bands]
    present = {name: float(getattr(now, name)) for name in WINDOWS}
    present |= {edge.name: float(getattr(now, edge.name)) for edge in EDGES if edge.name != LIMITS}
    present[LIMITS] = max(limits)
    was = pl.col("field").replace_strict(present, return_dtype=pl.Float64)
    number = pl.col("value").round_sig_figs(3).cast(pl.String).str.strip_suffix(".0")
    words = pl.format("{} {} instead of {}", "field", number, was.cast(pl.String).str.strip_suffix(".0"))
    return (
        pl.concat(found, how="diagonal_relaxed")
        .filter(pl.col("value") >= 0)
        .with_columns(
            kind=pl.lit(CHOICE),
            size=((pl.col("value") - was) / was).abs(),
            what=pl.when(pl.col("field") == LIMITS).then(pl.format(_WORDS[LIMITS], number)).otherwise(words),
        )
        .filter(pl.col("size") <= FARTHEST)
    )


def _windows(registry: Registry, episodes: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Widen a window to the nearest fact outside, or narrow it."""
    reach = _reach(registry, episodes, rows)
    of_value = ["episode", "field", "value"]
    distance = pl.col("distance")
    inside = reach.filter("is_inside").group_by("episode", "field")
    outside = reach.filter(~pl.col("is_inside")).group_by("episode", "field", "evidence")
    values = pl.concat(
        [
            inside.agg(value=distance.max() - 1),
            inside.agg(value=distance.min() - 1),
            outside.agg(value=distance.min()).drop("evidence"),
        ]
    ).unique()
    gained = (~pl.col("is_inside") & (distance <= pl.col("value"))).sum().cast(pl.Int64)
    lost = (pl.col("is_inside") & (distance > pl.col("value"))).sum().cast(pl.Int64)
    by_kind = (
        values.join(reach, on=["episode", "field"]).group_by(*of_value, "evidence").agg(more=gained - lost)
    )
    counted = rows.group_by("episode", "evidence").agg(n=pl.len().cast(pl.Int64))
    then = (
        by_kind.join(counted, on=["episode", "evidence"], how="left")
        .with_columns(n=pl.col("n").fill_null(0) + pl.col("more"))
        .pivot(on="evidence", on_columns=list(dict.fromkeys(_KINDS)), index=of_value, values="n")
    )
    known = {f"has_{kind}": (pl.col(kind) > 0).fill_null(pl.col(f"has_{kind}")) for kind in _KINDS}
    negatives = pl.col("antibody_negative").fill_null(pl.col("n_negative"))
    return (
        episodes.join(then, on="episode")
        .with_columns(
            **known,
            has_enough_negatives=negatives >= registry.definitions.negative_tests_for_idiopathic,
            value=pl.col("value").cast(pl.Float64),
        )
        .drop(_KINDS)
    )


_KINDS = (*dict.fromkeys(kind for kinds in _BEFORE.values() for kind in kinds),)


def _reach(registry: Registry, episodes: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Say of facts in and near the windows how far they lie out, in days; the nearer the window, the less."""
    tests = registry.frame("antibody_test").filter(pl.col("subject") == "patient")
    causes = registry.frame("cause").filter(pl.col("role") == "infection_virus_or_intracellular")
    near = pl.concat(
        [
            tests.select(
                KEY[0], evidence=pl.concat_str(pl.lit("antibody_"), "result"), known_on="sampled_on"
            ),
            causes.select(KEY[0], evidence=pl.lit("infection"), known_on="recorded_on"),
        ],
        how="vertical_relaxed",
    )
    days = ["episode", "onset_by", "resolution_by"]
    told = pl.concat(
        [
            episodes.select(*days, KEY[0], "cutoff")
            .join(near, on=KEY[0])
            .filter(pl.col("known_on") <= pl.col("cutoff"))
            .select(*days, "evidence", "known_on", is_inside=_NO),
            rows.join(episodes.select(days), on="episode").select(
                *days, pl.col("evidence").cast(pl.String), "known_on", is_inside=_YES
            ),
        ]
    )
    ways = [(name, kinds, pl.col("onset_by") - pl.col("known_on")) for name, kinds in _BEFORE.items()] + [
        (name, kinds, pl.col("known_on") - pl.col(since)) for name, (since, kinds) in _AFTER.items()
    ]
    found = []
    for name, kinds, distance in ways:
        now = getattr(registry.definitions, name)
        is_beyond = pl.col("distance") > now
        found.append(
            told.filter(pl.col("evidence").is_in(kinds))
            .select("episode", "evidence", "is_inside", distance=distance.dt.total_days(), field=pl.lit(name))
            .filter(pl.col("distance") > 0, is_beyond != pl.col("is_inside"))
        )
    return pl.concat(found)
