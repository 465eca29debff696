"""The choices of one study, each with unit, meaning and source, in one frozen object.

Python reads the object; SQL reads the same values as rows of `definition` and `anc_band`.
"""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from ain_analytics.definition_checks import refuse_impossible
from ain_analytics.definition_fields import (
    CTCAE,
    DESIGN,
    cases,
    counts,
    episodes,
    estimates,
    follow_up,
    release,
    staging,
)

DAYS_PER_MONTH = 365.25 / 12
"""Days in a month on axes and in text only; every duration is held in whole days."""
DAYS_PER_YEAR = 365.25
"""Days in a year of person-time; ages are counted by the calendar."""


@dataclass(frozen=True, slots=True)
class AncBand:
    """Limits of the neutrophil count from one age on, up to the next band.

    Parameters
    ----------
    from_months : int
        First age, in completed calendar months.
    entry_limit : float
        Counts below it are neutropenic, 10⁹/L.
    exit_limit : float
        Counts at or above it are normal inside an episode, 10⁹/L.

    Examples
    --------
    >>> Definitions(name="flat", anc_bands=(AncBand(0, 1.5, 1.5),)).anc_bands[0].entry_limit
    1.5
    """

    from_months: int
    entry_limit: float
    exit_limit: float


TEXTBOOK_BANDS = (AncBand(0, 1.0, 1.0), AncBand(12, 1.5, 1.5))


