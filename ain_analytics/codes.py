"""Code lists as frames: what a code, a unit or the name of a test means to the program."""

from functools import cache
from importlib.resources import files

import polars as pl

from ain_analytics.fates import NO_ERROR

METHOD_RANK = {"automated": 1, "unspecified": 2, "manual": 3}
"""Which of several ways to count one specimen wins, the lowest first; our choice, see `ANC_METHOD`."""

_MEASURES = {
    "anc_absolute": ("anc", "count"),
    "segs_absolute": ("segments", "count"),
    "bands_absolute": ("bands", "count"),
    "wbc_absolute": ("wbc", "count"),
    "neutrophil_percent": ("neutrophil_share", "percent"),
    "neutrophil_fraction": ("neutrophil_share", "fraction"),
    "segs_percent": ("segment_share", "percent"),
    "bands_percent": ("band_share", "percent"),
    "lymphocytes_absolute": ("lymphocytes", "count"),
    "monocytes_absolute": ("monocytes", "count"),
    "eosinophils_absolute": ("eosinophils", "count"),
    "basophils_absolute": ("basophils", "count"),
    "granulocytes_absolute": ("granulocytes", "count"),
    "pmn_absolute": ("granulocytes", "count"),
    "isolated_check_hb": ("hemoglobin", "mass"),
    "isolated_check_platelets": ("platelets", "count"),
}
_LINES = ("lymphocytes", "monocytes", "eosinophils", "basophils")
"""The lines of a differential beside the neutrophils."""
_WHOLE = {"percent": 100.0, "fraction": 1.0}


@cache
def code_list(name: str) -> pl.DataFrame:
    """Read a shipped code list, every column as text.

    Parameters
    ----------
    name : str
        Name of a file in `ain_analytics/codelists`, without its ending.

    Returns
    -------
    polars.DataFrame
        One row per code, as in the file.
    """
    text = files("ain_analytics").joinpath("codelists", f"{name}.csv").read_bytes()
    return pl.read_csv(text, infer_schema=False)


def analyte_code() -> pl.DataFrame:
    """Give one row per laboratory code: role, kind of unit, rank of the method, whole, other line or not."""
    known = pl.col("role").is_in(list(_MEASURES))
    return (
        code_list("loinc_anc")
        .filter(known)
        .select(
            pl.col("system").alias("code_system"),
            "code",
            pl.col("role").replace_strict({k: v[0] for k, v in _MEASURES.items()}).alias("role"),
            pl.col("role").replace_strict({k: v[1] for k, v in _MEASURES.items()}).alias("kind"),
            pl.col("method")
            .fill_null("unspecified")
            .replace_strict(METHOD_RANK, default=METHOD_RANK["unspecified"], return_dtype=pl.Int32)
            .alias("method_rank"),
        )
        .with_columns(
            pl.col("kind").replace_strict(_WHOLE, default=1.0, return_dtype=pl.Float64).alias("whole"),
            pl.col("role").is_in(_LINES).alias("is_line"),
        )
    )


def unit_factor() -> pl.DataFrame:
    """Give one row per kind of measure and spelling of a unit; counts go to 10⁹/L, mass to g/dL."""
    return code_list("unit").with_columns(pl.col("multiply_by", "divide_by").cast(pl.Float64))


def diagnosis_code() -> pl.DataFrame:
    """Give one row per code of a diagnosis and role; `code_key` has no dot, and may be a prefix."""
    lists = (
        code_list("icd10_secondary_causes").select("code", "system", "role", "code_match"),
        code_list("icd10_infections").select(
            "code", "system", pl.concat_str(pl.lit("infection_site:"), "role").alias("role"), "code_match"
        ),
        code_list("icd10_neutropenia").select(
            "code",
            "system",
            pl.concat_str(pl.lit("neutropenia_code:"), "role").alias("role"),
            pl.lit("exact").alias("code_match"),
        ),
    )
    icd = (
        pl.concat(lists)
        .select(
            pl.when(pl.col("system").str.starts_with("ICD-9"))
            .then(pl.lit("ICD9"))
            .otherwise(pl.lit("ICD10"))
            .alias("system_key"),
            pl.col("code").str.to_uppercase().str.replace_all(".", "", literal=True).alias("code_key"),
            "role",
            (pl.col("code_match") == "prefix").alias("is_prefix"),
        )
        .unique(maintain_order=True)
    )
    return pl.concat([icd, _snomed_code(), _omop_code()])


def _snomed_code() -> pl.DataFrame:
    """Give the diagnoses in SNOMED CT, under the roles that their like in ICD-10 have."""
    known = pl.col("source_vocabulary") == "SNOMED"
    return _in_the_roles_of_icd(known, "SNOMED", "source_code")


def _omop_code() -> pl.DataFrame:
    """Give the diagnoses as OMOP concept ids, for sources without a table of concepts."""
    return _in_the_roles_of_icd(pl.col("system") == "OMOP concept_id", "OMOP", "code")


def _in_the_roles_of_icd(which: pl.Expr, system_key: str, code: str) -> pl.DataFrame:
    roles = code_list("snomed_role").select("snomed_role", pl.col("role").alias("icd_role"))
    return (
        code_list("snomed_omop")
        .filter(which)
        .join(roles, left_on="role", right_on="snomed_role", maintain_order="left")
        .select(
            pl.lit(system_key).alias("system_key"),
            pl.col(code).alias("code_key"),
            pl.col("icd_role").alias("role"),
            pl.lit(False).alias("is_prefix"),
        )
    )


def drug_code() -> pl.DataFrame:
    """Give one row per ATC code and role; a group's code is a prefix."""
    return code_list("atc_drugs").select(
        pl.col("code").alias("code_key"),
        pl.col("role").str.replace("_group", "", literal=True),
        pl.col("role").str.ends_with("_group").alias("is_prefix"),
    )


def neutropenia_gene() -> pl.DataFrame:
    """Give one row per gene that causes congenital neutropenia."""
    return code_list("neutropenia_gene").select("gene")


def antibody_method() -> pl.DataFrame:
    """Give one row per way to write the name of a neutrophil antibody test."""
    return code_list("antibody_method")


def harmless_fate() -> pl.DataFrame:
    """Give one row per fate of a row that is no error of the extract."""
    return pl.DataFrame({"fate": NO_ERROR})


CODE_TABLES = {
    "harmless_fate": harmless_fate,
    "analyte_code": analyte_code,
    "unit_factor": unit_factor,
    "diagnosis_code": diagnosis_code,
    "drug_code": drug_code,
    "neutropenia_gene": neutropenia_gene,
    "antibody_method": antibody_method,
}
"""The code lists that the SQL views read, by the name of the table."""
