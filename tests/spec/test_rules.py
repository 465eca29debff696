"""Every rule by itself: where it is true, where false, where it is on its edge, and where nobody can know.

`expect("congenital", ...)` compares what the rule answers at the end of the data: yes, no or unknown. Days
are days since birth (2018-01-01). Unless said otherwise a child has its onset on day 200, one more
neutropenic count on day 230, and nothing later.
"""

import pytest

from ain_analytics.cases import RULES, rule_outcomes

ANSWER = {True: "yes", False: "no", None: "unknown"}


@pytest.fixture
def story(story):
    """Let `expect` compare what the rule of this name answers."""

    def found(engine, rule, definitions):
        answers = rule_outcomes(story.registry(definitions), at="end").to_dicts()
        return [row | {"answer": ANSWER[row[rule]]} for row in answers]

    story.found = found
    return story


@pytest.fixture
def with_onset(given):
    """Give children an open episode from a day on, or one that ends on day 300, confirmed on day 340."""

    def add(*patients, day=200, resolves=False):
        counts = {day: 0.4, day + 30: 0.4} | ({300: 2.0, 340: 2.0} if resolves else {})
        lines = [f"{patient} | {on} | {anc}" for patient in patients for on, anc in counts.items()]
        given("anc", "\n".join(["patient | day | anc", *lines]))

    return add


def test_neonatal_alloimmune(given, with_onset, expect):
    with_onset("yes", "negative", "never", "unclear", "hla", day=27)
    with_onset("too_old", day=28)
    given("antibody_test", """
        patient  | day | test  | result        | specificity | subject
        yes      |  40 | MAIGA | positive      |             | mother
        negative |  40 | MAIGA | negative      |             | mother
        unclear  |  40 | MAIGA | indeterminate |             | mother
        hla      |  40 | MAIGA | positive      | HLA class I | mother
        never    |  40 | MAIGA | positive      |             | patient
        too_old  |  40 | MAIGA | positive      |             | mother
    """)  # fmt: skip
    expect("neonatal_alloimmune", """
        patient  | answer
        yes      | yes
        negative | no
        never    | unknown
        unclear  | unknown
        hla      | unknown
        too_old  | no
    """)  # fmt: skip


def test_neonatal_undetermined_is_always_known_because_it_says_what_is_not_known(given, with_onset, expect):
    with_onset("never", "mother", "gene", day=27)
    with_onset("too_old", day=28)
    given("antibody_test", """
        patient | day | test  | result   | subject
        mother  |  40 | MAIGA | positive | mother
    """)  # fmt: skip
    given("genetic_test", """
        patient | day | gene  | result
        gene    |  40 | ELANE | pathogenic
    """)  # fmt: skip
    expect("neonatal_undetermined", """
        patient | answer
        never   | yes
        mother  | no
        gene    | no
        too_old | no
    """)  # fmt: skip


def test_congenital(given, with_onset, expect):
    with_onset("gene", "marrow", "excluded", "uncertain", "other_gene", "only_marrow", "never", "arrest_wins")
    given("genetic_test", """
        patient     | day | gene  | result
        gene        | 220 | ELANE | pathogenic
        excluded    | 220 | ELANE | negative
        uncertain   | 220 | ELANE | uncertain
        other_gene  | 220 | BRCA1 | negative
        arrest_wins | 220 | ELANE | negative
    """)  # fmt: skip
    given("marrow_exam", """
        patient     | day | cellularity
        marrow      | 220 | promyelocyte_arrest
        only_marrow | 220 | normal
        arrest_wins | 220 | promyelocyte_arrest
    """)  # fmt: skip
    expect("congenital", """
        patient     | answer
        gene        | yes
        marrow      | yes
        arrest_wins | yes
        excluded    | no
        uncertain   | unknown
        other_gene  | unknown
        only_marrow | unknown
        never       | unknown
    """)  # fmt: skip


