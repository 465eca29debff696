"""OMOP CDM 5.4: the same study from the same registry, and each column by hand from the public specification."""

import gzip
import random
import tomllib
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.errors import MissingColumn, MissingTable, UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.raw_tables import load_source
from ain_analytics.synthetic.forms import omop

from . import hostile
from .conftest import read_table

LISTS = ("care_site", "concept", "concept_ancestor")
"""Tables of codes and names: their rows are no records of children."""
PERSON = (
    "person_id | gender_concept_id | year_of_birth | month_of_birth | day_of_birth\n1 | 8532 | 2018 | 1 | 1"
)
ONE_COUNT = (
    "person_id | measurement_concept_id | measurement_date | value_as_number | unit_concept_id\n"
    "1 | 3013650 | 2018-06-01 | 0.4 | 9444"
)


class Source:
    """A folder in OMOP, written as small tables; a broken bar ¦ stands for a bar in a cell."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.add("person", PERSON)
        self.add("measurement", ONE_COUNT)
        self.say("")

    def say(self, lines: str) -> None:
        (self.folder / "extract.toml").write_text(f"extracted_on = 2024-01-01\n{lines}\n")

    def add(self, table: str, text: str) -> None:
        header, rows = read_table(text)
        header = ["patient_id" if name == "patient" else name for name in header]
        lines = [",".join(header), *(",".join(cell or "" for cell in row.values()) for row in rows)]
        (self.folder / f"{table}.csv").write_text("\n".join(lines).replace("¦", "|") + "\n")

    def raw(self, table: str, columns: str) -> list[tuple[str | None, ...]]:
        with ain.open_registry(self.folder) as registry:
            found = registry.connection.sql(f"select {columns} from raw_{table} order by file, row_number")
            return found.fetchall()

    def frame(self, name: str, columns: str) -> list[tuple[object, ...]]:
        with ain.open_registry(self.folder) as registry:
            frame = registry.frame(name)
            return frame.select(columns.split(", ")).rows()

    def fates(self, file: str) -> list[tuple[int, str]]:
        with ain.open_registry(self.folder) as registry:
            found = registry.connection.sql(
                "select row_number, fate from raw_fate where file = $file order by row_number",
                params={"file": file},
            )
            return found.fetchall()


@pytest.fixture
def cdm(tmp_path):
    return Source(tmp_path)


# The same study


def opened(source, keys, **choices):
    """Open a registry; give its frames with the keys of the native one."""
    with ain.open_registry(source, **choices) as registry:
        cases = ain.classify(registry)
        frames = {name: registry.frame(name) for name in ("patient", "episode", "daily_anc", "row_fate")}
        frames |= {"case": cases, "follow_up": ain.follow_up(registry, cases)}
    pointers = ("file", "row_number")
    return {
        name: sorted(
            frame.with_columns(pl.col("patient_id").replace(keys) if "patient_id" in frame.columns else [])
            .select(column for column in frame.columns if column not in pointers)
            .rows(),
            key=str,
        )
        for name, frame in frames.items()
    }


def as_parquet(folder):
    """Write the tables as typed Parquet, measurement in two parts."""
    for path in list(folder.glob("*.csv")):
        frame = pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
        half = frame.height // 2
        if path.stem == "MEASUREMENT":
            frame[:half].write_parquet(folder / "MEASUREMENT-0001.parquet")
            frame[half:].write_parquet(folder / "MEASUREMENT-0002.parquet")
        else:
            frame.write_parquet(folder / f"{path.stem.lower()}.parquet")
        path.unlink()
    return folder


def as_gzip(folder):
    for path in list(folder.glob("*.csv")):
        path.with_name(f"{path.stem.lower()}.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    return folder


def as_duckdb(folder):
    with duckdb.connect(str(folder / "cdm.duckdb")) as database:
        for path in folder.glob("*.csv"):
            database.execute(f"create table {path.stem} as from read_csv('{path}')")
    return folder / "cdm.duckdb"


@pytest.mark.long
@pytest.mark.parametrize(
    ("seed", "change"),
    [(3, lambda folder: folder), (4, lambda folder: folder), (3, as_parquet), (4, as_gzip), (4, as_duckdb)],
    ids=["csv", "csv of another seed", "parquet in parts", "packed csv", "duckdb"],
)
def test_the_same_registry_gives_the_same_study(tmp_path, seed, change):
    demo = ain.simulate(150, seed=seed)
    omop.write(demo.tables, tmp_path, demo.extracted_on)
    numbers = omop.person_keys(demo.tables)
    keys = dict(zip(numbers["person_id"].cast(pl.String), numbers["patient_id"], strict=True))
    found = opened(change(tmp_path), keys)
    native = opened(demo.tables, {}, extracted_on=demo.extracted_on)
    for name in ("patient", "episode", "daily_anc", "case", "follow_up"):
        assert native[name]
        assert found[name] == native[name], name
    told = {"observation_period", "death", "observation", "procedure_occurrence"}
    assert [fate for fate in found["row_fate"] if fate[0] not in told] == native["row_fate"]


def test_frames_in_the_model_are_read_as_files_are():
    demo = ain.simulate(60, seed=3)
    numbers = omop.person_keys(demo.tables)
    keys = dict(zip(numbers["person_id"].cast(pl.String), numbers["patient_id"], strict=True))
    found = opened(omop.omop_tables(demo.tables), keys, extracted_on=demo.extracted_on)
    native = opened(demo.tables, {}, extracted_on=demo.extracted_on)
    assert found["follow_up"] == native["follow_up"]


def test_columns_of_the_model_are_not_listed_as_unknown(cdm):
    cdm.add(
        "person",
        PERSON.replace("person_id", "person_id | ethnicity_concept_id | note", 1).replace(
            "1 |", "1 | 0 | x |", 1
        ),
    )
    with ain.open_registry(cdm.folder) as registry:
        assert registry.extract.ignored_columns == {"person": ("note",)}


def test_every_record_has_exactly_one_fate(tmp_path):
    demo = ain.simulate(80, seed=3)
    omop.write(demo.tables, tmp_path, demo.extracted_on)
    with (tmp_path / "DEATH.csv").open("a") as file:
        file.write("1,2020-01-01,a cell too many\n99999,2020-01-01\n")
    with (tmp_path / "CONCEPT.csv").open("a") as file:
        file.write("8532,too,few\n")
    sent = {
        (path.name, number)
        for path in tmp_path.glob("*.csv")
        if path.stem.lower() not in LISTS
        for number in range(1, len(path.read_text().splitlines()))
    }
    lost = len((tmp_path / "CONCEPT.csv").read_text().splitlines()) - 1
    with ain.open_registry(tmp_path) as registry:
        fates = registry.connection.sql("select file, row_number, fate from raw_fate").fetchall()
    places = Counter((file, number) for file, number, _ in fates)
    assert set(places) == sent | {("CONCEPT.csv", lost)}
    assert set(places.values()) == {1}
    deaths = {number: fate for file, number, fate in fates if file == "DEATH.csv"}
    n = len(deaths)
    assert (deaths[n - 1], deaths[n]) == ("malformed_row", "unknown_patient")


# Children


def test_a_birth_date_is_taken_whole_or_in_part_as_it_is_known(cdm):
    cdm.add(
        "person",
        """
        person_id | year_of_birth | month_of_birth | day_of_birth | birth_datetime
        1         | 2018          | 3              | 4            |
        2         | 2018          | 3              | 4            | 2018-03-05 07:30:00
        3         | 2018.0        | 11.0           | 30.0         |
        4         | 2018          | 3              |              |
        5         | 2018          |                |              |
        6         |               | 3              | 4            |
        7         | 2018          |                | 4            |
        """,
    )
    assert [born for (born,) in cdm.raw("patient", "birth_date")] == [
        "2018-03-04", "2018-03-05", "2018-11-30", "2018-03", "2018", None, "2018",
    ]  # fmt: skip


def test_the_year_alone_is_a_birth_date_only_where_the_sender_says_so(cdm):
    cdm.add("person", "person_id | year_of_birth\n1 | 2018\n2 | 2017")
    with pytest.raises(ain.AinError, match="bad_birth_date 2"):
        cdm.frame("patient", "birth_date")
    cdm.say('birth_date_precision = "year"')
    assert cdm.frame("patient", "birth_date") == [(date(2018, 7, 1),), (date(2017, 7, 1),)]


def test_sex_ancestry_and_site_are_told_by_concepts_and_tables_before_the_source_values(cdm):
    cdm.add(
        "person",
        """
        person_id | birth_datetime | year_of_birth | gender_concept_id | gender_source_value | race_concept_id | race_source_value | care_site_id
        1         | 2018-01-01     | 2018          | 8507              | F                   | 8527            | white             | 10
        2         | 2018-01-01     | 2018          | 8532              |                     | 0               | romany            | 11
        3         | 2018-01-01     | 2018          | 0                 | M                   |                 |                   | 12
        4         | 2018-01-01     | 2018          | 8521              | O                   | 8527            |                   |
        """,
    )
    cdm.add("concept", "concept_id | concept_name | vocabulary_id | concept_code\n8527 | White | Race | 5")
    cdm.add(
        "care_site",
        "care_site_id | care_site_name | care_site_source_value\n10 | Ward | W1\n11 | Clinic |",
    )
    assert cdm.raw("patient", "sex, ancestry, site") == [
        ("male", "White", "W1"), ("female", "romany", "Clinic"), ("M", None, "12"), ("O", "White", None),
    ]  # fmt: skip


def test_periods_and_deaths_and_observations_tell_of_the_child(cdm):
    cdm.add(
        "observation_period",
        """
        person_id | observation_period_start_date | observation_period_end_date
        1         | 2018-05-01                    | 2019-01-01
        1         | 2018-03-01                    | 2018-04-01
        9         | 2018-03-01                    | 2018-04-01
        """,
    )
    cdm.add("death", "person_id | death_date\n1 | 2020-02-02")
    cdm.add(
        "observation",
        """
        person_id | observation_date | observation_source_value | value_as_number | value_as_string
        1         | 2018-01-01       | Gestational weeks        | 38.0            |
        1         | 2018-01-01       | duffy status             |                 | null
        1         | 2018-01-01       | smoking status           |                 | never
        """,
    )
    assert cdm.raw("patient", "enrolled_on, last_contact_on, died_on, gestational_weeks, duffy_status") == [
        ("2018-03-01", "2019-01-01", "2020-02-02", "38", "null")
    ]
    assert cdm.fates("observation.csv") == [(1, "context_only"), (2, "context_only"), (3, "not_of_use")]
    assert cdm.fates("observation_period.csv")[2] == (3, "unknown_patient")


# Measurements


def test_what_was_measured_is_told_by_a_loinc_code_of_concept_source_concept_or_source_value(cdm):
    cdm.say('[codes]\nNEUT = "751-8"')
    cdm.add(
        "concept",
        """
        concept_id | concept_name           | vocabulary_id | concept_code
        3000001    | Neutrophils automated  | LOINC         | 751-8
        3000002    | Sodium                 | LOINC         | 2951-2
        4000001    | White cell count       | SNOMED        | 767002
        2000000001 | our white cells        | LOCAL         | WBC-1
        """,
    )
    cdm.add(
        "measurement",
        """
        person_id | measurement_concept_id | measurement_source_concept_id | measurement_source_value | measurement_date
        1         | 3000001                | 0                             | anything                 | 2018-06-01
        1         | 3013650.0              |                               |                          | 2018-06-02
        1         | 0                      | 3017732                       |                          | 2018-06-03
        1         | 0                      | 0                             | 753-4                    | 2018-06-04
        1         |                        |                               | NEUT                     | 2018-06-05
        1         | 4000001                | 0                             | 6690-2                   | 2018-06-06
        1         | 4148615                | 0                             |                          | 2018-06-07
        1         | 3000002                | 3013650                       | 751-8                    | 2018-06-08
        1         | 2000000001             | 0                             | leukos                   | 2018-06-09
        1         | 0                      | 0                             | CRP                      | 2018-06-10
        1         |                        |                               |                          | 2018-06-11
        """,
    )
    assert cdm.raw("lab_result", "row_number, code, code_system") == [
        (1, "751-8", "LOINC"), (2, "751-8", "LOINC"), (3, "26499-4", "LOINC"), (4, "753-4", "LOINC"),
        (5, "NEUT", "LOINC"), (6, "6690-2", "LOINC"), (7, "26499-4", "LOINC"), (8, "2951-2", "LOINC"),
    ]  # fmt: skip
    fates = dict(cdm.fates("measurement.csv"))
    assert {number for number, fate in fates.items() if fate == "other_analyte"} == {8, 9, 10, 11}
    assert fates[5] == "missing_value"


def test_trap_61_a_concept_id_is_text_so_that_no_digit_is_lost(cdm):
    cdm.add(
        "concept", "concept_id | vocabulary_id | concept_code\n36716754 | SNOMED | A\n36716750 | SNOMED | B"
    )
    cdm.add(
        "condition_occurrence",
        "person_id | condition_concept_id | condition_start_date\n1 | 36716750 | 2019-01-01\n1 | 36716750.0 | 2019-01-02",
    )
    assert cdm.raw("diagnosis", "code") == [("B",), ("B",)]


def test_ids_that_a_spreadsheet_turned_into_fractions_are_still_ids(cdm):
    cdm.add("concept", "concept_id | vocabulary_id | concept_code\n9999 | UCUM | /mm3\nabc | UCUM | /L")
    cdm.add("measurement", ONE_COUNT.replace("9444", "9999.0").replace("0.4", "400.0"))
    assert cdm.frame("anc_result", "anc") == [(0.4,)]


def test_a_unit_is_told_by_its_concept_and_else_as_written(cdm):
    cdm.add(
        "measurement",
        """
        person_id | measurement_concept_id | measurement_date | value_as_number | unit_concept_id | unit_source_value
        1         | 3013650                | 2018-06-01       | 0.4             | 8848            | whatever
        1         | 3013650                | 2018-06-02       | 400             | 8784            |
        1         | 3013650                | 2018-06-03       | 400             | 8647            |
        1         | 3013650                | 2018-06-04       | 0.4             | 44777588        |
        1         | 3013650                | 2018-06-05       | 0.4             | 8961            |
        1         | 3013650                | 2018-06-06       | 0.4             | 8816            |
        1         | 3013650                | 2018-06-07       | 400000000       | 9254            |
        1         | 3013650                | 2018-06-08       | 0.4             | 0               | G/L
        1         | 3013650                | 2018-06-09       | 0.4             | 9444            |
        1         | 3013650                | 2018-06-10       | 0.4             | 0               |
        1         | 3013650                | 2018-06-11       | 400             | 9999            |
        """,
    )
    cdm.add("concept", "concept_id | vocabulary_id | concept_code\n9999 | UCUM | /mm3")
    assert cdm.frame("anc_result", "anc") == [(0.4,)] * 10
    assert dict(cdm.fates("measurement.csv"))[10] == "missing_unit"


def test_an_operator_stands_before_the_number_and_words_stand_alone(cdm):
    cdm.add(
        "measurement",
        """
        person_id | measurement_concept_id | measurement_date | operator_concept_id | value_as_number | value_source_value | unit_concept_id
        1         | 3013650                | 2018-06-01       | 4171756             | 0.1             | < 0.1              | 9444
        1         | 3013650                | 2018-06-02       | 4171754             | 0.1             |                    | 9444
        1         | 3013650                | 2018-06-03       | 4172703             | 0.1             |                    | 9444
        1         | 3013650                | 2018-06-04       | 4172704             | 20              |                    | 9444
        1         | 3013650                | 2018-06-05       |                     |                 | clotted            | 9444
        1         | 3013650                | 2018-06-06       |                     |                 | <0.2               | 9444
        1         | 3013650                | 2018-06-07       |                     | 0               |                    | 9444
        """,
    )
    values = [value for (value,) in cdm.raw("lab_result", "value")]
    assert values == ["<0.1", "<=0.1", "0.1", ">20", "clotted", "<0.2", "0"]
    assert cdm.frame("anc_result", "anc, is_below_detection") == [
        (0.1, True), (0.1, True), (0.1, False), (0.2, True), (0.0, False),
    ]  # fmt: skip


def test_a_number_that_is_none_is_missing(cdm):
    (cdm.folder / "measurement.csv").unlink()
    frame = pl.DataFrame(
        {
            "person_id": [1, 1],
            "measurement_concept_id": [3013650, 3013650],
            "measurement_date": [date(2018, 6, 1), date(2018, 6, 2)],
            "value_as_number": [float("nan"), 3.0],
            "value_source_value": ["<0.2", "3"],
            "unit_concept_id": [9444, 9444],
        }
    )
    frame.write_parquet(cdm.folder / "measurement.parquet")
    assert cdm.frame("anc_result", "anc, is_below_detection") == [(0.2, True), (3.0, False)]


def test_the_time_comes_before_the_day_and_a_date_is_no_time(cdm):
    cdm.add(
        "measurement",
        """
        person_id | measurement_concept_id | measurement_date | measurement_datetime | measurement_time
        1         | 3013650                | 2018-06-01       | 2018-06-01 07:30:00  | 09:00:00
        1         | 3013650                | 2018-06-02       |                      | 09:00:00
        1         | 3013650                | 2018-06-03       |                      | 2018-06-03
        1         | 3013650                |                  | 2018-06-04 07:30:00  |
        1         | 3013650                |                  |                      |
        """,
    )
    times = [time for (time,) in cdm.raw("lab_result", "sampled_at")]
    assert times == ["2018-06-01 07:30:00", "2018-06-02T09:00:00", "2018-06-03", "2018-06-04 07:30:00", None]


SHARED = """
    person_id | measurement_concept_id | measurement_date | value_as_number | unit_concept_id | measurement_event_id | meas_event_field_concept_id
    1         | 3000905                | 2018-06-01       | 5               | 9444            | 77                   | 1234
    1         | 3008342                | 2018-06-01       | 20              | 8554            | 77                   | 1234
    1         | 3008342                | 2018-06-01       | 90              | 8554            | 78                   | 1234
