"""The sentences of a textbook on the disease, each read in a stated way and held against a registry."""

from dataclasses import dataclass, replace
from importlib.resources import files

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import EmptyStratum
from ain_analytics.published_followed import Followed
from ain_analytics.published_tests import PERCENT
from ain_analytics.quantities import Estimate
from ain_analytics.registry import Registry
from ain_analytics.result_html import as_list
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import TextbookRows
from ain_analytics.textbook_measures import MEASURES, Row, Studied

SHARED = "A value here is hidden, because few children stand behind it or its rest."
SAID = {"holds": "holds", "does_not_hold": "does not hold", "cannot_be_told": "cannot be told"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TextbookStatements:
    """What a textbook says, and whether it holds on a registry.

    Parameters
    ----------
    table : TextbookRows, one row per sentence and reading
    definitions : Definitions
    assumptions : tuple of str

    Examples
    --------
    >>> import ain_analytics as ain
    >>> said = ain.textbook_statements(registry, cases, followed)
    >>> said.verdict("S23c")
    'does_not_hold'
    """

    table: pl.DataFrame
    definitions: Definitions
    assumptions: tuple[str, ...]

    def verdict(self, statement_id: str) -> str:
        """Say whether one reading holds."""
        return str(self.table.row(by_predicate=pl.col("statement_id") == statement_id, named=True)["verdict"])

    def shared(self) -> "TextbookStatements":
        """Hide the values that rest on few children, or on all but a few; the verdicts stay."""
        few, n = self.definitions.minimum_cell, pl.col("n")
        part = (pl.col("value") / PERCENT * n).round()
        is_percent = pl.col("unit").cast(pl.String) == "percent"
        small = [(x > 0) & (x < few) for x in (part, n - part)]
        is_small = (((n < few) & (n > 0)) | (is_percent & (small[0] | small[1]))).fill_null(value=False)
        values = [
            pl.when(~is_small).then(pl.col(name).round(1)).alias(name) for name in ("value", "lower", "upper")
        ]
        why = pl.when(is_small).then(pl.lit(SHARED)).otherwise("why").alias("why")
        return replace(
            self, table=self.table.with_columns(*values, why, pl.when(~is_small).then("n").alias("n"))
        )

    def __repr__(self) -> str:
        lines = [
            f"  {row['statement_id']}: {row['sentence']}: {SAID[row['verdict']]} ({row['why']})"
            for row in self.table.iter_rows(named=True)
        ]
        return "\n".join([f"TextbookStatements under {self.definitions.name}", *lines])

    def _repr_html_(self) -> str:
        shown = self.table.select(
            "sentence", "reading", "value", "lower", "upper", "unit", "n", "verdict", "why"
        )
        return f"{shown._repr_html_()}{as_list(self.assumptions)}"


def textbook_statements(
    registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame
) -> TextbookStatements:
    """Hold the sentences of a textbook against the autoimmune children of a registry.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode
    follow_up : FollowUp, one row per episode

    Returns
    -------
    TextbookStatements
        Each sentence is read as: a number lies in a stated range (our choice, in `reading`). It *holds* where
        all of its limits lie inside, *does not hold* where all of them lie outside, and else *cannot be told*
        (as in tests of equivalence). Nothing is corrected for the number of sentences.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> ain.textbook_statements(registry, cases, followed).table.height
    29
    """
    at = Studied(registry, cases, Followed(registry, cases, follow_up))
    text = files("ain_analytics").joinpath("published", "textbook_statements.csv").read_bytes()
    numbers = [pl.col(name).cast(pl.Float64) for name in ("low", "high", "from_months", "to_months")]
    said = pl.read_csv(text, infer_schema=False).with_columns(numbers)
    rows = [_judged(row, at) for row in said.iter_rows(named=True)]
    return TextbookStatements(
        table=frame_of(TextbookRows, rows),
        definitions=registry.definitions,
        assumptions=(
            "Children whose first episode is primary, probable primary or secondary autoimmune by what was "
            "known soon after onset; sentences on tests and on newborns say of whom else they speak.",
            "How a sentence is read, and what counts as `mostly` or `a little`, is our choice.",
            "Shares of children: exact limits (Clopper and Pearson); of a curve: Kaplan–Meier with "
            "right-censored ends, limits on the log scale; medians: by order statistics or from the curve.",
            "Infections and treatments are those that were recorded; the limits take infections of one child "
            "for independent.",
        ),
    )


def _judged(row: Row, at: Studied) -> Row:
    """Hold one reading against the registry."""
    d = at.registry.definitions
    said = {name: row[name] for name in ("statement_id", "sentence", "reading", "unit", "low", "high")}
    if row["measure"] == "none":
        return said | {"verdict": "cannot_be_told", "method": "none", "why": "It is a definition."}
    try:
        found, method = MEASURES[row["measure"]](at, row)
    except EmptyStratum:
        found, method = Estimate(None, None, None, 0), "none"
    said |= {"value": found.value, "lower": found.lower, "upper": found.upper, "n": found.n, "method": method}
    if found.value is None or found.n < d.minimum_at_risk:
        why = f"Fewer than {d.minimum_at_risk} are behind it here, or the curve does not reach so far."
        return (
            said | dict.fromkeys(("value", "lower", "upper", "n")) | {"verdict": "cannot_be_told", "why": why}
        )
    low, high = row["low"], row["high"]
    if low is None and high is None:
        return said | {"verdict": "cannot_be_told", "why": "It says no number that could be tested."}
    ends = [found.value if x is None else x for x in (found.lower, found.upper)]
    wanted = _range_in_words(low, high)
    if (low is None or ends[0] >= low) and (high is None or ends[1] <= high):
        return said | {"verdict": "holds", "why": f"All of the limits lie {wanted}."}
    if (low is not None and ends[1] < low) or (high is not None and ends[0] > high):
        return said | {"verdict": "does_not_hold", "why": f"None of the limits lies {wanted}."}
    return said | {"verdict": "cannot_be_told", "why": f"The limits lie partly {wanted}, partly not."}


def _range_in_words(low: float | None, high: float | None) -> str:
    if low is None:
        return f"below {high:g}"
    return f"above {low:g}" if high is None else f"from {low:g} to {high:g}"