def test_cyclic(given, expect):
    days = range(200, 260)
    nadirs = [200 + n * 24 + day for n in range(3) for day in range(3)]
    too_far = [200 + n * 25 + day for n in range(3) for day in range(3)]
    children = {
        "yes": {day: 0.3 if day in nadirs else 0.5 for day in days},
        "too_far": {day: 0.3 if day in too_far else 0.5 for day in days},
        "flat": dict.fromkeys(days, 0.3),
        "weekly": dict.fromkeys(range(200, 260, 7), 0.3),
    }
    lines = [f"{child} | {day} | {anc}" for child, counts in children.items() for day, anc in counts.items()]
    given("anc", "\n".join(["patient | day | anc", *lines]))
    expect("cyclic", """
        patient | answer
        yes     | yes
        too_far | no
        flat    | no
        weekly  | unknown
    """)  # fmt: skip


def test_drug_induced(given, expect):
    """The drug ends on day 210; recovery after it is to be seen by day 240 and confirmed 28 days later."""
    given("anc", """
        patient      | day | anc
        in_time      | 200 | 0.4
        in_time      | 240 | 2.0
        in_time      | 270 | 2.0
        too_late     | 200 | 0.4
        too_late     | 241 | 2.0
        too_late     | 270 | 2.0
        still_low    | 200 | 0.4
        still_low    | 241 | 0.4
        low_in_time  | 200 | 0.4
        low_in_time  | 240 | 0.4
        unconfirmed  | 200 | 0.4
        unconfirmed  | 240 | 2.0
        under_it     | 200 | 0.4
        under_it     | 209 | 2.0
        under_it     | 240 | 2.0
        goes_on      | 200 | 0.4
        goes_on      | 400 | 0.4
        one_dose     | 200 | 0.4
        one_dose     | 400 | 0.4
        at_onset     | 200 | 0.4
        at_onset     | 240 | 2.0
        at_onset     | 270 | 2.0
        first_day    | 200 | 0.4
        first_day    | 240 | 2.0
        first_day    | 270 | 2.0
        before_it    | 200 | 0.4
        before_it    | 240 | 2.0
        before_it    | 270 | 2.0
    """)  # fmt: skip
    given("treatment", """
        patient      | day | code    | ended_on
        in_time      | 190 | J01EE01 | 210
        too_late     | 190 | J01EE01 | 210
        still_low    | 190 | J01EE01 | 210
        low_in_time  | 190 | J01EE01 | 210
        unconfirmed  | 190 | J01EE01 | 210
        under_it     | 190 | J01EE01 | 210
        goes_on      | 190 | J01EE01 | 9000
        one_dose     | 190 | J01EE01 |
        at_onset     | 200 | J01EE01 | 210
        first_day    | 110 | J01EE01 | 210
        before_it    | 109 | J01EE01 | 210
    """)  # fmt: skip
    expect("drug_induced", """
        patient      | answer
        in_time      | yes
        first_day    | yes
        too_late     | unknown
        still_low    | no
        low_in_time  | unknown
        unconfirmed  | unknown
        under_it     | no
        goes_on      | unknown
        one_dose     | unknown
        at_onset     | no
        before_it    | no
    """)  # fmt: skip


def test_a_rule_that_asks_for_records_cannot_be_known_where_the_extract_has_no_such_table(
    given, with_onset, expect
):
    with_onset("P1")
    for rule in (
        "drug_induced", "malignancy_or_chemotherapy", "secondary_autoimmune", "secondary_immunodeficiency",
        "secondary_infection", "secondary_other",
    ):  # fmt: skip
        expect(rule, """
            patient | answer
            P1      | unknown
        """)  # fmt: skip


def test_malignancy_or_chemotherapy(given, with_onset, expect):
    with_onset("leukaemia", "treated", "last_day", "too_early", "neither")
    given("diagnosis", """
        patient   | day | code
        leukaemia | 205 | C91.0
        neither   | 205 | H66.9
    """)  # fmt: skip
    given("treatment", """
        patient   | day | code    | ended_on
        treated   | 100 | L01BB02 | 180
        last_day  | 100 | L01BB02 | 110
        too_early | 100 | L01BB02 | 109
    """)  # fmt: skip
    expect("malignancy_or_chemotherapy", """
        patient   | answer
        leukaemia | yes
        treated   | yes
        last_day  | yes
        too_early | no
        neither   | no
    """)  # fmt: skip


