"""The data dictionary that a registry may import to build its REDCap project: each table an instrument.

REDCap's rules: names of fields in small letters, unique in the project, at most 26 characters (its
recommendation); the first field is the record id. Which instruments repeat is a setting of the project, not
of the dictionary: every one but `patient` does. The data access group of a record is its site.
"""

import csv
import io
from collections.abc import Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

from ain_analytics.codes import code_list
from ain_analytics.formats.redcap.mapping import TIME, native_columns
from ain_analytics.schema import RAW

FILE = "redcap_data_dictionary.csv"
RECORD_ID = "record_id"
HEADER = (
    "Variable / Field Name",
    "Form Name",
    "Section Header",
    "Field Type",
    "Field Label",
    "Choices, Calculations, OR Slider Labels",
    "Field Note",
    "Text Validation Type OR Show Slider Number",
    "Text Validation Min",
    "Text Validation Max",
    "Identifier?",
    "Branching Logic (Show field only if...)",
    "Required Field?",
    "Custom Alignment",
    "Question Number (surveys only)",
    "Matrix Group Name",
    "Matrix Ranking?",
    "Field Annotation",
)
"""The header as REDCap writes it."""
PREFIXES = {
    "patient": "pt",
    "lab_result": "lab",
    "antibody_test": "ab",
    "diagnosis": "dx",
    "treatment": "tx",
    "marrow_exam": "marrow",
    "genetic_test": "gene",
}
WORDS = {
    "patient.sex": "female male unknown",
    "patient.duffy_status": "null positive unknown",
    "antibody_test.test": "GIFT GAT MAIGA flow beads screen",
    "antibody_test.result": "positive negative indeterminate",
    "antibody_test.subject": "patient mother",
    "marrow_exam.cellularity": "normal increased decreased promyelocyte_arrest",
    "marrow_exam.segmented_reduced": "yes no unknown",
    "genetic_test.result": "pathogenic likely_pathogenic uncertain benign negative",
}
"""Columns that are answered by a choice, with their words; REDCap's customary codes are numbers."""
BY_ITSELF = "antibody_test.test"
"""The column whose words are their own codes."""
_TIME_LABEL = "Time of day at which the blood was drawn, if known."


def template() -> str:
    """Write the data dictionary as CSV.

    Returns
    -------
    str
        The text of `ain_analytics/templates/redcap_data_dictionary.csv`; a test fails when the file differs.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, HEADER, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerow(_line(RECORD_ID, "patient", "text", "Record ID", note="Pseudonymous key of the child."))
    for table in RAW:
        for column in _columns(table):
            writer.writerow(_field(table, column))
    return text.getvalue()


def field_name(table: str, column: str) -> str:
    """Name the field of a column: unique in the project, so with the prefix of its instrument."""
    return f"{PREFIXES[table]}_{column}"


def choices(table: str, column: str) -> list[tuple[str, str]]:
    """Give the choices of a column as code and label, none where it is text."""
    name = f"{table}.{column}"
    if name == "lab_result.code":
        known = code_list("loinc_anc").filter(code_list("loinc_anc")["system"] == "LOINC")
        return list(known.select("code", "display").iter_rows())
    words = WORDS.get(name, "").split()
    if name == BY_ITSELF:
        return [(word, word) for word in words]
    return [(str(n), word.replace("_", " ").capitalize()) for n, word in enumerate(words, start=1)]


def _columns(table: str) -> Iterator[str]:
    """Order the columns of a table; the site is the data access group, a time stands behind its day."""
    for column in native_columns(table):
        if column not in ("site", TIME):
            yield column
        if column == "sampled_at":
            yield TIME


def _field(table: str, column: str) -> dict[str, str]:
    name = field_name(table, column)
    said = RAW[table].columns().get(column)
    metadata = (said.metadata if said else None) or {}
    given = choices(table, column)
    is_date = column.endswith(("_on", "_at", "_date"))
    kind = "text" if not given else "dropdown" if table == "lab_result" else "radio"
    return _line(
        name,
        table,
        kind,
        column.replace("_", " ").capitalize(),
        choices=" | ".join(f"{code}, {label}" for code, label in given),
        note=escape(said.description or "", quote=False).replace("`", "") if said else _TIME_LABEL,
        validation="date_ymd" if is_date else "time_hh_mm_ss" if column == TIME else "",
        identifier="y" if column == "birth_date" else "",
        needed="y" if metadata.get("obligatory") else "",
        annotation=f"@AIN({table}.{column})",
    )


def _line(
    name: str,
    form: str,
    kind: str,
    label: str,
    *,
    choices: str = "",
    note: str = "",
    validation: str = "",
    identifier: str = "",
    needed: str = "",
    annotation: str = "",
) -> dict[str, str]:
    told = (name, form, "", kind, label, choices, note, validation, "", "", identifier, "", needed)
    return dict(zip(HEADER, (*told, "", "", "", "", annotation), strict=True))


if __name__ == "__main__":
    Path(str(files("ain_analytics"))).joinpath("templates", FILE).write_text(template(), "utf-8", newline="")
