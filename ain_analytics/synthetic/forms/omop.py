"""A made-up registry as a source in the OMOP Common Data Model 5.4: CSV, one file a table."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.codes import code_list

SPECIMEN_FIELD = 2_000_000_001
"""Concept of an event that is a specimen: ids of a site's own concepts begin at two billion."""
NO_CONCEPT = 0
GENDER = {"male": 8507, "female": 8532}
GENDER_LETTER = {"male": "M", "female": "F"}
RESULT = {"positive": 9191, "negative": 9189}
LESS_THAN = 4171756
UNIT = {
    "10*9/L": 9444, "10^9/L": 9444, "G/L": 9444, "10*3/uL": 8848, "K/uL": 8848, "/uL": 8647, "cells/uL": 8784,
    "%": 8554,
}  # fmt: skip
"""Concepts of the units that OMOP's list in the program knows; others are told as written."""
VOCABULARY = {"ICD-10": "ICD10CM", "ATC": "ATC"}
FIRST_OF_SITE = 2_000_001_000
"""First of the site's own concept ids that stand for source codes."""
INT, FLOAT, TEXT = pl.Int64, pl.Float64, pl.String


def write(tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date) -> None:
    """Write a registry's raw tables as a folder in the OMOP Common Data Model, with `extract.toml`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in omop_tables(tables).items():
        frame.write_csv(folder / f"{name.upper()}.csv")
    said = f'extracted_on = {extracted_on.isoformat()}\nsource = "synthetic"\n'
    (folder / "extract.toml").write_text(said, encoding="utf-8", newline="\n")


def omop_tables(tables: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Give a registry's raw tables as those of OMOP, typed as its database would have them.

    What a typed column cannot hold is missing in it: a date that is none, a key that is none.
    """
    keys = person_keys(tables)
    concepts = _site_concepts(tables)
    people = _with_key(tables["patient"], keys)
    found = {
        "person": _person(people),
        "observation_period": _observation_period(people),
        "death": _death(people),
        "care_site": _care_site(people),
        "measurement": _measurement(tables, keys),
        "observation": _observation(tables, keys, people),
        "concept": concepts,
    }
    if "diagnosis" in tables:
        found["condition_occurrence"] = _condition(_with_key(tables["diagnosis"], keys), concepts)
    if "treatment" in tables:
        found["drug_exposure"] = _drug(_with_key(tables["treatment"], keys), concepts)
    if "marrow_exam" in tables:
        found["procedure_occurrence"] = _procedure(_with_key(tables["marrow_exam"], keys))
    return found


