import json
import sys
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.__main__ import main
from ain_analytics.errors import UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.postgres import is_address, server, without_password
from ain_analytics.raw_tables import load_source
from ain_analytics.synthetic.forms import omop

from . import postgres

DEMO = ain.simulate(60, seed=3)


@pytest.fixture(scope="module")
def address():
    programs = postgres.find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server is installed (Debian: postgresql)")
    pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
    with postgres.running_server(programs) as running:
        postgres.load(running, "cdm", omop.omop_tables(DEMO.tables))
        yield running


@pytest.fixture(scope="module")
def by_server(address):
    with ain.open_registry(f"{address}?schema=cdm", extracted_on=DEMO.extracted_on) as registry:
        yield registry


@pytest.fixture(scope="module")
def by_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cdm")
    omop.write(DEMO.tables, folder, DEMO.extracted_on)
    with ain.open_registry(folder) as registry:
        yield registry


def rows(registry, name):
    frame = registry.frame(name)
    return sorted(frame.select(c for c in frame.columns if c != "file").rows(), key=str)


@pytest.mark.parametrize(
    "name", ["patient", "anc_result", "antibody_test", "cause", "treatment", "marrow_exam", "genetic_test",
             "daily_anc", "episode", "case_evidence", "row_fate"],
)  # fmt: skip
def test_a_database_gives_the_rows_that_the_files_give(by_server, by_files, name):
    assert rows(by_server, name)
    assert rows(by_server, name) == rows(by_files, name)


def test_rows_are_numbered_by_the_key_so_that_what_was_set_aside_can_be_found(by_server, by_files):
    def set_aside(registry):
        frame = registry.frame("rejected_row").filter(pl.col("table_name") != "patient")
        return sorted(frame.select("table_name", "row_number", "reason").rows())

    assert set_aside(by_server) == set_aside(by_files)


def test_the_search_path_of_the_address_is_heeded(address, by_server):
    with ain.open_registry(
        f"{address}?options=-csearch_path%3Dcdm", extracted_on=DEMO.extracted_on
    ) as registry:
        assert rows(registry, "episode") == rows(by_server, "episode")


def test_numbers_and_times_of_any_type_are_read(address):
    postgres.run_sql(
        address,
        "create schema typed",
        "create table typed.person (person_id numeric, gender_concept_id int, year_of_birth numeric(6,2), "
        "month_of_birth smallint, day_of_birth smallint, birth_datetime timestamptz)",
        "insert into typed.person values (7, 8507, 2018, 3, 4, null)",
        'create table typed."MEASUREMENT" (measurement_id bigint, person_id numeric(10,2), '
        "measurement_concept_id numeric, measurement_datetime timestamptz, value_as_number numeric(10,4), "
        "unit_concept_id int)",
        "set local timezone = 'UTC'",
        """insert into typed."MEASUREMENT" values (2, 7, 3013650, '2018-09-01 08:30+00', 0.4000, 9444),
        (1, 7, 3013650, '2018-10-01 08:30+00', 2, 9444)""",
    )
    with ain.open_registry(
        f"{address}?schema=typed&options=-ctimezone%3DUTC", extracted_on=date(2024, 1, 1)
    ) as registry:
        found = (
            registry.frame("anc_result")
            .sort("sampled_on")
            .select("patient_id", "sampled_on", "anc", "row_number")
        )
    assert found.rows() == [("7", date(2018, 9, 1), 0.4, 2), ("7", date(2018, 10, 1), 2.0, 1)]


def test_a_column_that_nobody_wants_is_not_read(address):
    postgres.run_sql(
        address,
        "create schema watched",
        "create function watched.burn() returns text language plpgsql stable as "
        "$$ begin raise exception 'it was read'; end $$",
        "create view watched.person as select 7 as person_id, 8507 as gender_concept_id, "
        "timestamp '2018-01-01 00:00' as birth_datetime, 2018 as year_of_birth, "
        "watched.burn() as person_source_value",
        "create view watched.measurement as select 1 as measurement_id, 7 as person_id, "
        "3013650 as measurement_concept_id, date '2019-01-01' as measurement_date, 0.4 as value_as_number, "
        "9444 as unit_concept_id, watched.burn() as note",
        "create view watched.note as select watched.burn() as note_text",
    )
    with ain.open_registry(f"{address}?schema=watched", extracted_on=date(2024, 1, 1)) as registry:
        assert registry.frame("anc_result")["anc"].to_list() == [0.4]