def test_malignancy_is_unknown_without_either_table_and_true_by_the_one_that_is_there(
    given, with_onset, expect
):
    with_onset("treated", "not_treated")
    given("treatment", """
        patient | day | code    | ended_on
        treated | 100 | L01BB02 | 180
    """)  # fmt: skip
    expect("malignancy_or_chemotherapy", """
        patient     | answer
        treated     | yes
        not_treated | unknown
    """)  # fmt: skip


def test_secondary_autoimmune(given, with_onset, expect):
    with_onset("lupus", "both", "at_limit", "no_cells", "negative", "untested", "neither")
    given("diagnosis", """
        patient | day | code
        lupus   | 205 | M32.9
    """)  # fmt: skip
    given("lab_result", """
        patient  | day | code  | value | unit
        both     | 215 | 777-3 | 99    | 10*9/L
        at_limit | 215 | 777-3 | 100   | 10*9/L
        negative | 215 | 777-3 | 99    | 10*9/L
        untested | 215 | 777-3 | 99    | 10*9/L
        neither  | 215 | 777-3 | 300   | 10*9/L
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        both     | 210 | GIFT | positive
        at_limit | 210 | GIFT | positive
        no_cells | 210 | GIFT | positive
        negative | 210 | GIFT | negative
    """)  # fmt: skip
    expect("secondary_autoimmune", """
        patient  | answer
        lupus    | yes
        both     | yes
        at_limit | no
        no_cells | unknown
        negative | no
        untested | unknown
        neither  | no
    """)  # fmt: skip


def test_secondary_immunodeficiency_and_other_causes(given, with_onset, expect):
    with_onset("cvid", "spleen", "late", "neither")
    given("diagnosis", """
        patient | day  | code
        cvid    | 205  | D83.9
        late    | 2000 | D83.9
        spleen  | 205  | D73.1
    """)  # fmt: skip
    expect("secondary_immunodeficiency", """
        patient | answer
        cvid    | yes
        late    | yes
        spleen  | no
        neither | no
    """)  # fmt: skip
    expect("secondary_other", """
        patient | answer
        cvid    | no
        late    | no
        spleen  | yes
        neither | no
    """)  # fmt: skip


def test_secondary_infection(given, with_onset, expect):
    with_onset("first_day", "day_before", "last_day", "day_after", "antibody", "negative")
    given("anc", """
        patient | day | anc
        lasting | 200 | 0.4
        lasting | 385 | 0.4
    """)  # fmt: skip
    given("diagnosis", """
        patient    | day | code
        first_day  | 170 | B27.0
        day_before | 169 | B27.0
        last_day   | 214 | B27.0
        day_after  | 215 | B27.0
        antibody   | 195 | B27.0
        negative   | 195 | B27.0
        lasting    | 195 | B27.0
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        antibody | 210 | GIFT | positive
        negative | 210 | GIFT | negative
    """)  # fmt: skip
    expect("secondary_infection", """
        patient    | answer
        first_day  | yes
        day_before | no
        last_day   | yes
        day_after  | no
        antibody   | no
        negative   | yes
        lasting    | no
    """)  # fmt: skip


def test_duffy_null_by_test(given, expect):
    given("birth", """
        patient  | birth_date | duffy_status
        at_limit | 2018-01-01 | null
        low      | 2018-01-01 | null
        positive | 2018-01-01 | positive
        untested | 2018-01-01 |
        both     | 2018-01-01 |
    """)  # fmt: skip
    given("anc", """
        patient  | day | anc
        at_limit | 400 | 1.0
        low      | 400 | 1.2
        low      | 430 | 0.99
        positive | 400 | 1.2
        untested | 400 | 1.2
        both     | 400 | 0.9
    """)  # fmt: skip
    expect("duffy_null_associated", """
        patient  | answer
        at_limit | yes
        low      | no
        positive | no
        untested | unknown
        both     | no
    """)  # fmt: skip


