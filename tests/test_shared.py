from itertools import pairwise

import polars as pl

from ain_analytics.schema import TABLES
from ain_analytics.shared import _attrition_without_few, said_without_few


def attrition(*steps):
    rows = [(number, *step) for number, step in enumerate(steps, start=1)]
    return TABLES["attrition"].cast(
        pl.DataFrame(rows, schema=["step_number", "step", "reason", "n_children", "n_episodes"], orient="row")
    )


def test_a_step_that_loses_few_is_told_together_with_the_next():
    steps = attrition(
        ("in the extract", "All.", 120, None),
        ("usable", "Bad dates.", 110, None),
        ("with an episode", "Never low.", 100, 130),
        ("without early", "Too early.", 97, 97),
        ("without late", "Too late.", 90, 90),
        ("estimate", "Left.", 90, 90),
        ("autoimmune", "Others are not.", 60, 60),
    )
    told = _attrition_without_few(steps, 5)
    assert told.select("step", "reason", "n_children").rows() == [
        ("in the extract", "All.", 120),
        ("usable", "Bad dates.", 110),
        ("with an episode", "Never low.", 100),
        ("without late", "Too early. Too late.", 90),
        ("estimate", "Left.", 90),
        ("autoimmune", "Others are not.", 60),
    ]
    assert told["step_number"].to_list() == [1, 2, 3, 4, 5, 6]


def test_no_two_steps_that_are_told_differ_by_few():
    steps = attrition(
        ("in the extract", "All.", 100, None),
        ("usable", "Bad dates.", 98, None),
        ("with an episode", "Never low.", 97, 130),
        ("without early", "Too early.", 94, 94),
        ("estimate", "Left.", 91, 91),
        ("autoimmune", "Others are not.", 60, 60),
    )
    told = _attrition_without_few(steps, 5)["n_children"].drop_nulls().to_list()
    losses = [before - after for before, after in pairwise(told)]
    assert told[-2:] == [91, 60]
    assert all(loss == 0 or loss >= 5 for loss in losses)


def test_small_counts_are_taken_out_of_sentences():
    assert (
        said_without_few("3 later episodes left out; 12 children.", 5)
        == "few later episodes left out; 12 children."
    )
    assert (
        said_without_few("The curve starts on day 3 after onset.", 5)
        == "The curve starts on day 3 after onset."
    )
