"""`ain map`: a first extract.toml for tables that nobody described, on hospitals' layouts made up here.

Each layout writes ain.simulate(80, seed=5); what `ain map` writes, with the answers that a person would
give, must lead to the same episodes as the native extract, row for row.
"""

import random
import re
import shutil
import sys
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

import ain_analytics as ain
from ain_analytics.__main__ import main
from ain_analytics.errors import UnreadableExtract
from ain_analytics.extract import read_extract
from ain_analytics.files import ENDINGS
from ain_analytics.guess import map_source
from ain_analytics.synthetic.forms.tables import write as write_wide

from . import hostile

MADE_UP = ain.simulate(80, seed=5)
TABLES = MADE_UP.tables
ISO = r"^\d{4}-\d\d-\d\d"
FRENCH = {
    "751-8": "PNN auto",
    "753-4": "PNN manuel",
    "26499-4": "PNN",
    "6690-2": "GB",
    "804-5": "GB manuel",
    "770-8": "PNN%",
    "769-0": "Segmentés%",
    "764-1": "Bandes%",
    "718-7": "Hémoglobine",
    "777-3": "Plaquettes",
}
AMERICAN = {
    "751-8": "NEUT#",
    "753-4": "ANC Manual",
    "26499-4": "ANC",
    "6690-2": "WBC",
    "804-5": "WBC Manual",
    "770-8": "NEUT%",
    "769-0": "SEGS",
    "764-1": "BANDS",
    "718-7": "HGB",
    "777-3": "PLT",
}


def dated(column: str, form: str, time: str = "") -> pl.Expr:
    """Write ISO days in another form, with the time where there is one; what is no day stays as it is."""
    cell = pl.col(column)
    day = cell.str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).dt.strftime(form)
    clock = cell.str.extract(r"T(\d\d:\d\d)")
    whole = pl.when(clock.is_not_null()).then(day + " " + clock).otherwise(day) if time else day
    return pl.when(cell.str.contains(ISO)).then(pl.coalesce(whole, cell)).otherwise(cell).alias(column)


def in_form(form: str, time: str = "%H:%M") -> dict[str, pl.DataFrame]:
    """Give the tables with their dates in a form."""
    return {
        name: frame.with_columns(
            dated(column, form, time) for column in frame.columns if column.endswith(("_on", "_at", "_date"))
        ).drop("code_system", "method", strict=False)
        for name, frame in TABLES.items()
    }


def german_wide(folder: Path) -> None:
    write_wide(TABLES, folder, MADE_UP.extracted_on)
    (folder / "extract.toml").unlink()


def french_excel(folder: Path) -> None:
    tables = in_form("%d/%m/%Y")
    lab = tables["lab_result"].with_columns(pl.col("code").replace(FRENCH))
    sex = pl.col("sex").replace({"female": "Féminin", "male": "Masculin"})
    named = {
        "Patients": tables["patient"].with_columns(sex).rename(
            {"patient_id": "N° patient", "birth_date": "Date de naissance", "sex": "Sexe",
             "enrolled_on": "Date d'inclusion", "last_contact_on": "Dernières nouvelles",
             "died_on": "Date de décès", "site": "Centre", "ancestry": "Origine"}
        ),
        "Biologie": lab.rename(
            {"patient_id": "N° patient", "sampled_at": "Date de prélèvement", "code": "Analyse",
             "value": "Résultat", "unit": "Unité", "specimen_id": "N° demande"}
        ),
        "Traitements": tables["treatment"].rename(
            {"patient_id": "N° patient", "started_on": "Début", "ended_on": "Fin", "code": "Code ATC"}
        ),
        "Diagnostics": tables["diagnosis"].rename(
            {"patient_id": "N° patient", "recorded_on": "Date", "code": "CIM-10"}
        ),
    }  # fmt: skip
    with xlsxwriter.Workbook(folder / "Export 2024.xlsx") as book:
        for name, frame in named.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, frame.columns)
            for number, row in enumerate(frame.rows(), start=1):
                for place, cell in enumerate(row):
                    if frame.columns[place] == "Résultat" and re.fullmatch(r"-?\d+([.]\d+)?", cell or ""):
                        sheet.write_number(number, place, float(cell))
                    elif cell is not None:
                        sheet.write_string(number, place, cell)


