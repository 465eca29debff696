"""Onset, resolution and what is said of an episode. Days are days since birth (2018-01-01, if not said).

Before day 365 the textbook limit is 1.0: 0.4 is neutropenic, 2.0 is normal. Every expectation is asked of
the program and of the reference of the property tests.
"""

import pytest

from ain_analytics.definitions import PRESETS, AncBand


@pytest.fixture(params=["program", "reference"])
def engine(request):
    return request.param


# ---- onset ----


def test_onset_lies_after_the_last_normal_and_by_the_first_neutropenic_count(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  50 | 0.6
        P2      |  10 | 2.0
        P2      |  20 | 2.0
        P2      |  40 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_after | onset_by | age_at_onset_days
        P1      | 1              |             | 40       | 40
        P2      | 1              | 20          | 40       | 40
    """)  # fmt: skip


def test_without_a_neutropenic_count_there_is_no_episode(given, expect):
    given("birth", """
        patient  | birth_date
        uncounted| 2018-01-01
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        P1      |  40 | 2.0
        P2      |  40 | 1.0
        P2      | 364 | 1.0
        P3      |  40 | 1.2
        P3      | 365 | 1.5
    """)  # fmt: skip
    expect("episode", "patient | episode_number")


def test_a_single_neutropenic_count_is_an_open_episode(given, expect):
    given("anc", """
        patient | day | anc
        P1      |   0 | 0.0
    """)  # fmt: skip
    expect("episode", """
        patient | onset_after | onset_by | end_kind | is_resolved | censored_on | censoring_reason | last_observed_on | nadir | nadir_on | severity | course       | n_counts | n_neutropenic | age_at_onset_days
        P1      |             | 0        | open     | no          | 0           | end_of_data      | 0                | 0.0   | 0        | severe   | undetermined | 1        | 1             | 0
    """)  # fmt: skip  # noqa: E501


FEW_NEUTROPENIC_COUNTS = """
    patient   | day | anc
    one       |  40 | 0.4
    two       |  40 | 0.4
    two       |  67 | 0.4
    two_long  |  40 | 0.4
    two_long  |  68 | 0.4
    three     |  40 | 0.4
    three     |  50 | 0.4
    three     |  69 | 0.4
    broken    |  40 | 0.4
    broken    |  50 | 2.0
    broken    |  80 | 0.4
"""


def test_an_onset_may_need_two_counts_and_is_dated_at_the_first(given, expect):
    given("anc", FEW_NEUTROPENIC_COUNTS)
    expect("episode", """
        patient  | onset_after | onset_by | censored_on
        two      |             | 40       | 67
        two_long |             | 40       | 68
        three    |             | 40       | 69
    """, onset_counts=2)  # fmt: skip


def test_an_onset_may_need_three_counts(given, expect):
    given("anc", FEW_NEUTROPENIC_COUNTS)
    expect("episode", """
        patient  | onset_by | n_neutropenic
        three    | 40       | 3
    """, onset_counts=3)  # fmt: skip


def test_an_onset_may_need_counts_that_span_some_days(given, expect):
    """27 days are one too few, 28 and 29 are enough."""
    given("anc", FEW_NEUTROPENIC_COUNTS)
    expect("episode", """
        patient  | onset_by | n_neutropenic
        two_long | 40       | 2
        three    | 40       | 3
    """, onset_days=28)  # fmt: skip


def test_an_onset_may_need_both(given, expect):
    given("anc", FEW_NEUTROPENIC_COUNTS)
    expect("episode", """
        patient  | onset_by
        three    | 40
    """, onset_days=28, onset_counts=3)  # fmt: skip


def test_a_run_too_short_for_an_onset_is_forgotten(given, expect):
    """The first two counts make no onset; the second run does, and lies after the normal count."""
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  50 | 0.4
        P1      |  60 | 2.0
        P1      |  70 | 0.4
        P1      |  80 | 0.5
        P1      |  90 | 0.6
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_after | onset_by | nadir | n_counts | n_neutropenic
        P1      | 1              | 60          | 70       | 0.4   | 3        | 3
    """, onset_counts=3)  # fmt: skip


