"""The report: one file, the answer first, nothing that others may not see, nothing loaded from elsewhere."""

import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import PRESETS, TEXTBOOK
from ain_analytics.intervals import interval_curve
from ain_analytics.report import SECTIONS, write_report
from ain_analytics.report_text import answer, assumed, followed, rule_of, short_median, strictness
from ain_analytics.shared import said_without_few, shared, summary_without_few
from ain_analytics.study import study
from ain_analytics.study_result import Study
from ain_analytics.synthetic import simulate
from ain_analytics.wording import in_words

QUICK = replace(TEXTBOOK, name="quick", bootstrap_replicates=10)
BAD_SITE = '<script>alert("site")</script>'


def made_up(n: int) -> Study:
    registry = simulate(n, seed=3)
    patients = registry.tables["patient"].with_columns(
        pl.when(pl.int_range(pl.len()) % 2 == 0)
        .then(pl.lit(BAD_SITE))
        .otherwise(pl.lit("A & B"))
        .alias("site")
    )
    tables = {**registry.tables, "patient": patients}
    return study(tables, definitions=QUICK, by="site", extracted_on=registry.extracted_on)


@pytest.fixture(scope="module")
def found() -> Study:
    return made_up(150)


@pytest.fixture(scope="module")
def html(found: Study, tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_report(found, tmp_path_factory.mktemp("report") / "report.html").read_text(encoding="utf-8")


def text_of(html: str) -> str:
    return " ".join(
        unescape(re.sub(r"<style.*?</style>|<svg.*?</svg>|<[^>]+>", " ", html, flags=re.S)).split()
    )


@pytest.mark.long
def test_the_page_of_twenty_times_as_many_children_is_hardly_larger(html: str, tmp_path: Path) -> None:
    """Each curve is drawn in a bounded number of steps, each table has a bounded number of rows.

    What still grows is what smaller numbers hide: curves of classes and cells that are now large enough.
    """
    larger = write_report(made_up(3000), tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(larger) < 1.2 * len(html)


def test_the_page_loads_nothing_from_elsewhere(html: str) -> None:
    assert not re.findall(r"<(?:script|link|iframe|img|object|embed|base)\b", html)
    assert not re.findall(r"\b(?:src|href)\s*=\s*[\"']?(?!#)[^\s\"'>]", html)
    assert not re.findall(r"@import|url\((?!#)", html)


def test_the_answer_comes_first(found: Study, html: str) -> None:
    text = text_of(html)
    of_the_autoimmune = answer(found.curves["autoimmune"], "autoimmune neutropenias")
    of_all = answer(found.main).removeprefix("H")
    assert text.index(of_the_autoimmune) < text.index(of_all) < text.index(SECTIONS["who"])
    assert re.search(
        r"Half of the autoimmune neutropenias had resolved \d+\.\d months after the first neutropenic count",
        text,
    )


def test_the_bounds_of_the_answer_are_of_the_same_children(found: Study, html: str) -> None:
    cards = re.findall(r'<div class="rule(?: own)?"><b>(.*?)</b>', html)
    names = [name for name in found.curves if name.startswith("autoimmune") and "kaplan" not in name]
    assert len(names) == 3
    assert sorted(cards) == sorted(short_median(found.curves[name]) for name in names)


def test_the_answer_stands_between_its_two_bounds(found: Study, html: str) -> None:
    cards = re.findall(r'<div class="rule( own)?"><b>(.*?)</b><span>(.*?)</span>', html)
    assert [bool(own) for own, _, _ in cards] == [False, True, False]
    assert [words for _, _, words in cards] == [
        "One normal count ends it.",
        "2 normal counts 28 days apart end it, or a last normal run that nothing contradicts.",
        "Only 2 normal counts 28 days apart end it.",
    ]


def test_every_section_is_there_in_its_order_and_reached_by_a_link(html: str) -> None:
    assert re.findall(r'<section id="(\w+)">', html) == list(SECTIONS)
    assert re.findall(r'<a href="#(\w+)">', html) == list(SECTIONS)


def test_the_definition_is_said_in_words_all_of_it(found: Study, html: str) -> None:
    text = text_of(html)
    assert all(" ".join(sentence.split()) in text for sentence in in_words(found.definitions))


def test_no_key_of_a_child_and_no_day_of_one_stands_in_the_page(found: Study, html: str) -> None:
    keys = found.tables["patient"]["patient_id"].to_list()
    assert len(keys) > 100
    assert not [key for key in keys if key in html]
    days = re.findall(r"\b(?:19|20)\d\d-\d\d-\d\d\b", html)
    assert set(days) == {str(found.quality.extracted_on)}


def test_text_from_the_extract_is_never_markup(html: str) -> None:
    assert "<script" not in html
    assert "A & B" in text_of(html)


def test_small_numbers_of_children_are_not_told(found: Study, html: str) -> None:
    told = re.findall(r"(\d+)[ \u00a0]\(\d+\u00a0%\)", unescape(html))
    assert told
    assert not [n for n in map(int, told) if 0 < n < found.definitions.minimum_cell]


def test_inner_names_of_drawings_do_not_meet(html: str) -> None:
    names = re.findall(r'\bid="([^"]+)"', html)
    assert len(names) == len(set(names))
    assert set(re.findall(r"url\(#([^)]+)\)", html)) <= set(names)


def test_each_figure_is_drawn_for_a_page_and_for_a_phone(html: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", html, re.S)
    assert len(figures) >= 7
    for one in figures:
        wide, narrow = (float(width) for width in re.findall(r"max-width:([\d.]+)px", one))
        assert narrow < 440 < 640 < wide
        assert len(re.findall(r'<svg role="img" aria-label="[^"]', one)) == 2


@pytest.mark.long
def test_the_page_does_not_grow_with_the_registry(html: str, tmp_path: Path) -> None:
    four_times = write_report(made_up(600), tmp_path / "large.html").stat().st_size
    assert four_times < 1.6 * len(html.encode())


@pytest.mark.long
def test_the_same_study_gives_the_same_page(found: Study, html: str, tmp_path: Path) -> None:
    assert write_report(found, tmp_path / "again.html").read_text(encoding="utf-8") == html


@pytest.mark.long
def test_a_study_whose_groups_cannot_be_estimated_still_has_a_report(found: Study, tmp_path: Path) -> None:
    alone = {
        name: curve for name, curve in found.curves.items() if not name.startswith(("by_", "autoimmune"))
    }
    page = write_report(replace(found, curves=alone), tmp_path / "alone.html").read_text(encoding="utf-8")
    assert "<h3>By site</h3>" not in page
    assert "<h3>The right-censored reading</h3>" in page


def curve(days: list[int], **changes: Any) -> Any:
    rows = pl.DataFrame({"lower_days": [day - 10 for day in days], "upper_days": days})
    return interval_curve(rows, definitions=replace(QUICK, **changes))


def test_the_answer_says_so_where_half_have_not_resolved() -> None:
    rows = pl.DataFrame({"lower_days": [100] * 9 + [90], "upper_days": [None] * 9 + [100]})
    assert answer(interval_curve(rows, definitions=QUICK)).startswith("Fewer than half of the neutropenias")


def test_the_answer_names_its_origin_and_its_interval() -> None:
    said = answer(curve([300] * 10, time_origin="diagnosis", confidence=0.9))
    # all resolved from day 291 (9.6 months) to day 300 (9.9), and on which of these no data can tell
    assert (
        said
        == "Half of the neutropenias had resolved 9.9 months after the diagnosis (90 % interval 9.6 to 9.9)."
    )


def test_what_is_hidden_is_not_said_in_words() -> None:
    few = curve([300] * 4)
    hidden = replace(few, summary=summary_without_few(few.summary, 5))
    assert followed(few) == "Followed: 4 children, each by the first episode; 4 were seen to resolve."
    assert followed(hidden) == "The number of episodes is too small to be told."


@pytest.mark.parametrize(
    ("preset", "words"),
    [
        ("single_normal", "One normal count ends it"),
        ("strict", "Only 2 normal counts 28 days apart end it"),
    ],
)
def test_a_rule_of_ending_is_said_in_few_words(preset: str, words: str) -> None:
    assert rule_of(PRESETS[preset]) == words


def test_rules_of_ending_are_ordered_from_the_easiest_to_the_strictest() -> None:
    names = ["strict", "textbook", "single_normal"]
    assert sorted(names, key=lambda name: strictness(PRESETS[name])) == [
        "single_normal",
        "textbook",
        "strict",
    ]


def test_three_sentences_say_what_was_assumed() -> None:
    said = assumed(replace(TEXTBOOK, uses_entry=False, episodes_used="all", time_origin="birth"))
    assert len(said) == 3
    assert (
        said[2] == "Time runs from birth; a child counts as at risk from day zero; all episodes are followed."
    )


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("3 of 37 episodes set aside as unusable: 3 x.", "few of 37 episodes set aside as unusable."),
        (
            "all: before day 3 the risk set is empty; 4 left out.",
            "all: before day 3 the risk set is empty; few left out.",
        ),
        (
            "Limits at 95 % are percentiles of 200 resamples.",
            "Limits at 95 % are percentiles of 200 resamples.",
        ),
        ("25 later episodes left out.", "25 later episodes left out."),
    ],
)
def test_sentences_lose_their_small_counts(line: str, told: str) -> None:
    assert said_without_few(line, 5) == told


def test_shares_behind_which_stand_few_are_hidden_with_their_limits() -> None:
    days = [100] * 18 + [1500] * 2
    summary = resolution_curve(pl.DataFrame({"exit_days": days, "is_resolved": True})).summary
    told = (
        summary_without_few(summary, 5)
        .filter(pl.col("quantity") == "unresolved_at_12_months")
        .row(0, named=True)
    )
    assert (told["value"], told["lower"], told["upper"], told["note"]) == (
        None,
        None,
        None,
        "hidden",
    )  # 2 of 20
    kept = summary_without_few(summary, 2).filter(pl.col("quantity") == "unresolved_at_12_months")
    assert kept["value"].item() == pytest.approx(0.1)


def test_hiding_twice_hides_no_more() -> None:
    days = [100] * 18 + [1500] * 2
    once = summary_without_few(
        resolution_curve(pl.DataFrame({"exit_days": days, "is_resolved": True})).summary, 5
    )
    assert summary_without_few(once, 5).equals(once)


def test_what_is_shared_of_a_study_has_no_small_step_and_no_small_class(found: Study) -> None:
    seen = shared(found.tables, found.curves, found.definitions)
    left = seen.attrition["n_children"].drop_nulls().to_list()
    assert not [n for n in (a - b for a in left for b in left) if 0 < n < 5]
    told = (
        seen.classes["n_at_baseline"].drop_nulls().to_list() + seen.classes["n_at_end"].drop_nulls().to_list()
    )
    assert not [n for n in told if 0 < n < 5]


def test_a_step_of_the_attrition_that_cannot_be_told_is_joined_to_the_next(found: Study) -> None:
    steps = pl.DataFrame(
        {
            "step_number": [1, 2, 3, 4, 5],
            "step": ["extract", "usable", "episode", "estimate", "autoimmune"],
            "reason": ["All.", "Bad rows.", "No episode.", "Late.", "Others."],
            "n_children": [103, 101, 100, 60, 40],
            "n_episodes": [None, None, 130, 60, 40],
        },
        schema=found.tables["attrition"].schema,
    )
    seen = shared(found.tables | {"attrition": steps}, found.curves, found.definitions).attrition
    assert seen.select("step", "reason", "n_children").rows() == [
        ("episode", "All. Bad rows. No episode.", 100),
        ("estimate", "Late.", 60),
        ("autoimmune", "Others.", 40),
    ]
