"""Ways to get a wrong count out of a right report, each shut by a rule; named after the trap.

The column `fate` of a table is not given to the program; it is what the program must say.
Other rules of specimens and methods stand in `test_staging.py`, units in `test_units.py`.
"""

import random
from statistics import median

import polars as pl
import pytest

from ain_analytics.codes import code_list
from ain_analytics.quality import quality


def odd(registry):
    return {row["name"]: (row["n"], row["of"]) for row in quality(registry).oddities.to_dicts()}


def with_fates(table, fates):
    lines = [line for line in table.splitlines() if line.strip()]
    return "\n".join(f"{line} | {fate}" for line, fate in zip(lines, fates.split(), strict=True))


# ---- zero and detection limits ----


def test_zero_and_detection_limits_are_counts_and_never_odd_by_their_unit(given, expect, registry):
    """A count of 0 and a limit of 0.004 × 10⁹/L are 250-fold and more below the child's other days."""
    given("anc", """
        patient | day | anc
        P1      |  40 | 1.0
        P1      |  50 | 1.0
        P1      |  60 | 0
        P1      |  70 | <0.004
        P1      |  80 | < 0.1
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc   | is_below_detection
        P1      |  40 | 1.0   | no
        P1      |  50 | 1.0   | no
        P1      |  60 | 0.0   | no
        P1      |  70 | 0.004 | yes
        P1      |  80 | 0.1   | yes
    """)  # fmt: skip
    assert odd(registry())["counts_of_zero"] == (1, 5)
    assert odd(registry())["below_detection"] == (2, 5)
    assert odd(registry())["implausible_units"] == (0, 5)


# ---- a thousandfold by the unit ----

THREE_USUAL_DAYS = "".join(
    f"\n{child} | {day} | {count} | 10*9/L"
    for child, count in {"low": 1.0, "high": 0.1, "top": 0.0125}.items()
    for day in (40, 50, 60)
)


@pytest.mark.parametrize(
    ("child", "value", "unit", "is_odd"),
    [
        ("low", "0.0041", "10*9/L", False),  # 244-fold
        ("low", "0.004", "10*9/L", True),  # 250-fold, 1000 / 4
        ("low", "1", "/uL", True),  # 1000-fold
        ("low", "1.2", "/uL", True),
        ("low", "0.00025", "10*9/L", True),  # 4000-fold, 1000 × 4
        ("low", "0.00024", "10*9/L", False),  # 4167-fold
        ("high", "24.9", "10*9/L", False),  # 249-fold
        ("high", "25", "10*9/L", True),  # 250-fold
        ("top", "50", "10*9/L", True),  # 4000-fold
    ],
)
def test_a_thousandfold_count_is_reported_and_used(given, registry, child, value, unit, is_odd):
    given("anc", f"patient | day | anc | unit{THREE_USUAL_DAYS}\n{child} | 70 | {value} | {unit}")
    opened = registry()
    assert odd(opened)["implausible_units"] == (int(is_odd), 10)
    assert opened.n_rows("anc_result") == 10


def test_a_thousandfold_and_more_than_fourfold_is_no_matter_of_the_unit(given, registry):
    given("anc", f"patient | day | anc | unit{THREE_USUAL_DAYS}\ntop | 70 | 50 | 10*9/L")
    assert odd(registry(unit_fold_tolerance=3.99))["implausible_units"] == (0, 10)


def test_a_thousandfold_count_is_held_against_the_median_of_the_other_days(given, expect):
    """The day itself does not count, nor a 0; of a day with two counts the lowest does."""
    given("anc", """
        patient | day      | anc
        P1      | 40       | 0.8
        P1      | 50       | 1.0
        P1      | 50 09:00 | 3.0
        P1      | 60       | 1.5
        P1      | 70       | 0
        P1      | 80       | 0.001
        P1      | 80 09:00 | 1.2
        P2      | 40       | 1.0
        P2      | 50       | 1.0
        P2      | 60       | 0.0010
        P2      | 70       | 2.0
        P2      | 80       | 2.0
    """)  # fmt: skip
    expect("implausible_unit", """
        patient | anc   | other_days_median | computed_anc | is_set_aside
        P1      | 0.001 | 1.0               |              | no
        P2      | 0.001 | 1.5               |              | no
    """)  # fmt: skip


