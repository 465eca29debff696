"""Extracts of a hostile or careless hospital: an error of one line, or every record with its one fate."""

import gzip
import os
import random
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ain_analytics.__main__ import main
from ain_analytics.errors import AinError
from ain_analytics.extract import read_extract
from ain_analytics.files import load_file, open_file
from ain_analytics.output import MANIFEST, PROGRAM
from ain_analytics.quality import quality
from ain_analytics.registry import open_registry
from ain_analytics.study import study
from ain_analytics.synthetic import simulate

from . import hostile

ORDINARY, SLOW = 60, 10_000
VALUES = {
    cell
    for path in hostile.HOSPITAL.glob("*.csv")
    for line in path.read_text(encoding="utf-8").splitlines()[1:]
    for cell in line.split(",")
    if len(cell) >= len("2024-06-30") and cell != "2024-06-30"
}
"""What the rows of the hospital hold, except the day of its extract."""
SECONDS = 10


def assert_harmless(folder: Path) -> str:
    """Open an extract; whatever is in it, it must be refused in one line or be counted to the last record."""
    began = time.process_time()
    try:
        with open_registry(folder) as registry:
            fates = registry.frame("row_fate")
            for name in registry.tables:
                registry.frame(name).rows()
            said, shown = quality(registry).as_text(), quality(registry)._repr_html_()
            files = registry.extract.files
    except AinError as error:
        said = str(error)
        shown = ""
        assert len(said.splitlines()) == 1, said
        outcome = type(error).__name__
    else:
        options = tomllib.loads((folder / "extract.toml").read_text(encoding="utf-8"))
        for table in hostile.TABLES:
            paths = [file.path for file in files if file.table == table]
            expected = sum(
                hostile.n_rows(path, options.get("delimiter", ","), options.get("encoding", "utf-8"))
                for path in paths
            )
            assert fates.filter(pl.col("table_name") == table)["n_rows"].sum() == expected, table
        outcome = "counted"
    assert time.process_time() - began < SECONDS
    assert hostile.KEY not in said
    assert not [value for value in VALUES if value in said]
    assert "<script>" not in shown
    assert not Path(hostile.CANARY).exists()
    return outcome


def spoiled(seed: int, folder: Path) -> list[str]:
    rng = random.Random(seed)
    hostile.small_registry(rng, folder)
    return hostile.spoil(rng, folder, hostile.CHANGES)


@pytest.mark.long
def test_a_spoiled_extract_is_refused_in_one_line_or_counted_to_the_last_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes = hostile.fuzz(range(ORDINARY), tmp_path, spoiled, assert_harmless)
    assert outcomes["counted"] > ORDINARY // 4  # or the changes would be too coarse to prove anything
    assert len(outcomes) > 2


@pytest.mark.slow
def test_ten_thousand_spoiled_extracts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    n = int(os.environ.get("AIN_MUTATIONS", SLOW))
    outcomes = hostile.fuzz(range(ORDINARY, ORDINARY + n), tmp_path, spoiled, assert_harmless)
    print(dict(outcomes))
    assert outcomes.total() == n


LETTERS = st.sampled_from(
    ['"', '"', ",", ",", "\n", "\n", "\r", "\r\n", " ", "a", "7", "\0", "\ufeff", "é", "'", ";"]
)
HEADER = "patient_id,birth_date,sex\n"


