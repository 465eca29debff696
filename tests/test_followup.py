"""Who is observed for how long. Days in the tables of the story are days since birth (2018-01-01)."""

import pytest

from ain_analytics.cases import classify
from ain_analytics.errors import BadDefinition, BadFrame
from ain_analytics.followup import follow_up
from ain_analytics.schema.derived import FollowUp


@pytest.fixture
def story(story):
    """Let `expect("follow_up", ...)` compare what `follow_up` makes of the registry."""

    def found(engine, frame, definitions):
        registry = story.registry(definitions)
        return follow_up(registry, classify(registry)).to_dicts()

    story.found = found
    return story


COUNTS = """
    patient        | day | anc
    confirmed      | 200 | 0.4
    confirmed      | 300 | 0.4
    confirmed      | 331 | 2.0
    confirmed      | 370 | 2.0
    uncontradicted | 200 | 0.4
    uncontradicted | 240 | 2.0
    open           | 200 | 0.4
    open           | 300 | 0.4
"""


# ---- bounds, exit and reason ----


def test_an_episode_is_measured_from_onset_to_its_interval_of_resolution(given, expect):
    given("anc", COUNTS)
    expect("follow_up", """
        patient        | time_origin | origin_on | entry_days | lower_days | upper_days | exit_days | is_resolved | reason                  | source                | is_usable
        confirmed      | onset       | 200       |            | 100        | 131        | 131       | yes         | resolved_confirmed      | episode.resolution_by | yes
        uncontradicted | onset       | 200       |            | 0          | 40         | 40        | yes         | resolved_uncontradicted | episode.resolution_by | yes
        open           | onset       | 200       |            | 100        |            | 100       | no          | end_of_data             | episode.censored_on   | yes
    """)  # fmt: skip  # noqa: E501


@pytest.mark.parametrize(
    ("reading", "confirmed", "uncontradicted"),
    [("right_end", 131, 40), ("midpoint", 115, 20), ("lower", 100, 1)],
)
def test_the_right_censored_reading_moves_the_exit_but_not_the_bounds(
    given, expect, reading, confirmed, uncontradicted
):
    given("anc", COUNTS)
    expect("follow_up", f"""
        patient        | lower_days | upper_days | exit_days        | is_usable
        confirmed      | 100        | 131        | {confirmed}      | yes
        uncontradicted | 0          | 40         | {uncontradicted} | yes
        open           | 100        |            | 100              | yes
    """, right_reading=reading)  # fmt: skip


def test_a_normal_tail_that_resolves_nothing_is_not_followed(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
        P1      | 300 | 0.4
        P1      | 331 | 2.0
    """)  # fmt: skip
    expect("follow_up", """
        patient | lower_days | upper_days | exit_days | is_resolved | reason
        P1      | 100        |            | 100       | no          | end_of_data
    """, unconfirmed_end="censor")  # fmt: skip


def test_a_child_seen_once_cannot_enter_an_estimate(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
    """)  # fmt: skip
    expect("follow_up", """
        patient | lower_days | exit_days | is_usable | why_unusable
        P1      | 0          | 0         | no        | no_time_followed
    """)  # fmt: skip


# ---- origins ----


def test_times_from_birth_are_ages(given, expect):
    given("anc", COUNTS)
    expect("follow_up", """
        patient        | time_origin | origin_on | lower_days | upper_days | exit_days
        confirmed      | birth       | 0         | 300        | 331        | 331
        uncontradicted | birth       | 0         | 200        | 240        | 240
        open           | birth       | 0         | 300        |            | 300
    """, time_origin="birth")  # fmt: skip


