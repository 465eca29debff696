"""The rules of classification: an ordered table, asked from the top; the first that holds wins.

A rule is true, false, or cannot be known from these data; what cannot be known does not fire, and is
reported. A rule holds when all of its conditions do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from ain_analytics import conditions as ask
from ain_analytics.conditions import Condition
from ain_analytics.definition_fields import DESIGN, OURS
from ain_analytics.definitions import TEXTBOOK, Definitions

CHOICES = ("neonatal_days",)
"""Choices of the study that conditions read, as columns beside the facts."""


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
    conditions : tuple of Condition
        What must all hold.
    """

    name: str
    words: str
    source: str
    conditions: tuple[Condition, ...]

    @property
    def holds(self) -> pl.Expr:
        """Whether it holds, on one row per episode and day; null where that cannot be known."""
        return pl.all_horizontal(*(condition.holds for condition in self.conditions))

    @property
    def evidence(self) -> tuple[str, ...]:
        """Kinds of fact that speak for it; none where it rests on what is not known."""
        return tuple(dict.fromkeys(kind for asked in self.conditions for kind in asked.evidence))

    @property
    def unknown(self) -> str:
        """When it cannot be known from the data whether it holds."""
        return (
            "; ".join(dict.fromkeys(asked.unknown for asked in self.conditions if asked.unknown)) or "never"
        )


_RULES = (
    Rule(
        "neonatal_alloimmune",
        "Onset before the age of {neonatal_days} days, and antibodies in the mother's serum; "
        "age alone is not enough.",
        DESIGN,
        (ask.NEONATAL, ask.MOTHER_POSITIVE),
    ),
    Rule(
        "neonatal_undetermined",
        "Onset before the age of {neonatal_days} days, and neither maternal antibodies nor a "
        "congenital cause known.",
        DESIGN,
        (ask.NEONATAL, ask.NO_MATERNAL, ask.NO_INHERITED),
    ),
    Rule(
        "congenital",
        "A pathogenic variant of a neutropenia gene, or an arrest of the marrow at the promyelocyte.",
        DESIGN,
        (ask.INHERITED,),
    ),
    Rule(
        "cyclic",
        "Where each of {cycle_weeks} weeks held {cycle_counts_per_week} counts: three severe nadirs in a "
        "row, {cycle_min_days} to {cycle_max_days} days apart, or severe counts whose periodogram has its "
        "peak there, higher than in all but {cycle_false_alarm} of random series of the same persistence.",
        "our choice; persistence after Schulz and Mudelsee 2002, doi:10.1016/S0098-3004(01)00044-9",
        (ask.CYCLIC,),
    ),
    Rule(
        "drug_induced",
        "A culprit drug begun before the onset, at most {drug_window_days} days, and a confirmed recovery "
        "at most {drug_recovery_days} days after its end; begun later it is none. The end makes the class, "
        "so the class says nothing about duration.",
        "our choice; recovery within three weeks of stopping, Andersohn 2007, "
        "doi:10.7326/0003-4819-146-9-200705010-00009",
        (ask.CULPRIT, ask.RECOVERED),
    ),
    Rule(
        "malignancy_or_chemotherapy",
        "Malignancy or marrow failure, or chemotherapy given at most {chemotherapy_window_days} days "
        "before the onset.",
        OURS,
        (ask.MALIGNANT,),
    ),
    Rule(
        "secondary_autoimmune",
        "Another autoimmune disease; or a positive antibody test and a second cytopenia (hemoglobin below "
        "{hemoglobin_below} g/dL, platelets below {platelets_below} × 10⁹/L) within "
        "{cytopenia_window_days} days of the episode. A second cytopenia alone may be lack of iron.",
        OURS,
        (ask.AUTOIMMUNE,),
    ),
    Rule(
        "secondary_immunodeficiency",
        "An immunodeficiency; it is mostly recognised years after the cytopenia, so at the end only.",
        "our choice; Westermann-Clark 2021, doi:10.3389/fimmu.2021.649182 on the delay",
        (ask.IMMUNODEFICIENT,),
    ),
    Rule(
        "secondary_infection",
        "A viral or intracellular infection from {infection_before_days} days before to "
        "{infection_after_days} days after the onset, no positive antibody test, and not known to "
        "last longer than {chronic_months} months.",
        OURS,
        (ask.INFECTED, ask.NO_POSITIVE, ask.NOT_CHRONIC),
    ),
    Rule(
        "secondary_other",
        "An inherited syndrome with neutropenia, a large spleen, or a lack of nutrients.",
        OURS,
        (ask.OTHER_CAUSE,),
    ),
    Rule(
        "duffy_null_associated",
        "Duffy-null by test, or a stable mild pattern (at least {duffy_pattern_counts} counts over "
        "{duffy_pattern_days} days, all below {duffy_anc_below} × 10⁹/L); no count below "
        "{duffy_anc_at_least} × 10⁹/L, and no positive antibody test. Ancestry is never asked.",
        OURS,
        (ask.DUFFY_NULL, ask.NOT_LOW_FOR_DUFFY, ask.NO_POSITIVE),
    ),
    Rule(
        "primary_autoimmune",
        "Isolated, and a positive antibody test; a negative one beside it does not matter.",
        DESIGN,
        (ask.ISOLATED, ask.ANTIBODY_POSITIVE),
    ),
    Rule(
        "idiopathic",
        "Isolated, at least {negative_tests_for_idiopathic} negative antibody tests and no positive one.",
        "Farruggia 2019, Italian registry",
        (ask.ISOLATED, ask.NEGATIVE_ONLY, ask.ENOUGH_NEGATIVES),
    ),
    Rule(
        "probable_primary",
        "Isolated, fewer than {negative_tests_for_idiopathic} negative antibody tests and no positive one.",
        DESIGN,
        (ask.ISOLATED, ask.NEGATIVE_ONLY, ask.TOO_FEW_NEGATIVES),
    ),
    Rule(
        "transient_unexplained",
        "Isolated, no antibody test, and a resolution within {chronic_months} months confirmed; "
        "its duration makes the class, so it says nothing about duration.",
        OURS,
        (ask.ISOLATED, ask.NOT_TESTED, ask.TRANSIENT),
    ),
    Rule("untested", "Isolated, and no antibody test.", OURS, (ask.ISOLATED, ask.NOT_TESTED)),
    Rule("undetermined", "No other rule holds.", OURS, (ask.ALWAYS,)),
)
RULES: Mapping[str, Rule] = MappingProxyType({rule.name: rule for rule in _RULES})
"""The rules by name, in the order in which they are asked."""


