"""Tables of any names and shapes: what extract.toml says of them, and that nothing is lost or changed."""

import random
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import given as given_any
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import ain_analytics as ain
from ain_analytics.errors import AinError, MissingColumn, MissingTable, UnreadableExtract
from ain_analytics.mapping import Writing, read_mappings
from ain_analytics.synthetic.forms.tables import write

from . import hostile

COMPARED = ("episode", "daily_anc")


@pytest.fixture(scope="module", params=[3, 4])
def both(request, tmp_path_factory):
    made_up = ain.simulate(150, seed=request.param)
    folder = tmp_path_factory.mktemp("wide") / "hospital"
    write(made_up.tables, folder, made_up.extracted_on)
    with (
        ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on) as native,
        ain.open_registry(folder) as wide,
    ):
        yield native, wide


@pytest.mark.parametrize("name", COMPARED)
def test_a_wide_table_gives_the_same_counts_and_episodes(both, name):
    native, wide = both
    assert native.frame(name).height > 0
    assert_frame_equal(wide.frame(name), native.frame(name))


def test_a_wide_table_gives_the_same_classes_and_follow_up(both):
    native, wide = both
    cases = [ain.classify(registry) for registry in (native, wide)]
    assert_frame_equal(cases[1], cases[0])
    assert_frame_equal(ain.follow_up(wide, cases[1]), ain.follow_up(native, cases[0]))


def test_every_fate_is_that_of_the_native_extract_without_its_results_that_have_no_value(both):
    native, wide = both
    with_value = dict(native.extract.frames)
    with_value["lab_result"] = with_value["lab_result"].filter(pl.col("value").is_not_null())
    with ain.open_registry(with_value, extracted_on=native.extract.extracted_on) as same:
        expected = same.frame("row_fate")
    found = wide.frame("row_fate")
    assert_frame_equal(found.filter(pl.col("fate") != "nothing_measured"), expected)


def test_each_record_of_a_wide_table_has_a_place_and_each_place_one_fate(both):
    _, wide = both
    folder = wide.extract.paths[0].parent
    lines = (folder / "Labor.csv").read_text(encoding="cp1252").splitlines()
    places = wide.connection.sql(
        "select distinct row_number from raw_fate where table_name = 'lab_result'"
    ).fetchall()
    assert sorted(places) == [(number,) for number in range(1, len(lines))]
    twice = wide.connection.sql(
        "select file, row_number from raw_fate group by table_name, file, row_number having count(*) > 1"
    ).fetchall()
    assert twice == []


HEAD = 'format = "tables"\nextracted_on = 2024-06-30\n'
PATIENTS = "PatNr;GebDat;Geschlecht\n007;01.03.2020;w\n7;15.04.2020;m\n"
MAPPED_PATIENTS = """
[tables.patient]
files = "Stamm*.csv"
columns = { patient_id = "PatNr", birth_date = "GebDat", sex = "Geschlecht" }
values.sex = { W = "female", m = "male" }
"""
GERMAN = HEAD + 'delimiter = ";"\ndecimal_mark = ","\ndate_formats = ["%d.%m.%Y", "%d.%m.%Y %H:%M"]\n'
WIDE_HEADER = "PatNr;Datum;Zeit;Auftrag;LEUK;SEGM %;STAB %;NEUT abs;Einheit\n"
MAPPED_WIDE = """
[tables.lab_result]
files = ["Labor*.csv"]
columns = { patient_id = "PatNr", sampled_at = ["Datum", "Zeit"], specimen_id = "Auftrag" }
[tables.lab_result.wide]
"LEUK" = { code = "6690-2", unit = "G/L" }
"SEGM %" = { code = "26505-8", unit = "%" }
"STAB %" = { code = "26508-2", unit = "%" }
"NEUT abs" = { code = "26499-4", unit = "/µL", unit_column = "Einheit" }
"""


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "hospital"
    place.mkdir()
    return place


