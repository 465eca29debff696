"""Sources of every format, spoiled: an error of one line, or every record in its one place."""

import gzip
import json
import os
import random
import time
import tomllib
from functools import cache, partial
from pathlib import Path

import polars as pl
import pytest

from ain_analytics.errors import AinError
from ain_analytics.quality import quality
from ain_analytics.registry import open_registry
from ain_analytics.synthetic import SyntheticRegistry, simulate
from ain_analytics.synthetic.forms import FORMS, sdtm

from . import hostile

ORDINARY, SLOW = 16, 2_000
CHILDREN, REGISTRIES = 6, 20
SECONDS = 10
EMPTY_BUNDLE = b'{"resourceType":"Bundle"}'
"""A container that holds nothing is no record."""
NASTY_JSON = (
    "null", "1e999", "-0", "[]", "{}", '""', "tru", '"\\ud800"', '"\\u0000"', "[" * 2_000 + "]" * 2_000,
    '{"resourceType":"Bundle"}', '"<script>alert(1)</script>"', json.dumps(hostile.SQL), "9" * 20,
    json.dumps("x" * 70_000), '{"a":1,"a":2}', '"2018"', '"0000-00-00"',
)  # fmt: skip


PLACE = ", (column|component|sheet|entry|[a-z_]+ of) .*"
"""What stands behind the name of a file where one record makes several rows."""
sdtm_in_csv = partial(sdtm.write, file_format="csv")


@cache
def registry(seed: int) -> SyntheticRegistry:
    return simulate(CHILDREN, seed=seed)


def write_small(form: str, rng: random.Random, folder: Path) -> None:
    """Write a small registry in a form, under keys that can be told."""
    made = registry(rng.randrange(REGISTRIES))
    key = pl.format("{}-{}", pl.lit(hostile.KEY), "patient_id").alias("patient_id")
    (sdtm_in_csv if form == "sdtm" else FORMS[form])(
        {name: frame.with_columns(key) for name, frame in made.tables.items()}, folder, made.extracted_on
    )


def spoil_json(rng: random.Random, folder: Path) -> None:
    """Put something nasty in the place of a value of a JSON text."""
    path = hostile.a_text(rng, folder)
    if path is not None:
        parts = path.read_bytes().decode("utf-8", "surrogateescape").split(":")
        for _ in range(rng.randint(1, 4)):
            at = rng.randrange(len(parts))
            _, comma, rest = parts[at].partition(",")
            parts[at] = rng.choice(NASTY_JSON) + comma + rest
        path.write_bytes(":".join(parts).encode("utf-8", "surrogateescape"))


def drop_a_file(rng: random.Random, folder: Path) -> None:
    path = hostile.a_text(rng, folder)
    if path is not None:
        path.unlink()


REFERENCES = ("concept", "concept_ancestor", "care_site", "data_dictionary")
"""Tables that say what others mean, and hold nothing of a child: their records have no fate."""
CHANGES = (*(one for one in hostile.CHANGES if one is not hostile.spoil_options), drop_a_file)
JSON_CHANGES = (*(spoil_json,) * 6, *CHANGES)


def spoiled(form: str, seed: int, folder: Path) -> list[str]:
    rng = random.Random(f"{form} {seed}")
    write_small(form, rng, folder)
    return hostile.spoil(rng, folder, JSON_CHANGES if form == "fhir" else CHANGES)


def n_records(path: Path, options: dict[str, str]) -> int:
    """Count the records of a file as an independent reader does."""
    if path.name.removesuffix(".gz").endswith(".ndjson"):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines = [line.strip() for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
        return sum(1 for line in lines if line not in (b"", EMPTY_BUNDLE))
    return hostile.n_rows(path, options.get("delimiter", ","), options.get("encoding", "utf-8"))


def assert_harmless(folder: Path) -> str:
    """Open a source; it must be refused in one line, or each of its records must be in its place."""
    began = time.process_time()
    shown = ""
    try:
        with open_registry(folder) as opened:
            for name in opened.tables:
                opened.frame(name).rows()
            said, shown = quality(opened).as_text(), quality(opened)._repr_html_()
            places = opened.connection.sql(
                f"select distinct regexp_replace(file, '{PLACE}', '') as file, row_number from raw_fate"
            ).pl()
            files = opened.extract.files
    except AinError as error:
        said = str(error)
        assert len(said.splitlines()) == 1, said
        outcome = type(error).__name__
    else:
        options = tomllib.loads((folder / "extract.toml").read_text(encoding="utf-8"))
        for path in {file.path for file in files if file.table not in REFERENCES}:
            found = places.filter(pl.col("file") == path.name)["row_number"]
            assert found.len() == n_records(path, options), path.name
        outcome = "counted"
    assert time.process_time() - began < SECONDS
    assert hostile.KEY not in said
    assert "<script>" not in shown
    assert not Path(hostile.CANARY).exists()
    return outcome


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_a_spoiled_source_is_refused_in_one_line_or_counted_to_the_last_record(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    outcomes = hostile.fuzz(range(ORDINARY), tmp_path, partial(spoiled, form), assert_harmless)
    assert outcomes["counted"] > ORDINARY // 10  # or the changes would be too coarse to prove anything


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMS)
def test_thousands_of_spoiled_sources(form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    n = int(os.environ.get("AIN_MUTATIONS", SLOW))
    seeds = range(ORDINARY, ORDINARY + n)
    outcomes = hostile.fuzz(seeds, tmp_path, partial(spoiled, form), assert_harmless)
    print(form, dict(outcomes))
    assert outcomes.total() == n
