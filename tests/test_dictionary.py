"""The data dictionary is whole and fresh."""

from dataclasses import fields
from pathlib import Path

import pytest

from ain_analytics.definitions import PRESETS, Definitions
from ain_analytics.dictionary import SENDER_OPTIONS, data_dictionary
from ain_analytics.extract import SenderOptions
from ain_analytics.schema import RAW, TABLES, columns_of

ROOT = Path(__file__).parents[1]


def test_the_dictionary_in_the_repository_is_fresh() -> None:
    assert (ROOT / "data_dictionary.md").read_text(encoding="utf-8") == data_dictionary(), (
        "run: ain dictionary"
    )


@pytest.mark.parametrize("name", TABLES)
def test_every_table_of_the_program_is_described_with_its_columns(name: str) -> None:
    part = data_dictionary().partition(f"\n#### {name}\n")[2].partition("\n###")[0]
    assert [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")] == TABLES[
        name
    ].column_names()


@pytest.mark.parametrize("name", RAW)
def test_every_table_of_an_extract_is_described_with_its_columns(name: str) -> None:
    part = data_dictionary().partition(f"\n### {name} (extract)\n")[2].partition("\n###")[0]
    assert [line.split("`")[1] for line in part.splitlines() if line.startswith("| `")] == columns_of(name)


def test_obligatory_columns_and_defaults_are_marked() -> None:
    lines = data_dictionary().splitlines()
    assert "| `value` | yes |  |  | The result; `<0.1` is below the limit of detection. |" in lines
    assert "| `code_system` |  | LOINC |  | System that the code comes from. |" in lines


def test_every_choice_is_described_with_unit_meaning_and_source() -> None:
    rows = [line.split(" | ") for line in data_dictionary().splitlines() if line.startswith("| `")]
    described = {row[0].strip("| `"): row for row in rows if len(row) == 5}
    for f in fields(Definitions):
        assert described[f.name][2:4] == [f.metadata["unit"], f.metadata["meaning"]]
        assert described[f.name][4].strip(" |")


def test_every_preset_and_every_line_of_extract_toml_is_described() -> None:
    text = data_dictionary()
    assert all(f"\n### {name}\n" in text for name in PRESETS)
    assert set(SENDER_OPTIONS) == {f.name for f in fields(SenderOptions)}
