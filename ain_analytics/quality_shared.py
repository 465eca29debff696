"""What of a look at an extract may be shown to others: few rows and few children hidden, no names of few.

The page and the charts of the quality report are made of this, never of the tables themselves.
"""

from collections.abc import Iterable

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.disclosure import hide_small_cells, hide_small_shares
from ain_analytics.fates import NO_ERROR
from ain_analytics.quality import Quality
from ain_analytics.quality_checks import is_far, short
from ain_analytics.quality_rows import PERCENTILES

MOST_SITES, MOST_YEARS, MOST_WAYS, MOST_MONTHS = 8, 15, 18, 240
"""What a page has room for; the largest and the latest are kept."""
DIGITS = 3
OTHERS = "others"


def shared_quality(seen: Quality) -> dict[str, pl.DataFrame]:
    """Take from a look at an extract what others may see.

    Returns
    -------
    dict of name to polars.DataFrame
        `row_fate`, `set_aside`, `amounts`, `drift`, `last_digit`, `near_limit`, `gap`,
        `counts_per_child`, `onset_age`, `agreement`; hidden values are null. Sites and spellings that
        fewer than `minimum_cell` children stand behind are not named, rows are counted roughly.
    """
    few, tables = seen.definitions.minimum_cell, seen.tables
    sites = _sites_to_name(tables["quality_rows"], few)
    return {
        "row_fate": _each(seen.fates, "table_name", "n_rows", few),
        "set_aside": _set_aside(tables["quality_rows"], sites, few),
        "amounts": _amounts(tables["quality_amounts"], seen.definitions),
        "drift": _drift(tables["quality_drift"], sites, few),
        "last_digit": _each(tables["quality_last_digit"], "decimals", "n_counts", few),
        "near_limit": _each(tables["quality_near_limit"], "limit", "n_counts", few),
        "gap": hide_small_cells(tables["quality_gap"], counts=["n_gaps"], minimum_cell=few),
        "counts_per_child": hide_small_cells(
            tables["quality_counts_per_child"], counts=["n_children"], minimum_cell=few
        ),
        "onset_age": _each(tables["quality_onset_age"], "change_months", "n_episodes", few),
        "agreement": _agreement(tables["quality_agreement"], few),
    }


def _each(frame: pl.DataFrame, by: str, count: str, few: int) -> pl.DataFrame:
    """Hide small counts of each group; what was expected is a sum of them, so it is hidden with them."""
    parts = [
        hide_small_cells(part, counts=[count], minimum_cell=few)
        for part in frame.partition_by(by, maintain_order=True)
    ]
    hidden = pl.concat(parts) if parts else frame
    if "expected" not in frame.columns:
        return hidden
    is_whole = pl.col(count).is_not_null().all().over(by)
    return hidden.with_columns(pl.when(is_whole).then("expected").alias("expected"))


def _sites_to_name(rows: pl.DataFrame, few: int) -> dict[str, str]:
    """Name the sites with enough children, so that those put together are enough too."""
    children = (
        rows.filter(pl.col("table_name") == "patient", pl.col("fate") == "used")
        .group_by("site")
        .agg(pl.col("n_children").sum())
        .sort("n_children", "site", descending=[True, False])
    )
    named = children.filter(pl.col("n_children") >= few).head(MOST_SITES)
    n_others = int(children["n_children"].sum()) - int(named["n_children"].sum())
    if 0 < n_others < few:
        named = named.head(named.height - 1)
    return _in_short(named["site"])


def _in_short(names: Iterable[str]) -> dict[str, str]:
    """Give each name a short form of its own."""
    made: dict[str, str] = {}
    for name in names:
        clean = short(name)
        again = sum(clean == other.partition("\u00a0(")[0] for other in made.values())
        made[name] = f"{clean}\u00a0({again + 1})" if again else clean
    return made


