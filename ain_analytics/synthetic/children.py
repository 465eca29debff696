"""Who the children are and what is true of them: birth, onset, resolution, detection, enrolment."""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.synthetic.arrays import (
    NEVER,
    Bools,
    Floats,
    Generator,
    Ints,
    day_number,
    draw_labels,
    happens,
)
from ain_analytics.synthetic.course import Course
from ain_analytics.synthetic.natural_history import NaturalHistory

DAYS_PER_YEAR = 12 * DAYS_PER_MONTH
AUTOIMMUNE = ("primary_autoimmune", "idiopathic", "secondary_autoimmune")
LEVEL_SCORES, HEALTHY_SCORES = (-3, 2), (-2, 2)
"""Levels further out are cut: our choice, so that an ill level stays below the limits."""
SHARE_OF_DURATION = 0.6
"""A short course climbs within this share of it: our choice."""


@dataclass(frozen=True, slots=True, eq=False)
class Children:
    """One element per child in every array; days since 1970, logarithms of 10⁹/L."""

    courses: tuple[Course, ...]
    course: Ints
    is_girl: Bools
    born: Ints
    onset: Ints
    resolution: Ints
    detected: Ints
    enrolled: Ints
    died: Ints
    low: Floats
    noise: Floats
    healthy_offset: Floats
    recovery: Floats
    has_antibody: Bools
    is_dense: Bools
    cycle_start: Ints

    def __len__(self) -> int:
        return len(self.course)

    def is_of(self, *classes: str) -> Bools:
        """Tell which children belong to one of these classes."""
        numbers = [number for number, course in enumerate(self.courses) if course.true_class in classes]
        return np.isin(self.course, numbers)


def chosen_of(children: Children, places: Ints) -> Children:
    """Keep some of the children."""
    arrays: dict[str, Any] = {name: getattr(children, name)[places] for name in _ARRAYS}
    return replace(children, **arrays)


def joined(parts: list[Children]) -> Children:
    """Put several draws of children together."""
    arrays: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts]) for name in _ARRAYS
    }
    return replace(parts[0], **arrays)


_ARRAYS = tuple(f.name for f in fields(Children) if f.name != "courses")


def draw_children(n_patients: int, parameters: NaturalHistory, rng: Generator) -> Children:
    """Draw the children of a registry, enrolled evenly over the time in which it was open."""
    p, n = parameters, n_patients
    of_class = draw_labels(rng, [(course.true_class, course.share) for course in p.courses], n)

    def row(name: str) -> Floats:
        return np.array([getattr(course, name) or 0 for course in p.courses], dtype=float)[of_class]

    age_score = rng.standard_normal(n)
    onset_age = np.rint(row("onset_days") * np.exp(row("onset_sigma") * age_score)).astype(np.int64)
    is_later = row("onset_days") > p.earliest_onset_days
    latest = np.minimum(onset_age, p.latest_onset_days)
    onset_age = np.where(is_later, np.maximum(latest, p.earliest_onset_days), latest)
    duration = _durations(p, of_class, age_score, rng)
    is_acute = row("is_acute") > 0
    unseen = row("detection_least_days") + np.floor(rng.exponential(row("detection_days")))
    lag: Ints = np.minimum(unseen, duration // 2).astype(np.int64)  # found before it is over
    wait = rng.exponential(np.where(is_acute, p.care.acute_enrolment_days, p.care.enrolment_days))
    at_once = happens(rng, p.care.enrolled_at_once_share, n)
    days_waited: Ints = np.where(at_once, 0, np.floor(wait)).astype(np.int64)

    enrolled = rng.integers(day_number(p.opened_on), day_number(p.extracted_on) + 1, n)
    detected = enrolled - days_waited
    onset = detected - lag
    dies = happens(rng, row("death_share"), n)
    death = detected + rng.integers(*p.death_days, n)
    is_cyclic = np.array([course.true_class == "cyclic" for course in p.courses])[of_class]
    return Children(
        courses=p.courses,
        course=of_class,
        is_girl=happens(rng, p.girl_share, n),
        born=onset - onset_age,
        onset=onset,
        resolution=np.where(duration < NEVER, onset + duration, NEVER),
        detected=detected,
        enrolled=enrolled,
        died=np.where(dies, np.maximum(death, enrolled), NEVER),
        low=np.log(row("level")) + row("level_sigma") * rng.standard_normal(n).clip(*LEVEL_SCORES),
        noise=row("noise"),
        healthy_offset=p.healthy_sigma * rng.standard_normal(n).clip(*HEALTHY_SCORES),
        recovery=np.minimum(p.recovery_days, duration * SHARE_OF_DURATION) / 2,
        has_antibody=happens(rng, row("antibody_share"), n),
        is_dense=is_cyclic & happens(rng, p.care.dense_share, n),
        cycle_start=np.where(is_cyclic, detected, NEVER),
    )


def _durations(p: NaturalHistory, of_class: Ints, age_score: Floats, rng: Generator) -> Ints:
    """Draw the days from onset to resolution, at least 2."""
    n = len(of_class)
    own_score = rng.standard_normal(n)
    score = p.age_and_duration * age_score + np.sqrt(1 - p.age_and_duration**2) * own_score
    part = draw_labels(rng, (("usual", p.usual_share), ("long", p.long_share), ("never", p.never_share)), n)
    medians = np.array([p.usual_median_months, p.long_median_months, np.nan]) * DAYS_PER_MONTH
    sigmas = np.array([p.usual_sigma, p.long_sigma, np.nan])
    mixture = medians[part] * np.exp(sigmas[part] * score)

    own_median = np.array([course.duration_days or np.nan for course in p.courses])[of_class]
    own_sigma = np.array([course.duration_sigma for course in p.courses])[of_class]
    never = np.array([course.never_share for course in p.courses])[of_class]
    own = np.where(happens(rng, never, n), np.nan, own_median * np.exp(own_sigma * own_score))

    days = np.where(np.isnan(own_median), mixture, own)
    return np.where(np.isnan(days), NEVER, np.maximum(np.rint(np.nan_to_num(days)), 2)).astype(np.int64)
