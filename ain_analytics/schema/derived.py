"""Counts, episodes, evidence, cases and follow-up: what the rules make of the typed rows."""

import dataframely as dy

from ain_analytics.schema.staged import FILE, PATIENT, ROW, SEX, key

ANC = {"unit": "10⁹/L"}
DAYS = {"unit": "days"}
COUNTS = {"unit": "counts"}
END_KIND = ["confirmed", "uncontradicted", "open"]
CENSORING_REASON = ["end_of_data", "silence", "death"]
SEVERITY = ["severe", "moderate", "mild"]
COURSE = ["chronic", "transient", "undetermined"]
CASE_CLASS = [
    "neonatal_alloimmune",
    "neonatal_undetermined",
    "congenital",
    "cyclic",
    "drug_induced",
    "malignancy_or_chemotherapy",
    "secondary_autoimmune",
    "secondary_immunodeficiency",
    "secondary_infection",
    "secondary_other",
    "duffy_null_associated",
    "primary_autoimmune",
    "idiopathic",
    "probable_primary",
    "transient_unexplained",
    "untested",
    "undetermined",
]
"""The classes in the order in which their rules are asked; the first that holds wins."""
AIN_CLASSES = ("primary_autoimmune", "probable_primary", "secondary_autoimmune")
EVIDENCE = [
    "maternal_antibody",
    "maternal_negative",
    "pathogenic_gene",
    "gene_without_finding",
    "marrow_arrest",
    "marrow_without_arrest",
    "dense_counts",
    "regular_nadirs",
    "cyclic_pattern",
    "culprit_drug",
    "drug_recovery",
    "drug_without_recovery",
    "cotrimoxazole_prophylaxis",
    "chemotherapy",
    "malignancy",
    "autoimmune_disease",
    "second_cytopenia",
    "other_cells_counted",
    "immunodeficiency",
    "other_cause",
    "infection",
    "duffy_null",
    "duffy_positive",
    "duffy_pattern",
    "count_below_duffy",
    "antibody_positive",
    "antibody_negative",
    "antibody_indeterminate",
    "antibody_hla_only",
    "enough_negatives",
    "chronic_course",
    "transient_course",
    "neutropenia_code",
]
"""Kinds of fact that classification may look at. `other_cause`: inherited syndrome, large spleen,
nutrition. `regular_nadirs` and `cyclic_pattern`: a cycle told by its nadirs, and by its periodogram.
`drug_without_recovery`: unresolved long after every culprit drug, or resolved under it.
`duffy_pattern`: stable mild counts without a test. `count_below_duffy`: a count too low for a
Duffy-null child. `chronic_course`: still unresolved after `chronic_months`. `transient_course`: a
confirmed end before. A fact once known stays known."""
ANTIBODY_STATUS = ["positive", "negative", "indeterminate", "not_tested"]
ANTIBODY_STATE = ["not_tested", "negative", "positive", "discordant", "hla_only", "indeterminate"]
"""`positive`: at the first or a later test, and no negative one after it; `negative`: every clear test so
far; `discordant`: a negative test on the day of the first positive one or later."""
SECONDARY_GROUP = {
    "secondary_autoimmune": "autoimmune",
    "secondary_immunodeficiency": "immunodeficiency",
    "malignancy_or_chemotherapy": "malignancy",
    "secondary_infection": "infection",
    "secondary_other": "other",
}
"""What a neutropenia is secondary to, by class."""
TIME_ORIGIN = ["onset", "detection", "diagnosis", "birth"]
FOLLOW_UP_REASON = ["resolved_confirmed", "resolved_uncontradicted", "end_of_data", "silence", "death"]


def episode_key() -> dy.Int32:
    """Declare the ordinal of an episode where it is part of the table's key."""
    return dy.Int32(primary_key=True, min=1, description="Ordinal of the child's episode.", metadata={"unit": "episodes"})


class MaskWindow(dy.Schema):
    """One row per treatment course whose days mask the counts."""

    patient_id = dy.String(description=PATIENT)
    from_on = dy.Date(description="First masked day.")
    to_on = dy.Date(description="Last masked day.")
    agent = dy.String(description="Why: gcsf, ivig, corticosteroid or transfusion.")


