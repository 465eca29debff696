"""Who is what, at baseline and at the end. Days are days since birth (2018-01-01).

Unless said otherwise a child has its onset on day 200, one more neutropenic count on day 230, and nothing
later. Baseline is what is known by day 290, 90 days after the onset.
"""

import pytest

from ain_analytics.cases import RULES, classify, rules_table
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.schema.derived import AIN_CLASSES, CASE_CLASS, EVIDENCE


@pytest.fixture
def story(story):
    """Let `expect("case", ...)` compare what `classify` makes of the registry."""
    derived = story.found

    def found(engine, frame, definitions):
        if frame != "case":
            return derived(engine, frame, definitions)
        return classify(story.registry(definitions)).to_dicts()

    story.found = found
    return story


@pytest.fixture
def with_onset(given):
    """Give children an open episode from a day on."""

    def add(*patients, day=200):
        lines = [f"{patient} | {on} | 0.4" for patient in patients for on in (day, day + 30)]
        given("anc", "\n".join(["patient | day | anc", *lines]))

    return add


# ---- one rule after the other ----


def test_an_early_onset_is_alloimmune_only_with_the_mothers_antibodies(given, with_onset, expect):
    with_onset("mother", "no_test", "negative", "own", "gene", day=27)
    with_onset("older", day=28)
    given("antibody_test", """
        patient  | day | test  | result   | subject
        mother   |  40 | MAIGA | positive | mother
        negative |  40 | MAIGA | negative | mother
        own      |  40 | MAIGA | positive | patient
        older    |  40 | MAIGA | positive | mother
    """)  # fmt: skip
    given("genetic_test", """
        patient | day | gene  | result
        gene    |  40 | ELANE | pathogenic
    """)  # fmt: skip
    expect("case", """
        patient  | case_class            | rule                  | evidence          | known_on | is_ain
        mother   | neonatal_alloimmune   | neonatal_alloimmune   | maternal_antibody | 40       | no
        no_test  | neonatal_undetermined | neonatal_undetermined | none              | 27       | no
        negative | neonatal_undetermined | neonatal_undetermined | none              | 27       | no
        own      | neonatal_undetermined | neonatal_undetermined | none              | 27       | no
        gene     | congenital            | congenital            | pathogenic_gene   | 40       | no
        older    | untested              | untested              | none              | 28       | no
    """)  # fmt: skip


def test_a_gene_or_an_arrest_of_the_marrow_is_congenital_whatever_the_antibodies(given, with_onset, expect):
    with_onset("gene", "marrow", "both", "uncertain")
    given("genetic_test", """
        patient   | day | gene  | result
        gene      | 220 | ELANE | pathogenic
        both      | 240 | SBDS  | likely_pathogenic
        uncertain | 220 | ELANE | uncertain
    """)  # fmt: skip
    given("marrow_exam", """
        patient | day | cellularity
        marrow  | 230 | promyelocyte_arrest
        both    | 230 | promyelocyte_arrest
    """)  # fmt: skip
    given("antibody_test", """
        patient   | day | test | result
        gene      | 210 | GIFT | positive
        uncertain | 210 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient   | case_class         | evidence                       | known_on | antibody_status
        gene      | congenital         | pathogenic_gene                | 220      | positive
        marrow    | congenital         | marrow_arrest                  | 230      | not_tested
        both      | congenital         | pathogenic_gene, marrow_arrest | 230      | not_tested
        uncertain | primary_autoimmune | antibody_positive              | 210      | positive
    """)  # fmt: skip


def test_a_cycle_is_told_only_from_frequent_counts(given, expect):
    daily = [(day, 0.3 if (day - 200) % 21 < 3 else 0.5) for day in range(200, 260)]
    weekly = [(day, 0.3 if (day - 200) % 21 == 0 else 0.5) for day in range(200, 260, 7)]
    flat = [(day, 0.3) for day in range(200, 260)]
    children = {"daily": daily, "weekly": weekly, "flat": flat}
    lines = [f"{child} | {day} | {anc}" for child, counts in children.items() for day, anc in counts]
    given("anc", "\n".join(["patient | day | anc", *lines]))
    expect("case", """
        patient | case_class | evidence       | known_on | note
        daily   | cyclic     | regular_nadirs | 242      |
        weekly  | untested   | none           | 200      | cycle_not_assessable
        flat    | untested   | none           | 200      |
    """)  # fmt: skip


