"""One count a day: which, against which limit, masked or not. Days are days since birth.

Children are born on 2018-01-01 unless a table `birth` says otherwise: day 365 is the first birthday.
Every expectation is asked of the program and of the reference of the property tests.
"""

import pytest

from ain_analytics.definitions import AncBand


@pytest.fixture(params=["program", "reference"])
def engine(request):
    return request.param


SEVERAL_A_DAY = """
    patient | day      | anc
    P1      | 40 09:00 | 1.2
    P1      | 40 08:00 | 2.5
    P1      | 40 11:00 | 0.8
    P1      | 40 17:30 | 1.5
    P1      | 41 08:00 | 3.0
"""


@pytest.mark.parametrize(
    ("same_day", "anc"),
    [("lowest", "0.8"), ("highest", "2.5"), ("mean", "1.5"), ("first", "2.5"), ("last", "1.5")],
)
def test_one_count_stands_for_the_day(given, expect, same_day, anc):
    given("anc", SEVERAL_A_DAY)
    expect("daily_anc", f"""
        patient | day | anc   | n_results
        P1      |  40 | {anc} | 4
        P1      |  41 | 3.0   | 1
    """, same_day=same_day)  # fmt: skip


@pytest.mark.parametrize("same_day", ["first", "last"])
def test_of_counts_at_the_same_time_the_lowest_is_first_and_last(given, expect, same_day):
    given("anc", """
        patient | day      | anc
        P1      | 40 08:00 | 2.0
        P1      | 40 08:00 | 0.7
        P1      | 40 08:00 | 1.1
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | n_results
        P1      |  40 | 0.7 | 3
    """, same_day=same_day)  # fmt: skip


def test_a_count_without_a_time_is_taken_at_midnight(given, expect):
    given("anc", """
        patient | day      | anc
        P1      | 40 00:01 | 2.0
        P1      | 40       | 0.7
    """)  # fmt: skip
    for same_day, anc in {"first": "0.7", "last": "2.0"}.items():
        expect("daily_anc", f"""
            patient | day | anc
            P1      |  40 | {anc}
        """, same_day=same_day)  # fmt: skip


def test_midnight_divides_the_days(given, expect):
    given("anc", """
        patient | day      | anc
        P1      | 40 23:59 | 2.0
        P1      | 41 00:00 | 0.7
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | age_days
        P1      |  40 | 2.0 | 40
        P1      |  41 | 0.7 | 41
    """)  # fmt: skip


def test_the_mean_decides_and_not_the_counts_behind_it(given, expect):
    given("anc", """
        patient | day      | anc
        P1      | 40 08:00 | 0.5
        P1      | 40 09:00 | 0.75
        P1      | 40 10:00 | 1.75
        P2      | 40 08:00 | 0.5
        P2      | 40 09:00 | 1.375
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc    | is_neutropenic | is_normal
        P1      |  40 | 1.0    | no             | yes
        P2      |  40 | 0.9375 | yes            | no
    """, same_day="mean")  # fmt: skip


def test_children_with_similar_keys_are_not_mixed(given, expect):
    given("anc", """
        patient | day | anc
        7       |  40 | 0.8
        007     |  40 | 2.1
        07      |  40 | 0.9
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | n_results
        7       |  40 | 0.8 | 1
        007     |  40 | 2.1 | 1
        07      |  40 | 0.9 | 1
    """)  # fmt: skip


def test_the_limit_changes_on_the_first_birthday(given, expect):
    given("anc", """
        patient | day | anc
        P1      |   0 | 1.2
        P1      | 364 | 1.2
        P1      | 365 | 1.2
        P1      | 366 | 1.2
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | entry_limit | exit_limit | is_neutropenic | is_normal
        P1      |   0 | 1.0         | 1.0        | no             | yes
        P1      | 364 | 1.0         | 1.0        | no             | yes
        P1      | 365 | 1.5         | 1.5        | yes            | no
        P1      | 366 | 1.5         | 1.5        | yes            | no
    """)  # fmt: skip


