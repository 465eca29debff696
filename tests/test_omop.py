"""OMOP CDM 5.4: tables made by hand, and the same registry in both formats, in files and on a server."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ain_analytics.__main__ import main
from ain_analytics.cases import classify
from ain_analytics.errors import MissingTable, UnreadableExtract
from ain_analytics.followup import follow_up
from ain_analytics.manifest import manifest
from ain_analytics.registry import Registry, open_registry
from ain_analytics.server import server_of, without_secrets
from ain_analytics.synthetic import simulate
from ain_analytics.synthetic.forms import omop

from . import postgres
from .conftest import read_table

TOLD = date(2024, 6, 30)
NOT_COMPARED = ("file", "row_number", "code_system")
STAGED = (
    "patient",
    "daily_anc",
    "episode",
    "cause",
    "treatment",
    "antibody_test",
    "marrow_exam",
    "genetic_test",
)


def assert_same(read: Registry, native: Registry, keys: dict[str, str]) -> None:
    """Compare what follows from two sources, row for row; only places and keys may differ."""

    def plain(frame: pl.DataFrame) -> pl.DataFrame:
        kept = frame.drop(NOT_COMPARED, strict=False).with_columns(pl.col("patient_id").replace(keys))
        return kept.sort(pl.all())

    for name in STAGED:
        assert_frame_equal(plain(read.frame(name)), plain(native.frame(name)))
    there, here = classify(read), classify(native)
    assert_frame_equal(plain(there), plain(here))
    assert_frame_equal(plain(follow_up(read, there)), plain(follow_up(native, here)))
    fates = [r.frame("row_fate").filter(pl.col("table_name") == "lab_result") for r in (read, native)]
    assert_frame_equal(*fates)


def keys_of(folder: Path, tables: dict[str, pl.DataFrame]) -> dict[str, str]:
    """Say which person is which child: both tables hold them in one order."""
    persons = pl.read_csv(folder / "person.csv", infer_schema=False)["person_id"]
    pairs = pl.DataFrame([persons, tables["patient"]["patient_id"]]).drop_nulls()
    return dict(pairs.iter_rows())


@pytest.mark.parametrize("seed", [3, 4])
def test_a_registry_is_the_same_in_the_native_format_and_in_omop(seed: int, tmp_path: Path) -> None:
    made = simulate(150, seed=seed)
    omop.write(made.tables, tmp_path, made.extracted_on)
    with (
        open_registry(made.tables, extracted_on=made.extracted_on) as native,
        open_registry(tmp_path) as read,
    ):
        assert read.extract.format.name == "omop"
        assert_same(read, native, keys_of(tmp_path, dict(made.tables)))


@pytest.fixture(scope="module")
def in_csv(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    made = simulate(60, seed=5)
    folder = tmp_path_factory.mktemp("cdm")
    omop.write(made.tables, folder, made.extracted_on)
    with open_registry(folder) as read:
        yield read


def typed(registry: Registry) -> dict[str, pl.DataFrame]:
    """Give the tables of a folder with the types that a database would have."""
    numbers = {"person_id": pl.Int64, "value_as_number": pl.Float64, "measurement_event_id": pl.Int32}
    tables = {}
    for file in registry.extract.files:
        frame = pl.read_csv(file.path, infer_schema=False)
        casts = [pl.col(name).cast(kind) for name, kind in numbers.items() if name in frame.columns]
        concepts = pl.selectors.ends_with("concept_id").cast(pl.Int32)
        tables[file.table] = frame.with_columns(*casts, concepts)
    return tables


@pytest.mark.parametrize("how", ["parquet", "parts", "upper case", "duckdb"])
def test_it_comes_as_parquet_in_parts_or_as_a_duckdb_file(how: str, in_csv: Registry, tmp_path: Path) -> None:
    source = tmp_path
    if how == "duckdb":
        source = tmp_path / "cdm.duckdb"
        with duckdb.connect(str(source)) as connection:
            for name, frame in typed(in_csv).items():
                connection.register("rows_of_it", frame)
                connection.execute(f'create table "{name.upper()}" as from rows_of_it')
    else:
        for name, frame in typed(in_csv).items():
            if how == "parts":
                frame[: frame.height // 2].write_parquet(tmp_path / f"{name}-1.parquet")
                frame[frame.height // 2 :].write_parquet(tmp_path / f"{name}-2.parquet")
            elif how == "upper case":
                frame.rename(str.upper).write_csv(tmp_path / f"{name.upper()}.csv")
            else:
                frame.write_parquet(tmp_path / f"{name}.parquet")
    with open_registry(source, extracted_on=in_csv.extract.extracted_on) as read:
        assert read.extract.format.name == "omop"
        assert_same(read, in_csv, {})


def cdm(**tables: str) -> dict[str, pl.DataFrame]:
    """Make tables of text."""
    frames = {}
    for name, text in tables.items():
        header, rows = read_table(text)
        frames[name] = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String))
    return frames


PERSON = """
    person_id | gender_concept_id | year_of_birth | month_of_birth | day_of_birth | birth_datetime      | gender_source_value | race_source_value
    1         | 8507              | 2018          | 3              | 9            |                     | m                   | european
    2         | 8532              | 2018          | 3              | 1            | 2018-03-09 00:00:00 |                     |
    3         | 0                 | 2018          | 4              |              |                     | female              |
    4         | 0                 | 2018          |                |              |                     |                     |