def american_csv(folder: Path) -> None:
    tables = in_form("%m/%d/%Y")
    lab = tables["lab_result"].with_columns(pl.col("code").replace(AMERICAN))
    sex = pl.col("sex").replace({"female": "Girl", "male": "Boy"})
    tables["patient"].with_columns(sex).rename(
        {"patient_id": "MRN", "birth_date": "DOB", "sex": "Gender", "enrolled_on": "Date Enrolled"}
    ).write_csv(folder / "Demographics.csv")
    lab = lab.rename(
        {"patient_id": "MRN", "sampled_at": "Collected", "code": "Test", "value": "Result", "unit": "Units",
         "specimen_id": "Accession"}
    )  # fmt: skip
    half = lab.height // 2
    lab[:half].write_csv(folder / "LabExtract_1.csv", separator="|")
    lab[half:].write_csv(folder / "LabExtract_2.csv", separator="|")
    tables["treatment"].rename(
        {"patient_id": "MRN", "started_on": "Start Date", "ended_on": "End Date", "code": "Drug Code"}
    ).write_csv(folder / "Medications.csv")


def spanish_parquet(folder: Path) -> None:
    sex = pl.col("sex").replace({"female": "M", "male": "H"})
    TABLES["patient"].with_columns(sex).rename(
        {"patient_id": "NHC", "birth_date": "Fecha de nacimiento", "sex": "Sexo"}
    ).write_parquet(folder / "pacientes.parquet")
    TABLES["lab_result"].drop("code_system", "method").rename(
        {"patient_id": "NHC", "sampled_at": "Fecha de extracción", "code": "LOINC", "value": "Resultado",
         "unit": "Unidad", "specimen_id": "Muestra"}
    ).write_parquet(folder / "hemogramas.parquet")  # fmt: skip
    TABLES["treatment"].rename(
        {"patient_id": "NHC", "started_on": "Inicio", "ended_on": "Fin", "code": "ATC"}
    ).write_parquet(folder / "tratamientos.parquet")


def stata(folder: Path) -> None:
    tables = in_form("%d%b%Y", "")
    frames = {
        "kids": tables["patient"]
        .select("patient_id", "birth_date", "sex")
        .rename({"patient_id": "pid", "birth_date": "dob"}),
        "cbc": TABLES["lab_result"]
        .drop("code_system", "method")
        .rename({"patient_id": "pid", "sampled_at": "collected", "code": "loinc", "value": "result"}),
        "drugs": tables["treatment"].rename({"patient_id": "pid", "started_on": "start", "code": "atc"}),
    }
    for name, frame in frames.items():
        frame.fill_null("").to_pandas().to_stata(folder / f"{name}.dta", write_index=False, version=118)


LAYOUTS: dict[str, Callable[[Path], None]] = {
    "german_wide": german_wide,
    "french_excel": french_excel,
    "american_csv": american_csv,
    "spanish_parquet": spanish_parquet,
    "stata": stata,
}
IS_READ = {name: name != "stata" or ".dta" in ENDINGS for name in LAYOUTS}
GIVEN = [
    pytest.param(name, marks=pytest.mark.skipif(not IS_READ[name], reason="no reader of .dta in this build"))
    for name in LAYOUTS
]


def answered(text: str) -> str:
    """Answer the one question that a person must: on which day the files were made."""
    day = f"extracted_on = {MADE_UP.extracted_on.isoformat()}"
    return re.sub(r"^# \? extracted_on = .*$", day, text, flags=re.MULTILINE)


@pytest.fixture(scope="module")
def native():
    """Episodes rest on patients, results and treatments; some layouts send no more."""
    with ain.open_registry(TABLES, extracted_on=MADE_UP.extracted_on) as opened:
        yield opened.frame("episode")


@pytest.fixture(scope="module")
def mapped(tmp_path_factory):
    made: dict[str, tuple[Path, str, tuple[str, ...]]] = {}

    def one(name: str) -> tuple[Path, str, tuple[str, ...]]:
        if name not in made:
            folder = tmp_path_factory.mktemp("layout") / name
            folder.mkdir()
            LAYOUTS[name](folder)
            found = map_source(folder)
            (folder / "extract.toml").write_text(answered(found.text), encoding="utf-8")
            made[name] = (folder, found.text, found.summary)
        return made[name]

    return one


@pytest.mark.parametrize("layout", GIVEN)
def test_what_is_written_leads_to_the_same_episodes_once_the_day_of_the_extract_is_said(
    layout, mapped, native
):
    folder, _, _ = mapped(layout)
    with ain.open_registry(folder) as opened:
        assert_frame_equal(opened.frame("episode"), native)