def put(folder: Path, encoding: str = "utf-8", **texts: str) -> Path:
    for name, text in texts.items():
        file = "extract.toml" if name == "toml" else f"{name}.csv"
        (folder / file).write_text(text, encoding="utf-8" if name == "toml" else encoding, newline="\n")
    return folder


def raw(folder: Path, table: str, *columns: str) -> list[tuple[str | None, ...]]:
    with ain.open_registry(folder) as opened:
        chosen = ", ".join(columns)
        return opened.connection.sql(f"select {chosen} from raw_{table} order by file, row_number").fetchall()


def test_columns_dates_words_and_decimal_commas_are_read_as_the_sender_says(folder):
    rows = "007;05.02.2021;08:30;A1;4,5;10;5;;\n7;06.02.2021;;A2;;;;<0,1;G/L\n7;07.02.2021;;A3;;;;1200;\n"
    put(folder, Stammdaten=PATIENTS, Labor=WIDE_HEADER + rows, toml=GERMAN + MAPPED_PATIENTS + MAPPED_WIDE)
    assert raw(folder, "patient", "patient_id", "birth_date", "sex") == [
        ("007", "2020-03-01", "female"),
        ("7", "2020-04-15", "male"),
    ]
    found = raw(
        folder, "lab_result", "file", "row_number", "patient_id", "sampled_at", "code", "value", "unit"
    )
    assert found == [
        ("Labor.csv, column leuk", 1, "007", "2021-02-05T08:30:00", "6690-2", "4,5", "G/L"),
        ("Labor.csv, column neut abs", 2, "7", "2021-02-06", "26499-4", "<0,1", "G/L"),
        ("Labor.csv, column neut abs", 3, "7", "2021-02-07", "26499-4", "1200", "/µL"),
        ("Labor.csv, column segm %", 1, "007", "2021-02-05T08:30:00", "26505-8", "10", "%"),
        ("Labor.csv, column stab %", 1, "007", "2021-02-05T08:30:00", "26508-2", "5", "%"),
    ]
    with ain.open_registry(folder) as opened:
        counts = opened.frame("daily_anc").select("patient_id", "anc").rows()
    # 4.5 × (10 + 5) / 100; below 0.1 stands for 0.1; 1200 per µL
    assert counts == [("007", 0.675), ("7", 0.1), ("7", 1.2)]


def test_a_visit_without_any_result_is_counted_as_such_and_a_ragged_line_as_malformed(folder):
    rows = "007;05.02.2021;08:30;A1;;;;;G/L\n007;06.02.2021;;A2;4,5\n7;07.02.2021;;A3;;;;1,2;G/L\n"
    put(folder, Stammdaten=PATIENTS, Labor=WIDE_HEADER + rows, toml=GERMAN + MAPPED_PATIENTS + MAPPED_WIDE)
    with ain.open_registry(folder) as opened:
        fates = opened.frame("row_fate").filter(pl.col("table_name") == "lab_result")
        assert fates.select("fate", "n_rows").sort("fate").rows() == [
            ("malformed_row", 1),
            ("nothing_measured", 1),
            ("used", 1),
        ]


@pytest.mark.parametrize(
    ("written", "formats", "read"),
    [
        ("05.02.2021", '["%d.%m.%Y"]', "2021-02-05"),
        ("5.2.2021", '["%d.%m.%Y"]', "2021-02-05"),
        ("2021-02-05", '["%d.%m.%Y"]', "2021-02-05"),
        ("05.02.21", '["%d.%m.%Y"]', "05.02.21"),
        ("05.02.21", '["%d.%m.%Y", "%d.%m.%y"]', "2021-02-05"),
        ("31.02.2021", '["%d.%m.%Y"]', "31.02.2021"),
        ("02/05/2021", '["%m/%d/%Y"]', "2021-02-05"),
        ("02/05/2021 2:30 PM", '["%m/%d/%Y %I:%M %p"]', "2021-02-05T14:30:00"),
        ("13/05/2021", '["%m/%d/%Y"]', "13/05/2021"),
        ("20210205", '["%Y%m%d"]', "2021-02-05"),
        ("02/2021", '["%m/%Y"]', "2021-02"),
        ("05.02.2021 08:30", '["%d.%m.%Y"]', "05.02.2021 08:30"),
    ],
)
def test_a_date_is_read_in_a_form_that_the_sender_names_or_stays_as_it_is(folder, written, formats, read):
    lab = f"patient_id,sampled_at,code,value,unit\n1,{written},751-8,1.2,G/L\n"
    toml = f"extracted_on = 2024-06-30\ndate_formats = {formats}\n"
    put(folder, patient="patient_id,birth_date,sex\n1,2020-01-01,m\n", lab_result=lab, toml=toml)
    assert raw(folder, "lab_result", "sampled_at") == [(read,)]