def test_a_drug_is_the_cause_only_if_begun_before_the_onset_and_followed_by_recovery(given, expect):
    given("anc", """
        patient     | day | anc
        culprit     | 200 | 0.4
        culprit     | 230 | 2.0
        culprit     | 260 | 2.0
        going_on    | 200 | 0.4
        going_on    | 230 | 0.4
        stopped     | 200 | 0.4
        stopped     | 245 | 0.4
        prophylaxis | 200 | 0.4
        prophylaxis | 230 | 2.0
        prophylaxis | 260 | 2.0
        long_ago    | 200 | 0.4
        long_ago    | 230 | 2.0
        long_ago    | 260 | 2.0
    """)  # fmt: skip
    given("treatment", """
        patient     | day | code    | ended_on
        culprit     | 190 | J01EE01 | 210
        going_on    | 190 | J01EE01 | 9000
        stopped     | 190 | J01EE01 | 210
        prophylaxis | 200 | J01EE01 | 210
        long_ago    | 109 | J01EE01 | 210
    """)  # fmt: skip
    tested = ("culprit", "going_on", "stopped", "prophylaxis", "long_ago")
    given(
        "antibody_test",
        "\n".join(["patient | day | test | result", *(f"{c} | 210 | GIFT | positive" for c in tested)]),
    )
    expect("case", """
        patient     | case_class         | evidence                    | known_on | is_ain | note
        culprit     | drug_induced       | culprit_drug, drug_recovery | 260      | no     | cycle_not_assessable
        going_on    | primary_autoimmune | antibody_positive           | 210      | yes    | drug_suspected, cycle_not_assessable
        stopped     | primary_autoimmune | antibody_positive           | 210      | yes    | cycle_not_assessable
        prophylaxis | primary_autoimmune | antibody_positive           | 210      | yes    | cycle_not_assessable
        long_ago    | primary_autoimmune | antibody_positive           | 210      | yes    | cycle_not_assessable
    """)  # fmt: skip  # noqa: E501


def test_malignancy_or_chemotherapy(given, with_onset, expect):
    with_onset("leukaemia", "treated", "neither")
    given("diagnosis", """
        patient   | day | code
        leukaemia | 205 | C91.0
    """)  # fmt: skip
    given("treatment", """
        patient | day | code    | ended_on
        treated | 100 | L01BB02 | 180
        neither | 201 | L01BB02 |
    """)  # fmt: skip
    expect("case", """
        patient   | case_class                 | evidence     | known_on
        leukaemia | malignancy_or_chemotherapy | malignancy   | 205
        treated   | malignancy_or_chemotherapy | chemotherapy | 200
        neither   | untested                   | none         | 200
    """)  # fmt: skip


def test_another_autoimmune_disease_is_secondary_and_a_second_cytopenia_with_antibodies(
    given, with_onset, expect
):
    with_onset("lupus", "platelets", "both", "mild", "pale")
    given("diagnosis", """
        patient | day | code
        lupus   | 205 | M32.9
        both    | 270 | D69.41
    """)  # fmt: skip
    given("lab_result", """
        patient   | day | code  | value | unit
        platelets | 215 | 777-3 | 99    | 10*9/L
        both      | 215 | 777-3 | 20    | 10*9/L
        mild      | 215 | 777-3 | 100   | 10*9/L
        pale      | 215 | 718-7 | 7.9   | g/dL
    """)  # fmt: skip
    given("antibody_test", """
        patient   | day | test | result
        platelets | 210 | GIFT | positive
        mild      | 210 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient   | case_class           | evidence                             | known_on | is_ain
        lupus     | secondary_autoimmune | autoimmune_disease                   | 205      | yes
        platelets | secondary_autoimmune | second_cytopenia                     | 215      | yes
        both      | secondary_autoimmune | autoimmune_disease, second_cytopenia | 270      | yes
        mild      | primary_autoimmune   | antibody_positive                    | 210      | yes
        pale      | undetermined         | none                                 | 215      | no
    """)  # fmt: skip


