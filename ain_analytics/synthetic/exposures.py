"""What may trigger an onset: vaccinations and parvovirus infections, and what is recorded of them."""

from dataclasses import dataclass

from ain_analytics.synthetic.facts import fact, refuse_bad_facts

PARVOVIRUS = (("B34.3", 0.6), ("B08.3", 0.4))
MMR, HEXAVALENT = "J07BD52", "J07CA09"


@dataclass(frozen=True, slots=True)
class Exposures:
    """What may trigger an onset. Nothing of it is in an extract unless `are_recorded` says so.

    Raises
    ------
    BadDefinition
        A value is impossible.
    """

    are_recorded: bool = fact(
        False, "", "Whether vaccinations and parvovirus infections are written down at all."
    )
    vaccination_ages: tuple[int, ...] = fact(
        (61, 122, 335, 396), "days of age", "When vaccines are due; the last is that of measles.",
        "our choice, after usual European schedules",
    )  # fmt: skip
    vaccination_spread: float = fact(25.0, "days", "Spread of the day around it.")
    vaccinated_share: float = fact(0.93, "share", "Doses that are given.")
    postponed_share: float = fact(
        0.5, "share", "Doses due between detection and resolution that are not given."
    )
    vaccination_ratio: float = fact(1.0, "", "Rate of onset after a dose to that at other times.")
    parvovirus_a_year: float = fact(0.05, "a year", "Infections of children who had none.")
    parvovirus_until_days: int = fact(1826, "days", "Oldest age of an infection.")
    parvovirus_ratio: float = fact(1.0, "", "Rate of onset after an infection to that at other times.")
    ratio_days: int = fact(42, "days", "These rates hold from the day after to so long after.")
    coded_share: float = fact(0.5, "share", "Infections recorded when they happen.")
    coded_days: tuple[int, int] = fact((0, 7), "days from, to", "They are recorded so long after they begin.")
    tested_share: float = fact(0.6, "share", "Other recent infections that a test at detection finds.")
    tested_back_days: int = fact(60, "days", "Such a test finds infections that began so long before it.")

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
