"""Who is left at each step from the extract to the curve. Days are days since birth."""

import pytest

from ain_analytics.attrition import attrition
from ain_analytics.cases import classify
from ain_analytics.followup import follow_up


@pytest.fixture
def story(story):
    """Let `expect("attrition", ...)` compare what `attrition` makes of the registry."""

    def found(engine, frame, definitions):
        registry = story.registry(definitions)
        cases = classify(registry)
        return attrition(registry, cases, follow_up(registry, cases)).to_dicts()

    story.found = found
    return story


PATIENTS = """
    patient      | birth_date | sex | enrolled_on
    unborn       |            | f   |
    uncounted    | 2018-01-01 | f   |
    masked       | 2018-01-01 | f   |
    normal       | 2018-01-01 | f   |
    once         | 2018-01-01 | f   |
    resolved_out | 2018-01-01 | f   | 300
    open_out     | 2018-01-01 | f   | 300
    twice        | 2018-01-01 | f   |
    primary      | 2018-01-01 | f   |
"""
COUNTS = """
    patient      | day | anc
    masked       | 200 | 0.4
    normal       | 200 | 2.0
    once         | 200 | 0.4
    resolved_out | 200 | 0.4
    resolved_out | 230 | 2.0
    open_out     | 200 | 0.4
    open_out     | 230 | 0.4
    twice        | 200 | 0.4
    twice        | 230 | 2.0
    twice        | 260 | 2.0
    twice        | 900 | 0.4
    twice        | 930 | 0.4
    primary      | 200 | 0.4
    primary      | 230 | 0.4
"""


@pytest.fixture
def told(given):
    given("patient", PATIENTS)
    given("anc", COUNTS)
    given("treatment", """
        patient | day | code
        masked  | 198 | L03AA02
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        primary | 210 | GIFT | positive
        once    | 210 | GIFT | positive
    """)  # fmt: skip


@pytest.mark.usefixtures("told")
def test_each_step_counts_who_is_left(expect):
    expect("attrition", """
        step_number | step                            | n_children | n_episodes
        1           | Children in the extract         | 9          |
        2           | Usable children                 | 8          |
        3           | Children with a usable count    | 7          |
        4           | Children with an unmasked count | 6          |
        5           | Children with an episode        | 5          | 6
        6           | First episodes                  | 5          | 5
        7           | Without resolved_before_entry   | 4          | 4
        8           | Without censored_before_entry   | 3          | 3
        9           | Without no_time_followed        | 2          | 2
        10          | Episodes in the estimate        | 2          | 2
        11          | Autoimmune at baseline          | 1          | 1
    """)  # fmt: skip


@pytest.mark.usefixtures("told")
def test_a_step_that_loses_nobody_for_a_reason_is_left_out(expect):
    expect("attrition", """
        step_number | step                            | n_children | n_episodes
        1           | Children in the extract         | 9          |
        2           | Usable children                 | 8          |
        3           | Children with a usable count    | 7          |
        4           | Children with an unmasked count | 6          |
        5           | Children with an episode        | 5          | 6
        6           | Without no_time_followed        | 4          | 5
        7           | Episodes in the estimate        | 4          | 5
        8           | Autoimmune at baseline          | 1          | 1
    """, uses_entry=False, episodes_used="all")  # fmt: skip


@pytest.mark.usefixtures("told")
def test_the_reason_names_why_rows_of_patients_were_set_aside(registry):
    cases = classify(registry())
    steps = attrition(registry(), cases, follow_up(registry(), cases))
    assert steps["reason"][1] == "Rows set aside: bad_birth_date."


@pytest.mark.usefixtures("told")
def test_the_last_but_one_step_is_what_an_estimate_may_use(registry):
    cases = classify(registry())
    followed = follow_up(registry(), cases)
    steps = attrition(registry(), cases, followed)
    usable = followed.filter(followed["is_usable"] & (followed["episode_number"] == 1))
    assert steps["n_episodes"][-2] == usable.height
