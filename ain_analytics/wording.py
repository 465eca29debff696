"""A study's definition in plain words."""

from collections.abc import Sequence
from itertools import pairwise

from ain_analytics.definitions import AncBand, Definitions

MONTHS_PER_YEAR = 12
_SAME_DAY = {
    "lowest": "The lowest count of a day stands for the day.",
    "highest": "The highest count of a day stands for the day.",
    "mean": "The mean of a day's counts stands for the day.",
    "first": "The first count of a day stands for the day.",
    "last": "The last count of a day stands for the day.",
}
_GRANULOCYTES = {
    True: "Granulocytes stand in where no neutrophil count can be made; such counts are flagged.",
    False: "Granulocytes are no neutrophils and are not used.",
}
_IMPLAUSIBLE = {"report": "is used, and reported", "set_aside": "is set aside"}
_MASKS = {
    "gcsf_mask_days": "G-CSF",
    "ivig_mask_days": "intravenous immunoglobulin",
    "corticosteroid_mask_days": "systemic corticosteroids",
    "transfusion_mask_days": "transfusions",
}
_UNCONFIRMED = {
    "resolve": "A last run of normal counts that nothing confirmed and nothing contradicted ends the episode "
    "too, and is flagged.",
    "censor": "A last run of normal counts that nothing confirmed does not end the episode: it is censored at "
    "its last unresolved count.",
}
_ORIGIN = {
    "onset": "Time runs from the first neutropenic count of the episode.",
    "detection": "Time runs from the neutropenic count with which the run that opens the episode was long enough.",
    "diagnosis": "Time runs from the diagnosis, the first positive antibody test or code of neutropenia from the onset "
    "to the end of the episode; an episode without one is not followed.",
    "birth": "Time runs from birth.",
}
_READING = {
    "right_end": "Right-censored curves take the first normal count as the day of resolution.",
    "midpoint": "Right-censored curves take the middle between the last unresolved and the first normal count as "
    "the day of resolution.",
    "lower": "Right-censored curves take the last unresolved count as the day of resolution.",
}
_ENTRY = {
    True: "A child counts as at risk only from the day it was enrolled.",
    False: "A child counts as at risk from day zero, whenever it was enrolled.",
}
_USED = {"first": "Only a child's first episode is followed.", "all": "Every episode of a child is followed."}


def in_words(definitions: Definitions) -> list[str]:
    """Say the rules of a definition in plain words, in the order of the way of the data.

    Parameters
    ----------
    definitions : Definitions
        The choices of a study.

    Returns
    -------
    list of str
        Sentences; each choice is in one of them.

    Examples
    --------
    >>> from ain_analytics.definitions import PRESETS
    >>> in_words(PRESETS["severe_500"])[7]
    'A count is neutropenic when it is strictly below 0.5 × 10⁹/L, at every age.'
    """
    d = definitions
    return [
        f"Definition: {d.name}.",
        *_staging(d),
        _SAME_DAY[d.same_day],
        *_limits(d.anc_bands, is_inclusive=d.limit_is_inclusive),
        *_masking(d),
        *_episodes(d),
        *_cases(d),
        _ORIGIN[d.time_origin],
        _READING[d.right_reading],
        _ENTRY[d.uses_entry],
        _USED[d.episodes_used],
        *_estimates(d),
    ]


def _staging(d: Definitions) -> list[str]:
    return [
        f"Counts above {_anc(d.max_anc)}, white cells above {_anc(d.max_wbc)} and shares above {d.max_percent:g} % "
        "are impossible and set aside.",
        f"Counts computed from several measures are kept to {_plural(d.anc_decimals, 'decimal')}.",
        _GRANULOCYTES[d.granulocytes_as_neutrophils],
        f"A count about {d.unit_fold:g}-fold away (within a factor of {d.unit_fold_tolerance:g}) from the median of the "
        f"child's other days, where at least {d.unit_other_days} have one above 0, and from the count computed in the "
        f"same specimen, where there is one, may bear a wrong unit and {_IMPLAUSIBLE[d.implausible_unit]}.",
        f"A measured and a computed count of one specimen differ when they lie more than {_anc(d.anc_tolerance)} and "
        f"more than {_share(d.anc_tolerance_share)} of the measured count apart.",
    ]


