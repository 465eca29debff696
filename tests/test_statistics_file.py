"""SAS, SPSS and Stata files: what a person would have typed, and an error of one line for damage."""

import random
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from shutil import copy

import pandas as pd
import polars as pl
import pyreadstat
import pytest

from ain_analytics import statistics_file
from ain_analytics.errors import UnreadableExtract
from ain_analytics.registry import open_registry
from ain_analytics.statistics_file import STATISTICS_ENDINGS, read_statistics_file

SAS = Path(__file__).parent / "extracts" / "patient.sas7bdat"
"""Three rows, written with ReadStat's own writer: see `test_a_sas_dataset_is_read_with_its_dates`."""
ROWS = pl.DataFrame(
    {
        "patient_id": ["007", "7", "8"],
        "birth_date": [date(2018, 1, 1), date(1959, 12, 31), None],
        "seen_at": [datetime(2018, 1, 1, 8, 30), None, datetime(1959, 12, 31, 23, 59, 59)],
        "number": [7.0, 0.05, None],
    }
)
AS_TEXT = {
    "patient_id": ["007", "7", "8"],
    "birth_date": ["2018-01-01", "1959-12-31", None],
    "seen_at": ["2018-01-01T08:30:00", None, "1959-12-31T23:59:59"],
    "number": ["7", "0.05", None],
}
WRITERS: dict[str, Callable[..., None]] = {
    ".xpt": pyreadstat.write_xport,
    ".sav": pyreadstat.write_sav,
    ".dta": pyreadstat.write_dta,
}


def text_of(path: Path, encoding: str = "utf-8") -> dict[str, list[str | None]]:
    names, rows = read_statistics_file(path, path.suffix, encoding)
    assert names == rows.columns
    assert set(rows.dtypes) <= {pl.String}
    return rows.to_dict(as_series=False)