# ---- resolution ----


AFTER_27_28_29_DAYS = """
    patient | day | anc
    d27     |  40 | 0.4
    d27     |  70 | 2.0
    d27     |  97 | 2.0
    d27     | 150 | 0.5
    d28     |  40 | 0.4
    d28     |  70 | 2.0
    d28     |  98 | 2.0
    d28     | 150 | 0.5
    d29     |  40 | 0.4
    d29     |  70 | 2.0
    d29     |  99 | 2.0
    d29     | 150 | 0.5
"""


def test_two_normal_counts_28_days_apart_confirm_and_27_do_not(given, expect):
    given("anc", AFTER_27_28_29_DAYS)
    expect("episode", """
        patient | episode_number | onset_after | onset_by | resolution_after | resolution_by | confirmed_on | end_kind  | is_resolved | censored_on | censoring_reason | n_counts | n_neutropenic
        d27     | 1              |             | 40       |                  |               |              | open      | no          | 150         | end_of_data      | 4        | 2
        d28     | 1              |             | 40       | 40               | 70            | 98           | confirmed | yes         |             |                  | 2        | 1
        d28     | 2              | 98          | 150      |                  |               |              | open      | no          | 150         | end_of_data      | 1        | 1
        d29     | 1              |             | 40       | 40               | 70            | 99           | confirmed | yes         |             |                  | 2        | 1
        d29     | 2              | 99          | 150      |                  |               |              | open      | no          | 150         | end_of_data      | 1        | 1
    """)  # fmt: skip  # noqa: E501


def test_the_confirming_count_need_not_follow_the_first_directly(given, expect):
    """Counts between the two neither help nor hinder as long as they are normal."""
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 2.0
        P1      |  71 | 1.0
        P1      |  97 | 3.0
        P1      | 100 | 2.0
        P1      | 130 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | last_observed_on | n_counts
        P1      | 40               | 70            | 100          | 130              | 2
    """)  # fmt: skip


THREE_NORMAL_COUNTS = """
    patient | day | anc
    P1      |  40 | 0.4
    P1      |  70 | 2.0
    P1      |  71 | 2.0
    P1      |  98 | 2.0
"""


@pytest.mark.parametrize(
    ("resolution_counts", "resolution_days", "confirmed_on", "end_kind"),
    [
        (1, 0, "70", "confirmed"),
        (1, 1, "71", "confirmed"),
        (1, 28, "98", "confirmed"),
        (2, 0, "71", "confirmed"),
        (2, 28, "98", "confirmed"),
        (3, 0, "98", "confirmed"),
        (3, 28, "98", "confirmed"),
        (3, 29, "", "uncontradicted"),
        (4, 0, "", "uncontradicted"),
    ],
)
def test_a_resolution_needs_its_counts_and_its_days(
    given, expect, resolution_counts, resolution_days, confirmed_on, end_kind
):
    given("anc", THREE_NORMAL_COUNTS)
    expect("episode", f"""
        patient | resolution_after | resolution_by | confirmed_on   | end_kind
        P1      | 40               | 70            | {confirmed_on} | {end_kind}
    """, resolution_counts=resolution_counts, resolution_days=resolution_days)  # fmt: skip


def test_two_counts_on_one_day_are_one_count_and_confirm_nothing(given, expect):
    given("anc", """
        patient | day      | anc
        P1      | 40       | 0.4
        P1      | 70 08:00 | 2.0
        P1      | 70 12:00 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_by | confirmed_on | end_kind       | n_counts
        P1      | 70            |              | uncontradicted | 2
    """, resolution_days=0)  # fmt: skip


def test_a_neutropenic_count_contradicts_a_normal_run(given, expect):
    """The run stays inside the episode; the next run begins anew, with its own 28 days."""
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 2.0
        P1      |  90 | 0.6
        P1      |  91 | 2.0
        P1      | 100 | 2.0
        P1      | 118 | 2.0
        P1      | 119 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_after | resolution_by | confirmed_on | n_counts | n_neutropenic
        P1      | 40       | 90               | 91            | 119          | 4        | 2
    """)  # fmt: skip


