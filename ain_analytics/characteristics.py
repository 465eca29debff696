"""Who was studied: counts and quartiles of children and their first episodes, by group."""

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.registry import Registry

ALL, REST = "All children", "all others"
BLOCKS = {
    "Sex": "sex",
    "Ancestry as recorded": "ancestry",
    "Lowest count of the episode": "severity",
    "Course": "course",
    "Antibodies against neutrophils, at baseline": "antibody_status",
    "End of the episode": "end_kind",
}
"""Categories that are counted, by heading."""
MEASURES = {
    "Age at onset, months": pl.col("age_at_onset_days") / DAYS_PER_MONTH,
    "Days with a count, per episode": pl.col("n_counts"),
    "Months from onset to the last count": (pl.col("last_observed_on") - pl.col("onset_by")).dt.total_days()
    / DAYS_PER_MONTH,
}
"""What is described by its median and quartiles, by heading."""
BY_IN_WORDS = {
    "is_ain": "autoimmune or other",
    "case_class": "case class at baseline",
    "antibody_status": "antibodies at baseline",
}
GROUPS = {"is_ain": {"true": "autoimmune", "false": "other"}}
MOST_CATEGORIES = 6


def group_in_words(by: str | None) -> pl.Expr:
    """Name a stratum in words, as column `group`."""
    return in_words_of(by, pl.col("stratum").cast(pl.String)).alias("group")


def in_words_of(by: str | None, name: pl.Expr) -> pl.Expr:
    """Say a value of a grouping column in words; text from the extract stays as it is."""
    if by in GROUPS:
        return name.replace(GROUPS[by])
    return name if by == "site" else name.str.replace_all("_", " ")


def by_in_words(by: str) -> str:
    """Say by what curves or children are split."""
    return BY_IN_WORDS.get(by, by.replace("_", " "))


def first_episodes(registry: Registry, cases: pl.DataFrame) -> pl.DataFrame:
    """Put together what is known of each child's first episode, one row per child."""
    episodes = registry.frame("episode").filter(pl.col("episode_number") == 1)
    patients = registry.frame("patient").select("patient_id", "sex", "ancestry", "site")
    of_case = cases.select("patient_id", "episode_number", "case_class", "is_ain", "antibody_status")
    return episodes.join(patients, on="patient_id").join(of_case, on=["patient_id", "episode_number"])


def grouped(children: pl.DataFrame, by: str | None, fewest: int) -> pl.DataFrame:
    """Give every child twice: among all, and in its group; once where there are no groups.

    The smallest groups are put together until no group has fewer than `fewest` children; where
    that leaves one group, there are none.
    """
    everybody = children.with_columns(pl.lit(ALL).alias("group"))
    if by is None:
        return everybody
    words = in_words_of(by, pl.col(by).cast(pl.String))
    named = children.with_columns(words.alias("group"))
    sizes = named.group_by("group").len().sort("len", "group")
    is_small = (pl.col("len") < fewest) | (
        pl.col("len").cum_sum().shift(1, fill_value=0).is_between(1, fewest - 1)
    )
    pooled = sizes.filter(is_small)["group"].to_list()
    groups = named.with_columns(
        pl.when(pl.col("group").is_in(pooled)).then(pl.lit(REST)).otherwise("group").alias("group")
    ).sort(pl.col("group") == REST, pl.len().over("group"), "group", descending=[False, True, False])
    return pl.concat([everybody, groups]) if groups["group"].n_unique() > 1 else everybody


def counted(children: pl.DataFrame) -> pl.DataFrame:
    """Count the children of each group and category.

    Parameters
    ----------
    children : one row per child and group

    Returns
    -------
    polars.DataFrame
        One row per block, category and group: `block`, `category`, `group`, `n`, `of`; every
        category has every group. Categories are the declared ones that occur; of free text, the
        most frequent ones.
    """
    groups = children.group_by("group", maintain_order=True).agg(pl.len().alias("of"))
    blocks = [
        _block(children, groups, heading, column)
        for heading, column in BLOCKS.items()
        if _is_told(children, column)
    ]
    return pl.concat(blocks)


def _is_told(children: pl.DataFrame, column: str) -> bool:
    return not (children[column].cast(pl.String) == "not_recorded").all()


def _block(children: pl.DataFrame, groups: pl.DataFrame, heading: str, column: str) -> pl.DataFrame:
    told = children.select("group", _category(children, column).alias("category"))
    found = told.group_by("group", "category").agg(pl.len().alias("n"))
    categories = pl.DataFrame(
        {"category": _order(children, column, told["category"])}, schema={"category": pl.String}
    )
    return (
        categories.join(groups, how="cross", maintain_order="left_right")
        .join(found, on=["group", "category"], how="left", maintain_order="left")
        .select(
            pl.lit(heading).alias("block"), "category", "group", pl.col("n").fill_null(0).cast(pl.Int64), "of"
        )
    )


def _category(children: pl.DataFrame, column: str) -> pl.Expr:
    text = pl.col(column).cast(pl.String)
    if isinstance(children.schema[column], pl.Enum):
        return text
    frequent = (
        children.filter(pl.col("group") == ALL)[column].value_counts(sort=True)[column].head(MOST_CATEGORIES)
    )
    return pl.when(text.is_in(frequent.to_list())).then(text).otherwise(pl.lit(REST))


def _order(children: pl.DataFrame, column: str, told: pl.Series) -> list[str]:
    """Name the categories that occur: declared ones in their order, others by name.

    Not by frequency: from its place between two others a hidden number could be guessed.
    """
    kind = children.schema[column]
    declared = kind.categories.to_list() if isinstance(kind, pl.Enum) else []
    seen = sorted(told.unique(), key=lambda name: (name == REST, name))
    return [name for name in declared if name in seen] or seen


def measured(children: pl.DataFrame) -> pl.DataFrame:
    """Describe each measure by group.

    Returns
    -------
    polars.DataFrame
        One row per measure and group: `measure`, `group`, `n`, `quartile_1`, `median`, `quartile_3`.
    """
    return pl.concat(
        [
            children.group_by("group", maintain_order=True).agg(
                pl.lit(heading).alias("measure"),
                value.count().cast(pl.Int64).alias("n"),
                *(
                    value.quantile(share, "linear").alias(name)
                    for name, share in (("quartile_1", 0.25), ("median", 0.5), ("quartile_3", 0.75))
                ),
            )
            for heading, value in MEASURES.items()
        ]
    )


def class_counts(cases: pl.DataFrame) -> pl.DataFrame:
    """Count children by the class of their first episode, the largest class first."""
    first = cases.filter(pl.col("episode_number") == 1)
    counted = [
        first.group_by(
            pl.col(f"case_class{at}").cast(pl.String).alias("case_class"),
            pl.col(f"is_ain{at}").alias("is_ain"),
        ).agg(pl.len().alias(name))
        for at, name in (("", "n_at_baseline"), ("_at_end", "n_at_end"))
    ]
    return (
        counted[0]
        .join(counted[1], on=["case_class", "is_ain"], how="full", coalesce=True)
        .with_columns(pl.col("n_at_baseline", "n_at_end").fill_null(0))
        .sort("n_at_baseline", "n_at_end", "case_class", descending=[True, True, False])
    )