USUAL_ADVICE = "our choice, after the usual advice of two to three counts a week for six weeks"
LISTS = ("report_months", "age_band_months")
"""Choices that are lists of months."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The choices of one study. Change them with `dataclasses.replace`.

    Raises
    ------
    BadDefinition
        A value is impossible, by itself or beside another.

    Examples
    --------
    >>> from dataclasses import replace
    >>> replace(Definitions(), resolution_counts=1, resolution_days=0).resolution_days
    0
    """

    name: str = staging("textbook", "", "Name under which results are printed.")
    max_anc: float = staging(50.0, "10⁹/L", "A neutrophil count above it is impossible.")
    max_wbc: float = staging(500.0, "10⁹/L", "A white-cell count above it is impossible.")
    max_percent: float = staging(100.0, "%", "A share of white cells above it is impossible.", "arithmetic")
    anc_decimals: int = staging(
        9,
        "decimals",
        "A count that was computed is kept to so many, so that binary noise does not decide at a limit.",
    )
    granulocytes_as_neutrophils: bool = staging(
        False, "", "Whether granulocytes stand in where no neutrophil count can be made."
    )
    implausible_unit: str = staging("report", "", "What becomes of a count whose unit may be wrong.")
    unit_fold: float = staging(
        1000.0, "fold", "How far off a count in cells per µL is when read as 10⁹/L.", "arithmetic"
    )
    unit_fold_tolerance: float = staging(
        4.0,
        "factor",
        "A count whose unit may be wrong is so far off within this factor, both ends included.",
        "our choice: real counts of one child lie up to about 100-fold apart",
    )
    unit_other_days: int = staging(
        3,
        "days",
        "Fewest other days with a count above 0 whose median a count is held against.",
        "our choice: of three days two agree",
    )
    anc_tolerance: float = staging(
        0.2, "10⁹/L", "Largest absolute difference of measured and computed ANC that needs no word."
    )
    anc_tolerance_share: float = staging(
        0.2, "share", "The same relative to the measured ANC; the larger of the two holds."
    )

    same_day: str = counts("lowest", "", "Which of a day's counts stands for the day.", DESIGN)
    gcsf_mask_days: int | None = counts(
        7, "days", "Counts up to so many days after a G-CSF dose are masked.", DESIGN
    )
    ivig_mask_days: int | None = counts(None, "days", "The same for intravenous immunoglobulin.")
    corticosteroid_mask_days: int | None = counts(None, "days", "The same for systemic corticosteroids.")
    transfusion_mask_days: int | None = counts(None, "days", "The same for transfusions.")
    anc_bands: tuple[AncBand, ...] = counts(
        TEXTBOOK_BANDS, "months, 10⁹/L", "Limits by age in calendar months.", DESIGN
    )
    limit_is_inclusive: bool = counts(
        False, "", "Whether a count exactly at the limit is neutropenic.", DESIGN
    )

    max_silence_days: int | None = episodes(
        None, "days", "Two counts further apart split the observation.", DESIGN
    )
    onset_counts: int = episodes(1, "counts", "Fewest neutropenic counts that open an episode.", DESIGN)
    onset_days: int = episodes(0, "days", "Fewest days that those counts span.", DESIGN)
    resolution_counts: int = episodes(2, "counts", "Fewest normal counts that confirm a resolution.", DESIGN)
    resolution_days: int = episodes(
        28, "days", "Fewest days from the first of them to the confirming one.", DESIGN
    )
    unconfirmed_end: str = episodes(
        "resolve", "", "What a last normal run that nobody confirmed or contradicted does.", DESIGN
    )
    chronic_months: int = episodes(6, "calendar months", "An episode that lasts longer is chronic.", DESIGN)
    severe_below: float = episodes(0.5, "10⁹/L", "A nadir below it is severe.", CTCAE)
    moderate_below: float = episodes(1.0, "10⁹/L", "A nadir below it, and not severe, is moderate.", CTCAE)

    neonatal_days: int = cases(28, "days", "An onset at a younger age is neonatal.")
    baseline_days: int = cases(90, "days", "What is known so long after onset is known at baseline.")
    antibody_before_days: int = cases(
        90, "days", "Antibody tests so long before onset still speak of the episode."
    )
    antibody_after_days: int = cases(
        90, "days", "Antibody tests so long after the end still speak of the episode."
    )
    negative_tests_for_idiopathic: int = cases(
        4, "tests", "Negative tests that make a neutropenia idiopathic.", "Farruggia 2019, Italian registry"
    )
    drug_window_days: int = cases(90, "days", "A culprit drug was begun at most so long before onset.")
    drug_recovery_days: int = cases(
        30,
        "days",
        "Counts that recover so soon after the end of a culprit drug speak for it.",
        "our choice: most recover within three weeks, Andersohn 2007, doi:10.7326/0003-4819-146-9-200705010-00009",
    )
    chemotherapy_window_days: int = cases(90, "days", "Chemotherapy was given at most so long before onset.")
    infection_before_days: int = cases(
        30, "days", "An infection recorded at most so long before onset may explain it."
    )
    infection_after_days: int = cases(14, "days", "The same after onset, because records come late.")
    cytopenia_window_days: int = cases(
        30, "days", "A second cytopenia so near to the episode is not by chance."
    )
    hemoglobin_below: float = cases(8.0, "g/dL", "Below it the red cells are affected too.")
    platelets_below: float = cases(
        100.0,
        "10⁹/L",
        "Below it the platelets are affected too.",
        "Rodeghiero 2009, doi:10.1182/blood-2008-07-162503",
    )
    duffy_anc_at_least: float = cases(
        1.0, "10⁹/L", "A Duffy-null child below it has more than the Duffy-null count."
    )
    duffy_anc_below: float = cases(
        2.0, "10⁹/L", "A stable mild pattern has every count below it, and none below the one before."
    )
    duffy_pattern_counts: int = cases(5, "counts", "Fewest counts of a stable mild pattern.")
    duffy_pattern_days: int = cases(365, "days", "Fewest days over which it holds.")
    cycle_counts_per_week: int = cases(
        3, "counts a week", "Sampling from which a cycle can be told.", USUAL_ADVICE
    )
    cycle_weeks: int = cases(6, "weeks", "How long such sampling must last.", USUAL_ADVICE)
    cycle_min_days: int = cases(18, "days", "Shortest distance of two nadirs of a cycle.")
    cycle_max_days: int = cases(24, "days", "Longest distance of two nadirs of a cycle.")
    cycle_false_alarm: float = cases(
        0.01, "share", "Share of episodes without a cycle in which the periodogram may find one."
    )
    cycle_surrogates: int = cases(
        1999, "series", "Random series of the same persistence that a periodogram is held against."
    )
    cycle_seed: int = cases(1975, "", "Seed of these series.")
    cycle_shortest_days: int = cases(9, "days", "Shortest period of the periodogram.")
    cycle_longest_days: int = cases(60, "days", "Longest period of the periodogram.")
    cycle_frequencies: int = cases(90, "frequencies", "Even steps between them.")

    time_origin: str = follow_up("onset", "", "Day zero: onset, detection, diagnosis or birth.", DESIGN)
    right_reading: str = follow_up("right_end", "", "Day of resolution in right-censored curves.", DESIGN)
    uses_entry: bool = follow_up(True, "", "Whether a child counts as at risk only once enrolled.", DESIGN)
    episodes_used: str = follow_up("first", "", "Whether a child's first episode or all are followed.")

    confidence: float = estimates(0.95, "share", "Coverage that intervals aim at.", "convention")
    report_months: tuple[int, ...] = estimates(
        (6, 12, 17, 24, 36), "months", "Times at which curves are printed.", DESIGN
    )
    rmst_months: int = estimates(36, "months", "Horizon of the restricted mean.")
    minimum_at_risk: int = estimates(5, "episodes", "Curves are not drawn where fewer are at risk.")
    equivalence_ratio: float = estimates(1.3, "ratio", "A course so many times as long, or as short, is told from a published one.")
    bootstrap_replicates: int = estimates(200, "replicates", "Resamples behind an interval that has no formula.")
    bootstrap_children: int = estimates(2500, "children", "Most children drawn for one resample; of more, limits are scaled to their number.")
    bootstrap_seed: int = estimates(1975, "", "Seed of the resampling.")
    imputations: int = estimates(20, "data sets", "Times that unknown covariates are drawn, where a regression is asked to.", "White, Royston and Wood 2011, doi:10.1002/sim.4067")
    imputation_seed: int = estimates(1975, "", "Seed of these draws.")
    covariate_days: int = estimates(30, "days", "A blood count stands for the onset when at most so many days away from it.")
    birthday_window_days: int = estimates(30, "days", "An onset so near to an age at which the limit changes may owe to the change.")
    long_silence_days: int = estimates(
        365, "days", "A longer time between two counts inside an episode is reported."
    )
    heaping_neighbours: int = estimates(
        4, "values", "Values on either side of a limit that it is set beside."
    )
    median_fold: float = estimates(3.0, "times", "A median so far from that of its like is pointed out.")
    drift_counts: int = estimates(20, "counts", "The median of fewer counts is not pointed out.")

    girls_at_birth: float = estimates(
        0.4853, "share", "Girls among the newborn, beside which those with neutropenia are set.",
        "89 million births in Europe, doi:10.1016/j.earlhumdev.2019.104858",
    )  # fmt: skip
    age_band_months: tuple[int, ...] = estimates(
        (*range(2, 25), 27, 30, 33, 36, 42, 48), "months",
        "Ages at which a new band begins, where rates are held against age.",
        "our choice: vaccines come at fixed ages, and wider bands leave a part of the fall of onsets with age",
    )  # fmt: skip
    fewest_per_band: int = estimates(
        10, "events", "Neighbouring bands of age are put together until each has so many events.",
        "ten events for a term: Peduzzi 1996, doi:10.1016/S0895-4356(96)00236-3",
    )  # fmt: skip
    infection_gap_days: int = estimates(
        14, "days", "Records of one kind of infection at most so far apart are one infection."
    )
    response_days: int = estimates(
        7, "days", "A response is a count at the limit or above it up to so long after the first dose.",
        "our choice; 5 days in a series of IVIG, F105",
    )  # fmt: skip
    response_before_days: int = estimates(
        30,
        "days",
        "The count before a treatment is at most so old; without one there is nothing to respond from.",
    )
    trigger_risk_days: int = estimates(
        42, "days", "A trigger is looked for up to so long after an exposure.",
        "France 2008, doi:10.1542/peds.2007-1578, immune thrombocytopenia after a vaccine",
    )  # fmt: skip
    trigger_before_days: int = estimates(
        42, "days", "So long before an exposure is a time of its own: who falls ill is exposed or tested differently.",
        "France 2008, doi:10.1542/peds.2007-1578",
    )  # fmt: skip
    trigger_follow_days: int = estimates(
        84, "days", "Where only time after an exposure is compared, it ends so long after it.",
        "our choice: twice the time at risk",
    )  # fmt: skip
    trigger_until_months: int = estimates(
        60, "months", "Age up to which a trigger is looked for, if the data reach so far."
    )
    minimum_cell: int = release(5, "children", "Smaller counts are hidden in what leaves the house.", DESIGN)

    def __post_init__(self) -> None:
        object.__setattr__(self, "anc_bands", tuple(self.anc_bands))
        for name in LISTS:
            object.__setattr__(self, name, tuple(getattr(self, name)))
        refuse_impossible(self)

    @property
    def is_onset_sudden(self) -> bool:
        """Whether one low count makes an onset, so that it is detected on the day on which it begins."""
        return self.onset_counts <= 1 and self.onset_days == 0

    def value_rows(self) -> dict[str, object]:
        """Give the single values as the row of table `definition`."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("anc_bands", *LISTS)}

    def as_dict(self) -> dict[str, Any]:
        """Give every choice as plain values, for manifests and TOML."""
        return asdict(self)


TEXTBOOK = Definitions()
PRESETS: dict[str, Definitions] = {
    "textbook": TEXTBOOK,
    "flat_1500": replace(TEXTBOOK, name="flat_1500", anc_bands=(AncBand(0, 1.5, 1.5),)),
    "severe_500": replace(TEXTBOOK, name="severe_500", anc_bands=(AncBand(0, 0.5, 0.5),)),
    "neglia_1993": replace(TEXTBOOK, name="neglia_1993", anc_bands=(AncBand(0, 0.5, 1.0),)),
    "chronic_90": replace(TEXTBOOK, name="chronic_90", chronic_months=3),
    "single_normal": replace(TEXTBOOK, name="single_normal", resolution_counts=1, resolution_days=0),
    "strict": replace(TEXTBOOK, name="strict", unconfirmed_end="censor"),
}
BOUNDING_PRESETS = ("single_normal", "strict")
"""The two rules that are always printed beside a result, earlier and later than the default."""