"""
MEASURED = """
    person_id | measurement_concept_id | measurement_date | measurement_datetime | value_as_number | value_source_value | operator_concept_id | unit_concept_id | unit_source_value | measurement_source_value | measurement_source_concept_id | fate
    1         | 3013650                | 2018-06-01       | 2018-06-01 08:30:00  | 0.4             | 0,4                |                     | 9444            | ???               | ANC                      | 0                             | used
    1         | 0                      | 2018-06-02       |                      |                 | 0.5                |                     | 0               | 10*9/L            | 751-8                    | 0                             | used
    1         | 0                      | 2018-06-03       |                      | 0.1             |                    | 4171756             | 8848            |                   | NEUT                     | 3013650                       | used
    1         | 3017732                | 2018-06-04       |                      | 600             |                    |                     | 8647            |                   |                          |                               | used
    1         | 3013650                | 2018-06-05       |                      |                 |                    |                     | 9444            |                   |                          |                               | missing_value
    1         | 3013650                | 2018-06-06       |                      | 0.7             |                    |                     | 0               |                   |                          |                               | missing_unit
    1         | 3013650                | 2018-06-07       |                      | 0.7             |                    |                     | 8587            | mL                |                          |                               | unknown_unit
    1         | 3004249                | 2018-06-08       |                      | 97              |                    |                     | 8876            | mmHg              | blood pressure           |                               | other_analyte
    9         | 3013650                | 2018-06-08       |                      | 0.7             |                    |                     | 9444            |                   |                          |                               | unknown_patient
    1         | 3013650                | 2018-13-08       |                      | 0.7             |                    |                     | 9444            |                   |                          |                               | bad_date
