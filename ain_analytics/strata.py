"""Which rows of a follow-up an estimate uses, group by group, and what was decided on the way."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import BadFrame, EmptyStratum
from ain_analytics.row_weights import (
    WEIGHT,
    has_counts,
    has_sampling_weights,
    n_of,
    refuse_bad_weights,
    sum_before,
    weights_of,
)
from ain_analytics.step_curve import Floats

ALL = "all"
"""Name of the one stratum of an estimate that is not split."""

NOT_RECORDED = "not_recorded"
"""Name of the stratum of rows that have no value in the column that splits."""


RECOVERED_TOO = (
    "Some had resolved by their day of entry, so who had recovered was enrolled too; where that was so "
    "whenever it happened, `uses_entry = false` keeps them and is the better choice."
)
"""What speaks against delayed entry: without it, none of them would be in the extract."""

OF_THE_FUTURE = ("severity", "course", "end_kind")
"""Columns that are known only once an episode went on or ended; so are those of a class at the end."""


@dataclass(frozen=True, slots=True, eq=False)
class Strata:
    """Rows of each stratum in order, and what is to be said of how they were chosen."""

    rows: dict[str, pl.DataFrame]
    assumptions: tuple[str, ...]


def strata_of(
    follow_up: pl.DataFrame,
    *,
    by: str | None,
    definitions: Definitions,
    columns: Sequence[str],
    others: Sequence[str] = (),
    is_weighted: bool = False,
) -> Strata:
    """Choose the rows that an estimate uses, and split them.

    Parameters
    ----------
    follow_up : one row per episode
        Holds `columns`; where present, `is_usable`, `episode_number` and `entry_days` are heeded.
    by : name of the column that splits, or None
    definitions : Definitions
        Its `episodes_used` says whether later episodes count.
    columns : names of the columns that the estimate reads
        `…_days` hold whole days, `is_…` true or false; null only where `upper_days` says that
        the resolution was not seen.
    others : names of further columns to keep, of any type and with nulls
    is_weighted : bool
        Whether the estimate heeds a column `weight`; if not, such a column is left out.

    Returns
    -------
    Strata
        `entry_days` is filled with 0 where it is null or absent.

    Raises
    ------
    BadFrame
        A column is missing, is of the wrong type, or holds nulls or negative days.
    EmptyStratum
        No row is left.
    """
    wanted = [*columns, *others, *([by] if by is not None else [])]
    follow_up = follow_up if is_weighted or WEIGHT not in follow_up.columns else follow_up.drop(WEIGHT)
    missing = [name for name in wanted if name not in follow_up.columns]
    if missing:
        raise BadFrame("FollowUp", f"it lacks the column(s) {', '.join(missing)}")
    first, said_of_first = _first_episodes(follow_up, definitions)
    usable, said = _usable(first)
    if usable.is_empty():
        raise EmptyStratum(ALL, " ".join(["no usable episode is left.", *said_of_first, *said]))
    if "entry_days" not in usable.columns:
        usable = usable.with_columns(entry_days=pl.lit(0, pl.Int32))
    kept = {*wanted, "patient_id", WEIGHT} & set(usable.columns)
    usable = usable.select(*sorted(kept), pl.col("entry_days").fill_null(0))
    _refuse_bad_values(usable, ["entry_days", *columns])
    refuse_bad_weights(usable)
    split = _split(usable, by)
    few = [line for name, rows in split.items() for line in _few_in_words(name, rows, definitions)]
    return Strata(split, (*said_of_first, *said, *_entry_in_words(usable), *few, *future_in_words(by)))


def future_in_words(by: str | None) -> list[str]:
    """Warn of groups that the future makes: who lasts longer has more time to come into them."""
    if by is None or not (by in OF_THE_FUTURE or by.endswith("_at_end")):
        return []
    return [
        f"Warning: the groups by {by} were made by what became known later. Who lasts longer has more time "
        "to come into one, so their durations must not be compared (immortal time)."
    ]


def _usable(follow_up: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    if "is_usable" not in follow_up.columns:
        return follow_up, []
    usable = follow_up.filter(pl.col("is_usable"))
    n = n_of(follow_up) - n_of(usable)
    if n == 0:
        return usable, ["No episode was set aside as unusable."]
    reasons = ""
    if "why_unusable" in follow_up.columns:
        counts = (
            follow_up.filter(~pl.col("is_usable").fill_null(value=False))
            .select(
                pl.col("why_unusable").cast(pl.String).fill_null("no reason given"),
                n=pl.col(WEIGHT).cast(pl.Int64) if has_counts(follow_up) else pl.lit(1, pl.Int64),
            )
            .group_by("why_unusable")
            .agg(pl.col("n").sum())
            .sort("why_unusable")
        )
        reasons = ": " + ", ".join(f"{count} {reason}" for reason, count in counts.iter_rows())
    said = [f"{n} of {n_of(follow_up)} episodes set aside as unusable{reasons}."]
    return usable, [*said, RECOVERED_TOO] if "resolved_before_entry" in reasons else said


def _first_episodes(follow_up: pl.DataFrame, definitions: Definitions) -> tuple[pl.DataFrame, list[str]]:
    if "episode_number" not in follow_up.columns:
        return follow_up, []
    later = n_of(follow_up.filter(pl.col("episode_number") > 1))
    if definitions.episodes_used == "first":
        said = f"Each child's first episode only; {later} later episodes left out."
        return follow_up.filter(pl.col("episode_number") == 1), [said]
    return follow_up, [f"All episodes, {later} of them a child's second or later."]


def _entry_in_words(rows: pl.DataFrame) -> list[str]:
    late = n_of(rows.filter(pl.col("entry_days") > 0))
    if late == 0:
        return ["Every episode is at risk from day zero."]
    return [
        f"Delayed entry: {late} of {n_of(rows)} episodes are at risk only after their day of entry.",
        "The day of entry has nothing to do with that of resolution. Where slow courses are enrolled later "
        "than quick ones, the curve of both together falls too early.",
    ]


def _few_in_words(stratum: str, rows: pl.DataFrame, definitions: Definitions) -> list[str]:
    """Warn of a curve that begins with next to nobody, because nearly all enter later."""
    ends = [name for name in ("exit_days", "upper_days", "lower_days") if name in rows.columns]
    end, entry = pl.coalesce(ends), pl.col("entry_days")
    at_first = rows.filter(entry == entry.min(), end > entry.min())
    if n_of(at_first) >= definitions.minimum_at_risk:
        return []
    entered, ended = rows.select(entry.alias("from"), end.alias("to"))
    weight = weights_of(rows) if has_counts(rows) else np.ones(rows.height)
    days = entered.unique().sort().to_numpy()
    n_entered, n_ended = (sum_before(of.to_numpy(), weight, days, side="right") for of in (entered, ended))
    is_enough = n_entered - n_ended >= definitions.minimum_at_risk
    if not is_enough.any():
        return []
    day = int(days[is_enough.argmax()])
    return [
        f"{stratum}: fewer than {definitions.minimum_at_risk} episodes are at risk before day {day}. One "
        "that resolves there moves the whole curve after it, and limits from intervals allow for that, down "
        f"to a median of a few days. Those of a curve that begins on day {day} do not."
    ]


def _refuse_bad_values(rows: pl.DataFrame, columns: Sequence[str]) -> None:
    for name in columns:
        kind = rows.schema[name]
        if name.startswith("is_") and kind != pl.Boolean:
            raise BadFrame("FollowUp", f"{name} is {kind}, but true or false is needed")
        if name.endswith("_days") and not kind.is_integer():
            raise BadFrame("FollowUp", f"{name} is {kind}, but whole days are needed")
        n_null = rows[name].null_count()
        if n_null and name != "upper_days":
            raise BadFrame("FollowUp", f"{name} is null in {n_null} rows")
        n_negative = rows.filter(pl.col(name).cast(pl.Int64) < 0).height
        if n_negative:
            raise BadFrame("FollowUp", f"{name} is negative in {n_negative} rows")


def _split(rows: pl.DataFrame, by: str | None) -> dict[str, pl.DataFrame]:
    if by is None:
        return {ALL: rows}
    parts = rows.sort(by, nulls_last=True, maintain_order=True).partition_by(by, maintain_order=True)
    named: dict[str, pl.DataFrame] = {}
    for part in parts:
        name = part.select(pl.col(by).cast(pl.String).fill_null(NOT_RECORDED)).item(0, 0)
        named[name] = pl.concat([named[name], part]) if name in named else part
    return named


def siblings_in_words(strata: dict[str, pl.DataFrame]) -> list[str]:
    """Say so where a child has several episodes; the interval estimate resamples children instead."""
    if not any("patient_id" in rows and rows["patient_id"].is_duplicated().any() for rows in strata.values()):
        return []
    return [
        "Several episodes of one child are taken for those of several children, so limits and tests promise "
        "too much; the limits of the interval estimate do not."
    ]


def refuse_sampling_weights(strata: Strata) -> None:
    """Refuse weights of decimals where no variance is known under them."""
    if any(has_sampling_weights(rows) for rows in strata.rows.values()):
        raise BadFrame(
            "FollowUp",
            "weight holds decimals, which are sampling weights, and comparisons are not made under them; "
            "whole numbers count equal episodes",
        )


def refuse_empty_intervals(rows: pl.DataFrame) -> None:
    """Refuse rows that leave no day on which they can have resolved."""
    n = rows.filter(pl.col("upper_days") <= pl.max_horizontal("lower_days", "entry_days")).height
    if n:
        raise BadFrame(
            "FollowUp",
            f"{n} rows have upper_days on or before lower_days or entry_days, so there is no day left on "
            "which they can have resolved; mark them is_usable = false",
        )


def interval_days(rows: pl.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Give entry, last day unresolved and first day resolved; who enters is unresolved on that day."""
    entry, lower, upper = (
        rows[name].cast(pl.Float64).fill_null(np.inf).to_numpy()
        for name in ("entry_days", "lower_days", "upper_days")
    )
    return entry, np.maximum(lower, entry), upper


def refuse_one_stratum(strata: Strata) -> None:
    """Refuse to compare where there is nothing to compare with."""
    if len(strata.rows) < 2:
        raise EmptyStratum(
            next(iter(strata.rows)), "all episodes are in this stratum, so nothing is compared"
        )
