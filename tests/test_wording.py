"""Definitions in plain words, by name and from files."""

from dataclasses import fields, replace
from pathlib import Path

import pytest

from ain_analytics.definition_file import read_definition
from ain_analytics.definitions import PRESETS, TEXTBOOK, AncBand, Definitions
from ain_analytics.endings import rules_of_ending
from ain_analytics.errors import BadDefinition, UnknownDefinition
from ain_analytics.wording import in_words

OTHER_TEXT = {
    "name": "mine",
    "implausible_unit": "set_aside",
    "same_day": "mean",
    "unconfirmed_end": "censor",
    "time_origin": "birth",
    "right_reading": "midpoint",
    "episodes_used": "all",
}
OTHER_TUPLE = {
    "anc_bands": (AncBand(0, 1.0, 1.0), AncBand(6, 1.5, 1.5)),
    "report_months": (6, 12),
    "age_band_months": (6, 12),
}


def another(name: str) -> object:
    """Give a value of a choice that is possible and not the textbook's."""
    value = getattr(TEXTBOOK, name)
    if name in OTHER_TEXT | OTHER_TUPLE:
        return (OTHER_TEXT | OTHER_TUPLE)[name]
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return value * 0.9
    return 3 if value is None else value + 1


@pytest.mark.parametrize("name", [f.name for f in fields(Definitions)])
def test_every_choice_is_heard_in_the_words(name: str) -> None:
    assert in_words(replace(TEXTBOOK, **{name: another(name)})) != in_words(TEXTBOOK)


def test_presets_differ_in_their_words_and_not_only_in_their_names() -> None:
    said = [tuple(in_words(preset)[1:]) for preset in PRESETS.values()]
    assert len(set(said)) == len(PRESETS)


@pytest.mark.parametrize(
    ("is_inclusive", "words"),
    [
        (
            False,
            "strictly below 1.0 × 10⁹/L before the first birthday, strictly below 1.5 × 10⁹/L from then on",
        ),
        (True, "at or below 1.0 × 10⁹/L before the first birthday, at or below 1.5 × 10⁹/L from then on"),
    ],
)
def test_strict_or_not_at_the_cut_is_said(is_inclusive: bool, words: str) -> None:
    said = in_words(replace(TEXTBOOK, limit_is_inclusive=is_inclusive))
    assert f"A count is neutropenic when it is {words}." in said


def test_three_bands_are_said_in_order() -> None:
    bands = (AncBand(0, 1.0, 1.0), AncBand(12, 1.5, 1.5), AncBand(24, 1.8, 1.8))
    said = in_words(replace(TEXTBOOK, anc_bands=bands))
    limit = next(line for line in said if "neutropenic when" in line)
    assert limit == (
        "A count is neutropenic when it is strictly below 1.0 × 10⁹/L before the first birthday, "
        "strictly below 1.5 × 10⁹/L before the age of 24 months, strictly below 1.8 × 10⁹/L from then on."
    )


def test_two_limits_are_both_said() -> None:
    said = in_words(PRESETS["neglia_1993"])
    assert (
        "Inside an episode a count is normal only when it is at or above 1.0 × 10⁹/L, at every age." in said
    )


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("detection", "the neutropenic count with which the run that opens the episode was long enough."),
        ("diagnosis", "the first positive antibody test or code of neutropenia from the onset to the end"),
    ],
)
def test_day_zero_is_said_by_its_rule(origin: str, words: str) -> None:
    assert [line for line in in_words(replace(TEXTBOOK, time_origin=origin)) if words in line]


def test_one_normal_count_leaves_no_last_run_to_speak_of() -> None:
    assert not [line for line in in_words(PRESETS["single_normal"]) if "last run" in line]


def write(folder: Path, text: str, name: str = "mine.toml") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_preset_is_read_by_its_name() -> None:
    assert read_definition("neglia_1993") is PRESETS["neglia_1993"]


