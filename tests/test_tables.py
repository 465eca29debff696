"""Tables for people: counted by hand, small numbers hidden, nothing from the data taken for markup."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import polars as pl
import pytest
from great_tables import GT

from ain_analytics.cases import classify
from ain_analytics.characteristics import ALL, REST, counted, grouped, measured
from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.tables import (
    table_bounds,
    table_comparison,
    table_curve,
    table_fates,
    table_oddities,
    table_one,
)

SHOWN = replace(TEXTBOOK, name="shown", minimum_cell=1, minimum_at_risk=1)


def cells(table: GT) -> list[list[str]]:
    """Read the rows of a table's body: the text of every cell, without markup."""
    body = table.as_raw_html().split("<tbody")[1].split("</tbody>")[0]
    return [
        [
            unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<t[hd][^>]*>.*?</t[hd]>", row, re.S)
        ]
        for row in body.split("<tr")[1:]
    ]


def said(table: GT) -> dict[str, list[str]]:
    """Give the cells of each row by the row's name."""
    return {row[0]: row[1:] for row in cells(table) if row}


def head(table: GT) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", table.as_raw_html().split("<thead")[1].split("</thead>")[0]))


def children(*groups: tuple[str, int]) -> pl.DataFrame:
    """Give so many children of each case class; the first of every class is a girl."""
    return pl.DataFrame(
        [
            {
                "case_class": name,
                "sex": "female" if place == 0 else "male",
                "age_at_onset_days": 100 * (place + 1),
            }
            for name, n in groups
            for place in range(n)
        ],
        schema_overrides={"sex": pl.Enum(["female", "male", "unknown"])},
    )


@pytest.mark.parametrize(
    ("groups", "fewest", "sizes"),
    [
        ([("a", 10), ("b", 6)], 5, {ALL: 16, "a": 10, "b": 6}),
        ([("a", 10), ("b", 6), ("c", 3), ("d", 2)], 5, {ALL: 21, "a": 10, "b": 6, REST: 5}),
        ([("a", 10), ("b", 6), ("c", 3)], 5, {ALL: 19, "a": 10, REST: 9}),
        ([("a", 10), ("b", 3)], 5, {ALL: 13}),
        ([("a", 10)], 5, {ALL: 10}),
    ],
    ids=["large groups stay", "small ones join", "and take the next", "or give up", "one group is all"],
)
def test_small_groups_are_put_together(groups: Any, fewest: int, sizes: dict[str, int]) -> None:
    found = grouped(children(*groups), "case_class", fewest)
    assert dict(found.group_by("group", maintain_order=True).len().rows()) == sizes


def test_categories_are_counted_in_every_group_also_where_there_are_none() -> None:
    who = grouped(children(("a", 6), ("b", 5)), "case_class", 1).with_columns(
        *(
            pl.lit("x").alias(name)
            for name in ("ancestry", "severity", "course", "antibody_status", "end_kind")
        )
    )
    found = counted(who).filter(pl.col("block") == "Sex")
    assert {(row["category"], row["group"]): row["n"] for row in found.to_dicts()} == {
        ("female", ALL): 2, ("female", "a"): 1, ("female", "b"): 1,
        ("male", ALL): 9, ("male", "a"): 5, ("male", "b"): 4,
    }  # fmt: skip


def test_ages_are_described_by_median_and_quartiles_in_months() -> None:
    days = pl.lit(None, pl.Date)
    who = grouped(children(("a", 5)), None, 1).with_columns(
        pl.lit(3).alias("n_counts"), days.alias("last_observed_on"), days.alias("onset_by")
    )
    ages = measured(who).filter(pl.col("measure") == "Age at onset, months").row(0, named=True)
    # 100, 200, 300, 400, 500 days
    assert ages["median"] == pytest.approx(300 / 30.4375)
    assert (ages["quartile_1"], ages["quartile_3"]) == pytest.approx((200 / 30.4375, 400 / 30.4375))