def test_a_thousandfold_count_needs_a_series_of_at_least_three_other_days(given, registry):
    """Of two counts nothing says which is right, and of three the right one may seem the odd one."""
    given("anc", """
        patient | day | anc
        two     |  40 | 1.0
        two     |  50 | 0.001
        three   |  40 | 1.0
        three   |  50 | 0.001
        three   |  60 | 1.2
        four    |  40 | 1.0
        four    |  50 | 0.001
        four    |  60 | 1.2
        four    |  70 | 0.9
    """)  # fmt: skip
    assert registry().frame("implausible_unit").select("patient_id", "anc").rows() == [("four", 0.001)]
    found = registry(unit_other_days=2).frame("implausible_unit")["patient_id"].to_list()
    assert found == ["four", "three"]
    found = registry(unit_other_days=1).frame("implausible_unit")["patient_id"].to_list()
    assert found == ["four", "three", "two", "two"]
    assert registry(unit_other_days=4).frame("implausible_unit").height == 0


SERIES_AND_SPECIMEN = """
    patient  | day | code   | value  | unit   | specimen_id
    both     |  40 | 751-8  | 1.0    | 10*9/L | A
    both     |  50 | 751-8  | 1.0    | 10*9/L | B
    both     |  55 | 751-8  | 1.0    | 10*9/L | D
    both     |  60 | 751-8  | 0.0012 | 10*9/L | C
    both     |  60 | 6690-2 | 4.0    | 10*9/L | C
    both     |  60 | 770-8  | 30     | %      | C
    series   |  40 | 751-8  | 1.0    | 10*9/L | A
    series   |  50 | 751-8  | 1.0    | 10*9/L | B
    series   |  55 | 751-8  | 1.0    | 10*9/L | D
    series   |  60 | 751-8  | 0.0012 | 10*9/L | C
    series   |  60 | 6690-2 | 0.1    | 10*9/L | C
    series   |  60 | 770-8  | 2      | %      | C
    specimen |  40 | 751-8  | 1.0    | 10*9/L | A
    specimen |  60 | 751-8  | 0.0012 | 10*9/L | C
    specimen |  60 | 6690-2 | 4.0    | 10*9/L | C
    specimen |  60 | 770-8  | 30     | %      | C
    usual    |  40 | 751-8  | 0.001  | 10*9/L | A
    usual    |  50 | 751-8  | 0.001  | 10*9/L | B
    usual    |  55 | 751-8  | 0.001  | 10*9/L | D
    usual    |  60 | 751-8  | 0.0012 | 10*9/L | C
    usual    |  60 | 6690-2 | 4.0    | 10*9/L | C
    usual    |  60 | 770-8  | 30     | %      | C
    computed |  40 | 751-8  | 1.0    | 10*9/L | A
    computed |  50 | 751-8  | 1.0    | 10*9/L | B
    computed |  55 | 751-8  | 1.0    | 10*9/L | D
    computed |  60 | 6690-2 | 0.004  | 10*9/L | C
    computed |  60 | 770-8  | 30     | %      | C
    between  |  40 | 751-8  | 0.002  | 10*9/L | A
    between  |  50 | 751-8  | 0.002  | 10*9/L | B
    between  |  55 | 751-8  | 0.002  | 10*9/L | D
    between  |  60 | 751-8  | 1.0    | 10*9/L | C
    between  |  60 | 6690-2 | 500    | 10*9/L | C
    between  |  60 | 770-8  | 100    | %      | C
"""


def test_a_thousandfold_count_is_far_from_its_series_and_from_its_specimen(given, expect):
    """White cells × percentage: 4.0 × 30 % = 1.2. `series`: 0.1 × 2 % = 0.002 agrees with the count, though
    the series does not; `usual` the reverse. Of `specimen` one of the two is known, of `computed` the other.
    The count of `between` is 500-fold away from both, on either side."""
    given("lab_result", SERIES_AND_SPECIMEN)
    expect("implausible_unit", """
        patient  | anc    | other_days_median | computed_anc | row_number
        both     | 0.0012 | 1.0               | 1.2          | 4
        specimen | 0.0012 |                   | 1.2          | 14
        computed | 0.0012 | 1.0               |              | 26
    """)  # fmt: skip


