"""Whom phenotype 213 of OHDSI would count: acquired neutropenia or unspecified leukopenia."""

import polars as pl

from ain_analytics.registry import Registry

PHENOTYPE = "phenotype_213"
LOW, NORMAL = (0.01, 1.499), (4.0, 8.25)
"""10⁹/L, both ends included. A count between the two, or of 0, neither starts nor ends anything."""
CONGENITAL_BY_DAYS, PERSISTS_DAYS, ERA_DAYS = 7, 21, 365
MEASURED = "absolute_"
ENTRY_ROLES = tuple(
    f"neutropenia_code:{role}"
    for role in (
        "unspecified_candidate_AIN", "other_candidate_AIN", "neutropenia_header", "neutropenia_any",
        "infection", "drug", "drug_other", "drug_chemotherapy", "cyclic", "neonatal_transient",
        "leukopenia_unspecified",
    )
)  # fmt: skip
"""Our reading of neutropenia, agranulocytosis and unspecified leukopenia: diagnoses are sent in ICD, and the
phenotype names SNOMED concepts with their descendants."""
CONGENITAL_ROLE = "neutropenia_code:congenital"
CONGENITAL_CODES = ("E71121", "E71111")
"""Propionic acidemia and 3-methylglutaconic aciduria, which the phenotype excludes by name."""


def phenotype_213(registry: Registry) -> pl.DataFrame:
    """Build the cohort of OHDSI phenotype 213 [1]_ from the tables of a registry.

    Entry: a code of neutropenia, agranulocytosis or unspecified leukopenia, or one measured absolute count of
    0.01 to 1.499 × 10⁹/L. Out: an entry with a code of congenital neutropenia on any day up to 7 days after
    it, or with a count of 4 to 8.25 on its own day. End: 21 days after the entry, or on the day of such a
    count if that is earlier. Entries less than 366 days after the end of the one before are one.

    Counts are those that the registry uses, in 10⁹/L, none computed from percentages, none masked. No code
    of ICD-10 that is in use here names neutrophilia, so its rule excludes nobody. The last day of the
    extract ends the time in view.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        One row per cohort entry: `patient_id`, `cohort_start_on`, `cohort_end_on`.

    References
    ----------
    .. [1] OHDSI PhenotypeLibrary 3.37.0, cohort 213,
       https://github.com/OHDSI/PhenotypeLibrary/blob/main/inst/cohorts/213.json.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> ain.phenotype_213(registry).columns
    ['patient_id', 'cohort_start_on', 'cohort_end_on']
    """
    causes = registry.frame("cause")
    counts = registry.frame("anc_result").filter(
        pl.col("anc_method").cast(pl.String).str.starts_with(MEASURED)
    )
    low, normal = (
        counts.filter(pl.col("anc").is_between(*limits)).select("patient_id", day="sampled_on").unique()
        for limits in (LOW, NORMAL)
    )
    coded = causes.filter(pl.col("role").is_in(ENTRY_ROLES)).select("patient_id", day="recorded_on")
    last = registry.known_by or registry.extract.extracted_on
    entries = (
        pl.concat([low, coded])
        .unique()
        .join(normal, on=["patient_id", "day"], how="anti")
        .join(_congenital_since(causes), on="patient_id", how="left")
        .filter(
            pl.col("congenital_on").is_null()
            | (pl.col("congenital_on") > pl.col("day") + pl.duration(days=CONGENITAL_BY_DAYS))
        )
        .sort("day")
        .join_asof(
            normal.with_columns(normal_on="day").sort("day"),
            on="day",
            by="patient_id",
            strategy="forward",
            check_sortedness=False,
        )
    )
    ends = entries.select(
        "patient_id",
        pl.col("day").alias("start"),
        pl.min_horizontal(
            pl.col("day") + pl.duration(days=PERSISTS_DAYS), "normal_on", pl.lit(last)
        ).alias("end"),
    )  # fmt: skip
    return _eras(ends)


def _congenital_since(causes: pl.DataFrame) -> pl.DataFrame:
    """Give the first day of a code of congenital neutropenia, by child."""
    code = pl.col("code").str.to_uppercase().str.replace_all(".", "", literal=True)
    is_congenital = (pl.col("role") == CONGENITAL_ROLE) | pl.any_horizontal(
        code.str.starts_with(known) for known in CONGENITAL_CODES
    )
    return causes.filter(is_congenital).group_by("patient_id").agg(congenital_on=pl.col("recorded_on").min())


def _eras(ends: pl.DataFrame) -> pl.DataFrame:
    """Join entries that follow the latest end before them within the gap."""
    reached = pl.col("end").cum_max().shift(1).over("patient_id")
    is_new = (pl.col("start") > reached + pl.duration(days=ERA_DAYS)).fill_null(value=True)
    return (
        ends.sort("patient_id", "start", "end")
        .with_columns(is_new.cum_sum().over("patient_id").alias("era"))
        .group_by("patient_id", "era", maintain_order=True)
        .agg(pl.col("start").min().alias("cohort_start_on"), pl.col("end").max().alias("cohort_end_on"))
        .drop("era")
    )
