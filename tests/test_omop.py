"""OMOP CDM 5.4: hand-made tables, and the same registry in both formats."""

from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from ain_analytics.cases import classify
from ain_analytics.followup import follow_up
from ain_analytics.registry import open_registry
from ain_analytics.synthetic import simulate
from ain_analytics.synthetic.forms import omop


@pytest.mark.parametrize("seed", [3, 4])
def test_a_registry_is_the_same_in_the_native_format_and_in_omop(seed: int, tmp_path: Path) -> None:
    made = simulate(150, seed=seed)
    omop.write(made.tables, tmp_path, made.extracted_on)
    persons = omop._persons(made.tables)
    keys = dict(persons.select("person_id", "patient_id").iter_rows())
    with (
        open_registry(made.tables, extracted_on=made.extracted_on) as native,
        open_registry(tmp_path) as read,
    ):
        assert read.extract.format.name == "omop"
        for name in (
            "patient",
            "daily_anc",
            "episode",
            "cause",
            "treatment",
            "antibody_test",
            "marrow_exam",
            "genetic_test",
        ):
            here = native.frame(name).drop("file", "row_number", "code_system", strict=False)
            there = read.frame(name).drop("file", "row_number", "code_system", strict=False)
            there = there.with_columns(pl.col("patient_id").replace(keys))
            assert_frame_equal(there.sort(pl.all()), here.sort(pl.all()))
        here, there = classify(native), classify(read)
        assert_frame_equal(
            there.with_columns(pl.col("patient_id").replace(keys)).sort("patient_id"), here.sort("patient_id")
        )
        here, there = follow_up(native, here), follow_up(read, there)
        assert_frame_equal(
            there.with_columns(pl.col("patient_id").replace(keys)).sort("patient_id"), here.sort("patient_id")
        )
        fates = [r.frame("row_fate").filter(pl.col("table_name") == "lab_result") for r in (native, read)]
        assert_frame_equal(fates[1], fates[0])
