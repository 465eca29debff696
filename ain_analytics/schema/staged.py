"""Typed rows: what was used of the extract, and the fate of every row of it."""

import dataframely as dy

PATIENT = "Key of the child."
FILE = "Name of the file that the row stands in."
ROW = "Number of the record in its file; the first after the header is 1."

SEX = ["female", "male", "unknown"]
DUFFY = ["null", "positive", "unknown"]
ANTIBODY_RESULT = ["positive", "negative", "indeterminate"]
SUBJECT = ["patient", "mother"]
CELLULARITY = ["normal", "increased", "decreased", "promyelocyte_arrest"]
GENE_RESULT = ["pathogenic", "likely_pathogenic", "uncertain", "benign", "negative"]
ANC_METHOD = [
    "absolute_automated",
    "absolute_unspecified",
    "absolute_manual",
    "wbc_segments_and_bands",
    "wbc_neutrophil_percent",
    "segments_and_bands",
    "wbc_minus_others",
    "granulocytes",
]
"""How a count was measured, the preferred first; our choice among equals: an automated
count counts thousands of cells, a manual differential one hundred. The difference of white
cells and the other lines carries the errors of five counts, and granulocytes are more than
neutrophils: the last resorts, both flagged."""


def key() -> dy.String:
    """Declare the child's key where it is part of the table's key."""
    return dy.String(primary_key=True, description=PATIENT)


class RowFate(dy.Schema):
    """One row per table and fate: every raw row is counted once."""

    table_name = dy.String(primary_key=True, description="Table of the extract.")
    fate = dy.String(primary_key=True, description="`used`, or the one reason for which the row was set aside.")
    n_rows = dy.Int64(min=1, description="Rows with this fate.", metadata={"unit": "rows"})


class RejectedRow(dy.Schema):
    """One row per raw row that was set aside for an error."""

    table_name = dy.String(primary_key=True, description="Table of the extract.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})
    reason = dy.String(description="The first reason that held.")


class Patient(dy.Schema):
    """One row per child who can be used."""

    patient_id = key()
    birth_date = dy.Date(description="Day of birth.")
    sex = dy.Enum(SEX, description="Sex as recorded; anything else is unknown.")
    ancestry = dy.String(description="Ancestry as recorded, else `not_recorded`; never used to classify.")
    duffy_status = dy.Enum(DUFFY, description="Duffy red-cell antigen by test.")
    gestational_weeks = dy.Int32(nullable=True, description="Completed weeks of gestation.", metadata={"unit": "weeks"})
    enrolled_on = dy.Date(nullable=True, description="Day the child entered the registry.")
    last_contact_on = dy.Date(nullable=True, description="Last day on which anything is known of the child.")
    died_on = dy.Date(nullable=True, description="Day of death.")
    site = dy.String(description="Hospital or laboratory, else `not_recorded`.")


class AncResult(dy.Schema):
    """One row per neutrophil count: of a specimen, or of each different value that its best method gave."""

    patient_id = key()
    specimen_key = dy.String(primary_key=True, description="Key of the blood sample; made from the time of sampling where none was given.")
    sampled_on = dy.Date(description="Day the blood was drawn.")
    sampled_at = dy.Datetime(description="Time the blood was drawn; midnight where only the day is known.")
    anc = dy.Float64(min=0, description="Absolute neutrophil count.", metadata={"unit": "10⁹/L"})
    anc_method = dy.Enum(ANC_METHOD, description="How it was measured or computed.")
    is_below_detection = dy.Bool(description="Whether the laboratory gave only an upper limit, e.g. <0.1, which then stands for the count.")
    computed_anc = dy.Float64(nullable=True, min=0, description="The count computed from white cells and percentages of the same specimen, where it is known beside a measured one.", metadata={"unit": "10⁹/L"})
    file = dy.String(description=FILE)
    row_number = dy.Int64(description=ROW, metadata={"unit": "records"})


class ImplausibleUnit(dy.Schema):
    """One row per neutrophil count so far off that its unit may be wrong; the keys stay in the house."""

    patient_id = key()
    count_key = dy.String(primary_key=True, description="Key of the count, the `specimen_key` of table anc_result.")
    anc = dy.Float64(min=0, description="The count as it was read.", metadata={"unit": "10⁹/L"})
    other_days_median = dy.Float64(nullable=True, min=0, description="Median of the child's other days, of each the lowest count above 0; missing where too few days have one.", metadata={"unit": "10⁹/L"})
    computed_anc = dy.Float64(nullable=True, min=0, description="The count computed from white cells and percentages of the same specimen, where it is known beside a measured one.", metadata={"unit": "10⁹/L"})
    is_set_aside = dy.Bool(description="Whether the definition sets the count aside.")
    file = dy.String(description=FILE)
    row_number = dy.Int64(description=ROW, metadata={"unit": "records"})


class AntibodyTest(dy.Schema):
    """One row per test for antibodies against neutrophils."""

    patient_id = dy.String(description=PATIENT)
    sampled_on = dy.Date(description="Day the serum was drawn.")
    method = dy.String(description="Kind of test: GIFT, GAT, MAIGA, flow, beads, screen.")
    result = dy.Enum(ANTIBODY_RESULT, description="Result of the test.")
    specificity = dy.String(nullable=True, description="Antigen that the antibody binds.")
    subject = dy.Enum(SUBJECT, description="Whose serum was tested.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})


class Cause(dy.Schema):
    """One row per recorded diagnosis and role that the code lists give it."""

    patient_id = dy.String(description=PATIENT)
    recorded_on = dy.Date(description="Day on which the diagnosis was recorded.")
    code = dy.String(description="Code of the diagnosis.")
    role = dy.String(primary_key=True, description="What the code lists say of it, e.g. autoimmune_disease; `other` where they say nothing.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})


class Treatment(dy.Schema):
    """One row per course or dose of a drug and role that the code lists give it."""

    patient_id = dy.String(description=PATIENT)
    started_on = dy.Date(description="First day of the course.")
    ended_on = dy.Date(description="Last day of the course; the first where none was given.")
    code = dy.String(description="Code of the drug.")
    role = dy.String(primary_key=True, description="What the code lists say of it, e.g. gcsf; `other` where they say nothing.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})


class MarrowExam(dy.Schema):
    """One row per examination of the bone marrow."""

    patient_id = dy.String(description=PATIENT)
    examined_on = dy.Date(description="Day of the examination.")
    cellularity = dy.Enum(CELLULARITY, description="Cellularity, or an arrest at the promyelocyte.")
    segmented_reduced = dy.Enum(["yes", "no", "unknown"], description="Whether segmented cells are fewer.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})


class GeneticTest(dy.Schema):
    """One row per gene tested."""

    patient_id = dy.String(description=PATIENT)
    tested_on = dy.Date(description="Day of the report.")
    gene = dy.String(description="Symbol of the gene, upper case.")
    is_neutropenia_gene = dy.Bool(description="Whether the code lists name it as a cause of congenital neutropenia.")
    result = dy.Enum(GENE_RESULT, description="Result of the test.")
    file = dy.String(primary_key=True, description=FILE)
    row_number = dy.Int64(primary_key=True, description=ROW, metadata={"unit": "records"})
