"""Diagnoses and treatments: causes, codes of neutropenia, infections, culprit drugs, prophylaxis."""

import numpy as np
import polars as pl

from ain_analytics.synthetic.arrays import (
    NEVER,
    Bools,
    Generator,
    Ints,
    day_text,
    draw_labels,
    happens,
    label_text,
)
from ain_analytics.synthetic.boosts import Boosts
from ain_analytics.synthetic.children import AUTOIMMUNE, Children
from ain_analytics.synthetic.coding import SECOND_CYTOPENIA, TRUE_NEUTROPENIA_CODE, Coding
from ain_analytics.synthetic.natural_history import NaturalHistory
from ain_analytics.synthetic.visits import BACTERIAL, VIRAL, Visits

Codes = tuple[tuple[str, float], ...]


def diagnoses(
    children: Children, visits: Visits, parameters: NaturalHistory, rng: Generator
) -> tuple[pl.DataFrame, Bools]:
    """Draw the recorded diagnoses (child, day, code), and who has a second cytopenia."""
    coding = parameters.coding
    causes = _causes(children, visits.last_on, coding, rng)
    parts = [
        causes,
        _neutropenia(children, visits.last_on, coding, rng),
        _infections(visits, VIRAL, coding.viral, coding, rng),
        _infections(visits, BACTERIAL, coding.bacterial, coding, rng),
    ]
    has_second = np.zeros(len(children), dtype=bool)
    has_second[causes.filter(pl.col("code").is_in(SECOND_CYTOPENIA))["child"].to_numpy()] = True
    return pl.concat(parts), has_second


def _rows(child: Ints, day: Ints, codes: list[str], index: Ints) -> pl.DataFrame:
    return pl.DataFrame({"child": child, "day": day, "code": label_text(codes, index)})


def _causes(children: Children, last_on: Ints, coding: Coding, rng: Generator) -> pl.DataFrame:
    """Draw what made a neutropenia secondary, recorded around, before or long after its onset."""
    n = len(children)
    around = children.detected + np.rint(coding.autoimmune_days * rng.standard_normal(n)).astype(np.int64)
    around = np.where(around > last_on, children.detected, np.maximum(around, children.born))
    years_later = children.detected + np.floor(rng.exponential(coding.immunodeficiency_days, n)).astype(
        np.int64
    )
    at_onset = np.clip(
        children.onset + rng.integers(*coding.infection_days, n, endpoint=True), children.born, last_on
    )
    before = np.maximum(
        children.onset - rng.integers(*coding.malignancy_days, n, endpoint=True), children.born
    )
    kinds: tuple[tuple[str, Codes, Ints], ...] = (
        ("secondary_autoimmune", coding.autoimmune, around),
        ("secondary_immunodeficiency", coding.immunodeficiency, years_later),
        ("secondary_infection", coding.infection, at_onset),
        ("malignancy_or_chemotherapy", coding.malignancy, before),
    )
    parts = []
    for true_class, codes, day in kinds:
        child = np.flatnonzero(children.is_of(true_class) & (day <= last_on))
        index = draw_labels(rng, codes, child.size)
        parts.append(_rows(child, day[child], [code for code, _ in codes], index))
    return pl.concat(parts)


def _neutropenia(children: Children, last_on: Ints, coding: Coding, rng: Generator) -> pl.DataFrame:
    """Draw the codes for neutropenia, many of them unspecific or wrong."""
    n = len(children)
    child = np.flatnonzero(happens(rng, coding.neutropenia_share, n))
    unspecific = [code for code, _ in coding.neutropenia]
    codes = [*unspecific, *TRUE_NEUTROPENIA_CODE.values()]
    index = draw_labels(rng, coding.neutropenia, child.size)
    for number, true_class in enumerate(TRUE_NEUTROPENIA_CODE, start=len(unspecific)):
        is_right = children.is_of(true_class)[child] & happens(rng, coding.right_code_share, child.size)
        index = np.where(is_right, number, index)
    day = children.detected[child] + np.floor(rng.exponential(coding.neutropenia_days, child.size)).astype(
        np.int64
    )
    day = np.where(day <= last_on[child], day, children.detected[child])
    return _rows(child, day, codes, index)


def _infections(visits: Visits, kind: int, codes: Codes, coding: Coding, rng: Generator) -> pl.DataFrame:
    at = np.flatnonzero((visits.infection == kind) & happens(rng, coding.coded_share, visits.child.size))
    index = draw_labels(rng, codes, at.size)
    return _rows(visits.child[at], visits.day[at], [code for code, _ in codes], index)


def treatments(
    children: Children, boosts: Boosts, visits: Visits, parameters: NaturalHistory, rng: Generator
) -> pl.DataFrame:
    """Draw the treatments: child, day, code, ended_on as text (none: one dose)."""
    care, coding, last_on = parameters.care, parameters.coding, visits.last_on
    n = len(children)
    agents = [code for code, _ in care.agents]
    child, number = np.nonzero((boosts.start <= last_on[:, None]) & (boosts.start < NEVER))
    parts = [
        _courses(
            child,
            boosts.start[child, number],
            np.minimum(boosts.end[child, number], last_on[child]),
            agents,
            boosts.agent[child, number],
        )
    ]
    begins = children.detected + np.floor(rng.exponential(care.prophylaxis_days, n)).astype(np.int64)
    given = children.is_of(*AUTOIMMUNE) & happens(rng, care.prophylaxis_share, n) & (begins <= last_on)
    until = np.clip(
        children.resolution + rng.integers(0, care.prophylaxis_beyond_days, n),
        begins,
        np.maximum(begins, last_on),
    )
    parts.append(_one_drug(np.flatnonzero(given), begins, until, coding.prophylaxis))

    culprit = draw_labels(rng, coding.culprits, n)
    taken = np.maximum(children.onset - rng.integers(*coding.culprit_days, n, endpoint=True), children.born)
    stopped = np.minimum(children.detected + rng.integers(*coding.stopped_days, n, endpoint=True), last_on)
    child = np.flatnonzero(children.is_of("drug_induced"))
    codes = [code for code, _ in coding.culprits]
    parts.append(_courses(child, taken[child], stopped[child], codes, culprit[child]))

    first = np.maximum(
        children.onset - rng.integers(*coding.chemotherapy_days, n, endpoint=True), children.born
    )
    last = np.maximum(first, np.minimum(children.resolution - coding.recovers_after_days, last_on))
    child = np.flatnonzero(children.is_of("malignancy_or_chemotherapy"))
    parts.append(_one_drug(child, first, last, coding.chemotherapy))
    return pl.concat(parts)


def _one_drug(child: Ints, begins: Ints, ends: Ints, code: str) -> pl.DataFrame:
    return _courses(child, begins[child], ends[child], [code], np.zeros(child.size, dtype=np.int64))


def _courses(child: Ints, begins: Ints, ends: Ints, codes: list[str], index: Ints) -> pl.DataFrame:
    ended_on = day_text(np.where(ends > begins, ends, NEVER))
    return _rows(child, begins, codes, index).with_columns(ended_on.alias("ended_on"))