def test_a_thousandfold_count_is_set_aside_when_the_definition_says_so(expect_fates, registry):
    """All rows that made it go with it; the others of its specimen keep their fate."""
    table = "\n".join(
        line
        for line in SERIES_AND_SPECIMEN.splitlines()
        if line.split(" | ")[0].strip() in ("patient", "both", "computed")
    )
    fates = """fate used used used implausible_unit superseded superseded
    used used used implausible_unit implausible_unit"""
    table = with_fates(table, fates)
    expect_fates("lab_result", table, implausible_unit="set_aside")
    opened = registry(implausible_unit="set_aside")
    assert opened.frame("anc_result")["anc"].to_list() == [1.0] * 6
    assert odd(opened)["implausible_units"] == (2, 8)
    assert registry().n_rows("anc_result") == 8


@pytest.mark.parametrize("n_days", [2, 3, 4, 5, 6, 7, 8])
def test_the_median_of_the_other_days_is_the_median_of_the_other_days(given, registry, n_days):
    """Under a fold that any count meets, every count is listed with its median."""
    rng = random.Random(n_days)
    counts = [rng.choice([0.5, 1.0, 1.5, 2.5, 4.0]) for _ in range(n_days)]
    given("anc", "\n".join(["patient | day | anc", *(f"P1 | {n} | {c}" for n, c in enumerate(counts))]))
    opened = registry(unit_fold=1.0, unit_fold_tolerance=1e6, unit_other_days=1)
    found = opened.frame("implausible_unit").sort("row_number")["other_days_median"].to_list()
    assert found == [median(counts[:n] + counts[n + 1 :]) for n in range(n_days)]


# ---- no unit ----


def test_a_count_without_a_unit_is_no_count(expect_fates):
    """1.2 or 1200, nothing is guessed, be the rest of the series as plain as it may."""
    expect_fates("lab_result", """
        patient | day | code   | value | unit   | fate
        P1      |  40 | 751-8  | 1.2   | 10*9/L | used
        P1      |  50 | 751-8  | 1.2   |        | missing_unit
        P1      |  60 | 751-8  | 1200  |        | missing_unit
        P1      |  70 | 770-8  | 30    |        | missing_unit
        P1      |  70 | 6690-2 | 4.0   | 10*9/L | incomplete
    """)  # fmt: skip


# ---- segments, bands and white cells × percentage ----


def test_segments_without_bands_do_not_stand_for_neutrophils_even_beside_white_cells(expect_fates):
    """`test_staging.py` has each alone; with white cells and both kinds of segments it is no better."""
    expect_fates("lab_result", """
        patient | day | code    | value | unit   | specimen_id | fate
        P1      |  40 | 6690-2  | 5.0   | 10*9/L | A           | incomplete
        P1      |  40 | 769-0   | 20    | %      | A           | incomplete
        P1      |  40 | 30451-9 | 1.0   | 10*9/L | A           | incomplete
        P1      |  41 | 30451-9 | 1.0   | 10*9/L | B           | used
        P1      |  41 | 30229-9 | 0     | 10*9/L | B           | used
    """)  # fmt: skip


def test_white_cells_times_percentage_counts_the_bands(given, expect):
    """6.0 × (10 + 15) % = 1.5, at the limit; the segments alone would be 0.6."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      | 400 | 804-5   | 6.0   | 10*9/L | A
        P1      | 400 | 26505-8 | 10    | %      | A
        P1      | 400 | 26508-2 | 15    | %      | A
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | is_neutropenic
        P1      | 400 | 1.5 | no
    """)  # fmt: skip


def test_a_percentage_from_one_specimen_and_white_cells_from_another_make_no_count(expect_fates):
    expect_fates("lab_result", """
        patient | day      | code   | value | unit   | specimen_id | fate
        P1      | 40 08:00 | 6690-2 | 4.0   | 10*9/L | A           | incomplete
        P1      | 40 08:00 | 770-8  | 30    | %      | B           | incomplete
        P1      | 41 08:00 | 6690-2 | 4.0   | 10*9/L | C           | incomplete
        P1      | 41 08:00 | 770-8  | 30    | %      |             | incomplete
        P1      | 42 08:00 | 6690-2 | 4.0   | 10*9/L | D           | incomplete
        P1      | 43 08:00 | 770-8  | 30    | %      | D           | incomplete
    """)  # fmt: skip