LAST_RUN_UNCONFIRMED = """
    patient | day | anc
    P1      |  40 | 0.4
    P1      |  60 | 0.6
    P1      |  70 | 2.0
    P1      |  97 | 2.0
"""


def test_a_last_normal_run_that_nobody_contradicts_resolves_the_episode(given, expect):
    given("anc", LAST_RUN_UNCONFIRMED)
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | end_kind       | is_resolved | censored_on | censoring_reason | last_observed_on | course    | n_counts | n_neutropenic
        P1      | 60               | 70            |              | uncontradicted | yes         |             |                  | 97               | transient | 3        | 2
    """)  # fmt: skip  # noqa: E501


def test_under_censor_a_last_normal_run_leaves_the_episode_open_at_the_last_neutropenic_count(given, expect):
    given("anc", LAST_RUN_UNCONFIRMED)
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | end_kind | is_resolved | censored_on | censoring_reason | last_observed_on | course       | n_counts | n_neutropenic
        P1      |                  |               |              | open     | no          | 60          | end_of_data      | 97               | undetermined | 2        | 2
    """, unconfirmed_end="censor")  # fmt: skip  # noqa: E501


def test_under_censor_a_confirmed_run_resolves_all_the_same(given, expect):
    given("anc", AFTER_27_28_29_DAYS)
    expect("episode", """
        patient | episode_number | resolution_by | confirmed_on | end_kind  | censored_on
        d27     | 1              |               |              | open      | 150
        d28     | 1              | 70            | 98           | confirmed |
        d28     | 2              |               |              | open      | 150
        d29     | 1              | 70            | 99           | confirmed |
        d29     | 2              |               |              | open      | 150
    """, unconfirmed_end="censor")  # fmt: skip


# ---- between the limits ----

NEGLIA = {"anc_bands": (AncBand(0, 0.5, 1.0),)}


def test_between_the_limits_nothing_begins(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.5
        P1      |  50 | 0.99
        P2      |  40 | 0.49
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by
        P2      | 40
    """, **NEGLIA)  # fmt: skip


def test_a_count_between_the_limits_can_be_the_last_before_the_onset(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  20 | 2.0
        P1      |  30 | 0.7
        P1      |  40 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | onset_after | onset_by
        P1      | 30          | 40
    """, **NEGLIA)  # fmt: skip


def test_outside_an_episode_a_count_between_the_limits_breaks_a_neutropenic_run(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  50 | 0.7
        P1      |  60 | 0.4
        P2      |  40 | 0.4
        P2      |  60 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by
        P2      | 40
    """, onset_counts=2, **NEGLIA)  # fmt: skip


def test_inside_an_episode_a_count_between_the_limits_contradicts_a_normal_run(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 1.0
        P1      |  80 | 0.7
        P1      |  90 | 1.2
        P1      | 117 | 1.2
        P1      | 118 | 1.2
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | n_counts | n_neutropenic
        P1      | 80               | 90            | 118          | 4        | 1
    """, **NEGLIA)  # fmt: skip


def test_an_open_episode_is_censored_at_the_last_count_below_the_exit_limit(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 0.7
        P1      |  80 | 1.0
    """)  # fmt: skip
    expect("episode", """
        patient | end_kind | censored_on | last_observed_on | nadir | nadir_on | n_counts | n_neutropenic
        P1      | open     | 70          | 80               | 0.4   | 40       | 2        | 1
    """, unconfirmed_end="censor", **NEGLIA)  # fmt: skip


# ---- the limit itself ----


def test_counts_at_the_limit_end_an_episode_unless_the_limit_is_inclusive(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.99
        P1      |  70 | 1.0
        P1      |  98 | 1.0
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | confirmed_on | n_neutropenic
        P1      | 40       | 70            | 98           | 1
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | confirmed_on | censored_on | n_neutropenic
        P1      | 40       |               |              | 98          | 3
    """, limit_is_inclusive=True)  # fmt: skip


