"""What becomes of every row of the extract: used, or set aside for the first reason that holds.

The column `fate` of a table here is not given to the program; it is what the program must say.
Children are born on 2018-01-01; the extract was made on 2025-06-30.
"""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from ain_analytics.definitions import TEXTBOOK, AncBand
from ain_analytics.registry import open_registry
from ain_analytics.schema import columns_of

from ..conftest import EXTRACTED
from .conftest import NO_ERROR

TWO_CHILDREN_AND_ONE_UNUSABLE = """
    patient  | birth_date | sex
    P1       | 2018-01-01 | male
    P2       | 2018-01-01 | female
    unusable | 2018-02-30 | male
"""


# ---- results of the laboratory ----


def test_a_result_needs_a_patient_who_is_there_and_usable(given, expect_fates):
    given("patient", TWO_CHILDREN_AND_ONE_UNUSABLE)
    expect_fates("lab_result", """
        patient  | day | code  | value | unit   | fate
        P1       |  40 | 751-8 | 1.2   | 10*9/L | used
        P2       |  40 | 751-8 | 1.2   | 10*9/L | used
        P3       |  40 | 751-8 | 1.2   | 10*9/L | unknown_patient
        p1       |  40 | 751-8 | 1.2   | 10*9/L | unknown_patient
                 |  40 | 751-8 | 1.2   | 10*9/L | unknown_patient
        unusable |  40 | 751-8 | 1.2   | 10*9/L | unusable_patient
    """)  # fmt: skip


def test_other_analytes_are_no_error(expect_fates):
    """Haemoglobin, platelets, granulocytes (with eosinophils), metamyelocytes, bands of another fluid."""
    expect_fates("lab_result", """
        patient | day | code       | value | unit    | fate
        P1      |  40 | 751-8      | 1.2   | 10*9/L  | used
        P1      |  40 | 718-7      | 11.0  | g/dL    | other_analyte
        P1      |  40 | 777-3      | 250   | 10*9/L  | other_analyte
        P1      |  41 | 30394-1    | 1.2   | 10*9/L  | other_analyte
        P1      |  41 | 30433-7    | 1.2   | 10*9/L  | other_analyte
        P1      |  41 | 26510-8    | 12    | %       | other_analyte
        P1      |  41 | 742-7      | 1.2   | 10*9/L  | other_analyte
        P1      |  41 | local_code | 1.2   | 10*9/L  | other_analyte
        P1      |  41 |            | 1.2   | 10*9/L  | other_analyte
    """)  # fmt: skip


def test_a_result_needs_a_day_from_birth_to_the_extract(expect_fates):
    expect_fates("lab_result", """
        patient | sampled_at          | code  | value | unit   | fate
        P1      |                     | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | unknown             | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | 2018-02-29          | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | 2018-13-01          | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | 01.03.2018          | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | 2018-03             | 751-8 | 1.2   | 10*9/L | bad_date
        P1      | 2017-12-31          | 751-8 | 1.2   | 10*9/L | before_birth
        P1      | 2017-12-31T23:59:59 | 751-8 | 1.2   | 10*9/L | before_birth
        P1      | 2018-01-01          | 751-8 | 1.2   | 10*9/L | used
        P1      | 2025-06-30          | 751-8 | 1.2   | 10*9/L | used
        P1      | 2025-06-30T23:59:59 | 751-8 | 1.2   | 10*9/L | used
        P1      | 2025-07-01          | 751-8 | 1.2   | 10*9/L | after_extract
        P1      | 2125-01-01          | 751-8 | 1.2   | 10*9/L | after_extract
    """)  # fmt: skip


