"""A synthetic registry as an OMOP CDM 5.4: one CSV a table, with the vocabulary that it needs."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.codes import code_list
from ain_analytics.formats.omop import known_concept

FIRST_PERSON = 1_000_001
"""Keys of persons begin here, so that they sort as the registry's keys do."""
SPECIMEN_FIELD = "2000000001"
"""A concept of the sender's own for the field with a specimen's key; such ids lie above two billion."""
LESS_THAN = "4171756"
UNITS = {"10*9/L": "9444", "/uL": "8647", "%": "8554"}
NONE = pl.lit(None, pl.String)
NUMBER = r"^[0-9]+([.][0-9]+)?$"


def write(tables: Mapping[str, pl.DataFrame], folder: Path, extracted_on: date) -> None:
    """Write raw tables of the native format as a folder of the OMOP CDM.

    Parameters
    ----------
    tables : mapping of table to frame
        As `simulate` makes them.
    folder : Path
        Exists.
    extracted_on : date
    """
    persons = _persons(tables)
    for name, frame in _cdm(tables, persons).items():
        frame.write_csv(folder / f"{name}.csv")
    said = f'format = "omop"\nextracted_on = {extracted_on.isoformat()}\nsource = "synthetic"\n'
    (folder / "extract.toml").write_text(said, encoding="utf-8", newline="\n")