def test_on_the_first_birthday_the_higher_limit_contradicts_the_same_count(given, expect):
    given("anc", """
        patient | day | anc
        eve     |  40 | 0.4
        eve     | 340 | 1.2
        eve     | 364 | 1.2
        day     |  40 | 0.4
        day     | 340 | 1.2
        day     | 365 | 1.2
    """)  # fmt: skip
    expect("episode", """
        patient | end_kind       | resolution_after | resolution_by | censored_on | n_neutropenic
        eve     | uncontradicted | 40               | 340           |             | 1
        day     | open           |                  |               | 365         | 2
    """)  # fmt: skip


def test_a_resolution_confirmed_before_the_birthday_stays_and_the_birthday_opens_the_next_episode(
    given, expect
):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      | 300 | 1.2
        P1      | 328 | 1.2
        P1      | 365 | 1.2
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_after | onset_by | resolution_by | confirmed_on | censored_on
        P1      | 1              |             | 40       | 300           | 328          |
        P1      | 2              | 328         | 365      |               |              | 365
    """)  # fmt: skip


# ---- silence ----

A_YEAR_OF_SILENCE = """
    patient | day | anc
    d365    |  40 | 0.4
    d365    | 405 | 0.4
    d366    |  40 | 0.4
    d366    | 406 | 0.4
"""


def test_a_silence_longer_than_allowed_splits_and_one_just_as_long_does_not(given, expect):
    given("anc", A_YEAR_OF_SILENCE)
    expect("episode", """
        patient | episode_number | onset_after | onset_by | censored_on | censoring_reason | last_observed_on | course       | n_counts
        d365    | 1              |             | 40       | 405         | end_of_data      | 405              | chronic      | 2
        d366    | 1              |             | 40       | 40          | silence          | 40               | undetermined | 1
        d366    | 2              |             | 406      | 406         | end_of_data      | 406              | undetermined | 1
    """, max_silence_days=365)  # fmt: skip  # noqa: E501


def test_unless_a_longest_silence_is_defined_nothing_splits(given, expect):
    given("anc", A_YEAR_OF_SILENCE)
    expect("episode", """
        patient | episode_number | onset_by | censored_on | n_counts
        d365    | 1              | 40       | 405         | 2
        d366    | 1              | 40       | 406         | 2
    """)  # fmt: skip


def test_a_normal_count_before_a_silence_says_nothing_of_the_onset_after_it(given, expect):
    given("anc", """
        patient | day | anc
        d60     |  40 | 2.0
        d60     | 100 | 0.4
        d61     |  40 | 2.0
        d61     | 101 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | onset_after | onset_by
        d60     | 40          | 100
        d61     |             | 101
    """, max_silence_days=60)  # fmt: skip


def test_no_run_reaches_over_a_silence(given, expect):
    """Neither the counts of an onset nor those of a resolution add up over it."""
    given("anc", """
        patient | day | anc
        onset   |  40 | 0.4
        onset   | 101 | 0.4
        ends    |  40 | 0.4
        ends    |  50 | 0.4
        ends    |  70 | 2.0
        ends    | 131 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | confirmed_on | end_kind       | last_observed_on
        ends    | 40       | 70            |              | uncontradicted | 70
    """, max_silence_days=60, onset_counts=2)  # fmt: skip
    expect("episode", """
        patient | onset_by | resolution_by | end_kind | censored_on | censoring_reason | last_observed_on
        ends    | 40       |               | open     | 50          | silence          | 70
    """, max_silence_days=60, onset_counts=2, unconfirmed_end="censor")  # fmt: skip


def test_a_silence_of_no_day_makes_every_count_an_observation(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  41 | 0.6
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_after | onset_by | censored_on | censoring_reason
        P1      | 1              |             | 40       | 40          | silence
        P1      | 2              |             | 41       | 41          | end_of_data
    """, max_silence_days=0)  # fmt: skip


# ---- masked counts ----

DOSE_ON_DAY_90 = """
    patient | day | code
    P1      |  90 | L03AA02
"""


