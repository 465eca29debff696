import gzip
from datetime import date

import duckdb
import polars as pl
import pytest

from ain_analytics.errors import AinError, MissingColumn, MissingTable, NothingUsable, UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.registry import open_registry

PATIENT = "patient_id,birth_date,sex\n007,2018-01-01,female\n7,2018-01-01,male\n"
LAB = (
    "patient_id,sampled_at,code,value,unit\n"
    "007,2018-06-01,751-8,0.4,10*9/L\n"
    "7,2018-06-01T08:00:00,751-8,2.5,10*9/L\n"
)


@pytest.fixture
def folder(tmp_path):
    """Make a small sound extract; tests then damage it."""
    (tmp_path / "patient.csv").write_text(PATIENT)
    (tmp_path / "lab_result.csv").write_text(LAB)
    (tmp_path / "extract.toml").write_text("extracted_on = 2024-01-01\n")
    return tmp_path


def fates(source, table):
    with open_registry(source) as registry:
        frame = registry.frame("row_fate").filter(pl.col("table_name") == table)
        return dict(frame.select("fate", "n_rows").rows())


def counts(source):
    with open_registry(source) as registry:
        return registry.frame("anc_result").select("patient_id", "anc").rows()


EXPECTED = [("007", 0.4), ("7", 2.5)]


def test_keys_are_text_so_that_007_and_7_are_two_children(folder):
    assert counts(folder) == EXPECTED


def test_a_compressed_csv_reads_like_the_plain_one(folder):
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result.csv.gz").write_bytes(gzip.compress(LAB.encode()))
    assert counts(folder) == EXPECTED


def test_several_part_files_are_one_table(folder):
    header, first, second = LAB.splitlines()
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result-a.csv").write_text(f"{header}\n{first}\n")
    (folder / "lab_result-b.csv").write_text(f"{header}\n{second}\n")
    assert counts(folder) == EXPECTED


def test_typed_parquet_reads_like_text(folder):
    (folder / "lab_result.csv").unlink()
    frame = pl.DataFrame(
        {
            "patient_id": ["007", "7"],
            "sampled_at": [date(2018, 6, 1), date(2018, 6, 1)],
            "code": ["751-8", "751-8"],
            "value": [0.4, 2.5],
            "unit": ["10*9/L", "10*9/L"],
        }
    )
    frame.write_parquet(folder / "lab_result-1.parquet")
    assert counts(folder) == EXPECTED


def test_a_key_held_as_a_real_number_is_the_key_without_its_fraction(folder):
    (folder / "lab_result.csv").unlink()
    frame = pl.read_csv(LAB.replace("007", "7").encode()).with_columns(pl.col("patient_id").cast(pl.Float64))
    frame.write_parquet(folder / "lab_result.parquet")
    assert {patient for patient, _ in counts(folder)} == {"7"}


def test_excel_reads_like_text(folder):
    (folder / "lab_result.csv").unlink()
    pl.read_csv(LAB.encode(), infer_schema=False).write_excel(folder / "lab_result.xlsx")
    assert counts(folder) == EXPECTED


def test_a_duckdb_file_reads_like_a_folder(folder, tmp_path):
    path = tmp_path / "registry.duckdb"
    with duckdb.connect(str(path)) as connection:
        for table, text in (("patient", PATIENT), ("lab_result", LAB)):
            connection.register("rows", pl.read_csv(text.encode(), infer_schema=False))
            connection.execute(f"create table {table} as from rows")
    assert counts(path) == EXPECTED


def test_a_byte_order_mark_does_not_hide_the_first_column(folder):
    (folder / "patient.csv").write_bytes(b"\xef\xbb\xbf" + PATIENT.encode())
    assert counts(folder) == EXPECTED


def test_column_names_may_differ_in_case_and_white_space(folder):
    (folder / "patient.csv").write_text(PATIENT.replace("patient_id,birth_date", "Patient_ID , BIRTH_DATE"))
    assert counts(folder) == EXPECTED


def test_the_name_of_a_column_that_may_be_a_value_is_not_said(folder):
    """As where the line break behind the header was lost."""
    (folder / "patient.csv").write_text(
        PATIENT.replace("sex\n", "sex,local2,2017-05-13,H1-0042,L01.0\n", 1).replace("male\n", "male,,,,\n")
    )
    assert read_extract(folder).ignored_columns == {"patient": ("local2", "number 5", "number 6", "number 7")}


