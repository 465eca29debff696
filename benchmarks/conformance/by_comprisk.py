"""Answers of comprisk."""

import numpy as np
from comprisk import CumulativeIncidence, gray_test

from benchmarks.conformance.cases import Floats, Question


def _read(question: Question) -> tuple[Floats, Floats]:
    fit = CumulativeIncidence().fit(question.array("exit_days"), question.rows["end"].to_numpy())
    found: tuple[Floats, Floats] = fit.curves_[None, 1].evaluate(question.asked["days"])
    return found


def incidence(question: Question) -> Floats:
    """Read the share that came to end 1."""
    return _read(question)[0]


def incidence_error(question: Question) -> Floats:
    """Read its error."""
    return np.sqrt(_read(question)[1])


def gray(question: Question) -> Floats:
    """Test groups for end 1."""
    groups = question.rows["group"].to_numpy().astype(str)
    return np.array([gray_test(question.array("exit_days"), question.rows["end"].to_numpy(), groups).stat])


ANSWERS = {
    "Aalen-Johansen share with ties": incidence,
    "error of Aalen-Johansen": incidence_error,
    "Gray's test": gray,
}