@pytest.fixture
def three(given: Any, registry: Any) -> Any:
    given("birth", """
        patient | birth_date | sex    | ancestry
        A       | 2018-01-01 | female | <b>bold</b>
        B       | 2018-01-01 | female | other
        C       | 2018-01-01 | male   | other
    """.replace("patient |", "patient_id |"))  # fmt: skip
    given("anc", """
        patient | day | anc
        A       | 300 | 0.3
        A       | 400 | 2.0
        A       | 440 | 2.0
        B       | 310 | 0.7
        B       | 420 | 2.0
        C       | 320 | 0.4
    """)  # fmt: skip
    return registry


def test_table_one_counts_the_children_of_a_registry(three: Any) -> None:
    there = three(definitions=SHOWN)
    table = table_one(there, classify(there), by=None)
    assert f"{ALL} (3)" in head(table)
    told = {name: [cell.replace("\u00a0", " ") for cell in row] for name, row in said(table).items()}
    assert told["female"] == ["2 (67 %)"]
    assert told["male"] == ["1 (33 %)"]
    assert told["severe"] == ["2 (67 %)"]
    assert told["open"] == ["1 (33 %)"]
    assert told["Age at onset, months"] == ["10.2 (10.0 to 10.3)"]  # 310 days; 305 and 315


def test_table_one_of_few_children_tells_no_number(three: Any) -> None:
    there = three()
    table = table_one(there, classify(there))
    assert f"{ALL} (few)" in head(table)
    assert {cell for row in said(table).values() for cell in row} <= {
        "few",
        "0\u00a0(0\u00a0%)",
        "0 (0\u00a0%)",
    }


def test_text_from_the_extract_is_never_markup(three: Any) -> None:
    there = three(definitions=SHOWN)
    html = table_one(there, classify(there)).as_raw_html()
    assert "<b>bold</b>" not in html
    assert "&lt;b&gt;bold&lt;/b&gt;" in html


def test_a_group_named_like_markup_is_escaped_everywhere() -> None:
    rows = pl.DataFrame(
        {
            "exit_days": [100, 200] * 10,
            "is_resolved": [True] * 20,
            "site": ['<script>alert("x")</script>', "b"] * 10,
        }
    )
    html = table_curve(resolution_curve(rows, by="site", definitions=SHOWN)).as_raw_html()
    assert "<script" not in html


def curve_of(days: list[int], resolved: list[bool], **columns: Any) -> ResolutionCurve:
    frame = pl.DataFrame({"exit_days": days, "is_resolved": resolved, **columns})
    return resolution_curve(frame, by=next(iter(columns), None), definitions=SHOWN)


def plain(table: GT) -> dict[str, list[str]]:
    return {name: [cell.replace("\u00a0", " ") for cell in row] for name, row in said(table).items()}


def test_a_curve_is_written_out_with_what_is_not_reached_and_what_is_beyond() -> None:
    told = plain(table_curve(curve_of([200, 300, 400, 400], [True, False, False, False])))
    assert told["Episodes followed"] == ["4"]
    assert told["of them resolved"] == ["1"]
    assert told["Half resolved by (median), months"] == ["not reached"]
    assert told["Not yet resolved at 6 months"] == ["100 % (100 to 100)"]  # nobody resolved by day 183
    assert told["Not yet resolved at 12 months"][0].startswith("75 % (")
    assert told["Not yet resolved at 36 months"] == ["beyond follow-up"]


def test_a_few_groups_are_columns_and_many_are_rows() -> None:
    two = curve_of([100, 200] * 5, [True] * 10, site=["a", "b"] * 5)
    assert "Half resolved by (median), months" in said(table_curve(two))
    many = curve_of([100, 200, 300, 400, 500] * 2, [True] * 10, site=list("abcde") * 2)
    assert list(said(table_curve(many))) == list("abcde")
    assert "Median, months" in head(table_curve(many))


