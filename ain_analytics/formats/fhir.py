"""FHIR R4: NDJSON files of Bulk Data, Bundles as JSON, or both; the type in each resource decides."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.formats.format import Format
from ain_analytics.resources import DOCUMENT_ENDINGS, LINE_ENDINGS, find_resources, holds_resources
from ain_analytics.schema.fhir import FHIR as TABLES
from ain_analytics.sender import SenderOptions


def _is_here(paths: Sequence[Path]) -> bool:
    return any(holds_resources(path) for path in paths)


def _code_tables(options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    return {
        "fhir_system": code_list("fhir_system").with_columns(pl.col("rank").cast(pl.Int32)),
        "fhir_code": code_list("fhir_code"),
        "fhir_status": code_list("fhir_status"),
        "fhir_antibody_code": code_list("loinc_neutrophil_antibody")
        .filter(pl.col("system") == "LOINC")
        .select("code"),
        "fhir_local_code": pl.DataFrame({"code": list(options.codes)}, schema={"code": pl.String}),
    }


FHIR = Format(
    "fhir",
    "FHIR R4 (NDJSON or Bundles)",
    TABLES,
    ("resource",),
    endings=(*LINE_ENDINGS, *DOCUMENT_ENDINGS),
    find_table=find_resources,
    is_here=_is_here,
    code_tables=_code_tables,
)