def test_unknown_columns_and_files_are_listed_and_ignored(folder):
    (folder / "patient.csv").write_text(
        PATIENT.replace("sex", "sex,shoe").replace("female", "female,12").replace(",male", ",male,13")
    )
    (folder / "notes.txt").write_text("hello")
    extract = read_extract(folder)
    assert extract.ignored_columns == {"patient": ("shoe",)}
    assert extract.ignored_files == ("notes.txt",)
    assert counts(folder) == EXPECTED


def test_unknown_lines_of_extract_toml_are_listed(folder):
    (folder / "extract.toml").write_text('extracted_on = 2024-01-01\ncolour = "red"\n')
    assert read_extract(folder).unknown_options == ("colour",)


@pytest.mark.parametrize(
    ("record", "name"), [("007,2018-06-01", "short"), ("007,2018-06-01,751-8,1,10*9/L,extra", "long")]
)
def test_a_ragged_row_is_counted_and_the_others_are_kept(folder, record, name):
    (folder / "lab_result.csv").write_text(LAB + record + "\n")
    assert fates(folder, "lab_result") == {"used": 2, "malformed_row": 1}, name
    with open_registry(folder) as registry:
        rejected = registry.frame("rejected_row").select("file", "row_number", "reason").rows()
    assert rejected == [("lab_result.csv", 3, "malformed_row")]


def test_latin_1_is_refused_with_the_way_out(folder):
    (folder / "patient.csv").write_bytes(PATIENT.replace("female", "féminin").encode("latin-1"))
    with pytest.raises(UnreadableExtract, match=r'not utf-8.*encoding = "latin-1"'):
        open_registry(folder)
    (folder / "extract.toml").write_text('extracted_on = 2024-01-01\nencoding = "latin-1"\n')
    assert counts(folder) == EXPECTED


def test_utf_16_is_refused_with_the_way_out(folder):
    (folder / "patient.csv").write_text(PATIENT, encoding="utf-16")
    with pytest.raises(UnreadableExtract, match=r"UTF-16.*extract\.toml"):
        open_registry(folder)


def test_a_wrong_delimiter_names_the_missing_columns_and_the_way_out(folder):
    (folder / "patient.csv").write_text(PATIENT.replace(",", ";"))
    with pytest.raises(MissingColumn, match=r"'patient_id'.*delimiter"):
        open_registry(folder)


def test_the_senders_delimiter_is_used(folder):
    for name, text in (("patient", PATIENT), ("lab_result", LAB)):
        (folder / f"{name}.csv").write_text(text.replace(",", ";"))
    (folder / "extract.toml").write_text('extracted_on = 2024-01-01\ndelimiter = ";"\n')
    assert counts(folder) == EXPECTED


def test_a_decimal_comma_is_no_number_unless_the_sender_declares_it(folder):
    comma = LAB.replace(",0.4,", ',"0,4",').replace(",2.5,", ',"2,5",')
    (folder / "lab_result.csv").write_text(comma)
    assert fates(folder, "lab_result") == {"value_not_a_number": 2}
    (folder / "extract.toml").write_text('extracted_on = 2024-01-01\ndecimal_mark = ","\n')
    assert counts(folder) == EXPECTED


def test_local_codes_and_units_are_read_as_the_sender_declares_them(folder):
    (folder / "lab_result.csv").write_text(LAB.replace("751-8", "NEUT").replace("10*9/L", "my cells"))
    assert fates(folder, "lab_result") == {"other_analyte": 2}
    (folder / "extract.toml").write_text(
        'extracted_on = 2024-01-01\n[codes]\nNEUT = "751-8"\n[units]\n"my cells" = "x10^9/L"\n'
    )
    assert counts(folder) == EXPECTED


def damage_nothing(folder):
    (folder / "lab_result.csv").unlink()


def damage_empty(folder):
    (folder / "patient.csv").write_text("")


def damage_gzip(folder):
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result.csv.gz").write_bytes(gzip.compress(LAB.encode() * 500)[:60])


def damage_parquet(folder):
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result.parquet").write_bytes(b"PAR1 no")


def damage_excel(folder):
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result.xlsx").write_bytes(b"PK no")


def damage_directory(folder):
    (folder / "patient.csv").unlink()
    (folder / "patient.csv").mkdir()


