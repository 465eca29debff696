"""What the literature reports, beside the same quantity on this registry, written out."""

from collections.abc import Mapping
from typing import Any

import polars as pl
from great_tables import GT, loc, style

from ain_analytics.published_records import UNIT, rounded
from ain_analytics.tables.look import NONE, dressed

COLOURS = {"compatible": "#e4edf6", "different": "#fbe6d9", "not comparable": "#efefef"}
WIDTHS: dict[str, str] = {
    "source": "13%",
    "statement": "17%",
    "published": "9%",
    "own": "10%",
    "better": "15%",
    "verdict": "9%",
    "test": "10%",
    "reason": "17%",
}
LABELS: dict[str, Any] = {
    "source": "Source",
    "statement": "What it says",
    "published": "Published",
    "own": "The same here",
    "better": "What ought to be reported",
    "verdict": "Verdict",
    "test": "Test",
    "reason": "Why",
}


def table_comparison(comparison: pl.DataFrame) -> GT:
    """Set published figures beside the same quantity on this registry, with verdict and reason.

    Parameters
    ----------
    comparison : PublishedComparison, one row per figure

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> "Verdict" in table_comparison(comparison).as_raw_html()
    True
    """
    shown = comparison.select(
        pl.format("{} ({})", "study", "figure_id").alias("source"),
        "statement",
        _published().alias("published"),
        _own("own").alias("own"),
        _better().alias("better"),
        pl.col("verdict").cast(pl.String).str.replace_all("_", " "),
        _test().alias("test"),
        _why().alias("reason"),
    )
    table = GT(shown, id="table_comparison").cols_label(LABELS).cols_width(WIDTHS)
    table = _coloured(table, shown, COLOURS)
    table = table.tab_style(style.text(size="12px"), loc.body(columns=["better", "test", "reason"]))
    notes = [
        "A duration and an age are never compared with each other. Limits in brackets. p: of this "
        "comparison alone; Holm: corrected for all of them."
    ]
    return dressed(table, notes)


def _unit() -> pl.Expr:
    return pl.col("unit").cast(pl.String).replace_strict(UNIT, default="")


def _coloured(table: GT, shown: pl.DataFrame, colours: Mapping[str, str]) -> GT:
    """Fill the cells of some verdicts."""
    for verdict, colour in colours.items():
        rows = [place for place, said in enumerate(shown["verdict"].to_list()) if said == verdict]
        if rows:
            table = table.tab_style(style.fill(colour), loc.body(columns="verdict", rows=rows))
    return table


def _test() -> pl.Expr:
    """Name the test, and say both p-values."""
    name = pl.col("test").cast(pl.String).str.replace_all("_", " ")
    said = pl.format("{}, p = {}, Holm {}", name, pl.col("p").round(3), pl.col("p_holm").round(3))
    return pl.when(pl.col("p").is_null()).then(pl.lit(NONE)).otherwise(said)


def _published() -> pl.Expr:
    n = (
        pl.when(pl.col("published_n").is_null())
        .then(pl.lit(""))
        .otherwise(pl.format(", n = {}", "published_n"))
    )
    said = pl.format("{}{}{}", rounded("published"), _unit(), n)
    return pl.when(pl.col("published").is_null()).then(pl.lit(NONE)).otherwise(said)


def _own(name: str) -> pl.Expr:
    """Say a number of this registry with its limits, where it has any."""
    ends = [rounded(f"{name}_{end}") for end in ("lower", "upper")]
    limits = pl.format(" ({} to {})", *(end.cast(pl.String).fill_null("not reached") for end in ends))
    has_limits = ends[0].is_not_null() | ends[1].is_not_null()
    n = pl.format(", n = {}", "own_n").fill_null("") if name == "own" else pl.lit("")
    said = pl.format(
        "{}{}{}{}",
        rounded(name),
        _unit(),
        pl.when(has_limits).then(limits).otherwise(pl.lit("")),
        n,
    )
    return pl.when(pl.col(name).is_null()).then(pl.lit(NONE)).otherwise(said)


def _why() -> pl.Expr:
    """Leave out of a reason what the other columns say: verdict, values, better quantity."""
    told = r" [\d.]+ .*? published, p [^;.]*[\d.]+?(; .*|\.)$"
    opening = r"^(?:Compatible|Different): of the children classed (.*?)" + told
    better = r"; the [^;]*, by Kaplan–Meier, is [^;]*"
    return pl.col("reason").str.replace(opening, "Children classed ${1}${2}").str.replace(better, "")


def _better() -> pl.Expr:
    what = pl.col("better_quantity").str.replace_all("_", " ")
    is_there = pl.col("better").is_not_null()
    return pl.when(is_there).then(pl.format("{}: {}", what, _own("better"))).otherwise(pl.lit(NONE))


STATEMENT_LABELS: dict[str, Any] = {
    "sentence": "What the textbook says",
    "reading": "Read as",
    "value": "Here",
    "verdict": "Verdict",
    "why": "Why",
}


def table_statements(statements: pl.DataFrame) -> GT:
    """Write out what a textbook says, how it is read, and whether it holds.

    Parameters
    ----------
    statements : TextbookRows, one row per sentence and reading
        `TextbookStatements.table`, or that of its `shared()`.

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> import ain_analytics as ain
    >>> said = ain.textbook_statements(registry, cases, followed)
    >>> "does not hold" in table_statements(said.table).as_raw_html()
    True
    """
    unit = pl.col("unit").cast(pl.String).replace_strict({**UNIT, "ratio": ""}, default="")
    ends = [pl.col(end).round(1).cast(pl.String).fill_null("not reached") for end in ("lower", "upper")]
    said = pl.format("{}{} ({} to {})", pl.col("value").round(1), unit, *ends)
    n = pl.format(", n = {}", "n").fill_null("")
    shown = statements.select(
        "sentence",
        "reading",
        pl.when(pl.col("value").is_null()).then(pl.lit(NONE)).otherwise(said + n).alias("value"),
        pl.col("verdict").cast(pl.String).str.replace_all("_", " "),
        "why",
    )
    table = GT(shown, id="table_statements").cols_label(STATEMENT_LABELS)
    colours = {"holds": COLOURS["compatible"], "does not hold": COLOURS["different"]}
    table = _coloured(table, shown, colours)
    return dressed(table, ["How a sentence is read is our choice. Limits in brackets."])