def test_a_value_must_be_a_number(expect_fates):
    expect_fates("lab_result", """
        patient | day | code  | value       | unit   | fate
        P1      |  40 | 751-8 |             | 10*9/L | missing_value
        P1      |  41 | 751-8 | 1,2         | 10*9/L | value_not_a_number
        P1      |  42 | 751-8 | normal      | 10*9/L | value_not_a_number
        P1      |  43 | 751-8 | inf         | 10*9/L | value_not_a_number
        P1      |  44 | 751-8 | -inf        | 10*9/L | value_not_a_number
        P1      |  45 | 751-8 | Infinity    | 10*9/L | value_not_a_number
        P1      |  46 | 751-8 | nan         | 10*9/L | value_not_a_number
        P1      |  47 | 751-8 | NaN         | 10*9/L | value_not_a_number
        P1      |  48 | 751-8 | 1e400       | 10*9/L | impossible_value
        P1      |  49 | 751-8 | 1.2.3       | 10*9/L | value_not_a_number
        P1      |  50 | 751-8 | 1.2 *       | 10*9/L | value_not_a_number
        P1      |  51 | 751-8 | 0.5-1.0     | 10*9/L | value_not_a_number
        P1      |  52 | 751-8 | >50         | 10*9/L | value_not_a_number
        P1      |  53 | 751-8 | <           | 10*9/L | value_not_a_number
        P1      |  54 | 751-8 | <0,1        | 10*9/L | value_not_a_number
        P1      |  55 | 751-8 | <inf        | 10*9/L | value_not_a_number
        P1      |  56 | 751-8 | true        | 10*9/L | value_not_a_number
        P1      |  57 | 751-8 | 1.2         | 10*9/L | used
        P1      |  58 | 751-8 | 1           | 10*9/L | used
        P1      |  59 | 751-8 | 12e-1       | 10*9/L | used
        P1      |  60 | 751-8 | <0.1        | 10*9/L | used
        P1      |  61 | 751-8 | 0           | 10*9/L | used
    """)  # fmt: skip


def test_a_unit_must_be_there_known_and_one_of_the_measure(expect_fates):
    expect_fates("lab_result", """
        patient | day | code  | value | unit   | specimen_id | fate
        P1      |  40 | 751-8 | 1.2   |        | A           | missing_unit
        P1      |  41 | 751-8 | 1.2   | ??     | B           | unknown_unit
        P1      |  42 | 751-8 | 1.2   | mmol/L | C           | unknown_unit
        P1      |  43 | 751-8 | 1.2   | %      | D           | unknown_unit
        P1      |  44 | 6690-2 | 4.0  | %      | E           | unknown_unit
        P1      |  44 | 770-8 | 30    | 10*9/L | E           | unknown_unit
        P1      |  45 | 751-8 | 1.2   | 10*9/L | F           | used
    """)  # fmt: skip


def test_an_impossible_value_is_negative_or_above_its_limit(expect_fates):
    """Neutrophils above 50, white cells above 500 × 10⁹/L, a share above 100 %, whatever the unit."""
    expect_fates("lab_result", """
        patient | day | code   | value     | unit   | specimen_id | fate
        P1      |  40 | 751-8  | -0.1      | 10*9/L | A | impossible_value
        P1      |  41 | 751-8  | 0         | 10*9/L | B | used
        P1      |  42 | 751-8  | 0.0       | 10*9/L | C | used
        P1      |  43 | 751-8  | 50        | 10*9/L | D | used
        P1      |  44 | 751-8  | 50.1      | 10*9/L | E | impossible_value
        P1      |  45 | 751-8  | 50000     | /uL    | F | used
        P1      |  46 | 751-8  | 50001     | /uL    | G | impossible_value
        P1      |  47 | 751-8  | 1200      | 10*9/L | H | impossible_value
        P1      |  48 | 6690-2 | 500       | 10*9/L | I | used
        P1      |  48 | 770-8  | 1         | %      | I | used
        P1      |  49 | 6690-2 | 500.1     | 10*9/L | J | impossible_value
        P1      |  50 | 6690-2 | 4         | 10*9/L | K | used
        P1      |  50 | 770-8  | 100       | %      | K | used
        P1      |  51 | 770-8  | 100.1     | %      | L | impossible_value
        P1      |  52 | 770-8  | -1        | %      | M | impossible_value
        P1      |  53 | 751-8  | <-1       | 10*9/L | N | impossible_value
    """)  # fmt: skip


def test_the_limits_of_the_possible_are_choices(expect_fates):
    expect_fates("lab_result", """
        patient | day | code   | value | unit   | specimen_id | fate
        P1      |  40 | 751-8  | 10.0  | 10*9/L | A | used
        P1      |  41 | 751-8  | 10.1  | 10*9/L | B | impossible_value
        P1      |  42 | 6690-2 | 20.1  | 10*9/L | C | impossible_value
        P1      |  43 | 6690-2 | 20.0  | 10*9/L | D | used
        P1      |  43 | 770-8  | 30    | %      | D | used
    """, max_anc=10.0, max_wbc=20.0)  # fmt: skip


