"""What classification may look at, and since when. Days are days since birth (2018-01-01).

`expect("culprit_drug", ...)` compares the rows of `case_evidence` of one kind, or of several kinds with
commas between. Most children have their onset on day 200, one more neutropenic count on day 230, and
nothing later: the episode is open. Those that resolve do so on day 300, confirmed on day 340.
"""

import pytest


@pytest.fixture
def story(story):
    """Let `expect` compare the rows of `case_evidence` of the kinds that it is given."""

    def found(engine, kinds, definitions):
        rows = story.registry(definitions).frame("case_evidence").to_dicts()
        return [row for row in rows if row["evidence"] in kinds.split(", ")] or [dict.fromkeys(rows[0])]

    story.found = found
    return story


@pytest.fixture
def with_onset(given):
    """Give children an open episode from day 200 on, or one that resolves on day 300."""

    def add(*patients, resolves=False):
        counts = {200: 0.4, 230: 0.6} | ({300: 2.0, 340: 2.0} if resolves else {})
        lines = [f"{patient} | {day} | {anc}" for patient in patients for day, anc in counts.items()]
        given("anc", "\n".join(["patient | day | anc", *lines]))

    return add


NOTHING = """
    patient | evidence
            |
"""


# ---- antibodies ----


def test_the_mothers_positive_test_speaks_whenever_it_was_made(given, with_onset, expect):
    with_onset("early", "pregnant", "late", "negative", "hla", "own", "none")
    given("antibody_test", """
        patient  | day  | test  | result   | specificity | subject
        early    |    5 | MAIGA | positive | HNA-1b      | mother
        pregnant |  -30 | GIFT  | positive |             | mother
        late     | 1000 | GIFT  | positive |             | mother
        negative |    5 | GIFT  | negative |             | mother
        hla      |    5 | GIFT  | positive | HLA class I | mother
        own      |    5 | GIFT  | positive |             | patient
    """)  # fmt: skip
    expect("maternal_antibody", """
        patient  | evidence          | known_on | detail       | table_name
        early    | maternal_antibody |    5     | MAIGA HNA-1b | antibody_test
        pregnant | maternal_antibody |  -30     | GIFT         | antibody_test
        late     | maternal_antibody | 1000     | GIFT         | antibody_test
    """)  # fmt: skip


