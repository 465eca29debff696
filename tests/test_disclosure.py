"""What is hidden cannot be computed from what is shown."""

from datetime import date, datetime
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from ain_analytics.disclosure import (
    drop_keys,
    hide_comparison,
    hide_small_cells,
    hide_small_shares,
    hide_small_steps,
    thin_curve,
)
from ain_analytics.errors import BadFrame
from ain_analytics.schema.results import CurveSteps, PublishedComparison

MINIMUM = 5
MOST = 13
"""Largest count that a reader tries; larger than any in the tables here."""


def hide(columns: dict[str, list[int]], **how) -> dict[str, list[int | None]]:
    frame = pl.DataFrame(columns)
    counts = [name for name in columns if name not in ("total", "group")]
    hidden = hide_small_cells(frame, counts=counts, minimum_cell=MINIMUM, **how)
    return hidden.select(columns.keys()).to_dict(as_series=False)


def test_a_count_at_the_minimum_is_shown_and_one_below_it_is_not():
    assert hide({"n": [4, 5, 6, 40]}) == {"n": [None, None, 6, 40]}


def test_zero_is_shown():
    assert hide({"n": [0, 3, 4, 40]}) == {"n": [0, None, None, 40]}


def test_one_hidden_count_takes_the_next_smallest_with_it():
    assert hide({"n": [40, 30, 2]}) == {"n": [40, None, None]}


def test_two_hidden_ones_that_can_only_be_one_each_take_a_third_with_them():
    # 1 + 1 = 62 - 60: two hidden counts that are not 0 and add up to 2 are both 1.
    assert hide({"n": [1, 1, 20, 40]}) == {"n": [None, None, None, 40]}


def test_zeros_are_hidden_only_when_nothing_else_can_protect_a_count():
    assert hide({"n": [3, 0, 0]})["n"].count(None) == 2


def test_a_small_total_of_a_row_is_hidden_with_its_counts():
    shown = hide({"female": [40, 3], "male": [30, 0], "total": [70, 3]}, total="total")
    # 3 stands once as a count and once as a total, and the sums of both columns are known: 43 and 73.
    assert shown["female"] == [None, None]
    assert shown["total"] == [None, None]
    assert shown["male"] == [30, 0]


def test_a_row_of_totals_does_not_give_back_what_stands_above_it():
    shown = hide(
        {"n": [40, 30, 2, 72], "group": ["a", "b", "c", "all"]},
        total_row=pl.col("group") == "all",
    )
    assert shown["n"] == [40, None, None, 72]


def test_a_table_in_which_nothing_is_small_stays_as_it_is():
    columns = {"female": [40, 30], "male": [10, 0], "total": [50, 30]}
    assert hide(columns, total="total") == columns


def test_what_is_hidden_is_marked_and_a_missing_count_is_not():
    frame = pl.DataFrame({"n": [40, None, 3, 6]})
    hidden = hide_small_cells(frame, counts=["n"], minimum_cell=MINIMUM)
    assert hidden["n"].to_list() == [40, None, None, None]
    assert hidden["n_is_hidden"].to_list() == [False, False, True, True]
    assert frame.columns == ["n"]


def test_an_empty_table_stays_empty():
    assert hide({"n": []})["n"] == []


def test_totals_that_are_no_sums_are_refused():
    with pytest.raises(BadFrame, match="1 of its totals"):
        hide({"female": [10], "male": [10], "total": [21]}, total="total")


def test_a_table_needs_its_columns_and_one_row_of_totals():
    with pytest.raises(BadFrame, match="lacks the column"):
        hide_small_cells(pl.DataFrame({"n": [1]}), counts=["m"], minimum_cell=MINIMUM)
    with pytest.raises(BadFrame, match="2 of its rows"):
        hide({"n": [3, 3]}, total_row=pl.col("n") == 3)


def what_it_may_be(shown: list[list[int | None]], lines, *, least: int) -> dict[tuple[int, int], set[int]]:
    """Try every value from 1 to `MOST` for each hidden cell, as a patient reader would."""
    hidden = [(i, j) for i, row in enumerate(shown) for j, value in enumerate(row) if value is None]
    found: dict[tuple[int, int], set[int]] = {cell: set() for cell in hidden}
    for values in product(range(least, MOST), repeat=len(hidden)):
        table = [list(row) for row in shown]
        for (i, j), value in zip(hidden, values, strict=True):
            table[i][j] = value
        if all(sum(table[i][j] for i, j in parts) == known(table) for parts, known in lines):
            for cell, value in zip(hidden, values, strict=True):
                found[cell].add(value)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 7), min_size=2, max_size=4))
