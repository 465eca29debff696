"""The result of every analysis of what goes with neutropenia: its rows, and what they rest on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from html import escape

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.disclosure import hide_small_cells, hide_small_shares
from ain_analytics.rates import Ratio
from ain_analytics.schema.results import AssociationRows

ESTIMATE = ("value", "lower", "upper", "p")
ALL_KINDS = "any"
"""Category or group in which the others of a quantity add up."""
SUMMED = "cumulative|ever"
DERIVED = f"ratio|{SUMMED}"
"""Quantities, by a part of their name, that are made of the counts of others."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Association:
    """What goes with neutropenia, under one design.

    Parameters
    ----------
    name : str
        Name of the analysis.
    question : str
        What it asks.
    table : AssociationRows, one row per quantity, group and category
    definitions : Definitions
        The choices under which it was made.
    assumptions : tuple of str
        The design, what was set aside, what the estimate takes for granted, and what it cannot show.
    parts_of_a_whole : tuple of str
        Quantities whose counts add up to something that a reader may know.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> result = ain.antibody_yield(registry)
    >>> result.value("share_positive", group="test 1")[0] is not None
    True
    """

    name: str
    question: str
    table: pl.DataFrame
    definitions: Definitions
    assumptions: tuple[str, ...] = ()
    parts_of_a_whole: tuple[str, ...] = ()

    def value(
        self, quantity: str, *, group: str, category: str | None = None
    ) -> tuple[float | None, float | None, float | None]:
        """Look up an estimate, its lower and upper limit; of a group's first category if none is named."""
        chosen = self.table.filter(pl.col("quantity") == quantity, pl.col("group") == group)
        if category is not None:
            chosen = chosen.filter(pl.col("category") == category)
        value, lower, upper = chosen.select("value", "lower", "upper").row(0)
        return value, lower, upper

    def shared(self) -> "Association":
        """Hide what rests on fewer than `definitions.minimum_cell` children, and what would give it back.

        Returns
        -------
        Association
            Hidden numbers are null; the assumptions, which may print small numbers, are those alone that
            print none.
        """
        few = self.definitions.minimum_cell
        numbered = self.table.with_row_index("order")
        parts = [
            _without_few(rows, few, is_whole=str(quantity) in self.parts_of_a_whole)
            for (quantity,), rows in numbered.group_by("quantity", maintain_order=True)
        ]
        table = _ratios_without_few(pl.concat(parts).sort("order").drop("order"))
        said = tuple(line for line in self.assumptions if not line[:1].isdigit())
        hidden = (
            f"Numbers that rest on fewer than {few} children, or would give such a number away, are hidden."
        )
        return replace(self, table=table, assumptions=(*said, hidden))

    def __repr__(self) -> str:
        head = f"Association: {self.name}, definition {self.definitions.name!r}"
        return "\n".join(
            [head, f"  {self.question}", *(f"  {_in_words(row)}" for row in self.table.to_dicts())]
        )

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{escape(line)}</li>" for line in self.assumptions)
        head = f"<p><b>{escape(self.question)}</b> Definition {escape(repr(self.definitions.name))}.</p>"
        return f"{head}{self.table._repr_html_()}<ul>{said}</ul>"


def row(
    quantity: str, group: str, category: str, found: Ratio, *, method: str, unit: str,
    of_unit: str = "children", n: int | None = None, of: int | None = None, n_children: int | None = None,
) -> dict[str, object]:  # fmt: skip
    """Make one row of an association's table."""
    return {
        "quantity": quantity, "group": group, "category": category, "n": n, "n_children": n_children,
        "of": of, "of_unit": of_unit, "value": found.value, "lower": found.lower, "upper": found.upper, "p": found.p,
        "unit": unit, "method": method,
    }  # fmt: skip


