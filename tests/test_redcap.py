"""REDCap projects: the synthetic registry as one, and small ones by hand, a feature of REDCap each."""

import csv
import gzip
import random
import re
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import ain_analytics as ain
from ain_analytics.errors import AinError, MissingTable, UnreadableExtract
from ain_analytics.fates import FATES, NO_ERROR
from ain_analytics.formats.redcap import template
from ain_analytics.registry import Registry, open_registry
from ain_analytics.schema import RAW, columns_of
from ain_analytics.synthetic.forms import redcap

from . import hostile

HEADER = (
    '"Variable / Field Name","Form Name","Section Header","Field Type","Field Label",'
    '"Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number",'
    '"Text Validation Min","Text Validation Max",Identifier?,"Branching Logic (Show field only if...)",'
    '"Required Field?","Custom Alignment","Question Number (surveys only)","Matrix Group Name",'
    '"Matrix Ranking?","Field Annotation"'
)
"""As REDCap writes it: https://github.com/OuhscBbmc/REDCapR, inst/test-data/projects."""
CHILD = """
    study_id   | demographics | text  | Study ID
    dob        | demographics | text  | Date of birth |                      | date_ymd | @AIN(patient.birth_date)
    sex        | demographics | radio | Sex           | 1, Female ; 2, Male  |          | @AIN(patient.sex)
"""
LONG = """
    sampled_at | lab_result   | text  | Date          |                      | date_ymd |
    code       | lab_result   | text  | Analyte
    value      | lab_result   | text  | Value
    unit       | lab_result   | text  | Unit
"""
"""A repeating instrument that is named as the native table."""
WIDE = """
    visit_date | visit | text | Date of visit | | date_ymd | @AIN(lab_result.sampled_at)
    anc_value  | visit | text | ANC           | |          | @AIN(lab_result.value code=751-8 unit=10*9/L)
    wbc_value  | visit | text | WBC           | |          | @AIN(lab_result.value, code=6690-2, unit="10*3/uL")
"""


def dictionary(text: str) -> str:
    """Write a data dictionary: name | form | type | label | choices | validation | annotation, choices by ;."""
    lines = [HEADER]
    for line in text.strip().splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        name, form, kind, label, choices, validation, annotation = cells + [""] * (7 - len(cells))
        row = [name, form, "", kind, label, choices.replace(";", "|"), "", validation, *[""] * 9, annotation]
        lines.append(",".join('"' + cell.replace('"', '""') + '"' for cell in row))
    return "\n".join(lines) + "\n"


@pytest.fixture
def project(tmp_path):
    """Write a project and open it: the fields, the exports by name (or one), extract.toml."""
    opened = []

    def write(fields: str, exports: str | dict[str, str], options: str = "") -> Registry:
        (tmp_path / "Study_DataDictionary_2024-06-30.csv").write_text(dictionary(fields), encoding="utf-8")
        for name, text in ({"Study_DATA.csv": exports} if isinstance(exports, str) else exports).items():
            rows = [",".join(cell.strip() for cell in line.split("|")) for line in text.strip().splitlines()]
            (tmp_path / name).write_text("\n".join(rows) + "\n", encoding="utf-8")
        (tmp_path / "extract.toml").write_text("extracted_on = 2024-06-30\n" + options, encoding="utf-8")
        opened.append(open_registry(tmp_path))
        return opened[-1]

    yield write
    for registry in opened:
        registry.close()


def rows(registry: Registry, table: str, columns: str) -> list[tuple[object, ...]]:
    found = registry.connection.sql(f"select {columns} from raw_{table} order by all").fetchall()
    return [tuple(row) for row in found]


def others(registry: Registry) -> dict[str, int]:
    return dict(registry.connection.sql("select fate, count(*) from raw_other group by all").fetchall())


def assert_each_record_has_one_fate(folder: Path, registry: Registry) -> None:
    """Count the records of every export by another reader, and find each once: as rows, or by its reason."""
    sent = Counter()
    for path in (file.path for file in registry.extract.files if file.table == "record"):
        with path.open(encoding="utf-8", newline="") as file:
            sent.update((path.name, n) for n, _ in enumerate(csv.reader(file), start=0) if n)
    places, made = Counter(), set()
    for table in RAW:
        for file, number in rows(registry, table, "file, row_number"):
            places[str(file), number] += 1
            made.add((str(file).partition(", ")[0], number))
    assert not [place for place, n in places.items() if n > 1]
    aside = registry.connection.sql("select file, row_number from raw_other").fetchall()
    assert Counter([*made, *aside]) == sent


# The synthetic registry


@pytest.fixture(scope="module", params=[3, 4], ids="seed {}".format)
def demo(request):
    return ain.simulate(150, seed=request.param)


