"""What a registry writes down of each child beside the counts."""

from dataclasses import dataclass

from ain_analytics.synthetic.facts import fact, refuse_bad_facts

ANCESTRY = (("european", 0.76), ("african", 0.06), ("asian", 0.09), ("middle_eastern", 0.05), ("other", 0.04))
DUFFY_NULL_ANCESTRY = (("african", 0.80), ("middle_eastern", 0.15), ("other", 0.05))


@dataclass(frozen=True, slots=True)
class Description:
    """How children are described, and what is left out.

    Raises
    ------
    BadDefinition
        A share lies outside 0 and 1, or shares of a whole do not add up.
    """

    ancestry: tuple[tuple[str, float], ...] = fact(ANCESTRY, "share", "Recorded ancestry.")
    duffy_null_ancestry: tuple[tuple[str, float], ...] = fact(
        DUFFY_NULL_ANCESTRY, "share", "The same of children with the Duffy-null trait."
    )
    no_ancestry_share: float = fact(0.08, "share", "Children whose ancestry nobody recorded.")
    duffy_tested_share: float = fact(0.1, "share", "Children whose Duffy antigen is known.")
    duffy_tested_share_of_null: float = fact(0.9, "share", "The same of children with the trait.")
    duffy_unknown_share: float = fact(0.3, "share", "Of the others, those for whom `unknown` is written.")
    unknown_sex_share: float = fact(0.005, "share", "Children whose sex is not known.")
    weeks_share: float = fact(0.5, "share", "Children whose weeks of gestation are recorded.")
    weeks_mean: float = fact(39.3, "weeks", "Mean of these weeks.")
    weeks_sigma: float = fact(1.6, "weeks", "Spread of these weeks.")
    weeks_range: tuple[int, int] = fact((27, 42), "weeks from, to", "Fewest and most of them.")
    contact_share: float = fact(0.8, "share", "Children whose last contact is recorded.")

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