def test_an_immunodeficiency_makes_it_secondary(given, with_onset, expect):
    with_onset("P1")
    given("diagnosis", """
        patient | day | code
        P1      | 205 | D83.9
    """)  # fmt: skip
    expect("case", """
        patient | case_class                 | evidence         | known_on | is_ain
        P1      | secondary_immunodeficiency | immunodeficiency | 205      | no
    """)  # fmt: skip


def test_an_infection_explains_it_unless_antibodies_or_its_duration_speak_against(given, expect, with_onset):
    with_onset("brief", "antibody", "negative", "otitis")
    given("anc", """
        patient | day | anc
        lasting | 200 | 0.4
        lasting | 385 | 0.4
    """)  # fmt: skip
    given("diagnosis", """
        patient  | day | code
        brief    | 195 | B27.0
        antibody | 195 | B27.0
        negative | 195 | B27.0
        otitis   | 195 | H66.9
        lasting  | 195 | B27.0
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        antibody | 210 | GIFT | positive
        negative | 210 | GIFT | negative
        lasting  | 210 | GIFT | negative
    """)  # fmt: skip
    expect("case", """
        patient  | case_class          | known_on | case_class_at_end   | known_on_at_end
        brief    | secondary_infection | 200      | secondary_infection | 200
        antibody | primary_autoimmune  | 210      | primary_autoimmune  | 210
        negative | secondary_infection | 200      | secondary_infection | 200
        otitis   | untested            | 200      | untested            | 200
        lasting  | secondary_infection | 200      | probable_primary    | 385
    """)  # fmt: skip


def test_duffy_null_explains_mild_counts_only(given, expect):
    given("birth", """
        patient  | birth_date | duffy_status
        mild     | 2018-01-01 | null
        low      | 2018-01-01 | null
        antibody | 2018-01-01 | null
        positive | 2018-01-01 | positive
    """)  # fmt: skip
    given("anc", """
        patient  | day | anc
        mild     | 400 | 1.2
        mild     | 430 | 1.0
        low      | 400 | 1.2
        low      | 430 | 0.9
        antibody | 400 | 1.2
        positive | 400 | 1.2
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        antibody | 410 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient  | case_class            | evidence          | known_on
        mild     | duffy_null_associated | duffy_null        | 400
        low      | untested              | none              | 430
        antibody | primary_autoimmune    | antibody_positive | 410
        positive | untested              | none              | 400
    """)  # fmt: skip


def test_how_often_the_antibodies_were_looked_for_decides_the_rest(given, with_onset, expect):
    with_onset("positive", "discordant", "three", "four", "unclear", "hla", "untested")
    days = {"discordant": (210, 220, 230, 240), "three": (210, 220, 230), "four": (210, 220, 230, 240)}
    negatives = [f"{child} | {day} | GIFT | negative |" for child, on in days.items() for day in on]
    given("antibody_test", "\n".join(["patient | day | test | result | specificity", *negatives]))
    given("antibody_test", """
        patient    | day | test | result        | specificity
        positive   | 215 | GAT  | positive      | HNA-1a
        positive   | 250 | GAT  | positive      |
        discordant | 260 | GAT  | positive      |
        unclear    | 210 | GIFT | indeterminate |
        hla        | 210 | GIFT | positive      | HLA class I
    """)  # fmt: skip
    expect("case", """
        patient    | case_class         | evidence          | known_on | antibody_status | is_ain | note
        positive   | primary_autoimmune | antibody_positive | 215      | positive        | yes    | cycle_not_assessable
        discordant | primary_autoimmune | antibody_positive | 260      | positive        | yes    | discordant_antibodies, cycle_not_assessable
        three      | probable_primary   | antibody_negative | 210      | negative        | yes    | cycle_not_assessable
        four       | idiopathic         | antibody_negative | 240      | negative        | no     | cycle_not_assessable
        unclear    | undetermined       | none              | 210      | indeterminate   | no     | cycle_not_assessable
        hla        | undetermined       | none              | 210      | indeterminate   | no     | cycle_not_assessable
        untested   | untested           | none              | 200      | not_tested      | no     | cycle_not_assessable
    """)  # fmt: skip  # noqa: E501