def _persons(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Give a number to every key that occurs, those of children first."""
    children = tables["patient"].select("patient_id").drop_nulls().unique().sort("patient_id")
    named = pl.concat([frame.select("patient_id") for frame in tables.values()]).drop_nulls().unique()
    others = named.join(children, on="patient_id", how="anti").sort("patient_id")
    return pl.concat([children, others]).with_row_index("person_id", FIRST_PERSON).cast(pl.String)


def _cdm(tables: Mapping[str, pl.DataFrame], persons: pl.DataFrame) -> dict[str, pl.DataFrame]:
    numbered = {
        name: frame.join(persons, on="patient_id", how="left", maintain_order="left")
        for name, frame in tables.items()
    }
    child = numbered["patient"]
    has_period = pl.any_horizontal(pl.col("enrolled_on", "last_contact_on").is_not_null())
    once = child.drop_nulls("person_id").unique("person_id", keep="first", maintain_order=True)
    sites = child.select(care_site_source_value="site").drop_nulls().unique().sort("care_site_source_value")
    sites = sites.with_row_index("care_site_id", 1).cast(pl.String)
    return {
        "person": _person(child, sites),
        "care_site": sites,
        "observation_period": once.filter(has_period).select(
            "person_id",
            observation_period_start_date="enrolled_on",
            observation_period_end_date="last_contact_on",
        ),
        "death": once.drop_nulls("died_on").select("person_id", death_date="died_on"),
        "observation": _facts(once),
        "measurement": _measurements(numbered),
        "condition_occurrence": numbered["diagnosis"].select(
            "person_id",
            condition_concept_id=pl.lit("0"),
            condition_start_date="recorded_on",
            condition_source_value="code",
        ),
        "drug_exposure": numbered["treatment"].select(
            "person_id",
            drug_concept_id=pl.lit("0"),
            drug_exposure_start_date="started_on",
            drug_exposure_end_date=pl.coalesce("ended_on", "started_on"),
            drug_source_value="code",
        ),
        "concept": _vocabulary(),
    }  # fmt: skip


def _person(child: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Write one row per row of a child; a birth date that is none stands where the time of birth should."""
    born = pl.col("birth_date").str.to_date(strict=False)
    words = (
        code_list("omop_word")
        .filter(pl.col("kind") == "sex")
        .select(gender_concept_id="concept_id", sex="word")
    )
    joined = child.join(
        sites, left_on="site", right_on="care_site_source_value", how="left", maintain_order="left"
    )
    return joined.join(words, on="sex", how="left", maintain_order="left").select(
        "person_id",
        pl.col("gender_concept_id").fill_null("0"),
        year_of_birth=born.dt.year().cast(pl.String),
        month_of_birth=born.dt.month().cast(pl.String),
        day_of_birth=born.dt.day().cast(pl.String),
        birth_datetime=pl.when(born.is_null()).then("birth_date"),
        race_concept_id=pl.lit("0"),
        care_site_id="care_site_id",
        gender_source_value="sex",
        race_source_value="ancestry",
    )


def _facts(once: pl.DataFrame) -> pl.DataFrame:
    weeks = once.drop_nulls("gestational_weeks").select(
        "person_id",
        observation_source_value=pl.lit("gestational age"),
        value_as_number="gestational_weeks",
        value_as_string=NONE,
    )
    duffy = once.drop_nulls("duffy_status").select(
        "person_id",
        observation_source_value=pl.lit("duffy status"),
        value_as_number=NONE,
        value_as_string="duffy_status",
    )
    return pl.concat([weeks, duffy])


def _measurements(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Put every kind of result into one table; the laboratory's rows first."""
    lab = tables["lab_result"]
    concepts = (
        known_concept()
        .filter(pl.col("code_system") == "LOINC")
        .select("code", "concept_id")
        .unique("code", keep="first")
    )
    number = pl.col("value").str.strip_prefix("<")
    is_number = number.str.contains(NUMBER)
    key = pl.col("specimen_id").rank("dense").cast(pl.Int64).cast(pl.String)
    has_time = pl.col("sampled_at").str.contains("T")
    results = lab.join(concepts, on="code", how="left", maintain_order="left").select(
        "person_id",
        measurement_concept_id=pl.col("concept_id").fill_null("0"),
        measurement_date=pl.when(has_time).then(pl.col("sampled_at").str.head(10)).otherwise("sampled_at"),
        measurement_datetime=pl.when(has_time).then("sampled_at"),
        operator_concept_id=pl.when(pl.col("value").str.starts_with("<") & is_number).then(pl.lit(LESS_THAN)),
        value_as_number=pl.when(is_number).then(number),
        unit_concept_id=pl.col("unit").replace_strict(UNITS, default=None, return_dtype=pl.String),
        measurement_source_value="code",
        unit_source_value="unit",
        value_source_value="value",
        measurement_event_id=key,
        meas_event_field_concept_id=pl.when(pl.col("specimen_id").is_not_null()).then(pl.lit(SPECIMEN_FIELD)),
    )  # fmt: skip
    mother = pl.when(pl.col("subject") == "mother").then(pl.lit("maternal ")).otherwise(pl.lit(""))
    bound = pl.format(" ({})", "specificity").fill_null("")
    fewer = pl.format(" (segmented reduced: {})", "segmented_reduced").fill_null("")
    tested = mother + pl.format("neutrophil antibody {}", "test")
    marrow = pl.lit("bone marrow cellularity")
    named = [
        _named(tables["antibody_test"], "sampled_on", tested, pl.col("result") + bound),
        _named(tables["genetic_test"], "tested_on", pl.format("gene {}", "gene"), pl.col("result")),
        _named(tables["marrow_exam"], "examined_on", marrow, pl.col("cellularity") + fewer),
    ]
    return pl.concat([results, *named], how="diagonal")


def _named(rows: pl.DataFrame, day: str, what: pl.Expr, value: pl.Expr) -> pl.DataFrame:
    return rows.select(
        "person_id",
        measurement_concept_id=pl.lit("0"),
        measurement_date=day,
        measurement_source_value=what,
        value_source_value=value,
    )


def _vocabulary() -> pl.DataFrame:
    known = known_concept().select(
        "concept_id", concept_name=NONE, vocabulary_id="code_system", concept_code="code"
    )
    field = {
        "concept_id": SPECIMEN_FIELD,
        "concept_name": "specimen.specimen_id",
        "vocabulary_id": "CDM",
        "concept_code": "local",
    }
    return pl.concat([known, pl.DataFrame([field])])
