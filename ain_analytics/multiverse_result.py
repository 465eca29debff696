"""The answer under many definitions: a table, what its spread depends on, and what reverses a comparison."""

from dataclasses import dataclass, replace

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.grid import Chosen, Grid
from ain_analytics.multiverse_spread import changed_ways, spread
from ain_analytics.result_html import as_html
from ain_analytics.schema.multiverse import MultiverseRows
from ain_analytics.strata import ALL

HIDDEN = "hidden"
NO_TEST = (
    "A multiverse shows how the answer depends on choices. It is no test and no confidence interval: "
    "definitions are not drawn from anything, and how many of them say something is no evidence for it."
)
_MONTHS, _SHARE = 1, 2
"""Decimals of what may be shown to others."""
_NAMED = 3
"""Choices that are named in a line."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Multiverse:
    """The median and the share unresolved under each definition of a grid.

    Parameters
    ----------
    table : MultiverseRows
        One row per definition and group of children.
    spread : MultiverseSpread
        One row per choice, quantity and scale.
    reversal : MultiverseReversal
        One row per comparison.
    figures : PublishedFigure
        Published figures that are drawn beside the answers.
    grid : Grid
    definitions : Definitions
        Of the study; what the grid does not vary is as here.
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> from ain_analytics.grid import Grid, Way
    >>> ways = (Way("resolves"), Way("is_censored", (("unconfirmed_end", "censor"),)))
    >>> found = ain.multiverse(registry, grid=Grid("ends", {"last_run": ways}, 24))
    >>> found.table["last_run"].to_list()
    ['resolves', 'is_censored']
    >>> found.definition(2).definitions.unconfirmed_end
    'censor'
    """

    table: pl.DataFrame
    spread: pl.DataFrame
    reversal: pl.DataFrame
    figures: pl.DataFrame
    grid: Grid
    definitions: Definitions
    assumptions: tuple[str, ...]

    @property
    def answers(self) -> pl.DataFrame:
        """Rows of all children together, one per definition."""
        return self.table.filter(pl.col("stratum") == ALL)

    def definition(self, number: int) -> Chosen:
        """Give a definition by its number: `definitions`, `classes`, `known_at`, `estimate`."""
        return self.grid.chosen(self.grid.places(number), self.definitions)

    def in_words(self, number: int) -> str:
        """Say in which choices a numbered definition differs from the base."""
        return changed_ways(self.grid, self.grid.places(number)) or "the base"

    def shared(self) -> "Multiverse":
        """Give what others may see: small numbers hidden, counts rounded down, answers rounded.

        An answer is hidden where fewer than `minimum_cell` episodes resolved or stayed, or fewer are behind
        its share or the rest of it. Counts are multiples of that number and medians are rounded to tenths of
        a month, shares to hundredths, so that what differs by one child cannot be told from its neighbours.
        What the spread is made of is then what is shown.
        """
        few = self.definitions.minimum_cell
        n, resolved = pl.col("n"), pl.col("n_resolved")
        at = (pl.col("unresolved") * n).round()
        parts = [n, resolved, at, n - at]
        is_small = pl.any_horizontal([(part > 0) & (part < few) for part in parts]).fill_null(value=False)
        rounded = (pl.col("median") / DAYS_PER_MONTH).round(_MONTHS) * DAYS_PER_MONTH
        told = {"median": rounded, "unresolved": pl.col("unresolved").round(_SHARE)}
        counts = {"n": n // few * few, "n_resolved": resolved // few * few}
        shown = [pl.when(~pl.col("_is_hidden")).then(to).alias(name) for name, to in (told | counts).items()]
        note = pl.when("_is_hidden").then(pl.lit(HIDDEN)).otherwise("note").alias("note")
        table = self.table.with_columns(_is_hidden=is_small).with_columns(*shown, note)
        kept = MultiverseRows.validate(table.select(MultiverseRows.column_names()), cast=True)
        seen = replace(self, table=kept)
        return replace(seen, spread=spread(seen.answers, self.grid))

    def lines(self) -> list[str]:
        """Say in a few lines what came out."""
        answers, grid = self.answers, self.grid
        asked = f"{answers.height:,} of {grid.n:,} definitions of grid {grid.name!r}"
        n_late = int(answers["note"].fill_null("").str.contains("not_reached").sum())
        months = answers["median"] / DAYS_PER_MONTH
        return [
            f"{asked}, base {self.definitions.name!r}",
            f"median {_range(months, 1)} months" + (f"; not reached under {n_late:,}" if n_late else ""),
            f"share unresolved at {grid.at_months} months {_range(answers['unresolved'], _SHARE)}",
            self._most_of("rank", "median (by rank)"),
            self._most_of("share", f"share unresolved at {grid.at_months} months"),
            *(_reversal_in_words(row) for row in self.reversal.iter_rows(named=True)),
        ]

    def _most_of(self, scale: str, said: str) -> str:
        told = self.spread.filter(pl.col("scale") == scale, pl.col("main_share").is_not_null())
        if told.is_empty():
            return f"spread of the {said}: none"
        largest = told.sort("main_share", descending=True).head(_NAMED).select("choice", "main_share").rows()
        return f"spread of the {said}: " + ", ".join(f"{name} {100 * share:.0f} %" for name, share in largest)

    def __repr__(self) -> str:
        first, *others = self.lines()
        return "\n".join([f"Multiverse: {first}", *(f"  {line}" for line in others), f"  {NO_TEST}"])

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.spread, self.assumptions)


def _range(values: pl.Series, decimals: int) -> str:
    known = values.drop_nulls()
    if known.is_empty():
        return "not told"
    least, low, high, most = (
        f"{known.quantile(at, interpolation='nearest'):.{decimals}f}" for at in (0.0, 0.25, 0.75, 1.0)
    )
    base = "none" if values[0] is None else f"{values[0]:.{decimals}f}"
    return f"{least} to {most}, half of them {low} to {high}, base {base}"


def _reversal_in_words(row: dict[str, object]) -> str:
    said = f"{row['comparison']}: {str(row['at_base']).replace('_', ' ')} under the base"
    counted = f"under {row['n_reversed']:,} of {row['n_told']:,} definitions that tell"
    if row["answer"] == "reversed":
        return f"{said}; reversed by {row['change']}, and {counted}"
    return f"{said}; no definition of the grid reverses it" if row["answer"] == "never_reversed" else said
