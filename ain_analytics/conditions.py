"""What rules of classification ask: named conditions with three answers, true, false, cannot be known.

A condition is asked of one row per episode and day: a column `has_<evidence>` for every kind of fact,
whether it was known by then, the age at onset, the choices of the study that conditions read, and
`sends_<table>`, whether the extract has such a table at all. Null stands for what cannot be known.
"""

from dataclasses import dataclass

import polars as pl


def has(*kinds: str) -> pl.Expr:
    """Say whether a fact of one of these kinds of evidence was known."""
    return pl.any_horizontal(*(f"has_{kind}" for kind in kinds))


def told(found: pl.Expr, denied: pl.Expr) -> pl.Expr:
    """Say true where it was found, false where it was looked for in vain, else that nobody knows."""
    return pl.when(found).then(True).when(denied).then(False)


def recorded(kind: str, table: str = "diagnosis") -> pl.Expr:
    """Say whether a fact was recorded; nobody knows where the extract has no such table."""
    return told(has(kind), pl.col(f"sends_{table}"))


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """One thing that a rule asks.

    Parameters
    ----------
    name : str
        What holds when it is true; names of `Definitions` in braces.
    otherwise : str
        What holds when it is false.
    unknown : str
        Why it may be that nobody knows; empty where it is always known.
    holds : polars.Expr
        True, false or null on one row per episode and day.
    evidence : tuple of str
        Kinds of fact that speak for it.
    against : tuple of str
        Kinds of fact that speak against it.
    """

    name: str
    otherwise: str
    unknown: str
    holds: pl.Expr
    evidence: tuple[str, ...] = ()
    against: tuple[str, ...] = ()


UNTESTED_ANTIBODIES = "no clear antibody test"
NO_TABLE = "the extract has no such table"
NOT_ISOLATED = (
    "second_cytopenia", "autoimmune_disease", "immunodeficiency", "malignancy", "chemotherapy", "other_cause",
)  # fmt: skip
TESTS = ("antibody_positive", "antibody_negative", "antibody_indeterminate", "antibody_hla_only")
POSITIVE = told(has("antibody_positive"), has("antibody_negative"))