@pytest.mark.parametrize(
    ("day", "confirmed_on", "end_kind"),
    [
        ("89", "89", "confirmed"),
        ("90", "", "uncontradicted"),
        ("97", "", "uncontradicted"),
        ("98", "98", "confirmed"),
    ],
)
def test_a_masked_count_confirms_nothing(given, expect, day, confirmed_on, end_kind):
    given("treatment", DOSE_ON_DAY_90)
    given("anc", f"""
        patient | day   | anc
        P1      |  40   | 0.4
        P1      |  60   | 2.0
        P1      | {day} | 2.0
    """)  # fmt: skip
    last = confirmed_on or "60"
    expect("episode", f"""
        patient | resolution_by | confirmed_on   | end_kind   | last_observed_on
        P1      | 60            | {confirmed_on} | {end_kind} | {last}
    """)  # fmt: skip


def test_a_masked_count_does_not_begin_a_normal_run(given, expect):
    given("treatment", DOSE_ON_DAY_90)
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  95 | 6.0
        P1      | 100 | 2.0
        P1      | 123 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | end_kind       | n_counts
        P1      | 40               | 100           |              | uncontradicted | 2
    """)  # fmt: skip


def test_a_masked_count_contradicts_nothing(given, expect):
    given("treatment", DOSE_ON_DAY_90)
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 2.0
        P1      |  91 | 0.1
        P1      |  98 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_after | resolution_by | confirmed_on | nadir | n_counts | n_neutropenic
        P1      | 40               | 70            | 98           | 0.4   | 2        | 1
    """)  # fmt: skip


def test_a_masked_count_opens_nothing_and_closes_no_interval(given, expect):
    given("treatment", """
        patient | started_on | ended_on | code
        P1      |  90        |      100 | L03AA02
        P2      |  90        |      100 | L03AA02
        P3      |  90        |      100 | L03AA02
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        P1      | 107 | 0.4
        P2      |  80 | 2.0
        P2      | 107 | 2.0
        P2      | 108 | 0.4
        P3      |  80 | 0.4
        P3      | 107 | 0.2
    """)  # fmt: skip
    expect("episode", """
        patient | onset_after | onset_by | censored_on | last_observed_on | nadir | n_counts
        P2      | 80          | 108      | 108         | 108              | 0.4   | 1
        P3      |             | 80       | 80          | 80               | 0.4   | 1
    """)  # fmt: skip


def test_a_masked_count_fills_no_gap(given, expect):
    given("treatment", DOSE_ON_DAY_90)
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  90 | 0.4
        P1      | 101 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_by | censored_on | censoring_reason
        P1      | 1              | 40       | 40          | silence
        P1      | 2              | 101      | 101         | end_of_data
    """, max_silence_days=60)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_by | censored_on | n_counts
        P1      | 1              | 40       | 101         | 3
    """, max_silence_days=60, gcsf_mask_days=None)  # fmt: skip


def test_masked_counts_after_the_last_are_no_later_observation(given, expect):
    given("treatment", DOSE_ON_DAY_90)
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  95 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | censored_on | censoring_reason | last_observed_on
        P1      | 40          | end_of_data      | 40
    """, max_silence_days=30)  # fmt: skip


# ---- why an open episode is not followed further ----


def test_an_open_episode_ends_by_silence_death_or_the_end_of_the_data(given, expect):
    given("birth", """
        patient  | birth_date | died_on
        died     | 2018-01-01 | 500
        resolved | 2018-01-01 | 500
        silent   | 2018-01-01 | 500
        lives    | 2018-01-01 |
    """)  # fmt: skip
    given("anc", """
        patient  | day | anc
        died     |  40 | 0.4
        resolved |  40 | 0.4
        resolved |  70 | 2.0
        silent   |  40 | 0.4
        silent   | 450 | 0.4
        lives    |  40 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient  | episode_number | end_kind       | censored_on | censoring_reason
        died     | 1              | open           | 40          | death
        resolved | 1              | uncontradicted |             |
        silent   | 1              | open           | 40          | silence
        silent   | 2              | open           | 450         | death
        lives    | 1              | open           | 40          | end_of_data
    """, max_silence_days=365)  # fmt: skip


def test_what_comes_after_a_silence_need_not_be_neutropenic(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      | 450 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | end_kind | censored_on | censoring_reason | last_observed_on
        P1      | 1              | open     | 40          | silence          | 40
    """, max_silence_days=365)  # fmt: skip