@pytest.mark.parametrize("said", ["", 'format = "native"\n', 'format = "tables"\n'])
def test_forms_of_dates_hold_for_native_tables_too(folder, said):
    lab = "patient_id,sampled_at,code,value,unit\n1,05.02.2021,751-8,1.2,G/L\n"
    toml = said + 'extracted_on = 2024-06-30\ndate_formats = ["%d.%m.%Y"]\n'
    put(folder, patient="patient_id,birth_date,sex\n1,01.03.2020,m\n", lab_result=lab, toml=toml)
    assert raw(folder, "lab_result", "sampled_at") == [("2021-02-05",)]


def test_tables_of_a_database_are_not_described(tmp_path):
    with duckdb.connect(str(tmp_path / "a.duckdb")) as connection:
        connection.execute("create table patient as select 1 as patient_id")
    (tmp_path / "extract.toml").write_text("[tables.patient]\n")
    with pytest.raises(UnreadableExtract, match="the source is a database"):
        ain.open_registry(tmp_path / "a.duckdb")


def test_columns_without_a_name_are_passed_over(folder):
    patients = "PatNr;;GebDat;;Geschlecht;\n7;x;15.04.2020;y;m;\n"
    lab = ";PatNr;;Datum;NEUT;\nx;7;y;05.02.2021;0,4;z\n"
    toml = (
        GERMAN
        + MAPPED_PATIENTS
        + """
[tables.lab_result]
files = ["Visiten.csv"]
columns = { patient_id = "PatNr", sampled_at = "Datum" }
constants = { unit = "/µL" }
wide.NEUT = { code = "751-8", unit = "G/L" }
"""
    )
    put(folder, Stammdaten=patients, Visiten=lab, toml=toml)
    assert raw(folder, "patient", "patient_id", "birth_date", "sex") == [("7", "2020-04-15", "male")]
    assert raw(folder, "lab_result", "value", "unit") == [("0,4", "G/L")]


def test_columns_of_one_name_are_told_apart_by_number(folder):
    visits = "PatNr;Datum;NEUT;Einheit;LEUK;Einheit\n7;05.02.2021;400;/µL;5,1;G/L\n"
    toml = (
        GERMAN
        + MAPPED_PATIENTS
        + """
[tables.lab_result]
files = ["Visiten.csv"]
columns = { patient_id = "PatNr", sampled_at = "Datum" }
wide.NEUT = { code = "751-8", unit_column = "Einheit" }
wide.LEUK = { code = "6690-2", unit_column = "Einheit.2" }
"""
    )
    put(folder, Stammdaten=PATIENTS, Visiten=visits, toml=toml)
    assert raw(folder, "lab_result", "code", "value", "unit") == [
        ("6690-2", "5,1", "G/L"),
        ("751-8", "400", "/µL"),
    ]