def test_a_row_that_is_equal_in_every_column_is_a_duplicate(expect_fates):
    expect_fates("lab_result", """
        patient | day      | code  | value | unit   | specimen_id | method | fate
        P1      | 40 08:00 | 751-8 | 1.2   | 10*9/L | A           | XN     | used
        P1      | 40 08:00 | 751-8 | 1.2   | 10*9/L | A           | XN     | duplicate
        P1      | 40 08:00 | 751-8 | 1.2   | 10*9/L | A           | XN     | duplicate
        P1      | 41 08:00 | 751-8 | 1.2   | 10*9/L | B           | XN     | used
        P2      | 40 08:00 | 751-8 | 1.2   | 10*9/L | A           | XN     | used
        P2      | 40 08:00 | 751-8 | 1.2   | 10*9/L |             |        | used
        P2      | 40 08:00 | 751-8 | 1.2   | 10*9/L |             |        | duplicate
    """)  # fmt: skip


def test_a_share_needs_a_white_cell_count_of_its_own_specimen_and_the_reverse(expect_fates):
    expect_fates("lab_result", """
        patient | day      | code   | value | unit   | specimen_id | fate
        P1      | 40 08:00 | 6690-2 | 4.0   | 10*9/L | A           | used
        P1      | 40 08:00 | 770-8  | 30    | %      | A           | used
        P1      | 41 08:00 | 770-8  | 30    | %      | B           | incomplete
        P1      | 41 08:00 | 6690-2 | 4.0   | 10*9/L | C           | incomplete
        P2      | 40 08:00 | 6690-2 | 4.0   | 10*9/L |             | used
        P2      | 40 08:00 | 770-8  | 30    | %      |             | used
        P2      | 41 08:00 | 6690-2 | 4.0   | 10*9/L |             | incomplete
        P2      | 41 08:01 | 770-8  | 30    | %      |             | incomplete
        P3      | 40 08:00 | 770-8  | 30    | %      | A           | incomplete
    """)  # fmt: skip


def test_a_white_cell_count_that_was_set_aside_completes_nothing(expect_fates):
    expect_fates("lab_result", """
        patient | day | code   | value | unit   | specimen_id | fate
        P1      |  40 | 6690-2 | 4,0   | 10*9/L | A           | value_not_a_number
        P1      |  40 | 770-8  | 30    | %      | A           | incomplete
        P1      |  41 | 6690-2 | 4.0   | 10*9/L | B           | used
        P1      |  41 | 770-8  | 30    | %      | B           | used
        P1      |  41 | 770-8  | 130   | %      | B           | impossible_value
    """)  # fmt: skip


def test_a_better_measure_in_the_same_specimen_supersedes(expect_fates):
    expect_fates("lab_result", """
        patient | day | code   | value | unit   | specimen_id | fate
        P1      |  40 | 751-8  | 1.2   | 10*9/L | A           | used
        P1      |  40 | 753-4  | 1.3   | 10*9/L | A           | superseded
        P1      |  40 | 6690-2 | 4.0   | 10*9/L | A           | superseded
        P1      |  40 | 770-8  | 30    | %      | A           | superseded
        P1      |  41 | 753-4  | 1.3   | 10*9/L | B           | used
        P1      |  42 | 6690-2 | 4.0   | 10*9/L | C           | used
        P1      |  42 | 769-0  | 20    | %      | C           | used
        P1      |  42 | 764-1  | 10    | %      | C           | used
        P1      |  42 | 770-8  | 35    | %      | C           | superseded
    """)  # fmt: skip


