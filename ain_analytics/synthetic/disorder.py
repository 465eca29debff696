"""How laboratories write their results, and how often something is wrong with an extract."""

from dataclasses import dataclass

from ain_analytics.errors import BadDefinition
from ain_analytics.synthetic.facts import fact, refuse_bad_facts

HOSPITAL = "our choice, in the proportions of ordinary hospital extracts"
METHODS = (
    ("automated", 0.50),
    ("manual", 0.09),
    ("unspecified", 0.06),
    ("percent", 0.20),
    ("differential", 0.15),
)
SITES = (("A", 0.30), ("B", 0.25), ("C", 0.20), ("D", 0.15), ("E", 0.10))
UNITS = (
    ("10*9/L", 1),
    ("10^9/L", 1),
    ("G/L", 1),
    ("K/uL", 1),
    ("10*3/uL", 1),
    ("/uL", 1000),
    ("cells/uL", 1000),
    ("cells/mm3", 1000),
)
"""Unit as written, and how many of it make 10⁹/L; the first belongs to the first site, and so on."""


@dataclass(frozen=True, slots=True)
class Disorder:
    """What the laboratories do, and the shares of rows in which something went wrong.

    Raises
    ------
    BadDefinition
        A share lies outside 0 and 1, or shares of a whole do not add up.
    """

    methods: tuple[tuple[str, float], ...] = fact(
        METHODS, "share", "Ways in which a specimen's count is reported.", HOSPITAL
    )
    sites: tuple[tuple[str, float], ...] = fact(
        SITES, "share", "Hospitals, each with a unit of its own.", HOSPITAL
    )
    odd_unit_share: float = fact(
        0.10, "share", "Specimens in another unit than the hospital's own.", HOSPITAL
    )
    also_percent_share: float = fact(
        0.20, "share", "Absolute counts with white cells and percentage beside.", HOSPITAL
    )
    mismatch_share: float = fact(0.01, "share", "Of those, percentages that contradict the count.")
    other_lines_share: float = fact(0.20, "share", "Specimens with hemoglobin and platelets.")
    same_day_share: float = fact(0.02, "share", "Visits at which blood is drawn twice.")
    date_only_share: float = fact(0.02, "share", "Specimens without a time of day.")
    no_specimen_share: float = fact(0.05, "share", "Specimens without a key.")
    opening_hours: tuple[int, int] = fact((7, 14), "hours from, to", "Blood is drawn in this time.")
    second_draw_hours: int = fact(3, "hours", "A second drawing follows within this time.")
    second_draw_sigma: float = fact(0.08, "log", "Spread of its count around the first.")
    other_cells: float = fact(5.0, "10⁹/L", "Median of the white cells that are not neutrophils.")
    other_cells_sigma: float = fact(0.3, "log", "Spread of their logarithm.")
    bands_most: float = fact(0.15, "share", "Most of the neutrophils that are bands.")
    mismatch_percent: float = fact(30.0, "%", "A contradicting percentage is too high by so much.")
    hemoglobin: float = fact(11.8, "g/dL", "Mean hemoglobin.")
    hemoglobin_low: float = fact(7.0, "g/dL", "The same with a second cytopenia.")
    hemoglobin_sigma: float = fact(0.8, "g/dL", "Spread of it.")
    platelets: float = fact(300.0, "10⁹/L", "Median platelets.")
    platelets_low: float = fact(45.0, "10⁹/L", "The same with a second cytopenia.")
    platelets_sigma: float = fact(0.25, "log", "Spread of their logarithm.")
    detection_limit: float = fact(0.1, "10⁹/L", "Limit of detection of some analysers.", "design, section 4")
    below_detection_share: float = fact(0.25, "share", "Counts under it that are written as `<0.1`.")
    zero_below: float = fact(0.02, "10⁹/L", "Counts under it are reported as 0; zeros occur: F023.")

    missing_value: float = fact(0.0020, "share", "Laboratory rows without a value.", HOSPITAL)
    not_a_number: float = fact(0.0020, "share", "Laboratory rows with a word or a decimal comma.", HOSPITAL)
    missing_unit: float = fact(0.0020, "share", "Laboratory rows without a unit.", HOSPITAL)
    unknown_unit: float = fact(0.0015, "share", "Laboratory rows with a unit that nobody knows.", HOSPITAL)
    impossible_value: float = fact(0.0015, "share", "Laboratory rows below zero or far too high.", HOSPITAL)
    bad_date: float = fact(0.0020, "share", "Laboratory rows with no date or an impossible one.", HOSPITAL)
    before_birth: float = fact(0.0010, "share", "Laboratory rows dated before birth.", HOSPITAL)
    after_extract: float = fact(0.0010, "share", "Laboratory rows dated after the extract.", HOSPITAL)
    unknown_patient: float = fact(
        0.0020, "share", "Laboratory rows of a child without a patient row.", HOSPITAL
    )
    duplicate: float = fact(0.0030, "share", "Laboratory rows sent twice.", HOSPITAL)
    incomplete: float = fact(0.0100, "share", "Percentages whose white-cell count was not sent.", HOSPITAL)

    other_bad_date: float = fact(0.004, "share", "Rows of other tables with a bad date.")
    other_unknown_patient: float = fact(0.003, "share", "Rows of other tables without a patient row.")
    other_duplicate: float = fact(0.005, "share", "Rows of other tables sent twice.")
    bad_birth_date: float = fact(0.003, "share", "Children without a readable date of birth.")
    conflicting_birth_date: float = fact(0.003, "share", "Children with two dates of birth.")
    duplicate_patient: float = fact(0.004, "share", "Children whose row was sent twice.")
    missing_patient_id: float = fact(0.002, "share", "Additional rows of patients without a key.")
    wrong_by_days: tuple[int, int] = fact((30, 3000), "days from, to", "Wrong dates of rows miss by so much.")
    birth_wrong_by_days: tuple[int, int] = fact(
        (1, 400), "days from, to", "Second dates of birth miss by so much."
    )

    def __post_init__(self) -> None:
        refuse_bad_facts(self)
        if {name for name, _ in self.methods} - {name for name, _ in METHODS}:
            raise BadDefinition("methods", self.methods, "must be ways that the program knows")
        if len(self.sites) > len(UNITS):
            raise BadDefinition("sites", len(self.sites), f"must be at most {len(UNITS)} hospitals")
        if sum(getattr(self, name) for name in LAB_ERRORS) > 1:
            raise BadDefinition("errors of laboratory rows", "more than 1", "must add up to at most 1")


LAB_ERRORS = (
    "missing_value",
    "not_a_number",
    "missing_unit",
    "unknown_unit",
    "impossible_value",
    "bad_date",
    "before_birth",
    "after_extract",
    "unknown_patient",
)
"""Errors of which a laboratory row has at most one, as named in `Disorder`."""