@pytest.mark.parametrize("ending", WRITERS)
def test_dates_times_and_numbers_are_read_as_a_person_types_them(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"patient{ending}"
    WRITERS[ending](ROWS, path)
    assert text_of(path) == AS_TEXT
    names, rows = read_statistics_file(path, ending, "utf-8", header_only=True)
    assert (names, rows.height) == (list(AS_TEXT), 0)


def test_a_sas_dataset_is_read_with_its_dates_and_its_special_missing_values() -> None:
    # day 21185 after 1960 is 2018-01-01, day -4000 is 1949-01-18; the second row holds .A twice and in `seen`
    assert text_of(SAS) == {
        "patient_id": ["007", "7", "8"],
        "birth_date": ["2018-01-01", None, "1949-01-18"],
        "count": ["7", "0.05", None],
        "sex": ["female", "male", ""],
        "seen": ["2018-01-01T08:30:00", None, "1960-01-01T00:00:00"],
    }


def test_a_label_stands_for_its_code_and_a_value_without_one_for_itself(tmp_path: Path) -> None:
    frame = pl.DataFrame({"sex": [1, 2, 3], "value": [0.4, -1.0, 1.5]})
    labels = {"sex": {1: "female", 2: "male"}, "value": {-1.0: "not done"}}
    for ending in (".sav", ".dta"):
        path = tmp_path / f"lab{ending}"
        said = labels if ending == ".sav" else {"sex": labels["sex"]}  # Stata labels whole numbers only
        WRITERS[ending](frame, path, variable_value_labels=said)
        value = ["0.4", "not done", "1.5"] if ending == ".sav" else ["0.4", "-1", "1.5"]
        assert text_of(path) == {"sex": ["female", "male", "3"], "value": value}


def test_values_that_the_file_calls_missing_are_missing(tmp_path: Path) -> None:
    path = tmp_path / "lab.sav"
    frame = pl.DataFrame({"word": ["a", "?"], "one": [1.0, 9.0], "span": [1.0, -7.0]})
    pyreadstat.write_sav(
        frame, path, missing_ranges={"word": ["?"], "one": [9], "span": [{"lo": -9, "hi": -1}]}
    )
    assert text_of(path) == {"word": ["a", None], "one": ["1", None], "span": ["1", None]}
    path = tmp_path / "lab.dta"
    pyreadstat.write_dta(
        pd.DataFrame({"x": [1.5, "a"]}), path, missing_user_values={"x": ["a"]}
    )  # Stata's .a
    assert text_of(path) == {"x": ["1.5", None]}
    path = tmp_path / "lab.xpt"
    pyreadstat.write_xport(pl.DataFrame({"X": [1.5, None]}), path)
    content = path.read_bytes()
    missing = content.index(b"." + b"\0" * 7)
    path.write_bytes(content[:missing] + b"A" + content[missing + 1 :])  # SAS's .A
    assert text_of(path) == {"X": ["1.5", None]}


def test_a_number_shows_no_noise_of_its_storage(tmp_path: Path) -> None:
    path = tmp_path / "lab.dta"
    pd.DataFrame({"x": pd.Series([0.1, 1.49], dtype="float32")}).to_stata(path, write_index=False)
    assert text_of(path) == {"x": ["0.1", "1.49"]}  # Stata's ordinary number has 32 bits
    path = tmp_path / "lab.xpt"
    pyreadstat.write_xport(pl.DataFrame({"X": [0.05, 0.2, 12345678901.0]}), path)
    assert text_of(path) == {"X": ["0.05", "0.2", "12345678901"]}  # SAS cuts what it cannot hold


def test_a_date_that_is_none_costs_only_itself(tmp_path: Path) -> None:
    path = tmp_path / "patient.dta"
    frame = pl.DataFrame({"birth_date": [21185.0, 1e12, -1e300]})
    pyreadstat.write_dta(frame, path, variable_format={"birth_date": "%td"})
    first, second, third = text_of(path)["birth_date"]
    assert (first, second) == ("2018-01-01", "1000000000000")
    assert third not in (None, "")


def test_texts_in_another_encoding_are_read_where_the_sender_says_so(tmp_path: Path) -> None:
    path = tmp_path / "patient.xpt"
    pyreadstat.write_xport(pl.DataFrame({"SITE": ["Köln", "x"]}), path)
    content = path.read_bytes()
    path.write_bytes(content.replace("Köln".encode(), "Köln ".encode("latin-1")))
    assert text_of(path, "iso8859-1") == {"SITE": ["Köln", "x"]}
    with pytest.raises(UnreadableExtract, match="another encoding"):
        text_of(path)


def test_a_transport_file_of_two_tables_is_refused_for_the_second_would_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "patient.xpt"
    pyreadstat.write_xport(pl.DataFrame({"A": ["a"]}), path, file_format_version=5)
    content = path.read_bytes()
    path.write_bytes(content + content[content.index(b"HEADER RECORD*******MEMBER ") :])
    with pytest.raises(UnreadableExtract, match="more than one table"):
        text_of(path)


@pytest.mark.parametrize("ending", STATISTICS_ENDINGS)
def test_a_registry_in_files_of_statistics_programs_is_opened(tmp_path: Path, ending: str) -> None:
    patient = ROWS.select("patient_id", "birth_date", sex=pl.lit("female")).head(2)
    lab = pl.DataFrame(
        {
            "patient_id": ["007", "7"],
            "sampled_at": [date(2018, 6, 1), date(2018, 6, 2)],
            "code": ["751-8", "751-8"],
            "value": [0.4, 2.0],
            "unit": ["10*9/L", "10*9/L"],
        }
    )
    if ending == ".sas7bdat":
        copy(SAS, tmp_path / "patient.sas7bdat")  # of its three children the second has no birth date
    else:
        WRITERS[ending](patient, tmp_path / f"patient{ending}")
    lab_ending = ".xpt" if ending == ".sas7bdat" else ending
    WRITERS[lab_ending](lab, tmp_path / f"lab_result{lab_ending}")
    (tmp_path / "extract.toml").write_text("extracted_on = 2024-01-01\n")
    with open_registry(tmp_path) as registry:
        counts = registry.frame("daily_anc").select("patient_id", "anc").rows()
    assert counts == ([("007", 0.4)] if ending == ".sas7bdat" else [("007", 0.4), ("7", 2.0)])


@pytest.mark.parametrize("ending", STATISTICS_ENDINGS)
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"patient{ending}"
    if ending == ".sas7bdat":
        copy(SAS, path)
    else:
        WRITERS[ending](ROWS, path)
    content, rng = path.read_bytes(), random.Random(5)
    beginnings = [b"", content[:1], content[:200], content[: len(content) // 2], b"PK" + content]
    for spoiled in beginnings + [spoil(content, rng) for _ in range(8)]:
        path.write_bytes(spoiled)
        said = ""
        try:
            read_statistics_file(path, ending, "utf-8")
        except UnreadableExtract as error:
            said = str(error)
        assert len(said.splitlines()) == bool(said)
        assert said.startswith(path.name) or not said
        assert said or spoiled not in beginnings[:3]


def spoil(content: bytes, rng: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.randint(1, 20)):
        changed[rng.randrange(min(len(changed), 2000))] = rng.choice([0, 127, 128, 255])
    return bytes(changed)


def test_a_crash_of_the_parser_ends_only_the_parser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fallen = tmp_path / "reader.py"
    fallen.write_text("import os, signal\ninput()\nos.kill(os.getpid(), signal.SIGKILL)\n")
    statistics_file._reader.end()
    with monkeypatch.context() as changed:
        changed.setattr(statistics_file, "_READER", fallen)
        with pytest.raises(
            UnreadableExtract, match=r"^patient\.sas7bdat: it is no readable \.sas7bdat file\. "
        ):
            read_statistics_file(SAS, ".sas7bdat", "utf-8")
    assert read_statistics_file(SAS, ".sas7bdat", "utf-8")[1].height == 3  # by a new one


def test_one_process_reads_many_files_until_one_is_not_fine(tmp_path: Path) -> None:
    read_statistics_file(SAS, ".sas7bdat", "utf-8")
    first = statistics_file._reader.process
    read_statistics_file(SAS, ".sas7bdat", "utf-8")
    assert statistics_file._reader.process is first
    (tmp_path / "patient.sav").write_bytes(b"$FL2")
    with pytest.raises(UnreadableExtract):
        read_statistics_file(tmp_path / "patient.sav", ".sav", "utf-8")
    assert statistics_file._reader.process is None


def test_a_reader_that_was_ended_from_outside_is_started_again() -> None:
    read_statistics_file(SAS, ".sas7bdat", "utf-8")
    assert statistics_file._reader.process is not None
    statistics_file._reader.process.kill()
    statistics_file._reader.process.wait()
    assert read_statistics_file(SAS, ".sas7bdat", "utf-8")[1].height == 3
