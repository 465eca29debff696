"""Tests that tell the kinds of neutropenia apart: antibodies, marrow, genes."""

import numpy as np
import polars as pl

from ain_analytics.synthetic.arrays import (
    Bools,
    Floats,
    Generator,
    Ints,
    draw_labels,
    happens,
    label_text,
)
from ain_analytics.synthetic.care import Care
from ain_analytics.synthetic.children import Children

RESULTS = ("negative", "positive", "indeterminate")
NEGATIVE, POSITIVE, INDETERMINATE = range(3)
CELLULARITY = ("normal", "increased", "decreased", "promyelocyte_arrest")
NORMAL, INCREASED, DECREASED, ARREST = range(4)


def antibody_tests(children: Children, last_on: Ints, care: Care, rng: Generator) -> pl.DataFrame:
    """Draw the antibody tests: repeated until one is positive, by a test that misses some.

    Returns
    -------
    polars.DataFrame
        One row per test: child, day, test, result, specificity, subject.
    """
    tested_share = np.array([course.tested_share for course in children.courses])[children.course]
    child = np.flatnonzero(happens(rng, tested_share, len(children)))
    day = children.detected[child] + _waited(rng, care.first_test_days, child.size)
    parts = []
    for _ in range(care.most_tests):
        comes = day <= last_on[child]
        child, day = child[comes], day[comes]
        result = _result(children.has_antibody[child], care.sensitivity, care, rng)
        parts.append(_tests(child, day, result, care.specificities, "patient", care, rng))
        again = (result != POSITIVE) & happens(rng, care.retest_share, child.size)
        child, day = child[again], day[again] + 1 + _waited(rng, care.retest_days, int(again.sum()))
    return pl.concat([*parts, _tests_of_mothers(children, last_on, care, rng)])


def _tests_of_mothers(children: Children, last_on: Ints, care: Care, rng: Generator) -> pl.DataFrame:
    is_tested = children.is_of("neonatal_alloimmune") & happens(rng, care.mother_tested_share, len(children))
    child = np.flatnonzero(is_tested)
    day = children.detected[child] + _waited(rng, care.first_test_days, child.size)
    comes = day <= np.maximum(last_on[child], children.enrolled[child])
    child, day = child[comes], day[comes]
    result = _result(np.ones(child.size, dtype=bool), care.mother_sensitivity, care, rng)
    return _tests(child, day, result, care.maternal_specificities, "mother", care, rng)


def _result(has_antibody: Bools, sensitivity: float, care: Care, rng: Generator) -> Ints:
    finds = np.where(has_antibody, sensitivity, 1 - care.specificity)
    clear = np.where(happens(rng, finds, has_antibody.size), POSITIVE, NEGATIVE)
    return np.where(happens(rng, care.indeterminate_share, has_antibody.size), INDETERMINATE, clear)


def _tests(
    child: Ints,
    day: Ints,
    result: Ints,
    specificities: tuple[tuple[str, float], ...],
    subject: str,
    care: Care,
    rng: Generator,
) -> pl.DataFrame:
    binds = draw_labels(rng, specificities, child.size)
    methods = [name for name, _ in care.test_methods]
    return pl.DataFrame(
        {
            "child": child,
            "day": day,
            "test": label_text(methods, draw_labels(rng, care.test_methods, child.size)),
            "result": label_text(RESULTS, result),
            "specificity": label_text([s for s, _ in specificities], np.where(result == POSITIVE, binds, -1)),
            "subject": label_text((subject,), np.zeros(child.size, dtype=np.int64)),
        }
    )


def marrow_exams(children: Children, last_on: Ints, care: Care, rng: Generator) -> pl.DataFrame:
    """Draw the marrow examinations: child, day, cellularity, segmented_reduced."""
    is_congenital = children.is_of("congenital")
    share = np.where(is_congenital, care.congenital_marrow_share, care.marrow_share)
    child, day = _tested_once(children, last_on, share, care.marrow_days, rng)
    n = child.size
    shows_arrest = is_congenital[child] & happens(rng, care.arrest_share, n)
    is_malignant = children.is_of("malignancy_or_chemotherapy")[child]
    ordinary = np.where(happens(rng, care.increased_share, n), INCREASED, NORMAL)
    seen = np.where(shows_arrest, ARREST, np.where(is_malignant, DECREASED, ordinary))
    return pl.DataFrame(
        {
            "child": child,
            "day": day,
            "cellularity": label_text(CELLULARITY, seen),
            "segmented_reduced": label_text(("yes", "no", "unknown"), rng.integers(0, 3, n)),
        }
    )


def genetic_tests(children: Children, last_on: Ints, care: Care, rng: Generator) -> pl.DataFrame:
    """Draw the genetic tests: child, day, gene, result."""
    is_congenital = children.is_of("congenital")
    share = np.where(is_congenital, care.congenital_gene_share, care.gene_share)
    child, day = _tested_once(children, last_on, share, care.gene_days, rng)
    n = child.size
    is_found = is_congenital[child] & happens(rng, care.gene_found_share, n)
    gene = draw_labels(rng, care.genes, n)
    results = [name for name, _ in (*care.other_results, *care.found_results)]
    other = np.where(is_congenital[child], 0, draw_labels(rng, care.other_results, n))
    found = len(care.other_results) + draw_labels(rng, care.found_results, n)
    return pl.DataFrame(
        {
            "child": child,
            "day": day,
            "gene": label_text([name for name, _ in care.genes], gene),
            "result": label_text(results, np.where(is_found, found, other)),
        }
    )


def _tested_once(
    children: Children, last_on: Ints, share: Floats, mean_days: float, rng: Generator
) -> tuple[Ints, Ints]:
    """Draw who is tested and when; only while the child still comes."""
    day = children.detected + _waited(rng, mean_days, len(children))
    child = np.flatnonzero(happens(rng, share, len(children)) & (day <= last_on))
    return child, day[child]


def _waited(rng: Generator, mean_days: float, size: int) -> Ints:
    days: Ints = np.floor(rng.exponential(mean_days, size)).astype(np.int64)
    return days