def test_small_groups_of_a_curve_and_what_would_give_them_back_are_hidden() -> None:
    frame = pl.DataFrame(
        {
            "exit_days": list(range(100, 2000, 100)),
            "is_resolved": True,
            "site": ["a"] * 10 + ["b"] * 6 + ["c"] * 3,
        }
    )
    told = plain(table_curve(resolution_curve(frame, by="site")))
    assert told["Episodes followed"] == ["10", "few", "few"]  # 19 in all, so 6 would give 3 away
    assert told["Half resolved by (median), months"][2] == "few"
    assert told["Half resolved by (median), months"][0].startswith("18.1")


def test_rules_stand_beside_each_other() -> None:
    early, late = (curve_of([days] * 6, [True] * 6) for days in (100, 400))
    table = table_bounds({"textbook": late, "single_normal": early})
    assert said(table)["Half resolved by (median), months"] == ["13.1", "3.3"]
    assert "single normal" in head(table)


def test_a_test_of_the_groups_stands_below_them() -> None:
    two = curve_of([100, 200] * 5, [True] * 10, site=["a", "b"] * 5)
    assert "log-rank" in table_curve(two).as_raw_html()


def figure(**changes: Any) -> pl.DataFrame:
    row: dict[str, Any] = {
        "figure_id": "R1",
        "study": "Somebody 1990",
        "statement": "median of 17 months <here>",
        "unit": "months",
        "published": 17.0,
        "published_n": 40,
        "own": 16.04,
        "own_lower": 14.0,
        "own_upper": None,
        "own_n": 30,
        "better_quantity": "median_of_all",
        "better": None,
        "better_lower": None,
        "better_upper": None,
        "verdict": "compatible",
        "test": "order_statistics",
        "p": 0.5,
        "p_holm": 1.0,
        "reason": "Compatible: of the children classed primary autoimmune 16.0 months (14.0 to not "
        "reached, n = 30) here against 17.0 months (n = 40) published, p = 0.500; the source is silent.",
    }
    numbers = [f"{which}{end}" for which in ("own", "better") for end in ("", "_lower", "_upper")]
    types = dict.fromkeys(numbers, pl.Float64()) | {"own_n": pl.Int32()}
    return pl.DataFrame([row | changes], schema_overrides=types)


def test_a_comparison_tells_both_sides_with_numbers_and_limits() -> None:
    row = said(table_comparison(figure()))["Somebody 1990 (R1)"]
    assert row == [
        "median of 17 months <here>",
        "17.0 months, n = 40",
        "16.0 months (14.0 to not reached), n = 30",
        "–",
        "compatible",
        "order statistics, p = 0.5, Holm 1.0",
        "Children classed primary autoimmune; the source is silent.",
    ]


def test_what_is_not_known_of_a_comparison_is_a_dash() -> None:
    row = said(table_comparison(figure(own=None, own_lower=None, own_n=None, verdict="not_comparable")))
    assert row["Somebody 1990 (R1)"][2:5] == ["–", "–", "not comparable"]


def test_fates_begin_with_what_was_used_and_say_what_is_hidden() -> None:
    fates = pl.DataFrame(
        {
            "table_name": ["patient"] * 3,
            "fate": ["bad_birth_date", "duplicate", "used"],
            "n_rows": [None, 7, 90],
        }
    )
    rows = [row for row in cells(table_fates(fates)) if len(row) > 1]
    assert [row[0] for row in rows] == ["used", "bad birth date", "duplicate"]
    assert [row[-1] for row in rows] == ["90", "few", "7"]
    assert [row[-2] for row in rows] == ["no", "yes", "yes"]


def test_oddities_hide_small_numbers_and_show_none() -> None:
    odd = pl.DataFrame(
        {"name": ["a", "b", "c"], "n": [0, 4, 5], "of": [9, 9, 9], "words": ["one", "two", "three"]}
    )
    assert {row[0]: row[1] for row in cells(table_oddities(odd))} == {"one": "0", "two": "few", "three": "5"}