def test_the_number_of_negative_tests_is_a_choice_of_the_study(given, with_onset, expect):
    with_onset("P1")
    given("antibody_test", """
        patient | day | test | result
        P1      | 210 | GIFT | negative
        P1      | 220 | GIFT | negative
    """)  # fmt: skip
    for needed, name, known_on in ((2, "idiopathic", 220), (3, "probable_primary", 210)):
        expect("case", f"""
            patient | case_class | known_on
            P1      | {name}     | {known_on}
        """, negative_tests_for_idiopathic=needed)  # fmt: skip


def test_another_cause_makes_it_secondary_to_that(given, with_onset, expect):
    with_onset("positive", "untested")
    given("diagnosis", """
        patient  | day | code
        positive | 205 | D73.1
        untested | 205 | E71.111
    """)  # fmt: skip
    given("antibody_test", """
        patient  | day | test | result
        positive | 210 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient  | case_class      | evidence    | known_on | secondary_group
        positive | secondary_other | other_cause | 205      | other
        untested | secondary_other | other_cause | 205      | other
    """)  # fmt: skip


def test_without_any_test_a_known_end_within_six_months_makes_it_transient(given, expect):
    given("anc", """
        patient | day | anc
        soon    | 200 | 0.4
        soon    | 230 | 2.0
        soon    | 260 | 2.0
        later   | 200 | 0.4
        later   | 260 | 2.0
        later   | 300 | 2.0
        tested  | 200 | 0.4
        tested  | 230 | 2.0
        tested  | 260 | 2.0
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        tested  | 205 | GIFT | indeterminate
    """)  # fmt: skip
    expect("case", """
        patient | case_class            | known_on | case_class_at_end     | known_on_at_end
        soon    | transient_unexplained | 260      | transient_unexplained | 260
        later   | untested              | 200      | transient_unexplained | 300
        tested  | undetermined          | 205      | undetermined          | 205
    """)  # fmt: skip


@pytest.mark.parametrize("code", ["D70.0", "D70.1", "D70.3", "D70.4", "D70.9", "P61.5"])
def test_no_code_of_neutropenia_makes_a_class(given, with_onset, expect, code):
    with_onset("P1")
    given("diagnosis", f"""
        patient | day | code
        P1      | 205 | {code}
    """)  # fmt: skip
    expect("case", """
        patient | case_class | case_class_at_end
        P1      | untested   | untested
    """)  # fmt: skip


# ---- the first rule that holds wins ----


def test_the_rules_are_asked_in_the_order_of_the_classes(given, with_onset, expect):
    children = ("all", "no_gene", "no_drug", "no_cancer", "no_lupus", "no_pid")
    with_onset(*children)
    facts = {"M32.9": children[:4], "D83.9": children[:5], "C91.0": children[:3], "B27.0": children}
    codes = [f"{child} | 205 | {code}" for code, having in facts.items() for child in having]
    given("diagnosis", "\n".join(["patient | day | code", *codes]))
    given("genetic_test", """
        patient | day | gene  | result
        all     | 205 | ELANE | pathogenic
    """)  # fmt: skip
    drugs = [f"{child} | 190 | J01EE01 | 215" for child in children[:2]]
    given("treatment", "\n".join(["patient | day | code | ended_on", *drugs]))
    recovered = [f"{child} | {day} | 2.0" for child in children[:2] for day in (231, 260)]
    given("anc", "\n".join(["patient | day | anc", *recovered]))
    expect("case", """
        patient   | case_class
        all       | congenital
        no_gene   | drug_induced
        no_drug   | malignancy_or_chemotherapy
        no_cancer | secondary_autoimmune
        no_lupus  | secondary_immunodeficiency
        no_pid    | secondary_infection
    """)  # fmt: skip


