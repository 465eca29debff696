"""What of a study may be shown to others: small numbers hidden, curves thinned, no keys.

The report and the charts of a study are made of this, never of the study itself.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from ain_analytics.characteristics import class_counts
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import Definitions
from ain_analytics.disclosure import (
    hide_comparison,
    hide_small_cells,
    hide_small_steps,
)
from ain_analytics.published_records import rounded
from ain_analytics.shared_curves import (
    COUNTS,
    SUFFIX,
    said_without_few,
    summary_without_few,
    thinned,
    told_beside_their_own,
)

__all__ = ["Shared", "oddities_without_few", "said_without_few", "shared", "summary_without_few"]


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
    attrition = _attrition_without_few(tables["attrition"], few)
    classes = _classes_without_few(class_counts(tables["case"]), few)
    told_curves = told_beside_their_own(
        {name: thinned(curve, counted[name], few) for name, curve in curves.items()}, definitions.name, few
    )
    counts = [
        curve.summary.filter(pl.col("quantity").is_in(COUNTS))["value"] for curve in told_curves.values()
    ]
    told = {
        int(n)
        for column in [*counts, attrition["n_children"], classes["n_at_baseline"], classes["n_at_end"]]
        for n in column.drop_nulls()
    }
    return Shared(
        definitions=definitions,
        attrition=attrition,
        row_fate=_fates_without_few(tables["row_fate"], attrition, few),
        comparison=comparison_without_few(tables["published_comparison"], few, told),
        classes=classes,
        curves=told_curves,
        counted=counted,
    )


def oddities_without_few(oddities: pl.DataFrame, attrition: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide among how many children something was looked for, where steps of the attrition differ by few.

    Parameters
    ----------
    oddities : polars.DataFrame
        `Quality.oddities`.
    attrition : Attrition
        As it is told to others.
    few : int
        Differences from 1 to one less are hidden.

    Returns
    -------
    polars.DataFrame
        Hidden values of `of` are null.
    """
    of_children = pl.col("name").str.starts_with("children_")
    is_near = _differs_by_few(pl.col("of"), attrition["n_children"].drop_nulls(), few)
    return oddities.with_columns(pl.when(~(of_children & is_near)).then("of").alias("of"))


def _differs_by_few(count: pl.Expr, others: Iterable[int], few: int) -> pl.Expr:
    return pl.any_horizontal(pl.lit(False), *((count - n).abs().is_between(1, few - 1) for n in others))


def _fates_without_few(row_fate: pl.DataFrame, attrition: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide small fates, and the number of usable children where the attrition does not tell it."""
    tables = row_fate.partition_by("table_name", maintain_order=True)
    hidden = pl.concat([hide_small_cells(table, counts=["n_rows"], minimum_cell=few) for table in tables])
    is_usable = (pl.col("table_name") == "patient") & (pl.col("fate") == "used")
    is_near = _differs_by_few(pl.col("n_rows"), attrition["n_children"].drop_nulls(), few)
    return hidden.with_columns(pl.when(~(is_usable & is_near)).then("n_rows").alias("n_rows"))


def _classes_without_few(classes: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide small classes; a reader knows how many are autoimmune, and must not read counts off the order."""
    parts = classes.partition_by("is_ain", maintain_order=True)
    hidden = pl.concat(
        [hide_small_cells(part, counts=["n_at_baseline", "n_at_end"], minimum_cell=few) for part in parts]
    )
    return hidden.sort(
        "n_at_baseline", "case_class", descending=[True, False], nulls_last=True, maintain_order=True
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


def comparison_without_few(comparison: pl.DataFrame, few: int, told: Collection[int] = ()) -> pl.DataFrame:
    """Hide what rests on few, also shares that a reason tells without saying of how many.

    Of how many children a value is, is told where it differs by few from no other number that is told: those
    who recovered of a group, or two of its three classes, would tell the rest.
    """
    is_untested = pl.col("verdict").cast(pl.String) == "not_comparable"
    reason = pl.col("reason").str.replace(r"; (resolved )?here .*$", ".")
    without_n = (
        pl.col("reason").str.replace_all(r", n = \d+\)", ")").str.replace(r"(reached) \(n = \d+\)", "$1")
    )
    hidden = hide_comparison(
        comparison.with_columns(pl.when(is_untested).then(reason).otherwise(without_n).alias("reason")),
        minimum_cell=few,
    )
    shown = set(told)
    for n in hidden["own_n"].drop_nulls().value_counts(sort=True)["own_n"]:
        shown |= set() if any(0 < abs(n - other) < few for other in shown) else {n}
    values = [f"{which}{end}" for which in ("own", "better") for end in ("", "_lower", "_upper")]
    return hidden.with_columns(
        *map(rounded, values),
        pl.col("p", "p_holm").round(3),
        pl.when(pl.col("own_n").is_in(list(shown))).then("own_n").alias("own_n"),
    )