@pytest.mark.long
@settings(
    max_examples=250,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(body='a,"b,c\nd,e,f\n')
@example(body='a,b,"c\nd,e,f\n')
@example(body='"a"b,c,d\r\re,f,g')
@example(body='"a\n\nb",c,d\n"')
@given(body=st.lists(LETTERS, max_size=40).map("".join))
def test_every_record_of_a_text_is_sound_or_malformed_and_none_is_lost(tmp_path: Path, body: str) -> None:
    path = tmp_path / "patient.csv"
    path.write_bytes((HEADER + body).encode())
    with duckdb.connect() as connection:
        connection.execute(
            "create table source_patient (file varchar, row_number bigint, patient_id varchar, sex varchar);"
            "create table source_malformed (table_name varchar, file varchar, row_number bigint)"
        )
        load_file(
            connection,
            open_file("patient", path, ".csv", encoding="utf-8", delimiter=","),
            ["patient_id", "sex"],
        )
        numbers = connection.sql(
            "from (select row_number from source_patient union all select row_number from source_malformed)"
            "order by all"
        ).fetchall()
    assert [number for (number,) in numbers] == list(range(1, hostile.n_records(HEADER + body) + 1))


PATIENT = "patient_id,birth_date,sex\n007,2018-01-01,female\n7,2018-01-01,male\n"
LAB = (
    "patient_id,sampled_at,code,value,unit\n"
    "007,2018-06-01,751-8,0.4,10*9/L\n"
    "7,2018-06-01T08:00:00,751-8,2.5,10*9/L\n"
)
ROW = "7,2018-06-02,751-8,0.5,10*9/L\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "extract"
    place.mkdir()
    (place / "patient.csv").write_text(PATIENT)
    (place / "lab_result.csv").write_text(LAB)
    (place / "extract.toml").write_text("extracted_on = 2024-01-01\n")
    return place


def fates(source: Path, table: str = "lab_result") -> dict[str, int]:
    with open_registry(source) as registry:
        rows = registry.frame("row_fate").filter(pl.col("table_name") == table)
        return dict(rows.select("fate", "n_rows").rows())


def in_place_of_patients(folder: Path, ending: str) -> Path:
    (folder / "patient.csv").unlink()
    return folder / f"patient{ending}"


def gzip_bomb(folder: Path) -> None:
    (folder / "lab_result.csv").unlink()
    (folder / "lab_result.csv.gz").write_bytes(gzip.compress(LAB.encode() + ROW.encode() * 3_000_000))


def gzip_with_a_wrong_sum(folder: Path) -> None:
    packed = bytearray(gzip.compress(PATIENT.encode()))
    packed[-6] ^= 1
    in_place_of_patients(folder, ".csv.gz").write_bytes(packed)


def gzip_without_its_name(folder: Path) -> None:
    (folder / "patient.csv").write_bytes(gzip.compress(PATIENT.encode()))


def workbook_bomb(folder: Path) -> None:
    with zipfile.ZipFile(in_place_of_patients(folder, ".xlsx"), "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", " " * 70_000_000)


def workbook_with_a_far_cell(folder: Path) -> None:
    with xlsxwriter.Workbook(in_place_of_patients(folder, ".xlsx")) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["patient_id", "birth_date", "sex"])
        sheet.write(1_048_575, 16_383, "x")


def workbook_of_text(folder: Path) -> None:
    in_place_of_patients(folder, ".xlsx").write_text(PATIENT)


def workbook_with_a_name_twice(folder: Path) -> None:
    with xlsxwriter.Workbook(in_place_of_patients(folder, ".xlsx")) as book:
        book.add_worksheet().write_row(0, 0, ["patient_id", "birth_date", "sex", "Sex "])


def workbook_without_cells(folder: Path) -> None:
    with xlsxwriter.Workbook(in_place_of_patients(folder, ".xlsx")) as book:
        book.add_worksheet()


def parquet_bomb(folder: Path) -> None:
    many = pl.select(pl.repeat("7", 3_000_000).alias("patient_id")).with_columns(
        birth_date="patient_id", sex="patient_id"
    )
    many.write_parquet(in_place_of_patients(folder, ".parquet"))


def parquet_cut(folder: Path) -> None:
    path = in_place_of_patients(folder, ".parquet")
    pl.read_csv(PATIENT.encode()).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-9])


def symlink_loop(folder: Path) -> None:
    (folder / "treatment.csv").symlink_to(folder / "treatment.csv")


def symlink_to_nothing(folder: Path) -> None:
    (folder / "treatment.csv").symlink_to(folder / "nowhere")


def folder_named_as_a_file(folder: Path) -> None:
    in_place_of_patients(folder, ".csv").mkdir()


def name_that_is_not_utf8(folder: Path) -> None:
    os.rename(folder / "lab_result.csv", os.fsencode(folder) + b"/lab_result-\xff\n.csv")


