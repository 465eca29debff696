from dataclasses import replace
from itertools import pairwise

import polars as pl

from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.intervals import interval_curve
from ain_analytics.schema import TABLES
from ain_analytics.schema.derived import AIN_CLASSES
from ain_analytics.schema.results import PublishedComparison
from ain_analytics.shared import (
    _attrition_without_few,
    _classes_without_few,
    _fates_without_few,
    comparison_without_few,
    oddities_without_few,
    said_without_few,
    summary_without_few,
)
from ain_analytics.shared_curves import thinned, told_beside_their_own


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


def summary(*groups, name="textbook"):
    """Make a summary of groups of so many children, of whom so many resolved on day 100."""
    rows = [
        {"group": group, "exit_days": 100 if k < n_resolved else 200, "is_resolved": k < n_resolved}
        for group, n, n_resolved in groups
        for k in range(n)
    ]
    by = "group" if len(groups) > 1 else None
    return resolution_curve(pl.DataFrame(rows), by=by, definitions=replace(TEXTBOOK, name=name))


def told(frame, quantity):
    return frame.filter(pl.col("quantity") == quantity)["value"].to_list()


def test_who_resolved_in_a_group_does_not_follow_from_the_other_groups_and_all():
    # 68 of 90 resolved; with 30 of group A told, 38 of the 40 of group B would follow, and the 2 who did not.
    hidden = summary_without_few(summary(("A", 50, 30), ("B", 40, 38)).summary, 5)
    assert told(hidden, "n") == [50, 40]
    assert told(hidden, "n_resolved") == [None, None]


def test_numbers_of_resolved_that_hide_nothing_are_told():
    groups = summary(("A", 50, 30), ("B", 40, 38), ("C", 60, 40), ("D", 30, 27))
    assert told(summary_without_few(groups.summary, 5), "n_resolved") == [30, None, 40, None]


def test_two_rules_of_ending_do_not_tell_the_few_between_them():
    curves = {
        "textbook": summary(("all", 41, 36)),
        "strict": summary(("all", 41, 33), name="strict"),
        "single_normal": summary(("all", 35, 29), name="single_normal"),
    }
    seen = told_beside_their_own(curves, "textbook", 5)
    assert [told(curve.summary, "n")[0] for curve in seen.values()] == [41, 41, 35]
    assert [told(curve.summary, "n_resolved")[0] for curve in seen.values()] == [36, None, 29]


def test_a_class_does_not_follow_from_the_number_of_autoimmune_children():
    classes = pl.DataFrame(
        {
            "case_class": ["untested", *AIN_CLASSES, "congenital"],
            "is_ain": [False, True, True, True, False],
            "n_at_baseline": [30, 15, 10, 3, 6],
            "n_at_end": [30, 15, 10, 8, 6],
        }
    )
    # 28 autoimmune children stand in other tables: with 15 and 10 told, 3 would follow.
    hidden = _classes_without_few(classes, 5)
    shown = dict(hidden.select("case_class", "n_at_baseline").rows())
    assert shown["secondary_autoimmune"] is None
    assert [shown["primary_autoimmune"], shown["probable_primary"]].count(None) == 1
    assert (shown["untested"], shown["congenital"]) == (30, 6)


def test_the_order_of_classes_tells_no_hidden_number():
    classes = pl.DataFrame(
        {
            "case_class": ["b", "z", "c", "a"],
            "is_ain": [False] * 4,
            "n_at_baseline": [9, 8, 8, 2],
            "n_at_end": [9, 8, 8, 2],
        }
    )
    hidden = _classes_without_few(classes, 5)
    numbers = hidden["n_at_baseline"].to_list()
    few = hidden["case_class"].to_list()[numbers.index(None) :]
    assert numbers[-2:] == [None, None]
    assert few == sorted(few)


def test_usable_children_are_not_told_where_the_attrition_hides_them():
    steps = attrition(("in the extract", "All.", 60, None), ("with an episode", "Never low.", 54, 81))
    fates = pl.DataFrame(
        {
            "table_name": ["patient", "patient", "diagnosis"],
            "fate": ["used", "duplicate", "used"],
            "n_rows": [57, 6, 57],
        }
    )
    assert _fates_without_few(fates, steps, 5)["n_rows"].to_list() == [None, 6, 57]
    odd = pl.DataFrame({"name": ["children_of_unknown_sex", "counts_of_zero"], "n": [0, 13], "of": [57, 57]})
    assert oddities_without_few(odd, steps, 5)["of"].to_list() == [None, 57]


def compared(*rows):
    columns = ["figure_id", "quantity", "own", "own_n", "reason"]
    given = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        study=pl.lit("A study"),
        statement=pl.lit("so long"),
        scale=pl.lit("duration"),
        unit=pl.lit("months"),
        better_quantity=pl.lit("median"),
        verdict=pl.lit("compatible"),
        test=pl.lit("order_statistics"),
    )
    schema = {name: column.dtype for name, column in PublishedComparison.columns().items()}
    empty = [pl.lit(None, kind).alias(name) for name, kind in schema.items() if name not in given.columns]
    return PublishedComparison.validate(given.with_columns(empty).select(*schema), cast=True)


def test_who_recovered_is_not_told_beside_a_group_that_is_larger_by_few():
    said = "Compatible: 10.1 months (4.2 to 20.8, n = {}) here against 17.0 months (n = 240) published."
    hidden = comparison_without_few(
        compared(
            ("T01a", "median_unconditional", 9.7, 27, said.format(27)),
            ("T01b", "median_among_recovered", 10.1, 24, said.format(24)),
            ("R012", "median_among_recovered", 16.2, 15, said.format(15)),
        ),
        5,
        told={27, 41},
    )
    assert hidden["own_n"].to_list() == [27, None, 15]
    assert hidden["own"].to_list() == [9.7, 10.1, 16.2]
    assert not hidden["reason"].str.contains(r"n = 2[47]\)").any()
    assert hidden["reason"].str.contains("(n = 240)", literal=True).all()


def test_shares_are_told_so_that_no_number_of_children_follows():
    rows = pl.DataFrame(
        {
            "exit_days": [100] * 31 + [200] * 5,
            "is_resolved": [True] * 36,
            "upper_days": [100] * 31 + [200] * 5,
        }
    ).with_columns(lower_days=pl.col("upper_days") - 50)
    curves = {
        "textbook": interval_curve(rows, with_limits=False),
        "textbook_kaplan_meier": resolution_curve(rows),
    }
    seen = {name: thinned(curve, curves["textbook_kaplan_meier"], 5) for name, curve in curves.items()}
    for curve in seen.values():
        assert curve.at([150])["unresolved"].to_list() == [0.14]  # 5 of 36 is 0.13888…