class DailyAnc(dy.Schema):
    """One row per child and day with a count, masked or not."""

    patient_id = key()
    sampled_on = dy.Date(primary_key=True, description="Day the blood was drawn.")
    age_days = dy.Int32(min=0, description="Age on that day.", metadata=DAYS)
    anc = dy.Float64(min=0, description="The count that stands for the day.", metadata=ANC)
    entry_limit = dy.Float64(description="Limit for age below which a count is neutropenic.", metadata=ANC)
    exit_limit = dy.Float64(description="Limit for age from which a count is normal inside an episode.", metadata=ANC)
    is_neutropenic = dy.Bool(description="Whether the count opens or keeps up an episode.")
    is_normal = dy.Bool(description="Whether the count is part of a normal run inside an episode.")
    is_masked = dy.Bool(description="Whether a treatment hides the count; such a count decides nothing.")
    n_results = dy.Int32(min=1, description="Specimens of that day.", metadata=COUNTS)


class ChildDays(dy.Schema):
    """One row per usable child, with the number of its days with a count, by kind."""

    patient_id = key()
    n_days = dy.Int32(min=0, description="Days with a count.", metadata=DAYS)
    n_masked = dy.Int32(min=0, description="Those that a treatment masks.", metadata=DAYS)
    n_several = dy.Int32(min=0, description="Those with several specimens.", metadata=DAYS)
    n_on_limit = dy.Int32(min=0, description="Those with a count exactly on a limit.", metadata=DAYS)
    n_after_death = dy.Int32(min=0, description="Those after the child's death.", metadata=DAYS)


class MaskedEnd(dy.Schema):
    """One row per child whose last counts are masked."""

    patient_id = key()
    last_unmasked_on = dy.Date(description="Day of the last unmasked count.")
    masked_from = dy.Date(description="Day of the first masked count after it.")


class Detection(dy.Schema):
    """One row per episode, with the count by which the rule of onset was met."""

    patient_id = key()
    episode_number = episode_key()
    detected_on = dy.Date(description="Day of the neutropenic count by which the rule of onset was met.")


class LongSilence(dy.Schema):
    """One row per episode with a long time between two of its counts."""

    patient_id = key()
    episode_number = episode_key()
    silence_days = dy.Int32(min=0, description="Longest time between two unmasked counts of the episode.", metadata=DAYS)


class ResultOddity(dy.Schema):
    """One row per kind of oddity of the neutrophil counts."""

    name = dy.String(primary_key=True, description="Kind of oddity.")
    n = dy.Int64(min=0, description="Counts that are so.", metadata=COUNTS)
    n_of = dy.Int64(min=0, description="Counts that were looked at.", metadata=COUNTS)


class NeutropenicRun(dy.Schema):
    """One row per maximal run of neutropenic counts, with the unresolved counts that follow it."""

    patient_id = key()
    run_number = dy.Int32(primary_key=True, min=1, description="Ordinal of the child's run.", metadata={"unit": "runs"})
    stretch_number = dy.Int32(min=1, description="Ordinal of the stretch of counts between resolving runs and silences.", metadata={"unit": "stretches"})
    previous_on = dy.Date(nullable=True, description="Day of the count before the run in the same observation.")
    first_on = dy.Date(description="Day of the run's first count.")
    last_on = dy.Date(description="Day of the run's last neutropenic count.")
    n_neutropenic = dy.Int32(min=1, description="Neutropenic counts of the run.", metadata=COUNTS)
    last_unresolved_on = dy.Date(description="The run's last count, or the last of those between the limits that follow it.")
    nadir = dy.Float64(min=0, description="Lowest unresolved count of the run.", metadata=ANC)
    nadir_on = dy.Date(description="First day of the lowest count.")
    end_kind = dy.Enum(["confirmed", "uncontradicted"], nullable=True, description="How the normal run after it ends the stretch, if it does.")
    normal_from = dy.Date(nullable=True, description="First count of that normal run.")
    normal_to = dy.Date(nullable=True, description="Last count of that normal run.")
    last_observed_on = dy.Date(description="Last unmasked count of the observation.")


