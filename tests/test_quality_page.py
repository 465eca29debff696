"""The quality report for others: nothing of few, nothing of a name that is markup, a whole folder or none."""

import json
import re
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.charts import QUALITY_CHARTS, chart_quality, save_chart, svg_of
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import UnknownTable
from ain_analytics.output import is_ours
from ain_analytics.quality import Quality, quality
from ain_analytics.quality_folder import write_quality
from ain_analytics.quality_page import FIGURES, quality_page
from ain_analytics.quality_shared import shared_quality
from ain_analytics.registry import open_registry
from ain_analytics.synthetic import simulate

BAD_SITE, BAD_UNIT = "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>'
BAD_METHOD = "</script><b>\x1b[31m"


def made_up(n: int) -> dict[str, pl.DataFrame]:
    """Give a made-up extract with hostile names, and a site of three children."""
    tables = simulate(n, seed=3).tables
    child = pl.int_range(pl.len())
    is_even = child % 2 == 0
    site = pl.when(child < 3).then(pl.lit("Tiny")).when(is_even).then(pl.lit(BAD_SITE)).otherwise(pl.lit("B"))
    patients = tables["patient"].with_columns(site.alias("site"))
    unit = pl.when(pl.col("unit") == "G/L").then(pl.lit(BAD_UNIT)).otherwise("unit").alias("unit")
    is_manual = pl.col("method") == "manual"
    method = pl.when(is_manual).then(pl.lit(BAD_METHOD)).otherwise("method").alias("method")
    return {
        **tables,
        "patient": patients,
        "lab_result": tables["lab_result"].with_columns(unit, method),
    }


@pytest.fixture(scope="module")
def registry() -> Any:
    demo = simulate(150, seed=3)
    with open_registry(made_up(150), extracted_on=demo.extracted_on) as opened:
        yield opened


@pytest.fixture(scope="module")
def seen(registry: Any) -> Quality:
    return quality(registry)


@pytest.fixture(scope="module")
def html(seen: Quality) -> str:
    return quality_page(seen)