def test_a_fraction_for_a_percentage_is_told_by_its_code(given, expect):
    """4.0 × 0.3 = 1.2, and 4.0 × 0.3 % = 0.012."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      |  40 | 6690-2  | 4.0   | 10*9/L | A
        P1      |  40 | 71676-1 | 0.3   | 1      | A
        P1      |  41 | 6690-2  | 4.0   | 10*9/L | B
        P1      |  41 | 770-8   | 0.3   | %      | B
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc
        P1      |  40 | 1.2
        P1      |  41 | 0.012
    """)  # fmt: skip


def test_manual_and_automated_duplicates_are_one_count_and_confirm_nothing(given, expect):
    """A second way to count one specimen is no second count, and a second specimen no second day."""
    given("lab_result", """
        patient | day      | code   | value | unit   | specimen_id
        P1      |  40      | 751-8  | 0.5   | 10*9/L | A
        P1      |  70 08:00 | 751-8 | 2.0   | 10*9/L | B
        P1      |  70 08:00 | 753-4 | 1.8   | 10*9/L | B
        P1      |  70 09:00 | 751-8 | 2.2   | 10*9/L | C
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | anc_method
        P1      |  40 | 0.5 | absolute_automated
        P1      |  70 | 2.0 | absolute_automated
        P1      |  70 | 2.2 | absolute_automated
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | end_kind       | confirmed_on
        P1      | 40       | 70            | uncontradicted |
    """, resolution_days=0)  # fmt: skip


# ---- granulocytes ----

GRANULOCYTES = """
    patient | day | code    | value | unit   | specimen_id
    P1      |  40 | 30394-1 | 1.6   | 10*9/L | A
    P1      |  41 | 35003-3 | 1700  | /uL    | B
    P1      |  41 | 6690-2  | 4.0   | 10*9/L | B
    P1      |  42 | 30394-1 | 1.8   | 10*9/L | C
    P1      |  42 | 753-4   | 1.2   | 10*9/L | C
    P1      |  43 | 30395-8 | 40    | %      | D
    P1      |  43 | 6690-2  | 4.0   | 10*9/L | D
    P1      |  44 | 30394-1 | 1.9   | 10*9/L | E
    P1      |  44 | 20482-6 | 2.0   | 10*9/L | E
    P1      |  45 | 30394-1 | 51    | 10*9/L | F
    P1      |  45 | 751-8   | 1.0   | 10*9/L | G
"""
BY_DEFAULT = """fate other_analyte other_analyte incomplete other_analyte used other_analyte incomplete
other_analyte other_analyte other_analyte used"""
WHEN_ASKED = """fate used used superseded superseded used other_analyte incomplete
superseded used impossible_value used"""


def test_granulocytes_are_no_neutrophils(expect_fates, registry):
    expect_fates("lab_result", with_fates(GRANULOCYTES, BY_DEFAULT))
    assert odd(registry())["counts_of_granulocytes"] == (0, 2)


def test_granulocytes_for_neutrophils_are_a_choice_and_flagged(expect_fates, expect, registry):
    expect_fates("lab_result", with_fates(GRANULOCYTES, WHEN_ASKED), granulocytes_as_neutrophils=True)
    expect("anc_result", """
        patient | day | anc | anc_method           | computed_anc
        P1      |  40 | 1.6 | granulocytes         |
        P1      |  41 | 1.7 | granulocytes         |
        P1      |  42 | 1.2 | absolute_manual      |
        P1      |  44 | 2.0 | granulocytes         |
        P1      |  45 | 1.0 | absolute_automated   |
    """, granulocytes_as_neutrophils=True)  # fmt: skip
    assert odd(registry(granulocytes_as_neutrophils=True))["counts_of_granulocytes"] == (3, 5)


# ---- another specimen, another antibody ----