def test_the_first_reason_that_holds_is_the_fate(given, expect_fates):
    """Each row has the error of its fate and of all the later ones in the list of the design."""
    given("patient", TWO_CHILDREN_AND_ONE_UNUSABLE)
    expect_fates("lab_result", """
        patient  | sampled_at | code   | value | unit  | fate
        P3       | 2018-02-30 | 718-7  |       |       | unknown_patient
        unusable | 2018-02-30 | 718-7  |       |       | unusable_patient
        P1       | 2018-02-30 | 718-7  |       |       | other_analyte
        P1       | 2018-02-30 | 751-8  |       |       | bad_date
        P1       | 2017-02-01 | 751-8  |       |       | before_birth
        P1       | 2025-07-01 | 751-8  |       |       | after_extract
        P1       | 2018-03-01 | 751-8  |       |       | missing_value
        P1       | 2018-03-01 | 751-8  | 1,2   |       | value_not_a_number
        P1       | 2018-03-01 | 751-8  | -1    |       | missing_unit
        P1       | 2018-03-01 | 751-8  | -1    | mm    | unknown_unit
        P1       | 2018-03-01 | 770-8  | -1    | %     | impossible_value
        P1       | 2018-03-01 | 770-8  | -1    | %     | impossible_value
        P1       | 2018-03-02 | 770-8  | 30    | %     | incomplete
        P1       | 2018-03-02 | 770-8  | 30    | %     | duplicate
        P1       | 2018-03-03 | 751-8  | 1.2   | 10*9/L | used
    """)  # fmt: skip


# ---- counts ----


@pytest.mark.parametrize(
    ("unit", "value"),
    [
        ("10*9/L", "1.499"),
        ("10^9/L", "1.499"),
        ("G/L", "1.499"),
        ("10*3/uL", "1.499"),
        ("K/uL", "1.499"),
        ("/uL", "1499"),
        ("cells/uL", "1499"),
        ("cells/mm3", "1499"),
        ("/L", "1499000000"),
    ],
)
def test_a_count_is_the_same_in_every_unit(given, registry, unit, value):
    """To the last bit: 1.499 is the nearest number to 1499 thousandths, and so must the program's be."""
    given("anc", f"""
        patient | day | anc     | unit
        P1      | 400 | {value} | {unit}
    """)  # fmt: skip
    assert registry().frame("anc_result")["anc"].to_list() == [1.499]
    assert registry().frame("daily_anc")["is_neutropenic"].to_list() == [True]


def test_counts_at_the_limit_are_at_the_limit_in_cells_per_microlitre_too(given, registry):
    """0.7 and 1.1 have no end in binary; a factor of 0.001 would move some of them over the limit."""
    values = range(1, 2000, 7)
    rows = "\n".join(f"P{value} | 40 | {value} | /uL" for value in values)
    given("anc", f"patient | day | anc | unit\n{rows}")
    found = dict(registry().frame("anc_result").select("patient_id", "anc").iter_rows())
    assert found == {f"P{value}": value / 1000 for value in values}


def test_below_the_limit_of_detection_the_limit_stands_for_the_count(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | <0.1
        P1      |  41 | 0.1
        P1      |  42 | 0
        P2      |  40 | <100
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | is_below_detection
        P1      |  40 | 0.1 | yes
        P1      |  41 | 0.1 | no
        P1      |  42 | 0.0 | no
    """)  # fmt: skip


def test_the_flag_of_detection_is_kept_in_cells_per_microlitre(given, expect):
    given("anc", """
        patient | day | anc  | unit
        P1      |  40 | <100 | /uL
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | is_below_detection
        P1      |  40 | 0.1 | yes
    """)  # fmt: skip


def test_a_count_of_zero_is_a_count(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0
        P1      |  70 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | nadir | severity
        P1      | 40       | 70            | 0.0   | severe
    """)  # fmt: skip


WAYS_TO_MEASURE = """
    patient | day | code    | value | unit   | specimen_id
    P1      |  10 | 751-8   | 1.0   | 10*9/L | A
    P1      |  11 | 26499-4 | 1.1   | 10*9/L | B
    P1      |  12 | 753-4   | 1.2   | 10*9/L | C
    P1      |  13 | 6690-2  | 5.0   | 10*9/L | D
    P1      |  13 | 769-0   | 20    | %      | D
    P1      |  13 | 764-1   | 10    | %      | D
    P1      |  14 | 6690-2  | 4000  | /uL    | E
    P1      |  14 | 770-8   | 40    | %      | E
    P1      |  15 | 30451-9 | 1.1   | 10*9/L | F
    P1      |  15 | 26507-4 | 300   | /uL    | F
"""


