"""The frames of the quality report, counted by hand."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.definitions import AncBand
from ain_analytics.quality import Quality, quality
from ain_analytics.registry import open_registry
from ain_analytics.schema import QUALITY
from ain_analytics.synthetic import simulate

HOSPITAL = Path(__file__).parent / "extracts" / "hospital_a"


def rows_of(seen: Quality, name: str, *columns: str) -> list[tuple[Any, ...]]:
    return seen.tables[f"quality_{name}"].select(columns).rows()


def check(seen: Quality, name: str) -> tuple[Any, ...]:
    table = seen.tables["quality_check"]
    return table.row(by_predicate=pl.col("name") == name)[1:4]


@pytest.fixture(scope="module")
def made_up() -> Any:
    demo = simulate(150, seed=3)
    with open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        yield registry


def test_rows_by_site_and_year_add_up_to_the_fates_of_every_table(made_up: Any) -> None:
    with open_registry(HOSPITAL) as hospital:
        for registry in (made_up, hospital):
            summed = (
                quality(registry)
                .tables["quality_rows"]
                .group_by("table_name", "fate")
                .agg(pl.col("n_rows").sum())
            )
            assert set(summed.rows()) == set(registry.frame("row_fate").rows())


def test_every_table_of_a_look_keeps_its_schema(made_up: Any) -> None:
    tables = quality(made_up).tables
    assert list(tables) == list(QUALITY)
    for name, kind in QUALITY.items():
        assert kind.validate(tables[name]).equals(tables[name])


def test_a_row_is_counted_at_the_site_of_its_child_and_in_the_year_of_its_date(
    given: Any, registry: Any
) -> None:
    given("birth", """
        patient | birth_date | site
        P1      | 2018-01-01 | North
        P2      | 2018-01-01 |
    """)  # fmt: skip
    given("patient", """
        patient | birth_date | sex  | site
        P1      | 2018-01-01 | male | North
        P2      | 2018-01-01 | male |
        P3      | 2018-01-01 | male | North
        P3      | 2019-01-01 | male | South
    """)  # fmt: skip
    given("lab_result", """
        patient | day        | code  | value | unit
        P1      | 2018-06-01 | 751-8 | 1.2   | 10*9/L
        P1      | 2019-06-01 | 751-8 | 1.3   |
        P1      | soon       | 751-8 | 1.4   | 10*9/L
        P2      | 2018-06-01 | 751-8 | 1.5   | 10*9/L
        P3      | 2018-06-01 | 751-8 | 1.6   | 10*9/L
        P4      | 2018-06-01 | 751-8 | 1.7   | 10*9/L
        P4      |            | 751-8 | 1.8   | 10*9/L
    """)  # fmt: skip
    found = rows_of(quality(registry()), "rows", "table_name", "site", "year", "fate", "n_rows", "n_children")
    assert sorted(row[1:] for row in found if row[0] == "lab_result") == [
        ("North", "2018", "used", 1, 1),
        ("North", "2019", "missing_unit", 1, 1),
        ("North", "not_known", "bad_date", 1, 1),
        ("not_known", "2018", "unknown_patient", 1, 1),
        ("not_known", "2018", "unusable_patient", 1, 1),  # its two rows name two sites
        ("not_known", "not_known", "unknown_patient", 1, 1),
        ("not_recorded", "2018", "used", 1, 1),
    ]
    assert ("patient", "South", "2019", "conflicting_birth_date", 1, 1) in found


def test_amounts_are_described_by_unit_and_method_impossible_ones_among_them(
    given: Any, registry: Any
) -> None:
    given("lab_result", """
        patient | day | code   | value | unit   | method    | specimen_id
        P1      | 100 | 751-8  | 1.0   | 10*9/L | automated | S1
        P1      | 101 | 751-8  | 2.0   | 10*9/L | automated | S2
        P1      | 102 | 751-8  | 3.0   | 10*9/L | automated | S3
        P1      | 103 | 751-8  | 2.0   | /uL    | automated | S4
        P1      | 104 | 751-8  | 2000  | 10*9/L |           | S5
        P1      | 105 | 751-8  | 7     | ??     |           | S6
        P1      | 106 | 71676-1 | 0.25 | 1      |           | S7
    """)  # fmt: skip
    found = rows_of(
        quality(registry()), "amounts",
        "analyte", "unit", "method", "amount_unit", "n_rows", "n_used", "n_amounts", "median", "fold",
    )  # fmt: skip
    assert found == [
        # The others of the first are 0.002, 2 and 2000 once or thrice: by weight their middle is 2.
        ("anc", "/uL", "automated", "10⁹/L", 1, 1, 1, 0.002, 0.001),
        ("anc", "10*9/L", "automated", "10⁹/L", 3, 3, 3, 2.0, pytest.approx(2.0 / 0.002)),
        ("anc", "10*9/L", "not_given", "10⁹/L", 1, 0, 1, 2000.0, 1000.0),
        ("anc", "??", "not_given", "10⁹/L", 1, 0, 0, None, None),
        ("neutrophil_share", "1", "not_given", "%", 1, 0, 1, 25.0, None),
    ]


def test_a_laboratory_off_by_a_thousand_is_the_worst_that_is_said(given: Any, registry: Any) -> None:
    good = "\n".join(f"P1 | {100 + n} | 751-8 | 1.{n:02} | 10*9/L" for n in range(31))
    bad = "\n".join(f"P1 | {200 + n} | 751-8 | 1.{n:02} | /uL" for n in range(21))
    given("lab_result", f"patient | day | code | value | unit\n{good}\n{bad}")
    seen = quality(registry())
    assert check(seen, "units_far_off") == (2, 2, None)  # two groups: each is far from the other
    worst = seen.as_text().splitlines()[3:5]  # medians 1.15 and 0.00110; 21 of 52 rows
    said = "40.4% anc in /uL, method not_given: median 0.0011 10⁹/L, 0.000957 times the others"
    assert [line for line in worst if line.strip() == said]
    fewer = quality(registry(drift_counts=22))
    assert check(fewer, "units_far_off") == (1, 1, None)  # that of the 31


def test_last_digits_are_counted_as_written_by_decimals(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc  | unit
        P1      | 100 | 1.20 | 10*9/L
        P1      | 101 | 1.25 | 10*9/L
        P1      | 102 | 1.5  | 10*9/L
        P1      | 103 | 0.5  | 10*9/L
        P1      | 104 | 1250 | /uL
        P1      | 105 | <0.1 | 10*9/L
    """)  # fmt: skip
    found = rows_of(quality(registry()), "last_digit", "decimals", "digit", "n_counts", "expected")
    assert [row for row in found if row[2]] == [
        (0, 0, 1, 0.1),
        (1, 5, 1, 0.1),  # 0.5 has one digit only
        (2, 0, 1, 0.2),
        (2, 5, 1, 0.2),
    ]
    assert len(found) == 30