def test_of_a_large_vocabulary_only_what_the_records_name_is_read(address):
    postgres.run_sql(
        address,
        "create schema large",
        "create table large.person as select 7 as person_id, 8507 as gender_concept_id, "
        "2018 as year_of_birth",
        "create table large.measurement as select 7 as person_id, 5 as measurement_concept_id, "
        "0 as measurement_source_concept_id, 6 as unit_concept_id, 0 as value_as_concept_id, "
        "0 as meas_event_field_concept_id, 0 as race_concept_id",
        "alter table large.person add column race_concept_id int",
        "create table large.condition_occurrence as select 7 as person_id, 7 as condition_concept_id, "
        "8 as condition_source_concept_id",
        "create table large.drug_exposure as select 7 as person_id, 9 as drug_concept_id, "
        "10 as drug_source_concept_id",
        "create table large.observation as select 7 as person_id, 0 as value_as_concept_id",
        "create table large.concept as select n as concept_id, 'c' || n as concept_code, "
        "case when n = 900 then 'ATC' else 'X' end as vocabulary_id from generate_series(1, 1000) as n",
        "create table large.concept_ancestor as select a as ancestor_concept_id, d as descendant_concept_id "
        "from generate_series(890, 910) as a cross join generate_series(1, 100) as d",
    )
    extract = read_extract(f"{address}?schema=large")
    with duckdb.connect() as connection:
        load_source(connection, extract, None)
        concepts = connection.sql("select concept_id from source_concept order by row_number").fetchall()
        ancestors = connection.sql(
            "select ancestor_concept_id, descendant_concept_id from source_concept_ancestor"
        ).fetchall()
    assert [concept for (concept,) in concepts] == ["5", "6", "7", "8", "9", "10", "900"]
    assert ancestors == [("900", "9")]


def test_a_source_that_would_write_cannot(address):
    postgres.run_sql(
        address,
        "create schema writing",
        "create table writing.trace (n int)",
        "create function writing.write() returns int language plpgsql as "
        "$$ begin insert into writing.trace values (1); return 7; end $$",
        "create view writing.person as select writing.write() as person_id, 8507 as gender_concept_id, "
        "2018 as year_of_birth",
        "create view writing.measurement as select 7 as person_id, 3013650 as measurement_concept_id",
    )
    with pytest.raises(UnreadableExtract, match=r"table .person. cannot be read to its end"):
        ain.open_registry(f"{address}?schema=writing")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda a: a + "?schema=nope", "postgres.nope: there is no such schema."),
        (
            lambda a: a,
            "postgres: none of its tables in sight is of a format that is known. Say in which schema",
        ),
        (lambda a: a.replace(postgres.PASSWORD, "other"), "postgres: the password or the user is not right."),
        (lambda a: a.replace(f":{postgres.PASSWORD}", ""), "postgres: it asks for a password."),
        (lambda a: a.replace("/postgres", "/nix"), "nix: there is no such database or user."),
        (lambda a: a + "?schema=cdm&extract_toml=nowhere.toml", "nowhere.toml: there is no such file."),
    ],
)
def test_what_is_wrong_is_said_in_one_line_without_the_password(address, change, message, monkeypatch):
    monkeypatch.delenv("PGPASSWORD", raising=False)
    with pytest.raises(UnreadableExtract) as wrong:
        ain.open_registry(change(address))
    assert message in str(wrong.value)
    assert "\n" not in str(wrong.value)
    assert postgres.PASSWORD not in str(wrong.value)


def test_a_server_that_is_not_there_is_said_in_one_line():
    pytest.importorskip("adbc_driver_postgresql", reason="the extra postgres is not installed")
    with pytest.raises(UnreadableExtract, match=r"^db: no server answers there\. Is it running"):
        ain.open_registry("postgresql://u:secret@127.0.0.1:1/db")


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql", None)
    with pytest.raises(UnreadableExtract, match=r"pip install 'ain-analytics\[postgres\]'"):
        ain.open_registry("postgresql://127.0.0.1/db")


@pytest.mark.long
def test_the_password_is_in_no_file_of_a_study(address, tmp_path, monkeypatch):
    said = tmp_path / "said.toml"
    said.write_text(f"extracted_on = {DEMO.extracted_on}\n")
    source = f"{address}?schema=cdm&extract_toml={said}"
    monkeypatch.setattr(sys, "argv", ["ain", "study", source, "-o", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert [path for path in written if path.name == "report.html"]
    assert not [path.name for path in written if postgres.PASSWORD.encode() in path.read_bytes()]
    made = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert made["source"] == "postgres.cdm"
    assert "postgresql://ain:***@127.0.0.1" in made["command"]
    assert {"database": "postgres.cdm", "table": "person"} in made["inputs"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("postgresql://u:p@h/d", "postgresql://u:***@h/d"),
        ("postgres://u:p@ss:w/rd@h:5432/d?schema=x", "postgres://u:***@h:5432/d?schema=x"),
        ("postgresql://u@h/d?password=geheim&schema=x", "postgresql://u@h/d?password=***&schema=x"),
        ("postgresql://u@h/d", "postgresql://u@h/d"),
        ("extract/", "extract/"),
    ],
)
def test_a_command_line_is_kept_without_the_password(typed, shown):
    assert without_password(typed) == shown


def test_our_own_words_of_an_address_do_not_reach_the_server():
    found = server("postgresql://u:p@h:1/my%20db?sslmode=require&schema=my%20cdm&extract_toml=a/b.toml")
    assert found.address == "postgresql://u:p@h:1/my%20db?connect_timeout=15&sslmode=require"
    assert (found.name, found.schema, found.options_file) == ("my db.my cdm", "my cdm", Path("a/b.toml"))
    assert "u:p" not in repr(found)


def test_only_a_text_with_the_scheme_is_an_address(tmp_path):
    assert is_address("postgres://h/d")
    assert not is_address("extract")
    assert not is_address(tmp_path)