@pytest.fixture(scope="module")
def folder(registry: Any, seen: Quality, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("look") / "out"
    write_quality(registry, seen, place, command="ain check extract")
    return place


@pytest.mark.long
def test_the_page_loads_nothing_from_elsewhere_and_runs_nothing(html: str) -> None:
    assert not re.findall(r"<(?:script|link|iframe|img|object|embed|base)\b", html)
    assert not re.findall(r"\b(?:src|href)\s*=\s*[\"']?(?!#)[^\s\"'>]", re.sub(r">[^<]*<", "><", html))
    assert not re.findall(r"@import|url\((?!#)", html)
    assert BAD_SITE in unescape(html)
    assert "\x1b" not in html


def test_every_figure_is_in_the_page_for_the_screen_and_for_the_phone(html: str) -> None:
    figures = re.findall(r"<figure>.*?</figure>", html, re.S)
    assert len(figures) == len(FIGURES) == len(QUALITY_CHARTS)
    assert all(len(re.findall(r'<svg role="img" aria-label="[^"]', one)) == 2 for one in figures)
    names = re.findall(r'\bid="([^"]+)"', html)
    assert len(names) == len(set(names))


def test_text_of_the_sender_ends_no_code_of_a_chart(folder: Path) -> None:
    for path in folder.glob("charts/*.html"):
        text = path.read_text(encoding="utf-8")
        assert text.count("</script>") == text.count("<script")
        assert "<img src=x" not in text
        assert "<script>alert" not in text


def test_a_chart_of_a_hostile_name_shows_it(tmp_path: Path) -> None:
    import altair as alt

    rows = pl.DataFrame({"n": [1], "name": ["</script><i>a<b"]})
    chart = alt.Chart(rows).mark_bar().encode(x="n:Q", y="name:N")
    page = save_chart(chart, tmp_path, "hostile")[0].read_text(encoding="utf-8")
    assert r"\u003c/script>\u003ci>a\u003cb" in page
    assert "<i>" not in page
    assert "&lt;/script&gt;&lt;i&gt;a&lt;b" in svg_of(chart)


@pytest.mark.long
@pytest.mark.parametrize("name", QUALITY_CHARTS)
def test_a_figure_draws_the_rows_of_its_frame_and_no_key(seen: Quality, registry: Any, name: str) -> None:
    spec = chart_quality(seen, name).to_dict()
    text = json.dumps(spec, ensure_ascii=False)
    assert spec["title"]["text"]
    assert not [key for key in registry.frame("patient")["patient_id"] if f'"{key}"' in text]
    assert "Tiny" not in text
    assert sum(map(len, spec.get("datasets", {}).values())) < 5000


def test_the_axes_of_amounts_and_months_say_their_numbers_unrounded(seen: Quality) -> None:
    for name in ("amounts", "drift"):
        axes = log_axes(chart_quality(seen, name).to_dict())
        assert axes
        assert {axis["axis"]["labelExpr"] for axis in axes} == {"datum.value"}


def test_no_number_of_an_axis_stands_where_the_axis_does_not_reach(seen: Quality) -> None:
    for name in ("amounts", "drift"):
        for axis in log_axes(chart_quality(seen, name).to_dict()):
            bottom, top = axis["scale"]["domain"]
            assert all(bottom <= value <= top for value in axis["axis"]["values"])


def log_axes(part: Any) -> list[dict[str, Any]]:
    """Find the axes of a chart that have a scale of powers."""
    if isinstance(part, list):
        return [axis for one in part for axis in log_axes(one)]
    if not isinstance(part, dict):
        return []
    own = [part] if part.get("scale", {}) and part["scale"].get("type") == "log" and part.get("axis") else []
    return own + [axis for one in part.values() for axis in log_axes(one)]


def test_a_figure_that_is_not_there_is_refused(seen: Quality) -> None:
    with pytest.raises(UnknownTable, match="set_aside"):
        chart_quality(seen, "drifts")


def test_no_small_number_of_a_distribution_is_shown(seen: Quality) -> None:
    few = seen.definitions.minimum_cell
    shown = shared_quality(seen)
    for name, count in (
        ("row_fate", "n_rows"), ("last_digit", "n_counts"), ("near_limit", "n_counts"), ("gap", "n_gaps"),
        ("counts_per_child", "n_children"), ("onset_age", "n_episodes"), ("agreement", "n_counts"),
        ("agreement", "n_beyond"), ("amounts", "n_rows"), ("amounts", "n_used"),
    ):  # fmt: skip
        told = shown[name][count].drop_nulls().to_list()
        assert told, name
        assert not [n for n in told if 0 < n < few], name


def test_what_is_hidden_in_a_distribution_does_not_follow_from_its_sum_or_from_what_was_expected(
    seen: Quality,
) -> None:
    shown = shared_quality(seen)
    for name, by, count in (
        ("near_limit", "limit", "n_counts"),
        ("last_digit", "decimals", "n_counts"),
        ("onset_age", "change_months", "n_episodes"),
    ):
        for _, rows in shown[name].group_by(by):
            n_hidden = rows[count].null_count()
            assert n_hidden != 1
            assert not (n_hidden and rows["expected"].null_count() < rows.height)


def test_a_small_site_is_neither_named_nor_left_alone_in_others(seen: Quality) -> None:
    shown = shared_quality(seen)
    assert "Tiny" in seen.tables["quality_rows"]["site"]
    for name in ("set_aside", "drift"):
        assert "Tiny" not in shown[name]["site"]
    # Three children are too few for “others”: the smallest of the named sites is put with them.
    assert set(shown["set_aside"]["site"]) == {"B", "others"} or set(shown["set_aside"]["site"]) == {
        "<script>alert(1)</script>",
        "others",
    }
    assert len(set(shown["drift"]["site"])) == 1


def test_the_median_of_a_month_is_hidden_where_few_children_have_a_count(seen: Quality) -> None:
    few = seen.definitions.minimum_cell
    behind = seen.tables["quality_drift"].filter(pl.col("n_children") < few).select("site", "month")
    told = shared_quality(seen)["drift"].filter(pl.col("median").is_not_null())
    assert behind.height
    assert told.height
    assert told.join(behind, on=["site", "month"], how="semi").is_empty()


def test_percentiles_are_hidden_where_few_counts_lie_beyond_them(seen: Quality) -> None:
    few, shown = seen.definitions.minimum_cell, shared_quality(seen)["amounts"]
    wide = seen.tables["quality_amounts"].filter(pl.col("n_amounts") >= 20 * few).height
    assert 0 < shown["low"].drop_nulls().len() <= wide


def test_a_spelling_of_few_children_is_not_told(given_spelling: Any) -> None:
    shown = shared_quality(given_spelling)["amounts"]
    assert shown.select("unit", "n_rows", "median").rows() == [
        ("10*9/L", 10, pytest.approx(1.0)),
        ("others", 8, None),
    ]


@pytest.fixture
def given_spelling(story: Any) -> Quality:
    common = "\n".join(f"P{n} | {100 + n} | 751-8 | 1.0 | 10*9/L" for n in range(10))
    rare = "\n".join(f"P1 | {200 + n} | 751-8 | 1.0 | P1 of Mrs. K" for n in range(8))
    story.add("lab_result", f"patient | day | code | value | unit\n{common}\n{rare}")
    return quality(story.registry(TEXTBOOK))


def test_the_folder_holds_the_page_every_table_twice_every_chart_and_a_manifest(
    folder: Path, seen: Quality
) -> None:
    assert {path.name for path in folder.iterdir()} == {"quality.html", "tables", "charts", "manifest.json"}
    assert {path.name for path in (folder / "tables").iterdir()} == {
        f"{name}.{ending}" for name in seen.tables for ending in ("parquet", "csv")
    }
    assert {path.stem for path in (folder / "charts").iterdir()} == set(QUALITY_CHARTS)
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert set(said["outputs"]) == files - {"manifest.json"}
    assert is_ours(folder)
    for name, frame in seen.tables.items():
        assert pl.read_parquet(folder / "tables" / f"{name}.parquet").equals(frame)


@pytest.mark.long
def test_the_page_holds_no_key_and_does_not_grow_with_the_registry(registry: Any, html: str) -> None:
    keys = registry.frame("patient")["patient_id"].to_list()
    assert not [key for key in keys if key in html]
    demo = simulate(600, seed=3)
    with open_registry(made_up(600), extracted_on=demo.extracted_on) as larger:
        assert len(quality_page(quality(larger))) < 1.6 * len(html)


def test_an_extract_with_nothing_usable_still_has_a_page(story: Any) -> None:
    story.add("birth", "patient | birth_date\nP1 | 2018-01-01")
    story.add("lab_result", "patient | day | code | value | unit\nP1 | 100 | 751-8 | | 10*9/L")
    for definitions in (TEXTBOOK, replace(TEXTBOOK, anc_bands=TEXTBOOK.anc_bands[:1])):
        page = quality_page(quality(story.registry(definitions)))
        assert page.count("Nothing to draw") >= 2