def test_counts_on_a_limit_are_set_beside_their_neighbours(given: Any, registry: Any) -> None:
    values = ["1.00"] * 6 + ["0.99"] * 2 + ["1.01"] * 3 + ["1.02"] + ["1.03"] + ["1.005"]
    given("anc", "patient | day | anc\n" + "\n".join(f"P1 | {100 + n} | {v}" for n, v in enumerate(values)))
    seen = quality(registry(anc_bands=(AncBand(0, 1.0, 1.0),), heaping_neighbours=2))
    # At two decimals: 0.98 to 1.02. The neighbours have 0, 2, 3 and 1 counts, 1.5 on average.
    assert rows_of(seen, "near_limit", "limit", "steps", "n_counts", "expected") == [
        (1.0, -2, 0, 1.5), (1.0, -1, 2, 1.5), (1.0, 0, 6, 1.5), (1.0, 1, 3, 1.5), (1.0, 2, 1, 1.5),
    ]  # fmt: skip
    assert check(seen, "counts_on_1") == (6, 12, 1.5)


def test_the_neighbours_of_rounded_counts_are_tens_or_tenths(given: Any, registry: Any) -> None:
    given("anc", """
        patient | day | anc  | unit
        P1      | 100 | 1000 | /uL
        P1      | 101 | 1010 | /uL
        P1      | 102 | 1010 | /uL
        P1      | 103 | 990  | /uL
        P1      | 104 | 980  | /uL
        P1      | 200 | 1.0  | 10*9/L
        P1      | 201 | 1.1  | 10*9/L
        P1      | 202 | 0.9  | 10*9/L
    """)  # fmt: skip
    seen = quality(registry(anc_bands=(AncBand(0, 1.0, 1.0),), heaping_neighbours=1))
    assert rows_of(seen, "near_limit", "steps", "n_counts", "expected") == [
        (-1, 2, 2.5), (0, 2, 2.5), (1, 3, 2.5),
    ]  # fmt: skip