def _named(column: str, names: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(names, default=OTHERS, return_dtype=pl.String)


def _set_aside(rows: pl.DataFrame, sites: dict[str, str], few: int) -> pl.DataFrame:
    """Give the share of laboratory rows set aside for an error, by site and year.

    How many children stand behind a cell is known from below only: as many as have one fate in it.
    """
    is_error, n = ~pl.col("fate").is_in(NO_ERROR), pl.col("n_rows")
    cells = (
        rows.filter(pl.col("table_name") == "lab_result", pl.col("site") != "not_known")
        .group_by("site", "year")
        .agg(n.sum(), n.filter(is_error).sum().alias("n_errors"), pl.col("n_children").max())
    )
    years = (
        cells.filter(pl.col("year") != "not_known")
        .group_by("year")
        .agg(pl.col("n_children").sum(), n.sum())
        .filter(pl.col("n_children") >= few)
        .sort("n_rows", "year", descending=True)
        .head(MOST_YEARS)["year"]
    )
    is_kept = pl.col("year").is_in(years.to_list())
    year = pl.when(is_kept).then("year").otherwise(pl.lit(OTHERS)).alias("year")
    folded = (
        cells.with_columns(_named("site", sites), year)
        .group_by("site", "year")
        .agg(n.sum(), pl.col("n_errors").sum(), pl.col("n_children").max())
        .with_columns((pl.col("n_errors") / n).alias("share"))
    )
    hidden = hide_small_shares(folded, share="share", of="n_rows", minimum_cell=few)
    enough = pl.col("n_children") >= few
    return hidden.select(
        "site", "year", pl.when(enough).then(pl.col("share").round(2)).alias("share")
    ).sort(pl.col("site") == OTHERS, "site", pl.col("year") == OTHERS, "year")  # fmt: skip


def _quantiles(n: str, few: int, *, digits: int = DIGITS) -> list[pl.Expr]:
    """Show a median of enough children, and a percentile beyond which enough counts lie."""
    enough = pl.col("n_children") >= few
    tail = pl.col(n) * PERCENTILES[0] >= few
    ends = [pl.col(end).round_sig_figs(digits) for end in ("low", "high")]
    return [
        *(pl.when(enough & tail).then(end) for end in ends),
        pl.when(enough).then(pl.col("median").round_sig_figs(digits)).alias("median"),
    ]


def _amounts(amounts: pl.DataFrame, d: Definitions) -> pl.DataFrame:
    """Put together the spellings of few children, and those that there is no room for; odd ones stay."""
    few, n = d.minimum_cell, pl.col("n_rows")
    enough = amounts.filter(pl.col("n_children") >= few)
    units, methods = _in_short(enough["unit"].unique().sort()), _in_short(enough["method"].unique().sort())
    kept = enough.sort(~is_far(d).fill_null(value=False), -n, "analyte", "unit", "method").head(MOST_WAYS)
    rest = amounts.join(kept, on=["analyte", "unit", "method"], how="anti")
    others = rest.group_by("analyte", "amount_unit").agg(
        pl.lit(OTHERS).alias("unit"), pl.lit(OTHERS).alias("method"), n.sum(), pl.col("n_used").sum()
    )
    every = pl.concat(
        [
            kept.with_columns(
                _named("unit", units), _named("method", methods), *_quantiles("n_amounts", few)
            ),
            others,
        ],
        how="diagonal_relaxed",
    ).with_columns((n - pl.col("n_used")).alias("n_set_aside"))
    hidden = hide_small_cells(every, counts=["n_used", "n_set_aside"], total="n_rows", minimum_cell=few)
    return hidden.select(
        "analyte", "unit", "method", "amount_unit", "n_rows", "n_used", "low", "median", "high"
    ).sort("analyte", pl.col("unit") == OTHERS, "unit", "method")


def _drift(drift: pl.DataFrame, sites: dict[str, str], few: int) -> pl.DataFrame:
    """Give the monthly medians of the sites that are named, every month to the last, hidden ones as gaps."""
    known = drift.filter(pl.col("site").is_in(list(sites)), pl.col("n_children") >= few)
    if known.is_empty():
        return drift.clear().select("site", "month", "median", "n_counts")
    last = known["month"].max()
    months = pl.select(
        pl.date_range(
            pl.max_horizontal(
                pl.lit(known["month"].min()), pl.lit(last).dt.offset_by(f"-{MOST_MONTHS - 1}mo")
            ),
            pl.lit(last),
            "1mo",
        ).alias("month")
    )
    return (
        known.select(pl.col("site").unique())
        .join(months, how="cross")
        .join(known, on=["site", "month"], how="left")
        .select(
            _named("site", sites),
            "month",
            pl.col("median").round_sig_figs(DIGITS),
            (pl.col("n_counts") // few * few).alias("n_counts"),
        )
        .sort("site", "month")
    )


def _agreement(both: pl.DataFrame, few: int) -> pl.DataFrame:
    within = both.with_columns((pl.col("n_counts") - pl.col("n_beyond")).alias("n_within"))
    hidden = hide_small_cells(within, counts=["n_beyond", "n_within"], total="n_counts", minimum_cell=few)
    told = _quantiles("counted", few)
    return (
        hidden.with_columns(both["n_counts"].alias("counted"))
        .with_columns(*told, pl.col("tolerance").round_sig_figs(DIGITS))
        .select("from_anc", "to_anc", "n_counts", "n_beyond", "low", "median", "high", "tolerance")
    )
