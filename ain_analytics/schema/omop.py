"""What a source in the OMOP Common Data Model 5.4 holds, as far as the program reads it.

Concept ids and keys are text (a list that held them as floats lost digits). Where OMOP has no place for
something that matters here, the columns below say by which words in a source value it is told.
"""

from ain_analytics.schema.raw import RawRow, said

OMOP_READING = (
    'Found where `person` and `measurement` are there, or by `format = "omop"`: a folder with one file '
    "per table (also parts such as `measurement-1.parquet`; names of files and columns in any case; a "
    "table of concepts may have tabs between its cells), a `.duckdb` file, or a PostgreSQL database, "
    "`postgresql://user@host/database?schema=cdm` (`extract_toml=FILE` after it names the sender's "
    "`extract.toml`; the extra `postgres` is needed; the database is read in one transaction that can "
    "only read). `concept`, `concept_ancestor` and `care_site` are lists of names; every record of the "
    "other tables has one fate."
)
"""How such a source is read."""


class Person(RawRow):
    """One row per child; the birth date is that of `birth_datetime`, else year, month and day, else what is known of them."""

    person_id = said("Key of the child; taken as text.", obligatory=True)
    gender_concept_id = said("8507 male, 8532 female; else `gender_source_value` speaks.")
    year_of_birth = said("Year of birth.", obligatory=True, unit="years")
    month_of_birth = said("Month of birth.")
    day_of_birth = said("Day of the month of birth.")
    birth_datetime = said("Day, and time if known, of birth.")
    race_concept_id = said("Its concept's name is the ancestry, where table concept knows it; else `race_source_value` speaks.")
    care_site_id = said("Site: by table care_site the source value, else the name; else this key.")
    gender_source_value = said("Sex as recorded.")
    race_source_value = said("Ancestry as recorded.")


class CareSite(RawRow):
    """One row per site; a list of names, not records of children."""

    care_site_id = said("Key of the site.", obligatory=True)
    care_site_name = said("Its name.")
    care_site_source_value = said("Its name in the source; comes first.")


class ObservationPeriod(RawRow):
    """One row per span in which a child was observed; the earliest start is `enrolled_on`, the latest end `last_contact_on`."""

    person_id = said("Key of the child.", obligatory=True)
    observation_period_start_date = said("First day.")
    observation_period_end_date = said("Last day.")


class Death(RawRow):
    """One row per death; the earliest is taken."""

    person_id = said("Key of the child.", obligatory=True)
    death_date = said("Day of death.")


class Measurement(RawRow):
    """One row per result of a laboratory, or test for neutrophil antibodies.

    A test for antibodies is told by its LOINC code, by a name that speaks of granulocytes or neutrophils, or by
    `neutrophil antibody|TEST|ANTIGEN|mother` as source value, whose last two parts may be left out.
    """

    person_id = said("Key of the child, also for a test of the mother.", obligatory=True)
    measurement_concept_id = said("What was measured: through table concept or the program's lists. A LOINC code decides: this concept's, else the source concept's, else that in the source value.", obligatory=True)
    measurement_date = said("Day of sampling.")
    measurement_datetime = said("Day and time of sampling; comes first.")
    measurement_time = said("Time of sampling, where there is no `measurement_datetime`.")
    operator_concept_id = said("4171756 <, 4171754 <=, 4172704 >, 4171755 >=; stands before the number.")
    value_as_number = said("The result.")
    value_as_concept_id = said("Result of a test for antibodies: 9191 positive, 9189 negative, and the LOINC answers.")
    unit_concept_id = said("Unit, by the program's list or table concept; else `unit_source_value` speaks.")
    measurement_source_concept_id = said("What was measured, as coded in the source.")
    measurement_source_value = said("What was measured, as written: a LOINC code, or a local code of extract.toml `[codes]`.")
    unit_source_value = said("Unit as written.")
    value_source_value = said("The result as written, where there is no `value_as_number`.")
    measurement_event_id = said("Key of the specimen, where `meas_event_field_concept_id` says that it is one; else what was sampled at one time is one specimen.")
    meas_event_field_concept_id = said("The concept that table concept names `specimen.specimen_id`, or `specimen_field_concept_id` of extract.toml.")


class ConditionOccurrence(RawRow):
    """One row per recorded diagnosis.

    The code is that of the source concept where it is ICD, else the source value where it looks like ICD, else
    the standard concept's: its SNOMED code through table concept, else the concept id itself (system OMOP).
    """

    person_id = said("Key of the child.", obligatory=True)
    condition_concept_id = said("The diagnosis as standard concept.")
    condition_start_date = said("Day on which the diagnosis was recorded.")
    condition_start_datetime = said("Day and time, where there is no date.")
    condition_source_value = said("The diagnosis as written.")
    condition_source_concept_id = said("The diagnosis as coded in the source.")


