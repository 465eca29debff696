"""Units as laboratories write them. One count is 1.2 × 10⁹/L, written in each of these ways."""

from datetime import date

import polars as pl
import pytest

from ain_analytics.registry import open_registry

AS_1_2 = """
10*9/L; 10^9/L; 10e9/L; 10E9/L; x10*9/L; x10^9/L; x10e9/L; X10^9/L; x10^9/l; ×10⁹/L; × 10⁹/L
10⁹/L; 10⁹/l; x 10^9/L; 10 * 9/L; 10 ^ 9 / L; 10**9/L; 10exp9/L; 10E+9/L; 10e09/L; *10^9/L; 1e9/L
1E9/L; 10(9)/L; 10*9.{cells}/L; 10^9 cells/L; 10*9 cells/L; 10*9/liter; 10*9/litre; 10*9/Liter
109/L; x109/L; G/L; g/l; Giga/L; giga/l; Gpt/L; GPT/l; Gpt/Liter; Mrd/L; mrd./l; billion/L
billion cells/L; /nL; /nl; Zellen/nl; 10*9 per L; 10^9 per litre; １０⁹／Ｌ; １０*９/Ｌ; 10*3/uL; 10*3/µL
10*3/μL; 10^3/uL; 10^3/µL; 10^3/ul; 10³/µL; 10³/μL; 10³/ul; x10*3/uL; x10^3/uL; x10³/µL; X10E3/UL
x10e3/uL; ×10³/µL; × 10³/µl; 10E3/uL; 10e3/µl; 10**3/uL; 1e3/uL; 103/uL; x103/uL; 10^3/mcL
10*3/mcL; x10^3/mcL; 10^3/microL; 10*3/microliter; K/uL; k/ul; K/UL; K/µL; k/µl; K/mcL; K/MCL
K/mm3; K/mm³; K/cumm; K/cu mm; K/cmm; k/mm^3; 10*3/mm3; 10^3/mm3; 10³/mm³; x10^3/mm3; x10(3)/mm3
10^3 cells/uL; 10*3 {cells}/uL; thou/uL; Thou/mcL; thous/uL; THOUSAND/UL; thousand/uL
thousand/mm3; thousands/µL; Tsd/µl; Tsd./µl; TSD/UL; tsd/ul; 1000/uL; 1000/µL; 1000/mm3; 10*6/mL
10^6/mL; 10⁶/mL; x10^6/ml; 10E6/mL; Mio/ml; million/mL; 10^3/μl; k/μl; 10^3/ micro L
8848; 9444; 8961; 8816; 44777588; cells x 10^3/uL; cells x10^3/uL; Thousand/uL; THOU/UL; x1000/µL
x1000/uL; X 1000/UL; GI/L; Gpt/l; Mrd/l; tys/µl; tys./µl; tyś/µl; тыс/мкл; тыс./мкл; 10⁹·L⁻¹; 10**9 L-1
10^9·L-1; 10^9 L^-1; 10*9.L-1; ×10⁹ л⁻¹; 10^9/л; 10⁹/л; 10*9/л; Г/л; x 10(9)/L; X10*9/L; 10(3)/uL
10 9/L; x 10 9/L; 10^3/µl; 10 ³/µL; E9/L; E+9/L; e9/l; x E9/L; 10.e9/L; 10.E3/uL; 10*3.uL-1; 10³ µL⁻¹
10^3 µL^-1; Thous/mm3; THOUS/MCL; Thou/cumm; K/cu.mm; thousand/cumm; Thousands/cu mm; x10 3/uL
x 10^3 / μL; 1000/mcl; 1000/cumm; 1000/mm³; 1,000/uL; 1000 cells/uL; 1000/microL; K/microliter
10^3 /mm^3; x10E3/mm3; mil/mm3; mil/mm³; miles/mm3; miles/µL; tausend/µl; Tsd./mm3; tsd/mm³; G/l; giga/L
Giga /L; Gcells/L; 10^9 cells/litre; ×10^9/ℓ; 10^9/ℓ; 10^9/Ｌ; Ｇ/Ｌ; Ｋ/μＬ; 10^3/㎕; 10³/㎣; ×10³/㎕
milliards/L; mia/L; Mia./l; bn/L; kcells/uL; 10^3cells/mm3; x10e9 /l; x10ˆ9/L; 10＾9/Ｌ; 千/μL; 10^6/ml
10^6 cells/mL
"""
AS_1200 = """
/uL; /ul; /µL; /µl; /μL; /mcL; /mm3; /mm³; /mm^3; /cumm; /cu mm; /cu.mm; /cmm; cells/uL; cells/µL
cells/μl; Cells/UL; cell/uL; {cells}/uL; cells/mcL; cells/mm3; cells/mm³; cells/cumm; cells/cu mm
cells/microliter; Zellen/µl; Zellen/ul; cellules/mm3; WBC/uL; neutrophils/µL; per uL; cells per uL
per mcL; per microliter; 10*6/L; 10^6/L; 10⁶/L; x10^6/L; 10E6/L; 1e6/L; Mio/L; million/L; M/L
mega/L; 10*3/mL; ／µＬ
8647; 8784; cells/ul; кл/мкл; /мкл; 个/μL; /㎣; /㎕; cells per cubic millimeter; per cubic millimeter
per mm3; cells per mm3; /microL; células/mm³; celulas/uL; células/µL; cellules/µL; #/uL; #/mm3
cells.uL-1; µL⁻¹; mm⁻³; mm-3; Zellen/mm³; Mill/L; MIO/L; x10⁶/L; 10^6·L⁻¹; cell/cu.mm; WBC/mm3; 1/µL
1/uL; 1/mm3; cells/cmm
"""
OTHERS = {
    "/mL": "1200000",
    "cells/mL": "1200000",
    "/L": "1200000000",
    "9254": "1200000000",
    "cells/L": "1200000000",
    "10*12/L": "0.0012",
    "10*6/uL": "0.0012",
}
NO_COUNT = """
mg/dL; mmol/L; g/dL; U/L; IU/mL; %;
fL; pg; sec; 10*9; L; ??; 10*5/L; 10*10/L; K; x; cells; µg/L; 10*9/kg; /HPF; ratio; nmol/L
13/uL; 19/L; 16/L; 3/uL; 9/L; e9; u/L; 8554; 8713; 8636; 10*3; -1; L-1/L; мг/л; г/дл; GL; x10; mil
10*9/l blood; 10~9/L; M/mL
"""