class Episode(dy.Schema):
    """One row per neutropenia episode of a child."""

    patient_id = key()
    episode_number = episode_key()
    onset_after = dy.Date(nullable=True, description="Last normal count before the onset; unknown where there is none.")
    onset_by = dy.Date(description="First neutropenic count.")
    resolution_after = dy.Date(nullable=True, description="Last unresolved count before the resolution.")
    resolution_by = dy.Date(nullable=True, description="First count of the normal run that ended the episode.")
    confirmed_on = dy.Date(nullable=True, description="Count that confirmed the resolution.")
    end_kind = dy.Enum(END_KIND, description="How the episode ended: confirmed, uncontradicted by a later count, or open.")
    is_resolved = dy.Bool(description="Whether the episode ended.")
    censored_on = dy.Date(nullable=True, description="Last unresolved count of an open episode.")
    censoring_reason = dy.Enum(CENSORING_REASON, nullable=True, description="Why an open episode is not followed further.")
    last_observed_on = dy.Date(description="Last unmasked count of the observation.")
    nadir = dy.Float64(min=0, description="Lowest count from onset to the last unresolved count.", metadata=ANC)
    nadir_on = dy.Date(description="First day of the nadir.")
    severity = dy.Enum(SEVERITY, description="Class of the nadir.")
    course = dy.Enum(COURSE, description="Chronic, transient, or undetermined because censored early.")
    n_counts = dy.Int32(min=1, description="Unmasked days with a count from onset to the first count of the resolving run, or to the censoring.", metadata=COUNTS)
    n_neutropenic = dy.Int32(min=1, description="Those below the entry limit, from onset to the last unresolved count.", metadata=COUNTS)
    age_at_onset_days = dy.Int32(min=0, description="Age at `onset_by`.", metadata=DAYS)


class CaseEvidence(dy.Schema):
    """One row per episode and fact that classification may look at."""

    patient_id = dy.String(description=PATIENT)
    episode_number = dy.Int32(min=1, description="Ordinal of the child's episode.", metadata={"unit": "episodes"})
    evidence = dy.Enum(EVIDENCE, description="Kind of fact.")
    known_on = dy.Date(description="Day on which the fact became known.")
    detail = dy.String(description="The code, method, gene or role behind the fact.")
    table_name = dy.String(description="Table of the extract that it comes from.")
    file = dy.String(nullable=True, description=FILE)
    row_number = dy.Int64(nullable=True, description=ROW, metadata={"unit": "records"})


class KnownFact(dy.Schema):
    """One row per episode and kind of fact that is known of it."""

    patient_id = key()
    episode_number = episode_key()
    evidence = dy.Enum(EVIDENCE, primary_key=True, description="Kind of fact.")
    known_on = dy.Date(description="Day since which it is known.")


class AntibodyOrder(dy.Schema):
    """One row per episode and antibody test of the child that speaks of it, in order."""

    patient_id = key()
    episode_number = episode_key()
    test_number = dy.Int32(primary_key=True, min=1, description="Ordinal of the test, by day.", metadata={"unit": "tests"})
    evidence = dy.Enum(EVIDENCE, description="What it showed.")
    known_on = dy.Date(description="Day since which it speaks of the episode.")
    detail = dy.String(description="Method and specificity.")


class DenseCount(dy.Schema):
    """One row per episode and unmasked count within weeks of frequent counts."""

    patient_id = key()
    episode_number = episode_key()
    sampled_on = dy.Date(primary_key=True, description="Day the blood was drawn.")
    anc = dy.Float64(min=0, description="The count that stands for the day.", metadata=ANC)
    dense_on = dy.Date(description="Day since which it is known to lie in weeks of frequent counts.")
    is_unresolved = dy.Bool(description="Whether it is not normal, so that all counts up to it are part of the episode.")