def test_birthdays_are_calendar_birthdays(given, expect):
    """A year that holds a 29 February has 366 days; who is born on one has the birthday on the 28th."""
    given("birth", """
        patient  | birth_date
        leap_day | 2016-02-29
        before   | 2016-02-28
        after    | 2016-03-01
        new_year | 2016-01-01
    """)  # fmt: skip
    given("anc", """
        patient  | day        | anc
        leap_day | 2017-02-27 | 1.2
        leap_day | 2017-02-28 | 1.2
        leap_day | 2017-03-01 | 1.2
        before   | 2017-02-27 | 1.2
        before   | 2017-02-28 | 1.2
        after    | 2017-02-28 | 1.2
        after    | 2017-03-01 | 1.2
        new_year | 2016-12-31 | 1.2
        new_year | 2017-01-01 | 1.2
    """)  # fmt: skip
    expect("daily_anc", """
        patient  | day | entry_limit | is_neutropenic
        leap_day | 364 | 1.0         | no
        leap_day | 365 | 1.5         | yes
        leap_day | 366 | 1.5         | yes
        before   | 365 | 1.0         | no
        before   | 366 | 1.5         | yes
        after    | 364 | 1.0         | no
        after    | 365 | 1.5         | yes
        new_year | 365 | 1.0         | no
        new_year | 366 | 1.5         | yes
    """)  # fmt: skip


def test_a_leap_day_child_turns_four_on_a_leap_day(given, expect):
    given("birth", """
        patient | birth_date
        P1      | 2016-02-29
    """)  # fmt: skip
    given("anc", """
        patient | day        | anc
        P1      | 2020-02-28 | 1.2
        P1      | 2020-02-29 | 1.2
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day  | entry_limit
        P1      | 1460 | 1.0
        P1      | 1461 | 2.0
    """, anc_bands=(AncBand(0, 1.0, 1.0), AncBand(48, 2.0, 2.0)))  # fmt: skip


def test_bands_begin_at_the_end_of_a_month_that_is_too_short(given, expect):
    """31 January and one month is the last of February; 31 August and six months likewise."""
    given("birth", """
        patient | birth_date
        P1      | 2018-01-31
        P2      | 2016-01-30
        P3      | 2018-08-31
        P4      | 2018-01-28
    """)  # fmt: skip
    given("anc", """
        patient | day        | anc
        P1      | 2018-02-27 | 1.0
        P1      | 2018-02-28 | 1.0
        P1      | 2018-03-01 | 1.0
        P1      | 2018-07-30 | 1.0
        P1      | 2018-07-31 | 1.0
        P2      | 2016-02-28 | 1.0
        P2      | 2016-02-29 | 1.0
        P3      | 2019-02-27 | 1.0
        P3      | 2019-02-28 | 1.0
        P4      | 2018-02-27 | 1.0
        P4      | 2018-02-28 | 1.0
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | entry_limit
        P1      |  27 | 0.6
        P1      |  28 | 0.7
        P1      |  29 | 0.7
        P1      | 180 | 0.7
        P1      | 181 | 0.8
        P2      |  29 | 0.6
        P2      |  30 | 0.7
        P3      | 180 | 0.7
        P3      | 181 | 0.8
        P4      |  30 | 0.6
        P4      |  31 | 0.7
    """, anc_bands=(AncBand(0, 0.6, 0.6), AncBand(1, 0.7, 0.7), AncBand(6, 0.8, 0.8)))  # fmt: skip


AROUND_THE_LIMITS = """
    patient | day | anc
    infant  | 100 | 0.99
    infant  | 101 | 1.0
    infant  | 102 | 1.01
    infant  | 103 | 0.9999
    infant  | 104 | 0
    toddler | 500 | 1.49
    toddler | 501 | 1.5
    toddler | 502 | 1.51
    toddler | 503 | 1.4999
"""


def test_a_count_at_the_limit_is_normal_and_nothing_is_rounded(given, expect):
    given("anc", AROUND_THE_LIMITS)
    expect("daily_anc", """
        patient | day | anc    | is_neutropenic | is_normal
        infant  | 100 | 0.99   | yes            | no
        infant  | 101 | 1.0    | no             | yes
        infant  | 102 | 1.01   | no             | yes
        infant  | 103 | 0.9999 | yes            | no
        infant  | 104 | 0.0    | yes            | no
        toddler | 500 | 1.49   | yes            | no
        toddler | 501 | 1.5    | no             | yes
        toddler | 502 | 1.51   | no             | yes
        toddler | 503 | 1.4999 | yes            | no
    """)  # fmt: skip