@pytest.mark.parametrize("layout", GIVEN)
def test_what_is_written_is_accepted_as_it_stands(layout, mapped):
    folder, text, _ = mapped(layout)
    other = shutil.copytree(folder, folder.with_name(f"{layout}_as_it_stands"), dirs_exist_ok=True)
    (other / "extract.toml").write_text(text, encoding="utf-8")
    extract = read_extract(other)
    assert extract.format.name == "tables"
    assert extract.unknown_options == ()
    assert extract.ignored_files == ()


@pytest.mark.parametrize("layout", GIVEN)
def test_no_key_date_or_result_of_a_child_is_shown(layout, mapped):
    _, text, summary = mapped(layout)
    shown = "\n".join([text, *summary])
    cells: set[str] = set()
    for frame in [*TABLES.values(), *in_form("%d/%m/%Y").values(), *in_form("%m/%d/%Y").values()]:
        for column in ("patient_id", "specimen_id", "value", *frame.columns):
            if column in frame.columns and column.endswith(("_id", "value", "_on", "_at", "_date")):
                cells |= {*frame[column].drop_nulls()}
    asked = re.search(r"extracted_on = (\S+)", text)
    allowed = {asked[1] if asked else "", ""}
    words = {*re.split(r"[\s\"',=]+", shown)}
    found = {cell for cell in cells - allowed if len(cell) > 2 and re.search(r"\d", cell) and cell in words}
    assert not found


@pytest.mark.parametrize("layout", GIVEN)
def test_the_only_question_of_a_clear_layout_is_the_day_of_the_extract(layout, mapped):
    _, text, _ = mapped(layout)
    questions = [line for line in text.splitlines() if line.startswith("# ? ")]
    assert [q for q in questions if "extracted_on" not in q and "site" not in q and " unit" not in q] == []


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "hospital"
    place.mkdir()
    return place


def put(folder: Path, **texts: str) -> Path:
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
    return folder


KIDS = "PatNr;Geburtsdatum;Geschlecht\n" + "".join(f"K{n};0{n}.03.2020;w\n" for n in range(1, 8))


def lab(code: str = "ANC", unit: str = "G/L", dates: str = "0{n}/04/2021") -> str:
    rows = [f"K{n};{dates.format(n=n)};{code};1,{n};{unit}\n" for n in range(1, 8)]
    return "PatNr;Entnahmedatum;Parameter;Wert;Einheit\n" + "".join(rows)


def test_an_order_of_day_and_month_that_nothing_tells_is_asked(folder):
    text = map_source(put(folder, Kinder=KIDS.replace(".", "/"), Labor=lab())).text
    assert "date_formats = []" in text
    assert '# ? date_formats = ["%d/%m/%Y"]' in text
    assert '# ? date_formats = ["%m/%d/%Y"]' in text
    assert "no day above 12 tells whether the day or the month comes first" in text


def test_a_day_above_12_tells_the_order(folder):
    rows = lab(dates="1{n}/04/2021")
    assert (
        'date_formats = ["%d/%m/%Y"]'
        in map_source(put(folder, Kinder=KIDS.replace(".", "/"), Labor=rows)).text
    )
    american = lab(dates="04/1{n}/2021")
    text = map_source(put(folder, Kinder=KIDS.replace(".", "/"), Labor=american)).text
    assert "\ndate_formats" in text and '["%m/%d/%Y"]' in text  # noqa: PT018


@pytest.mark.parametrize(
    "dates", ["1{n}.04.2021", "1{n}.04.2021 08:30", "2021-04-1{n}T08:30:00", "1{n}-Apr-2021"]
)
def test_the_day_of_the_extract_is_asked_with_the_end_of_the_last_month(folder, dates):
    text = map_source(put(folder, Kinder=KIDS, Labor=lab(dates=dates))).text
    assert "# ? extracted_on = 2021-04-30  # on which day were the files made?" in text


def test_years_of_two_digits_are_asked(folder):
    text = map_source(put(folder, Kinder=KIDS, Labor=lab(dates="1{n}.04.21"))).text
    assert '"%d.%m.%y"' in text
    assert "# ? years of two digits" in text


def test_granulocytes_are_asked_because_they_are_no_neutrophils(folder):
    text = map_source(put(folder, Kinder=KIDS, Labor=lab("GRAN") + lab("NEUT").partition("\n")[2])).text
    assert '# ? "GRAN" = "30394-1"  # granulocytes are no neutrophils' in text
    assert '\n"NEUT" = "26499-4"\n' in text
    assert '\n"GRAN"' not in text