"""


def test_an_event_is_a_specimen_where_table_concept_says_so(cdm):
    cdm.add("measurement", SHARED)
    cdm.add(
        "concept",
        "concept_id | concept_name | vocabulary_id | concept_code\n1234 | specimen.specimen_id | CDM | CDM1",
    )
    assert cdm.frame("anc_result", "anc") == [(1.0,)]


def test_an_event_is_a_specimen_where_the_sender_says_so(cdm):
    cdm.add("measurement", SHARED)
    cdm.say('specimen_field_concept_id = "1234"')
    assert cdm.frame("anc_result", "anc") == [(1.0,)]


def test_an_event_is_no_specimen_where_nobody_says_so(cdm):
    cdm.add("measurement", SHARED)
    assert cdm.raw("lab_result", "specimen_id") == [(None,)] * 3
    assert cdm.frame("anc_result", "anc") == []  # two percentages at one time: nothing tells which


# Antibodies, marrow, genes


def test_a_test_for_antibodies_is_told_by_code_by_words_or_by_a_name_of_neutrophils(cdm):
    cdm.add(
        "measurement",
        """
        person_id | measurement_concept_id | measurement_date | measurement_source_value              | value_as_concept_id | value_source_value
        1         | 0                      | 2018-06-01       | 105286-9                              | 9191                |
        1         | 0                      | 2018-06-02       | neutrophil antibody¦GAT               | 9189                |
        1         | 0                      | 2018-06-03       | Neutrophil antibody¦flow¦HNA-1a       | 45884084            | pos
        1         | 0                      | 2018-06-04       | neutrophil antibody¦MAIGA¦¦mother     | 45878583            |
        1         | 0                      | 2018-06-05       | Granulocyte immunofluorescence test   |                     | indeterminate
        1         | 0                      | 2018-06-06       | flow cytometry                        | 9191                |
        1         | 0                      | 2018-06-07       | 17351-8                               | 9191                |
        1         | 3013650                | 2018-06-08       |                                       |                     |
        """,
    )
    assert cdm.frame("antibody_test", "sampled_on, method, result, specificity, subject") == [
        (date(2018, 6, 1), "GIFT", "positive", None, "patient"),
        (date(2018, 6, 2), "GAT", "negative", None, "patient"),
        (date(2018, 6, 3), "flow", "positive", "HNA-1a", "patient"),
        (date(2018, 6, 4), "MAIGA", "negative", None, "mother"),
        (date(2018, 6, 5), "GIFT", "indeterminate", None, "patient"),
    ]
    assert [fate for _, fate in cdm.fates("measurement.csv")][5:7] == ["other_analyte"] * 2


def test_marrow_genes_and_tests_may_stand_in_table_observation(cdm):
    cdm.add(
        "observation",
        """
        person_id | observation_date | observation_source_value      | value_as_string | value_as_concept_id | qualifier_source_value
        1         | 2018-06-01       | Marrow cellularity            | increased       |                     | segmented reduced: yes
        1         | 2018-06-02       | gene¦ELANE                    | pathogenic      |                     |
        1         | 2018-06-03       | neutrophil antibody¦GIFT¦HNA-2 |                | 9191                |
        1         | 2018-06-04       | marrow cellularity            | odd             |                     |
        """,
    )
    assert cdm.frame("marrow_exam", "examined_on, cellularity, segmented_reduced") == [
        (date(2018, 6, 1), "increased", "yes")
    ]
    assert cdm.frame("genetic_test", "gene, result") == [("ELANE", "pathogenic")]
    assert cdm.frame("antibody_test", "method, result, specificity") == [("GIFT", "positive", "HNA-2")]
    assert cdm.fates("observation.csv")[3] == (4, "unknown_value")


# Diagnoses and drugs


def test_a_diagnosis_is_told_by_icd_of_the_source_else_by_the_standard_concept(cdm):
    cdm.add(
        "concept",
        """
        concept_id | vocabulary_id | concept_code
        45000001   | ICD10CM       | M32.9
        257629     | SNOMED        | 200936003
        45000002   | ICPC          | B99
        """,
    )
    cdm.add(
        "condition_occurrence",
        """
        person_id | condition_start_date | condition_concept_id | condition_source_concept_id | condition_source_value
        1         | 2019-01-01           | 257628               | 45000001                    | lupus
        1         | 2019-01-02           | 257628               | 0                           | D69.41
        1         | 2019-01-03           | 257628               | 0                           | lupus
        1         | 2019-01-04           | 257629               | 45000002                    | B99-1
        1         | 2019-01-05           | 999999               | 0                           | 123
        1         | 2019-01-06           | 0                    | 0                           | 288.02
        1         | 2019-01-07           | 0                    | 0                           | 288
        1         | 2019-01-08           | 0                    | 45000002                    | lupus
        """,
    )
    assert cdm.raw("diagnosis", "code, code_system") == [
        ("M32.9", "ICD10CM"), ("D69.41", "ICD-10"), ("55464009", "SNOMED"), ("200936003", "SNOMED"),
        ("999999", "OMOP"), ("288.02", "ICD-9"), ("288", "local"), ("B99", "ICPC"),
    ]  # fmt: skip


def test_standard_concepts_alone_have_the_roles_of_their_like_in_icd_10(cdm):
    cdm.add(
        "condition_occurrence",
        """
        person_id | condition_start_date | condition_concept_id
        1         | 2019-01-01           | 436956
        1         | 2019-01-02           | 257628
        1         | 2019-01-03           | 372328
        1         | 2019-01-04           | 439727
        1         | 2019-01-05           | 138994
        1         | 2019-01-06           | 434895
        1         | 2019-01-07           | 4306106
        """,
    )
    assert cdm.frame("cause", "role") == [
        ("autoimmune_cytopenia",), ("autoimmune_disease",), ("infection_site:otitis_media",),
        ("infection_virus_or_intracellular",), ("malignancy_marrow_failure",),
        ("neutropenia_code:congenital",), ("other",),
    ]  # fmt: skip


def test_a_drug_is_told_by_atc_of_source_concept_or_nearest_ancestor_else_as_written(cdm):
    cdm.add(
        "concept",
        """
        concept_id | vocabulary_id | concept_class_id | concept_code
        21600001   | ATC           | ATC 5th          | L03AA02
        21600002   | ATC           | ATC 4th          | L03AA
        21600003   | ATC           | ATC 5th          | D07AA03
        21600004   | ATC           | ATC 5th          | H02AB06
        1304850    | RxNorm        | Ingredient       | 68442
        1550557    | RxNorm        | Ingredient       | 8638
        1127433    | RxNorm        | Clinical Drug    | 313782
        """,
    )
    cdm.add(
        "concept_ancestor",
        """
        ancestor_concept_id | descendant_concept_id | min_levels_of_separation
        21600002            | 1304850               | 1
        21600001            | 1304850               | 2
        21600003            | 1550557               | 1
        21600004            | 1550557               | 1
        """,
    )
    cdm.add(
        "drug_exposure",
        """
        person_id | drug_concept_id | drug_source_concept_id | drug_source_value | drug_exposure_start_date | drug_exposure_end_date
        1         | 0               | 21600001               | Neupogen          | 2019-01-01               | 2019-01-05
        1         | 21600001        | 0                      |                   | 2019-01-02               | 2019-01-02
        1         | 1304850         | 0                      | Neupogen          | 2019-01-03               |
        1         | 1550557         | 0                      | prednisolone      | 2019-01-04               |
        1         | 1127433         | 0                      | J01EE01           | 2019-01-05               |
        1         | 1127433         | 0                      | paracetamol       | 2019-01-06               |
        1         | 0               | 0                      | paracetamol       | 2019-01-07               |
        """,
    )
    assert cdm.raw("treatment", "code, code_system, ended_on") == [
        ("L03AA02", "ATC", "2019-01-05"), ("L03AA02", "ATC", "2019-01-02"), ("L03AA02", "ATC", None),
        ("H02AB06", "ATC", None), ("J01EE01", "ATC", None), ("313782", "RxNorm", None),
        ("paracetamol", "local", None),
    ]  # fmt: skip


def test_procedures_are_counted_and_of_no_use(cdm):
    cdm.add("procedure_occurrence", "person_id | procedure_date\n1 | 2019-01-01\n9 | 2019-01-01")
    assert cdm.fates("procedure_occurrence.csv") == [(1, "not_of_use"), (2, "not_of_use")]


# Files


def test_names_of_files_and_columns_may_be_in_any_case(cdm):
    person = (cdm.folder / "person.csv").read_text()
    (cdm.folder / "person.csv").unlink()
    (cdm.folder / "PERSON.CSV").write_text(person.upper())
    text = (cdm.folder / "measurement.csv").read_text()
    (cdm.folder / "measurement.csv").unlink()
    (cdm.folder / "Measurement_1.csv").write_text(text)
    (cdm.folder / "Measurement_2.csv").write_text(text.replace("2018-06-01", "2018-06-02"))
    assert cdm.frame("anc_result", "anc") == [(0.4,), (0.4,)]


def test_an_empty_table_that_duckdb_made_of_a_header_alone_is_listed_and_not_read(cdm):
    cdm.add("death", "person_id | death_date")
    database = as_duckdb(cdm.folder)
    with duckdb.connect(str(database)) as changed:
        changed.execute(
            "create or replace table death as select 'person_id' as column0, 'death_date' as column1"
        )
    with ain.open_registry(database) as registry:
        assert registry.extract.ignored_files == ("death",)
        assert registry.frame("anc_result")["anc"].to_list() == [0.4]


def test_an_id_of_table_concept_given_twice_makes_no_row_twice(cdm):
    cdm.add(
        "concept",
        "concept_id | vocabulary_id | concept_code\n9999 | UCUM | 10*9/L\n9999 | UCUM | /L\n9999.0 | UCUM | /uL",
    )
    cdm.add("measurement", ONE_COUNT.replace("9444", "9999"))
    assert cdm.frame("anc_result", "anc") == [(0.4,)]


def test_of_a_large_vocabulary_only_what_the_records_name_is_read_also_as_athena_writes_it(cdm):
    rows = [f"{n}\tsome concept\tUCUM\tUnit\t10*9/L" for n in range(9000, 9999)]
    header = "concept_id\tconcept_name\tvocabulary_id\tconcept_class_id\tconcept_code"
    (cdm.folder / "CONCEPT.csv").write_text("\n".join([header, *rows]) + "\n")
    cdm.add("measurement", ONE_COUNT.replace("9444", "9876"))
    extract = read_extract(cdm.folder)
    with duckdb.connect() as connection:
        load_source(connection, extract, None)
        found = connection.sql("select concept_id, concept_code, row_number from source_concept").fetchall()
    assert found == [("9876", "10*9/L", 877)]
    assert cdm.frame("anc_result", "anc") == [(0.4,)]


def test_a_format_may_be_named_and_its_obligatory_tables_are_then_missed(cdm):
    cdm.say('format = "omop"')
    (cdm.folder / "measurement.csv").unlink()
    with pytest.raises(MissingTable, match="'measurement' is obligatory"):
        cdm.raw("patient", "sex")


def test_an_obligatory_column_is_missed_in_one_line(cdm):
    cdm.add("measurement", "person_id | measurement_date\n1 | 2018-06-01")
    with pytest.raises(MissingColumn, match="measurement_concept_id"):
        cdm.raw("patient", "sex")


def test_a_damaged_parquet_file_is_said_in_one_line(cdm):
    (cdm.folder / "measurement.csv").unlink()
    path = cdm.folder / "measurement.parquet"
    frame = pl.DataFrame(
        {
            "person_id": [1] * 90_000,
            "measurement_concept_id": [3013650] * 90_000,
            "value_as_number": [0.5] * 90_000,
        }
    )
    frame.with_columns(pl.int_range(90_000).alias("measurement_id")).write_parquet(path)
    whole = bytearray(path.read_bytes())
    whole[60:400] = b"x" * 340
    path.write_bytes(bytes(whole))
    with pytest.raises(UnreadableExtract, match=r"^measurement\.parquet: it is no readable \.parquet file"):
        cdm.raw("patient", "sex")


def test_what_a_cell_holds_is_not_run(cdm, monkeypatch):
    monkeypatch.chdir(cdm.folder)
    evil = "'); copy (select 1) to 'was_run.csv'; --"
    cdm.add("measurement", ONE_COUNT + "\n1 | 3013650 | 2018-06-02 | 0.4 | " + evil)
    text = (cdm.folder / "measurement.csv").read_text().replace(evil, f'"{evil}"')
    (cdm.folder / "measurement.csv").write_text(text)
    assert cdm.frame("anc_result", "anc") == [(0.4,)]
    assert not (cdm.folder / "was_run.csv").exists()


# Hostile sources

SPOILED = 25


def spoiled(seed: int, folder: Path) -> list[str]:
    rng = random.Random(seed)
    omop.write(ain.simulate(4, seed=seed % 5).tables, folder, date(2024, 6, 30))
    return hostile.spoil(rng, folder, hostile.CHANGES)


def outcome_of(folder: Path) -> str:
    try:
        with ain.open_registry(folder) as registry:
            files = registry.extract.files
            found = registry.connection.sql("select file, row_number from raw_fate").fetchall()
    except ain.AinError as error:
        is_one_line = len(str(error).splitlines()) == 1
        return type(error).__name__ if is_one_line else "more than a line"
    options = tomllib.loads((folder / "extract.toml").read_text(encoding="utf-8"))
    delimiter, encoding = options.get("delimiter", ","), options.get("encoding", "utf-8")
    places = Counter(found)
    assert set(places.values()) == {1}
    counted = Counter(file for file, _ in found)
    for file in files:
        if file.table not in LISTS:
            assert counted[file.path.name] == hostile.n_rows(file.path, delimiter, encoding), file.table
    return "counted"


@pytest.mark.long
def test_a_spoiled_source_is_refused_in_one_line_or_counted_to_the_last_record(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    outcomes = hostile.fuzz(range(SPOILED), tmp_path, spoiled, outcome_of)
    assert "more than a line" not in outcomes
    assert outcomes["counted"] > SPOILED // 4
    assert len(outcomes) > 1
    assert not (tmp_path / hostile.CANARY).exists()