def _limits(bands: Sequence[AncBand], *, is_inclusive: bool) -> list[str]:
    below, normal = ("at or below", "above") if is_inclusive else ("strictly below", "at or above")
    entry = _by_age([(band.from_months, band.entry_limit) for band in bands], below)
    neutropenic = f"A count is neutropenic when it is {entry}."
    if all(band.entry_limit == band.exit_limit for band in bands):
        return [neutropenic, f"A count is normal when it is {normal} the same limit."]
    exits = _by_age([(band.from_months, band.exit_limit) for band in bands], normal)
    return [
        neutropenic,
        f"Inside an episode a count is normal only when it is {exits}.",
        "A count between the two limits is normal outside an episode and unresolved inside one.",
    ]


def _by_age(limits: Sequence[tuple[int, float]], how: str) -> str:
    """Say limits by age; neighbours with the same limit are one."""
    kept = [this for n, this in enumerate(limits) if n == 0 or this[1] != limits[n - 1][1]]
    if len(kept) == 1:
        return f"{how} {_anc(kept[0][1])}, at every age"
    said = [f"{how} {_anc(limit)} before {_age(until)}" for (_, limit), (until, _) in pairwise(kept)]
    return ", ".join([*said, f"{how} {_anc(kept[-1][1])} from then on"])


def _masking(d: Definitions) -> list[str]:
    windows = {agent: getattr(d, name) for name, agent in _MASKS.items()}
    said = [
        f"Counts up to {_plural(days, 'day')} after a dose of {agent}, the day of the dose included, are masked: "
        "they decide nothing."
        for agent, days in windows.items()
        if days is not None
    ]
    open_to_all = [agent for agent, days in windows.items() if days is None]
    return [*said, f"Counts during or after {_list(open_to_all)} are not masked."] if open_to_all else said


def _episodes(d: Definitions) -> list[str]:
    one_count_ends = (d.resolution_counts, d.resolution_days) == (1, 0)
    opens = (
        "An episode opens with its first neutropenic count."
        if (d.onset_counts, d.onset_days) == (1, 0)
        else f"An episode opens with a run of at least {_plural(d.onset_counts, 'neutropenic count')} in a row that must "
        f"span at least {_plural(d.onset_days, 'day')}; its onset is the first of them."
    )
    ends = (
        "One normal count ends an episode."
        if one_count_ends
        else f"An episode ends with a run of at least {_plural(d.resolution_counts, 'normal count')} in a row, the "
        f"confirming one at least {_plural(d.resolution_days, 'day')} after the first; it ends on the day of the first."
    )
    silence = (
        "No silence between two counts splits the observation of a child."
        if d.max_silence_days is None
        else f"A silence of more than {_plural(d.max_silence_days, 'day')} between two counts splits the observation; "
        "nothing is carried over it."
    )
    return [
        opens,
        ends,
        *([] if one_count_ends else [_UNCONFIRMED[d.unconfirmed_end]]),
        silence,
        f"An episode is chronic when it lasts longer than {_plural(d.chronic_months, 'calendar month')}.",
        f"It is severe when its lowest count is strictly below {_anc(d.severe_below)}, moderate when strictly below "
        f"{_anc(d.moderate_below)}, else mild.",
    ]