# ---- nadir, severity, course ----


def test_the_nadir_is_dated_at_its_first_day(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.6
        P1      |  50 | 0.3
        P1      |  60 | 2.0
        P1      |  65 | 0.3
        P1      |  70 | 2.0
        P1      |  98 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | nadir | nadir_on | severity
        P1      | 0.3   | 50       | severe
    """)  # fmt: skip


NADIRS = """
    patient | day | anc
    n049    | 400 | 0.49
    n050    | 400 | 0.5
    n051    | 400 | 0.51
    n099    | 400 | 0.99
    n100    | 400 | 1.0
    n149    | 400 | 1.49
"""


def test_severity_is_read_off_the_nadir(given, expect):
    given("anc", NADIRS)
    expect("episode", """
        patient | nadir | severity
        n049    | 0.49  | severe
        n050    | 0.5   | moderate
        n051    | 0.51  | moderate
        n099    | 0.99  | moderate
        n100    | 1.0   | mild
        n149    | 1.49  | mild
    """)  # fmt: skip


def test_the_limits_of_severity_are_choices(given, expect):
    given("anc", NADIRS)
    expect("episode", """
        patient | severity
        n049    | severe
        n050    | severe
        n051    | moderate
        n099    | mild
        n100    | mild
        n149    | mild
    """, severe_below=0.51, moderate_below=0.99)  # fmt: skip


def test_an_episode_of_exactly_six_months_is_not_chronic(given, expect):
    """Day 40 is 10 February 2018; six calendar months later is 10 August, day 221."""
    given("anc", """
        patient  | day | anc
        resolved |  40 | 0.4
        resolved | 221 | 2.0
        later    |  40 | 0.4
        later    | 222 | 2.0
        open     |  40 | 0.4
        open     | 221 | 0.4
        open_on  |  40 | 0.4
        open_on  | 222 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient  | onset_by | resolution_by | censored_on | course
        resolved | 40       | 221           |             | transient
        later    | 40       | 222           |             | chronic
        open     | 40       |               | 221         | undetermined
        open_on  | 40       |               | 222         | chronic
    """)  # fmt: skip


def test_six_months_after_the_last_of_august_is_the_last_of_february(given, expect):
    given("anc", """
        patient | day        | anc
        P1      | 2018-08-31 | 0.4
        P1      | 2019-02-28 | 2.0
        P2      | 2018-08-31 | 0.4
        P2      | 2019-03-01 | 2.0
        P3      | 2019-08-31 | 0.4
        P3      | 2020-02-29 | 2.0
        P4      | 2019-08-31 | 0.4
        P4      | 2020-03-01 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | course
        P1      | transient
        P2      | chronic
        P3      | transient
        P4      | chronic
    """)  # fmt: skip


def test_the_course_is_counted_to_the_resolution_and_not_to_its_confirmation(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      | 200 | 2.0
        P1      | 300 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | resolution_by | confirmed_on | course
        P1      | 200           | 300          | transient
    """)  # fmt: skip


# ---- again ----


def test_a_later_run_is_the_next_episode(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  40 | 0.4
        P1      |  70 | 2.0
        P1      |  98 | 2.0
        P1      | 120 | 2.0
        P1      | 130 | 0.6
        P1      | 140 | 2.0
        P1      | 168 | 2.0
        P1      | 169 | 0.8
        P2      |  40 | 0.4
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_after | onset_by | resolution_after | resolution_by | confirmed_on | censored_on | last_observed_on | nadir | n_counts
        P1      | 1              |             | 40       | 40               | 70            | 98           |             | 169              | 0.4   | 2
        P1      | 2              | 120         | 130      | 130              | 140           | 168          |             | 169              | 0.6   | 2
        P1      | 3              | 168         | 169      |                  |               |              | 169         | 169              | 0.8   | 1
        P2      | 1              |             | 40       |                  |               |              | 40          | 40               | 0.4   | 1
    """)  # fmt: skip  # noqa: E501


def test_the_order_of_the_rows_does_not_matter(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  98 | 2.0
        P2      |  40 | 0.4
        P1      | 130 | 0.6
        P1      |  40 | 0.4
        P1      |  70 | 2.0
    """)  # fmt: skip
    expect("episode", """
        patient | episode_number | onset_by | resolution_by | confirmed_on
        P1      | 1              | 40       | 70            | 98
        P1      | 2              | 130      |               |
        P2      | 1              | 40       |               |
    """)  # fmt: skip