def test_gaps_are_counted_by_their_length_and_a_long_one_is_longer_than_its_limit(
    given: Any, registry: Any
) -> None:
    given("anc", """
        patient | day | anc
        P1      | 100 | 2.0
        P1      | 107 | 2.0
        P1      | 115 | 2.0
        P1      | 480 | 2.0
        P1      | 846 | 2.0
        P2      | 100 | 2.0
    """)  # fmt: skip
    seen = quality(registry())  # gaps of 7, 8, 365 and 366 days
    found = rows_of(seen, "gap", "from_days", "to_days", "n_gaps", "is_long")
    assert [row for row in found if row[2]] == [
        (1, 7, 1, False),
        (8, 14, 1, False),
        (181, 365, 1, False),
        (366, 730, 1, True),
    ]
    assert found[-1] == (731, None, 0, True)
    assert check(seen, "long_gaps") == (1, 4, None)


def test_children_are_counted_by_their_number_of_counts(given: Any, registry: Any) -> None:
    given("birth", "patient | birth_date\nnone | 2018-01-01")
    given("anc", """
        patient | day | anc
        one     | 100 | 2.0
        three   | 100 | 2.0
        three   | 101 | 2.0
        three   | 102 | 2.0
    """)  # fmt: skip
    seen = quality(registry())
    found = rows_of(seen, "counts_per_child", "from_counts", "to_counts", "n_children")
    assert [row for row in found if row[2]] == [(0, 0, 1), (1, 1, 1), (3, 4, 1)]
    assert check(seen, "children_without_a_count") == (1, 3, None)
    assert check(seen, "children_with_one_count") == (1, 3, None)


def test_onsets_at_the_birthday_are_set_beside_the_stretches_before_and_after(
    given: Any, registry: Any
) -> None:
    # Born on 1 January 2018: the birthday is day 365. The stretch before it is days 274 to 334.
    days = [273, 274, 334, 335, 365, 395, 396, 456, 457]
    given("anc", "patient | day | anc\n" + "\n".join(f"P{day} | {day} | 0.5" for day in days))
    seen = quality(registry())
    found = rows_of(
        seen, "onset_age", "change_months", "stretch", "from_days", "to_days", "n_episodes", "expected"
    )
    assert [row for row in found if row[4]] == [
        (12, -2, -152, -92, 1, 2.0),
        (12, -1, -91, -31, 2, 2.0),
        (12, 0, -30, 30, 3, 2.0),
        (12, 1, 31, 91, 2, 2.0),
        (12, 2, 92, 152, 1, 2.0),
    ]
    assert check(seen, "onsets_at_12_months") == (3, 9, 2.0)


