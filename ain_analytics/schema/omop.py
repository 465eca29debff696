"""The tables of the OMOP CDM 5.4 that are read; ids of concepts are text."""

from ain_analytics.schema.raw import RawRow, said


class OmopPerson(RawRow):
    """One row per child: `person`. The key is `person_id`; a date of birth may be known in part."""

    person_id = said("Key of the child.", obligatory=True)
    gender_concept_id = said("Concept of the sex; 8507 male, 8532 female.")
    year_of_birth = said("Year of birth.")
    month_of_birth = said("Month of birth.")
    day_of_birth = said("Day of birth.")
    birth_datetime = said("Day of birth; stands before year, month and day.")
    race_concept_id = said("Concept of the ancestry; its name is kept.")
    care_site_id = said("Where the child is followed.")
    gender_source_value = said("Sex as the source said it, where no concept says it.")
    race_source_value = said("Ancestry as the source said it; stands before the concept's name.")


class OmopObservationPeriod(RawRow):
    """One row per child and time in view: `observation_period`. Its first day is `enrolled_on`, its last `last_contact_on`."""

    person_id = said("Key of the child.", obligatory=True)
    observation_period_start_date = said("First day in view.")
    observation_period_end_date = said("Last day in view.")


class OmopMeasurement(RawRow):
    """One row per result: `measurement`.

    The code is the first that the code lists know: standard concept, source concept, source value. Beyond the
    standard, by convention of this program: a `measurement_source_value` of `neutrophil antibody GIFT` (or another
    method; `maternal neutrophil antibody …` for the mother's serum) with `value_source_value` `positive (HNA-1a)`;
    `gene ELANE` with `pathogenic`; `bone marrow cellularity` with `normal (segmented reduced: yes)`.
    """

    person_id = said("Key of the child.", obligatory=True)
    measurement_concept_id = said("Standard concept of what was measured.", obligatory=True)
    measurement_date = said("Day of the sample.", obligatory=True)
    measurement_datetime = said("Time of the sample; stands before the day.")
    operator_concept_id = said("Concept of <, <=, > or >=.")
    value_as_number = said("The result; stands before `value_source_value`.")
    value_as_concept_id = said("Concept of the result, such as 9191 for positive.")
    unit_concept_id = said("Concept of the unit; stands before `unit_source_value` where the program knows it.")
    measurement_source_value = said("The source's own code or name.")
    measurement_source_concept_id = said("Concept of the source's code.")
    unit_source_value = said("Unit as the source wrote it.")
    value_source_value = said("Result as the source wrote it.")
    measurement_event_id = said("Key of the specimen, where `meas_event_field_concept_id` says so.")
    meas_event_field_concept_id = said("Concept of the field that `measurement_event_id` points to; a specimen where its name in `concept` is specimen.specimen_id.")


class OmopConditionOccurrence(RawRow):
    """One row per diagnosis: `condition_occurrence`. The source's ICD code stands before the standard concept."""

    person_id = said("Key of the child.", obligatory=True)
    condition_concept_id = said("Standard concept of the diagnosis.", obligatory=True)
    condition_start_date = said("Day of the diagnosis.", obligatory=True)
    condition_source_value = said("Code of the source; ICD-9 and ICD-10 are told by their shape.")
    condition_source_concept_id = said("Concept of the source's code.")


class OmopDrugExposure(RawRow):
    """One row per course of a drug: `drug_exposure`. ATC codes come from the source concept, from `concept_ancestor`, or from the source value."""

    person_id = said("Key of the child.", obligatory=True)
    drug_concept_id = said("Standard concept of the drug.", obligatory=True)
    drug_exposure_start_date = said("First day of the course.", obligatory=True)
    drug_exposure_end_date = said("Last day of the course.")
    drug_source_value = said("Code of the source.")
    drug_source_concept_id = said("Concept of the source's code.")


class OmopProcedureOccurrence(RawRow):
    """One row per procedure: `procedure_occurrence`; counted, not used: what a marrow showed is a measurement."""

    person_id = said("Key of the child.", obligatory=True)


class OmopObservation(RawRow):
    """One row per other fact: `observation`.

    By convention of this program a source value of `gestational age` (weeks, as number) and `duffy status`
    (as string) is read; everything else is counted, not used.
    """

    person_id = said("Key of the child.", obligatory=True)
    value_as_number = said("The fact as a number.")
    value_as_string = said("The fact as text.")
    observation_source_value = said("What it is about.")


class OmopDeath(RawRow):
    """One row per child who died: `death`."""

    person_id = said("Key of the child.", obligatory=True)
    death_date = said("Day of death.")


class OmopCareSite(RawRow):
    """One row per hospital or department: `care_site`; a reference, not counted among the rows."""

    care_site_id = said("Key of the site.", obligatory=True)
    care_site_name = said("Its name.")
    care_site_source_value = said("Its name in the source; stands before the other.")


class OmopConcept(RawRow):
    """One row per concept: `concept`; a reference, not counted among the rows."""

    concept_id = said("Key of the concept, always text.", obligatory=True)
    concept_name = said("Its name.")
    vocabulary_id = said("Where its code comes from: LOINC, SNOMED, ICD10CM, ATC, UCUM …")
    concept_code = said("Its code there.", obligatory=True)


class OmopConceptAncestor(RawRow):
    """One row per pair of a concept and one above it: `concept_ancestor`; a reference, not counted among the rows."""

    ancestor_concept_id = said("Key of the concept above.", obligatory=True)
    descendant_concept_id = said("Key of the concept below.", obligatory=True)


OMOP: dict[str, type[RawRow]] = {
    "person": OmopPerson,
    "observation_period": OmopObservationPeriod,
    "measurement": OmopMeasurement,
    "condition_occurrence": OmopConditionOccurrence,
    "drug_exposure": OmopDrugExposure,
    "procedure_occurrence": OmopProcedureOccurrence,
    "observation": OmopObservation,
    "death": OmopDeath,
    "care_site": OmopCareSite,
    "concept": OmopConcept,
    "concept_ancestor": OmopConceptAncestor,
}
"""The tables of the OMOP CDM that are read; `person` and `measurement` are obligatory."""
