"""The table of who agrees with R: kept as it was measured, and ours agrees everywhere."""

import numpy as np
import pytest

from benchmarks.conformance import ours
from benchmarks.conformance.cases import QUANTITIES
from benchmarks.conformance.compare import LIBRARIES, TOLERANCE, cell, gap
from benchmarks.conformance.page import PAGE, VERSIONS, read, text_of


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == text_of(read())


def test_the_table_has_every_quantity_and_library() -> None:
    rows = read()
    assert [row["quantity"] for row in rows] == [VERSIONS, *QUANTITIES]
    assert list(rows[0]) == ["quantity", *LIBRARIES]


def test_ours_agrees_with_r_everywhere() -> None:
    cells = {row["quantity"]: row["ain_analytics"] for row in read() if row["quantity"] != VERSIONS}
    assert [name for name, said in cells.items() if not said.startswith("agrees (") or ";" in said] == []


@pytest.mark.parametrize("quantity", ["median at a flat half", "error of Aalen-Johansen"])
def test_ours_agrees_when_asked_again(quantity: str) -> None:
    questions = list(QUANTITIES[quantity]())
    assert len(questions) >= 3
    for question in questions:
        assert gap(ours.ANSWERS[quantity](question), question.expected) <= TOLERANCE


def test_a_wrong_answer_differs_and_an_error_refuses() -> None:
    questions = list(QUANTITIES["median at a flat half"]())
    assert cell(lambda question: question.expected + 1, questions).startswith("differs (1,")
    assert cell(lambda question: question.expected * np.nan, questions).startswith("differs (a number on one")
    assert cell(lambda question: question.rows["nothing"].to_numpy(), questions).startswith("refuses (")
