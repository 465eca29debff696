"""An extract that nobody here wrote, with what a correct reader makes of it."""

import json
from pathlib import Path

import polars as pl
import pytest

from ain_analytics.definitions import PRESETS
from ain_analytics.registry import open_registry
from ain_analytics.study import study

EXTRACT = Path(__file__).parent / "extracts" / "hospital_a"
EXPECTED = json.loads((EXTRACT / "expected.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def registry():
    with open_registry(EXTRACT) as opened:
        yield opened


@pytest.mark.parametrize("table", EXPECTED["rows"])
def test_every_row_has_the_expected_fate(registry, table):
    fates = registry.frame("row_fate").filter(pl.col("table_name") == table)
    assert dict(fates.select("fate", "n_rows").rows()) == EXPECTED["rows"][table]


def test_the_usable_children_and_daily_counts_are_the_expected_ones(registry):
    assert registry.n_rows("patient") == EXPECTED["n_children_usable"]
    assert registry.n_rows("daily_anc") == EXPECTED["n_daily_counts"]


@pytest.mark.parametrize("preset", EXPECTED["n_episodes"])
def test_each_preset_gives_the_expected_episodes(registry, preset):
    episode = registry.under(PRESETS[preset]).frame("episode")
    assert episode.height == EXPECTED["n_episodes"][preset]
    assert episode["is_resolved"].sum() == EXPECTED["n_resolved"][preset]


@pytest.mark.parametrize("column", ["end_kind", "course", "severity"])
def test_ends_courses_and_severities_are_the_expected_ones(registry, column):
    counts = registry.frame("episode").group_by(pl.col(column).cast(pl.String)).len()
    assert dict(counts.rows()) == EXPECTED[column]


@pytest.mark.parametrize("child", EXPECTED["episodes"])
def test_a_named_childs_episodes_are_the_expected_ones(registry, child):
    expected = EXPECTED["episodes"][child]
    own = registry.frame("episode").filter(pl.col("patient_id") == child).sort("episode_number")
    dated = own.with_columns(pl.selectors.date().cast(pl.String)).to_dicts()
    assert [
        {key: row[key] for key in wanted} for row, wanted in zip(dated, expected, strict=True)
    ] == expected


@pytest.mark.long
def test_the_study_writes_the_same_figures(registry, tmp_path):
    study(EXTRACT, tmp_path / "out")
    tables = tmp_path / "out" / "tables"
    for name in ("row_fate", "rejected_row", "episode"):
        written = pl.read_parquet(tables / f"{name}.parquet")
        assert written.equals(registry.frame(name)), name
    fates = pl.read_csv(tables / "row_fate.csv")
    for table, expected in EXPECTED["rows"].items():
        own = fates.filter(pl.col("table_name") == table)
        assert dict(own.select("fate", "n_rows").rows()) == expected