def person_keys(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give one row per key of the registry: `patient_id` and the whole number `person_id` for it."""
    named = pl.concat([frame.select("patient_id") for frame in tables.values()]).drop_nulls().unique()
    return (
        named.sort("patient_id")
        .with_row_index("person_id", offset=1)
        .with_columns(pl.col("person_id").cast(INT))
    )


def _with_key(frame: pl.DataFrame, keys: pl.DataFrame) -> pl.DataFrame:
    return frame.join(keys, on="patient_id", how="left", maintain_order="left")


def _day(column: str) -> pl.Expr:
    """Read the day of a cell; what is no ISO date is missing."""
    return pl.col(column).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)


def _numbered(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    return frame.with_row_index(f"{table}_id", offset=1).with_columns(pl.col(f"{table}_id").cast(INT))


def _site_key(column: str = "site") -> pl.Expr:
    return pl.col(column).rank("dense").cast(INT)


def _person(people: pl.DataFrame) -> pl.DataFrame:
    born = _day("birth_date")
    return people.select(
        "person_id",
        pl.col("sex").replace_strict(GENDER, default=NO_CONCEPT, return_dtype=INT).alias("gender_concept_id"),
        born.dt.year().alias("year_of_birth"),
        born.dt.month().alias("month_of_birth"),
        born.dt.day().alias("day_of_birth"),
        born.cast(pl.Datetime("us")).alias("birth_datetime"),
        pl.lit(NO_CONCEPT, INT).alias("race_concept_id"),
        pl.lit(NO_CONCEPT, INT).alias("ethnicity_concept_id"),
        _site_key().alias("care_site_id"),
        pl.col("patient_id").alias("person_source_value"),
        pl.col("sex").replace(GENDER_LETTER).alias("gender_source_value"),
        pl.col("ancestry").alias("race_source_value"),
    )


def _care_site(people: pl.DataFrame) -> pl.DataFrame:
    named = people.select(_site_key().alias("care_site_id"), pl.col("site").alias("care_site_source_value"))
    return named.drop_nulls().unique().sort("care_site_id")


def _observation_period(people: pl.DataFrame) -> pl.DataFrame:
    spans = people.select(
        "person_id",
        _day("enrolled_on").alias("observation_period_start_date"),
        _day("last_contact_on").alias("observation_period_end_date"),
    )
    return _numbered(spans.drop_nulls("person_id").unique(maintain_order=True), "observation_period")


def _death(people: pl.DataFrame) -> pl.DataFrame:
    deaths = people.select("person_id", _day("died_on").alias("death_date"))
    return deaths.drop_nulls().unique(maintain_order=True)


def _measurement(tables: Mapping[str, pl.DataFrame], keys: pl.DataFrame) -> pl.DataFrame:
    parts = [_results(_with_key(tables["lab_result"], keys))]
    if "antibody_test" in tables:
        parts.append(_antibody_tests(_with_key(tables["antibody_test"], keys)))
    return _numbered(pl.concat(parts, how="diagonal"), "measurement")


def _results(rows: pl.DataFrame) -> pl.DataFrame:
    listed = code_list("loinc_anc").filter(pl.col("omop_concept_id").is_not_null())
    concept = dict(zip(listed["code"], listed["omop_concept_id"].cast(INT), strict=True))
    value = pl.col("value").str.strip_prefix("<").str.replace("^(.*,.*)$", "").cast(FLOAT, strict=False)
    time = pl.col("sampled_at").str.to_datetime("%Y-%m-%dT%H:%M:%S", strict=False)
    specimen = pl.col("specimen_id").str.strip_prefix("L").cast(INT, strict=False)
    return rows.select(
        "person_id",
        pl.col("code")
        .replace_strict(concept, default=NO_CONCEPT, return_dtype=INT)
        .alias("measurement_concept_id"),
        _day("sampled_at").alias("measurement_date"),
        time.alias("measurement_datetime"),
        pl.when(pl.col("value").str.starts_with("<"))
        .then(pl.lit(LESS_THAN, INT))
        .alias("operator_concept_id"),
        value.alias("value_as_number"),
        pl.col("unit").replace_strict(UNIT, default=NO_CONCEPT, return_dtype=INT).alias("unit_concept_id"),
        pl.col("code").alias("measurement_source_value"),
        pl.lit(NO_CONCEPT, INT).alias("measurement_source_concept_id"),
        pl.col("unit").alias("unit_source_value"),
        pl.col("value").alias("value_source_value"),
        specimen.alias("measurement_event_id"),
        pl.when(specimen.is_not_null())
        .then(pl.lit(SPECIMEN_FIELD, INT))
        .alias("meas_event_field_concept_id"),
    )


def _antibody_tests(rows: pl.DataFrame) -> pl.DataFrame:
    antigen, mother = pl.col("specificity").fill_null(""), pl.col("subject") == "mother"
    said = (
        pl.when(mother)
        .then(pl.concat_str(pl.lit("|"), antigen, pl.lit("|mother")))
        .when(antigen != "")
        .then(pl.concat_str(pl.lit("|"), antigen))
        .otherwise(pl.lit(""))
    )
    return rows.select(
        "person_id",
        pl.lit(NO_CONCEPT, INT).alias("measurement_concept_id"),
        _day("sampled_on").alias("measurement_date"),
        pl.concat_str(pl.lit("neutrophil antibody|"), "test", said).alias("measurement_source_value"),
        pl.lit(NO_CONCEPT, INT).alias("measurement_source_concept_id"),
        pl.col("result")
        .replace_strict(RESULT, default=NO_CONCEPT, return_dtype=INT)
        .alias("value_as_concept_id"),
        pl.col("result").alias("value_source_value"),
    )


def _observation(
    tables: Mapping[str, pl.DataFrame], keys: pl.DataFrame, people: pl.DataFrame
) -> pl.DataFrame:
    born = people.drop_nulls("person_id").unique(maintain_order=True)
    parts = [
        born.drop_nulls("gestational_weeks").select(
            "person_id",
            _day("birth_date").alias("observation_date"),
            pl.col("gestational_weeks").cast(FLOAT, strict=False).alias("value_as_number"),
            pl.lit("gestational weeks").alias("observation_source_value"),
        ),
        born.drop_nulls("duffy_status").select(
            "person_id",
            _day("birth_date").alias("observation_date"),
            pl.col("duffy_status").alias("value_as_string"),
            pl.lit("duffy status").alias("observation_source_value"),
        ),
    ]
    if "marrow_exam" in tables:
        parts.append(
            _with_key(tables["marrow_exam"], keys).select(
                "person_id",
                _day("examined_on").alias("observation_date"),
                pl.col("cellularity").alias("value_as_string"),
                pl.lit("marrow cellularity").alias("observation_source_value"),
                pl.concat_str(pl.lit("segmented reduced: "), "segmented_reduced").alias(
                    "qualifier_source_value"
                ),
            )
        )
    if "genetic_test" in tables:
        parts.append(
            _with_key(tables["genetic_test"], keys).select(
                "person_id",
                _day("tested_on").alias("observation_date"),
                pl.col("result").alias("value_as_string"),
                pl.concat_str(pl.lit("gene|"), "gene").alias("observation_source_value"),
            )
        )
    return _numbered(pl.concat(parts, how="diagonal"), "observation")


def _site_concepts(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give the concepts that the source codes need; their ids are of the site's own, not OMOP's."""
    codes = [
        tables[name].select(
            pl.col("code_system").replace(VOCABULARY).alias("vocabulary_id"),
            pl.col("code").alias("concept_code"),
        )
        for name in ("diagnosis", "treatment")
        if name in tables
    ]
    own = pl.concat(codes).drop_nulls().unique().sort("vocabulary_id", "concept_code") if codes else None
    field = pl.DataFrame(
        {
            "concept_id": [SPECIMEN_FIELD],
            "concept_name": ["specimen.specimen_id"],
            "vocabulary_id": ["CDM"],
            "concept_class_id": ["Field"],
            "concept_code": ["specimen.specimen_id"],
        }
    )
    if own is None:
        return field
    numbered = own.with_row_index("concept_id", offset=FIRST_OF_SITE).with_columns(
        pl.col("concept_id").cast(INT), pl.col("concept_code").alias("concept_name")
    )
    return pl.concat([field, numbered], how="diagonal")


def _source_concept(rows: pl.DataFrame, concepts: pl.DataFrame) -> pl.DataFrame:
    known = concepts.select("concept_id", "vocabulary_id", pl.col("concept_code").alias("code"))
    spelled = rows.with_columns(pl.col("code_system").replace(VOCABULARY).alias("vocabulary_id"))
    return spelled.join(known, on=("vocabulary_id", "code"), how="left", maintain_order="left").with_columns(
        pl.col("concept_id").fill_null(NO_CONCEPT)
    )


def _condition(rows: pl.DataFrame, concepts: pl.DataFrame) -> pl.DataFrame:
    found = _source_concept(rows, concepts).select(
        "person_id",
        pl.lit(NO_CONCEPT, INT).alias("condition_concept_id"),
        _day("recorded_on").alias("condition_start_date"),
        pl.col("code").alias("condition_source_value"),
        pl.col("concept_id").alias("condition_source_concept_id"),
    )
    return _numbered(found, "condition_occurrence")


def _drug(rows: pl.DataFrame, concepts: pl.DataFrame) -> pl.DataFrame:
    """Write the drugs; an end is obligatory in OMOP, so one dose ends on its day."""
    found = _source_concept(rows, concepts).select(
        "person_id",
        pl.lit(NO_CONCEPT, INT).alias("drug_concept_id"),
        _day("started_on").alias("drug_exposure_start_date"),
        pl.coalesce(_day("ended_on"), _day("started_on")).alias("drug_exposure_end_date"),
        _day("ended_on").alias("verbatim_end_date"),
        pl.col("code").alias("drug_source_value"),
        pl.col("concept_id").alias("drug_source_concept_id"),
    )
    return _numbered(found, "drug_exposure")


def _procedure(rows: pl.DataFrame) -> pl.DataFrame:
    found = rows.select(
        "person_id",
        pl.lit(NO_CONCEPT, INT).alias("procedure_concept_id"),
        _day("examined_on").alias("procedure_date"),
        pl.lit("bone marrow aspiration").alias("procedure_source_value"),
    )
    return _numbered(found, "procedure_occurrence")
