"""What becomes of every row of a table: the fixture `expect_fates`."""

from collections import Counter

import polars as pl
import pytest

from ..conftest import read_table

NO_ERROR = {"used", "other_analyte", "other_test", "superseded"}


@pytest.fixture
def expect_fates(given, registry):
    """Give a table without its column `fate`, and compare what becomes of each row with that column."""

    def compare(table, text, **choices):
        header, rows = read_table(text)
        names = ["patient" if name == "patient_id" else name for name in header]
        kept = [name for name in header if name != "fate"]
        lines = [" | ".join(row[name] or "" for name in kept) for row in rows]
        given(table, "\n".join([" | ".join(name for name in names if name != "fate"), *lines]))
        open_one = registry(**choices)
        fates = open_one.frame("row_fate").filter(pl.col("table_name") == table)
        found = dict(fates.select("fate", "n_rows").iter_rows())
        rejected = open_one.frame("rejected_row").filter(pl.col("table_name") == table)
        reasons = dict(rejected.select("row_number", "reason").iter_rows())
        wanted = {number: row["fate"] for number, row in enumerate(rows, start=1)}
        wrong = [
            f"row {number}: {lines[number - 1]}\n    expected {fate}, found {reasons.get(number, 'no error')}"
            for number, fate in wanted.items()
            if reasons.get(number, "no error") != ("no error" if fate in NO_ERROR else fate)
        ]
        assert not wrong, "\n".join(wrong)
        assert found == Counter(wanted.values())

    return compare
