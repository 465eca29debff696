"""Which codes doctors write down: infections, neutropenia, causes, culprit drugs."""

from dataclasses import dataclass

from ain_analytics.synthetic.facts import fact, refuse_bad_facts

VIRAL = (("J06.9", 0.60), ("J00", 0.20), ("J21.9", 0.12), ("A08.4", 0.05), ("J10.1", 0.03))
BACTERIAL = (
    ("H66.9", 0.50),
    ("L01.0", 0.20),
    ("J03.9", 0.14),
    ("N39.0", 0.06),
    ("J18.9", 0.05),
    ("L03.9", 0.04),
    ("A41.9", 0.01),
)
NEUTROPENIA = (("D70.9", 0.62), ("D70.8", 0.24), ("D70.3", 0.05), ("D70.0", 0.05), ("D70.2", 0.04))
AUTOIMMUNE = (("D69.41", 0.35), ("M32.9", 0.30), ("D89.82", 0.15), ("M08.9", 0.10), ("D59.1", 0.10))
IMMUNODEFICIENCY = (("D83.9", 0.50), ("D80.1", 0.20), ("D84.9", 0.20), ("D81.9", 0.10))
INFECTION = (("B27.9", 0.30), ("J10.1", 0.25), ("B25.9", 0.20), ("B08.2", 0.15), ("B34.3", 0.10))
MALIGNANCY = (("C91.0", 0.80), ("C92.0", 0.20))
CULPRITS = (
    ("N02BB02", 0.35),
    ("J01EE01", 0.20),
    ("A07EC01", 0.15),
    ("H03BB02", 0.15),
    ("J05AB14", 0.15),
)
LISTS = "codes: lists shipped with the program; the shares are our choice"


@dataclass(frozen=True, slots=True)
class Coding:
    """Codes that are written down, with their shares.

    Raises
    ------
    BadDefinition
        Shares of a whole do not add up.
    """

    coded_share: float = fact(0.6, "share", "Infections whose diagnosis is recorded.")
    viral: tuple[tuple[str, float], ...] = fact(VIRAL, "share", "Viral infections, ICD-10.", LISTS)
    bacterial: tuple[tuple[str, float], ...] = fact(
        BACTERIAL, "share", "Bacterial ones.", "otitis first, then skin: design, section 1; shares our choice"
    )
    neutropenia_share: float = fact(0.85, "share", "Children with a code for neutropenia.")
    right_code_share: float = fact(
        0.7, "share", "Of them, those whose code names the true kind, if one does."
    )
    neutropenia_days: float = fact(20, "days", "Mean time from detection to it.")
    neutropenia: tuple[tuple[str, float], ...] = fact(
        NEUTROPENIA, "share", "Codes for neutropenia of all others; none means autoimmune.", LISTS
    )
    autoimmune: tuple[tuple[str, float], ...] = fact(AUTOIMMUNE, "share", "Autoimmune causes.", LISTS)
    autoimmune_days: float = fact(90, "days", "Spread of their day around the detection.")
    immunodeficiency: tuple[tuple[str, float], ...] = fact(
        IMMUNODEFICIENCY, "share", "Immunodeficiencies.", LISTS
    )
    immunodeficiency_days: float = fact(
        1096, "days", "Mean time from detection to their diagnosis.", "3 years: Westermann-Clark 2021, F098"
    )
    infection: tuple[tuple[str, float], ...] = fact(INFECTION, "share", "Infections as causes.", LISTS)
    infection_days: tuple[int, int] = fact((-5, 7), "days from, to", "Their day, counted from onset.")
    malignancy: tuple[tuple[str, float], ...] = fact(MALIGNANCY, "share", "Malignancies.", LISTS)
    malignancy_days: tuple[int, int] = fact(
        (20, 40), "days from, to", "They were found so long before onset."
    )
    chemotherapy_days: tuple[int, int] = fact(
        (5, 19), "days from, to", "Chemotherapy began so long before it."
    )
    recovers_after_days: int = fact(14, "days", "Counts recover so long after the last dose.")
    chemotherapy: str = fact("L01BB02", "", "Drug given for them, ATC.", LISTS)
    culprits: tuple[tuple[str, float], ...] = fact(
        CULPRITS,
        "share",
        "Drugs that induced neutropenia.",
        "named in the review behind F103; shares our choice",
    )
    culprit_days: tuple[int, int] = fact((7, 45), "days from, to", "They were begun so long before onset.")
    stopped_days: tuple[int, int] = fact(
        (0, 3), "days from, to", "They were stopped so long after detection."
    )
    prophylaxis: str = fact("J01EE01", "", "Antibiotic given to prevent infections, ATC.", "Bux 1998, F007")

    def __post_init__(self) -> None:
        refuse_bad_facts(self)


TRUE_NEUTROPENIA_CODE = {
    "congenital": "D70.0",
    "cyclic": "D70.4",
    "drug_induced": "D70.2",
    "secondary_infection": "D70.3",
    "neonatal_alloimmune": "P61.5",
    "malignancy_or_chemotherapy": "D70.1",
}
"""Codes that name a true class, by ICD-10-CM."""
SECOND_CYTOPENIA = ("D69.41", "D59.1")
"""Causes that also lower hemoglobin and platelets."""
