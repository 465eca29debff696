"""How children of a planned study are observed, and the simulated registry that is observed so."""

from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

from ain_analytics.definitions import DAYS_PER_MONTH, DAYS_PER_YEAR
from ain_analytics.errors import BadDefinition
from ain_analytics.synthetic import NaturalHistory
from ain_analytics.synthetic.course import COURSES
from ain_analytics.synthetic.disorder import Disorder
from ain_analytics.synthetic.facts import fact, refuse_bad_facts

CLASS = "primary_autoimmune"
LEAST_JITTER = 0.05
"""Of a gamma distribution of gaps; with less the simulator draws the same days."""
SHORTEST_STUDY = 2.0
SOUND = (
    "missing_value", "not_a_number", "missing_unit", "unknown_unit", "impossible_value", "bad_date",
    "before_birth", "after_extract", "unknown_patient", "duplicate", "incomplete", "other_bad_date",
    "other_unknown_patient", "other_duplicate", "bad_birth_date", "conflicting_birth_date",
    "duplicate_patient", "missing_patient_id", "mismatch_share", "also_percent_share", "other_lines_share",
    "same_day_share", "odd_unit_share",
)  # fmt: skip
"""What goes wrong in an extract, and does not in a planned study: a share of 0 each."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """How children are seen in a planned study.

    Raises
    ------
    BadDefinition
        A value is impossible.

    Examples
    --------
    >>> Scenario(visit_months=6).name
    'visits every 6 months (spread 0.5), 10 % lost a year, enrolment after 0 months, 6 years'
    """

    visit_months: float = fact(3.0, "months", "Mean time between planned visits, before and after recovery.")
    jitter: float = fact(
        0.5, "part of the mean", "Standard deviation of the time between planned visits, as part of its mean."
    )
    dropout: float = fact(0.1, "share", "Children who stop coming within a year while they are neutropenic.")
    entry_months: float = fact(
        0.0,
        "",
        "Mean months to the enrolment of those who are not enrolled at the first low count; 0: all are.",
    )
    years: float = fact(6.0, "", "Years over which children are enrolled evenly; the study ends with them.")

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
        if self.dropout >= 1:
            raise BadDefinition("dropout", self.dropout, "must be below 1")
        if not LEAST_JITTER <= self.jitter <= 1:
            raise BadDefinition("jitter", self.jitter, f"must lie between {LEAST_JITTER:g} and 1")
        if self.entry_months < 0:
            raise BadDefinition("entry_months", self.entry_months, "must not be negative")
        if self.years < SHORTEST_STUDY:
            raise BadDefinition("years", self.years, f"must be at least {SHORTEST_STUDY:g}")

    @property
    def name(self) -> str:
        """Say it in one line."""
        return (
            f"visits every {self.visit_months:g} months (spread {self.jitter:g}), "
            f"{100 * self.dropout:g} % lost a year, enrolment after {self.entry_months:g} months, "
            f"{self.years:g} years"
        )

    def as_dict(self) -> dict[str, float]:
        """Give the values by name."""
        return asdict(self)

    def parameters(self) -> NaturalHistory:
        """Make the registry of the simulator that is observed so.

        Every child has primary autoimmune neutropenia; visits have one mean gap, but for a recheck of the
        first normal count, which is never later than that of the usual simulator; infections lead to visits
        in between. With late enrolment the usual share is enrolled at once, the others later. Who seems well
        leaves as in the usual simulator, whatever `dropout` is.
        """
        usual = NaturalHistory()
        gap = self.visit_months * DAYS_PER_MONTH
        a_year = DAYS_PER_YEAR / gap + usual.infections_ill
        care = replace(
            usual.care,
            intense_days=1,
            gap_intense_days=gap,
            gap_ill_days=gap,
            gap_recheck_days=min(gap, usual.care.gap_recheck_days),
            gap_well_days=gap,
            gap_long_well_days=gap,
            gap_shape=1 / self.jitter**2,
            dropout_ill=1 - (1 - self.dropout) ** (1 / a_year),
            enrolled_at_once_share=usual.care.enrolled_at_once_share if self.entry_months else 1.0,
            enrolment_days=max(1.0, self.entry_months * DAYS_PER_MONTH),
        )
        nothing_wrong: dict[str, Any] = dict.fromkeys(SOUND, 0.0)
        sound = replace(Disorder(), methods=(("automated", 1.0),), **nothing_wrong)
        courses = tuple(replace(course, share=float(course.true_class == CLASS)) for course in COURSES)
        opened = usual.extracted_on - timedelta(days=round(self.years * DAYS_PER_YEAR))
        return replace(usual, courses=courses, care=care, disorder=sound, opened_on=opened)
