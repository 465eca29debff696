"""A synthetic registry as a trial would submit it: CDISC SDTM, one transport file (or CSV) a domain.

Dates are text in SDTM, so bad ones stay what they are; a missing unit is missing in both pairs of LB.
What no domain holds stands where the standard sends it: supplemental qualifiers (ancestry, Duffy status,
weeks of gestation, codes of ICD-10 and ATC, fewer segmented cells), and APIS for tests of the mother.
"""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pyreadstat

from ain_analytics.codes import code_list

_STUDY = "SYNTH01"
_LARGEST_CHARACTERS = 200
_SEXES = {"female": "F", "male": "M", "unknown": "U"}
_RACES = {"european": "WHITE", "asian": "ASIAN", "african": "BLACK OR AFRICAN AMERICAN"}
_METHODS = {"automated": "AUTOMATED COUNT", "manual": "MANUAL COUNT"}
_YES_NO = {"yes": "Y", "no": "N", "unknown": "U"}
_SUPP = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM", "QLABEL", "QVAL", "QORIG")
_TEXT = pl.String()


def write(
    tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date, *, file_format: str = "xpt"
) -> None:
    """Write a registry's raw tables as SDTM domains.

    Parameters
    ----------
    tables : mapping of table to frame
        In the native format, every column text.
    folder : Path
        Made if it is not there.
    extracted_on : date
    file_format : {"xpt", "csv"}
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, domain in _domains(tables).items():
        if file_format == "csv":
            domain.write_csv(folder / f"{name}.csv")
        else:
            _write_transport(domain, folder / f"{name}.xpt", name.upper())
    said = f'format = "sdtm"\nextracted_on = {extracted_on.isoformat()}\nsource = "synthetic"\n'
    (folder / "extract.toml").write_text(said, encoding="utf-8", newline="\n")


def _write_transport(domain: pl.DataFrame, path: Path, name: str) -> None:
    texts = [column for column, kind in domain.schema.items() if kind == pl.String]
    cut = domain.with_columns(pl.col(texts).fill_null("").str.slice(0, _LARGEST_CHARACTERS))
    pyreadstat.write_xport(cut, path, table_name=name, file_format_version=5)


def _domains(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    lab, tests = tables["lab_result"], tables["antibody_test"]
    is_mother = pl.col("subject").fill_null("patient").str.to_lowercase() == "mother"
    diagnosis, treatment, marrow = (tables[name] for name in ("diagnosis", "treatment", "marrow_exam"))
    mother = tests.filter(is_mother)
    return {
        "dm": _dm(tables["patient"]),
        "suppdm": pl.concat(
            [
                _supp(tables["patient"], "DM", "RACEOTH", "ancestry"),
                _supp(tables["patient"], "DM", "DUFFY", "duffy_status"),
                _supp(tables["patient"], "DM", "GESTWK", "gestational_weeks"),
            ]
        ),
        "lbhe": _lb(lab),
        "mh": _mh(diagnosis),
        "suppmh": _supp(diagnosis, "MH", "MHICD10", "code"),
        "cm": _cm(treatment),
        "suppcm": _supp(treatment, "CM", "ATCCD", "code"),
        "is": _numbered(tests.filter(~is_mother), "IS").select(
            "STUDYID", "DOMAIN", "USUBJID", "ISSEQ", *_assessment()
        ),
        "apis": _numbered(mother, "APIS")
        .rename({"USUBJID": "RSUBJID", "APISSEQ": "ISSEQ"})
        .select(
            "STUDYID", "DOMAIN", pl.concat_str("RSUBJID", pl.lit("-M"), ignore_nulls=True).alias("APID"),
            "RSUBJID", pl.lit("MOTHER, BIOLOGICAL").alias("SREL"), "ISSEQ", *_assessment(),
        ),
        "mi": _mi(marrow),
        "suppmi": _supp(
            marrow.with_columns(pl.col("segmented_reduced").replace(_YES_NO)),
            "MI", "SEGREDUC", "segmented_reduced",
        ),
        "gf": _gf(tables["genetic_test"]),
    }  # fmt: skip


def _numbered(frame: pl.DataFrame, domain: str) -> pl.DataFrame:
    """Add the identifiers of a domain; a sequence number is one row's own."""
    return frame.with_row_index(f"{domain}SEQ", offset=1).with_columns(
        pl.lit(_STUDY).alias("STUDYID"),
        pl.lit(domain).alias("DOMAIN"),
        pl.col("patient_id").alias("USUBJID"),
        pl.col(f"{domain}SEQ").cast(pl.Float64),
    )