@pytest.mark.parametrize(
    ("code", "unit", "loinc"),
    [
        ("NEUT", "G/L", "26499-4"),
        ("NEUT", "%", "26511-6"),
        ("Neutrophile absolut", "/µl", "26499-4"),
        ("SEGM", "%", "26505-8"),
        ("STAB", "%", "26508-2"),
        ("SEGM", "G/L", "30451-9"),
        ("LEUK", "Tsd/µl", "26464-8"),
        ("Leukozyten", "/nl", "26464-8"),
    ],
)
def test_a_local_code_is_known_by_its_name_and_its_unit(folder, code, unit, loinc):
    text = map_source(put(folder, Kinder=KIDS, Labor=lab(code, unit))).text
    assert f'"{code}" = "{loinc}"' in text


def test_a_word_that_is_not_known_is_shown_only_if_five_children_share_it(folder):
    lines = lab("ANC").splitlines(keepends=True)
    rows = [line.replace("G/L", "Kilo" if n < 6 else "Mueller") for n, line in enumerate(lines)]
    text = map_source(put(folder, Kinder=KIDS, Labor="".join(rows))).text
    assert '# ? "Kilo" = ' in text
    assert "Mueller" not in text
    rows = [line.replace("G/L", "Kilo" if n < 5 else "G/L") for n, line in enumerate(lines)]
    assert "Kilo" not in map_source(put(folder, Labor="".join(rows))).text


def test_a_result_without_a_unit_is_asked_and_never_taken(folder):
    text = map_source(
        put(folder, Kinder=KIDS, Labor="\n".join(r.rpartition(";")[0] for r in lab().split("\n")))
    ).text
    assert '# ? no column is the unit; if there is one for all: constants.unit = "10*9/L"' in text
    visits = "PatNr;Datum;NEUT;LEUK (G/L);NEUT %\n" + "".join(
        f"K{n};1{n}.04.2021;12{n}0;6,{n};2{n}\n" for n in range(7)
    )
    text = map_source(put(folder, Labor=visits)).text
    assert (
        '# ? "NEUT" = { code = "26499-4", unit = "/uL" }  # which of count, percent, and in which unit?'
        in text
    )
    assert '\n"LEUK (G/L)" = { code = "26464-8", unit = "G/L" }' in text
    assert '\n"NEUT %" = { code = "26511-6", unit = "%" }' in text


def test_units_in_columns_of_one_name_are_those_of_the_analyte_before_them(folder):
    head = "PatNr;Datum;NEUT;Einheit;LEUK;Einheit\n"
    visits = head + "".join(f"K{n};1{n}.04.2021;1{n}00;/µl;6,{n};G/L\n" for n in range(1, 8))
    put(folder, Kinder=KIDS, Labor=visits)
    text = map_source(folder).text
    assert '\n"NEUT" = { code = "26499-4", unit_column = "Einheit" }' in text
    assert '\n"LEUK" = { code = "26464-8", unit_column = "Einheit.2" }' in text
    (folder / "extract.toml").write_text(text, encoding="utf-8")
    with ain.open_registry(folder) as opened:
        assert opened.frame("daily_anc")["anc"].to_list() == [1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7]


def test_two_columns_that_measure_the_same_in_the_same_rows_are_asked(folder):
    visits = "PatNr;Datum;ANC (G/L);NEUT abs (G/L)\n"
    one = "".join(f"K{n};1{n}.04.2021;1,{n};1,{n}\n" for n in range(1, 8))
    text = map_source(put(folder, Kinder=KIDS, Labor=visits + one)).text
    assert '"ANC (G/L)" measures 26499-4 too, in the same rows; which of the two?' in text
    apart = "".join(f"K{n};1{n}.04.2021;1,{n};\nK{n};2{n}.04.2021;;1,{n}\n" for n in range(1, 8))
    assert "which of the two?" not in map_source(put(folder, Labor=visits + apart)).text


def test_the_columns_of_a_file_that_is_no_table_are_listed_if_it_looks_like_one(folder):
    put(folder, Kinder=KIDS, Labor=lab(), Essen="PatNr;Speise;Preis\nK1;Suppe;3,50\n")
    put(folder, Brief="Sehr geehrte Frau Mueller, Ihr Sohn Max\nist gesund, alles ist gut\n")
    (folder / "bild.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0Mueller")
    text = map_source(folder).text
    assert (
        '# Essen.csv: no table of the format was seen in it; its columns: "PatNr", "Speise", "Preis"' in text
    )
    assert "# Brief.csv: no table of the format was seen in it\n" in text
    assert "# not read: bild.png: it is no text." in text
    assert not [word for word in ("Suppe", "Mueller", "Max") if word in text]