def no_header(folder: Path) -> None:
    (folder / "patient.csv").write_text("SECRET-1,2018-01-01,SECRET-1\nSECRET-2,2018-01-01,male\n")


def no_end_of_the_first_name(folder: Path) -> None:
    (folder / "patient.csv").write_text('birth_date,"patient_id,sex\nSECRET-1,2018-01-01",female\n')


def no_header_and_other_values(folder: Path) -> None:
    (folder / "patient.csv").write_text("SECRET-1,2018-01-01,female\nSECRET-2,2018-01-01,male\n")


def utf_16_without_a_mark(folder: Path) -> None:
    (folder / "patient.csv").write_bytes(PATIENT.encode("utf-16-le"))


def quotation_mark_in_the_header(folder: Path) -> None:
    (folder / "patient.csv").write_text('"' + PATIENT)


def options_in_a_folder(folder: Path) -> None:
    (folder / "extract.toml").unlink()
    (folder / "extract.toml").mkdir()


def options_of_two_megabytes(folder: Path) -> None:
    (folder / "extract.toml").write_text("#" * 2_000_000)


def says(line: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        (folder / "extract.toml").write_text(line + "\n")

    change.__name__ = line[:40]
    return change


REFUSED: list[tuple[Callable[[Path], None], str]] = [
    (gzip_bomb, "more than 200 times as large"),
    (gzip_with_a_wrong_sum, "damaged"),
    (gzip_without_its_name, "Name it patient.csv.gz"),
    (workbook_bomb, "more than 200 times as large"),
    (workbook_with_a_far_cell, "row 1048576 and column 16384"),
    (workbook_of_text, "no readable .xlsx"),
    (workbook_with_a_name_twice, "columns 3 and 4 have one name"),
    (workbook_without_cells, "it is empty"),
    (parquet_bomb, "rows a byte"),
    (parquet_cut, "no readable .parquet"),
    (symlink_loop, "not a file"),
    (symlink_to_nothing, "not a file"),
    (folder_named_as_a_file, "not a file"),
    (name_that_is_not_utf8, "its name is not UTF-8"),
    (no_header, "columns 1 and 3 have one name"),
    (no_end_of_the_first_name, "found 3 other(s)"),
    (no_header_and_other_values, "found 3 other(s)"),
    (utf_16_without_a_mark, "UTF-16"),
    (quotation_mark_in_the_header, "quotation mark"),
    (options_in_a_folder, "cannot be opened"),
    (options_of_two_megabytes, "larger than 1 MiB"),
    (says("extracted_on = 2999-01-01"), "in the future"),
    (says("extracted_on = 12:00:00"), "no date"),
    (says('encoding = "nope"'), "encoding is no way"),
    (says('encoding = "base64"'), "encoding is no way"),
    (says('encoding = "a\\u0000b"'), "encoding is no way"),
    (says("encoding = 3"), "encoding is no text"),
    (says('delimiter = "\\n"'), "delimiter is not one mark"),
    (says('delimiter = "a"'), "delimiter is not one mark"),
    (says('decimal_mark = "5"'), 'neither "." nor ","'),
    (says("codes = [1]"), "no table of texts"),
    (says("x = " + "[" * 3000 + "]" * 3000), "no readable TOML"),
    (says("x = " + "9" * 5000), "no readable TOML"),
]


@pytest.mark.parametrize(("spoil", "words"), REFUSED, ids=lambda value: getattr(value, "__name__", ""))
def test_what_cannot_be_read_is_one_line_on_standard_error_and_exit_code_2(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    spoil: Callable[[Path], None],
    words: str,
) -> None:
    spoil(folder)
    monkeypatch.chdir(folder.parent)
    for command in ("check", "study"):
        monkeypatch.setattr(sys, "argv", ["ain", command, "extract"])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capfd.readouterr()
        assert ended.value.code == 2
        assert said.err.count("\n") == 1
        assert words in said.err
        assert "SECRET" not in said.out + said.err
        assert "Traceback" not in said.err
        assert [path.name for path in folder.parent.iterdir()] == ["extract"]


def test_a_lone_quotation_mark_costs_its_own_row_and_no_other(folder: Path) -> None:
    (folder / "lab_result.csv").write_text(
        LAB + '7,2018-06-02,751-8,0.5,"10*9/L\n' + ROW.replace("02", "03") * 1
    )
    assert fates(folder) == {"used": 3, "malformed_row": 1}


def test_a_last_line_without_an_end_is_not_lost(folder: Path) -> None:
    (folder / "lab_result.csv").write_text(LAB + "0" * 3_000_000)
    assert fates(folder) == {"used": 2, "malformed_row": 1}


def test_lines_before_the_header_that_are_blank_are_not_taken_for_it(folder: Path) -> None:
    (folder / "lab_result.csv").write_text("\n\n" + LAB)
    assert fates(folder) == {"used": 2}


def test_a_header_over_two_lines_loses_no_row(folder: Path) -> None:
    (folder / "lab_result.csv").write_text('"a\r\nb",' + LAB.replace("\n", "\n,")[:-1], newline="")
    assert fates(folder) == {"used": 2}


def test_a_cell_of_ten_megabytes_is_a_cell(folder: Path) -> None:
    (folder / "lab_result.csv").write_text(LAB + ROW.replace("0.5", "9" * 10_000_000))
    assert fates(folder) == {"used": 2, "impossible_value": 1}


@pytest.mark.long
def test_three_thousand_part_files_are_one_table(folder: Path) -> None:
    header = LAB.partition("\n")[0] + "\n"
    for n in range(3000):
        (folder / f"lab_result-{n}.csv").write_text(header + f"7,2018-06-02,751-8,{n / 1000},10*9/L\n")
    assert sum(fates(folder).values()) == 3002


def test_keys_are_found_behind_tabs_and_unbreakable_spaces(folder: Path) -> None:
    (folder / "lab_result.csv").write_text(
        LAB.replace("\n7,", "\n\u00a07\t,").replace("\n007,", "\n 007\u3000,")
    )
    assert fates(folder) == {"used": 2}


@pytest.mark.long
@pytest.mark.parametrize(
    "day", ["0000-01-01", "0001-01-01", "2018-06-01 (BC)", "infinity", "10000-01-01", "2020-02-30"]
)
def test_a_day_that_no_child_can_have_is_no_date(folder: Path, day: str) -> None:
    (folder / "patient.csv").write_text(PATIENT + f"8,{day},male\n")
    (folder / "lab_result.csv").write_text(LAB + ROW.replace("2018-06-02", day))
    (folder / "treatment.csv").write_text(
        f"patient_id,started_on,code,ended_on\n7,2018-06-01,L03AA02,{day}\n"
    )
    assert fates(folder, "patient") == {"used": 2, "bad_birth_date": 1}
    assert fates(folder) == {"used": 2, "bad_date": 1}
    assert fates(folder, "treatment") == {"bad_date": 1}


def test_a_course_that_goes_on_is_known_up_to_the_extract(folder: Path) -> None:
    (folder / "treatment.csv").write_text(
        "patient_id,started_on,code,ended_on\n7,2018-07-01,L03AA02,9999-12-31\n"
    )
    with open_registry(folder) as registry:
        assert [str(day) for day in registry.frame("treatment")["ended_on"]] == ["2024-01-01"]
        assert len(registry.frame("mask_window").rows()) == 1


def test_a_code_that_the_sender_gives_another_meaning_has_that_meaning_alone(folder: Path) -> None:
    (folder / "extract.toml").write_text(
        'extracted_on = 2024-01-01\n[codes]\n"751-8" = "6690-2"\nX = "nonsense"\n'
    )
    assert sum(fates(folder).values()) == 2
    assert read_extract(folder).unknown_options == ("codes.X",)


def test_columns_of_a_typed_file_may_have_any_name(folder: Path) -> None:
    frame = pl.read_csv(PATIENT.encode(), infer_schema=False).with_columns(
        pl.lit("1").alias(name)
        for name in ("row_number", "file", "file_row_number", "filename", '"; drop table x')
    )
    frame.write_parquet(in_place_of_patients(folder, ".parquet"))
    assert fates(folder) == {"used": 2}
    (folder / "patient.parquet").unlink()
    frame.write_excel(folder / "patient.xlsx")
    assert fates(folder) == {"used": 2}


def test_the_day_of_a_time_with_a_zone_is_the_day_there(folder: Path) -> None:
    (folder / "lab_result.csv").unlink()
    frame = pl.read_csv(LAB.encode(), infer_schema=False).with_columns(
        sampled_at=pl.lit(datetime(2018, 6, 1, 23, 30)).dt.replace_time_zone("America/New_York")
    )
    frame.write_parquet(folder / "lab_result.parquet")
    with open_registry(folder) as registry:
        assert {str(day) for day in registry.frame("anc_result")["sampled_on"]} == {"2018-06-01"}
    tables = {"patient": pl.read_csv(PATIENT.encode(), infer_schema=False), "lab_result": frame}
    with open_registry(tables) as registry:
        assert {str(day) for day in registry.frame("anc_result")["sampled_on"]} == {"2018-06-01"}


def test_a_sheet_that_is_hidden_is_not_read_and_one_that_is_not_read_is_named(folder: Path) -> None:
    with xlsxwriter.Workbook(in_place_of_patients(folder, ".xlsx")) as book:
        hidden, shown, other = (book.add_worksheet(name) for name in ("old", "children", "legend"))
        hidden.write_row(0, 0, ["x"])
        hidden.hide()
        shown.activate()
        shown.set_first_sheet()
        shown.write_row(0, 0, ["patient_id", "birth_date", "sex"])
        shown.write_row(1, 0, [7, "2018-01-01", True])
        shown.write_row(4, 0, ["007", "2018-01-01", "female"])
        other.write(0, 0, "x")
    assert fates(folder) == {"used": 2}
    assert read_extract(folder).ignored_files == ("patient.xlsx, sheet old", "patient.xlsx, sheet legend")


def database(path: Path, *statements: str) -> Path:
    with duckdb.connect(str(path)) as connection:
        for name, text in (("patient", PATIENT), ("lab_result", LAB)):
            connection.register("rows", pl.read_csv(text.encode(), infer_schema=False))
            connection.execute(f"create table {name} as from rows")
            connection.unregister("rows")
        for statement in statements:
            connection.execute(statement)
    return path


def test_a_view_of_a_duckdb_file_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("SECRET")
    named = "content as patient_id, filename as started_on, size as code"
    reads = f"as select {named} from read_text('{tmp_path}/secret.txt')"
    with pytest.raises(AinError, match="'treatment' is a view"):
        open_registry(database(tmp_path / "a.duckdb", f"create view treatment {reads}"))
    assert fates(database(tmp_path / "b.duckdb", f"create view other {reads}")) == {"used": 2}


def test_odd_types_of_a_duckdb_file_are_text(tmp_path: Path) -> None:
    path = database(
        tmp_path / "a.duckdb",
        "create table treatment as select [1] as patient_id, {'a': 1} as started_on, map {'a': 1} as code",
        "create table diagnosis as select 7.0::double patient_id, date '2018-07-01' as recorded_on, 1 code",
        "create macro trim(x) as 'trimmed'",
    )
    assert fates(path, "treatment") == {"unknown_patient": 1}
    assert fates(path, "diagnosis") == {"used": 1}


@pytest.mark.parametrize("how", ["text", "locked", "cut"])
def test_a_duckdb_file_that_cannot_be_opened_gives_a_clear_error(tmp_path: Path, how: str) -> None:
    path = database(tmp_path / "a.duckdb")
    if how == "text":
        path.write_text(PATIENT)
    if how == "cut":
        path.write_bytes(path.read_bytes()[:9000])
    with (
        duckdb.connect() if how != "locked" else duckdb.connect(str(path)),
        pytest.raises(AinError, match="DuckDB file"),
    ):
        open_registry(path)


def test_a_file_that_may_not_be_read_gives_a_clear_error(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = Path.open

    def refuse(path: Path, *args: object, **kwargs: object) -> object:
        if path.name == "lab_result.csv":
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *args, **kwargs)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(AinError, match=r"lab_result[.]csv: it is damaged, or cannot be read"):
        open_registry(folder)


@pytest.mark.long
def test_what_a_hospital_writes_is_no_html_of_the_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = simulate(60, seed=3)
    nasty = "<script>alert(1)</script>"
    patients = made.tables["patient"].with_columns(site=pl.lit(f"{nasty}A"), ancestry=pl.lit(nasty))
    place = tmp_path / "<img src=x onerror=alert(1)>"
    place.mkdir()
    for name, frame in (made.tables | {"patient": patients}).items():
        frame.write_csv(place / f"{name}.csv")
    (place / "<b>notes.txt").touch()
    (place / "extract.toml").write_text(
        f'extracted_on = {made.extracted_on}\nsource = "{nasty}"\n"<i>x" = 1\n'
    )
    monkeypatch.setattr(sys.modules["ain_analytics.study"], "save_chart", lambda *_: [])
    found = study(place, tmp_path / "out", by="site")
    shown = (tmp_path / "out" / "report.html").read_text(encoding="utf-8") + found.quality._repr_html_()
    shown += found.registry._repr_html_() + found._repr_html_()
    found.registry.close()
    assert not [tag for tag in ("<script>alert", "<img src=x", "<b>notes", "<i>x") if tag in shown]


def ours(folder: Path) -> Path:
    folder.mkdir()
    (folder / "report.html").write_text("old")
    (folder / MANIFEST).write_text(f'{{"program": "{PROGRAM}"}}')
    return folder


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
@pytest.mark.parametrize("when", ["reading", "writing"])
def test_ctrl_c_leaves_the_old_output_says_so_and_ends_with_130(tmp_path: Path, when: str) -> None:
    simulate(40, seed=2).write(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    out = ours(tmp_path / "out")
    stops = {
        "reading": "registry = sys.modules['ain_analytics.registry']; registry.load_codes = wait",
        "writing": "study = sys.modules['ain_analytics.study']; study.save_chart = wait",
    }
    code = f"""
import sys, time
import ain_analytics.study
def wait(*_, **__):
    print("now", flush=True)
    import duckdb
    if {when == "reading"}:
        duckdb.execute("select count(*) from range(1000000000000) a where range % 7 = 3")
    time.sleep(60)
{stops[when]}
sys.argv = ["ain", "study", "extract", "-o", "out"]
from ain_analytics.__main__ import main
main()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "now\n"
        time.sleep(0.5)
        running.send_signal(signal.SIGINT)
        try:
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()  # or leaving the block would wait for it
    assert (running.returncode, said) == (
        130,
        "Interrupted. Nothing was written; earlier results are as they were.\n",
    )
    assert (out / "report.html").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*before, "out"])


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_ctrl_c_ends_also_what_never_looks_for_a_signal() -> None:
    code = """
import hashlib, signal
from ain_analytics.__main__ import _say_interrupted
from ain_analytics.interrupt import ending_on_interrupt
signal.signal(signal.SIGINT, lambda *_: None)  # so that it is not heard before the long call either
with ending_on_interrupt(_say_interrupted):
    print("now", flush=True)
    hashlib.pbkdf2_hmac("sha256", b"a", b"b", 2**31 - 1)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "now\n"
        running.send_signal(signal.SIGINT)
        try:
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode == 130
    assert said == "Interrupted. Nothing was written; earlier results are as they were.\n"


@pytest.mark.long
@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("extract", "holds the source"),
        (".", "holds the source"),
        ("extract/out", "lies in the source"),
        ("extract/patient.csv", "is a file"),
        ("extract/patient.csv/out", "is a file"),
        ("locked/out", "nothing may be written"),
        ("full", "No space left on device"),
        ("x" * 300, "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_line_and_exit_code_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], out: str, words: str
) -> None:
    folder = simulate(40, seed=2).write(tmp_path)
    old = ours(tmp_path / "full")
    (tmp_path / "locked").mkdir()
    before = sorted(tmp_path.rglob("*"))
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path).name != "locked" and may(path, mode))

    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sys.modules["ain_analytics.study"], "save_chart", no_space)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["ain", "study", folder.name, "-o", out])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert (ended.value.code, said.count("\n")) == (2, 1)
    assert words in said
    assert (old / "report.html").read_text() == "old"
    assert sorted(tmp_path.rglob("*")) == before