def case_class() -> pl.Expr:
    """Name the first rule that holds; one of which that cannot be known does not."""
    return pl.coalesce(*(pl.when(rule.holds).then(pl.lit(name)) for name, rule in RULES.items()))


def evidence_of_class() -> pl.Expr:
    """Name the known facts that speak for the class in column `case_class`, else `none`."""
    named = (
        pl.when(pl.col("case_class") == name).then(
            joined(*(said(kind, ask.has(kind)) for kind in rule.evidence))
        )
        for name, rule in RULES.items()
        if rule.evidence
    )
    return pl.coalesce(*named, pl.lit("none"))


def antibody_status() -> pl.Expr:
    """Name the best that is known of antibodies; a positive test outweighs negative ones."""
    results = {
        "positive": ("antibody_positive",),
        "negative": ("antibody_negative",),
        "indeterminate": ask.TESTS,
    }
    return pl.coalesce(
        *(said(name, ask.has(*kinds)) for name, kinds in results.items()), pl.lit("not_tested")
    )


def note() -> pl.Expr:
    """Say what could not be told."""
    suspected = ask.has("culprit_drug") & ~ask.has("drug_recovery", "drug_without_recovery")
    return joined(
        said("discordant_antibodies", ask.has("antibody_positive") & ask.has("antibody_negative")),
        said("drug_suspected", suspected),
        said("cycle_not_assessable", ~ask.has("dense_counts")),
    )


def said(word: str, condition: pl.Expr) -> pl.Expr:
    """Give the word where the condition holds, else nothing."""
    return pl.when(condition).then(pl.lit(word))


def joined(*parts: pl.Expr) -> pl.Expr:
    """Join the words that are there; nothing where none is."""
    text = pl.concat_str(*parts, separator=", ", ignore_nulls=True)
    return pl.when(text != "").then(text)


def in_numbers(definitions: Definitions) -> dict[str, object]:
    """Give the choices of a study as they stand in the words of rules."""
    return {
        name: f"{value:g}" if isinstance(value, float) else value
        for name, value in definitions.value_rows().items()
    }


def rules_table(definitions: Definitions = TEXTBOOK) -> pl.DataFrame:
    """Print the rules of classification, in the order in which they are asked.

    Parameters
    ----------
    definitions : Definitions
        Gives the numbers in the words.

    Returns
    -------
    polars.DataFrame
        One row per rule: order, name, words, unknown (when it cannot be known whether it holds), source,
        evidence.

    Examples
    --------
    >>> from ain_analytics.cases import rules_table
    >>> rules_table()["name"][0]
    'neonatal_alloimmune'
    """
    values = in_numbers(definitions)
    rows = [
        (
            order,
            rule.name,
            rule.words.format(**values),
            rule.unknown,
            rule.source,
            ", ".join(rule.evidence) or "none",
        )
        for order, rule in enumerate(RULES.values(), start=1)
    ]
    columns = ["order", "name", "words", "unknown", "source", "evidence"]
    return pl.DataFrame(rows, schema=columns, orient="row")
