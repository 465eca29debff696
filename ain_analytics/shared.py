"""What of a study may be shown to others: small numbers hidden, curves thinned, no keys.

The report and the charts of a study are made of this, never of the study itself.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import polars as pl

from ain_analytics.characteristics import class_counts
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import Definitions
from ain_analytics.disclosure import (
    hide_comparison,
    hide_small_cells,
    hide_small_shares,
    hide_small_steps,
    thin_curve,
)

SUFFIX = "_kaplan_meier"
COUNTS = ("n", "n_resolved")
HIDDEN = "hidden"
"""Note of a value that is there but not shown."""


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """The part of a study that others may see.

    Attributes
    ----------
    attrition, row_fate, comparison : polars.DataFrame
        As in the study; hidden numbers are null.
    classes : polars.DataFrame
        One row per case class: `case_class`, `is_ain`, `n_at_baseline`, `n_at_end`.
    curves : dict of name to ResolutionCurve
        Thinned.
    counted : dict of name to ResolutionCurve
        Kaplan–Meier curves whose numbers at risk stand below the curve of that name; to be
        printed rounded down to multiples of `definitions.minimum_cell` only.
    """

    definitions: Definitions
    attrition: pl.DataFrame
    row_fate: pl.DataFrame
    comparison: pl.DataFrame
    classes: pl.DataFrame
    curves: dict[str, ResolutionCurve]
    counted: dict[str, ResolutionCurve]


def shared(
    tables: Mapping[str, pl.DataFrame], curves: Mapping[str, ResolutionCurve], definitions: Definitions
) -> Shared:
    """Take from a study what others may see.

    Parameters
    ----------
    tables : mapping of name to frame
        `attrition`, `row_fate`, `case` and `published_comparison` of a study.
    curves : mapping of name to ResolutionCurve
        Interval-censored curves, and the Kaplan–Meier curve of each under `…_kaplan_meier`.
    definitions : Definitions
        `minimum_cell` says what is small.

    Returns
    -------
    Shared
    """
    few = definitions.minimum_cell
    counted = {
        name: curves.get(f"{name.removesuffix(SUFFIX)}{SUFFIX}", curve) for name, curve in curves.items()
    }
    fates = tables["row_fate"].partition_by("table_name", maintain_order=True)
    return Shared(
        definitions=definitions,
        attrition=_attrition_without_few(tables["attrition"], few),
        row_fate=pl.concat([hide_small_cells(fate, counts=["n_rows"], minimum_cell=few) for fate in fates]),
        comparison=_comparison_without_few(tables["published_comparison"], few),
        classes=hide_small_cells(
            class_counts(tables["case"]), counts=["n_at_baseline", "n_at_end"], minimum_cell=few
        ),
        curves={name: _thinned(curve, counted[name], few) for name, curve in curves.items()},
        counted=counted,
    )


def _attrition_without_few(attrition: pl.DataFrame, few: int) -> pl.DataFrame:
    """Join each step that differs from others by few to the next one that can be told.

    Steps whose numbers other tables print are kept before others: the last two (episodes in the
    estimate, and the autoimmune of them), the first that counts episodes (the children of Table
    1), then the first of all. A joined step tells the reasons of all its steps.
    """
    place, last = pl.col("step_number"), pl.col("step_number").max()
    rank = (
        pl.when(place > last - 2)
        .then(pl.lit(3))
        .when(place == place.filter(pl.col("n_episodes").is_not_null()).min())
        .then(pl.lit(2))
        .when(place == place.min())
        .then(pl.lit(1))
        .otherwise(pl.lit(0))
    )
    hidden = attrition.sort(rank, place)
    for count in ("n_children", "n_episodes"):
        hidden = hide_small_steps(hidden, count=count, minimum_cell=few)
    is_told = pl.col("n_children").is_not_null()  # a first episode is a child: one number gives the other
    next_told = pl.when(is_told).then(place).backward_fill()
    return (
        hidden.sort(place)
        .group_by(next_told.alias("told_with"), maintain_order=True)
        .agg(
            pl.col("step").last(),
            pl.col("reason").str.join(" "),
            pl.col("n_children", "n_episodes").last(),
        )
        .drop("told_with")
        .with_row_index("step_number", offset=1)
        .with_columns(pl.col("step_number").cast(attrition.schema["step_number"]))
    )


def _comparison_without_few(comparison: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide what rests on few, also shares that a reason tells without saying of how many."""
    is_untested = pl.col("verdict").cast(pl.String) == "not_comparable"
    reason = pl.col("reason").str.replace(r"; (resolved )?here .*$", ".")
    told = comparison.with_columns(pl.when(is_untested).then(reason).otherwise("reason").alias("reason"))
    return hide_comparison(told, minimum_cell=few)


def _thinned(curve: ResolutionCurve, counted: ResolutionCurve, few: int) -> ResolutionCurve:
    """Thin the steps of a curve, and hide what its summary says of few."""
    steps = thin_curve(curve.steps, minimum_cell=few, counted=counted.steps)
    said = tuple(said_without_few(line, few) for line in curve.assumptions)
    return replace(curve, steps=steps, summary=summary_without_few(curve.summary, few), assumptions=said)


def said_without_few(line: str, few: int) -> str:
    """Take small counts, and lists of counts that add up, out of a sentence."""
    whole = re.sub(r"(set aside as unusable): .*", r"\1.", line)
    return re.sub(
        r"(?<!day )(?<![\d.])\b(\d+)(?= [a-z])", lambda n: n[1] if not 0 < int(n[1]) < few else "few", whole
    )


def summary_without_few(summary: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide what the summary of a curve says of few children, and what would give it back.

    Parameters
    ----------
    summary : CurveSummary
        Of one curve, with or without strata.
    few : int
        Counts from 1 to one less are hidden.

    Returns
    -------
    CurveSummary
        Hidden values are null, with the note `hidden`.
    """
    sizes = summary.filter(pl.col("quantity") == "n").select(
        "stratum", pl.col("value").cast(pl.Int64).alias("of")
    )
    known = hide_small_cells(sizes.with_columns(n=pl.col("of")), counts=["n"], minimum_cell=few)
    is_count, is_share = pl.col("quantity").is_in(COUNTS), pl.col("unit").cast(pl.String) == "share"
    part = pl.when(is_share).then(pl.col("value")).when(is_count).then(pl.col("value") / pl.col("of"))
    marked = hide_small_shares(
        summary.join(known, on="stratum", maintain_order="left").with_columns(part.alias("part")),
        share="part",
        of="of",
        minimum_cell=few,
    )
    hidden = (
        (pl.col("of") < few).fill_null(value=False)
        | (is_count & pl.col("n_is_hidden"))
        | pl.col("part_is_hidden")
    )
    values = [pl.when(~hidden).then(pl.col(name)).alias(name) for name in ("value", "lower", "upper")]
    note = pl.when(hidden).then(pl.lit(HIDDEN)).otherwise("note").alias("note")
    return marked.with_columns(*values, note).select(summary.columns)