def _cases(d: Definitions) -> list[str]:
    return [
        f"An onset at an age under {_plural(d.neonatal_days, 'day')} is neonatal.",
        f"Analyses use the class by what was known up to {_plural(d.baseline_days, 'day')} after onset.",
        f"Antibody tests count from {_plural(d.antibody_before_days, 'day')} before onset to "
        f"{_plural(d.antibody_after_days, 'day')} after the end; at least "
        f"{_plural(d.negative_tests_for_idiopathic, 'negative test')} and no positive one make an isolated neutropenia "
        "idiopathic.",
        f"A culprit drug explains it when begun at most {_plural(d.drug_window_days, 'day')} before onset and followed by a "
        f"confirmed end within {_plural(d.drug_recovery_days, 'day')} of the drug's, chemotherapy "
        f"when given at most {_plural(d.chemotherapy_window_days, 'day')} before.",
        f"An infection explains it when recorded from {_plural(d.infection_before_days, 'day')} before to "
        f"{_plural(d.infection_after_days, 'day')} after onset.",
        f"It is not isolated when, within {_plural(d.cytopenia_window_days, 'day')} of it, haemoglobin is below "
        f"{d.hemoglobin_below:g} g/dL or platelets are below {_anc(d.platelets_below)}.",
        f"A Duffy-null child with every count at or above {_anc(d.duffy_anc_at_least)} has the count of its kind; so has one "
        f"without a test whose counts, at least {d.duffy_pattern_counts} over {_plural(d.duffy_pattern_days, 'day')}, all lie "
        f"from there to below {_anc(d.duffy_anc_below)}.",
        f"A cycle can be told from at least {_plural(d.cycle_counts_per_week, 'count')} a week for "
        f"{_plural(d.cycle_weeks, 'week')}, with nadirs {d.cycle_min_days} to {_plural(d.cycle_max_days, 'day')} apart, or a "
        f"period of that length which stands out among {d.cycle_frequencies} from {d.cycle_shortest_days} to "
        f"{_plural(d.cycle_longest_days, 'day')} as in {_share(d.cycle_false_alarm)} of {d.cycle_surrogates} random series "
        f"(seed {d.cycle_seed}).",
    ]


def _estimates(d: Definitions) -> list[str]:
    return [
        f"Intervals aim at {_share(d.confidence)}; where there is no formula they rest on "
        f"{_plural(d.bootstrap_replicates, 'resample')} of at most {d.bootstrap_children} children "
        f"(seed {d.bootstrap_seed}).",
        f"In regressions unknown covariates are drawn {_plural(d.imputations, 'time')} where that is asked for (seed "
        f"{d.imputation_seed}); a blood count stands for the onset up to {_plural(d.covariate_days, 'day')} away from it.",
        f"Curves are printed at {_list([str(month) for month in d.report_months])} months, the restricted mean up "
        f"to {_plural(d.rmst_months, 'month')}; they stop where fewer than {d.minimum_at_risk} are at risk.",
        f"A published course is agreed with when one {d.equivalence_ratio:g} times as long or as short is ruled out.",
        f"Reported as odd: an onset within {_plural(d.birthday_window_days, 'day')} of an age at which the limit changes, "
        f"and a silence of more than {_plural(d.long_silence_days, 'day')} inside an episode.",
        f"Pointed out: a median {d.median_fold:g} times above or below that of its like, from "
        f"{_plural(d.drift_counts, 'count')} on; a limit is set beside "
        f"{_plural(d.heaping_neighbours, 'value')} on either side.",
        f"Rates are held against age in bands that begin at {_list([str(age) for age in d.age_band_months])} months, "
        f"neighbours put together until each has {_plural(d.fewest_per_band, 'event')}; "
        f"records of one kind of infection at most {_plural(d.infection_gap_days, 'day')} apart are one infection.",
        f"Girls are {_share(d.girls_at_birth)} of the newborn.",
        f"A treatment is answered by a count at or above the limit within {_plural(d.response_days, 'day')}, where a "
        f"count at most {_plural(d.response_before_days, 'day')} before it was below.",
        f"Triggers are looked for up to the age of {_plural(d.trigger_until_months, 'month')}, "
        f"{_plural(d.trigger_risk_days, 'day')} after an exposure; {_plural(d.trigger_before_days, 'day')} before it "
        f"stand apart, and where only time after it is compared, {_plural(d.trigger_follow_days, 'day')} are.",
        f"Counts of children under {d.minimum_cell} are hidden in what leaves the house.",
    ]


def _anc(value: float) -> str:
    return f"{float(value)!r} × 10⁹/L"


def _share(value: float) -> str:
    return f"{value * 100:g} %"


def _age(months: int) -> str:
    return "the first birthday" if months == MONTHS_PER_YEAR else f"the age of {_plural(months, 'month')}"


def _plural(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _list(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
