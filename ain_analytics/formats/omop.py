"""OMOP Common Data Model 5.4: one file or table each, by the names of the model, in any case."""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.files import ENDINGS
from ain_analytics.formats.format import Format
from ain_analytics.schema.omop import OMOP as TABLES
from ain_analytics.schema.omop import UNREAD
from ain_analytics.sender import SenderOptions

_UNSPECIFIED_ANC = "26499-4"
"""What a SNOMED concept of a neutrophil count is taken for: it does not say how it was counted."""
_PART = "([-_. ]?(part)?[-_. ]?[0-9]+|-.*)?"


_CONCEPTS_OF_USE = {
    "person": ("race_concept_id",),
    "measurement": (
        "measurement_concept_id", "measurement_source_concept_id", "unit_concept_id", "value_as_concept_id",
        "meas_event_field_concept_id",
    ),
    "condition_occurrence": ("condition_concept_id", "condition_source_concept_id"),
    "drug_exposure": ("drug_concept_id", "drug_source_concept_id"),
    "observation": ("value_as_concept_id",),
}  # fmt: skip
_KEYS = {
    "concept": {"concept_id", "vocabulary_id"},
    "concept_ancestor": {"ancestor_concept_id", "descendant_concept_id"},
    "drug_exposure": {"drug_concept_id"},
}


def _rows_of_use(there: Mapping[str, Collection[str]]) -> Mapping[str, str]:
    """Of a vocabulary of millions of concepts, take those that the records name, and ATC."""
    named = [
        f"select cast({column} as numeric) from {{{table}}}"
        for table, columns in _CONCEPTS_OF_USE.items()
        for column in columns
        if column in there.get(table, ())
    ]
    has = {table: columns.issubset(there.get(table, ())) for table, columns in _KEYS.items()}
    conditions = {}
    if has["concept"] and named:
        conditions["concept"] = (
            f"vocabulary_id = 'ATC' or cast(concept_id as numeric) in ({' union '.join(named)})"
        )
    if all(has.values()):
        conditions["concept_ancestor"] = (
            "cast(descendant_concept_id as numeric) in "
            "(select cast(drug_concept_id as numeric) from {drug_exposure}) "
            "and cast(ancestor_concept_id as numeric) in "
            "(select cast(concept_id as numeric) from {concept} where vocabulary_id = 'ATC')"
        )
    return conditions


def _table_of(path: Path) -> tuple[str, str] | None:
    """Tell the table of `MEASUREMENT.csv`, `measurement_1.parquet`; the longest name is tried first."""
    name = path.name.lower()
    for ending in ENDINGS:
        if name.endswith(ending):
            stem = name[: -len(ending)]
            for table in sorted(TABLES, key=len, reverse=True):
                if re.fullmatch(table + _PART, stem, re.DOTALL):
                    return table, ending
    return None


def _known_concepts() -> pl.DataFrame:
    """Give one row per concept id that the shipped lists know: what it stands for in a laboratory's words."""
    listed = code_list("snomed_omop").filter(pl.col("system") == "OMOP concept_id")
    code = pl.col("source_code").str.replace("cellls", "cells")  # so stands the unit in the list's source
    known = listed.select(
        pl.col("code").alias("concept_id"),
        pl.when(pl.col("role") == "measurement_anc", pl.col("source_vocabulary") == "SNOMED")
        .then(pl.lit(_UNSPECIFIED_ANC))
        .otherwise(code)
        .alias("code"),
        pl.when(pl.col("role") == "measurement_anc")
        .then(pl.lit("LOINC"))
        .otherwise(pl.col("source_vocabulary"))
        .alias("vocabulary"),
        pl.col("display").alias("name"),
    )
    loinc = code_list("loinc_anc").filter(pl.col("omop_concept_id").is_not_null())
    analytes = loinc.select(
        pl.col("omop_concept_id").alias("concept_id"),
        "code",
        pl.col("system").alias("vocabulary"),
        pl.col("display").alias("name"),
    )
    return pl.concat([analytes, known]).unique("concept_id", keep="first", maintain_order=True)


def _listed_codes() -> pl.DataFrame:
    """Give one row per listed LOINC code, of whatever role: its results are kept with all they say."""
    listed = code_list("loinc_anc").filter(pl.col("system") == "LOINC")
    return listed.select("code").unique(maintain_order=True)


def _code_tables(options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    field = options.specimen_field_concept_id
    return {
        "omop_known_concept": _known_concepts(),
        "omop_listed_code": _listed_codes(),
        "omop_value": code_list("omop_value").select("concept_id", "kind", "means"),
        "omop_specimen_field": pl.DataFrame(
            {"concept_id": [field] if field else []}, schema={"concept_id": pl.String}
        ),
    }


OMOP = Format(
    "omop",
    "the OMOP Common Data Model",
    TABLES,
    ("person", "measurement"),
    find_table=_table_of,
    code_tables=_code_tables,
    unread=UNREAD,
    keys={table: f"{table}_id" for table in TABLES},
    read_in_place={"measurement": ("value_as_number",)},
    rows_of_use=_rows_of_use,
)