def test_an_inclusive_limit_makes_a_count_at_the_limit_neutropenic(given, expect):
    given("anc", AROUND_THE_LIMITS)
    expect("daily_anc", """
        patient | day | is_neutropenic | is_normal
        infant  | 100 | yes            | no
        infant  | 101 | yes            | no
        infant  | 102 | no             | yes
        infant  | 103 | yes            | no
        infant  | 104 | yes            | no
        toddler | 500 | yes            | no
        toddler | 501 | yes            | no
        toddler | 502 | no             | yes
        toddler | 503 | yes            | no
    """, limit_is_inclusive=True)  # fmt: skip


BETWEEN_LIMITS = """
    patient | day | anc
    P1      |  10 | 0.49
    P1      |  11 | 0.5
    P1      |  12 | 0.51
    P1      |  13 | 0.99
    P1      |  14 | 1.0
    P1      |  15 | 1.01
"""


def test_between_the_entry_and_the_exit_limit_a_count_is_neither(given, expect):
    given("anc", BETWEEN_LIMITS)
    expect("daily_anc", """
        patient | day | is_neutropenic | is_normal
        P1      |  10 | yes            | no
        P1      |  11 | no             | no
        P1      |  12 | no             | no
        P1      |  13 | no             | no
        P1      |  14 | no             | yes
        P1      |  15 | no             | yes
    """, anc_bands=(AncBand(0, 0.5, 1.0),))  # fmt: skip


def test_inclusive_limits_move_both_ends_of_what_lies_between(given, expect):
    given("anc", BETWEEN_LIMITS)
    expect("daily_anc", """
        patient | day | is_neutropenic | is_normal
        P1      |  10 | yes            | no
        P1      |  11 | yes            | no
        P1      |  12 | no             | no
        P1      |  13 | no             | no
        P1      |  14 | no             | no
        P1      |  15 | no             | yes
    """, anc_bands=(AncBand(0, 0.5, 1.0),), limit_is_inclusive=True)  # fmt: skip


ONE_DOSE = """
    patient | day | code
    P1      | 100 | L03AA02
"""


def test_a_dose_of_gcsf_masks_its_day_and_the_seven_days_after(given, expect):
    given("treatment", ONE_DOSE)
    given("anc", """
        patient | day       | anc
        P1      |  99       | 0.8
        P1      | 100 07:00 | 0.8
        P1      | 107 23:59 | 0.8
        P1      | 108 00:00 | 0.8
        P2      | 100       | 0.8
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | is_masked
        P1      |  99 | 0.8 | no
        P1      | 100 | 0.8 | yes
        P1      | 107 | 0.8 | yes
        P1      | 108 | 0.8 | no
        P2      | 100 | 0.8 | no
    """)  # fmt: skip


AROUND_THE_DOSE = """
    patient | day | anc
    P1      |  99 | 0.8
    P1      | 100 | 0.8
    P1      | 101 | 0.8
    P1      | 114 | 0.8
    P1      | 115 | 0.8
"""


@pytest.mark.parametrize(
    ("mask_days", "masked"),
    [
        (None, ["no", "no", "no", "no", "no"]),
        (0, ["no", "yes", "no", "no", "no"]),
        (1, ["no", "yes", "yes", "no", "no"]),
        (14, ["no", "yes", "yes", "yes", "no"]),
    ],
)
def test_the_mask_is_as_long_as_the_definition_says(given, expect, mask_days, masked):
    given("treatment", ONE_DOSE)
    given("anc", AROUND_THE_DOSE)
    days = zip(["99", "100", "101", "114", "115"], masked, strict=True)
    rows = "\n".join(f"P1 | {day} | {is_masked}" for day, is_masked in days)
    expect("daily_anc", f"patient | day | is_masked\n{rows}", gcsf_mask_days=mask_days)


def test_every_day_of_a_course_is_a_dose_day(given, expect):
    given("treatment", """
        patient | started_on | ended_on | code
        P1      |        100 |      110 | L03AA02
        P1      |        119 |      119 | L03AA02
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        P1      |  99 | 0.8
        P1      | 105 | 0.8
        P1      | 110 | 0.8
        P1      | 117 | 0.8
        P1      | 118 | 0.8
        P1      | 119 | 0.8
        P1      | 126 | 0.8
        P1      | 127 | 0.8
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | is_masked | n_results
        P1      |  99 | no        | 1
        P1      | 105 | yes       | 1
        P1      | 110 | yes       | 1
        P1      | 117 | yes       | 1
        P1      | 118 | no        | 1
        P1      | 119 | yes       | 1
        P1      | 126 | yes       | 1
        P1      | 127 | no        | 1
    """)  # fmt: skip