# ---- at baseline and at the end ----


def test_what_is_known_later_than_the_baseline_window_changes_the_final_class_only(given, with_onset, expect):
    with_onset("lupus", "on_the_day", "day_after")
    given("antibody_test", """
        patient    | day | test | result
        lupus      | 210 | GIFT | positive
        on_the_day | 290 | GIFT | positive
        day_after  | 291 | GIFT | positive
    """)  # fmt: skip
    given("diagnosis", """
        patient | day | code
        lupus   | 930 | M32.9
    """)  # fmt: skip
    expect("case", """
        patient    | case_class         | evidence          | known_on | antibody_status | case_class_at_end    | rule_at_end          | evidence_at_end    | known_on_at_end | is_ain_at_end
        lupus      | primary_autoimmune | antibody_positive | 210      | positive        | secondary_autoimmune | secondary_autoimmune | autoimmune_disease | 930             | yes
        on_the_day | primary_autoimmune | antibody_positive | 290      | positive        | primary_autoimmune   | primary_autoimmune   | antibody_positive  | 290             | yes
        day_after  | untested           | none              | 200      | not_tested      | primary_autoimmune   | primary_autoimmune   | antibody_positive  | 291             | yes
    """)  # fmt: skip  # noqa: E501


def test_the_length_of_the_baseline_window_is_a_choice_of_the_study(given, with_onset, expect):
    with_onset("P1")
    given("antibody_test", """
        patient | day | test | result
        P1      | 230 | GIFT | positive
    """)  # fmt: skip
    for days, name in ((0, "untested"), (29, "untested"), (30, "primary_autoimmune")):
        expect("case", f"""
            patient | case_class | case_class_at_end
            P1      | {name}     | primary_autoimmune
        """, baseline_days=days)  # fmt: skip


def test_a_class_is_known_since_the_day_from_which_it_has_held(given, with_onset, expect):
    with_onset("before_onset", "again")
    given("antibody_test", """
        patient      | day | test | result
        before_onset | 150 | GIFT | positive
        again        | 210 | GIFT | negative
        again        | 220 | GIFT | positive
        again        | 280 | GIFT | positive
        again        | 600 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient      | case_class         | known_on | known_on_at_end
        before_onset | primary_autoimmune | 200      | 200
        again        | primary_autoimmune | 220      | 220
    """)  # fmt: skip


def test_each_episode_has_a_class_of_its_own(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 0.4
        P1      | 230 | 2.0
        P1      | 260 | 2.0
        P1      | 900 | 0.4
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        P1      | 205 | GIFT | positive
    """)  # fmt: skip
    expect("case", """
        patient | episode_number | case_class         | antibody_status
        P1      | 1              | primary_autoimmune | positive
        P1      | 2              | untested           | not_tested
    """)  # fmt: skip


def test_a_registry_without_an_episode_has_no_case(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 200 | 2.0
    """)  # fmt: skip
    expect("case", "patient | case_class")


# ---- the table of rules ----


def test_there_is_one_rule_for_each_class_in_the_order_of_the_schema():
    assert list(RULES) == CASE_CLASS
    assert set(AIN_CLASSES) < set(RULES)


def test_every_rule_names_its_source_and_evidence_that_exists():
    for rule in RULES.values():
        assert rule.source
        assert set(rule.evidence) <= set(EVIDENCE)


def test_the_printed_rules_give_the_numbers_of_the_study():
    printed = rules_table(TEXTBOOK)
    words = dict(zip(printed["name"], printed["words"], strict=True))
    assert printed["order"].to_list() == list(range(1, 18))
    assert "at least 4 negative antibody tests" in words["idiopathic"]
    assert "below 8 g/dL" in words["secondary_autoimmune"]
    assert not any("{" in text for text in words.values())