def test_a_count_is_measured_or_computed_within_its_specimen(given, expect):
    """5.0 × (20 + 10) / 100 = 1.5; 4.0 × 40 / 100 = 1.6; 1.1 + 0.3 = 1.4."""
    given("lab_result", WAYS_TO_MEASURE)
    expect("anc_result", """
        patient | day | anc | anc_method              | computed_anc
        P1      |  10 | 1.0 | absolute_automated      |
        P1      |  11 | 1.1 | absolute_unspecified    |
        P1      |  12 | 1.2 | absolute_manual         |
        P1      |  13 | 1.5 | wbc_segments_and_bands  |
        P1      |  14 | 1.6 | wbc_neutrophil_percent  |
        P1      |  15 | 1.4 | segments_and_bands      |
    """)  # fmt: skip


def test_of_several_ways_in_one_specimen_the_best_is_taken(given, expect):
    """The specimens lack one more of the better ways from day to day."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      |  10 | 30451-9 | 1.0   | 10*9/L | A
        P1      |  10 | 26507-4 | 0.1   | 10*9/L | A
        P1      |  10 | 770-8   | 60    | %      | A
        P1      |  10 | 769-0   | 40    | %      | A
        P1      |  10 | 764-1   | 10    | %      | A
        P1      |  10 | 6690-2  | 3.0   | 10*9/L | A
        P1      |  10 | 753-4   | 1.3   | 10*9/L | A
        P1      |  10 | 26499-4 | 1.2   | 10*9/L | A
        P1      |  10 | 751-8   | 1.0   | 10*9/L | A
        P1      |  11 | 6690-2  | 3.0   | 10*9/L | B
        P1      |  11 | 770-8   | 60    | %      | B
        P1      |  11 | 769-0   | 40    | %      | B
        P1      |  11 | 764-1   | 10    | %      | B
        P1      |  11 | 753-4   | 1.3   | 10*9/L | B
        P1      |  11 | 26499-4 | 1.2   | 10*9/L | B
        P1      |  12 | 6690-2  | 3.0   | 10*9/L | C
        P1      |  12 | 770-8   | 60    | %      | C
        P1      |  12 | 769-0   | 40    | %      | C
        P1      |  12 | 764-1   | 10    | %      | C
        P1      |  12 | 753-4   | 1.3   | 10*9/L | C
        P1      |  13 | 30451-9 | 1.0   | 10*9/L | D
        P1      |  13 | 26507-4 | 0.1   | 10*9/L | D
        P1      |  13 | 6690-2  | 3.0   | 10*9/L | D
        P1      |  13 | 770-8   | 60    | %      | D
        P1      |  13 | 769-0   | 40    | %      | D
        P1      |  13 | 764-1   | 10    | %      | D
        P1      |  14 | 30451-9 | 1.0   | 10*9/L | E
        P1      |  14 | 26507-4 | 0.1   | 10*9/L | E
        P1      |  14 | 6690-2  | 3.0   | 10*9/L | E
        P1      |  14 | 770-8   | 60    | %      | E
        P1      |  15 | 30451-9 | 1.0   | 10*9/L | F
        P1      |  15 | 26507-4 | 0.1   | 10*9/L | F
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | anc_method
        P1      |  10 | 1.0 | absolute_automated
        P1      |  11 | 1.2 | absolute_unspecified
        P1      |  12 | 1.3 | absolute_manual
        P1      |  13 | 1.5 | wbc_segments_and_bands
        P1      |  14 | 1.8 | wbc_neutrophil_percent
        P1      |  15 | 1.1 | segments_and_bands
    """)  # fmt: skip


def test_a_measured_count_keeps_the_computed_one_beside_it(given, expect):
    given("lab_result", """
        patient | day | code   | value | unit   | specimen_id
        P1      |  10 | 751-8  | 1.0   | 10*9/L | A
        P1      |  10 | 6690-2 | 5.0   | 10*9/L | A
        P1      |  10 | 770-8  | 30    | %      | A
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc | anc_method         | computed_anc
        P1      |  10 | 1.0 | absolute_automated | 1.5
    """)  # fmt: skip


