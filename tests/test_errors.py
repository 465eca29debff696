"""Errors of the program come whole from the process that raised them."""

import pickle

import pytest

from ain_analytics import errors
from ain_analytics.errors import AinError, AinWarning, BadOutput, EmptyStratum, NotEstimable, UnknownTable

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]


def test_every_kind_is_here() -> None:
    assert {AinError, AinWarning, NotEstimable, BadOutput, UnknownTable} <= set(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_an_error_of_its_words_alone_is_the_same_after_it_was_sent(kind: type[Exception]) -> None:
    error = kind.__new__(kind, "It says so.")
    error.args = ("It says so.",)
    sent = pickle.loads(pickle.dumps(error))
    assert type(sent) is kind
    assert sent.args == error.args


RAISED = (
    NotEstimable("time ratios", "nobody resolved"),
    EmptyStratum("all", "no row."),
    BadOutput("out", "is a file"),
    UnknownTable("episodes", ["episode"]),
)


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
def test_an_error_as_it_is_raised_is_the_same_too(error: Exception) -> None:
    sent = pickle.loads(pickle.dumps(error))
    assert (type(sent), str(sent), vars(sent)) == (type(error), str(error), vars(error))