# ---- presets ----

ONE_CHILD = """
    patient | day | anc
    P1      |  40 | 0.4
    P1      |  70 | 1.2
    P1      |  80 | 0.7
    P1      | 150 | 1.2
    P1      | 178 | 1.2
    P1      | 200 | 0.3
    P1      | 300 | 2.0
"""
COLUMNS = (
    "patient | episode_number | onset_after | onset_by | resolution_after | resolution_by | confirmed_on"
    " | end_kind | censored_on | course"
)
OF_ONE_CHILD = {
    "textbook": """
        P1 | 1 |     |  40 |  80 | 150 | 178 | confirmed      |     | transient
        P1 | 2 | 178 | 200 | 200 | 300 |     | uncontradicted |     | transient
    """,
    "flat_1500": """
        P1 | 1 |     |  40 | 200 | 300 |     | uncontradicted |     | chronic
    """,
    "severe_500": """
        P1 | 1 |     |  40 |  40 |  70 | 150 | confirmed      |     | transient
        P1 | 2 | 178 | 200 | 200 | 300 |     | uncontradicted |     | transient
    """,
    "neglia_1993": """
        P1 | 1 |     |  40 |  80 | 150 | 178 | confirmed      |     | transient
        P1 | 2 | 178 | 200 | 200 | 300 |     | uncontradicted |     | transient
    """,
    "chronic_90": """
        P1 | 1 |     |  40 |  80 | 150 | 178 | confirmed      |     | chronic
        P1 | 2 | 178 | 200 | 200 | 300 |     | uncontradicted |     | chronic
    """,
    "single_normal": """
        P1 | 1 |     |  40 |  40 |  70 |  70 | confirmed      |     | transient
        P1 | 2 |  70 |  80 |  80 | 150 | 150 | confirmed      |     | transient
        P1 | 3 | 178 | 200 | 200 | 300 | 300 | confirmed      |     | transient
    """,
    "strict": """
        P1 | 1 |     |  40 |  80 | 150 | 178 | confirmed      |     | transient
        P1 | 2 | 178 | 200 |     |     |     | open           | 200 | undetermined
    """,
}


@pytest.mark.parametrize("preset", list(PRESETS))
def test_one_child_under_every_preset(given, expect, preset):
    """Three months after day 40 is day 129, after day 200 day 292; six months are day 221 and day 384."""
    given("anc", ONE_CHILD)
    expect("episode", f"{COLUMNS}\n{OF_ONE_CHILD[preset]}", definitions=PRESETS[preset])


# ---- runs ----

HAS_RUNS = pytest.mark.parametrize("engine", ["program"])


@HAS_RUNS
def test_a_run_is_all_that_follows_in_one_state_and_ends_its_stretch_or_not(given, expect):
    given("anc", """
        patient | day | anc
        P1      |  10 | 2.0
        P1      |  40 | 0.4
        P1      |  45 | 0.3
        P1      |  50 | 0.3
        P1      |  60 | 0.7
        P1      |  70 | 2.0
        P1      |  97 | 2.0
        P1      |  98 | 1.5
        P1      |  99 | 2.0
        P1      | 200 | 0.2
    """)  # fmt: skip
    expect("neutropenic_run", """
        patient | run_number | stretch_number | previous_on | first_on | last_on | n_neutropenic | last_unresolved_on | nadir | nadir_on | end_kind  | normal_from | normal_to | last_observed_on
        P1      | 1          | 1              | 10          | 40       | 50      | 3             | 60                 | 0.3   | 45       | confirmed | 70          | 99        | 99
        P1      | 2          | 2              |             | 200      | 200     | 1             | 200                | 0.2   | 200      |           |             |           | 200
    """, max_silence_days=100, **NEGLIA)  # fmt: skip  # noqa: E501