def test_segments_without_bands_are_no_neutrophil_count(given, expect, registry):
    """They would be too low, the more so in an infection."""
    given("lab_result", """
        patient | day | code    | value | unit   | specimen_id
        P1      |  10 | 6690-2  | 5.0   | 10*9/L | A
        P1      |  10 | 769-0   | 20    | %      | A
        P1      |  11 | 30451-9 | 1.0   | 10*9/L | B
        P1      |  12 | 764-1   | 20    | %      | C
        P1      |  12 | 6690-2  | 5.0   | 10*9/L | C
        P1      |  13 | 751-8   | 2.0   | 10*9/L | D
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc
        P1      |  13 | 2.0
    """)  # fmt: skip
    fates = registry().frame("row_fate").filter(pl.col("table_name") == "lab_result")
    assert dict(fates.select("fate", "n_rows").iter_rows()) == {"incomplete": 5, "used": 1}


def test_two_specimens_of_one_time_are_two_results(given, expect):
    given("lab_result", """
        patient | day      | code  | value | unit   | specimen_id
        P1      | 40 08:00 | 751-8 | 1.2   | 10*9/L | A
        P1      | 40 08:00 | 751-8 | 0.8   | 10*9/L | B
    """)  # fmt: skip
    expect("anc_result", """
        patient | day | anc
        P1      |  40 | 1.2
        P1      |  40 | 0.8
    """)  # fmt: skip


def test_binary_noise_does_not_move_a_computed_count_over_the_limit(given, expect):
    """In binary 0.7 + 0.1 is less than 0.8, and 0.05, 0.05 and 2.3 have a mean below it."""
    given("lab_result", """
        patient | day      | code    | value | unit   | specimen_id
        P1      | 40       | 30451-9 | 0.7   | 10*9/L | A
        P1      | 40       | 26507-4 | 0.1   | 10*9/L | A
        P2      | 40 08:00 | 751-8   | 0.05  | 10*9/L | A
        P2      | 40 09:00 | 751-8   | 2.3   | 10*9/L | B
        P2      | 40 10:00 | 751-8   | 0.05  | 10*9/L | C
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | is_neutropenic
        P1      |  40 | 0.8 | no
        P2      |  40 | 0.8 | no
    """, same_day="mean", anc_bands=(AncBand(0, 0.8, 0.8),))  # fmt: skip


# ---- patients ----


def test_a_patient_needs_a_key_a_birthday_and_one_row(given, expect_fates):
    given("lab_result", """
        patient | sampled_at | code  | value | unit
        P1      | 2018-03-01 | 751-8 | 1.2   | 10*9/L
    """)  # fmt: skip
    expect_fates("patient", """
        patient | birth_date | sex    | fate
        P1      | 2018-01-01 | male   | used
                | 2018-01-01 | male   | missing_patient_id
        P2      |            | male   | bad_birth_date
        P3      | 2018-02-29 | male   | bad_birth_date
        P4      | 01.03.2018 | male   | bad_birth_date
        P5      | 2016-02-29 | male   | used
        P6      | 2018-01-01 | male   | used
        P6      | 2018-01-01 | male   | duplicate
        P7      | 2018-01-01 | male   | conflicting_birth_date
        P7      | 2018-01-02 | male   | conflicting_birth_date
        P8      | 2018-01-01 | male   | conflicting_birth_date
        P8      | 2018-01-01 | male   | duplicate
        P8      | 2018-01-02 | male   | conflicting_birth_date
        P9      | 2018-01-01 | male   | used
        P9      | 2018-01-01 | male   | duplicate
        P9      | 2018-99-99 | male   | bad_birth_date
        P10     | 2018-01-01 | male   | conflicting_columns
        P10     | 2018-01-01 | female | conflicting_columns
        P11     | 2025-06-30 | male   | used
        P12     | 2025-07-01 | male   | bad_birth_date
        007     | 2018-01-01 | male   | used
        7       | 2018-05-01 | male   | used
                |            |        | missing_patient_id
    """)  # fmt: skip