def test_detection_is_the_count_that_met_the_rule_of_onset(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
        P1      | 210 | 0.4
        P1      | 214 | 0.4
        P1      | 300 | 0.4
    """)  # fmt: skip
    for choices, day in (
        ({}, 200),
        ({"onset_counts": 2}, 210),
        ({"onset_counts": 2, "onset_days": 14}, 214),
        ({"onset_counts": 4, "onset_days": 14}, 300),
    ):
        expect("follow_up", f"""
            patient | origin_on | lower_days
            P1      | {day}     | {300 - day}
        """, time_origin="detection", **choices)  # fmt: skip
    expect("follow_up", """
        patient | origin_on | lower_days
        P1      | 200       | 100
    """, onset_counts=2)  # fmt: skip


def test_diagnosis_is_the_first_positive_antibody_test_or_code_during_the_episode(given, expect):
    given("anc", """
        patient  | day | anc
        antibody | 200 | 0.4
        antibody | 300 | 0.4
        antibody | 331 | 2.0
        antibody | 370 | 2.0
        code     | 200 | 0.4
        code     | 300 | 0.4
        before   | 200 | 0.4
        before   | 300 | 0.4
        negative | 200 | 0.4
        negative | 300 | 0.4
        at_end   | 200 | 0.4
        at_end   | 300 | 0.4
        at_end   | 331 | 2.0
        too_late | 200 | 0.4
        too_late | 300 | 0.4
        too_late | 331 | 2.0
        between  | 200 | 0.4
        between  | 300 | 0.4
        between  | 331 | 2.0
        after    | 200 | 0.4
        after    | 300 | 0.4
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        antibody | 240 | GIFT | positive
        antibody | 260 | GIFT | positive
        before   | 199 | GIFT | positive
        negative | 210 | GIFT | negative
        at_end   | 331 | GIFT | positive
        too_late | 332 | GIFT | positive
        between  | 310 | GIFT | positive
        after    | 320 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", """
        patient  | day | code
        antibody | 250 | D70.9
        code     | 200 | D70.9
    """)  # fmt: skip
    expect("follow_up", """
        patient  | origin_on | lower_days | upper_days | exit_days | is_usable | why_unusable
        antibody | 240       | 60         | 91         | 91        | yes       |
        code     | 200       | 100        |            | 100       | yes       |
        before   |           |            |            |           | no        | origin_unknown
        negative |           |            |            |           | no        | origin_unknown
        at_end   | 331       | 0          | 0          | 0         | no        | no_time_followed
        too_late |           |            |            |           | no        | origin_unknown
        between  | 310       | 0          | 21         | 21        | yes       |
        after    | 320       | 0          |            | 0         | no        | no_time_followed
    """, time_origin="diagnosis")  # fmt: skip


# ---- delayed entry ----


ENROLLED = """
    patient   | birth_date | enrolled_on
    before    | 2018-01-01 | 150
    on_day_0  | 2018-01-01 | 200
    during    | 2018-01-01 | 250
    between   | 2018-01-01 | 310
    at_end    | 2018-01-01 | 331
    never     | 2018-01-01 |
    open_in   | 2018-01-01 | 299
    open_out  | 2018-01-01 | 300
"""
RESOLVED = ("before", "on_day_0", "during", "between", "at_end", "never")


def enrolled_children(given):
    given("birth", ENROLLED)
    lines = [f"{child} | {day} | 0.4" for child in (*RESOLVED, "open_in", "open_out") for day in (200, 300)]
    lines += [f"{child} | {day} | 2.0" for child in RESOLVED for day in (331, 370)]
    given("anc", "\n".join(["patient | day | anc", *lines]))


def test_a_child_enrolled_after_day_zero_is_at_risk_from_then_on(given, expect):
    enrolled_children(given)
    expect("follow_up", """
        patient  | entry_days | lower_days | upper_days | exit_days | is_usable | why_unusable
        before   |            | 100        | 131        | 131       | yes       |
        on_day_0 |            | 100        | 131        | 131       | yes       |
        during   | 50         | 100        | 131        | 131       | yes       |
        between  | 110        | 110        | 131        | 131       | yes       |
        at_end   | 131        | 100        | 131        | 131       | no        | resolved_before_entry
        never    |            | 100        | 131        | 131       | yes       |
        open_in  | 99         | 100        |            | 100       | yes       |
        open_out | 100        | 100        |            | 100       | no        | censored_before_entry
    """)  # fmt: skip


def test_without_delayed_entry_everybody_is_at_risk_from_day_zero(given, expect):
    enrolled_children(given)
    expect("follow_up", """
        patient  | entry_days | lower_days | exit_days | is_usable
        before   |            | 100        | 131       | yes
        on_day_0 |            | 100        | 131       | yes
        during   |            | 100        | 131       | yes
        between  |            | 100        | 131       | yes
        at_end   |            | 100        | 131       | yes
        never    |            | 100        | 131       | yes
        open_in  |            | 100        | 100       | yes
        open_out |            | 100        | 100       | yes
    """, uses_entry=False)  # fmt: skip


@pytest.mark.parametrize(
    ("reading", "after_lower", "before_upper"), [("midpoint", 115, 120), ("lower", 100, 111)]
)
def test_every_reading_of_the_exit_lies_after_the_entry(given, expect, reading, after_lower, before_upper):
    enrolled_children(given)
    expect("follow_up", f"""
        patient  | entry_days | lower_days | exit_days      | why_unusable
        before   |            | 100        | {after_lower}  |
        on_day_0 |            | 100        | {after_lower}  |
        during   | 50         | 100        | {after_lower}  |
        between  | 110        | 110        | {before_upper} |
        at_end   | 131        | 100        | {after_lower}  | resolved_before_entry
        never    |            | 100        | {after_lower}  |
        open_in  | 99         | 100        | 100            |
        open_out | 100        | 100        | 100            | censored_before_entry
    """, right_reading=reading)  # fmt: skip


def test_from_birth_the_age_at_enrolment_is_the_entry(given, expect):
    given("birth", """
        patient | birth_date | enrolled_on
        P1      | 2018-01-01 | 150
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
        P1      | 300 | 0.4
    """)  # fmt: skip
    expect("follow_up", """
        patient | entry_days | exit_days
        P1      | 150        | 300
    """, time_origin="birth")  # fmt: skip


# ---- competing events ----


def test_death_competes_with_the_resolution_of_an_open_episode_only(given, expect):
    given("birth", """
        patient  | birth_date | died_on
        open     | 2018-01-01 | 320
        resolved | 2018-01-01 | 900
    """)  # fmt: skip
    given("anc", """
        patient  | day | anc
        open     | 200 | 0.4
        open     | 300 | 0.4
        resolved | 200 | 0.4
        resolved | 300 | 2.0
        resolved | 340 | 2.0
    """)  # fmt: skip
    expect("follow_up", """
        patient  | exit_days | reason             | competing_event | competing_days
        open     | 100       | death              | death           | 120
        resolved | 100       | resolved_confirmed |                 |
    """)  # fmt: skip


def test_a_treatment_that_masks_to_the_end_competes_from_the_first_masked_count(given, expect):
    given("anc", """
        patient   | day | anc
        to_end    | 200 | 0.4
        to_end    | 300 | 0.4
        to_end    | 320 | 3.0
        to_end    | 325 | 3.0
        in_between| 200 | 0.4
        in_between| 320 | 3.0
        in_between| 360 | 0.4
        uncounted | 200 | 0.4
        uncounted | 300 | 0.4
        resolved  | 200 | 0.4
        resolved  | 230 | 2.0
        resolved  | 260 | 2.0
        resolved  | 320 | 3.0
    """)  # fmt: skip
    courses = [
        f"{child} | 315 | 330 | L03AA02" for child in ("to_end", "in_between", "uncounted", "resolved")
    ]
    given("treatment", "\n".join(["patient | day | ended_on | code", *courses]))
    expect("follow_up", """
        patient    | exit_days | is_resolved | competing_event   | competing_days
        to_end     | 100       | no          | masking_treatment | 120
        in_between | 160       | no          |                   |
        uncounted  | 100       | no          |                   |
        resolved   | 30        | yes         |                   |
    """)  # fmt: skip


def test_a_class_that_is_autoimmune_no_longer_competes_from_the_day_it_is_known(given, expect):
    given("birth", """
        patient | birth_date | died_on
        left    | 2018-01-01 |
        stayed  | 2018-01-01 |
        died    | 2018-01-01 | 650
        healed  | 2018-01-01 |
    """)  # fmt: skip
    given("anc", """
        patient | day | anc
        left    | 200 | 0.4
        left    | 700 | 0.4
        stayed  | 200 | 0.4
        stayed  | 700 | 0.4
        died    | 200 | 0.4
        died    | 640 | 0.4
        healed  | 200 | 0.4
        healed  | 300 | 2.0
        healed  | 340 | 2.0
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        left    | 210 | GIFT | positive
        stayed  | 210 | GIFT | positive
        died    | 210 | GIFT | positive
        healed  | 210 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", """
        patient | day | code
        left    | 600 | D83.9
        died    | 660 | D83.9
        healed  | 600 | D83.9
    """)  # fmt: skip  # a common variable immunodeficiency
    expect("follow_up", """
        patient | case_class         | is_resolved | competing_event | competing_days
        left    | primary_autoimmune | no          | reclassified    | 400
        stayed  | primary_autoimmune | no          |                 |
        died    | primary_autoimmune | no          | death           | 450
        healed  | primary_autoimmune | yes         |                 |
    """)  # fmt: skip


def test_silence_ends_follow_up_at_the_last_unresolved_count(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
        P1      | 300 | 0.4
        P1      | 800 | 0.4
        P1      | 830 | 0.4
    """)  # fmt: skip
    expect("follow_up", """
        patient | episode_number | origin_on | exit_days | reason
        P1      | 1              | 200       | 100       | silence
        P1      | 2              | 800       | 30        | end_of_data
    """, max_silence_days=365)  # fmt: skip