def _supp(frame: pl.DataFrame, domain: str, name: str, column: str) -> pl.DataFrame:
    """Write what a column says as supplemental qualifiers, of the subject (DM) or of the numbered record."""
    is_subject = domain == "DM"
    number = pl.lit(None, _TEXT) if is_subject else pl.col("row").cast(pl.String)
    rows = frame.with_row_index("row", offset=1).filter(pl.col(column).is_not_null())
    if is_subject:
        rows = rows.unique("patient_id", keep="first", maintain_order=True)
    return rows.select(
        pl.lit(_STUDY).alias("STUDYID"),
        pl.lit(domain).alias("RDOMAIN"),
        pl.col("patient_id").alias("USUBJID"),
        pl.lit(None if is_subject else f"{domain}SEQ", _TEXT).alias("IDVAR"),
        number.alias("IDVARVAL"),
        pl.lit(name).alias("QNAM"),
        pl.lit(column.replace("_", " ")).alias("QLABEL"),
        pl.col(column).alias("QVAL"),
        pl.lit("CRF").alias("QORIG"),
    ).select(_SUPP)


def _dm(patient: pl.DataFrame) -> pl.DataFrame:
    return _numbered(patient, "DM").select(
        "STUDYID", "DOMAIN", "USUBJID",
        pl.col("patient_id").alias("SUBJID"),
        pl.col("enrolled_on").alias("RFSTDTC"),
        pl.col("last_contact_on").alias("RFENDTC"),
        pl.col("enrolled_on").alias("RFICDTC"),
        pl.col("last_contact_on").alias("RFPENDTC"),
        pl.col("died_on").alias("DTHDTC"),
        pl.when(pl.col("died_on").is_not_null()).then(pl.lit("Y")).alias("DTHFL"),
        pl.col("site").alias("SITEID"),
        pl.col("birth_date").alias("BRTHDTC"),
        pl.col("sex").replace(_SEXES).alias("SEX"),
        pl.when(pl.col("ancestry").is_not_null())
        .then(pl.col("ancestry").replace_strict(_RACES, default="OTHER", return_dtype=_TEXT))
        .alias("RACE"),
    )  # fmt: skip


def _lb(lab: pl.DataFrame) -> pl.DataFrame:
    listed = code_list("sdtm_lbtestcd").unique("loinc", keep="first", maintain_order=True)
    known = listed.select(pl.col("loinc").alias("code"), "lbtestcd", "lbtest")
    is_loinc = pl.col("code_system").fill_null("LOINC").str.to_uppercase() == "LOINC"
    missing = [name for name in ("code_system", "specimen_id", "method") if name not in lab.columns]
    full = lab.with_columns(pl.lit(None, _TEXT).alias(name) for name in missing)
    coded = _numbered(full, "LB").join(known, on="code", how="left", maintain_order="left")
    return coded.select(
        "STUDYID", "DOMAIN", "USUBJID", "LBSEQ",
        pl.col("specimen_id").alias("LBREFID"),
        pl.coalesce("lbtestcd", pl.col("code").str.slice(0, 8)).alias("LBTESTCD"),
        pl.coalesce("lbtest", "code").alias("LBTEST"),
        pl.lit("HEMATOLOGY").alias("LBCAT"),
        pl.col("value").alias("LBORRES"),
        pl.col("unit").alias("LBORRESU"),
        pl.col("value").alias("LBSTRESC"),
        pl.col("value").cast(pl.Float64, strict=False).alias("LBSTRESN"),
        pl.col("unit").alias("LBSTRESU"),
        pl.when(pl.col("value").is_null()).then(pl.lit("NOT DONE")).alias("LBSTAT"),
        pl.when(is_loinc).then(pl.col("code")).alias("LBLOINC"),
        pl.lit("BLOOD").alias("LBSPEC"),
        pl.col("method").replace(_METHODS).alias("LBMETHOD"),
        pl.col("sampled_at").alias("LBDTC"),
    )  # fmt: skip