def test_a_file_changes_what_it_says_and_is_named_after_itself(tmp_path: Path) -> None:
    text = """
        preset = "strict"
        resolution_counts = 3
        gcsf_mask_days = "none"
        report_months = [12, 24]
        [[anc_bands]]
        from_months = 0
        entry_limit = 0.5
        exit_limit = 1
        [[anc_bands]]
        from_months = 12
        entry_limit = 1.5
    """
    assert read_definition(write(tmp_path, text)) == replace(
        PRESETS["strict"],
        name="mine",
        resolution_counts=3,
        gcsf_mask_days=None,
        report_months=(12, 24),
        anc_bands=(AncBand(0, 0.5, 1.0), AncBand(12, 1.5, 1.5)),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resolution_dayz = 28", "is no choice of a study; the nearest name is 'resolution_days'"),
        ('resolution_days = "28"', "must be of type 'int'"),
        ("resolution_days = 28.0", "must be of type 'int'"),
        ("resolution_days = true", "must be of type 'int'"),
        ("resolution_days = -1", "must not be negative"),
        ("limit_is_inclusive = 1", "must be of type 'bool'"),
        ('onset_counts = "none"', "must be of type 'int'"),
        ('same_day = "median"', "must be one of lowest, highest, mean, first, last"),
        ("anc_bands = 1.5", "must be written as tables"),
        ("[[anc_bands]]\nfrom_months = 0", "needs from_months and entry_limit"),
        ("[[anc_bands]]\nfrom_months = 0\nentry_limit = '1'", "must be a number"),
        ("[[anc_bands]]\nfrom_months = 0.5\nentry_limit = 1", "must be a whole number"),
        ("[[anc_bands]]\nfrom_month = 0\nentry_limit = 1", "the nearest name is 'from_months'"),
        ("report_months = 12", "must be a list of whole numbers"),
        ("report_months = ['12']", "must be a list of whole numbers"),
        ('name = "textbook"\nresolution_days = 14', "is the name of a preset with other choices"),
    ],
)
def test_what_a_file_gets_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadDefinition, match=message):
        read_definition(write(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("texbook", "no definition 'texbook' .the nearest name is 'textbook'."),
        ("nowhere.toml", "no such file"),
    ],
)
def test_what_is_no_definition_is_named_with_the_presets(text: str, message: str) -> None:
    with pytest.raises(UnknownDefinition, match=message) as raised:
        read_definition(text)
    assert "single_normal" in str(raised.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"resolution_days == 28", "not valid TOML"),
        (b"\xff\xfe", "unreadable"),
        (b'preset = "strickt"', "'strict'"),
    ],
)
def test_a_file_that_is_no_definition_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "mine.toml").write_bytes(content)
    with pytest.raises(UnknownDefinition, match=message):
        read_definition(str(tmp_path / "mine.toml"))


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("textbook", ["single_normal", "strict"]),
        ("strict", ["strict_single_normal", "textbook"]),
        ("single_normal", ["textbook", "strict"]),
        ("neglia_1993", ["neglia_1993_single_normal", "neglia_1993_strict"]),
    ],
)
def test_the_bounds_are_the_two_other_rules_of_ending(name: str, others: list[str]) -> None:
    assert list(rules_of_ending(PRESETS[name])) == [name, *others]


def test_a_bound_changes_the_ending_and_nothing_else() -> None:
    mine = replace(TEXTBOOK, name="mine", resolution_counts=3, gcsf_mask_days=None)
    own, single, strict = rules_of_ending(mine).values()
    assert own == mine
    assert single == replace(mine, name="mine_single_normal", resolution_counts=1, resolution_days=0)
    assert strict == replace(mine, name="mine_strict", unconfirmed_end="censor")


def test_a_definition_with_the_name_of_a_preset_keeps_its_own_place() -> None:
    odd = replace(TEXTBOOK, name="strict")
    assert rules_of_ending(odd)["strict"] == odd
    assert len(rules_of_ending(odd)) == 3