def rows_frame(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Make the table of an association, in its schema."""
    schema = {name: column.dtype for name, column in AssociationRows.columns().items()}
    return AssociationRows.validate(pl.DataFrame(list(rows), schema=schema), cast=True)


def _without_few(rows: pl.DataFrame, few: int, *, is_whole: bool) -> pl.DataFrame:
    """Hide the small counts of one quantity, and shares behind whose rest is a small count."""
    hidden = hide_small_shares(
        rows.with_columns(
            pl.when(pl.col("of_unit").cast(pl.String) != "person_days")
            .then(pl.col("n") / pl.col("of"))
            .alias("part")
        ),
        share="part",
        of="of",
        minimum_cell=few,
    )["part_is_hidden"]
    behind = pl.min_horizontal("n", pl.coalesce("n_children", "n"))
    marks = [(behind > 0) & (behind < few), hidden]
    if is_whole:
        marks.append(_beside_few(rows.with_columns(behind.alias("behind")), few))
    is_told = ~pl.any_horizontal(*(pl.lit(mark) if isinstance(mark, pl.Series) else mark for mark in marks))
    shown = [pl.when(is_told.fill_null(value=True)).then(pl.col(name)).alias(name) for name in ESTIMATE]
    counts = [
        pl.when(is_told.fill_null(value=True)).then(pl.col(name)).alias(name) for name in ("n", "n_children")
    ]
    of = pl.when((pl.col("of") >= few) | (pl.col("of") == 0)).then(pl.col("of")).alias("of")
    return rows.with_columns(*shown, *counts, of)


def _beside_few(rows: pl.DataFrame, few: int) -> pl.Series:
    """Say which counts are hidden so that a small one beside them cannot be computed from their sum.

    Counts of a category add up over groups, or those of a group over categories; the row that holds the
    sum is no part of it.
    """
    is_sum = (pl.col("group") == ALL_KINDS) | (pl.col("category") == ALL_KINDS)
    line = "category" if rows["group"].is_in([ALL_KINDS]).any() else "group"
    numbered = rows.with_row_index("place").with_columns(pl.lit(value=False).alias("behind_is_hidden"))
    parts = [
        hide_small_cells(part.drop("behind_is_hidden"), counts=["behind"], minimum_cell=few)
        for part in numbered.filter(~is_sum, pl.col("behind").is_not_null()).partition_by(
            line, maintain_order=True
        )
    ]
    hidden = pl.concat([part.filter("behind_is_hidden")["place"] for part in parts]) if parts else []
    return numbered["place"].is_in(
        hidden if isinstance(hidden, pl.Series) else pl.Series([], dtype=pl.UInt32)
    )


def _ratios_without_few(table: pl.DataFrame) -> pl.DataFrame:
    """Hide ratios of a group with a hidden count, and all sums over tests where one is hidden."""
    counted = ~pl.col("quantity").str.contains(DERIVED)
    few = table.filter(counted, pl.col("n").is_null())["group"].unique().to_list()
    rests_on_few = ~counted & (
        pl.col("group").is_in(few) | (pl.col("quantity").str.contains(SUMMED) & pl.lit(bool(few)))
    )
    return table.with_columns(
        pl.when(~rests_on_few).then(pl.col(name)).alias(name) for name in (*ESTIMATE, "n", "n_children")
    )


def _in_words(said: Mapping[str, object]) -> str:
    """Say one row in a line."""
    name = ", ".join(
        str(said[part]).replace("_", " ") for part in ("quantity", "group", "category") if said[part]
    )
    counted = (
        ""
        if said["n"] is None
        else f" ({said['n']}" + (f" of {said['of']})" if said["of"] is not None else ")")
    )
    value, lower, upper = (
        "not known" if said[part] is None else f"{said[part]:.3g}" for part in ("value", "lower", "upper")
    )
    limits = "" if said["lower"] is None and said["upper"] is None else f", limits {lower} to {upper}"
    return f"{name}: {value} {str(said['unit']).replace('_', ' ')}{limits}{counted}"