def test_no_hidden_count_of_a_column_follows_from_its_known_sum(counts):
    shown = [[value] for value in hide({"n": counts})["n"]]
    lines = [([(i, 0) for i in range(len(counts))], lambda _: sum(counts))]
    is_zero_hidden = any(row[0] is None and n == 0 for row, n in zip(shown, counts, strict=True))
    possible = what_it_may_be(shown, lines, least=0 if is_zero_hidden else 1)
    for values in possible.values():
        nothing_helps = all(row[0] is None for row in shown) and sum(counts) <= len(counts)
        assert len(values) > 1 or nothing_helps


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.integers(0, 6), min_size=2, max_size=2), min_size=2, max_size=2))
def test_no_hidden_count_of_a_table_with_margins_follows_from_them(rows):
    rows = [[*row, sum(row)] for row in rows]
    rows.append([sum(column) for column in zip(*rows, strict=True)])
    columns = dict(zip(["female", "male", "total"], map(list, zip(*rows, strict=True)), strict=True))
    columns["group"] = ["a", "b", "all"]
    shown_columns = hide(columns, total="total", total_row=pl.col("group") == "all")
    shown = [list(row) for row in zip(*[shown_columns[c] for c in ("female", "male", "total")], strict=True)]
    for row, shown_row in zip(rows, shown, strict=True):
        assert all(s is None or s == true for true, s in zip(row, shown_row, strict=True))
        assert all(not 0 < s < MINIMUM for s in shown_row if s is not None)
    assert_nothing_follows(rows, shown)


@settings(max_examples=40, deadline=None)
@given(
    st.integers(2, 3).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 9), min_size=n, max_size=n), min_size=2, max_size=7)
    )
)
def test_nothing_follows_from_a_larger_table_by_linear_programming(rows):
    """Each hidden count is made as large and as small as its sums let it be, by another method."""
    rows = [[*row, sum(row)] for row in rows]
    columns = {f"n{j}": list(column) for j, column in enumerate(zip(*rows, strict=True))}
    *counts, total = columns
    frame = hide_small_cells(pl.DataFrame(columns), counts=counts, total=total, minimum_cell=MINIMUM)
    true = np.array(rows)
    is_hidden = np.column_stack([frame[name].is_null() for name in columns])
    known = [[(i, j) for i in range(len(rows))] for j in range(true.shape[1])]
    signs = [dict.fromkeys(line, 1) for line in known]
    signs += [{(i, j): 1 if j < len(counts) else -1 for j in range(true.shape[1])} for i in range(len(rows))]
    cells = [tuple(cell) for cell in np.argwhere(is_hidden).tolist()]
    sums = np.array([[of.get(cell, 0) for cell in cells] for of in signs])
    values = true[is_hidden]
    least = 1 if values.all() else 0
    for k, cell in enumerate(cells):
        goal = np.eye(len(cells))[k]
        within = {"A_eq": sums, "b_eq": sums @ values, "bounds": (least, values.sum() + 1)}
        smallest, largest = (linprog(sign * goal, **within).x[k] for sign in (1, -1))
        column_is_helpless = values[[c[1] == cell[1] for c in cells]].sum() <= len(rows)
        assert largest - smallest > 0.5 or not true[cell] or column_is_helpless


def assert_nothing_follows(rows: list[list[int]], shown: list[list[int | None]]) -> None:
    """Look, for each hidden count, for another table with the same margins that shows the same.

    Every table with margins differs from another by changes of its four counts, the margins follow. A change
    is possible where all that it moves is hidden and stays above 0 (or at it, where zeros are hidden too).
    """
    hidden = {(i, j) for i, j in product(range(3), repeat=2) if shown[i][j] is None}
    least = 1 if all(rows[i][j] for i, j in hidden) else 0
    free = set()
    for a, b, c, d in product(range(-1, 2), repeat=4):
        change = [[a, b, a + b], [c, d, c + d], [a + c, b + d, a + b + c + d]]
        moved = {(i, j) for i, j in product(range(3), repeat=2) if change[i][j]}
        if moved <= hidden and all(rows[i][j] + change[i][j] >= least for i, j in moved):
            free |= moved
    assert all(cell in free or rows[cell[0]][cell[1]] == 0 for cell in hidden)