def test_a_course_needs_days_that_can_be_and_a_code(given, expect_fates, expect):
    """What is set aside masks nothing."""
    given("patient", TWO_CHILDREN_AND_ONE_UNUSABLE)
    given("anc", """
        patient | day | anc
        P1      | 100 | 0.4
        P1      | 200 | 0.4
    """)  # fmt: skip
    expect_fates("treatment", """
        patient | started_on | ended_on   | code    | fate
        P1      | 100        | 99         | L03AA02 | ends_before_start
        P1      | 100        | tomorrow   | L03AA02 | bad_date
        P1      |            | 101        | L03AA02 | bad_date
        P1      | -1         | 101        | L03AA02 | before_birth
        P1      | 2025-07-01 |            | L03AA02 | after_extract
        P1      | 100        |            |         | missing_value
        P3      | 100        |            | L03AA02 | unknown_patient
        unusable | 100       |            | L03AA02 | unusable_patient
        P1      | 200        |            | L03AA02 | used
        P1      | 200        |            | L03AA02 | duplicate
        P1      | 2025-06-30 | 2025-08-01 | L03AA02 | used
        P1      | 0          | 1          | L03AA02 | used
        P1      | 100        |            | J01CA04 | used
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | is_masked
        P1      | 100 | no
        P1      | 200 | yes
    """)  # fmt: skip


def test_the_patients_that_are_used_are_the_table_patient(given, expect):
    given("patient", """
        patient | birth_date | sex    | died_on
        P1      | 2018-01-01 | female | 2020-01-01
        007     | 2018-01-02 | male   |
        7       | 2018-01-03 | M?     |
        P2      | 2018-02-29 | male   |
    """)  # fmt: skip
    given("lab_result", """
        patient | sampled_at | code  | value | unit
        P1      | 2018-03-01 | 751-8 | 1.2   | 10*9/L
    """)  # fmt: skip
    expect("patient", """
        patient | birth_date | sex     | died_on    | ancestry     | site         | duffy_status
        P1      | 0          | female  | 730        | not_recorded | not_recorded | unknown
        007     | 0          | male    |            | not_recorded | not_recorded | unknown
        7       | 0          | unknown |            | not_recorded | not_recorded | unknown
    """)  # fmt: skip


# ---- the conservation law ----

CELLS = {
    "patient_id": ["P1", "P2", "P2", "007", "7", "", " ", "unknown", None],
    "birth_date": ["2018-01-01", "2018-01-01", "2016-02-29", "2018-02-30", "", "x", "9999-12-31", None],
    "code": ["751-8", "751-8", "753-4", "6690-2", "770-8", "769-0", "764-1", "30451-9", "26507-4", "718-7",
             "26510-8", "71676-1", "731-0", "742-7", "711-2", "704-7", "30394-1",
             "D70", "D84.9", "L03AA02", "H02AB07", "", "'; --", None],
    "value": ["1.2", "0", "0.4", "<0.1", "35", "1,2", "inf", "nan", "1e400", "-1", "", " 1.0", "1200", "51",
              None],
    "unit": ["10*9/L", "10*9/L", "%", "%", "/uL", "K/uL", "mmol/L", "", "??", None],
    "specimen_id": ["A", "B", "C", "", None],
    "code_system": ["LOINC", "local", "", None],
    "method": ["XN", "manual", None],
    "sex": ["female", "male", "x", None],
    "test": ["GIFT", "GAT", "x", None],
    "result": ["positive", "negative", "indeterminate", "pathogenic", "x", None],
    "subject": ["patient", "mother", "x", None],
    "specificity": ["HNA-1a", None],
    "cellularity": ["normal", "promyelocyte_arrest", "x", None],
    "segmented_reduced": ["yes", "no", "x", None],
    "gene": ["ELANE", "elane", "x", None],
    "gestational_weeks": ["39", "-1", "x", None],
}  # fmt: skip
DAYS = [
    "2018-03-01",
    "2018-03-01T08:00:00",
    "2018-04-01",
    "2019-01-01 10:30",
    "2017-01-01",
    "2026-01-01",
    "2018-02-30",
    "",
    None,
]
DATE_ENDS = ("_on", "_at")
GOOD_CHILD = {"patient_id": "good", "birth_date": "2018-01-01", "sex": "female"}
GOOD_COUNT = {
    "patient_id": "good",
    "sampled_at": "2018-03-01",
    "code": "751-8",
    "value": "0.4",
    "unit": "10*9/L",
}


