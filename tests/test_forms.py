"""One registry in every form: the same counts, episodes, classes, follow-up and curves, row for row."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ain_analytics.definitions import TEXTBOOK
from ain_analytics.study import study
from ain_analytics.study_result import Study
from ain_analytics.synthetic import SyntheticRegistry, simulate
from ain_analytics.synthetic.forms import FORMS

CHILDREN, SEED = 150, 11
FEW = replace(TEXTBOOK, name="few", bootstrap_replicates=20)
TABLES = ("episode", "case", "follow_up", "curve_steps", "curve_summary", "published_comparison")
PLACES = ("file", "row_number")


@pytest.fixture(scope="module")
def made_up() -> SyntheticRegistry:
    return simulate(CHILDREN, seed=SEED)


@pytest.fixture(scope="module")
def native(made_up: SyntheticRegistry, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Study]:
    found = study(made_up.write(tmp_path_factory.mktemp("native")), definitions=FEW, by="sex")
    yield found
    found.registry.close()


def comparable(frame: pl.DataFrame, keys: dict[str, str]) -> pl.DataFrame:
    """Leave out where a row was read; give the children the keys that the registry gave them."""
    kept = frame.drop(PLACES, strict=False)
    if "patient_id" in kept.columns and keys:
        kept = kept.with_columns(pl.col("patient_id").replace(keys))
    return kept.sort(pl.all())


def keys_in(folder: Path, tables: Mapping[str, pl.DataFrame]) -> dict[str, str]:
    """Say which person of an OMOP CDM is which child: both tables hold them in one order."""
    persons = pl.read_csv(folder / "PERSON.csv", infer_schema=False)["person_id"]
    return dict(pl.DataFrame([persons, tables["patient"]["patient_id"]]).drop_nulls().iter_rows())


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_a_study_finds_the_same_in_every_form(
    form: str, made_up: SyntheticRegistry, native: Study, tmp_path: Path
) -> None:
    folder = made_up.write(tmp_path, form=form)
    found = study(folder, definitions=FEW, by="sex")
    assert found.registry.extract.format.name == form
    keys = keys_in(folder, made_up.tables) if form == "omop" else {}
    for name in TABLES:
        assert_frame_equal(comparable(found.tables[name], keys), comparable(native.tables[name], {}))
    daily, there = native.registry.frame("daily_anc"), found.registry.frame("daily_anc")
    assert_frame_equal(comparable(there, keys), comparable(daily, {}))
    assert daily.height > CHILDREN
    found.registry.close()