def test_bands_of_a_body_fluid_are_none_of_the_blood(expect_fates):
    """The code list that mixes 26510-8 with blood would make 5.0 × (20 + 10) % of it."""
    expect_fates("lab_result", """
        patient | day | code    | value | unit   | specimen_id | fate
        P1      |  40 | 6690-2  | 5.0   | 10*9/L | A           | incomplete
        P1      |  40 | 26505-8 | 20    | %      | A           | incomplete
        P1      |  40 | 26510-8 | 10    | %      | A           | other_analyte
    """)  # fmt: skip


def test_anca_are_no_neutrophil_antibodies(expect_fates, given, registry):
    names = [
        "17351-8", "17353-4", "17357-5", "ANCA", "c-ANCA", "p-ANCA", "cANCA", "PR3-ANCA", "MPO-ANCA",
        "Neutrophil cytoplasmic antibody", "anti-neutrophil cytoplasmic antibodies",
    ]  # fmt: skip
    given("anc", "patient | day | anc\nP1 | 40 | 0.4")
    lines = [f"P1 | 40 | {name} | positive | other_test" for name in names]
    expect_fates("antibody_test", "\n".join(["patient | day | test | result | fate", *lines]))
    assert registry().n_rows("antibody_test") == 0
    evidence = registry().frame("case_evidence")["evidence"].cast(pl.String)
    assert not evidence.str.contains("antibody|positive").any()


# ---- one low count, one hundred cells ----


def test_a_single_low_count_such_as_of_clumped_cells_is_flagged_and_opens_nothing_where_two_are_asked(
    given, expect, registry
):
    given("anc", """
        patient | day | anc
        P1      |  40 | 3.0
        P1      |  50 | 0.4
        P1      |  51 | 3.0
        P1      |  90 | 3.0
    """)  # fmt: skip
    assert odd(registry())["episodes_of_one_count"] == (1, 1)
    expect("episode", "patient | onset_by", onset_counts=2)


def test_the_method_of_a_count_with_a_large_counting_error_is_told(given, expect):
    """Three cells in a hundred are 3 %, or 1 to 9 % by the binomial limits of 95 %."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      |  40 | 23761-0 | 3     | %      | A
        P1      |  40 | 804-5   | 10    | 10*9/L | A
        P1      |  41 | 753-4   | 0.3   | 10*9/L | B
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | anc_method
        P1      |  40 | 0.3 | wbc_neutrophil_percent
        P1      |  41 | 0.3 | absolute_manual
    """)  # fmt: skip


# ---- what the other lines leave of the white cells ----


def test_neutrophils_are_what_the_other_lines_leave_of_the_white_cells(given, expect, registry):
    """5.0 − 3.0 − 0.5 − 0.2 − 0.1 = 1.2; 1.0 − 0.5 − 0.3 − 0.15 − 0.05 = 0, which in binary is none."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      |  40 | 6690-2  | 5.0   | GI/L   | A
        P1      |  40 | 731-0   | 3.0   | GI/L   | A
        P1      |  40 | 742-7   | 500   | /uL    | A
        P1      |  40 | 711-2   | 0.2   | GI/L   | A
        P1      |  40 | 704-7   | 0.1   | GI/L   | A
        P1      |  41 | 26464-8 | 1.0   | 10*9/L |
        P1      |  41 | 26474-7 | 0.5   | 10*9/L |
        P1      |  41 | 26484-6 | 0.3   | 10*9/L |
        P1      |  41 | 26449-9 | 0.15  | 10*9/L |
        P1      |  41 | 26444-0 | 0.05  | 10*9/L |
        P1      |  42 | 751-8   | 2.0   | 10*9/L | B
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | anc_method         | computed_anc | row_number
        P1      |  40 | 1.2 | wbc_minus_others   |              | 1
        P1      |  41 | 0.0 | wbc_minus_others   |              | 6
        P1      |  42 | 2.0 | absolute_automated |              | 11
    """)  # fmt: skip
    assert odd(registry())["counts_by_difference"] == (2, 3)
    assert registry().n_rows("rejected_row") == 0


