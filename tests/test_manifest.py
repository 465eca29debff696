"""What a manifest says of a study."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.definitions import PRESETS
from ain_analytics.manifest import manifest
from ain_analytics.registry import open_registry

PATIENTS = "patient_id,birth_date,sex\nSECRET,2018-01-01,female\nSECRET,2018-01-01,female\n"
RESULTS = "patient_id,sampled_at,code,value,unit\nSECRET,2018-06-01,751-8,0.5,10*9/L\n"


@pytest.fixture
def extract(tmp_path: Path) -> Path:
    folder = tmp_path / "hospital"
    folder.mkdir()
    (folder / "patient.csv").write_text(PATIENTS)
    (folder / "lab_result.csv").write_text(RESULTS)
    (folder / "extract.toml").write_text("extracted_on = 2024-06-30\n")
    return folder


@pytest.fixture
def said(extract: Path) -> Iterator[dict[str, Any]]:
    with open_registry(extract, definitions=PRESETS["strict"]) as registry:
        tables = {"patient": registry.frame("patient"), "episode": registry.frame("episode")}
        yield manifest(registry, tables=tables, by="sex", command="ain study hospital", folder=extract)


def test_inputs_are_named_and_hashed_with_what_the_sender_says(said: dict[str, Any]) -> None:
    inputs = {row["file"]: row for row in said["inputs"]}
    assert set(inputs) == {"patient.csv", "lab_result.csv", "extract.toml"}
    assert inputs["patient.csv"]["sha256"] == hashlib.sha256(PATIENTS.encode()).hexdigest()
    assert inputs["patient.csv"]["bytes"] == len(PATIENTS)


def test_versions_definition_command_and_counts_are_there(said: dict[str, Any]) -> None:
    assert said["program"] == "ain_analytics"
    assert {"ain_analytics", "python", "duckdb", "polars", "lifelines"} <= said["versions"].keys()
    assert said["versions"]["polars"] == pl.__version__
    assert (said["source"], said["format"]) == ("hospital", "native")
    assert (said["extracted_on"], said["by"]) == ("2024-06-30", "sex")
    assert said["command"] == "ain study hospital"
    assert said["definition"]["unconfirmed_end"] == "censor"
    assert said["definition"]["anc_bands"][1] == {"from_months": 12, "entry_limit": 1.5, "exit_limit": 1.5}
    assert said["counts"] == {"patient": 1, "episode": 1}
    assert said["fates"]["patient"] == {"duplicate": 1, "used": 1}


def test_outputs_are_hashed(said: dict[str, Any]) -> None:
    assert said["outputs"]["lab_result.csv"] == hashlib.sha256(RESULTS.encode()).hexdigest()


def test_it_is_json_and_holds_no_key(said: dict[str, Any]) -> None:
    assert "SECRET" not in json.dumps(said, allow_nan=False)


def test_frames_are_hashed_by_what_they_hold(extract: Path) -> None:
    frames = {
        name: pl.read_csv(extract / f"{name}.csv", infer_schema=False) for name in ("patient", "lab_result")
    }
    with open_registry(frames, extracted_on=date(2024, 6, 30)) as registry:
        inputs = {row["frame"]: row["sha256"] for row in manifest(registry, tables={})["inputs"]}
    assert inputs["patient"] == hashlib.sha256(PATIENTS.encode()).hexdigest()