NEONATAL = Condition(
    "the onset was before the age of {neonatal_days} days",
    "the onset was not before the age of {neonatal_days} days",
    "",
    pl.col("age_at_onset_days") < pl.col("neonatal_days"),
)
MOTHER_POSITIVE = Condition(
    "antibodies in the mother's serum",
    "the mother's test was negative",
    "no clear test of the mother",
    told(has("maternal_antibody"), has("maternal_negative")),
    ("maternal_antibody",),
    ("maternal_negative",),
)
NO_MATERNAL = Condition(
    "no maternal antibodies known", "maternal antibodies are known", "", ~has("maternal_antibody"),
    against=("maternal_antibody",),
)  # fmt: skip
NO_INHERITED = Condition(
    "no congenital cause known", "a congenital cause is known", "", ~has("pathogenic_gene", "marrow_arrest"),
    against=("pathogenic_gene", "marrow_arrest"),
)  # fmt: skip
INHERITED = Condition(
    "a pathogenic variant of a neutropenia gene, or an arrest of the marrow at the promyelocyte",
    "a neutropenia gene was tested without a finding",
    "no neutropenia gene was tested with a clear result, and a marrow without an arrest tells too little",
    told(has("pathogenic_gene", "marrow_arrest"), has("gene_without_finding")),
    ("pathogenic_gene", "marrow_arrest"),
    ("gene_without_finding",),
)
CYCLIC = Condition(
    "the counts go up and down in a cycle",
    "frequent counts show no cycle",
    "the counts are too few to tell a cycle",
    told(has("regular_nadirs", "cyclic_pattern"), has("dense_counts")),
    ("regular_nadirs", "cyclic_pattern"),
    ("dense_counts",),
)
CULPRIT = Condition(
    "a culprit drug was begun at most {drug_window_days} days before the onset",
    "no culprit drug was begun in that time",
    NO_TABLE,
    recorded("culprit_drug", "treatment"),
    ("culprit_drug",),
    ("cotrimoxazole_prophylaxis",),
)
RECOVERED = Condition(
    "the counts recovered within {drug_recovery_days} days of its end",
    "they did not recover so soon, or recovered under it",
    "it is still given, its end is not known, or no recovery after it is confirmed yet",
    told(has("drug_recovery"), has("drug_without_recovery")),
    ("drug_recovery",),
    ("drug_without_recovery",),
)
MALIGNANT = Condition(
    "a malignancy, or chemotherapy",
    "neither a malignancy nor chemotherapy is recorded",
    NO_TABLE,
    recorded("malignancy") | recorded("chemotherapy", "treatment"),
    ("malignancy", "chemotherapy"),
)
AUTOIMMUNE = Condition(
    "another autoimmune disease, or a second cytopenia with antibodies",
    "neither another autoimmune disease nor a second cytopenia with antibodies",
    "the other cells were not counted or the antibodies not clearly tested, or the extract has no diagnoses",
    recorded("autoimmune_disease") | (told(has("second_cytopenia"), has("other_cells_counted")) & POSITIVE),
    ("autoimmune_disease", "second_cytopenia"),
    ("other_cells_counted", "antibody_negative"),
)
IMMUNODEFICIENT = Condition(
    "an immunodeficiency", "none is recorded", NO_TABLE, recorded("immunodeficiency"), ("immunodeficiency",)
)
INFECTED = Condition(
    "an infection near the onset", "none is recorded", NO_TABLE, recorded("infection"), ("infection",)
)
OTHER_CAUSE = Condition(
    "another cause", "none is recorded", NO_TABLE, recorded("other_cause"), ("other_cause",)
)
NO_POSITIVE = Condition(
    "no positive antibody test", "an antibody test was positive", "", ~has("antibody_positive"),
    against=("antibody_positive",),
)  # fmt: skip
NOT_CHRONIC = Condition(
    "not known to last longer than {chronic_months} months", "it lasted longer", "", ~has("chronic_course"),
    against=("chronic_course",),
)  # fmt: skip
DUFFY_NULL = Condition(
    "Duffy-null by test or by a stable mild pattern of counts",
    "Duffy-positive",
    "the Duffy antigen was not tested, and the counts show no stable mild pattern",
    pl.when(has("duffy_positive"))
    .then(False)
    .otherwise(told(has("duffy_null", "duffy_pattern"), pl.lit(False))),
    ("duffy_null", "duffy_pattern"),
    ("duffy_positive",),
)
NOT_LOW_FOR_DUFFY = Condition(
    "no count below {duffy_anc_at_least} × 10⁹/L", "a count was lower", "", ~has("count_below_duffy"),
    against=("count_below_duffy",),
)  # fmt: skip
ISOLATED = Condition(
    "isolated, as far as known", "another cause or another affected cell line is known", "",
    ~has(*NOT_ISOLATED), against=NOT_ISOLATED,
)  # fmt: skip
ANTIBODY_POSITIVE = Condition(
    "a positive antibody test", "no antibody test was positive", UNTESTED_ANTIBODIES, POSITIVE,
    ("antibody_positive",), ("antibody_negative",),
)  # fmt: skip
NEGATIVE_ONLY = Condition(
    "negative antibody tests only", "an antibody test was positive", UNTESTED_ANTIBODIES, ~POSITIVE,
    ("antibody_negative",), ("antibody_positive",),
)  # fmt: skip
ENOUGH_NEGATIVES = Condition(
    "at least {negative_tests_for_idiopathic} of them",
    "fewer than {negative_tests_for_idiopathic} of them",
    UNTESTED_ANTIBODIES,
    told(has("enough_negatives"), has("antibody_negative")),
)
TOO_FEW_NEGATIVES = Condition(
    "fewer than {negative_tests_for_idiopathic} of them",
    "at least {negative_tests_for_idiopathic} of them",
    UNTESTED_ANTIBODIES,
    ~told(has("enough_negatives"), has("antibody_negative")),
    against=("enough_negatives",),
)
NOT_TESTED = Condition("no antibody test", "antibodies were tested", "", ~has(*TESTS), against=TESTS)
TRANSIENT = Condition(
    "an end within {chronic_months} months was confirmed",
    "it lasted longer",
    "no end is confirmed yet",
    told(has("transient_course"), has("chronic_course")),
    ("transient_course",),
    ("chronic_course",),
)
ALWAYS = Condition("nothing else holds", "", "", pl.lit(True))
