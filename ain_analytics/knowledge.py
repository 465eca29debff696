"""What was known of each episode on each day on which something became known.

A fact once known stays known, so the first day of each kind of fact tells everything. The days of all
episodes lie in one long frame, sorted by episode and day; no step looks at one child after the other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

from ain_analytics.cycles import cyclic_facts
from ain_analytics.formats import NATIVE
from ain_analytics.registry import Registry
from ain_analytics.rules import CHOICES
from ain_analytics.schema.derived import EVIDENCE, KnownFact

KEY = ("patient_id", "episode_number")
NEVER = np.iinfo(np.int32).max
TABLES = ("diagnosis", "treatment")
"""Tables of the extract without which some conditions cannot be known."""
_SILENT = ("neutropenia_code",)
"""Kinds of fact that no rule asks for."""

Days = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Knowledge:
    """The first day of every kind of fact, by episode.

    Parameters
    ----------
    episodes : polars.DataFrame
        One row per episode: its key, `onset_by`, `age_at_onset_days`, `from_on` (day since which it is known
        to be one) and `baseline_to`.
    first : mapping of the place of a kind in `EVIDENCE` to an array by episode
        Days since 1970; `NEVER` where it is not known. A kind that nobody has is left out.
    constants : mapping of name to value
        Choices and tables of the extract, the same for all.
    """

    episodes: pl.DataFrame
    first: dict[int, Days]
    constants: dict[str, object]

    def days(self) -> pl.DataFrame:
        """Give one row per episode and day on which something became known, sorted.

        Returns
        -------
        polars.DataFrame
            `episode`, the row of it in `episodes`, and `since`.
        """
        told = (days for place, days in self.first.items() if EVIDENCE[place] not in _SILENT)
        begin = _as_numbers(self.episodes["from_on"])
        number = np.arange(begin.size, dtype=np.int64)
        rows = [_packed(number, begin)]
        for first in told:
            known = np.flatnonzero(first != NEVER)
            rows.append(_packed(known, np.maximum(first[known], begin[known])))
        told_on = np.sort(np.concatenate(rows))
        episode, since = np.divmod(told_on[np.diff(told_on, prepend=-1) > 0], _SPAN)
        return pl.DataFrame(
            {"episode": episode, "since": pl.Series(since - _SPAN // 2, dtype=pl.Int32).cast(pl.Date)}
        )

    def answers(self, days: pl.DataFrame, ask: Callable[[pl.LazyFrame], pl.LazyFrame]) -> pl.DataFrame:
        """Put beside each row of `days` what rules answer by what was known then.

        Rows of which the same is known, with the same age at onset, get the same answers; so each such
        pattern is asked once, and there are far fewer of them than of episodes.

        Parameters
        ----------
        days : one row per episode and day
            `episode` and `since`.
        ask : function
            From facts as rules ask them (`has_…`, the age at onset, the constants) to answers, row by row.
        """
        episode, since = days["episode"].to_numpy(), _as_numbers(days["since"])
        known = np.zeros(episode.size, dtype=np.int64)
        for place, first in self.first.items():
            known |= (first[episode] <= since).astype(np.int64) << place
        ages = self.episodes["age_at_onset_days"].gather(days["episode"])
        rows = pl.DataFrame({"known": known, ages.name: ages})
        patterns = rows.unique(maintain_order=True).with_row_index("pattern")
        has = (
            (pl.col("known") & (1 << place) != 0).alias(f"has_{kind}") for place, kind in enumerate(EVIDENCE)
        )
        facts = patterns.lazy().select(
            ages.name,
            *has,
            *(pl.lit(value).alias(name) for name, value in self.constants.items()),
        )
        of_row = rows.join(patterns, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")
        return pl.concat([days, ask(facts).collect()[of_row["pattern"]]], how="horizontal")


_SPAN = 2**32


def _packed(episode: npt.NDArray[np.int64], day: Days) -> npt.NDArray[np.int64]:
    """Write episode and day as one number, so that one sort orders both."""
    packed: npt.NDArray[np.int64] = episode * _SPAN + day + _SPAN // 2
    return packed


def _as_numbers(days: pl.Series) -> Days:
    numbers: Days = days.to_physical().to_numpy()
    return numbers


def known_of(registry: Registry, *, as_of: date | None = None) -> Knowledge:
    """Read what is known of the episodes of a registry, and since when.

    Parameters
    ----------
    registry : Registry
    as_of : date, optional
        Leave out what became known later, and episodes that were none yet.
    """
    choices = registry.definitions
    baseline = pl.max_horizontal(pl.col("onset_by") + pl.duration(days=choices.baseline_days), "from_on")
    episodes = (
        with_detection(registry.frame("episode").lazy(), registry)
        .select(*KEY, "onset_by", "age_at_onset_days", from_on="detected_on")
        .with_columns(baseline.alias("baseline_to"))
        .collect()
    )
    known = registry.connection.sql(f"select {', '.join(KnownFact.column_names())} from known_fact").pl()
    facts = pl.concat(
        [
            KnownFact.cast(known),
            cyclic_facts(registry).select(*KEY, pl.col("evidence").cast(pl.Enum(EVIDENCE)), "known_on"),
        ]
    )
    if as_of is not None:
        episodes = episodes.filter(pl.col("from_on") <= as_of).with_columns(
            pl.min_horizontal("baseline_to", pl.lit(as_of)).alias("baseline_to")
        )
        facts = facts.filter(pl.col("known_on") <= as_of)
    placed = facts.join(episodes.select(*KEY).with_row_index("episode"), on=KEY)
    first: dict[int, Days] = {}
    for (kind,), rows in placed.group_by("evidence"):
        days = np.full(episodes.height, NEVER, dtype=np.int32)
        days[rows["episode"].to_numpy()] = _as_numbers(rows["known_on"])
        first[EVIDENCE.index(kind)] = days
    constants: dict[str, object] = {name: getattr(choices, name) for name in CHOICES}
    return Knowledge(
        episodes, first, constants | {f"sends_{name}": _sends(registry, name) for name in TABLES}
    )


def with_detection(episodes: pl.LazyFrame, registry: Registry) -> pl.LazyFrame:
    """Put beside each episode the count by which the rule of onset was met."""
    if registry.definitions.is_onset_sudden:
        return episodes.with_columns(detected_on="onset_by")
    return episodes.join(registry.frame("detection").lazy(), on=KEY, how="left", maintain_order="left")


def _sends(registry: Registry, table: str) -> bool:
    """Say whether an extract has a table; other formats than ours make all, so one with rows."""
    extract = registry.extract
    if extract.format is NATIVE:
        given = {file.table for file in extract.files} | {*extract.frames} | {*extract.database_tables}
        return table in given
    return bool(registry.connection.sql(f"select 1 from main.raw_{table} limit 1").fetchall())