class Case(dy.Schema):
    """One row per episode: who is what, as known at baseline and at the end of the data."""

    patient_id = key()
    episode_number = episode_key()
    case_class = dy.Enum(CASE_CLASS, description="Class by what was known at baseline; analyses use this one.")
    rule = dy.String(description="Name of the rule that fired at baseline.")
    evidence = dy.String(description="Facts on which the baseline class rests.")
    known_on = dy.Date(description="Day since which the class has held; not before the onset.")
    is_ain = dy.Bool(description="Whether the baseline class is primary, probable primary or secondary autoimmune.")
    antibody_status = dy.Enum(ANTIBODY_STATUS, description="Antibodies against neutrophils at baseline.")
    antibody_state = dy.Enum(ANTIBODY_STATE, description="The same by the order of the tests at baseline.")
    n_antibody_tests = dy.Int32(min=0, description="Antibody tests of the child known at baseline.", metadata={"unit": "tests"})
    n_negative_tests = dy.Int32(min=0, description="Those of them that were negative.", metadata={"unit": "tests"})
    positive_at_test = dy.Int32(nullable=True, min=1, description="Ordinal of the first positive test, by day.", metadata={"unit": "tests"})
    secondary_group = dy.Enum(sorted({*SECONDARY_GROUP.values()}), nullable=True, description="What the baseline class is secondary to, if anything.")
    note = dy.String(nullable=True, description="What could not be told, e.g. cycle_not_assessable.")
    case_class_at_end = dy.Enum(CASE_CLASS, description="Class by all that is known at the end of the data.")
    rule_at_end = dy.String(description="Name of the rule that fired at the end.")
    evidence_at_end = dy.String(description="Facts on which the final class rests.")
    known_on_at_end = dy.Date(description="Day since which the final class has held.")
    is_ain_at_end = dy.Bool(description="The same group by the final class.")


class FollowUp(dy.Schema):
    """One row per episode: how long it was followed and what ended it. Whole days since the origin."""

    patient_id = key()
    episode_number = episode_key()
    time_origin = dy.Enum(TIME_ORIGIN, description="What day zero is.")
    origin_on = dy.Date(nullable=True, description="Day zero; none where it is unknown.")
    entry_days = dy.Int32(nullable=True, description="Day from which the child was at risk of being seen (delayed entry); none: from day zero.", metadata=DAYS)
    lower_days = dy.Int32(nullable=True, min=0, description="Last day known unresolved, not before the entry; none where day zero is unknown.", metadata=DAYS)
    upper_days = dy.Int32(nullable=True, description="First day known resolved; none when censored.", metadata=DAYS)
    exit_days = dy.Int32(nullable=True, min=0, description="End of the right-censored reading; none where day zero is unknown.", metadata=DAYS)
    is_resolved = dy.Bool(description="Whether it ended by resolution.")
    competing_event = dy.Enum(["death", "transplant", "reclassified", "masking_treatment"], nullable=True, description="What made the resolution of an open episode impossible to see, or made it another disease; transplants are not told by the native format.")
    competing_days = dy.Int32(nullable=True, description="Day of the competing event.", metadata=DAYS)
    reason = dy.Enum(FOLLOW_UP_REASON, description="Why follow-up ends.")
    source = dy.String(description="Column of `episode` or `patient` that gave the end.")
    case_class = dy.Enum(CASE_CLASS, description="Class at baseline, from `case`.")
    is_ain = dy.Bool(description="Whether that class is autoimmune, from `case`.")
    antibody_status = dy.Enum(ANTIBODY_STATUS, description="Antibodies at baseline, from `case`.")
    severity = dy.Enum(SEVERITY, description="Class of the nadir, from `episode`; the worst of all counts, so it is known late.")
    age_at_onset_days = dy.Int32(min=0, description="Age at `onset_by`, from `episode`.", metadata=DAYS)
    sex = dy.Enum(SEX, description="From `patient`.")
    site = dy.String(description="From `patient`.")
    is_usable = dy.Bool(description="Whether the row can enter an estimate.")
    why_unusable = dy.Enum(["resolved_before_entry", "censored_before_entry", "origin_unknown", "no_time_followed"], nullable=True, description="Why it cannot.")