def test_steps_that_differ_by_a_small_number_are_hidden():
    left = pl.DataFrame({"n": [60, 58, 40, 40, 39]})
    shown = hide_small_steps(left, count="n", minimum_cell=MINIMUM)
    # 39 is shown; 40 would tell of one child, 58 and 60 of two.
    assert shown["n"].to_list() == [None, 58, None, None, 39]
    assert shown["n_is_hidden"].to_list() == [True, False, True, True, False]


@given(st.lists(st.integers(0, 20), max_size=8))
def test_no_two_shown_steps_differ_by_a_small_number(losses):
    left = [sum(losses) + 7 - sum(losses[:i]) for i in range(len(losses) + 1)]
    shown = (
        hide_small_steps(pl.DataFrame({"n": left}), count="n", minimum_cell=MINIMUM)["n"]
        .drop_nulls()
        .to_list()
    )
    assert shown[-1] == 7
    assert all(a == b or a - b >= MINIMUM for a in shown for b in shown if a >= b)


def test_a_share_is_hidden_when_few_stand_behind_it_or_behind_its_rest():
    rows = pl.DataFrame(
        {
            "share": [0.0, 4.0, 5.0, 95.0, 96.0, 100.0, 50.0, None],
            "n": [100] * 6 + [4, 100],
            "lower": [1.0] * 8,
        }
    )
    shown = hide_small_shares(rows, share="share", of="n", minimum_cell=MINIMUM, whole=100, also=["lower"])
    assert shown["share"].to_list() == [0.0, None, 5.0, 95.0, None, 100.0, None, None]
    assert shown["share_is_hidden"].to_list() == [False, True, False, False, True, False, True, False]
    assert shown["lower"].to_list() == [1.0, None, 1.0, 1.0, None, 1.0, None, 1.0]


def comparison(**columns) -> pl.DataFrame:
    row = {
        "figure_id": "R001",
        "study": "A study",
        "statement": "95 % resolved",
        "quantity": "share_resolved",
        "scale": "none",
        "unit": "percent",
        "published": 95.0,
        "better_quantity": "share resolved by 36 months",
        "test": "fisher",
        "verdict": "compatible",
        "reason": "Compatible: 96.0 % here.",
    } | columns
    schema = {name: column.dtype for name, column in PublishedComparison.columns().items()}
    return PublishedComparison.validate(pl.DataFrame([row], schema=schema), cast=True)


def test_a_comparison_hides_a_share_of_all_but_a_few_and_the_reason_that_prints_it():
    hidden = hide_comparison(
        comparison(own=96.0, own_lower=90.0, own_n=100, better=97.0), minimum_cell=MINIMUM
    )
    assert hidden.select("own", "own_lower", "better", "own_n").row(0) == (None, None, None, None)
    assert "96.0" not in hidden["reason"].item()
    assert hidden["verdict"].item() == "compatible"


def test_a_comparison_shows_what_rests_on_enough():
    rows = comparison(own=90.0, own_n=100, better=94.0)
    assert hide_comparison(rows, minimum_cell=MINIMUM).equals(rows)
    months = comparison(own=2.0, own_n=100, unit="months")
    assert hide_comparison(months, minimum_cell=MINIMUM).equals(months)
    nothing = comparison()
    assert hide_comparison(nothing, minimum_cell=MINIMUM).equals(nothing)


def steps(resolved: list[int], censored: list[int], *, estimator: str = "kaplan_meier") -> pl.DataFrame:
    """Make a curve without delayed entry; the first row is its start."""
    n = sum(resolved) + sum(censored)
    rows, unresolved, left = [(0, 1.0, n, 0, 0)], 1.0, n
    for day, (r, c) in enumerate(zip(resolved, censored, strict=True), start=1):
        unresolved *= (left - r) / left if left else 1.0
        rows.append((10 * day, unresolved, left, r, c))
        left -= r + c
    frame = pl.DataFrame(
        rows, schema=["days", "unresolved", "n_at_risk", "n_resolved", "n_censored"], orient="row"
    )
    return CurveSteps.validate(
        frame.with_columns(
            definition=pl.lit("textbook"), estimator=pl.lit(estimator), stratum=pl.lit("all"),
            lower=pl.lit(None, pl.Float64), upper=pl.lit(None, pl.Float64),
        ).select(CurveSteps.column_names()),
        cast=True,
    )  # fmt: skip


