"""Covariates of a regression: numbers as they are, categories beside their reference level."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.cox_engine import Ints
from ain_analytics.errors import BadFrame, MissingCovariate, NotEstimable
from ain_analytics.step_curve import Floats
from ain_analytics.strata import ALL, NOT_RECORDED

MISSING = ("refuse", "drop", "impute")


@dataclass(frozen=True, slots=True)
class Covariate:
    """A column of the follow-up: a number, or a category with the levels that occur.

    Parameters
    ----------
    column : str
    levels : tuple of str
        Empty for a number; of a category the first is the reference.
    """

    column: str
    levels: tuple[str, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """Levels that have a coefficient; one, with an empty name, for a number."""
        return self.levels[1:] if self.levels else ("",)

    def encoded(self, rows: pl.DataFrame) -> Floats:
        """Give the terms as numbers: rows by terms."""
        if not self.levels:
            return rows[self.column].cast(pl.Float64).to_numpy()[:, None]
        text = rows[self.column].cast(pl.String).to_numpy()
        return np.column_stack([(text == level).astype(float) for level in self.terms])


@dataclass(frozen=True, slots=True)
class Design:
    """The covariates of a regression, in order."""

    covariates: tuple[Covariate, ...]

    @property
    def terms(self) -> tuple[tuple[str, str], ...]:
        """Column and level of each coefficient."""
        return tuple((c.column, level) for c in self.covariates for level in c.terms)

    @property
    def owner(self) -> Ints:
        """Place of the covariate that each coefficient belongs to."""
        sizes = [len(c.terms) for c in self.covariates]
        return np.repeat(np.arange(len(sizes)), sizes).astype(np.int64)

    def matrix(self, rows: pl.DataFrame) -> Floats:
        """Give the terms of some rows: rows by terms.

        Raises
        ------
        BadFrame
            A covariate is missing, unknown in a row, or a level that the regression has not seen.
        """
        for c in self.covariates:
            _refuse_unknown(rows, c)
        return np.column_stack([np.zeros((rows.height, 0)), *(c.encoded(rows) for c in self.covariates)])

    def in_words(self) -> list[str]:
        """Name the reference level of each category."""
        named = [f"{c.column}: {c.levels[0]}" for c in self.covariates if c.levels]
        if not named:
            return []
        return [f"Reference levels, the most frequent where none was named: {'; '.join(named)}."]


def design_of(
    rows: pl.DataFrame, covariates: Sequence[str], *, reference: Mapping[str, str] | None = None
) -> Design:
    """Find out what each covariate is.

    Parameters
    ----------
    rows : one row per episode
    covariates : names of columns of numbers, of text, of categories, or of true and false
    reference : mapping of a column to the level that others are held against
        Else the most frequent level, the first by name of equally frequent ones: our choice.

    Raises
    ------
    BadFrame
        A column is of another type, holds an infinite number, is named twice, or has no such level.
    NotEstimable
        A column does not vary.
    """
    wanted = dict(reference or {})
    if len(set(covariates)) < len(covariates):
        raise BadFrame("FollowUp", "a covariate is named twice")
    if set(wanted) - set(covariates):
        raise BadFrame("FollowUp", "a reference level is given for a column that is no covariate")
    return Design(tuple(_covariate(rows, name, wanted.get(name)) for name in covariates))


def known_rows(rows: pl.DataFrame, columns: Sequence[str], *, missing: str) -> tuple[pl.DataFrame, list[str]]:
    """Take the rows in which all covariates are known, where that was asked for, and say how many are not.

    Raises
    ------
    MissingCovariate
        A covariate is unknown in some rows, and `missing` is "refuse".
    """
    numbers = [name for name in columns if rows.schema[name].is_float()]
    rows = rows.with_columns(pl.col(numbers).fill_nan(None)) if numbers else rows
    unknown = {name: rows[name].null_count() for name in columns if rows[name].null_count()}
    if not unknown:
        return rows, ["Every covariate is known in every episode."]
    if missing == "refuse":
        raise MissingCovariate(unknown, rows.height)
    counted = ", ".join(f"{name} in {n}" for name, n in unknown.items())
    if missing == "impute":
        return rows, [f"Of {rows.height} episodes, unknown: {counted}; drawn several times."]
    kept = rows.drop_nulls(list(columns))
    if kept.is_empty():
        raise NotEstimable("the regression", "in no episode is every covariate known")
    return kept, [
        f"{rows.height - kept.height} of {rows.height} episodes left out, because a covariate is unknown: "
        f"{counted}. The others stand for them only where a covariate's being unknown has nothing to do with "
        "the resolution, given the covariates."
    ]


def strata_codes(rows: pl.DataFrame, strata: Sequence[str]) -> tuple[Ints, tuple[str, ...]]:
    """Give the number of each row's stratum, and the names of the strata by the levels of the columns."""
    if not strata:
        return np.zeros(rows.height, dtype=np.int64), (ALL,)
    names = stratum_names(rows, strata)
    known = names.unique().sort()
    codes = names.replace_strict(known, range(known.len()), return_dtype=pl.Int64)
    return codes.to_numpy(), tuple(known.to_list())


