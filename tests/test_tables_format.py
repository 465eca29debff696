"""Tables of any names and shapes: what extract.toml says of them, and that nothing is lost or changed."""

from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
from polars.testing import assert_frame_equal

import ain_analytics as ain
from ain_analytics.errors import MissingColumn, MissingTable, UnreadableExtract
from ain_analytics.synthetic.forms.tables import write

COMPARED = ("episode", "daily_anc")
POINTERS = ("file", "row_number")
"""A result that has no value is an empty cell of a wide table, hence no row; all other fates are equal."""
NOT_WRITTEN = ("missing_value", "nothing_measured")


@pytest.fixture(scope="module", params=[3, 4])
def both(request, tmp_path_factory):
    made_up = ain.simulate(150, seed=request.param)
    folder = tmp_path_factory.mktemp("wide") / "hospital"
    write(made_up.tables, folder, made_up.extracted_on)
    with (
        ain.open_registry(made_up.tables, extracted_on=made_up.extracted_on) as native,
        ain.open_registry(folder) as wide,
    ):
        yield native, wide


@pytest.mark.parametrize("name", COMPARED)
def test_a_wide_table_gives_the_same_counts_and_episodes(both, name):
    native, wide = both
    assert native.frame(name).height > 0
    assert_frame_equal(wide.frame(name), native.frame(name))


def test_a_wide_table_gives_the_same_classes_and_follow_up(both):
    native, wide = both
    cases = [ain.classify(registry) for registry in (native, wide)]
    assert_frame_equal(cases[1], cases[0])
    assert_frame_equal(ain.follow_up(wide, cases[1]), ain.follow_up(native, cases[0]))


def test_every_fate_is_that_of_the_native_extract_but_for_results_without_a_value(both):
    fates = [registry.frame("row_fate").filter(~pl.col("fate").is_in(NOT_WRITTEN)) for registry in both]
    assert_frame_equal(fates[1], fates[0])


def test_each_record_of_a_wide_table_has_a_place_and_each_place_one_fate(both):
    _, wide = both
    folder = wide.extract.paths[0].parent
    lines = (folder / "Labor.csv").read_text(encoding="cp1252").splitlines()
    places = wide.connection.sql(
        "select distinct row_number from raw_fate where table_name = 'lab_result'"
    ).fetchall()
    assert sorted(places) == [(number,) for number in range(1, len(lines))]
    twice = wide.connection.sql(
        "select file, row_number from raw_fate group by table_name, file, row_number having count(*) > 1"
    ).fetchall()
    assert twice == []
