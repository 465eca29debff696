"""Curves as others may see them: thinned, their summaries without what gives few children away."""

import re
from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.disclosure import hide_small_cells, hide_small_shares, thin_curve
from ain_analytics.small_cells import HIDDEN as MARK

SUFFIX = "_kaplan_meier"
COUNTS = ("n", "n_resolved")
HIDDEN = "hidden"
"""Note of a value that is there but not shown."""


def thinned(curve: ResolutionCurve, counted: ResolutionCurve, few: int) -> ResolutionCurve:
    """Thin the steps of a curve, and hide what its summary says of few.

    Shares are told to whole percents: 0.13888… would be 5 of 36 children.
    """
    steps = thin_curve(curve.steps, minimum_cell=few, counted=counted.steps)
    steps = steps.with_columns(pl.col("unresolved", "lower", "upper").round(2))
    said = tuple(said_without_few(line, few) for line in curve.assumptions)
    summary = summary_without_few(curve.summary, few)
    told = replace(curve, steps=steps, summary=summary, assumptions=said)
    return replace(told, cells=None, known=None, bands=None)  # which tell of few


def told_beside_their_own(
    curves: Mapping[str, ResolutionCurve], own: str, few: int
) -> dict[str, ResolutionCurve]:
    """Hide the numbers of a curve under another rule that differ by few from those under the study's own."""
    told = {}
    for name, curve in curves.items():
        rule, stem = curve.definitions.name, name.removesuffix(SUFFIX)
        same = own if stem == rule else stem.removesuffix(f"_{rule}")
        beside = curves.get(f"{same}{SUFFIX}" if name.endswith(SUFFIX) else same)
        told[name] = curve if rule == own or beside is None else _beside(curve, beside, few)
    return told


def _beside(curve: ResolutionCurve, own: ResolutionCurve, few: int) -> ResolutionCurve:
    of_own = own.summary.select("stratum", "quantity", pl.col("value").alias("own"))
    both = curve.summary.join(of_own, on=["stratum", "quantity"], how="left", maintain_order="left")
    is_count = pl.col("quantity").is_in(COUNTS)
    hidden = is_count & (pl.col("value") - pl.col("own")).abs().is_between(1, few - 1).fill_null(value=False)
    shown = both.with_columns(
        pl.when(~hidden).then("value").alias("value"),
        pl.when(hidden).then(pl.lit(HIDDEN)).otherwise("note").alias("note"),
    )
    return replace(curve, summary=shown.drop("own"))


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
    if (summary["note"] == HIDDEN).any():
        return summary
    is_count, is_share = pl.col("quantity").is_in(COUNTS), pl.col("unit").cast(pl.String) == "share"
    part = pl.when(is_share).then("value")
    marked = hide_small_shares(
        summary.join(_told_counts(summary, few), on="stratum", maintain_order="left").with_columns(
            part.alias("part")
        ),
        share="part",
        of="of",
        minimum_cell=few,
    )
    told = (
        pl.when(pl.col("quantity") == "n").then(~pl.col(f"of{MARK}")).otherwise(~pl.col(f"n_resolved{MARK}"))
    )
    hidden = (pl.col("of") < few) | (is_count & ~told) | pl.col(f"part{MARK}")
    values = [pl.when(~hidden).then(pl.col(name)).alias(name) for name in ("value", "lower", "upper")]
    note = pl.when(hidden).then(pl.lit(HIDDEN)).otherwise("note").alias("note")
    return marked.with_columns(*values, note).select(summary.columns)


def _told_counts(summary: pl.DataFrame, few: int) -> pl.DataFrame:
    """Say of each stratum which of its numbers, those followed and those resolved, may be told.

    A reader knows the sums over all strata; who is not seen to resolve is few or many as well.
    """
    counts = summary.filter(pl.col("quantity").is_in(COUNTS)).pivot(
        on="quantity", index="stratum", values="value", maintain_order=True
    )
    whole = counts.select(
        "stratum", pl.col("n").cast(pl.Int64).alias("of"), pl.col("n_resolved").cast(pl.Int64)
    )
    split = whole.with_columns((pl.col("of") - pl.col("n_resolved")).alias("n_left"))
    marked = hide_small_cells(split, counts=["n_resolved", "n_left"], total="of", minimum_cell=few)
    return marked.select("stratum", f"of{MARK}", f"n_resolved{MARK}").join(
        whole.select("stratum", "of"), on="stratum", maintain_order="left"
    )


def said_without_few(line: str, few: int) -> str:
    """Take small counts, and lists of counts that add up, out of a sentence."""
    whole = re.sub(r"(set aside as unusable): .*", r"\1.", line)
    return re.sub(
        r"(?<!day )(?<![\d.])\b(\d+)(?= [a-z])", lambda n: n[1] if not 0 < int(n[1]) < few else "few", whole
    )