def test_a_test_speaks_from_90_days_before_the_onset_to_90_days_after_the_end(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", resolves=True)
    given("antibody_test", """
        patient | day | test | result
        P1      | 109 | GIFT | positive
        P2      | 110 | GIFT | positive
        P3      | 390 | GIFT | positive
        P4      | 391 | GIFT | positive
    """)  # fmt: skip
    expect("antibody_positive", """
        patient | known_on
        P2      | 110
        P3      | 390
    """)  # fmt: skip
    expect("antibody_positive", """
        patient | known_on
        P1      | 109
        P2      | 110
        P3      | 390
        P4      | 391
    """, antibody_before_days=91, antibody_after_days=91)  # fmt: skip


def test_a_test_of_an_open_episode_speaks_however_late(given, with_onset, expect):
    with_onset("P1")
    given("antibody_test", """
        patient | day  | test | result
        P1      | 2000 | GIFT | negative
    """)  # fmt: skip
    expect("antibody_negative", """
        patient | episode_number | known_on
        P1      | 1              | 2000
    """)  # fmt: skip


def test_a_test_between_two_episodes_speaks_of_both(given, expect):
    given("anc", """
        patient | day | anc
        P1      | 100 | 0.4
        P1      | 130 | 2.0
        P1      | 160 | 2.0
        P1      | 220 | 0.4
    """)  # fmt: skip
    given("antibody_test", """
        patient | day | test | result
        P1      | 180 | GIFT | positive
    """)  # fmt: skip
    expect("antibody_positive", """
        patient | episode_number | known_on
        P1      | 1              | 180
        P1      | 2              | 180
    """)  # fmt: skip


def test_an_antibody_against_hla_alone_is_neither_positive_nor_negative(given, with_onset, expect):
    with_onset("hla", "both", "unknown", "negative", "unclear")
    given("antibody_test", """
        patient  | day | test | result        | specificity
        hla      | 205 | GIFT | positive      | HLA class I
        both     | 205 | GIFT | positive      | HLA class I and HNA-1a
        unknown  | 205 | GIFT | positive      |
        negative | 205 | GIFT | negative      | HLA class I
        unclear  | 205 | GIFT | indeterminate | HNA-1a
    """)  # fmt: skip
    expect("antibody_positive, antibody_negative, antibody_indeterminate, antibody_hla_only", """
        patient  | evidence
        hla      | antibody_hla_only
        both     | antibody_positive
        unknown  | antibody_positive
        negative | antibody_negative
        unclear  | antibody_indeterminate
    """)  # fmt: skip


# ---- genes and marrow ----


def test_a_pathogenic_variant_of_a_neutropenia_gene_speaks_at_any_time(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", "P5")
    given("genetic_test", """
        patient | day  | gene  | result
        P1      |   10 | ELANE | pathogenic
        P2      | 1500 | HAX1  | likely_pathogenic
        P3      |  210 | ELANE | uncertain
        P4      |  210 | ELANE | negative
        P5      |  210 | BRCA1 | pathogenic
    """)  # fmt: skip
    expect("pathogenic_gene", """
        patient | known_on | detail                 | table_name
        P1      |   10     | ELANE pathogenic       | genetic_test
        P2      | 1500     | HAX1 likely_pathogenic | genetic_test
    """)  # fmt: skip


def test_only_an_arrest_at_the_promyelocyte_speaks_of_a_congenital_cause(given, with_onset, expect):
    with_onset("P1", "P2", "P3")
    given("marrow_exam", """
        patient | day | cellularity
        P1      | 210 | promyelocyte_arrest
        P2      | 210 | increased
        P3      | 210 | decreased
    """)  # fmt: skip
    expect("marrow_arrest", """
        patient | known_on | detail              | table_name
        P1      | 210      | promyelocyte_arrest | marrow_exam
    """)  # fmt: skip


# ---- drugs ----


def test_a_culprit_drug_was_begun_before_the_onset_and_at_most_90_days(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", "P5", "P6")
    given("treatment", """
        patient | day | code    | ended_on
        P1      | 109 | J01EE01 | 205
        P2      | 110 | J01EE01 |
        P3      | 199 | J01EE01 |
        P4      | 200 | J01EE01 |
        P5      | 201 | J01EE01 |
        P6      | 150 | N02BB02 | 160
    """)  # fmt: skip
    expect("culprit_drug", """
        patient | known_on | detail                                     | table_name
        P2      | 110      | J01EE01 prophylaxis_cotrimoxazole_and_idin | treatment
        P3      | 199      | J01EE01 prophylaxis_cotrimoxazole_and_idin | treatment
        P6      | 150      | N02BB02 idin_named                         | treatment
    """)  # fmt: skip


def test_amoxicillin_other_betalactams_and_unknown_drugs_are_no_culprits(given, with_onset, expect):
    with_onset("P1")
    given("treatment", """
        patient | day | code
        P1      | 190 | J01CA04
        P1      | 191 | J01CR02
        P1      | 192 | L03AA02
        P1      | 193 | X99
    """)  # fmt: skip
    expect("culprit_drug, chemotherapy", NOTHING)


def test_chemotherapy_was_begun_before_the_onset_and_still_given_within_90_days(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", "P5", "P6")
    given("treatment", """
        patient | day | code    | ended_on
        P1      |  10 | L01BB02 | 109
        P2      |  10 | L01BB02 | 110
        P3      | 110 | L01BB02 |
        P4      | 109 | L01BB02 |
        P5      | 200 | L01BB02 | 260
        P6      | 180 | L04AX03 |
    """)  # fmt: skip
    expect("chemotherapy", """
        patient | known_on | detail
        P2      |  10      | L01BB02 chemotherapy
        P3      | 110      | L01BB02 chemotherapy
        P6      | 180      | L04AX03 immunosuppressant_myelotoxic
    """)  # fmt: skip


# ---- diagnoses ----


def test_lasting_diseases_speak_at_any_time(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8")
    given("diagnosis", """
        patient | day  | code
        P1      |   10 | M32.9
        P2      | 1500 | D69.41
        P3      |  210 | D89.82
        P4      |  210 | C91.0
        P5      |  210 | D83.1
        P6      |  210 | D73.1
        P7      |  210 | D82.0
        P8      |  210 | S52.5
    """)  # fmt: skip
    expect("autoimmune_disease, malignancy, immunodeficiency, other_cause", """
        patient | evidence           | known_on | detail                                   | table_name
        P1      | autoimmune_disease |   10     | M32.9 autoimmune_disease                 | diagnosis
        P2      | autoimmune_disease | 1500     | D69.41 autoimmune_cytopenia              | diagnosis
        P3      | autoimmune_disease |  210     | D89.82 immunodysregulation_ALPS          | diagnosis
        P4      | malignancy         |  210     | C91.0 malignancy_marrow_failure          | diagnosis
        P5      | immunodeficiency   |  210     | D83.1 immunodeficiency                   | diagnosis
        P6      | other_cause        |  210     | D73.1 hypersplenism                      | diagnosis
        P7      | immunodeficiency   |  210     | D82.0 immunodeficiency                   | diagnosis
        P7      | other_cause        |  210     | D82.0 inherited_syndrome_with_neutropenia| diagnosis
    """)  # fmt: skip


def test_an_infection_speaks_from_30_days_before_to_14_days_after_the_onset(given, with_onset, expect):
    with_onset("P1", "P2", "P3", "P4", "P5")
    given("diagnosis", """
        patient | day | code
        P1      | 169 | B27.0
        P2      | 170 | B27.0
        P3      | 214 | B27.0
        P4      | 215 | B27.0
        P5      | 200 | H66.9
    """)  # fmt: skip
    expect("infection", """
        patient | known_on
        P2      | 170
        P3      | 214
    """)  # fmt: skip


def test_codes_of_neutropenia_are_evidence_of_their_own_kind_only(given, with_onset, expect):
    with_onset("P1", "P2")
    given("diagnosis", """
        patient | day | code
        P1      | 210 | D70.0
        P2      | 210 | D70.3
    """)  # fmt: skip
    expect("neutropenia_code, infection, autoimmune_disease, other_cause", """
        patient | evidence         | known_on | detail
        P1      | neutropenia_code | 210      | D70.0 neutropenia_code:congenital
        P2      | neutropenia_code | 210      | D70.3 neutropenia_code:infection
    """)  # fmt: skip


# ---- blood cells and the Duffy antigen ----


def test_a_second_cytopenia_is_below_its_limit_and_within_30_days_of_the_episode(given, with_onset, expect):
    with_onset("low", "edge", "before", "at_first", "at_last", "after", resolves=True)
    with_onset("open_at_last", "open_after")
    given("lab_result", """
        patient      | day | code  | value | unit
        low          | 210 | 718-7 | 7.9   | g/dL
        low          | 211 | 777-3 | 99    | 10*3/uL
        edge         | 210 | 718-7 | 8.0   | g/dL
        edge         | 211 | 777-3 | 100   | 10*9/L
        before       | 169 | 777-3 | 20    | 10*9/L
        at_first     | 170 | 777-3 | 20    | 10*9/L
        at_last      | 330 | 777-3 | 20    | 10*9/L
        after        | 331 | 777-3 | 20    | 10*9/L
        open_at_last | 260 | 777-3 | 20    | 10*9/L
        open_after   | 261 | 777-3 | 20    | 10*9/L
    """)  # fmt: skip
    expect("second_cytopenia", """
        patient      | known_on | detail     | table_name
        low          | 210      | hemoglobin | lab_result
        low          | 211      | platelets  | lab_result
        at_first     | 170      | platelets  | lab_result
        at_last      | 330      | platelets  | lab_result
        open_at_last | 260      | platelets  | lab_result
    """)  # fmt: skip


def test_the_duffy_antigen_is_known_from_the_onset_and_a_low_count_from_its_day(given, expect):
    given("birth", """
        patient | birth_date | duffy_status
        mild    | 2018-01-01 | null
        low     | 2018-01-01 | null
        masked  | 2018-01-01 | null
        positive| 2018-01-01 | positive
        unknown | 2018-01-01 |
    """)  # fmt: skip
    given("anc", """
        patient  | day | anc
        mild     | 400 | 1.2
        mild     | 430 | 1.0
        low      | 400 | 1.2
        low      | 430 | 0.99
        low      | 440 | 0.5
        masked   | 400 | 1.2
        masked   | 430 | 0.5
        masked   | 460 | 1.2
        positive | 400 | 1.2
        unknown  | 400 | 1.2
    """)  # fmt: skip
    given("treatment", """
        patient | day | code
        masked  | 425 | L03AA02
    """)  # fmt: skip
    expect("duffy_null, count_below_duffy", """
        patient | evidence          | known_on
        mild    | duffy_null        | 400
        low     | duffy_null        | 400
        low     | count_below_duffy | 430
        masked  | duffy_null        | 400
    """)  # fmt: skip


# ---- course: six calendar months from day 200 (20 July 2018) end on day 384 (20 January 2019) ----


def test_a_chronic_course_is_known_on_the_first_count_after_six_months_that_begins_no_earlier_run(
    given, expect
):
    given("anc", """
        patient     | day | anc
        after       | 200 | 0.4
        after       | 384 | 0.4
        after       | 385 | 0.4
        after       | 500 | 0.4
        on_the_day  | 200 | 0.4
        on_the_day  | 384 | 0.4
        resolving   | 200 | 0.4
        resolving   | 300 | 0.4
        resolving   | 390 | 2.0
        resolving   | 430 | 2.0
        interrupted | 200 | 0.4
        interrupted | 390 | 2.0
        interrupted | 400 | 0.4
    """)  # fmt: skip
    expect("chronic_course, transient_course", """
        patient     | evidence       | known_on
        after       | chronic_course | 385
        resolving   | chronic_course | 390
        interrupted | chronic_course | 390
    """)  # fmt: skip


def test_a_transient_course_is_known_when_confirmed_and_else_never(given, expect):
    given("anc", """
        patient        | day | anc
        confirmed      | 200 | 0.4
        confirmed      | 230 | 2.0
        confirmed      | 257 | 2.0
        confirmed      | 258 | 2.0
        confirmed      | 300 | 2.0
        uncontradicted | 200 | 0.4
        uncontradicted | 230 | 2.0
        uncontradicted | 240 | 2.0
    """)  # fmt: skip
    expect("chronic_course, transient_course", """
        patient        | evidence         | known_on | detail
        confirmed      | transient_course | 258      | transient, confirmed
    """)  # fmt: skip


# ---- cycle ----


def table_of_counts(counts):
    lines = [f"{patient} | {day} | {anc}" for patient, days in counts.items() for day, anc in days.items()]
    return "\n".join(["patient | day | anc", *lines])


def test_counts_are_dense_when_each_of_six_weeks_holds_three(given, expect):
    dense = {200 + 7 * week + day: 0.4 for week in range(6) for day in (0, 2, 4)}
    a_gap = {day: anc for day, anc in dense.items() if day != 200 + 7 * 3 + 2} | {200 + 1: 0.4}
    five_weeks = {day: anc for day, anc in dense.items() if day < 200 + 35}
    given("anc", table_of_counts({"dense": dense, "a_gap": a_gap, "five_weeks": five_weeks}))
    expect("dense_counts", """
        patient | known_on
        dense   | 239
    """)  # fmt: skip
    expect("dense_counts", """
        patient    | known_on
        dense      | 230
        a_gap      | 230
        five_weeks | 230
    """, cycle_weeks=5, cycle_counts_per_week=2)  # fmt: skip


@pytest.mark.parametrize(("distance", "known_on"), [(17, None), (18, 237), (21, 242), (24, 248), (25, None)])
def test_three_nadirs_at_the_distances_of_a_cycle_are_regular(given, expect, distance, known_on):
    nadirs = [200 + n * distance + day for n in range(3) for day in range(3)]
    given("anc", table_of_counts({"P1": {day: 0.3 if day in nadirs else 0.5 for day in range(200, 260)}}))
    expect("regular_nadirs", NOTHING if known_on is None else f"""
        patient | known_on
        P1      | {known_on}
    """)  # fmt: skip


def test_two_nadirs_or_a_pattern_between_monthly_counts_are_no_cycle(given, expect):
    two = {day: 0.3 if day in (210, 231) else 0.5 for day in range(200, 260)}
    sparse = {200: 0.3, 210: 0.5, 221: 0.3, 230: 0.5, 242: 0.3, 250: 0.5}
    given("anc", table_of_counts({"two": two, "sparse": sparse}))
    expect("regular_nadirs, dense_counts", """
        patient | evidence     | known_on
        two     | dense_counts | 237
    """)  # fmt: skip
