"""OMOP CDM 5.4: one file or table for each table of the model."""

from collections.abc import Mapping

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.formats.format import Format
from ain_analytics.schema import OMOP
from ain_analytics.sender import SenderOptions


def known_concept() -> pl.DataFrame:
    """Give one row per concept whose code the shipped lists know: `concept_id`, `code`, `code_system`."""
    measured = code_list("loinc_anc").select(
        pl.col("omop_concept_id").alias("concept_id"), "code", pl.col("system").alias("code_system")
    )
    listed = code_list("snomed_omop").filter(pl.col("system") == "OMOP concept_id")
    others = listed.select(
        pl.col("code").alias("concept_id"),
        pl.col("source_code").alias("code"),
        pl.col("source_vocabulary").alias("code_system"),
    )
    known = pl.concat([measured, others]).drop_nulls()
    return known.unique("concept_id", keep="first", maintain_order=True)


def _code_tables(_options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    words = code_list("omop_word").select("kind", "concept_id", "word")
    return {"omop_known_concept": known_concept(), "omop_word": words}


OMOP_CDM = Format("omop", "OMOP CDM 5.4", OMOP, ("person", "measurement"), code_tables=_code_tables)
