"""What an extract holds, as the registry said it: seven tables of text."""

import dataframely as dy

NEEDED = {"obligatory": True}


def said(meaning: str, *, obligatory: bool = False, unit: str | None = None, default: str | None = None) -> dy.String:
    """Declare a column of an extract: text, with what it means."""
    metadata: dict[str, object] = {"obligatory": obligatory}
    if unit:
        metadata["unit"] = unit
    if default:
        metadata["default"] = default
    return dy.String(nullable=True, description=meaning, metadata=metadata)


class RawRow(dy.Schema):
    """One row of an extract's file; every raw table has these two columns."""

    file = dy.String(description="Name of the file or table that the row stands in; where one record makes several rows, also the place in it.")
    row_number = dy.Int64(description="Number of the record in its file; the first after the header is 1.", metadata={"unit": "records"})


class RawPatient(RawRow):
    """One row per child, as the registry said it."""

    patient_id = said("Pseudonymous key of the child; text, so that 007 and 7 are two children.", obligatory=True)
    birth_date = said("Day of birth, ISO.", obligatory=True)
    sex = said("female, male or unknown.", obligatory=True)
    ancestry = said("Ancestry as recorded; described, never used to classify.")
    duffy_status = said("Duffy red-cell antigen: null, positive or unknown.")
    gestational_weeks = said("Completed weeks of gestation at birth.", unit="weeks")
    enrolled_on = said("Day the child entered the registry.")
    last_contact_on = said("Last day on which anything is known of the child.")
    died_on = said("Day of death.")
    site = said("Hospital or laboratory that follows the child.")


class RawLabResult(RawRow):
    """One row per result of a laboratory, as the registry said it."""

    patient_id = said("Key of the child.", obligatory=True)
    sampled_at = said("Day, and time if known, at which the blood was drawn, by the clock of the place; a time zone is not heeded.", obligatory=True)
    code = said("What was measured.", obligatory=True)
    value = said("The result; `<0.1` is below the limit of detection.", obligatory=True)
    unit = said("Unit of the result as written.", obligatory=True)
    code_system = said("System that the code comes from.", default="LOINC")
    specimen_id = said("Key of the blood sample; results of one sample share it.")
    method = said("How it was measured, as written.")


class RawAntibodyTest(RawRow):
    """One row per test for antibodies against neutrophils, as the registry said it."""

    patient_id = said("Key of the child, also for a test of the mother.", obligatory=True)
    sampled_on = said("Day the serum was drawn.", obligatory=True)
    test = said("Name or code of the test: GIFT, GAT, MAIGA, flow cytometry, beads.", obligatory=True)
    result = said("positive, negative or indeterminate.", obligatory=True)
    specificity = said("Antigen that the antibody binds, e.g. HNA-1a.")
    subject = said("Whose serum: patient or mother.", default="patient")


class RawDiagnosis(RawRow):
    """One row per recorded diagnosis, as the registry said it."""

    patient_id = said("Key of the child.", obligatory=True)
    recorded_on = said("Day on which the diagnosis was recorded.", obligatory=True)
    code = said("Code of the diagnosis.", obligatory=True)
    code_system = said("System that the code comes from.", default="ICD-10")


class RawTreatment(RawRow):
    """One row per course or dose of a drug, as the registry said it."""

    patient_id = said("Key of the child.", obligatory=True)
    started_on = said("First day of the course.", obligatory=True)
    code = said("Code of the drug.", obligatory=True)
    ended_on = said("Last day of the course; missing: one dose on the first day.")
    code_system = said("System that the code comes from.", default="ATC")


class RawMarrowExam(RawRow):
    """One row per examination of the bone marrow, as the registry said it."""

    patient_id = said("Key of the child.", obligatory=True)
    examined_on = said("Day of the examination.", obligatory=True)
    cellularity = said("normal, increased, decreased or promyelocyte_arrest.", obligatory=True)
    segmented_reduced = said("Whether segmented cells are fewer: yes, no or unknown.")


class RawGeneticTest(RawRow):
    """One row per gene tested, as the registry said it."""

    patient_id = said("Key of the child.", obligatory=True)
    tested_on = said("Day of the report.", obligatory=True)
    gene = said("Symbol of the gene.", obligatory=True)
    result = said("pathogenic, likely_pathogenic, uncertain, benign or negative.", obligatory=True)


RAW: dict[str, type[RawRow]] = {
    "patient": RawPatient,
    "lab_result": RawLabResult,
    "antibody_test": RawAntibodyTest,
    "diagnosis": RawDiagnosis,
    "treatment": RawTreatment,
    "marrow_exam": RawMarrowExam,
    "genetic_test": RawGeneticTest,
}
"""The tables of an extract in the native format; the first two are obligatory."""

OBLIGATORY_TABLES = ("patient", "lab_result")


def names_of(table: type[RawRow]) -> list[str]:
    """Name the columns that a table of a source may have, in order."""
    return [name for name in table.columns() if name not in RawRow.columns()]


def obligatory_names_of(table: type[RawRow]) -> list[str]:
    """Name the columns that a table of a source must have."""
    columns = table.columns()
    return [name for name in names_of(table) if (columns[name].metadata or {}).get("obligatory")]


def columns_of(table: str) -> list[str]:
    """Name the columns that a table of the native format may have, in order."""
    return names_of(RAW[table])
