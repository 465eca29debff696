"""What DuckDB does for the episodes: one window over all counts, and one child without the others."""

import json
from collections.abc import Iterator

import duckdb
import pytest

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.raw_tables import make_table
from ain_analytics.views import band_frame, definition_frame, make_view
from benchmarks.episodes.peers.view_chain import views

CHILDREN, EACH, LOW_EVERY = 400, 25, 12
"""Few counts are low, so that whatever sees most of the rows is told by their number."""
COUNTS = CHILDREN * EACH
MADE_UP = f"""
    create table patient as
    select
        'P' || number as patient_id, cast(number as integer) as child_number, date '2015-01-01' as birth_date,
        'female' as sex, 'unknown' as duffy_status, cast(null as date) as died_on
    from range(1, {CHILDREN} + 1) as one(number);
    create table anc_count as
    select
        child_number, cast(date '2016-02-01' + cast(29 * nth as integer) as date) as sampled_on,
        timestamp '2016-02-01' + interval 29 day * nth as sampled_at,
        case when (child_number + nth) % {LOW_EVERY} = 0 then 0.4 else 3.0 end as anc, true as is_alone
    from patient cross join range({EACH}) as one(nth);
    create table treatment (patient_id varchar, started_on date, ended_on date, role varchar);
"""


@pytest.fixture
def base() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(MADE_UP)
        make_table(connection, "definition", definition_frame(TEXTBOOK))
        make_table(connection, "anc_band", band_frame(TEXTBOOK))
        yield connection


def rows_of_windows(connection: duckdb.DuckDBPyConnection, query: str) -> list[int]:
    """Give the number of rows that each window of a query's plan saw."""
    plan = json.loads(connection.sql(f"explain (analyze, format json) {query}").fetchall()[0][1])
    found, todo = [], list(plan["operator"])
    while todo:
        one = todo.pop()
        if "WINDOW" in one["type"]:
            found.append(one["intermediate_rows"])
        todo += one.get("children", [])
    return found


def test_the_episodes_need_one_window_over_all_counts(base: duckdb.DuckDBPyConnection) -> None:
    windows: list[int] = []
    for view in views():
        make_view(base, view.path, is_kept=False)
        if view.is_kept:
            windows += rows_of_windows(base, f"from {view.name}")
            make_view(base, view.path, is_kept=True)
    assert windows.count(COUNTS) == 1
    assert sum(n > COUNTS / 4 for n in windows) == 1
    assert len(windows) > 1  # or the plan was not read
    assert base.sql("select count(*) from episode").fetchall()[0][0] > CHILDREN / 2


def test_one_child_is_read_without_the_others(base: duckdb.DuckDBPyConnection) -> None:
    for view in views():
        make_view(base, view.path, is_kept=False)
    one_child = "from episode where child_number = 77"
    assert base.sql(one_child).fetchall()
    windows = rows_of_windows(base, one_child)
    assert windows
    assert max(windows) <= EACH
