"""Who was studied, and what became of the rows of the extract."""

from typing import Any

import polars as pl
from great_tables import GT

from ain_analytics.characteristics import ALL, counted, first_episodes, grouped, measured
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.disclosure import hide_small_cells
from ain_analytics.fates import FATES, NO_ERROR
from ain_analytics.registry import Registry
from ain_analytics.tables.look import HIDDEN, dressed, hidden_note


def table_one(registry: Registry, cases: pl.DataFrame, *, by: str | None = "is_ain") -> GT:
    """Describe the children who had an episode, by their first one.

    Parameters
    ----------
    registry : Registry
        Numbers under its `definitions.minimum_cell` are hidden.
    cases : Case, one row per episode
    by : {"is_ain", "case_class", "antibody_status", "sex", "site", "severity"}, optional
        Column that splits the children; small groups are put together.

    Returns
    -------
    great_tables.GT
        Counts with their share of the group, or median and quartiles. No p-values.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(60, seed=7)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> "Age at onset" in ain.table_one(registry, ain.classify(registry)).as_raw_html()
    True
    """
    few = registry.definitions.minimum_cell
    children = grouped(first_episodes(registry, cases), by, few)
    sizes: dict[str, int] = dict(children.group_by("group", maintain_order=True).len().rows())
    said = pl.concat([_measured_cells(measured(children), few), _counted_cells(counted(children), few)])
    wide = said.pivot(on="group", index=["block", "item"], values="said", maintain_order=True)
    labels: dict[str, Any] = {name: f"{name} ({n if n >= few else HIDDEN})" for name, n in sizes.items()}
    notes = [
        "Children with at least one episode, described by the first; numbers of children in brackets.",
        "Median (quartiles), or number (share of the column).",
        hidden_note(few),
    ]
    table = GT(wide, rowname_col="item", groupname_col="block", id="table_one").cols_label(labels)
    return dressed(table, notes)


def _measured_cells(found: pl.DataFrame, few: int) -> pl.DataFrame:
    numbers = [pl.col(name).round(1).cast(pl.String) for name in ("median", "quartile_1", "quartile_3")]
    told = (
        pl.when(pl.col("n") >= few)
        .then(pl.format("{} ({}\u00a0to\u00a0{})", *numbers))
        .otherwise(pl.lit(HIDDEN))
    )
    return found.select(
        pl.lit("Median (quartiles)").alias("block"),
        pl.col("measure").alias("item"),
        "group",
        told.alias("said"),
    )


def _counted_cells(found: pl.DataFrame, few: int) -> pl.DataFrame:
    """Say the counts of every block, small ones and those that would give them back hidden."""
    blocks = found.partition_by("block", maintain_order=True)
    shown = pl.concat([_block_with_small_cells_hidden(block, few) for block in blocks])
    share = (100 * pl.col("n") / pl.col("of")).round(0).cast(pl.Int64)
    told = (
        pl.when(pl.col("n").is_null()).then(pl.lit(HIDDEN)).otherwise(pl.format("{} ({}\u00a0%)", "n", share))
    )
    item = pl.col("category").str.replace_all("_", " ").alias("item")
    return shown.select("block", item, "group", told.alias("said"))


def _block_with_small_cells_hidden(block: pl.DataFrame, few: int) -> pl.DataFrame:
    groups = block["group"].unique(maintain_order=True).to_list()
    wide = block.pivot(on="group", index="category", values="n", maintain_order=True)
    parts = [name for name in groups if name != ALL]
    hidden = hide_small_cells(
        wide, counts=parts or [ALL], total=ALL if parts else None, minimum_cell=few
    ).select("category", *groups)
    long = hidden.unpivot(on=groups, index="category", variable_name="group", value_name="n")
    return block.drop("n").join(long, on=["category", "group"], how="left", maintain_order="left")


def table_fates(row_fate: pl.DataFrame) -> GT:
    """Say what became of every row of the extract, by table.

    Parameters
    ----------
    row_fate : RowFate, one row per table and fate
        Numbers that are hidden are null.

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> "used" in table_fates(registry.frame("row_fate")).as_raw_html()
    True
    """
    fate = pl.col("fate")
    is_used = fate == "used"
    shown = row_fate.sort("table_name", ~is_used, maintain_order=True).select(
        pl.col("table_name").str.replace_all("_", " "),
        fate.str.replace_all("_", " "),
        pl.when(is_used).then(pl.lit("")).otherwise(fate.replace_strict(FATES, default="")).alias("words"),
        pl.when(fate.is_in(NO_ERROR)).then(pl.lit("no")).otherwise(pl.lit("yes")).alias("error"),
        pl.col("n_rows").cast(pl.String).fill_null(HIDDEN),
    )
    table = GT(shown, rowname_col="fate", groupname_col="table_name", id="table_fates")
    labels: dict[str, Any] = {"words": "What it means", "error": "An error?", "n_rows": "Rows"}
    labelled = table.cols_label(labels).cols_align("right", columns="n_rows")
    return dressed(labelled, ["Every row of the extract is counted exactly once."])


def table_oddities(oddities: pl.DataFrame, *, minimum_cell: int = TEXTBOOK.minimum_cell) -> GT:
    """Say what looks odd in the extract, found or not.

    Parameters
    ----------
    oddities : frame
        `Quality.oddities`: `name`, `n`, `of`, `words`.
    minimum_cell : int
        Numbers from 1 to one less are hidden.

    Returns
    -------
    great_tables.GT

    Examples
    --------
    >>> "Among" in table_oddities(ain.quality(registry).oddities).as_raw_html()
    True
    """
    n = pl.col("n")
    is_small = (n > 0) & (n < minimum_cell)
    said = pl.when(is_small).then(pl.lit(HIDDEN)).otherwise(n.cast(pl.String))
    among = pl.col("of").cast(pl.String).fill_null(HIDDEN)
    shown = oddities.select(pl.col("words").alias("what"), said.alias("n"), among)
    labels: dict[str, Any] = {"what": "What was looked for", "n": "Found", "of": "Among"}
    table = GT(shown, id="table_oddities").cols_label(labels)
    return dressed(table.cols_align("right", columns=["n", "of"]), [hidden_note(minimum_cell)])
