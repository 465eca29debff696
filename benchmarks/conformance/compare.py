"""What a library says to the questions of a quantity, as one cell."""

import warnings
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version

import numpy as np

from benchmarks.conformance.cases import QUANTITIES, Floats, Question

TOLERANCE = 1e-6
LIBRARIES = {
    "ain_analytics": ("ain-analytics", "ours"),
    "lifelines": ("lifelines", "by_lifelines"),
    "SurPyval": ("surpyval", "by_surpyval"),
    "statsmodels": ("statsmodels", "by_statsmodels"),
    "scikit-survival": ("scikit-survival", "by_sksurv"),
    "comprisk": ("comprisk", "by_comprisk"),
}
"""Each column: its distribution and the module that asks it."""
Answer = Callable[[Question], Floats]


def version_of(library: str) -> str | None:
    """Give the version of a library, or None where it is not installed."""
    try:
        return version(LIBRARIES[library][0])
    except PackageNotFoundError:
        return None


def answers_of(library: str) -> dict[str, Answer] | None:
    """Import the module that asks a library; None where the library cannot be imported."""
    if version_of(library) is None:
        return None
    try:
        module = import_module(f"benchmarks.conformance.{LIBRARIES[library][1]}")
    except ImportError:
        return None
    answers: dict[str, Answer] = module.ANSWERS
    return answers


def gap(found: Floats, expected: Floats) -> float:
    """Give the largest difference; infinite where only one side has a number."""
    found = np.asarray(found, dtype=float)
    if found.shape != expected.shape:
        return np.inf
    is_same = (found == expected) | (np.isnan(found) & np.isnan(expected))
    away = np.where(is_same, 0.0, np.abs(found - expected))
    return float(np.max(np.where(np.isnan(away), np.inf, away), initial=0.0))


def cell(answer: Answer, questions: Iterable[Question]) -> str:
    """Ask all questions and say whether the answers are those of R."""
    gaps: dict[str, float] = {}
    refused: dict[str, str] = {}
    n_questions = 0
    for question in questions:
        n_questions += 1
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = answer(question)
        except Exception as problem:  # whatever a library raises is its refusal
            refused[question.case] = type(problem).__name__
            continue
        gaps[question.case] = max(gap(found, question.expected), gaps.get(question.case, 0.0))
    some = next(iter(refused.items()), None)
    if not gaps:
        return f"refuses ({some[1]})" if some else "not offered"
    worst = max(gaps, key=lambda case: gaps[case])
    also = f"; refuses {len(refused)} of {n_questions}, {some[0]}: {some[1]}" if some else ""
    if gaps[worst] <= TOLERANCE:
        return f"agrees ({gaps[worst]:.0e}){also}"
    n_wrong = sum(value > TOLERANCE for value in gaps.values())
    size = "a number on one side only" if np.isinf(gaps[worst]) else f"{gaps[worst]:.1g}"
    return f"differs ({size}, {worst}; {n_wrong} of {len(gaps)} cases){also}"


def table() -> list[dict[str, str]]:
    """Ask every library for every quantity."""
    answers = {library: answers_of(library) for library in LIBRARIES}
    rows = []
    for quantity, questions in QUANTITIES.items():
        row = {"quantity": quantity}
        for library, of in answers.items():
            if of is None:
                row[library] = "not installed"
            else:
                row[library] = cell(of[quantity], questions()) if quantity in of else "not offered"
        rows.append(row)
    return rows
