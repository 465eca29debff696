"""The parameters of a synthetic registry: the disease, the counts, the infections."""

import math
from dataclasses import dataclass, field
from datetime import date
from statistics import NormalDist

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadDefinition
from ain_analytics.synthetic.care import Care
from ain_analytics.synthetic.coding import Coding
from ain_analytics.synthetic.course import COURSES, Course
from ain_analytics.synthetic.description import Description
from ain_analytics.synthetic.disorder import Disorder
from ain_analytics.synthetic.exposures import Exposures
from ain_analytics.synthetic.facts import about, fact, refuse_bad_facts, refuse_shares

OPENED_ON, EXTRACTED_ON = date(2008, 1, 1), date(2024, 6, 30)


@dataclass(frozen=True, slots=True)
class NaturalHistory:
    """What is true of the children, and how they are seen. Change it with `dataclasses.replace`.

    Time to resolution of primary and idiopathic children is a mixture of a usual course, a long one, and
    children who never resolve. Its median over all of them is exactly `resolution_median_months`. The
    published statements on duration cannot all hold at once; the mixture keeps the median and stays near
    the others: about 72 % between 7 and 24 months, 87 % within three years, 5 % never.

    Raises
    ------
    BadDefinition
        A value is impossible, by itself or beside another.
    """

    courses: tuple[Course, ...] = fact(COURSES, "", "One row per true class.", "each row names its own")
    care: Care = field(
        default_factory=Care, metadata=about("", "Visits, tests and treatments.", "each field names its own")
    )
    coding: Coding = field(
        default_factory=Coding,
        metadata=about("", "Codes of diagnoses and drugs.", "each field names its own"),
    )
    description: Description = field(
        default_factory=Description,
        metadata=about("", "What is recorded of children.", "each field names its own"),
    )
    disorder: Disorder = field(
        default_factory=Disorder,
        metadata=about("", "Laboratories and their errors.", "each field names its own"),
    )
    exposures: Exposures = field(
        default_factory=Exposures,
        metadata=about("", "Vaccinations and parvovirus infections.", "each field names its own"),
    )
    opened_on: date = field(
        default=OPENED_ON, metadata=about("", "First day on which children were enrolled.")
    )
    extracted_on: date = field(
        default=EXTRACTED_ON, metadata=about("", "Last day of which the extract speaks.")
    )

    resolution_median_months: float = fact(
        17.0, "months", "Time from onset by which half have resolved, those who never do included.", "R001"
    )
    usual_sigma: float = fact(
        0.40,
        "log",
        "Spread of the usual course.",
        "most within 7 to 24 months: Bux 1998, R005; size our choice",
    )
    long_share: float = fact(
        0.10,
        "share",
        "Children with a long course.",
        "Fioredda 2020, R034, describes them; the share is our choice",
    )
    long_median_months: float = fact(
        42.0,
        "months",
        "Median of the long course.",
        "longer than 3 years: Fioredda 2020, R034; value our choice",
    )
    long_sigma: float = fact(0.45, "log", "Spread of the long course.")
    never_share: float = fact(
        0.05, "share", "Children who never resolve.", "Bux 1998, R004: remission in 95 %; reading our choice"
    )
    age_and_duration: float = fact(
        0.2, "correlation", "Of the normal scores of age at onset and of duration.",
        "direction: Neglia 1993, R010, Farruggia 2019, R029; the size is our choice",
    )  # fmt: skip
    earliest_onset_days: int = fact(
        33, "days", "Youngest onset of those whose onset is not neonatal.", "Bux 1998, F005"
    )
    latest_onset_days: int = fact(6205, "days", "Oldest onset; the registry is one of children.")
    recovery_days: int = fact(30, "days", "Time in which counts climb from the low to the healthy level.")
    death_days: tuple[int, int] = fact((30, 1826), "days from, to", "Deaths come so long after detection.")
    girl_share: float = fact(
        0.54,
        "share",
        "Girls.",
        "between 48.8 % (Neglia 1993, F014) and 59.8 % (SCNIR, F016); value our choice",
    )

    healthy_newborn: float = fact(3.0, "10⁹/L", "Median healthy count at birth.")
    healthy_ten_years: float = fact(4.0, "10⁹/L", "The same from ten years on; it rises in between.")
    healthy_sigma: float = fact(0.20, "log", "Spread of the healthy level between children.")
    healthy_noise: float = fact(0.22, "log", "Spread of the healthy counts of one child.")
    noise_memory_days: float = fact(14.0, "days", "Time in which the correlation of two counts falls to 1/e.")
    cycle_days: int = fact(21, "days", "Length of a cycle.", "the 21-day cycle of cyclic neutropenia")
    cycle_peak: float = fact(2.5, "10⁹/L", "Highest count of a cycle.")

    infections_ill: float = fact(
        1.8, "a year", "Infections with a blood count while neutropenic.",
        "in hospital 0.6 a year: Chung 2004, F048; with the others our choice",
    )  # fmt: skip
    infections_well: float = fact(0.35, "a year", "The same while well.")
    viral_share: float = fact(0.6, "share", "Infections that lower counts; the others raise them.")
    viral_shift: float = fact(-0.8, "log", "Mean change of the count at the height of a viral infection.")
    bacterial_shift: float = fact(
        0.7, "log", "Mean change at a bacterial one.", "often a rise: note of F059; the size is our choice"
    )
    shift_sigma: float = fact(0.3, "log", "Spread of either change.")
    infection_days: int = fact(12, "days", "Time in which the change fades away.")
    unseen_infection_share: float = fact(0.04, "share", "Planned visits that fall into an infection.")

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
        refuse_shares("courses", [course.share for course in self.courses])
        if len({course.true_class for course in self.courses}) < len(self.courses):
            raise BadDefinition("courses", "a class twice", "must have one row per class")
        if not -1 < self.age_and_duration < 1:
            raise BadDefinition("age_and_duration", self.age_and_duration, "must lie between -1 and 1")
        if (self.extracted_on - self.opened_on).days < 365:
            raise BadDefinition("extracted_on", self.extracted_on, "must lie a year or more after opened_on")
        if not 0 < self._usual_resolved_at_median() < 1:
            raise BadDefinition("never_share", self.never_share, "leaves no mixture with this median")

    @property
    def usual_share(self) -> float:
        """Share of primary and idiopathic children with the usual course."""
        return 1.0 - self.long_share - self.never_share

    @property
    def usual_median_months(self) -> float:
        """Median of the usual course, solved so that the mixture has its declared median."""
        score = NormalDist().inv_cdf(self._usual_resolved_at_median())
        return self.resolution_median_months * math.exp(-self.usual_sigma * score)

    @property
    def resolution_median_days(self) -> float:
        """Median of the mixture in days."""
        return self.resolution_median_months * DAYS_PER_MONTH

    def share_resolved_by(self, months: float) -> float:
        """Give the exact share of primary and idiopathic children who have resolved by a time.

        Parameters
        ----------
        months : float
            Time since the true onset, above 0.
        """
        usual = NormalDist().cdf(math.log(months / self.usual_median_months) / self.usual_sigma)
        return self.usual_share * usual + self.long_share * self._long_resolved_by(months)

    def _long_resolved_by(self, months: float) -> float:
        return NormalDist().cdf(math.log(months / self.long_median_months) / self.long_sigma)

    def _usual_resolved_at_median(self) -> float:
        """Share of the usual course that must have resolved when half of all children have."""
        if self.usual_share <= 0:
            return 0.0
        long = self.long_share * self._long_resolved_by(self.resolution_median_months)
        return (0.5 - long) / self.usual_share