def test_a_step_is_drawn_when_enough_have_resolved_since_the_last_one():
    # 20 children; resolutions 3, 3 | 4, 1 | and 9 censored at the end, who show how far the curve reaches.
    thin = thin_curve(steps([3, 3, 4, 1, 0], [0, 0, 0, 0, 9]), minimum_cell=MINIMUM)
    assert thin["days"].to_list() == [0, 20, 40, 50]
    assert thin["n_resolved"].to_list() == [0, 6, 5, 0]
    assert thin["unresolved"].round(6).to_list() == [1.0, 0.7, 0.45, 0.45]
    # At risk 20, 17, 10 and 9, rounded down to multiples of 5.
    assert thin["n_at_risk"].to_list() == [20, 15, 10, 5]
    assert thin["n_censored"].to_list() == [0, 0, 0, 9]


def test_what_is_left_over_at_the_end_goes_to_the_last_step():
    # 6 resolve, then 2 more: a step of 2 must not follow, so one of 8 is drawn on the later day.
    thin = thin_curve(steps([6, 2, 0], [0, 0, 12]), minimum_cell=MINIMUM)
    assert thin["days"].to_list() == [0, 20, 30]
    assert thin["n_resolved"].to_list() == [0, 8, 0]


def test_a_curve_ends_where_fewer_are_at_risk():
    # 12 children: 7 resolve on day 10, and of the 5 left one is censored on day 20; then 4 are at risk.
    thin = thin_curve(steps([7, 0, 4], [0, 1, 0]), minimum_cell=MINIMUM)
    assert thin["days"].to_list() == [0, 10, 20]
    assert thin["n_censored"].to_list() == [0, 0, None]


def test_of_a_curve_with_few_resolutions_only_the_start_is_left():
    thin = thin_curve(steps([4, 0], [0, 20]), minimum_cell=MINIMUM)
    assert thin["days"].to_list() == [0]


def test_a_curve_without_resolutions_is_shown_as_long_as_it_is():
    thin = thin_curve(steps([0, 0], [6, 20]), minimum_cell=MINIMUM)
    assert thin.select("days", "unresolved").rows() == [(0, 1.0), (20, 1.0)]


def test_an_interval_estimate_takes_its_numbers_from_the_kaplan_meier_steps():
    counted = steps([3, 3, 4, 1, 0], [0, 0, 0, 0, 9])
    own = counted.with_columns(
        pl.lit("npmle").cast(counted.schema["estimator"]).alias("estimator"),
        *(pl.lit(None, pl.Int64).alias(name) for name in ("n_at_risk", "n_resolved", "n_censored")),
    )
    thin = thin_curve(own, minimum_cell=MINIMUM, counted=counted)
    assert thin["days"].to_list() == [0, 20, 40, 50]
    assert thin["n_resolved"].null_count() == 4
    with pytest.raises(BadFrame, match="counted"):
        thin_curve(own, minimum_cell=MINIMUM)
    with pytest.raises(BadFrame, match="counted"):
        thin_curve(own, minimum_cell=MINIMUM, counted=counted.with_columns(pl.lit("girls").alias("stratum")))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=12))
def test_no_drawn_step_has_fewer_resolutions_than_the_minimum(leaving):
    full = steps([r for r, _ in leaving], [c for _, c in leaving])
    thin = thin_curve(full, minimum_cell=MINIMUM)
    for name in ("n_resolved", "n_censored", "n_at_risk"):
        assert thin.filter(pl.col(name).is_between(1, MINIMUM - 1)).is_empty()
    assert (thin["n_at_risk"].drop_nulls() % MINIMUM == 0).all()
    drops = -thin["unresolved"].diff().drop_nulls()
    assert ((drops == 0) | (thin["n_resolved"][1:] >= MINIMUM)).all()
    drawn = thin.join(full, on="days", suffix="_full")
    assert drawn["unresolved"].equals(drawn["unresolved_full"], check_names=False)
    assert drawn.height == thin.height


def test_keys_and_dates_are_dropped():
    frame = pl.DataFrame(
        {
            "patient_id": ["007"],
            "file": ["lab.csv"],
            "row_number": [1],
            "birth_date": [date(2018, 1, 1)],
            "sampled_at": [datetime(2018, 1, 1, 8)],
            "exit_days": [300],
            "case_class": ["idiopathic"],
        }
    )
    assert drop_keys(frame).columns == ["exit_days", "case_class"]