def test_nothing_is_expected_where_the_stretch_before_would_begin_before_birth(
    given: Any, registry: Any
) -> None:
    given("anc", "patient | day | anc\nP1 | 31 | 0.4")
    seen = quality(registry(anc_bands=(AncBand(0, 0.5, 0.5), AncBand(1, 1.0, 1.0))))
    assert rows_of(seen, "onset_age", "stretch", "n_episodes", "expected")[0] == (0, 1, None)
    flat = quality(registry(anc_bands=(AncBand(0, 1.5, 1.5),)))
    assert flat.tables["quality_onset_age"].is_empty()


def test_measured_counts_are_set_beside_computed_ones_by_their_size(given: Any, registry: Any) -> None:
    given("lab_result", """
        patient | day | code   | value | unit   | specimen_id
        P1      | 100 | 751-8  | 0.4   | 10*9/L | S1
        P1      | 100 | 6690-2 | 10    | 10*9/L | S1
        P1      | 100 | 770-8  | 5     | %      | S1
        P1      | 101 | 751-8  | 7.0   | 10*9/L | S2
        P1      | 101 | 6690-2 | 10    | 10*9/L | S2
        P1      | 101 | 770-8  | 50    | %      | S2
    """)  # fmt: skip
    seen = quality(registry())
    found = rows_of(seen, "agreement", "from_anc", "to_anc", "n_counts", "n_beyond", "median", "tolerance")
    assert [row for row in found if row[2]] == [
        (0.0, 0.5, 1, 0, pytest.approx(-0.1), 0.2),
        (5.0, 10.0, 1, 1, pytest.approx(2.0), pytest.approx(1.4)),
    ]
    assert check(seen, "measured_beyond_tolerance") == (1, 2, None)


def test_months_are_told_by_site_and_a_change_of_unit_is_seen_in_either_direction(
    given: Any, registry: Any
) -> None:
    given("birth", "patient | birth_date | site\nP1 | 2018-01-01 | North")
    given("anc", """
        patient | day        | anc    | unit
        P1      | 2018-05-03 | 1.0    | 10*9/L
        P1      | 2018-05-20 | 3.0    | 10*9/L
        P1      | 2018-06-01 | 2.0    | /uL
        P1      | 2018-07-01 | 2000   | 10*9/L
        P1      | 2018-08-01 | 2.0    | 10*9/L
    """)  # fmt: skip
    seen = quality(registry(drift_counts=1))
    assert rows_of(seen, "drift", "site", "month", "n_counts", "n_children", "median", "fold") == [
        ("North", date(2018, 5, 1), 2, 1, 2.0, 1.0),
        ("North", date(2018, 6, 1), 1, 1, 0.002, 0.001),
        ("North", date(2018, 7, 1), 1, 1, 2000.0, 1000.0),  # impossible, set aside, and seen
        ("North", date(2018, 8, 1), 1, 1, 2.0, 1.0),
    ]
    assert check(seen, "months_far_off") == (2, 4, None)


def test_the_text_fits_a_terminal_whatever_is_in_the_extract(made_up: Any, given: Any, registry: Any) -> None:
    names = "\n".join(f"P{n} | 2018-01-01 | Site {n} \x1b[31m" for n in range(60))
    given("birth", f"patient | birth_date | site\n{names}")
    rows = "\n".join(f"P{n % 60} | {100 + n} | 751-8 | 1.5 | unit{n}" for n in range(200))
    given("lab_result", f"patient | day | code | value | unit\n{rows}")
    for seen in (quality(made_up), quality(registry())):
        lines = seen.as_text().splitlines()
        assert len(lines) <= 100
        assert max(map(len, lines)) <= 140
        assert "\x1b" not in seen.as_text()
        assert lines[2].startswith("The worst first")


def test_an_extract_without_a_count_has_its_quality_tables_too(given: Any, registry: Any) -> None:
    given("birth", "patient | birth_date\nP1 | 2018-01-01")
    given("lab_result", "patient | day | code | value | unit\nP1 | 100 | 751-8 | | 10*9/L")
    seen = quality(registry())
    assert not seen.is_usable
    assert seen.tables["quality_drift"].is_empty()
    assert check(seen, "counts_on_1.5") == (0, 0, 0.0)
