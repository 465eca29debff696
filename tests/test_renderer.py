"""Charts in notebooks: both entries are there, nothing needs a network, and importing stays quick."""

import base64
import subprocess
import sys
from typing import Any

import altair as alt
import polars as pl
import pytest

from ain_analytics import notebook_renderer


@pytest.fixture
def chart() -> alt.Chart:
    return alt.Chart(pl.DataFrame({"a": [1, 2], "b": [3, 4]})).mark_line().encode(x="a:Q", y="b:Q")


def test_a_chart_is_given_to_the_lab_and_as_a_picture(chart: alt.Chart) -> None:
    shown = notebook_renderer.bundle(chart.to_dict())
    assert set(shown) == {"application/vnd.vegalite.v5+json", "image/png"}
    assert base64.b64decode(shown["image/png"]).startswith(b"\x89PNG")


def test_the_lab_gets_the_whole_chart_under_the_schema_it_knows(chart: alt.Chart) -> None:
    spec = chart.to_dict()
    for_lab = notebook_renderer.bundle(spec)["application/vnd.vegalite.v5+json"]
    assert "/v5." in for_lab["$schema"]
    assert {**for_lab, "$schema": spec["$schema"]} == spec


def test_enabling_makes_altair_show_charts_this_way(chart: alt.Chart) -> None:
    before = alt.renderers.active
    try:
        notebook_renderer.enable()
        shown: Any = chart._repr_mimebundle_()
        assert "image/png" in (shown[0] if isinstance(shown, tuple) else shown)
    finally:
        alt.renderers.enable(before)


def test_outside_a_notebook_nothing_is_enabled() -> None:
    before = alt.renderers.active
    assert notebook_renderer.enable_in_notebook() is False
    assert alt.renderers.active == before


def test_importing_the_package_or_the_renderer_loads_no_drawing_library() -> None:
    code = (
        "import sys, ain_analytics, ain_analytics.notebook_renderer as r; r.enable_in_notebook(); "
        "print([name for name in ('altair', 'vl_convert', 'great_tables') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
