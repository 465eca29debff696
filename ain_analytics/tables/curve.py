"""What the curves say, written out."""

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
from great_tables import GT

from ain_analytics.characteristics import group_in_words
from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.shared import summary_without_few
from ain_analytics.tables.look import HIDDEN, NONE, dressed, hidden_note

NOT_REACHED = "not reached"
MOST_COLUMNS = 4
"""More groups become rows, and fewer quantities are told of each."""
Column = tuple[ResolutionCurve, str]
"""A curve and one of its strata."""


def table_curve(curve: ResolutionCurve) -> GT:
    """Write out a curve: quartiles, median, shares not yet resolved, each with its limits.

    Parameters
    ----------
    curve : ResolutionCurve
        One column for each stratum, or one row where there are many. Small numbers are hidden,
        see `definitions.minimum_cell`.

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> "Half resolved by" in table_curve(curve).as_raw_html()
    True
    """
    words = curve.summary.select("stratum", group_in_words(curve.by)).unique(maintain_order=True)
    columns = {group: (curve, stratum) for stratum, group in words.rows()}
    return _table(columns, "table_curve", curve)


def table_bounds(curves: Mapping[str, ResolutionCurve]) -> GT:
    """Write out the same quantities under several rules, one column for each.

    Parameters
    ----------
    curves : mapping of a label to a ResolutionCurve without strata

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> "strict" in table_bounds({"textbook": curve, "strict": curve}).as_raw_html()
    True
    """
    columns = {label.replace("_", " "): (curve, curve.strata[0]) for label, curve in curves.items()}
    return _table(columns, "table_bounds", next(iter(curves.values())))


def _table(columns: Mapping[str, Column], name: str, main: ResolutionCurve) -> GT:
    d = main.definitions
    long = pl.concat(
        [
            _cells(curve, stratum).with_columns(pl.lit(label).alias("column"))
            for label, (curve, stratum) in columns.items()
        ]
    )
    is_turned = len(columns) > MOST_COLUMNS
    if is_turned:
        words = shortest_in_words(d)
        long = long.filter(pl.col("item").is_in(list(words))).with_columns(pl.col("item").replace(words))
    on, index = ("item", "column") if is_turned else ("column", "item")
    wide = long.pivot(on=on, index=index, values="said", maintain_order=True)
    shown = wide.columns[1:]
    labels: dict[str, Any] = {label: label if len(columns) > 1 else "" for label in shown}
    notes = [
        f"Months since {d.time_origin}; in brackets {100 * d.confidence:g} % limits. Definition “{d.name}”.",
        *([hidden_note(d.minimum_cell)] if HIDDEN in wide.select(shown).unpivot()["value"].to_list() else []),
        *([f"Do the groups resolve at different rates? {main.test!r}."] if main.test else []),
    ]
    table = GT(wide, rowname_col=index, id=name).cols_label(labels)
    return dressed(table.sub_missing(columns=shown, missing_text=NONE), notes)


def _cells(curve: ResolutionCurve, stratum: str) -> pl.DataFrame:
    """Say every quantity of one stratum."""
    summary = summary_without_few(curve.summary, curve.definitions.minimum_cell)
    rows = summary.filter(pl.col("stratum") == stratum)
    words = quantities_in_words(curve.definitions)
    return rows.filter(pl.col("quantity").is_in(list(words))).select(
        pl.col("quantity").replace_strict(words).alias("item"), said_quantity().alias("said")
    )


def quantities_in_words(definitions: Definitions) -> dict[str, str]:
    """Say what each quantity of a summary is."""
    months, horizon = definitions.report_months, definitions.rmst_months
    return {
        "n": "Episodes followed",
        "n_resolved": "of them resolved",
        "quartile_1": "A quarter resolved by, months",
        "median": "Half resolved by (median), months",
        "quartile_3": "Three quarters resolved by, months",
        **{f"unresolved_at_{month}_months": f"Not yet resolved at {month} months" for month in months},
        f"rmst_{horizon}_months": f"Mean months unresolved within the first {horizon}",
        "follow_up_median": "Median observation (reverse Kaplan–Meier), months",
    }


def shortest_in_words(definitions: Definitions) -> dict[str, str]:
    """Say the quantities that are told of many groups more shortly."""
    words = quantities_in_words(definitions)
    shorter = {"n": "Episodes", "n_resolved": "Resolved", "median": "Median, months"} | {
        f"unresolved_at_{month}_months": f"Unresolved at {month} months"
        for month in definitions.report_months
    }
    return {words[name]: said for name, said in shorter.items()}


def said_quantity() -> pl.Expr:
    """Say a value with its limits, or why there is none."""
    unit, note = pl.col("unit").cast(pl.String), pl.col("note").fill_null("")
    count = pl.col("value").round(0).cast(pl.Int64).cast(pl.String)
    return (
        pl.when(note == "hidden")
        .then(pl.lit(HIDDEN))
        .when(note.str.contains("beyond_follow_up"))
        .then(pl.lit("beyond follow-up"))
        .when(pl.col("value").is_null())
        .then(pl.lit(NOT_REACHED))
        .when(unit == "episodes")
        .then(count)
        .when(unit == "share")
        .then(
            _with_limits(lambda end: (100 * pl.col(end)).round(0).cast(pl.Int64).cast(pl.String), "{}\u00a0%")
        )
        .otherwise(_with_limits(lambda end: (pl.col(end) / DAYS_PER_MONTH).round(1).cast(pl.String), "{}"))
    )


def _with_limits(number: Callable[[str], pl.Expr], form: str) -> pl.Expr:
    value = pl.format(form, number("value"))
    limits = [number(end).fill_null(NOT_REACHED) for end in ("lower", "upper")]
    is_alone = pl.col("lower").is_null() & pl.col("upper").is_null()
    return pl.when(is_alone).then(value).otherwise(pl.format("{} ({}\u00a0to\u00a0{})", value, *limits))
