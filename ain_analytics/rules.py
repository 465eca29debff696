"""The rules of classification: an ordered table, asked from the top; the first that holds wins.

A rule is asked of one row per episode and day: a column `has_<evidence>` for every kind of fact,
whether it was known by then, `n_negative` (negative antibody tests so far), the age at onset, and
the choices of the study that rules read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from ain_analytics.definitions import DESIGN, OURS, TEXTBOOK, Definitions

CHOICES = ("neonatal_days", "negative_tests_for_idiopathic")
"""Choices of the study that rules read, as columns beside the facts."""


def has(*kinds: str) -> pl.Expr:
    """Say whether a fact of one of these kinds of evidence was known."""
    return pl.any_horizontal(*(f"has_{kind}" for kind in kinds))


IS_NEONATAL = pl.col("age_at_onset_days") < pl.col("neonatal_days")
IS_TESTED = has("antibody_positive", "antibody_negative", "antibody_indeterminate")
IS_ISOLATED = ~has(
    "second_cytopenia", "autoimmune_disease", "immunodeficiency", "malignancy", "chemotherapy", "other_cause"
)
HAS_NEGATIVES_ONLY = has("antibody_negative") & ~has("antibody_positive")
HAS_ENOUGH_NEGATIVES = pl.col("n_negative") >= pl.col("negative_tests_for_idiopathic")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One line of the table of rules.

    Parameters
    ----------
    name : str
        The class that the rule gives.
    words : str
        What it asks; names of `Definitions` in braces.
    source : str
        Where it comes from.
    evidence : tuple of str
        Kinds of fact that speak for it; none where it rests on what is not known.
    holds : polars.Expr
        Whether it holds, on one row per episode and day.
    """

    name: str
    words: str
    source: str
    evidence: tuple[str, ...]
    holds: pl.Expr


_RULES = (
    Rule(
        "neonatal_alloimmune",
        "Onset before the age of {neonatal_days} days, and antibodies in the mother's serum; "
        "age alone is not enough.",
        DESIGN,
        ("maternal_antibody",),
        IS_NEONATAL & has("maternal_antibody"),
    ),
    Rule(
        "neonatal_undetermined",
        "Onset before the age of {neonatal_days} days, and neither maternal antibodies nor a "
        "congenital cause known.",
        DESIGN,
        (),
        IS_NEONATAL & ~has("maternal_antibody", "pathogenic_gene", "marrow_arrest"),
    ),
    Rule(
        "congenital",
        "A pathogenic variant of a neutropenia gene, or an arrest of the marrow at the promyelocyte.",
        DESIGN,
        ("pathogenic_gene", "marrow_arrest"),
        has("pathogenic_gene", "marrow_arrest"),
    ),
    Rule(
        "cyclic",
        "Three severe nadirs in a row, {cycle_min_days} to {cycle_max_days} days apart, where each of "
        "{cycle_weeks} weeks held {cycle_counts_per_week} counts; with fewer counts a cycle cannot be told.",
        OURS,
        ("cyclic_pattern",),
        has("cyclic_pattern"),
    ),
    Rule(
        "drug_induced",
        "A culprit drug begun before the onset, at most {drug_window_days} days; begun later it is none.",
        DESIGN,
        ("culprit_drug",),
        has("culprit_drug"),
    ),
    Rule(
        "malignancy_or_chemotherapy",
        "Malignancy or marrow failure, or chemotherapy given at most {chemotherapy_window_days} days "
        "before the onset.",
        OURS,
        ("malignancy", "chemotherapy"),
        has("malignancy", "chemotherapy"),
    ),
    Rule(
        "secondary_autoimmune",
        "Another autoimmune disease; or a positive antibody test and a second cytopenia (hemoglobin below "
        "{hemoglobin_below} g/dL, platelets below {platelets_below} × 10⁹/L) within "
        "{cytopenia_window_days} days of the episode. A second cytopenia alone may be lack of iron.",
        OURS,
        ("autoimmune_disease", "second_cytopenia"),
        has("autoimmune_disease") | (has("second_cytopenia") & has("antibody_positive")),
    ),
    Rule(
        "secondary_immunodeficiency",
        "An immunodeficiency; it is mostly recognised years after the cytopenia, so at the end only.",
        "our choice; Westermann-Clark 2021, doi:10.3389/fimmu.2021.649182 on the delay",
        ("immunodeficiency",),
        has("immunodeficiency"),
    ),
    Rule(
        "secondary_infection",
        "A viral or intracellular infection from {infection_before_days} days before to "
        "{infection_after_days} days after the onset, no positive antibody test, and not known to "
        "last longer than {chronic_months} months.",
        OURS,
        ("infection",),
        has("infection") & ~has("antibody_positive", "chronic_course"),
    ),
    Rule(
        "duffy_null_associated",
        "Duffy-null, no count below {duffy_anc_at_least} × 10⁹/L, and no positive antibody test.",
        OURS,
        ("duffy_null",),
        has("duffy_null") & ~has("count_below_duffy", "antibody_positive"),
    ),
    Rule(
        "primary_autoimmune",
        "Isolated, and a positive antibody test; a negative one beside it does not matter.",
        DESIGN,
        ("antibody_positive",),
        IS_ISOLATED & has("antibody_positive"),
    ),
    Rule(
        "idiopathic",
        "Isolated, at least {negative_tests_for_idiopathic} negative antibody tests and no positive one.",
        "Farruggia 2019, Italian registry",
        ("antibody_negative",),
        IS_ISOLATED & HAS_NEGATIVES_ONLY & HAS_ENOUGH_NEGATIVES,
    ),
    Rule(
        "probable_primary",
        "Isolated, fewer than {negative_tests_for_idiopathic} negative antibody tests and no positive one.",
        DESIGN,
        ("antibody_negative",),
        IS_ISOLATED & HAS_NEGATIVES_ONLY & ~HAS_ENOUGH_NEGATIVES,
    ),
    Rule(
        "transient_unexplained",
        "Isolated, no antibody test, and known to have resolved within {chronic_months} months; "
        "its duration makes the class, so it says nothing about duration.",
        OURS,
        ("transient_course",),
        IS_ISOLATED & ~IS_TESTED & has("transient_course"),
    ),
    Rule("untested", "Isolated, and no antibody test.", OURS, (), IS_ISOLATED & ~IS_TESTED),
    Rule("undetermined", "No other rule holds.", OURS, (), pl.lit(True)),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _RULES})