def test_duffy_null_by_a_stable_mild_pattern_but_never_by_ancestry(given, expect):
    """Five counts over a year (day 400 to 765), each from 1.0 to below 2.0."""
    days = (400, 500, 600, 700, 765)
    children = {
        "stable": dict.fromkeys(days, 1.2),
        "day_short": dict.fromkeys((*days[:4], 764), 1.2),
        "one_short": dict.fromkeys((400, 500, 600, 765), 1.2),
        "at_top": dict.fromkeys(days, 1.2) | {600: 2.0},
        "below_top": dict.fromkeys(days, 1.2) | {600: 1.99},
        "low": dict.fromkeys(days, 1.2) | {900: 0.9},
        "tested": dict.fromkeys(days, 1.2),
        "antibody": dict.fromkeys(days, 1.2),
        "ancestry": {400: 1.2},
    }
    lines = [f"{child} | {day} | {anc}" for child, counts in children.items() for day, anc in counts.items()]
    said = {"ancestry": "african |", "tested": "| positive"}
    births = [f"{child} | 2018-01-01 | {said.get(child, '|')}" for child in children]
    given("birth", "\n".join(["patient | birth_date | ancestry | duffy_status", *births]))
    given("anc", "\n".join(["patient | day | anc", *lines]))
    given("antibody_test", """
        patient  | day | test | result
        antibody | 410 | GIFT | positive
    """)  # fmt: skip
    expect("duffy_null_associated", """
        patient   | answer
        stable    | yes
        day_short | unknown
        one_short | unknown
        at_top    | unknown
        below_top | yes
        low       | no
        tested    | no
        antibody  | no
        ancestry  | unknown
    """)  # fmt: skip


@pytest.fixture
def tested(given, with_onset):
    """Children by what their antibody tests showed."""
    with_onset("positive", "three", "four", "discordant", "unclear", "hla", "never", "spleen")
    negatives = [
        f"{c} | {210 + n} | GIFT | negative |" for c, k in (("three", 3), ("four", 4)) for n in range(k)
    ]
    given("antibody_test", "\n".join(["patient | day | test | result | specificity", *negatives]))
    given("antibody_test", """
        patient    | day | test | result        | specificity
        positive   | 215 | GAT  | positive      | HNA-1a
        spleen     | 215 | GAT  | positive      | HNA-1a
        discordant | 215 | GIFT | negative      |
        discordant | 220 | GIFT | positive      |
        unclear    | 210 | GIFT | indeterminate |
        hla        | 210 | GIFT | positive      | HLA class I
    """)  # fmt: skip
    given("diagnosis", """
        patient | day | code
        spleen  | 205 | D73.1
    """)  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "answers"),
    [
        ("primary_autoimmune", "yes no no yes unknown unknown unknown no"),
        ("idiopathic", "no no yes no unknown unknown unknown no"),
        ("probable_primary", "no yes no no unknown unknown unknown no"),
        ("untested", "no no no no no no yes no"),
        ("undetermined", "yes yes yes yes yes yes yes yes"),
    ],
)
def test_the_rules_of_antibodies(tested, expect, rule, answers):
    children = ("positive", "three", "four", "discordant", "unclear", "hla", "never", "spleen")
    rows = [f"{child} | {answer}" for child, answer in zip(children, answers.split(), strict=True)]
    expect(rule, "\n".join(["patient | answer", *rows]))


def test_transient_unexplained(given, expect):
    given("anc", """
        patient     | day | anc
        confirmed   | 200 | 0.4
        confirmed   | 230 | 2.0
        confirmed   | 258 | 2.0
        unconfirmed | 200 | 0.4
        unconfirmed | 230 | 2.0
        unconfirmed | 257 | 2.0
        at_6_months | 200 | 0.4
        at_6_months | 384 | 2.0
        at_6_months | 420 | 2.0
        longer      | 200 | 0.4
        longer      | 385 | 2.0
        longer      | 420 | 2.0
        open        | 200 | 0.4
        tested      | 200 | 0.4
        tested      | 230 | 2.0
        tested      | 258 | 2.0
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        tested  | 210 | GIFT | negative
    """)  # fmt: skip
    expect("transient_unexplained", """
        patient     | answer
        confirmed   | yes
        unconfirmed | unknown
        at_6_months | yes
        longer      | no
        open        | unknown
        tested      | no
    """)  # fmt: skip


def test_every_rule_says_when_it_cannot_be_known():
    always = {name for name, rule in RULES.items() if rule.unknown == "never"}
    assert always == {"neonatal_undetermined", "untested", "undetermined"}