def test_a_long_table_with_local_codes_units_constants_and_its_own_way_of_writing(folder):
    (folder / "Labor 2021.txt").write_text(
        "Fall\tDatum\tKürzel\tWert\n1\t05.02.2021\tNEUTA\t0.45\n1\t06.02.2021\tNEUTA\t0,45\n",
        encoding="utf-16",
    )
    put(
        folder,
        Stammdaten=PATIENTS.replace("007", "1"),
        toml=GERMAN
        + MAPPED_PATIENTS
        + """
[tables.lab_result]
files = ["Labor*.txt"]
encoding = "utf-16"
delimiter = "\t"
decimal_mark = "."
columns = { patient_id = "Fall", sampled_at = "Datum", code = "Kürzel", value = "Wert" }
constants = { unit = "Kilo", code_system = "house" }
[codes]
NEUTA = "751-8"
[units]
Kilo = "10*3/uL"
""",
    )
    with ain.open_registry(folder) as opened:
        assert opened.frame("daily_anc")["anc"].to_list() == [0.45]
        rejected = opened.frame("rejected_row").select("table_name", "reason").rows()
    assert rejected == [("lab_result", "value_not_a_number")]


def test_one_file_may_feed_several_tables_and_equal_children_are_duplicates(folder):
    header = "PatNr;GebDat;Geschlecht;Datum;NEUT;ATC\n"
    visits = header + "1;01.03.2020;w;05.02.2021;0,4;L03AA02\n1;01.03.2020;w;06.03.2021;0,5;\n"
    toml = (
        GERMAN
        + MAPPED_PATIENTS.replace("Stamm*", "Visiten")
        + """
[tables.lab_result]
files = ["Visiten.csv"]
columns = { patient_id = "PatNr", sampled_at = "Datum", value = "NEUT" }
constants = { code = "751-8", unit = "G/L" }
[tables.treatment]
files = ["Visiten.csv"]
columns = { patient_id = "PatNr", started_on = "Datum", code = "ATC" }
"""
    )
    put(folder, Visiten=visits, toml=toml)
    with ain.open_registry(folder) as opened:
        fates = opened.frame("row_fate").select("table_name", "fate", "n_rows").rows()
        assert ("patient", "duplicate", 1) in fates
        assert ("lab_result", "used", 2) in fates
        assert sum(n for table, _, n in fates if table == "treatment") == 2


def test_sheets_of_one_workbook_are_tables(folder):
    with xlsxwriter.Workbook(folder / "Export.xlsx") as book:
        cover = book.add_worksheet("Deckblatt")
        cover.write_row(0, 0, ["Export der Klinik"])
        day = book.add_format({"num_format": "dd.mm.yyyy"})
        stamm = book.add_worksheet("Stamm")
        stamm.write_row(0, 0, ["PatNr", "GebDat", "Geschlecht"])
        stamm.write_row(1, 0, ["007", "01.03.2020", "w"])
        labor = book.add_worksheet("Labor")
        labor.write_row(0, 0, ["PatNr", "Datum", "Zeit", "NEUT"])
        labor.write_row(1, 0, ["007", 44232, "08:30", 0.4])
        labor.write_datetime(1, 1, datetime(2021, 2, 5), day)
    toml = (
        GERMAN.replace('decimal_mark = ","', "")
        + """
[tables.patient]
files = ["Export.xlsx"]
sheet = "Stamm"
columns = { patient_id = "PatNr", birth_date = "GebDat", sex = "Geschlecht" }
values.sex = { w = "female" }
[tables.lab_result]
files = ["Export.xlsx"]
sheet = "Labor"
columns = { patient_id = "PatNr", sampled_at = ["Datum", "Zeit"] }
wide.NEUT = { code = "751-8", unit = "G/L" }
"""
    )
    put(folder, toml=toml)
    found = raw(folder, "lab_result", "file", "sampled_at", "value")
    assert found == [("Export.xlsx, sheet Labor, column neut", "2021-02-05 08:30", "0.4")]
    with ain.open_registry(folder) as opened:
        assert opened.extract.ignored_files == ("Export.xlsx, sheet Deckblatt",)
        assert opened.n_rows("daily_anc") == 1