class DrugExposure(RawRow):
    """One row per course or dose of a drug.

    The ATC code is that of the source concept or of the concept itself, else that of the nearest ATC ancestor
    (the fifth level, in table concept_ancestor; of several as near, one that the program's list knows), else the
    source value where it looks like ATC. Without any, the code says nothing to the program.
    """

    person_id = said("Key of the child.", obligatory=True)
    drug_concept_id = said("The drug as standard concept.")
    drug_exposure_start_date = said("First day.")
    drug_exposure_start_datetime = said("First day and time, where there is no date.")
    drug_exposure_end_date = said("Last day; missing: `verbatim_end_date`, else one dose on the first day.")
    verbatim_end_date = said("Last day as the source had it.")
    drug_source_value = said("The drug as written.")
    drug_source_concept_id = said("The drug as coded in the source.")


class ProcedureOccurrence(RawRow):
    """One row per procedure; counted, but of no use: findings in the marrow stand in table observation."""

    person_id = said("Key of the child.", obligatory=True)


class Observation(RawRow):
    """One row per fact with no other place; its source value says by these words what it is.

    `gestational weeks` (weeks in `value_as_number`), `duffy status` (`value_as_string`: null, positive), `gene|ELANE`
    (`value_as_string`: pathogenic, negative …), `marrow cellularity` (`value_as_string`: normal, increased …;
    `qualifier_source_value`: `segmented reduced: yes`), `neutrophil antibody|TEST|ANTIGEN|mother` (as in measurement).
    """

    person_id = said("Key of the child.", obligatory=True)
    observation_date = said("Day.")
    observation_datetime = said("Day and time, where there is no date.")
    value_as_number = said("A number.")
    value_as_string = said("A word.")
    value_as_concept_id = said("Result of a test for antibodies, as in measurement.")
    observation_source_value = said("What was observed, in the words above.")
    qualifier_source_value = said("What qualifies it.")


class Concept(RawRow):
    """One row per concept; a list of codes, not records of children. Of an id given twice, the first row holds."""

    concept_id = said("Key of the concept; taken as text.", obligatory=True)
    concept_name = said("Its name.")
    vocabulary_id = said("Vocabulary: LOINC, SNOMED, ICD10CM, ATC, UCUM …", obligatory=True)
    concept_class_id = said("Class within the vocabulary; of ATC, `ATC 5th` is read.")
    concept_code = said("Its code there.", obligatory=True)


class ConceptAncestor(RawRow):
    """One row per concept and ancestor; a list of codes, not records of children."""

    ancestor_concept_id = said("Key of the ancestor.", obligatory=True)
    descendant_concept_id = said("Key of the concept.", obligatory=True)
    min_levels_of_separation = said("Steps between them, the fewest.", unit="steps")


OMOP: dict[str, type[RawRow]] = {
    "person": Person,
    "measurement": Measurement,
    "observation_period": ObservationPeriod,
    "death": Death,
    "care_site": CareSite,
    "condition_occurrence": ConditionOccurrence,
    "drug_exposure": DrugExposure,
    "procedure_occurrence": ProcedureOccurrence,
    "observation": Observation,
    "concept": Concept,
    "concept_ancestor": ConceptAncestor,
}
"""The tables of a source in the OMOP Common Data Model; the first two are obligatory."""

UNREAD: dict[str, tuple[str, ...]] = {
    "person": ("ethnicity_concept_id", "location_id", "provider_id", "person_source_value", "gender_source_concept_id", "race_source_concept_id", "ethnicity_source_value", "ethnicity_source_concept_id"),
    "care_site": ("place_of_service_concept_id", "location_id", "place_of_service_source_value"),
    "observation_period": ("observation_period_id", "period_type_concept_id"),
    "death": ("death_datetime", "death_type_concept_id", "cause_concept_id", "cause_source_value", "cause_source_concept_id"),
    "measurement": ("measurement_id", "measurement_type_concept_id", "range_low", "range_high", "provider_id", "visit_occurrence_id", "visit_detail_id", "unit_source_concept_id"),
    "condition_occurrence": ("condition_occurrence_id", "condition_end_date", "condition_end_datetime", "condition_type_concept_id", "condition_status_concept_id", "stop_reason", "provider_id", "visit_occurrence_id", "visit_detail_id", "condition_status_source_value"),
    "drug_exposure": ("drug_exposure_id", "drug_exposure_end_datetime", "drug_type_concept_id", "stop_reason", "refills", "quantity", "days_supply", "sig", "route_concept_id", "lot_number", "provider_id", "visit_occurrence_id", "visit_detail_id", "route_source_value", "dose_unit_source_value"),
    "procedure_occurrence": ("procedure_occurrence_id", "procedure_concept_id", "procedure_date", "procedure_datetime", "procedure_end_date", "procedure_end_datetime", "procedure_type_concept_id", "modifier_concept_id", "quantity", "provider_id", "visit_occurrence_id", "visit_detail_id", "procedure_source_value", "procedure_source_concept_id", "modifier_source_value"),
    "observation": ("observation_id", "observation_concept_id", "observation_type_concept_id", "qualifier_concept_id", "unit_concept_id", "provider_id", "visit_occurrence_id", "visit_detail_id", "observation_source_concept_id", "unit_source_value", "value_source_value", "observation_event_id", "obs_event_field_concept_id"),
    "concept": ("domain_id", "standard_concept", "valid_start_date", "valid_end_date", "invalid_reason"),
    "concept_ancestor": ("max_levels_of_separation",),
}
"""Columns of the model that the program makes no use of, and therefore does not list as unknown."""