"""


def test_codes_values_and_units_come_by_concept_or_by_source() -> None:
    tables = cdm(person=PERSON, measurement=MEASURED)
    with open_registry(tables, extracted_on=TOLD) as read:
        fates = read.connection.sql(
            "select fate from raw_fate where table_name = 'lab_result' order by row_number"
        ).fetchall()
        assert [fate for (fate,) in fates] == tables["measurement"]["fate"].to_list()
        counts = read.frame("anc_result").sort("sampled_on")
        assert counts["anc"].to_list() == [0.4, 0.5, 0.1, 0.6]
        assert counts["is_below_detection"].to_list() == [False, False, True, False]
        assert counts["anc_method"].to_list() == [
            "absolute_automated", "absolute_automated", "absolute_automated", "absolute_unspecified",
        ]  # fmt: skip
        assert str(counts["sampled_at"][0]) == "2018-06-01 08:30:00"


@pytest.mark.parametrize(("precision", "n"), [("day", 2), ("month", 3), ("year", 4)])
def test_a_child_is_born_when_the_time_of_birth_says_else_year_month_and_day(
    precision: str, n: int, tmp_path: Path
) -> None:
    for name, frame in cdm(person=PERSON, measurement=MEASURED).items():
        frame.write_csv(tmp_path / f"{name}.csv")
    said = f'extracted_on = 2024-06-30\nbirth_date_precision = "{precision}"\n'
    (tmp_path / "extract.toml").write_text(said)
    with open_registry(tmp_path) as read:
        children = read.frame("patient").select("birth_date", "sex", "ancestry").rows()
    born = [date(2018, 3, 9), date(2018, 3, 9), date(2018, 4, 15), date(2018, 7, 1)]
    sexes = ["male", "female", "female", "unknown"]
    ancestry = ["european", *["not_recorded"] * 3]
    assert children == list(zip(born, sexes, ancestry, strict=True))[:n]


def test_the_vocabulary_of_the_extract_says_what_is_a_specimen_an_atc_code_and_a_diagnosis() -> None:
    tables = cdm(
        person=PERSON,
        measurement="""
            person_id | measurement_concept_id | measurement_date | value_as_number | unit_concept_id | measurement_event_id | meas_event_field_concept_id
            1         | 3000905                | 2018-06-01       | 8               | 9444            | 77                   | 2000000001
            1         | 3008342                | 2018-06-01       | 15              | 8554            | 77                   | 2000000001
            1         | 3008342                | 2018-06-01       | 90              | 8554            | 78                   | 2000000001
            2         | 3000905                | 2018-06-01       | 8               | 9444            | 5                    | 2000000002
            2         | 3008342                | 2018-06-01       | 20              | 8554            | 6                    | 2000000002
        """,
        condition_occurrence="""
            person_id | condition_concept_id | condition_start_date | condition_source_value | condition_source_concept_id
            1         | 257628               | 2018-07-01           | lupus                  | 0
            1         | 0                    | 2018-07-02           | h66.9                  | 0
            1         | 257628               | 2018-07-03           | whatever               | 45
            1         | 999                  | 2018-07-04           | nothing known          |
        """,
        drug_exposure="""
            person_id | drug_concept_id | drug_exposure_start_date | drug_exposure_end_date | drug_source_value | drug_source_concept_id
            1         | 1304850         | 2018-06-01               | 2018-06-03             | G-CSF 30          | 0
            1         | 0               | 2018-06-05               | 2018-06-05             | H02AB06           | 0
            1         | 0               | 2018-06-06               |                        | pill              | 46
            1         | 1125315         | 2018-06-07               |                        | syrup             | 0
        """,
        concept="""
            concept_id | concept_name         | vocabulary_id | concept_code
            2000000001 | specimen.specimen_id | CDM           | a
            2000000002 | visit.visit_id       | CDM           | b
            45         | Felty                | ICD10CM       | M05.00
            46         | filgrastim           | ATC           | L03AA02
            21603746   | filgrastim           | ATC           | L03AA02
            21603745   | Colony stimulating   | ATC           | L03AA
            1304850    | filgrastim           | RxNorm        | 68442
            1125315    | acetaminophen        | RxNorm        | 161
        """,
        concept_ancestor="""
            ancestor_concept_id | descendant_concept_id
            21603746            | 1304850
            21603745            | 1304850
        """,
    )
    with open_registry(tables, extracted_on=TOLD) as read:
        counts = read.frame("anc_result").select("patient_id", "anc").rows()
        assert sorted(counts) == [("1", 1.2), ("2", 1.6)]
        causes = read.frame("cause").select("recorded_on", "code", "role").rows()
        assert sorted((str(day)[-1], code, role) for day, code, role in causes) == [
            ("1", "55464009", "autoimmune_disease"),
            ("2", "H66.9", "infection_site:otitis_media"),
            ("3", "M05.00", "autoimmune_disease"),
            ("3", "M05.00", "neutropenia_code:secondary_Felty"),
            ("4", "NOTHING KNOWN", "other"),
        ]
        given = read.frame("treatment").select("started_on", "code", "role", "ended_on").rows()
        assert sorted((str(day)[-1], code, role, str(end)[-1]) for day, code, role, end in given) == [
            ("1", "L03AA02", "gcsf", "3"),
            ("5", "H02AB06", "systemic_glucocorticoid", "5"),
            ("6", "L03AA02", "gcsf", "6"),
            ("7", "161", "other", "7"),
        ]


def test_tests_of_antibodies_genes_and_marrow_are_measurements_with_names() -> None:
    tables = cdm(
        person=PERSON,
        measurement="""
            person_id | measurement_concept_id | measurement_date | value_as_concept_id | value_source_value                | measurement_source_value          | measurement_source_concept_id
            1         | 0                      | 2018-06-01       |                     | positive (HNA-1a)                 | Neutrophil antibody GIFT          |
            1         | 0                      | 2018-06-02       | 9189                | none seen                         | maternal neutrophil antibody flow |
            1         | 0                      | 2018-06-03       | 4162852             |                                   | granulocyte antibody              |
            1         | 70                     | 2018-06-04       | 9191                |                                   | 4711                              |
            1         | 71                     | 2018-06-05       | 9191                |                                   | ANCA                              |
            1         | 0                      | 2018-06-06       |                     | pathogenic                        | gene ELANE                        |
            1         | 0                      | 2018-06-07       |                     | normal (segmented reduced: yes)   | bone marrow cellularity           |
        """,
        concept="""
            concept_id | vocabulary_id | concept_code
            70         | LOINC         | 105286-9
            71         | LOINC         | 17351-8
        """,
    )
    with open_registry(tables, extracted_on=TOLD) as read:
        found = read.frame("antibody_test").select("method", "result", "specificity", "subject").rows()
        assert sorted(found, key=str) == [
            ("GIFT", "positive", "HNA-1a", "patient"),
            ("GIFT", "positive", None, "patient"),
            ("flow", "negative", None, "mother"),
            ("screen", "indeterminate", None, "patient"),
        ]
        assert read.frame("genetic_test").select("gene", "result").rows() == [("ELANE", "pathogenic")]
        marrow = read.frame("marrow_exam").select("cellularity", "segmented_reduced").rows()
        assert marrow == [("normal", "yes")]
        assert read.frame("row_fate").filter(pl.col("table_name") == "lab_result").rows() == [
            ("lab_result", "other_analyte", 1)
        ]


def test_what_stands_beside_a_child_is_read_and_every_record_has_its_fate() -> None:
    tables = cdm(
        person=PERSON,
        measurement=MEASURED,
        observation_period="""
            person_id | observation_period_start_date | observation_period_end_date
            1         | 2018-05-01                    | 2019-01-01
            1         | 2019-06-01                    | 2020-01-01
        """,
        death="""
            person_id | death_date
            1         | 2020-02-01
        """,
        observation="""
            person_id | observation_source_value | value_as_number | value_as_string
            1         | gestational age          | 33              |
            1         | Duffy status             |                 | null
            1         | smoker                   |                 | no
        """,
        procedure_occurrence="""
            person_id | procedure_concept_id
            1         | 5
        """,
    )
    with open_registry(tables, extracted_on=TOLD) as read:
        child = read.frame("patient").row(0, named=True)
        assert (str(child["enrolled_on"]), str(child["last_contact_on"])) == ("2018-05-01", "2020-01-01")
        assert (str(child["died_on"]), child["gestational_weeks"], child["duffy_status"]) == (
            "2020-02-01",
            33,
            "null",
        )
        places = read.connection.sql("select file, row_number from raw_fate").pl()
        assert places.is_unique().all()
        wanted = {(name, n) for name, frame in tables.items() for n in range(1, frame.height + 1)}
        assert set(places.rows()) == wanted
        fates = read.frame("row_fate").filter(~pl.col("table_name").is_in(["patient", "lab_result"]))
        assert sorted(fates.rows()) == [
            ("death", "context_only", 1),
            ("observation", "context_only", 2),
            ("observation", "not_of_use", 1),
            ("observation_period", "context_only", 2),
            ("procedure_occurrence", "not_of_use", 1),
        ]


@pytest.fixture(scope="module")
def address(in_csv: Registry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if postgres.server_programs() is None:
        pytest.skip("no PostgreSQL server is installed")
    with postgres.running_server(tmp_path_factory.mktemp("server")) as running:
        postgres.fill(running, "cdm", typed(in_csv))
        yield running


def test_a_database_on_a_server_gives_what_its_files_give(
    address: str, in_csv: Registry, tmp_path: Path
) -> None:
    said = tmp_path / "sender.toml"
    said.write_text(f"extracted_on = {in_csv.extract.extracted_on}\n")
    with open_registry(f"{address}?schema=cdm&extract_toml={said}") as read:
        assert (read.extract.format.name, read.extract.name) == ("omop", "postgres")
        assert_same(read, in_csv, {})
        told = json.dumps(manifest(read, tables={}), default=str) + repr(read) + repr(read.extract)
    assert postgres.PASSWORD not in told
    assert "127.0.0.1" not in told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda known: known.replace(postgres.PASSWORD, "wrong") + "?schema=cdm", "refuses the log-in"),
        (lambda known: known.replace("reader:", "nobody:") + "?schema=cdm", "refuses the log-in"),
        (lambda known: known.replace("/postgres", "/else"), "no such database"),
        (lambda known: known.rpartition(":")[0] + ":1/postgres", "does not answer"),
        (lambda known: known + "?schema=nowhere'; drop schema cdm; --", "no table in its schema"),
        (lambda known: known + "?extract_toml=nowhere.toml", "no such file"),
    ],
)
def test_what_is_wrong_with_a_server_is_said_in_one_line_without_its_secrets(
    address: str, change: object, words: str
) -> None:
    with pytest.raises(UnreadableExtract, match=words) as refused:
        open_registry(change(address))  # type: ignore[operator]
    said = str(refused.value)
    assert len(said.splitlines()) == 1
    assert postgres.PASSWORD not in said
    assert "127.0.0.1" not in said


def test_the_command_line_takes_the_address_of_a_server(
    address: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["ain", "check", f"{address}?schema=cdm"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert "lab_result" in capsys.readouterr().out


def test_a_password_is_taken_out_of_what_is_shown() -> None:
    typed_in = "ain study 'postgresql://me:pa@ss@host/db?schema=cdm&password=x1' -o out"
    shown = without_secrets(typed_in)
    assert shown == "ain study 'postgresql://me:***@host/db?schema=cdm&password=***' -o out"
    assert "host" not in repr(server_of("postgresql://me:pw@host/db"))


def test_a_folder_without_measurements_is_not_taken_for_omop(tmp_path: Path) -> None:
    cdm(person=PERSON)["person"].write_csv(tmp_path / "person.csv")
    with pytest.raises(MissingTable):
        open_registry(tmp_path)