"""The rules by name, in the order in which they are asked."""


def case_class() -> pl.Expr:
    """Name the first rule that holds."""
    return pl.coalesce(*(pl.when(rule.holds).then(pl.lit(name)) for name, rule in RULES.items()))


def evidence_of_class() -> pl.Expr:
    """Name the known facts that speak for the class in column `case_class`, else `none`."""
    named = (
        pl.when(pl.col("case_class") == name).then(joined(*(said(kind, has(kind)) for kind in rule.evidence)))
        for name, rule in RULES.items()
        if rule.evidence
    )
    return pl.coalesce(*named, pl.lit("none"))


def antibody_status() -> pl.Expr:
    """Name the best that is known of antibodies; a positive test outweighs negative ones."""
    results = ("positive", "negative", "indeterminate")
    return pl.coalesce(*(said(result, has(f"antibody_{result}")) for result in results), pl.lit("not_tested"))


def note() -> pl.Expr:
    """Say what could not be told."""
    return joined(
        said("discordant_antibodies", has("antibody_positive") & has("antibody_negative")),
        said("cycle_not_assessable", ~has("dense_counts")),
    )


def said(word: str, condition: pl.Expr) -> pl.Expr:
    """Give the word where the condition holds, else nothing."""
    return pl.when(condition).then(pl.lit(word))


def joined(*parts: pl.Expr) -> pl.Expr:
    """Join the words that are there; nothing where none is."""
    text = pl.concat_str(*parts, separator=", ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def rules_table(definitions: Definitions = TEXTBOOK) -> pl.DataFrame:
    """Print the rules of classification, in the order in which they are asked.

    Parameters
    ----------
    definitions : Definitions
        Gives the numbers in the words.

    Returns
    -------
    polars.DataFrame
        One row per rule: order, name, words, source, evidence.

    Examples
    --------
    >>> from ain_analytics.cases import rules_table
    >>> rules_table()["name"][0]
    'neonatal_alloimmune'
    """
    values = {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in definitions.value_rows().items()
    }
    rows = [
        (order, rule.name, rule.words.format(**values), rule.source, ", ".join(rule.evidence) or "none")
        for order, rule in enumerate(RULES.values(), start=1)
    ]
    return pl.DataFrame(rows, schema=["order", "name", "words", "source", "evidence"], orient="row")