# ---- the frame ----


def test_what_describes_the_episode_comes_along(given, expect):
    given("birth", """
        patient | birth_date | sex    | site
        P1      | 2018-01-01 | female | B
    """)  # fmt: skip
    given("anc", COUNTS.replace("confirmed ", "P1 "))
    given("antibody_test", """
        patient | day | test | result
        P1      | 210 | GIFT | positive
    """)  # fmt: skip
    expect("follow_up", """
        patient        | case_class         | is_ain | antibody_status | severity | age_at_onset_days | sex     | site
        P1             | primary_autoimmune | yes    | positive        | severe   | 200               | female  | B
        uncontradicted | untested           | no     | not_tested      | severe   | 200               | unknown | not_recorded
        open           | untested           | no     | not_tested      | severe   | 200               | unknown | not_recorded
    """)  # fmt: skip  # noqa: E501


def test_arguments_outweigh_the_definitions_of_the_registry(given, registry):
    given("anc", COUNTS)
    opened = registry(time_origin="birth")
    cases = classify(opened)
    assert follow_up(opened, cases)["exit_days"].to_list() == [331, 300, 240]
    assert follow_up(opened, cases, time_origin="onset")["exit_days"].to_list() == [131, 100, 40]
    assert follow_up(opened, cases, right_reading="lower")["exit_days"].to_list() == [300, 300, 200]


def test_an_unknown_choice_is_refused(given, registry):
    given("anc", COUNTS)
    cases = classify(registry())
    with pytest.raises(BadDefinition, match="time_origin"):
        follow_up(registry(), cases, time_origin="enrolment")
    with pytest.raises(BadDefinition, match="right_reading"):
        follow_up(registry(), cases, right_reading="left")


def test_cases_of_another_registry_are_refused(given, registry):
    given("anc", COUNTS)
    cases = classify(registry())
    with pytest.raises(BadFrame, match="Case"):
        follow_up(registry(), cases.head(2))


def test_a_registry_without_an_episode_has_nobody_to_follow(given, registry):
    given("anc", """
        patient | day | anc
        P1      | 200 | 2.0
    """)  # fmt: skip
    frame = follow_up(registry(), classify(registry()))
    assert frame.height == 0
    assert frame.columns == FollowUp.column_names()