def test_a_difference_needs_white_cells_and_all_four_lines_of_one_specimen(expect_fates):
    """Without one of them, or with one in another specimen, the lines are other analytes: no error."""
    expect_fates("lab_result", """
        patient | day      | code   | value | unit   | specimen_id | fate
        P1      | 40       | 6690-2 | 5.0   | 10*9/L | A           | used
        P1      | 40       | 731-0  | 3.0   | 10*9/L | A           | used
        P1      | 40       | 742-7  | 0.5   | 10*9/L | A           | used
        P1      | 40       | 711-2  | 0.2   | 10*9/L | A           | used
        P1      | 40       | 704-7  | 0.1   | 10*9/L | A           | used
        P1      | 41       | 6690-2 | 5.0   | 10*9/L | B           | incomplete
        P1      | 41       | 731-0  | 3.0   | 10*9/L | B           | other_analyte
        P1      | 41       | 742-7  | 0.5   | 10*9/L | B           | other_analyte
        P1      | 41       | 711-2  | 0.2   | 10*9/L | B           | other_analyte
        P1      | 41       | 704-7  | 0.1   | 10*9/L | C           | other_analyte
        P1      | 42       | 731-0  | 3.0   | 10*9/L | D           | other_analyte
        P1      | 42       | 742-7  | 0.5   | 10*9/L | D           | other_analyte
        P1      | 42       | 711-2  | 0.2   | 10*9/L | D           | other_analyte
        P1      | 42       | 704-7  | 0.1   | 10*9/L | D           | other_analyte
        P2      | 40 08:00 | 6690-2 | 5.0   | 10*9/L |             | incomplete
        P2      | 40 08:01 | 731-0  | 3.0   | 10*9/L |             | other_analyte
        P2      | 40 08:01 | 742-7  | 0.5   | 10*9/L |             | other_analyte
        P2      | 40 08:01 | 711-2  | 0.2   | 10*9/L |             | other_analyte
        P2      | 40 08:01 | 704-7  | 0.1   | 10*9/L |             | other_analyte
        P3      | 40       | 731-0  | 3.0   | 10*9/L | A           | other_analyte
    """)  # fmt: skip


LINES = {"731-0": "3.0", "742-7": "0.5", "711-2": "0.2", "704-7": "0.1"}


def specimen(white_cells, fate, lines_fate, *more, **other):
    """Write one specimen: white cells of 5.0 and the four lines, some of them otherwise, and more rows."""
    header = "patient | day | code | value | unit | specimen_id | fate"
    rows = [f"P1 | 40 | 6690-2 | {white_cells} | 10*9/L | A | {fate}"]
    rows += [
        f"P1 | 40 | {code} | {other.get('_' + code[:3], value)} | 10*9/L | A | {lines_fate}"
        for code, value in LINES.items()
    ]
    return "\n".join([header, *rows, *(f"P1 | 40 | {row}" for row in more)])


@pytest.mark.parametrize(
    "better",
    [
        ("751-8 | 1.0 | 10*9/L | A | used",),
        ("770-8 | 20 | % | A | used",),
        ("769-0 | 20 | % | A | used", "764-1 | 5 | % | A | used"),
        ("30451-9 | 1.0 | 10*9/L | A | used", "26507-4 | 0.1 | 10*9/L | A | used"),
    ],
)
def test_a_difference_is_the_last_resort(expect_fates, better):
    """With any count from neutrophils in the specimen the lines stay what they were."""
    makes_white_cells_needed = "%" in better[0]
    white_cells = "used" if makes_white_cells_needed else "superseded"
    expect_fates("lab_result", specimen("5.0", white_cells, "other_analyte", *better))


@pytest.mark.parametrize("part", ["769-0 | 20 | %", "30451-9 | 1.0 | 10*9/L", "26507-4 | 0.1 | 10*9/L"])
def test_a_specimen_with_any_measure_of_neutrophils_has_no_difference(expect_fates, part):
    """The laboratory did look at them; what it sent of them is half a count."""
    expect_fates("lab_result", specimen("5.0", "incomplete", "other_analyte", f"{part} | A | incomplete"))


@pytest.mark.parametrize(
    ("white_cells", "fate"), [("3.81", "used"), ("3.8", "used"), ("3.79", "incomplete"), ("0", "incomplete")]
)
def test_a_negative_difference_is_no_count(expect_fates, registry, white_cells, fate):
    """3.0 + 0.5 + 0.2 + 0.1 = 3.8."""
    expect_fates("lab_result", specimen(white_cells, fate, fate))
    assert registry().n_rows("anc_result") == (fate == "used")