@pytest.fixture(scope="module", params=[False, True], ids=["raw", "labelled"])
def both(request, demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redcap")
    redcap.write(demo.tables, folder, demo.extracted_on, is_labelled=request.param)
    with (
        ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as native,
        ain.open_registry(folder) as read,
    ):
        yield native, read, folder


@pytest.mark.parametrize("table", RAW)
def test_the_raw_tables_are_those_of_the_native_form(both, table):
    native, read, _ = both
    columns = ", ".join(columns_of(table))
    assert Counter(rows(read, table, columns)) == Counter(rows(native, table, columns))


@pytest.mark.parametrize("name", ["row_fate", "daily_anc", "episode", "case_evidence"])
def test_what_follows_is_that_of_the_native_form(both, name):
    native, read, _ = both
    found, expected = (
        frame.drop("file", "row_number", strict=False) for frame in (read.frame(name), native.frame(name))
    )
    assert found.sort(found.columns).equals(expected.sort(expected.columns))


def test_cases_and_follow_up_are_those_of_the_native_form(both):
    native, read, _ = both
    cases, expected = ain.classify(read), ain.classify(native)
    assert cases.equals(expected)
    assert ain.follow_up(read, cases).equals(ain.follow_up(native, expected))


def test_each_record_of_the_synthetic_registry_has_one_fate(both):
    _, read, folder = both
    assert read.extract.format.name == "redcap"
    assert_each_record_has_one_fate(folder, read)


# The template


def test_the_shipped_data_dictionary_is_fresh():
    path = Path(template.__file__).parents[2] / "templates" / template.FILE
    assert path.read_text(encoding="utf-8") == template.template()


def test_the_shipped_data_dictionary_keeps_the_rules_of_redcap():
    header, *lines = csv.reader(template.template().splitlines())
    assert header == next(csv.reader([HEADER]))
    names = [line[0] for line in lines]
    assert names[0] == "record_id"
    assert len(set(names)) == len(names)
    assert not [name for name in names if not re.fullmatch(r"[a-z][a-z0-9_]{0,25}", name) or "__" in name]
    forms = [line[1] for line in lines]
    assert sorted(forms, key=list(RAW).index) == forms
    for line in lines:
        assert line[3] in ("text", "radio", "dropdown")
        assert bool(line[5]) == (line[3] != "text")
        codes = [choice.partition(",")[0].strip() for choice in line[5].split("|")]
        assert len(set(codes)) == len(codes)
        assert all(re.fullmatch(r"[A-Za-z0-9._-]*", code) for code in codes)


# Rows of an export


def test_each_instance_of_a_repeating_instrument_is_a_row(project):
    registry = project(
        CHILD + LONG,
        """
        study_id | redcap_repeat_instrument | redcap_repeat_instance | dob        | sex | demographics_complete | sampled_at | code  | value | unit   | lab_result_complete
        007      |                          |                        | 2018-01-01 | 1   | 2                     |            |       |       |        |
        007      | lab_result               | 1                      |            |     |                       | 2018-06-01 | 751-8 | 0.4   | 10*9/L | 2
        007      | lab_result               | 2                      |            |     |                       | 2018-07-01 | 751-8 | <0.1  | 10*9/L | 0
        7        |                          |                        | 2019-01-01 | 2   | 0                     |            |       |       |        |
        """,
    )
    assert rows(registry, "patient", "patient_id, birth_date, sex, file, row_number") == [
        ("007", "2018-01-01", "female", "Study_DATA.csv", 1),
        ("7", "2019-01-01", "male", "Study_DATA.csv", 4),
    ]
    assert rows(
        registry, "lab_result", "patient_id, sampled_at, code, value, unit, code_system, row_number"
    ) == [
        ("007", "2018-06-01", "751-8", "0.4", "10*9/L", "LOINC", 2),
        ("007", "2018-07-01", "751-8", "<0.1", "10*9/L", "LOINC", 3),
    ]
    assert registry.frame("anc_result")["anc"].to_list() == [0.4, 0.1]


def test_a_labelled_export_says_the_same(project):
    registry = project(
        CHILD + LONG,
        """
        Study ID | Repeat Instrument | Repeat Instance | Date of birth | Sex    | Complete?  | Date       | Analyte | Value | Unit   | Complete?
        007      |                   |                 | 2018-01-01    | Female | Complete   |            |         |       |        |
        007      | Lab Result        | 1               |               |        |            | 2018-06-01 | 751-8   | 0.4   | 10*9/L | Incomplete
        """,
    )
    assert rows(registry, "patient", "patient_id, birth_date, sex") == [("007", "2018-01-01", "female")]
    assert rows(registry, "lab_result", "sampled_at, value") == [("2018-06-01", "0.4")]
    assert registry.extract.ignored_columns == {}


def test_a_visit_with_several_analytes_makes_a_row_of_each_that_was_measured(project, tmp_path):
    registry = project(
        CHILD + WIDE,
        """
        study_id | redcap_event_name | dob        | sex | visit_date | anc_value | wbc_value
        1        | baseline_arm_1    | 2018-01-01 | 1   | 2018-06-01 | 0.4       | 6.1
        1        | visit_2_arm_1     |            |     | 2018-07-01 | 0.5       |
        1        | visit_3_arm_1     |            |     | 2018-08-01 |           |
        """,
    )
    assert rows(registry, "lab_result", "sampled_at, code, value, unit, file, row_number") == [
        ("2018-06-01", "6690-2", "6.1", "10*3/uL", "Study_DATA.csv, wbc_value", 1),
        ("2018-06-01", "751-8", "0.4", "10*9/L", "Study_DATA.csv, anc_value", 1),
        ("2018-07-01", "751-8", "0.5", "10*9/L", "Study_DATA.csv", 2),
    ]
    assert rows(registry, "patient", "file, row_number") == [("Study_DATA.csv, patient of demographics", 1)]
    assert others(registry) == {"context_only": 1}
    assert_each_record_has_one_fate(tmp_path, registry)


def test_extract_toml_speaks_before_annotations(project):
    options = """
        [redcap.fields]
        anc_value = { table = "lab_result", column = "value", code = "NEUT", unit = "/uL" }
        wbc_value = []
        visit_date = [{ table = "lab_result", column = "sampled_at" }, { table = "diagnosis", column = "recorded_on" }]
        d70 = { table = "diagnosis", column = "code" }
        [codes]
        NEUT = "751-8"
    """
    registry = project(
        CHILD + WIDE + "d70 | visit | text | Diagnosis",
        """
        study_id | dob        | sex | visit_date | anc_value | wbc_value | d70
        1        | 2018-01-01 | 1   | 2018-06-01 | 400       | 6.1       | D70.8
        """,
        options,
    )
    assert rows(registry, "lab_result", "sampled_at, code, value, unit") == [
        ("2018-06-01", "NEUT", "400", "/uL")
    ]
    assert rows(registry, "diagnosis", "recorded_on, code, code_system") == [
        ("2018-06-01", "D70.8", "ICD-10")
    ]
    assert registry.frame("anc_result")["anc"].to_list() == [0.4]
    assert registry.extract.ignored_columns == {"record": ("wbc_value",)}


def test_fields_of_one_row_are_joined_by_the_row_that_they_name(project):
    registry = project(
        CHILD
        + LONG
        + """
        gcsf_from | drugs | text | G-CSF from | | date_ymd | @AIN(treatment.started_on row=gcsf code=L03AA02)
        gcsf_to   | drugs | text | G-CSF to   | | date_ymd | @AIN(treatment.ended_on row=gcsf)
        ivig_from | drugs | text | IVIG from  | | date_ymd | @AIN(treatment.started_on code=J06BA02)
        ivig_to   | drugs | text | IVIG to    | | date_ymd | @AIN(treatment.ended_on code=J06BA02)
        """,
        """
        study_id | dob        | sex | gcsf_from  | gcsf_to    | ivig_from  | ivig_to
        1        | 2018-01-01 | 1   | 2018-06-01 | 2018-06-05 | 2018-08-01 |
        """,
    )
    assert rows(registry, "treatment", "started_on, ended_on, code, code_system") == [
        ("2018-06-01", "2018-06-05", "L03AA02", "ATC"),
        ("2018-08-01", None, "J06BA02", "ATC"),
    ]


def test_a_unit_that_never_changes_makes_no_row_of_its_own(project):
    registry = project(
        CHILD + LONG.replace("unit       | lab_result   | text  | Unit", ""),
        """
        study_id | redcap_repeat_instrument | redcap_repeat_instance | dob        | sex | sampled_at | code   | value
        1        |                          |                        | 2018-01-01 | 1   |            |        |
        1        | lab_result               | 1                      |            |     | 2018-06-01 | 751-8  | 0.4
        1        | lab_result               | 2                      |            |     | 2018-06-01 | 6690-2 |
        """,
        '[redcap.fields]\nvalue = { table = "lab_result", column = "value", unit = "G/L" }',
    )
    assert rows(registry, "lab_result", "code, value, unit, file") == [
        ("6690-2", None, "G/L", "Study_DATA.csv"),
        ("751-8", "0.4", "G/L", "Study_DATA.csv"),
    ]


def test_what_is_the_same_for_all_children_makes_no_second_row_of_a_child(project):
    fields = (
        CHILD.replace("@AIN(patient.birth_date)", "@AIN(patient.birth_date site='North Hospital')") + LONG
    )
    registry = project(fields, "study_id | dob | sex\n1 | 2018-01-01 | 1")
    assert rows(registry, "patient", "birth_date, sex, site, file") == [
        ("2018-01-01", "female", "North Hospital", "Study_DATA.csv")
    ]


def test_an_instrument_may_ask_for_some_analytes_by_name_and_for_others_by_code(project):
    others_too = """
        other_code  | visit | text | Other analyte | | | @AIN(lab_result.code)
        other_value | visit | text | Its value     | | | @AIN(lab_result.value)
        other_unit  | visit | text | Its unit      | | | @AIN(lab_result.unit)
    """
    registry = project(
        CHILD + WIDE + others_too,
        """
        study_id | dob        | sex | visit_date | anc_value | wbc_value | other_code | other_value | other_unit
        1        | 2018-01-01 | 1   | 2018-06-01 | 0.4       |           | 718-7      | 11.2        | g/dL
        2        | 2018-01-01 | 1   | 2018-06-02 | 0.5       |           |            |             |
        """,
    )
    assert rows(registry, "lab_result", "patient_id, sampled_at, code, value, unit") == [
        ("1", "2018-06-01", "718-7", "11.2", "g/dL"),
        ("1", "2018-06-01", "751-8", "0.4", "10*9/L"),
        ("2", "2018-06-02", "751-8", "0.5", "10*9/L"),
    ]


BOXES = """
    seen_on   | clinic | text     | Seen on   | | date_ymd | @AIN(diagnosis.recorded_on)
    infection | clinic | checkbox | Infection | H66.9, Otitis media ; L01.0, Impetigo ; 3, J06.9 | | @AIN(diagnosis.code)
"""


@pytest.mark.parametrize(
    "export",
    [
        """
        study_id | dob        | sex | seen_on    | infection___h66_9 | infection___l01_0 | infection___3 | infection___unk
        1        | 2018-01-01 | 1   | 2018-06-01 | 1                 | 0                 | 1             | 0
        2        | 2018-01-01 | 2   | 2018-06-02 | 0                 | 0                 | 0             | 1
        """,
        """
        Study ID | Date of birth | Sex    | Seen on    | Infection (choice=Otitis media) | Infection (choice=Impetigo) | Infection (choice=J06.9) | Infection (choice=Unknown)
        1        | 2018-01-01    | Female | 2018-06-01 | Checked                         | Unchecked                   | Checked                  | Unchecked
        2        | 2018-01-01    | Male   | 2018-06-02 | Unchecked                       | Unchecked                   | Unchecked                | Checked
        """,
        """
        study_id | dob        | sex    | seen_on    | infection___h66_9 | infection___l01_0 | infection___3
        1        | 2018-01-01 | Female | 2018-06-01 | Otitis media      |                   | J06.9
        2        | 2018-01-01 | Male   | 2018-06-02 |                   |                   |
        """,
    ],
    ids=["raw", "labelled", "labels under raw headers"],
)
def test_each_ticked_box_is_a_row(project, tmp_path, export):
    registry = project(CHILD + LONG + BOXES, export)
    assert rows(registry, "diagnosis", "patient_id, recorded_on, code, file") == [
        ("1", "2018-06-01", "H66.9", "Study_DATA.csv, infection___H66.9"),
        ("1", "2018-06-01", "J06.9", "Study_DATA.csv, infection___3"),
    ]
    assert rows(registry, "patient", "patient_id, sex") == [("1", "female"), ("2", "male")]
    assert_each_record_has_one_fate(tmp_path, registry)


def test_boxes_of_a_column_that_makes_no_rows_are_written_side_by_side(project):
    registry = project(
        CHILD
        + LONG
        + "race | demographics | checkbox | Race | 1, European ; 2, African ; 3, Asian | | @AIN(patient.ancestry)",
        """
        study_id | dob        | sex | race___1 | race___2 | race___3
        1        | 2018-01-01 | 1   | 1        | 0        | 1
        """,
    )
    assert rows(registry, "patient", "ancestry") == [("European; Asian",)]


def test_the_date_of_an_event_stands_for_the_instruments_that_repeat_in_it(project, tmp_path):
    fields = CHILD + LONG.replace("sampled_at | lab_result", "drawn_on   | visit     ").replace(
        "date_ymd |", "date_ymd | @AIN(lab_result.sampled_at)"
    )
    registry = project(
        fields,
        """
        study_id | redcap_event_name | redcap_repeat_instrument | redcap_repeat_instance | dob        | sex | drawn_on   | code   | value | unit
        1        | visit_1_arm_1     |                          |                        | 2018-01-01 | 1   | 2018-06-01 |        |       |
        1        | visit_1_arm_1     | lab_result               | 1                      |            |     |            | 751-8  | 0.4   | 10*9/L
        1        | visit_1_arm_1     | lab_result               | 2                      |            |     |            | 6690-2 | 6     | 10*9/L
        1        | visit_2_arm_1     |                          |                        |            |     | 2018-07-01 |        |       |
        1        | visit_2_arm_1     | lab_result               | 1                      |            |     |            | 751-8  | 0.5   | 10*9/L
        1        | visit_3_arm_1     | lab_result               | 1                      |            |     |            | 751-8  | 0.6   | 10*9/L
        """,
    )
    assert rows(registry, "lab_result", "row_number, sampled_at, value") == [
        (2, "2018-06-01", "0.4"),
        (3, "2018-06-01", "6"),
        (5, "2018-07-01", "0.5"),
        (6, None, "0.6"),
    ]
    assert others(registry) == {"context_only": 1}
    assert_each_record_has_one_fate(tmp_path, registry)


def test_instances_of_a_repeating_event_are_visits_of_their_own_in_several_files(project, tmp_path):
    labs = "anc | bloods | text | ANC | | | @AIN(lab_result.value code=751-8 unit=10*9/L)"
    dates = "drawn_on | visit | text | Drawn on | | date_ymd | @AIN(lab_result.sampled_at)"
    registry = project(
        CHILD + labs + "\n" + dates,
        {
            "Study_DATA_visit.csv": """
                study_id | redcap_event_name | redcap_repeat_instance | dob        | sex | drawn_on
                1        | visit_arm_1       | 1                      | 2018-01-01 | 1   | 2018-06-01
                1        | visit_arm_1       | 2                      |            |     | 2018-07-01
            """,
            "Study_DATA_bloods.csv": """
                study_id | redcap_event_name | redcap_repeat_instance | anc
                1        | visit_arm_1       | 1                      | 0.4
                1        | visit_arm_1       | 2                      | 0.5
            """,
        },
    )
    assert rows(registry, "lab_result", "sampled_at, value, file, row_number") == [
        ("2018-06-01", "0.4", "Study_DATA_bloods.csv", 1),
        ("2018-07-01", "0.5", "Study_DATA_bloods.csv", 2),
    ]
    assert_each_record_has_one_fate(tmp_path, registry)


def test_two_dates_beside_a_row_are_none(project):
    fields = (
        CHILD
        + "anc | bloods | text | ANC | | | @AIN(lab_result.value code=751-8 unit=10*9/L)\n"
        + (
            "seen_on  | visit | text | Seen on  | | date_ymd | @AIN(lab_result.sampled_at)\n"
            "drawn_on | draw  | text | Drawn on | | date_ymd | @AIN(lab_result.sampled_at)"
        )
    )
    registry = project(
        fields,
        """
        study_id | dob        | sex | seen_on    | drawn_on   | anc
        1        | 2018-01-01 | 1   | 2018-06-01 | 2018-06-02 | 0.4
        2        | 2018-01-01 | 1   | 2018-06-01 |            | 0.5
        """,
    )
    assert rows(registry, "lab_result", "value, sampled_at") == [("0.4", None), ("0.5", "2018-06-01")]


def test_what_is_told_of_a_child_in_another_event_belongs_to_the_child(project):
    registry = project(
        CHILD + LONG + "death_date | outcome | text | Died on | | date_ymd | @AIN(patient.died_on)",
        """
        study_id | redcap_event_name | redcap_data_access_group | dob        | sex | death_date
        1        | baseline_arm_1    | north_hospital           | 2018-01-01 | 1   |
        1        | outcome_arm_1     | north_hospital           |            |     | 2020-01-01
        2        | outcome_arm_1     | south                    |            |     | 2020-02-01
        """,
        '[redcap.values.site]\nnorth_hospital = "North Hospital"\n',
    )
    assert rows(registry, "patient", "patient_id, birth_date, died_on, site") == [
        ("1", "2018-01-01", "2020-01-01", "North Hospital"),
        ("2", None, "2020-02-01", "south"),
    ]
    assert others(registry) == {"context_only": 1}
    assert registry.frame("patient")["died_on"].to_list() == [date(2020, 1, 1)]


def test_rows_of_instruments_that_nobody_maps_are_of_no_use(project, tmp_path):
    registry = project(
        CHILD + LONG + "mood | questionnaire | text | Mood",
        """
        study_id | redcap_repeat_instrument | redcap_repeat_instance | dob        | sex | mood | extra
        1        |                          |                        | 2018-01-01 | 1   |      |
        1        | questionnaire            | 1                      |            |     | good | x
        1        | questionnaire            | 2                      |            |     | bad  |
        """,
    )
    assert others(registry) == {"not_of_use": 2}
    assert registry.extract.ignored_columns == {"record": ("mood", "extra")}
    assert {"not_of_use", "context_only"} <= set(NO_ERROR) <= set(FATES)
    assert_each_record_has_one_fate(tmp_path, registry)


# Cells


@pytest.mark.long
@pytest.mark.parametrize(
    ("validation", "cell", "expected"),
    [
        ("date_dmy", "2018-06-01", "2018-06-01"),
        ("date_dmy", "01-06-2018", "2018-06-01"),
        ("date_dmy", "1/6/2018", "2018-06-01"),
        ("date_dmy", "1.6.2018", "2018-06-01"),
        ("date_mdy", "01-06-2018", "2018-01-06"),
        ("date_mdy", "13/06/2018", "2018-13-06"),  # no date in the field's format, and not repaired
        ("date_ymd", "01-06-2018", "01-06-2018"),
        ("date_ymd", "2018/6/1", "2018-06-01"),
        ("", "01-06-2018", "01-06-2018"),
        ("datetime_ymd", "2018-06-01 08:30", "2018-06-01 08:30"),
        ("datetime_dmy", "01-06-2018 08:30", "2018-06-01 08:30"),
        ("datetime_seconds_mdy", "06/01/2018 08:30:15", "2018-06-01 08:30:15"),
        ("datetime_seconds_dmy", "2018-06-01 08:30:15", "2018-06-01 08:30:15"),
        ("date_dmy", "summer", "summer"),
        ("date_dmy", "UNK", None),
        ("date_dmy", "-999", "-999"),
    ],
)
def test_dates_are_iso_or_as_the_field_says(project, validation, cell, expected):
    registry = project(
        CHILD + LONG.replace("date_ymd", validation),
        f"""
        study_id | dob        | sex | sampled_at | code  | value | unit
        1        | 2018-01-01 | 1   | {cell}     | 751-8 | 0.4   | 10*9/L
        """,
    )
    assert rows(registry, "lab_result", "sampled_at") == [(expected,)]


@pytest.mark.long
@pytest.mark.parametrize(
    ("choices", "raw", "labelled", "expected"),
    [
        ("1, Female ; 2, Male", "2", "Male", "male"),
        ("0, weiblich ; 1, männlich", "0", "Weiblich", "female"),
        ("f, Girl ; m, Boy", "f", "Girl", "female"),
        ("f, Mädchen ; m, Junge", "m", "Junge", "male"),  # by the code, since the list lacks the label
        ("1, <b>Male</b> child ; 2, Female", "2", "Female", "female"),
        ("1, 2 ; 2, 1", "2", "1", "1"),  # in a labelled export the label, in a raw one the code
        ("1, Female ; 2, Male", "UNK", "Unknown", None),
        ("1, Female ; UNK, Unknown", "UNK", "Unknown", "unknown"),  # an answer, since it is a choice
        ("1, Female ; 2, Male", "7", "7", "7"),  # nobody knows it
    ],
)
def test_codes_and_labels_are_one_answer(project, choices, raw, labelled, expected):
    fields = CHILD.replace("1, Female ; 2, Male", choices) + LONG
    for header, cell in (("study_id | dob | sex", raw), ("Study ID | Date of birth | Sex", labelled)):
        registry = project(fields, f"{header}\n1 | 2018-01-01 | {cell}")
        assert rows(registry, "patient", "sex") == [(expected,)]


def test_the_words_of_the_sender_come_first(project):
    options = '[redcap.values.sex]\n"1" = "male"\n[redcap.values."antibody_test.result"]\n"schwach" = "indeterminate"\n'
    fields = (
        CHILD
        + LONG
        + "gift | serum | radio | GIFT | 1, Schwach ; 2, Positiv | | @AIN(antibody_test.result test=GIFT)"
    )
    registry = project(
        fields, "study_id | dob | sex | gift\n1 | 2018-01-01 | 1 | 1\n2 | 2018-01-01 | 2 | 2", options
    )
    assert rows(registry, "patient", "patient_id, sex") == [("1", "male"), ("2", "male")]
    assert rows(registry, "antibody_test", "patient_id, test, result, subject") == [
        ("1", "GIFT", "indeterminate", "patient"),
        ("2", "GIFT", "positive", "patient"),
    ]


def test_a_code_that_only_numbers_the_choices_is_none_of_a_code_list(project):
    fields = (
        CHILD
        + """
        sampled_at | lab_result | text     | Date
        code       | lab_result | dropdown | Analyte | 751-8, Neutrophils ; 1, 6690-2
        value      | lab_result | text     | Value
        unit       | lab_result | dropdown | Unit    | a, 10*9/L ; b, /uL
    """
    )
    raw = """
        study_id | redcap_repeat_instrument | redcap_repeat_instance | dob | sex | sampled_at | code  | value | unit
        1        | lab_result               | 1                      |     |     | 2018-06-01 | 751-8 | 400   | b
        1        | lab_result               | 2                      |     |     | 2018-06-01 | 1     | 6     | a
        1        |                          |                        | 2018-01-01 | 1 |     |       |       |
    """
    registry = project(fields, raw)
    assert rows(registry, "lab_result", "code, value, unit") == [
        ("6690-2", "6", "10*9/L"),
        ("751-8", "400", "/uL"),
    ]


def test_yes_and_no_fields_have_the_choices_that_redcap_gives_them(project):
    fields = (
        CHILD
        + LONG
        + """
        bm_date | marrow | text      | Marrow on | | date_ymd | @AIN(marrow_exam.examined_on)
        bm_cell | marrow | text      | Cells     | |          | @AIN(marrow_exam.cellularity)
        bm_seg  | marrow | yesno     | Fewer segmented? | |   | @AIN(marrow_exam.segmented_reduced)
    """
    )
    registry = project(
        fields,
        """
        study_id | dob        | sex | bm_date    | bm_cell       | bm_seg
        1        | 2018-01-01 | 1   | 2018-06-01 | Hypercellular | 1
        2        | 2018-01-01 | 1   | 2018-06-01 | normal        | 0
        """,
    )
    assert rows(registry, "marrow_exam", "patient_id, cellularity, segmented_reduced") == [
        ("1", "increased", "yes"),
        ("2", "normal", "no"),
    ]


def test_an_antibody_test_among_the_laboratory_results_is_one(project, tmp_path):
    registry = project(
        CHILD + LONG,
        """
        study_id | redcap_repeat_instrument | redcap_repeat_instance | dob        | sex | sampled_at | code     | value    | unit
        1        |                          |                        | 2018-01-01 | 1   |            |          |          |
        1        | lab_result               | 1                      |            |     | 2018-06-01 | 105286-9 | Positiv  |
        1        | lab_result               | 2                      |            |     | 2018-06-02 | GAT      | negative |
        1        | lab_result               | 3                      |            |     | 2018-06-03 | ANCA     | negative |
        1        | lab_result               | 4                      |            |     | 2018-06-03 | 510-2    | 7        |
        """,
    )
    assert rows(registry, "antibody_test", "sampled_on, test, result, subject, row_number") == [
        ("2018-06-01", "105286-9", "positive", "patient", 2),
        ("2018-06-02", "GAT", "negative", "patient", 3),
    ]
    assert rows(registry, "lab_result", "code, row_number") == [("510-2", 5), ("ANCA", 4)]
    assert registry.frame("antibody_test")["method"].to_list() == ["GIFT", "GAT"]
    assert_each_record_has_one_fate(tmp_path, registry)


def test_missing_data_codes_are_no_answers(project):
    fields = CHILD + LONG + "gene | genetic_test | text | Gene\nresult | genetic_test | text | Finding"
    export = """
        study_id | dob        | sex | sampled_at | code  | value | unit | gene | result
        1        | 2018-01-01 | 1   | 2018-06-01 | 751-8 | -999  | NA   | DER  | NASK
    """
    registry = project(fields, export)  # undeclared: only where they cannot be an answer
    assert rows(registry, "lab_result", "value, unit") == [("-999", "NA")]
    assert rows(registry, "genetic_test", "gene, result") == [("DER", "NASK")]
    registry = project(fields, export, '[redcap]\nmissing_codes = ["-999, Not measured", "NA", "NASK"]\n')
    assert rows(registry, "lab_result", "value, unit") == [(None, None)]
    assert rows(registry, "genetic_test", "gene, result") == [("DER", None)]


def test_a_decimal_comma_that_the_field_declares_is_one(project):
    fields = CHILD + LONG.replace("| Value", "| Value | | number_2dp_comma_decimal")
    export = """
        study_id | dob        | sex | sampled_at | code  | value | unit
        1        | 2018-01-01 | 1   | 2018-06-01 | 751-8 | "0,35" | 10*9/L
    """
    assert project(fields, export).frame("anc_result")["anc"].to_list() == [0.35]
    assert project(fields, export, 'decimal_mark = ","').frame("anc_result")["anc"].to_list() == [0.35]


# Headers and files


def test_one_label_of_several_fields_is_told_by_the_order_of_the_fields(project):
    fields = (
        CHILD
        + LONG
        + """
        recorded_on | diagnosis | text | Date
        dx_code     | diagnosis | text | Code | | | @AIN(diagnosis.code)
    """
    )
    registry = project(
        fields,
        """
        Study ID | Date of birth | Sex | Date       | Analyte | Value | Unit   | Date       | Code
        1        | 2018-01-01    | Male | 2018-06-01 | 751-8  | 0.4   | 10*9/L | 2018-06-03 | D70
        """,
    )
    assert rows(registry, "lab_result", "sampled_at") == [("2018-06-01",)]
    assert rows(registry, "diagnosis", "recorded_on") == [("2018-06-03",)]


def test_a_label_that_could_be_either_field_is_refused(project):
    fields = CHILD + LONG.replace("Analyte", "Date").replace("code ", "note ")
    header = "Study ID | Date of birth | Sex | Date | Value | Unit"
    with pytest.raises(UnreadableExtract, match="the label of column 4 stands for several fields"):
        project(fields, f"{header}\n1 | 2018-01-01 | Male | 2018-06-01 | 0.4 | 10*9/L")


def test_each_file_may_have_its_own_delimiter_and_be_packed(project, tmp_path):
    (tmp_path / "more.csv.gz").write_bytes(
        gzip.compress("\ufeffstudy_id;sampled_at;code;value;unit\n1;2018-06-01;751-8;0.4;10*9/L\n".encode())
    )
    (tmp_path / "InstrumentDesignations.csv").write_text("arm_num,unique_event_name,form\n1,a_arm_1,visit\n")
    registry = project(CHILD + LONG, "study_id | dob | sex\n1 | 2018-01-01 | 1")
    assert rows(registry, "lab_result", "value, file") == [("0.4", "more.csv.gz")]
    assert registry.extract.ignored_files == ("InstrumentDesignations.csv",)


def test_the_metadata_of_the_api_is_a_data_dictionary_too(project, tmp_path):
    project(CHILD + LONG, "study_id | dob | sex\n1 | 2018-01-01 | 1")
    path = tmp_path / "Study_DataDictionary_2024-06-30.csv"
    names = "field_name,form_name,section_header,field_type,field_label,select_choices_or_calculations,field_note,"
    names += "text_validation_type_or_show_slider_number,text_validation_min,text_validation_max,identifier,"
    names += (
        "branching_logic,required_field,custom_alignment,question_number,matrix_group_name,matrix_ranking,"
    )
    _, _, lines = path.read_text(encoding="utf-8").partition("\n")
    path.write_text(f"{names}field_annotation\n{lines}", encoding="utf-8")
    with open_registry(tmp_path) as registry:
        assert rows(registry, "patient", "sex") == [("female",)]


SOUND = "study_id | dob | sex\nKEY-1 | 2018-01-01 | 1"


@pytest.mark.parametrize(
    ("fields", "export", "options", "message"),
    [
        (CHILD + LONG + "dob | other | text | Again", SOUND, "", "two fields are named 'dob'"),
        (CHILD.replace("2, Male", "1, Male") + LONG, SOUND, "", "field 'sex' has two choices with one code"),
        (CHILD + LONG, "study_id | dob | dob\nKEY-1 | 2018-01-01 | 1", "", "columns 2 and 3 hold one field"),
        (CHILD, SOUND, "", "no field is known to be lab_result.sampled_at"),
        (CHILD + LONG + BOXES, "study_id | infection___99\nKEY-1 | 1", "", "ticks a choice that the data dictionary does not"),
        (CHILD + LONG + BOXES, "Study ID | Infection (choice=Measles)\nKEY-1 | Checked", "", "ticks a choice that the data dictionary does not"),
        (CHILD.replace("@AIN(patient.sex)", "@AIN(patient)") + LONG, SOUND, "", "annotation of field 'sex' cannot be read"),
        (CHILD.replace("patient.sex", "child.sex") + LONG, SOUND, "", "field 'sex' is said to be of table 'child'"),
        (CHILD.replace("patient.sex", "patient.age") + LONG, SOUND, "", "field 'sex' is said to fill patient.age"),
        (CHILD.replace("patient.sex", "patient.birth_date") + LONG, SOUND, "", "fields 'dob' and 'sex' both fill patient.birth_date"),
        (CHILD + LONG, SOUND, '[redcap.fields]\nage = { table = "patient", column = "sex" }', "names 'age', which the data dictionary"),
        (CHILD + LONG, SOUND, '[redcap.fields]\nsex = "patient.sex"', "says of 'sex' what is no table of texts"),
        (CHILD + LONG, SOUND, "[redcap]\nfields = 3", r"\[redcap.fields\] is no table"),
        (CHILD + LONG, SOUND, "[redcap]\nmissing_codes = [-999]", "missing_codes of .* is no list of texts"),
        (CHILD + LONG, SOUND, "[redcap.values]\nsex = 1", r"\[redcap.values.sex\] is no table of texts"),
        (CHILD + LONG, SOUND, '[redcap.values.colour]\na = "b"', r"\[redcap.values.colour\] is no table of texts"),
        (CHILD + LONG, SOUND, "[redcap]\nfield = 3", "says 'field', which it does not know"),
        (CHILD + LONG, SOUND, "redcap = 3", r"\[redcap\] is no table"),
    ],
)  # fmt: skip
def test_what_does_not_fit_together_is_said_in_one_line(project, fields, export, options, message):
    with pytest.raises(UnreadableExtract, match=message) as error:
        project(fields, export, options)
    assert len(str(error.value).splitlines()) == 1
    assert "KEY-1" not in str(error.value)


def test_raw_and_labelled_exports_in_one_folder_would_count_each_child_twice(project):
    exports = {"raw.csv": SOUND, "labels.csv": "Study ID | Date of birth | Sex\n1 | 2018-01-01 | Male"}
    with pytest.raises(UnreadableExtract, match="raw and labelled exports lie in one folder"):
        project(CHILD + LONG, exports)


def test_two_dictionaries_or_none_are_refused(project, tmp_path):
    (tmp_path / "older.csv").write_text(dictionary(CHILD), encoding="utf-8")
    with pytest.raises(UnreadableExtract, match="are two data dictionaries"):
        project(CHILD + LONG, SOUND)
    for path in tmp_path.glob("*ictionary*.csv"):
        path.unlink()
    (tmp_path / "older.csv").unlink()
    (tmp_path / "extract.toml").write_text('format = "redcap"\n')
    with pytest.raises(MissingTable, match="data_dictionary"):
        open_registry(tmp_path)


def test_a_dictionary_without_an_export_is_refused(project):
    with pytest.raises(MissingTable, match="record"):
        project(CHILD + LONG, "another_id | dob\n1 | 2018-01-01")


# A hostile world

SQL = "'; drop table source_record; --"


def test_names_and_cells_may_hold_anything(project, tmp_path):
    registry = project(
        CHILD + LONG + f'evil"{SQL} | lab_result | text | <script>alert(1)</script>\n',
        {
            f"it's [1]*{SQL.replace('/', '')}.csv": f"""
                study_id | dob        | sex | sampled_at | code  | value | unit   | evil"{SQL} | "a,\n b"
                {SQL}    | 2018-01-01 | 1   | 2018-06-01 | 751-8 | 0.4   | 10*9/L | {SQL}      | {SQL}
            """.replace('"a,\n b"', "b")
        },
    )
    assert rows(registry, "lab_result", "patient_id, value") == [(SQL, "0.4")]
    assert_each_record_has_one_fate(tmp_path, registry)


def test_a_bad_record_costs_only_itself(project, tmp_path):
    registry = project(
        CHILD + LONG, "study_id | dob | sex\n1 | 2018-01-01 | 1\n2 | 2018-01-01\n3 | 2018-01-01 | 2"
    )
    assert rows(registry, "patient", "patient_id, row_number") == [("1", 1), ("3", 3)]
    assert others(registry) == {"malformed_row": 1}
    fates = registry.frame("row_fate")
    assert fates.filter(fates["table_name"] == "record").select("fate", "n_rows").rows() == [
        ("malformed_row", 1)
    ]
    assert_each_record_has_one_fate(tmp_path, registry)


@pytest.mark.parametrize("damage", [b"\x1f\x8b\x08", b"\0" * 50, b"\xff\xfeS\0", b""])
def test_a_damaged_dictionary_is_refused_in_one_line(project, tmp_path, damage):
    project(CHILD + LONG, SOUND, 'format = "redcap"\n')
    (tmp_path / "Study_DataDictionary_2024-06-30.csv").write_bytes(damage)
    with pytest.raises(AinError) as error:
        open_registry(tmp_path)
    assert len(str(error.value).splitlines()) == 1


def test_a_truncated_export_is_refused_or_counted(project, tmp_path):
    project(CHILD + LONG, SOUND)
    (tmp_path / "Study_DATA.csv").unlink()
    packed = gzip.compress(b"study_id,dob,sex\n" + b"".join(b"%d,2018-01-01,1\n" % n for n in range(9000)))
    (tmp_path / "Study_DATA.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(AinError) as error:
        open_registry(tmp_path)
    assert len(str(error.value).splitlines()) == 1


def test_another_encoding_is_refused_until_it_is_said(project, tmp_path):
    project(CHILD + LONG, SOUND)
    path = tmp_path / "more.csv"
    path.write_bytes(
        "study_id,sampled_at,code,value,unit\nMüller,2018-06-01,751-8,400,/µL\n".encode("latin-1")
    )
    with pytest.raises(UnreadableExtract, match=r"more\.csv: its text is not utf-8"):
        open_registry(tmp_path)
    (tmp_path / "extract.toml").write_text('extracted_on = 2024-06-30\nencoding = "latin-1"\n')
    with open_registry(tmp_path) as registry:
        assert rows(registry, "lab_result", "patient_id, unit") == [("Müller", "/µL")]


@pytest.fixture(scope="module")
def few():
    return ain.simulate(8, seed=5)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(24))
def test_a_spoiled_project_is_refused_in_one_line_or_counted_to_the_last_record(few, tmp_path, seed):
    rng = random.Random(seed)
    redcap.write(few.tables, tmp_path, few.extracted_on, is_labelled=bool(seed % 2))
    changes = [
        change for change in hostile.CHANGES if change.__name__ not in ("split", "to_typed", "spoil_options")
    ]
    for change in rng.choices(changes, k=rng.randint(1, 3)):
        change(rng, tmp_path)
    try:
        with open_registry(tmp_path) as registry:
            exports = [file for file in registry.extract.files if file.table == "record"]
            made = "union all ".join(
                f"select file, row_number from raw_{table} " for table in (*RAW, "other")
            )
            found = registry.connection.sql(f"select distinct file, row_number from ({made})").fetchall()
    except AinError as error:
        said, exports, found = str(error), [], []
    else:
        said = ""
    assert len(said.splitlines()) <= 1
    assert "S000000" not in said
    names = {file.path.name for file in exports}
    records = {(next(name for name in names if place.startswith(name)), n) for place, n in found}
    assert len(records) == sum(hostile.n_rows(file.path, file.delimiter, file.encoding) for file in exports)