def test_an_empty_cell_and_a_code_for_missing_may_be_given_a_meaning(folder):
    toml = """extracted_on = 2024-06-30
[tables.lab_result]
values.unit = { "" = "G/L" }
values.value = { "-9" = "" }
"""
    lab = "patient_id,sampled_at,code,value,unit\n1,2021-02-05,751-8,1.2,\n1,2021-02-06,751-8,-9,G/L\n"
    put(folder, patient="patient_id,birth_date,sex\n1,2020-01-01,m\n", lab_result=lab, toml=toml)
    assert raw(folder, "lab_result", "value", "unit") == [("1.2", "G/L"), (None, "G/L")]


def test_names_may_hold_anything_and_are_never_run_as_sql(folder):
    header = 'PatNr;Da""tum;x\'); drop table source_patient; --'
    lab = '"PatNr";"Da""tum";"x\'); drop table source_patient; --"\n007;05.02.2021;0,4\n'
    toml = (
        GERMAN
        + MAPPED_PATIENTS
        + """
[tables.lab_result]
files = ["La'bor;--.csv"]
columns = { patient_id = "PatNr", sampled_at = 'Da"tum' }
[tables.lab_result.wide]
"x'); drop table source_patient; --" = { code = "751-8", unit = "G/L" }
"""
    )
    put(folder, Stammdaten=PATIENTS, toml=toml)
    (folder / "La'bor;--.csv").write_text(lab)
    assert raw(folder, "lab_result", "value") == [("0,4",)], header


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[tables.labor]", "[tables] names 'labor', which is no table of the format. Tables: patient, lab"),
        ("[tables.patient]\nfile = 'x'", "nothing is known of 'file'. Known: files"),
        ("[tables.patient]\ncolumns = { born = 'GebDat' }", "columns names 'born', which the table has not"),
        (
            "[tables.patient]\ncolumns = { sex = 'Sex' }\nfiles = 'Stamm*'",
            "columns.sex names column 'sex', which",
        ),
        (
            "[tables.patient]\nfiles = ['Kinder*.csv']",
            "[tables.patient]: no file is named 'Kinder*.csv'. Mend",
        ),
        ("[tables.diagnosis]", "[tables.diagnosis]: no file is named 'diagnosis'. Mend"),
        (
            "[[tables.patient]]\nfiles='Stamm*'\n[[tables.patient]]\nfiles='*daten.csv'",
            "Stammdaten.csv is named twice",
        ),
        ("date_formats = ['%d.%m.%Q']", "date_formats holds the unknown directive '%Q'"),
        ("date_formats = ['%d.%m.']", "a date format has no year"),
        ("date_formats = '%Y'", "date_formats is no list of texts"),
        (
            "[tables.lab_result]\nwide.NEUT = { code = 'NEUTA', unit = 'G/L' }",
            "the code of wide.NEUT is unknown",
        ),
        ("[tables.lab_result]\nwide.NEUT = { unit = 'G/L' }", "the code of wide.NEUT is unknown"),
        (
            "[tables.lab_result]\nwide.NEUT = { code = '751-8', x = '' }",
            "nothing is known of 'x' in wide.NEUT",
        ),
        (
            "[tables.lab_result]\ncolumns.value='x'\nwide.NEUT = '751-8'",
            "it is wide, so there is no column 'value'",
        ),
        ("[tables.diagnosis]\nwide.NEUT = '751-8'", "only lab_result can be wide"),
        ("[tables.patient]\ncolumns.sex='x'\nconstants.sex='y'", "sex is both a column and a constant"),
        ("[tables.patient]\nsheet = 3", "sheet is no text"),
        ("[tables.patient]\ncolumns.sex = []", "columns.sex names no column"),
        ("[tables.patient]\ndelimiter = ';;'", "delimiter is not one mark"),
        ("[tables.patient]\nencoding = 'klingon'", "encoding is no way to write text"),
        ("tables = 3", "[tables] is no table"),
        ("[tables]\npatient = 3", "[tables.patient]: it is no table"),
        ("format = 'tables'", "table 'patient' is obligatory and missing"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(folder, toml, said):
    put(folder, Stammdaten=PATIENTS, toml=toml)
    with pytest.raises((UnreadableExtract, MissingTable)) as raised:
        ain.open_registry(folder)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "007" not in str(raised.value)


def test_a_column_that_nobody_names_is_missed_by_name(folder):
    put(folder, Stammdaten=PATIENTS, toml=GERMAN + MAPPED_PATIENTS.replace(', sex = "Geschlecht"', ""))
    with pytest.raises(MissingColumn, match=r"lacks the obligatory column.s. 'sex'"):
        ain.open_registry(folder)


def test_a_column_may_be_missing_in_some_files_of_a_table_but_not_in_all(folder):
    put(
        folder,
        Stammdaten=PATIENTS,
        Labor1=WIDE_HEADER + "7;06.02.2021;;A2;;;;0,4;G/L\n",
        Labor2="PatNr;Datum;NEUT abs\n7;07.02.2021;400\n",
        toml=GERMAN + MAPPED_PATIENTS + MAPPED_WIDE,
    )
    with ain.open_registry(folder) as opened:
        assert opened.frame("daily_anc")["anc"].to_list() == [0.4, 0.4]
    put(folder, toml=GERMAN + MAPPED_PATIENTS + MAPPED_WIDE.replace('"LEUK"', '"LEUKOS"'))
    with pytest.raises(UnreadableExtract, match=r"names column 'leukos', which is not in Labor1.csv"):
        ain.open_registry(folder)


WIDE_SPOILED = f"""
[tables.lab_result]
files = ["lab_result*"]
columns = {{ sampled_at = "sampled_at" }}
constants = {{ method = "{hostile.SQL.replace('"', "")}" }}
[tables.lab_result.wide]
value = {{ code = "751-8", unit_column = "unit" }}
"""


@pytest.mark.parametrize("seed", range(60))
def test_a_spoiled_extract_is_refused_in_one_line_or_each_record_has_a_place(seed, folder, monkeypatch):
    monkeypatch.chdir(folder)
    rng = random.Random(seed)
    hostile.small_registry(rng, folder)
    changes = [change for change in hostile.CHANGES if change is not hostile.spoil_options]
    for change in rng.choices(changes, k=rng.randint(1, 3)):
        change(rng, folder)
    long_or_wide = rng.choice(['date_formats = ["%d.%m.%Y", "%Y-%m-%d %H:%M"]', WIDE_SPOILED])
    (folder / "extract.toml").write_text(f"extracted_on = 2024-06-30\n{long_or_wide}")
    refused = ""
    try:
        with ain.open_registry(folder) as opened:
            places = opened.connection.sql(
                "select table_name, count(*) from (select distinct table_name, row_number, "
                "regexp_replace(file, ', column value$', '') from raw_fate) group by table_name"
            ).fetchall()
            found = dict(places)
            for table in hostile.TABLES:
                paths = [path for path in folder.iterdir() if path.name.startswith(table)]
                expected = sum(hostile.n_rows(path, ",", "utf-8") for path in paths)
                assert found.get(table, 0) == expected, table
    except AinError as error:
        refused = str(error)
    assert "\n" not in refused
    assert hostile.KEY not in refused
    assert not (folder / hostile.CANARY).exists()


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=8)
    | st.sampled_from(["patient_id", "751-8"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["columns", "constants", "values", "wide", "files", "sheet", "date_formats", "sex"]
            )
            | st.sampled_from(["code", "unit", "encoding", "delimiter", "value", "patient_id"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given_any(st.dictionaries(st.sampled_from(["patient", "lab_result", "x"]), ANYTHING, max_size=3) | ANYTHING)
def test_a_mapping_may_say_anything_and_is_read_or_refused_in_one_line(said):
    refused = ""
    try:
        read_mappings(said, Writing(), (), Path("extract.toml"))
    except UnreadableExtract as error:
        refused = str(error)
    assert "\n" not in refused