def test_a_negative_difference_leaves_the_lines_other_analytes_where_granulocytes_count(expect_fates):
    row = "30394-1 | 1.6 | 10*9/L | A | used"
    table = specimen("3.0", "superseded", "other_analyte", row)
    expect_fates("lab_result", table, granulocytes_as_neutrophils=True)


def test_a_difference_comes_before_granulocytes(expect_fates, expect):
    row = "30394-1 | 1.6 | 10*9/L | A | superseded"
    expect_fates("lab_result", specimen("5.0", "used", "used", row), granulocytes_as_neutrophils=True)
    expect("anc_result", """
        patient | anc | anc_method
        P1      | 1.2 | wbc_minus_others
    """, granulocytes_as_neutrophils=True)  # fmt: skip


def test_a_difference_takes_the_better_method_and_each_value_once(expect_fates):
    """A repeated row is a duplicate, the manual count of a line gives way, one count in two units is one."""
    more = (
        "731-0 | 3.0 | 10*9/L | A | duplicate",
        "732-8 | 2.5 | 10*9/L | A | superseded",
        "742-7 | 500 | /uL | A | superseded",
    )
    expect_fates("lab_result", specimen("5.0", "used", "used", *more))


def test_a_difference_of_two_values_for_one_line_is_no_count(expect_fates):
    row = "731-0 | 2.9 | 10*9/L | A | other_analyte"
    expect_fates("lab_result", specimen("5.0", "incomplete", "other_analyte", row))


@pytest.mark.parametrize(("code", "value"), [("704", "x"), ("704", "-0.1"), ("731", "501"), ("711", "")])
def test_a_line_that_cannot_be_read_is_another_analyte_and_makes_no_difference(expect_fates, code, value):
    expect_fates("lab_result", specimen("5.0", "incomplete", "other_analyte", **{f"_{code}": value}))


def test_a_limit_of_detection_of_a_line_is_subtracted_and_only_that_of_the_white_cells_is_a_limit(
    given, expect
):
    """5.0 − 3.0 − 0.5 − 0.2 − 0.1 = 1.2 is the least that there may be; 0.5 − 0.4 = 0.1 the most."""
    given("lab_result", """
        patient | day | code   | value | unit   | specimen_id
        P1      |  40 | 6690-2 | 5.0   | 10*9/L | A
        P1      |  40 | 731-0  | 3.0   | 10*9/L | A
        P1      |  40 | 742-7  | 0.5   | 10*9/L | A
        P1      |  40 | 711-2  | 0.2   | 10*9/L | A
        P1      |  40 | 704-7  | <0.1  | 10*9/L | A
        P1      |  41 | 6690-2 | <0.5  | 10*9/L | B
        P1      |  41 | 731-0  | 0.4   | 10*9/L | B
        P1      |  41 | 742-7  | 0     | 10*9/L | B
        P1      |  41 | 711-2  | 0     | 10*9/L | B
        P1      |  41 | 704-7  | 0     | 10*9/L | B
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | is_below_detection
        P1      |  40 | 1.2 | no
        P1      |  41 | 0.1 | yes
    """)  # fmt: skip


# ---- the codes that laboratories send ----

ROLE_OF = """
    751-8 753-4 26499-4                    anc_absolute
    30451-9                                segs_absolute
    30229-9 26507-4                        bands_absolute
    770-8 26511-6 23761-0                  neutrophil_percent
    71676-1                                neutrophil_fraction
    769-0 26505-8 32200-8                  segs_percent
    764-1 26508-2 35332-6                  bands_percent
    6690-2 804-5 26464-8                   wbc_absolute
    731-0 732-8 26474-7                    lymphocytes_absolute
    742-7 743-5 26484-6                    monocytes_absolute
    711-2 712-0 26449-9                    eosinophils_absolute
    704-7 705-4 26444-0                    basophils_absolute
    30394-1 20482-6                        granulocytes_absolute
    718-7 20509-6 30350-3                  isolated_check_hb
    777-3 26515-7 778-1                    isolated_check_platelets
"""


def test_the_codes_that_laboratories_send_have_their_role():
    roles = dict(code_list("loinc_anc").select("code", "role").rows())
    for line in ROLE_OF.split("\n"):
        *codes, role = line.split() or [""]
        assert {roles[code] for code in codes} <= {role}
