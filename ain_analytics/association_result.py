"""The result of every analysis of what goes with neutropenia: its rows, and what they rest on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from html import escape

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.disclosure import hide_small_cells, hide_small_shares
from ain_analytics.rates import Ratio
from ain_analytics.result_html import as_list
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import AssociationRows

ESTIMATE = ("value", "lower", "upper", "p")
COUNTS = ("n", "n_children")
ALL_KINDS = "any"
"""Group in which the others of a quantity add up."""
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
    parts_of_a_whole : mapping of a quantity to `group` or `category`
        Where the counts of one group, or one category, add up to something that a reader may know.

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
    parts_of_a_whole: Mapping[str, str] = field(default_factory=dict)

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
            _without_few(rows, few, self.parts_of_a_whole.get(str(quantity)))
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
        head = f"<p><b>{escape(self.question)}</b> Definition {escape(repr(self.definitions.name))}.</p>"
        return f"{head}{self.table._repr_html_()}{as_list(self.assumptions)}"


def row(
    quantity: str, group: str, category: str, found: Ratio, *, method: str, unit: str,
    of_unit: str = "children", n: int | None = None, of: int | None = None, n_children: int | None = None,
) -> dict[str, object]:  # fmt: skip
    """Make one row of an association's table."""
    return {
        "quantity": quantity, "group": group, "category": category, "n": n, "n_children": n_children,
        "of": of, "of_unit": of_unit, "value": found.value, "lower": found.lower,
        "upper": found.upper, "p": found.p,
        "unit": unit, "method": method,
    }  # fmt: skip


def rows_frame(rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Make the table of an association, in its schema."""
    return frame_of(AssociationRows, rows)


def _without_few(rows: pl.DataFrame, few: int, whole: str | None) -> pl.DataFrame:
    """Hide the small counts of one quantity, shares behind whose rest is a small one, and what tells either.

    Counts with one value of column `whole` add up to what a reader may know.
    """
    is_share = pl.col("of_unit").cast(pl.String) != "person_days"
    part = pl.when(is_share).then(pl.col("n") / pl.col("of")).alias("part")
    marked = hide_small_shares(rows.with_columns(part), share="part", of="of", minimum_cell=few).with_columns(
        pl.min_horizontal("n", pl.coalesce("n_children", "n")).alias("behind")
    )
    marked = marked.with_columns(
        (pl.col("part_is_hidden") | ((pl.col("behind") > 0) & (pl.col("behind") < few)))
        .fill_null(value=False)
        .alias("is_hidden")
    )
    if whole is not None:
        lines = [_beside_few(line, few) for line in marked.partition_by(whole, maintain_order=True)]
        marked = pl.concat(lines).sort("order")
    told = [pl.when(~pl.col("is_hidden")).then(pl.col(name)).alias(name) for name in (*ESTIMATE, *COUNTS)]
    of = pl.when((pl.col("of") >= few) | (pl.col("of") == 0)).then(pl.col("of")).alias("of")
    return marked.with_columns(*told, of).select(rows.columns)


def _beside_few(line: pl.DataFrame, few: int) -> pl.DataFrame:
    """Hide more counts of a line, so that a small one cannot be computed from their sum."""
    is_part = (pl.col("group") != ALL_KINDS) & pl.col("behind").is_not_null()
    parts = hide_small_cells(line.filter(is_part), counts=["behind"], minimum_cell=few)
    more = parts.select("order", "behind_is_hidden")
    return (
        line.join(more, on="order", how="left", maintain_order="left")
        .with_columns(pl.col("is_hidden") | pl.col("behind_is_hidden").fill_null(value=False))
        .drop("behind_is_hidden")
    )


def _ratios_without_few(table: pl.DataFrame) -> pl.DataFrame:
    """Hide ratios of a group with a hidden count, and all sums over tests where one is hidden."""
    counted = ~pl.col("quantity").str.contains(DERIVED)
    few = table.filter(counted, pl.col("n").is_null())["group"].unique().to_list()
    rests_on_few = ~counted & (
        pl.col("group").is_in(few) | (pl.col("quantity").str.contains(SUMMED) & pl.lit(bool(few)))
    )
    return table.with_columns(
        pl.when(~rests_on_few).then(pl.col(name)).alias(name) for name in (*ESTIMATE, *COUNTS)
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
