"""What a REDCap project sends: its data dictionary, and exports of one row a record, event, instrument, instance."""

from ain_analytics.schema.raw import RawRow, said


class RedcapField(RawRow):
    """One row per field of the project, as its data dictionary has it; columns are named as in the API."""

    field_name = said("Variable / Field Name; the first field of the project is the record id.", obligatory=True)
    form_name = said("Form Name: the instrument that the field stands in.", obligatory=True)
    field_type = said("Field Type: text, radio, dropdown, checkbox, yesno, truefalse …", obligatory=True)
    field_label = said("Field Label: the header of its column in a labelled export.")
    select_choices_or_calculations = said("Choices: `1, Female | 2, Male`.")
    text_validation_type_or_show_slider_number = said("Text validation: date_dmy, datetime_ymd, number_comma_decimal …")
    field_annotation = said("Field Annotation; `@AIN(lab_result.value code=751-8 unit=10*9/L)` says what the field is.")


class RedcapRecord(RawRow):
    """One row per row of an export: one record, event, instrument and instance."""

    record_key = said("Value of the record id: the key of the child.", obligatory=True)
    event = said("redcap_event_name, or Event Name.")
    instrument = said("redcap_repeat_instrument, or Repeat Instrument; empty where nothing repeats or the whole event does.")
    instance = said("redcap_repeat_instance, or Repeat Instance.")
    is_labelled = said("yes where the headers of the file are labels.")


class RedcapCell(RawRow):
    """One row per filled cell of a field that fills a column of the native format."""

    field = said("Name of the field; the data access group counts as one.")
    choice = said("Of a checkbox: the code of the choice that the column ticks.")
    value = said("What stands in the cell.")
    place = said("Number of the column in its file, as text that sorts.")


class RedcapChoice(RawRow):
    """One row per choice of a field."""

    field = said("Name of the field.")
    code = said("Code of the choice, as a raw export holds it.")
    label = said("Label of the choice, as a labelled export holds it.")
    label_key = said("The label in small letters without tags; missing where an earlier choice has it.")


class RedcapTarget(RawRow):
    """One row per field and column of the native format that it fills."""

    field = said("Name of the field.")
    form = said("Instrument of the field.")
    table_name = said("Table of the native format.")
    column_name = said("Column of it; `sampled_time` is the time of day that belongs to lab_result.sampled_at.")
    row_name = said("Empty for what all rows of the instrument share; else the row of its own that the field makes.")
    validation = said("Text validation of the field.")
    answered_by = said("checkbox, choice or text.")


class RedcapConstant(RawRow):
    """One row per column that a field's annotation or extract.toml fills with the same text in every row."""

    form = said("Instrument of the field.")
    table_name = said("Table of the native format.")
    row_name = said("The row that the text stands in.")
    column_name = said("Column that is filled.")
    value = said("The text, e.g. the code of the analyte or its unit.")


REDCAP: dict[str, type[RawRow]] = {
    "record": RedcapRecord,
    "data_dictionary": RedcapField,
    "cell": RedcapCell,
    "choice": RedcapChoice,
    "target": RedcapTarget,
    "constant": RedcapConstant,
}
"""The first two come from files; the others are those files again, a row a cell, a choice, a mapping."""

REDCAP_FILES = ("record", "data_dictionary")

REDCAP_READING = (
    'A folder with the data dictionary (found by its header) and one export or several, per instrument or event, all raw or all labelled: files with a column for the record id, which is the first field of the dictionary. The record id is the key of the child; the data access group is the site, where no field is. The columns of an export are the fields of the project; those that nothing maps are listed and ignored. If instruments are exported as `patient.csv` and `lab_result.csv`, say `format = "redcap"` in extract.toml.',
    'What a field is, the first that speaks. (1) `[redcap.fields]` of extract.toml: `anc = { table = "lab_result", column = "value", code = "751-8", unit = "10*9/L" }`, or a list of such tables, `[]` for none. (2) Its Field Annotation: `@AIN(lab_result.value code=751-8 unit=10*9/L)`, several if wanted; texts with spaces or brackets in quotation marks. (3) Its name: `value` or `lab_result_value` in the instrument `lab_result`. A field with further texts, or with `row=NAME`, makes a row of its own, in which also stands what its instrument shares (`visit_date` as `@AIN(lab_result.sampled_at)`); so does each ticked box of a checkbox. (A single such row is the row of its instrument where that has the code or the value: a unit that never changes makes no second row.) A date may stand in another instrument of the same visit or event, what is told of a child in any. A project that is built from `ain_analytics/templates/redcap_data_dictionary.csv` needs none of this.',
    'What an answer means: `[redcap.values.sex]` with `"1" = "female"` (a code or a label; `[redcap.values."antibody_test.result"]` where two tables have the column); then the words shipped for its label or code; else the label, but for a column `code` or `test` the code of the choice, unless that is a number of up to three digits. Dates are ISO, or as the field\'s validation says.',
    'Missing-data codes stand in the settings of a project and in no export: `[redcap]` with `missing_codes = ["-999", "UNK, Unknown"]`. REDCap\'s own suggestions (NI, UNK, NASK …) count undeclared where they cannot be an answer: as a date, a time or a number, or beside the choices of a field.',
)
"""How a project is read, a paragraph each."""