def nasty_rows(table):
    cells = {
        c: st.sampled_from(DAYS if c.endswith(DATE_ENDS) else CELLS.get(c, ["x", None]))
        for c in columns_of(table)
    }
    return st.lists(st.fixed_dictionaries(cells), max_size=25)


EVERY_CHOICE = replace(
    TEXTBOOK, granulocytes_as_neutrophils=True, implausible_unit="set_aside", unit_other_days=1
)
NASTY = ("patient", "lab_result", "antibody_test", "diagnosis", "treatment", "marrow_exam", "genetic_test")


@settings(
    max_examples=15, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
@drawn(
    st.fixed_dictionaries({table: nasty_rows(table) for table in NASTY}),
    st.integers(0, 3),
    st.sampled_from([TEXTBOOK, EVERY_CHOICE]),
)
def test_every_row_has_one_fate(rows, n_copies, definitions):
    """Fates add up to the rows, rejected rows are rows, and no key is repeated, whatever the cells hold."""
    rows["patient"] = [
        dict.fromkeys(columns_of("patient")) | GOOD_CHILD,
        *rows["patient"],
        *rows["patient"][:n_copies],
    ]
    rows["lab_result"] = [
        *rows["lab_result"],
        *rows["lab_result"][:n_copies],
        dict.fromkeys(columns_of("lab_result")) | GOOD_COUNT,
    ]
    frames = {
        table: pl.DataFrame(some, schema=dict.fromkeys(columns_of(table), pl.String))
        for table, some in rows.items()
    }
    with open_registry(frames, definitions=definitions, extracted_on=EXTRACTED) as registry:
        fates, rejected = registry.frame("row_fate"), registry.frame("rejected_row")
        n_rows = dict(fates.group_by("table_name").agg(pl.col("n_rows").sum()).iter_rows())
        assert n_rows == {table: len(some) for table, some in rows.items() if some}
        assert not rejected.select("table_name", "file", "row_number").is_duplicated().any()
        for table, row_number in rejected.select("table_name", "row_number").iter_rows():
            assert 1 <= row_number <= len(rows[table])
        reasons = rejected.group_by("table_name", reason="reason").agg(n=pl.len())
        counted = {(table, fate): n for table, fate, n in fates.iter_rows()}
        for table, reason, n in reasons.iter_rows():
            assert counted[table, reason] == n
            assert reason not in NO_ERROR
        used = {table: n for (table, fate), n in counted.items() if fate == "used"}
        for name in ("patient", "treatment", "antibody_test", "marrow_exam", "genetic_test"):
            assert registry.n_rows(name) == used.get(name, 0), name
        assert registry.n_rows("cause") == used.get("diagnosis", 0)
        assert 1 <= registry.n_rows("anc_result") <= used["lab_result"]
        assert not registry.frame("anc_result").select("patient_id", "specimen_key").is_duplicated().any()
        assert not registry.frame("patient")["patient_id"].is_duplicated().any()


def test_one_count_written_in_two_units_is_one_count(expect_fates):
    expect_fates("lab_result", """
        patient | day | code  | value | unit   | specimen_id | fate
        P1      |  40 | 751-8 | 1.3   | 10*9/L | S           | used
        P1      |  40 | 751-8 | 1300  | /uL    | S           | superseded
        P1      |  41 | 751-8 | 1.3   | 10*9/L | T           | used
        P1      |  41 | 751-8 | 1301  | /uL    | T           | used
    """)  # fmt: skip


def test_forms_that_make_up_more_than_the_whole_are_no_count(expect_fates):
    expect_fates("lab_result", """
        patient | day | code    | value | unit   | specimen_id | fate
        P1      |  40 | 6690-2  | 4     | 10*9/L | S           | used
        P1      |  40 | 26505-8 | 90    | %      | S           | used
        P1      |  40 | 26508-2 | 10    | %      | S           | used
        P1      |  41 | 6690-2  | 4     | 10*9/L | T           | incomplete
        P1      |  41 | 26505-8 | 90    | %      | T           | incomplete
        P1      |  41 | 26508-2 | 10.1  | %      | T           | incomplete
    """)  # fmt: skip