def damage_twice(folder):
    (folder / "lab_result.csv.gz").write_bytes(gzip.compress(LAB.encode()))


def damage_header(folder):
    (folder / "patient.csv").write_text(PATIENT.replace("sex", "birth_date"))


def damage_options(folder):
    (folder / "extract.toml").write_text("extracted_on = yesterday")


def damage_options_type(folder):
    (folder / "extract.toml").write_text('extracted_on = "2024-01-01"')


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        (damage_nothing, MissingTable, "'lab_result' is obligatory"),
        (damage_empty, UnreadableExtract, "is empty"),
        (damage_gzip, UnreadableExtract, "damaged"),
        (damage_parquet, UnreadableExtract, "no readable .parquet"),
        (damage_excel, UnreadableExtract, "no readable .xlsx"),
        (damage_directory, UnreadableExtract, "not a file"),
        (damage_twice, UnreadableExtract, "two formats"),
        (damage_header, UnreadableExtract, "columns 2 and 3 have one name"),
        (damage_options, UnreadableExtract, "no readable TOML"),
        (damage_options_type, UnreadableExtract, "extracted_on is no date"),
    ],
)
def test_a_damaged_extract_gives_a_clear_error(folder, damage, error, words):
    damage(folder)
    with pytest.raises(error, match=words):
        open_registry(folder)


def test_a_source_that_is_not_there_gives_a_clear_error(tmp_path):
    with pytest.raises(UnreadableExtract, match="no such file or folder"):
        open_registry(tmp_path / "nowhere")


def test_an_extract_without_a_usable_child_says_why(folder):
    (folder / "patient.csv").write_text(PATIENT.replace("2018-01-01", "yesterday"))
    with pytest.raises(NothingUsable, match="bad_birth_date 2"):
        open_registry(folder)


def test_no_message_holds_a_patients_key_or_value(folder):
    secret = "SECRET-KEY-1"
    (folder / "patient.csv").write_text(PATIENT.replace("2018-01-01", secret))
    with pytest.raises(AinError) as caught:
        open_registry(folder)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    "name", ["lab_result-a'b.csv", 'lab_result-"; drop table x.csv', "lab_result-[x]*?.csv"]
)
def test_a_files_name_is_never_run_or_taken_for_a_pattern(folder, name):
    (folder / "lab_result.csv").rename(folder / name)
    assert counts(folder) == EXPECTED


def test_odd_column_names_are_no_sql(folder):
    header = (
        PATIENT.replace("sex", 'sex,"a"";b\' from x --"')
        .replace("female", "female,1")
        .replace(",male", ",male,2")
    )
    (folder / "patient.csv").write_text(header)
    assert counts(folder) == EXPECTED


def test_rows_are_numbered_from_one_whatever_the_blank_lines(folder):
    (folder / "lab_result.csv").write_text(LAB.replace("\n7,", "\n\n\nX,") + "7,2018-06-01,751-8,x,10*9/L\n")
    with open_registry(folder) as registry:
        rejected = registry.frame("rejected_row").select("row_number", "reason").rows()
    assert rejected == [(2, "unknown_patient"), (3, "value_not_a_number")]


@pytest.mark.parametrize(
    ("precision", "born"),
    [
        ("day", ["2018-03-09"]),
        ("month", ["2018-03-09", "2018-04-15"]),
        ("year", ["2018-03-09", "2018-04-15", "2019-07-01"]),
    ],
)
def test_a_month_or_a_year_is_a_birth_date_only_where_the_sender_says_so(folder, precision, born):
    (folder / "patient.csv").write_text(
        "patient_id,birth_date,sex\nP1,2018-03-09,male\nP2,2018-04,male\nP3,2019,male\n"
        "P4,2018-13,male\nP5,18,male\nP6,2018-,male\n"
    )
    said = f'extracted_on = 2024-01-01\nbirth_date_precision = "{precision}"\n'
    (folder / "extract.toml").write_text(said)
    with open_registry(folder) as registry:
        assert registry.frame("patient")["birth_date"].cast(str).to_list() == born


def test_a_format_that_is_not_known_is_refused_by_name(folder):
    (folder / "extract.toml").write_text('format = "punch cards"\n')
    with pytest.raises(UnreadableExtract, match=r"unknown format\. Known ones: native"):
        open_registry(folder)