def stratum_names(rows: pl.DataFrame, strata: Sequence[str]) -> pl.Series:
    """Name the stratum of each row."""
    lacking = [name for name in strata if name not in rows.columns]
    if lacking:
        raise BadFrame("FollowUp", f"it lacks the column(s) {', '.join(lacking)}")
    if not strata:
        return pl.Series("stratum", [ALL], dtype=pl.String).new_from_index(0, rows.height)
    parts = [pl.col(name).cast(pl.String).fill_null(NOT_RECORDED) for name in strata]
    return rows.select(pl.concat_str(parts, separator=", ").alias("stratum")).to_series()


def _covariate(rows: pl.DataFrame, name: str, reference: str | None) -> Covariate:
    kind, column = rows.schema[name], rows[name].drop_nulls()
    if kind.is_integer() or kind.is_float():
        if kind.is_float() and column.is_infinite().any():
            raise BadFrame("FollowUp", f"{name} holds infinite numbers")
        if reference is not None:
            raise BadFrame("FollowUp", f"{name} is a number, so it has no reference level")
        if column.n_unique() < 2:
            raise NotEstimable(name, "the covariate does not vary")
        return Covariate(name)
    if not isinstance(kind, (pl.String, pl.Enum, pl.Categorical, pl.Boolean)):
        raise BadFrame("FollowUp", f"{name} is {kind}, but a covariate is a number or a category")
    text = column.cast(pl.String)
    counts = text.alias("level").value_counts(name="n").sort(["n", "level"], descending=[True, False])
    if counts.height < 2:
        raise NotEstimable(name, "the covariate does not vary")
    first = str(counts["level"][0]) if reference is None else reference
    declared = kind.categories.to_list() if isinstance(kind, pl.Enum) else sorted(counts["level"].to_list())
    seen = set(counts["level"].to_list())
    if first not in seen:
        raise BadFrame("FollowUp", f"{name} has not the level that is to be the reference")
    return Covariate(name, (first, *(level for level in declared if level in seen and level != first)))


def _refuse_unknown(rows: pl.DataFrame, covariate: Covariate) -> None:
    name = covariate.column
    if name not in rows.columns:
        raise BadFrame("FollowUp", f"it lacks the column(s) {name}")
    kind = rows.schema[name]
    n = rows[name].null_count() + (int(rows[name].is_nan().sum()) if kind.is_float() else 0)
    if n:
        raise BadFrame("FollowUp", f"{name} is null in {n} rows")
    if not covariate.levels:
        if not (kind.is_integer() or kind.is_float()):
            raise BadFrame("FollowUp", f"{name} is {kind}, but a number is needed")
        return
    n = int((~rows[name].cast(pl.String).is_in(covariate.levels)).sum())
    if n:
        raise BadFrame("FollowUp", f"{name} has in {n} rows a level that the regression has not seen")