def test_overlapping_courses_mask_a_day_once(given, expect):
    given("treatment", """
        patient | started_on | ended_on | code
        P1      |        100 |      130 | L03AA02
        P1      |        105 |      106 | L03AA02
        P1      |        106 |          | L03AA10
    """)  # fmt: skip
    given("anc", """
        patient | day       | anc
        P1      | 106 08:00 | 0.8
        P1      | 106 09:00 | 0.9
        P1      | 137       | 0.8
        P1      | 138       | 0.8
    """)  # fmt: skip
    expect("daily_anc", """
        patient | day | anc | is_masked | n_results
        P1      | 106 | 0.8 | yes       | 2
        P1      | 137 | 0.8 | yes       | 1
        P1      | 138 | 0.8 | no        | 1
    """)  # fmt: skip


def test_every_colony_stimulating_factor_masks_and_an_antibiotic_does_not(given, expect):
    given("treatment", """
        patient       | day | code
        filgrastim    | 100 | L03AA02
        molgramostim  | 100 | L03AA03
        lenograstim   | 100 | L03AA10
        pegfilgrastim | 100 | L03AA13
        amoxicillin   | 100 | J01CA04
    """)  # fmt: skip
    given("anc", """
        patient       | day | anc
        filgrastim    | 107 | 0.8
        molgramostim  | 107 | 0.8
        lenograstim   | 107 | 0.8
        pegfilgrastim | 107 | 0.8
        amoxicillin   | 107 | 0.8
        filgrastim    | 108 | 0.8
        molgramostim  | 108 | 0.8
        lenograstim   | 108 | 0.8
        pegfilgrastim | 108 | 0.8
    """)  # fmt: skip
    expect("daily_anc", """
        patient       | day | is_masked
        filgrastim    | 107 | yes
        molgramostim  | 107 | yes
        lenograstim   | 107 | yes
        pegfilgrastim | 107 | yes
        amoxicillin   | 107 | no
        filgrastim    | 108 | no
        molgramostim  | 108 | no
        lenograstim   | 108 | no
        pegfilgrastim | 108 | no
    """)  # fmt: skip


IMMUNOGLOBULIN_AND_STEROID = """
    patient      | started_on | ended_on | code
    ivig         | 100        |          | J06BA02
    prednisone   | 100        | 104      | H02AB07
    dexamethason | 100        |          | H02AB02
"""
COUNTS_AROUND_THEM = """
    patient      | day | anc
    ivig         | 100 | 0.8
    ivig         | 121 | 0.8
    ivig         | 122 | 0.8
    prednisone   | 104 | 0.8
    prednisone   | 107 | 0.8
    prednisone   | 108 | 0.8
    dexamethason | 103 | 0.8
    dexamethason | 104 | 0.8
"""


def test_immunoglobulins_and_corticosteroids_mask_nothing_unless_asked(given, expect):
    given("treatment", IMMUNOGLOBULIN_AND_STEROID)
    given("anc", COUNTS_AROUND_THEM)
    expect("daily_anc", """
        patient      | day | is_masked
        ivig         | 100 | no
        ivig         | 121 | no
        ivig         | 122 | no
        prednisone   | 104 | no
        prednisone   | 107 | no
        prednisone   | 108 | no
        dexamethason | 103 | no
        dexamethason | 104 | no
    """)  # fmt: skip


def test_each_treatment_has_a_mask_of_its_own(given, expect):
    given("treatment", IMMUNOGLOBULIN_AND_STEROID)
    given("anc", COUNTS_AROUND_THEM)
    expect("daily_anc", """
        patient      | day | is_masked
        ivig         | 100 | yes
        ivig         | 121 | yes
        ivig         | 122 | no
        prednisone   | 104 | yes
        prednisone   | 107 | yes
        prednisone   | 108 | no
        dexamethason | 103 | yes
        dexamethason | 104 | no
    """, ivig_mask_days=21, corticosteroid_mask_days=3)  # fmt: skip