def test_a_spanish_h_and_m_are_man_and_woman(folder):
    kids = "NHC;Fecha de nacimiento;Sexo\n" + "".join(f"K{n};1{n}/03/2020;{'HM'[n % 2]}\n" for n in range(7))
    assert 'values.sex = { "h" = "male", "m" = "female" }' in map_source(put(folder, ninos=kids)).text


def test_a_file_of_visits_feeds_several_tables(folder):
    head = "PatNr;GebDat;Geschlecht;Datum;NEUT abs (G/L);ATC\n"
    visits = head + "".join(f"K{n};1{n}.03.2020;w;1{n}.04.2021;0,{n};L03AA02\n" for n in range(9))
    put(folder, Visiten=visits)
    (folder / "extract.toml").write_text(map_source(folder).text, encoding="utf-8")
    with ain.open_registry(folder) as opened:
        assert opened.frame("daily_anc").height == 9
        fates = opened.frame("row_fate").select("table_name", "fate", "n_rows").rows()
    assert ("treatment", "used", 9) in fates
    assert ("patient", "used", 9) in fates


def test_a_file_without_a_header_is_named_and_nothing_of_it_is_shown(folder):
    found = map_source(put(folder, Kinder=KIDS, Labor=lab().partition("\n")[2]))
    assert "Labor.csv: its first line looks like a row; a header is needed" in found.text
    assert "K1" not in found.text
    assert "# ? [tables.lab_result]" in found.text


def test_a_damaged_file_is_named_and_the_others_are_read(folder):
    put(folder, Kinder=KIDS, Labor=lab())
    (folder / "bild.xlsx").write_bytes(b"PK\x03\x04 rubbish")
    (folder / "unterordner.csv").mkdir()
    text = map_source(folder).text
    assert "# not read: bild.xlsx: it is no readable .xlsx file." in text
    assert "# not read: unterordner.csv: it is not a file." in text
    assert "[tables.lab_result]" in text


def test_a_source_that_is_read_as_it_is_needs_no_mapping(tmp_path):
    extract = MADE_UP.write(tmp_path)
    (extract / "extract.toml").unlink()
    found = map_source(extract)
    assert found.text == ""
    assert found.summary == (
        "extract is in the native format, which the program reads as it is: no extract.toml is needed.",
    )


def test_native_names_with_dates_of_the_country_are_mapped(folder):
    kids = "patient_id,birth_date,sex\n" + "".join(f"K{n},1{n}.03.2020,f\n" for n in range(7))
    counts = "patient_id,sampled_at,code,value,unit\n" + "".join(
        f"K{n},1{n}.04.2021,751-8,0.{n},G/L\n" for n in range(7)
    )
    put(folder, patient=kids, lab_result=counts)
    (folder / "extract.toml").write_text(map_source(folder).text, encoding="utf-8")
    with ain.open_registry(folder) as opened:
        assert opened.frame("daily_anc").height == 7


def test_there_must_be_something_to_look_at(tmp_path):
    for place in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(UnreadableExtract):
            map_source(place)


def test_the_command_writes_the_file_beside_the_others_and_never_over_one_that_is_there(
    folder, monkeypatch, capsys
):
    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["ain", "map", *map(str, words)])
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0)
        return 0

    put(folder, Kinder=KIDS, Labor=lab())
    assert run(folder) == 0
    said = capsys.readouterr().out
    assert "patient        Kinder.csv: 7 rows looked at" in said
    assert "To be answered: " in said
    own = folder / "extract.toml"
    own.write_text("# answered", encoding="utf-8")
    assert run(folder) != 0
    assert "exists and may hold answers; take --force" in capsys.readouterr().err
    assert own.read_text(encoding="utf-8") == "# answered"
    assert run(folder, "--force") == 0
    assert own.read_text(encoding="utf-8").startswith("# A first extract.toml for hospital")
    assert run(folder, "-o", folder.parent / "other.toml") == 0
    assert date.today() >= date(2024, 1, 1)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(40))
def test_spoiled_files_are_looked_at_without_a_traceback_and_no_key_is_shown(seed, folder):
    rng = random.Random(seed)
    hostile.small_registry(rng, folder)
    (folder / "extract.toml").unlink()
    for change in rng.choices(hostile.CHANGES, k=rng.randint(1, 3)):
        if change is not hostile.spoil_options:
            change(rng, folder)
    (folder / "patient.csv").exists() and (folder / "patient.csv").rename(folder / "Kinder.csv")
    found = map_source(folder)
    assert hostile.KEY not in found.text + "".join(found.summary)
    tomllib.loads(found.text)
