"""CDISC SDTM: one file a domain, in transport files, CSV or Parquet."""

import re
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.files import ENDINGS
from ain_analytics.formats.format import Format
from ain_analytics.schema import SDTM
from ain_analytics.sender import SenderOptions

_SPLIT = ("lb", "ae", "mh", "cm", "ex", "is", "mi", "gf", "pf")
"""Domains that may be split; the names of their parts have up to four letters (lbhe)."""
_NAME = re.compile(rf"(?P<domain>dm|apis|supp|{'|'.join(_SPLIT)})(?P<part>[a-z0-9]*)(-.*)?", re.DOTALL)
_LONGEST = {domain: len("lbhe") for domain in _SPLIT} | {"dm": len("dm"), "apis": len("apis")}

_WORDS = {
    "specimen_blood": (
        "BLOOD", "WHOLE BLOOD", "VENOUS BLOOD", "ARTERIAL BLOOD", "CAPILLARY BLOOD", "PERIPHERAL BLOOD",
    ),
    "category_of_no_blood": (
        "URINALYSIS", "URINE", "CSF", "CEREBROSPINAL FLUID", "BODY FLUID", "SYNOVIAL FLUID",
    ),
    "route_local": (
        "TOPICAL", "CUTANEOUS", "OPHTHALMIC", "CONJUNCTIVAL", "AURICULAR (OTIC)", "AURICULAR", "OTIC",
        "NASAL", "VAGINAL", "RESPIRATORY (INHALATION)", "INHALATION", "INTRALESIONAL", "INTRA-ARTICULAR",
        "INTRAVITREAL",
    ),
    "goes_on": ("ONGOING", "AFTER", "DURING/AFTER"),
    "not_done": ("NOT DONE",),
    "did_not_occur": ("N", "NO"),
    "hispanic": ("HISPANIC OR LATINO",),
    "mother": ("MOTHER", "MOTHER, BIOLOGICAL", "BIOLOGICAL MOTHER"),
    "marrow": ("BONE MARROW", "BONE MARROW ASPIRATE", "MARROW"),
}  # fmt: skip
_MEANINGS = {
    "NORMOCELLULAR": "normal", "HYPERCELLULAR": "increased", "HYPOCELLULAR": "decreased",
    "PROMYELOCYTE ARREST": "promyelocyte_arrest", "MATURATION ARREST AT PROMYELOCYTES": "promyelocyte_arrest",
    "LIKELY PATHOGENIC": "likely_pathogenic", "UNCERTAIN SIGNIFICANCE": "uncertain", "VUS": "uncertain",
    "LIKELY BENIGN": "benign", "NOT DETECTED": "negative", "POS": "positive", "NEG": "negative",
    "EQUIVOCAL": "indeterminate", "BORDERLINE": "indeterminate", "Y": "yes", "N": "no", "U": "unknown",
}  # fmt: skip
"""What a word of a result means where it is not the native format's own."""
_SHARES = {
    "%": "percent", "fraction of 1": "fraction", "fraction": "fraction", "1": "fraction", "ratio": "fraction",
    "proportion": "fraction",
}  # fmt: skip
_SUPPLEMENTS = (
    ("DM", "RACEOTH", "ancestry", None),
    ("DM", "DUFFY", "duffy_status", None),
    ("DM", "GESTWK", "gestational_weeks", None),
    ("AE", "AEICD10", "code", "ICD-10"),
    ("MH", "MHICD10", "code", "ICD-10"),
    ("AE", "AEICD9", "code", "ICD-9"),
    ("MH", "MHICD9", "code", "ICD-9"),
    *(
        ("CM", name, "code", "ATC")
        for name in ("ATCCD", "ATC5CD", "ATC4CD", "CMATCCD", "CMATC5CD", "CMATC4CD")
    ),
    ("MI", "SEGREDUC", "segmented_reduced", None),
)
"""Supplemental qualifiers that are read: domain, name, what it says, system of a code."""
_AGES = [
    ("DAYS", 0, 1, 0, 0, "2018-03-01", 73_000),
    ("WEEKS", 0, 7, 0, 3, "2018-03", 10_400),
    ("MONTHS", 1, 0, 0, 15, "2018-03", 2_400),
    ("YEARS", 12, 0, 6, 0, "2018", 200),
]
"""Unit of an age; its months and days; what leads to the middle of the days of birth that fit a completed
age; how much of that day is handed over; what no age reaches (200 years)."""


def _table_of(path: Path) -> tuple[str, str] | None:
    for ending in ENDINGS:
        if path.name.lower().endswith(ending):
            found = _NAME.fullmatch(path.name[: -len(ending)].lower())
            if found and len(found["domain"] + found["part"]) <= _LONGEST.get(
                found["domain"], len(path.name)
            ):
                return found["domain"], ending
    return None


def _code_tables(options: SenderOptions) -> Mapping[str, pl.DataFrame]:
    words = [(kind, word) for kind, words in _WORDS.items() for word in words]
    drugs = code_list("atc_drugs").filter(~pl.col("role").str.ends_with("_group"))
    names = drugs.select(pl.col("display").str.to_lowercase().alias("name"), pl.col("code").alias("atc"))
    columns = ["rdomain", "qnam", "meaning", "code_system"]
    ages = ["unit", "n_months", "n_days", "middle_months", "middle_days", "shown", "most"]
    return {
        "sdtm_word": pl.DataFrame(words, schema=["kind", "word"], orient="row"),
        "sdtm_meaning": pl.DataFrame({"word": list(_MEANINGS), "means": list(_MEANINGS.values())}),
        "sdtm_share": pl.DataFrame({"unit": list(_SHARES), "unit_kind": list(_SHARES.values())}),
        "sdtm_supplement_name": pl.DataFrame(_SUPPLEMENTS, schema=columns, orient="row"),
        "sdtm_age_unit": pl.DataFrame(_AGES, schema=ages, orient="row").with_columns(
            pl.col("shown").str.len_chars().alias("n_characters")
        ),
        "sdtm_test": _tests(),
        "sdtm_term": code_list("sdtm_meddra_pt").select(pl.col("term").str.to_lowercase(), "icd10"),
        "sdtm_drug": names.filter(pl.col("atc").n_unique().over("name") == 1).unique(),
        "sdtm_local": pl.DataFrame({"code": list(options.codes)}, schema={"code": pl.String}),
    }


def _tests() -> pl.DataFrame:
    """Give one row per LBTESTCD, kind of unit and method; what the list does not tell apart is the same."""
    listed = {
        (row["lbtestcd"], row["unit_kind"] or "", row["method"] or ""): row["loinc"]
        for row in code_list("sdtm_lbtestcd").to_dicts()
    }
    kinds, methods = ("", "percent", "fraction"), ("", "automated", "manual")
    rows = []
    for code in dict.fromkeys(code for code, _, _ in listed):
        for kind, method in product(kinds, methods):
            tries = ((code, kind, method), (code, kind, ""), (code, "", method), (code, "", ""))
            rows.append((code, kind, method, next(listed[key] for key in tries if key in listed)))
    return pl.DataFrame(rows, schema=["lbtestcd", "unit_kind", "method", "loinc"], orient="row")


SDTM_FORMAT = Format("sdtm", "CDISC SDTM", SDTM, ("dm", "lb"), find_table=_table_of, code_tables=_code_tables)