def _mh(diagnosis: pl.DataFrame) -> pl.DataFrame:
    return _numbered(diagnosis, "MH").select(
        "STUDYID", "DOMAIN", "USUBJID", "MHSEQ",
        pl.col("code").alias("MHTERM"),
        pl.lit(None, _TEXT).alias("MHDECOD"),
        pl.col("recorded_on").alias("MHSTDTC"),
    )  # fmt: skip


def _cm(treatment: pl.DataFrame) -> pl.DataFrame:
    names = code_list("atc_drugs").select("code", pl.col("display").str.to_uppercase().alias("name"))
    coded = _numbered(treatment, "CM").join(
        names.unique("code"), on="code", how="left", maintain_order="left"
    )
    return coded.select(
        "STUDYID", "DOMAIN", "USUBJID", "CMSEQ",
        pl.coalesce("name", "code").alias("CMTRT"),
        pl.col("name").alias("CMDECOD"),
        pl.col("started_on").alias("CMSTDTC"),
        pl.col("ended_on").alias("CMENDTC"),
    )  # fmt: skip


def _assessment() -> list[pl.Expr]:
    """Say of each test which antibody was sought, and by which method."""
    key = pl.col("test").str.to_lowercase().str.replace_all("[^a-z0-9]", "")
    is_known = key.is_in(code_list("antibody_method")["test_key"].to_list()).fill_null(False)
    return [
        pl.when(is_known).then(pl.lit("GRANAB")).otherwise(pl.lit("OTHERAB")).alias("ISTESTCD"),
        pl.when(is_known).then(pl.lit("Granulocyte Antibody")).otherwise("test").alias("ISTEST"),
        pl.when(is_known).then("test").alias("ISMETHOD"),
        pl.col("specificity").alias("ISBDAGNT"),
        pl.col("result").str.to_uppercase().alias("ISORRES"),
        pl.col("result").str.to_uppercase().alias("ISSTRESC"),
        pl.lit("SERUM").alias("ISSPEC"),
        pl.col("sampled_on").alias("ISDTC"),
    ]


def _mi(marrow: pl.DataFrame) -> pl.DataFrame:
    words = pl.col("cellularity").str.replace_all("_", " ").str.to_uppercase()
    return _numbered(marrow, "MI").select(
        "STUDYID", "DOMAIN", "USUBJID", "MISEQ",
        pl.lit("CELLULAR").alias("MITESTCD"),
        pl.lit("Bone Marrow Cellularity").alias("MITEST"),
        words.alias("MIORRES"),
        words.alias("MISTRESC"),
        pl.lit("BONE MARROW").alias("MISPEC"),
        pl.col("examined_on").alias("MIDTC"),
    )  # fmt: skip


def _gf(tests: pl.DataFrame) -> pl.DataFrame:
    words = pl.col("result").replace({"uncertain": "uncertain_significance"})
    words = words.str.replace_all("_", " ").str.to_uppercase()
    return _numbered(tests, "GF").select(
        "STUDYID", "DOMAIN", "USUBJID", "GFSEQ",
        pl.lit("PATHVAR").alias("GFTESTCD"),
        pl.lit("Pathogenic Variant").alias("GFTEST"),
        words.alias("GFORRES"),
        words.alias("GFSTRESC"),
        pl.col("gene").alias("GFSYM"),
        pl.col("tested_on").alias("GFDTC"),
    )  # fmt: skip
