"""How each kind of neutropenia runs: one row per true class, every number with its source."""

from dataclasses import dataclass

from ain_analytics.errors import BadDefinition
from ain_analytics.schema.derived import CASE_CLASS
from ain_analytics.synthetic.facts import fact

SOURCE = "source of the row"


@dataclass(frozen=True, slots=True)
class Course:
    """The natural history of one true class. Logarithms are natural."""

    true_class: str = fact("", "", "Class in the words of `case_class`.", SOURCE)
    share: float = fact(0.0, "share", "Children of the registry with this class.", SOURCE)
    onset_days: float = fact(0.0, "days", "Median age at onset; 0: at birth.", SOURCE)
    onset_sigma: float = fact(0.0, "log", "Spread of the logarithm of the age at onset.", SOURCE)
    detection_least_days: int = fact(0, "days", "Shortest time from onset to detection.", SOURCE)
    detection_days: float = fact(0.0, "days", "Mean of the time beyond it.", SOURCE)
    duration_days: float | None = fact(None, "days", "Median time to resolution; none: the mixture.", SOURCE)
    duration_sigma: float = fact(0.5, "log", "Spread of the logarithm of that time.", SOURCE)
    never_share: float = fact(0.0, "share", "Children who never resolve, where there is no mixture.", SOURCE)
    level: float = fact(0.5, "10⁹/L", "Median count while ill, over children.", SOURCE)
    level_sigma: float = fact(0.4, "log", "Spread of that level between children.", SOURCE)
    noise: float = fact(0.4, "log", "Spread of the counts of one child while ill.", SOURCE)
    is_acute: bool = fact(False, "", "Whether the registry hears of the child at once.", SOURCE)
    death_share: float = fact(0.002, "share", "Children who die of it, or with it.", SOURCE)
    antibody_share: float = fact(0.0, "share", "Children who carry antibodies against neutrophils.", SOURCE)
    tested_share: float = fact(0.4, "share", "Children tested for such antibodies.", SOURCE)
    source: str = fact("", "", "Where the numbers of the row come from.", SOURCE)

    def __post_init__(self) -> None:
        if self.true_class not in CASE_CLASS:
            raise BadDefinition("true_class", self.true_class, "must be a case class")
        for name in ("share", "never_share", "death_share", "antibody_share", "tested_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise BadDefinition(name, getattr(self, name), "must lie between 0 and 1")
        if self.level <= 0 or (self.duration_days is not None and self.duration_days <= 0):
            raise BadDefinition("level, duration_days", (self.level, self.duration_days), "must be above 0")


COURSES = (
    Course(
        "primary_autoimmune", 0.58, 270, 0.50, 0, 30, None, level=0.22, level_sigma=0.5, noise=0.45,
        antibody_share=1.0, tested_share=0.92,
        source="onset before a diagnosis at mainly 5 to 15 months: Bux 1998, F004, medians 11 to 13: F013, "
        "F017, F022; level: ASH table, F059, and Chung 2004, F049; the rest is our choice",
    ),
    Course(
        "idiopathic", 0.10, 365, 0.60, 0, 45, None, level=0.35, level_sigma=0.4, tested_share=0.97,
        source="later onset because age at resolution is later: Farruggia 2019, R027; the rest is our choice",
    ),
    Course(
        "secondary_autoimmune", 0.05, 2900, 0.45, 0, 45, 900, 0.7, 0.5, level=0.5, death_share=0.01,
        antibody_share=0.7, tested_share=0.8,
        source="mean age 10 years: F061; few resolve: R048, the share is our choice, and so is the rest",
    ),
    Course(
        "secondary_immunodeficiency", 0.02, 1100, 0.70, 0, 45, 1100, 0.7, 0.6, level=0.5, death_share=0.02,
        antibody_share=0.3, tested_share=0.6, source="our choice",
    ),
    Course(
        "secondary_infection", 0.03, 700, 0.70, 0, 3, 18, 0.55, level=0.6, level_sigma=0.3, noise=0.3,
        is_acute=True, tested_share=0.1,
        source="mean 21 days: R055, transient under a month: R065; else our choice",
    ),
    Course(
        "neonatal_alloimmune", 0.05, 1.5, 0.5, 0, 1, 31, 0.4, level=0.33, level_sigma=0.5, noise=0.35,
        is_acute=True, antibody_share=1.0, tested_share=0.2,
        source="onset on day 1: F085; median 31 days: R075; count 0.33: F086; the rest is our choice",
    ),
    Course(
        "drug_induced", 0.04, 2000, 0.70, 0, 4, 18, 0.3, level=0.2, is_acute=True, tested_share=0.2,
        source="recovery 7 to 21 days after withdrawal: R083; the rest is our choice",
    ),
    Course(
        "congenital", 0.04, 0, 0.0, 30, 60, 1, 0.0, 1.0, level=0.15, level_sigma=0.5, noise=0.4,
        death_share=0.06, tested_share=0.5, source="our choice; resolution is not part of the disease",
    ),
    Course(
        "cyclic", 0.03, 0, 0.0, 90, 300, 1, 0.0, 1.0, level=0.15, level_sigma=0.2, noise=0.15,
        source="our choice; resolution is not part of the disease",
    ),
    Course(
        "duffy_null_associated", 0.04, 0, 0.0, 365, 700, 1, 0.0, 1.0, level=1.28, level_sigma=0.05,
        noise=0.07, death_share=0.0, source="our choice: a healthy trait with stable counts of 1.0 to 1.5",
    ),
    Course(
        "malignancy_or_chemotherapy", 0.01, 1800, 0.60, 0, 3, 220, 0.5, 0.1, level=0.4, death_share=0.1,
        tested_share=0.05, source="our choice",
    ),
    Course(
        "transient_unexplained", 0.01, 600, 0.70, 0, 3, 14, 0.5, level=0.6, level_sigma=0.3, noise=0.3,
        is_acute=True, tested_share=0.1,
        source="recovery after a median of 7 days, 2 to 35: R067; else our choice",
    ),
)  # fmt: skip
"""The classes of the default registry; shares of children are our choice."""