def spellings(text):
    return [unit for line in text.strip().splitlines() for unit in line.rstrip(";").split("; ")]


def read(rows):
    """Read one row each of code, value and unit; give the counts and the fates in their order."""
    lab = pl.DataFrame(
        [
            ("P1", f"2018-01-01T{n // 60:02}:{n % 60:02}:00", code, value, unit)
            for n, (code, value, unit) in enumerate(rows)
        ],
        schema=["patient_id", "sampled_at", "code", "value", "unit"],
        orient="row",
    )
    patient = pl.DataFrame({"patient_id": ["P1"], "birth_date": ["2018-01-01"], "sex": ["male"]})
    with open_registry({"patient": patient, "lab_result": lab}, extracted_on=date(2020, 1, 1)) as registry:
        counts = dict(registry.frame("anc_result").select("row_number", "anc").rows())
        reasons = dict(
            registry.frame("rejected_row")
            .filter(pl.col("table_name") == "lab_result")
            .select("row_number", "reason")
            .rows()
        )
    return [counts.get(n) for n in range(1, len(rows) + 1)], [reasons.get(n) for n in range(1, len(rows) + 1)]


def test_at_least_a_hundred_and_fifty_spellings_are_known_and_mean_one_count():
    written = dict.fromkeys(spellings(AS_1_2), "1.2") | dict.fromkeys(spellings(AS_1200), "1200") | OTHERS
    assert len(written) >= 150
    counts, reasons = read([("751-8", value, unit) for unit, value in written.items()])
    wrong = {
        unit: (count, reason)
        for unit, count, reason in zip(written, counts, reasons, strict=True)
        if count != 1.2
    }
    assert not wrong


def test_a_unit_that_is_none_of_a_count_is_unknown_and_never_guessed():
    units = spellings(NO_COUNT)
    _, reasons = read([("751-8", "1.2", unit) for unit in units])
    assert {
        unit: reason for unit, reason in zip(units, reasons, strict=True) if reason != "unknown_unit"
    } == {}


@pytest.mark.parametrize(
    ("code", "unit", "value"),
    [
        ("770-8", "%", "15"),
        ("770-8", "percent", "15"),
        ("770-8", "%{WBCs}", "15"),
        ("770-8", "％", "15"),
        ("770-8", "8554", "15"),
        ("71676-1", "1", "0.15"),
    ],
)
def test_a_share_of_the_white_cells_is_a_percentage_or_a_fraction(code, unit, value):
    patient = pl.DataFrame({"patient_id": ["P1"], "birth_date": ["2018-01-01"], "sex": ["male"]})
    lab = pl.DataFrame(
        [("P1", "2018-02-01", "6690-2", "8", "10*9/L"), ("P1", "2018-02-01", code, value, unit)],
        schema=["patient_id", "sampled_at", "code", "value", "unit"],
        orient="row",
    )
    with open_registry({"patient": patient, "lab_result": lab}, extracted_on=date(2020, 1, 1)) as registry:
        assert registry.frame("anc_result")["anc"].to_list() == [1.2]


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("g/dL", "12"),
        ("g/L", "120"),
        ("G/L", "120"),
        ("gm/dl", "12"),
        ("г/л", "120"),
        ("8713", "12"),
        ("8636", "120"),
    ],
)
def test_grams_per_litre_of_haemoglobin_are_no_giga_per_litre(given, registry, unit, value):
    given("anc", "patient | day | anc | unit\nP1 | 40 | 1.2 | G/L")
    given("lab_result", f"patient | day | code | value | unit\nP1 | 40 | 718-7 | {value} | {unit}")
    assert registry().frame("anc_result")["anc"].to_list() == [1.2]
    assert registry().connection.sql("select role, value from cell_count").fetchall() == [
        ("hemoglobin", 12.0)
    ]


def test_a_percentage_is_no_fraction_and_the_reverse():
    _, reasons = read([("770-8", "0.15", "1"), ("71676-1", "15", "%"), ("71676-1", "1.5", "1")])
    assert reasons == ["unknown_unit", "unknown_unit", "impossible_value"]
