"""Charts say what they were given: read through `to_dict()`, on frames small enough to count by hand."""

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ain_analytics.charts import (
    chart_attrition,
    chart_bounds,
    chart_case_classes,
    chart_patient,
    chart_published,
    chart_resolution,
    chart_row_fates,
    chart_rules,
    save_chart,
    svg_of,
)
from ain_analytics.charts.look import DASHES, PALETTE, rows_of, ticks_of_months
from ain_analytics.charts.reading import MOST_STEPS, drawn_steps
from ain_analytics.curves import ResolutionCurve, resolution_curve
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, AncBand
from ain_analytics.errors import UnknownPatient
from ain_analytics.intervals import interval_curve
from ain_analytics.schema.derived import CASE_CLASS

TWO = replace(TEXTBOOK, name="two", minimum_at_risk=2)
MONTH = 365.25 / 12


@pytest.fixture(scope="module")
def curve() -> ResolutionCurve:
    """Ten children, one of whom resolves on each of the days 100, 200 … 1000."""
    return resolution_curve(_follow_up(range(100, 1001, 100)), definitions=TWO)


@pytest.fixture(scope="module")
def split() -> ResolutionCurve:
    """Ten children of group a, and one of group b, who is too few to draw."""
    groups = pl.concat(
        [
            _follow_up(range(100, 1001, 100)).with_columns(pl.lit("a").alias("site")),
            _follow_up([500]).with_columns(pl.lit("b").alias("site")),
        ]
    )
    return resolution_curve(groups, by="site", definitions=TWO)


@pytest.fixture(scope="module")
def intervals() -> ResolutionCurve:
    """The same children, each seen unresolved 50 days before."""
    known = _follow_up(range(100, 1001, 100)).with_columns(
        (pl.col("exit_days") - 50).alias("lower_days"), pl.col("exit_days").alias("upper_days")
    )
    return interval_curve(known, definitions=replace(TWO, bootstrap_replicates=3))


def _follow_up(days: Any) -> pl.DataFrame:
    days = list(days)
    return pl.DataFrame({"exit_days": days, "is_resolved": [True] * len(days)})


def rows(chart: dict[str, Any], *parts: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the rows of data that the last of nested parts is drawn from; a part around it may hold them."""
    owner = next(part for part in (*reversed(parts), chart) if "data" in part)
    found: list[dict[str, Any]] = chart["datasets"][owner["data"]["name"]]
    return found


def layer(part: dict[str, Any], kind: str, place: int = 0) -> dict[str, Any]:
    """Find a layer by the kind of its mark."""
    return [one for one in part["layer"] if one["mark"]["type"] == kind][place]


def words(chart: dict[str, Any], which: str = "subtitle") -> str:
    return " ".join(chart["title"][which])


@pytest.mark.parametrize("width", [300, 640])
def test_the_flow_of_rules_shows_every_class_in_its_order_and_no_box_overlaps_the_next(width):
    drawn = chart_rules(width=width).to_dict()
    (boxes,) = (rows for rows in drawn["datasets"].values() if "asked" in rows[0])
    assert [box["class"].replace("\n", "_").replace(" ", "_") for box in boxes] == CASE_CLASS
    assert all(box["bottom"] < after["top"] for box, after in pairwise(boxes))
    assert all(box["unknown"].startswith("Unknown:") or not box["unknown"] for box in boxes)
    assert {box["class"].replace("\n", " ") for box in boxes if box["kind"] == "autoimmune"} == {
        "primary autoimmune", "probable primary", "secondary autoimmune",
    }  # fmt: skip


def test_the_curve_stops_on_the_last_day_on_which_enough_are_at_risk(curve: ResolutionCurve) -> None:
    chart = chart_resolution(curve).to_dict()
    drawn = rows(chart, layer(chart["vconcat"][0], "line"))
    assert max(row["months"] for row in drawn) == pytest.approx(900 / MONTH)  # day 1000 has one at risk
    assert [row["unresolved"] for row in drawn] == pytest.approx([n / 10 for n in range(10, 0, -1)])


def test_numbers_at_risk_are_those_just_before_the_labelled_month(curve: ResolutionCurve) -> None:
    chart = chart_resolution(curve).to_dict()
    table = {row["months"]: row["n_at_risk"] for row in rows(chart, chart["vconcat"][1])}
    # months 6, 12, 18, 24, 30 are the days 183, 365, 548, 731, 913: 1, 3, 5, 7 and 9 have resolved
    assert {month: table[month] for month in (0, 6, 12, 18, 24, 30)} == {
        0: "10", 6: "9", 12: "7", 18: "5", 24: "3", 30: "<2",
    }  # fmt: skip


def test_numbers_at_risk_can_be_rounded_down_for_others(curve: ResolutionCurve) -> None:
    chart = chart_resolution(curve, multiples_of=5).to_dict()
    table = chart["vconcat"][1]
    told = {row["months"]: row["n_at_risk"] for row in rows(chart, table)}
    assert {month: told[month] for month in (0, 6, 12, 18, 24)} == {
        0: "10", 6: "5", 12: "5", 18: "5", 24: "<2",
    }  # fmt: skip
    assert "multiples of 5" in table["title"]["text"]


def test_curve_and_numbers_at_risk_share_one_scale_of_months(curve: ResolutionCurve) -> None:
    plot, table = chart_resolution(curve).to_dict()["vconcat"]
    scales = [one["encoding"]["x"]["scale"] for one in [*plot["layer"][:2], table]]
    assert scales[0] == scales[1] == scales[2]
    assert plot["width"] == table["width"]
    assert scales[0]["domain"][0] == 0


def test_every_label_of_the_months_is_the_number_itself(curve: ResolutionCurve) -> None:
    axis = layer(chart_resolution(curve).to_dict()["vconcat"][0], "line")["encoding"]["x"]["axis"]
    assert axis["labelExpr"] == "datum.value"
    assert axis["values"] == [0, 6, 12, 18, 24, 30]
    assert axis["title"] == "Months since onset"


def test_the_subtitle_says_origin_definition_and_limits(curve: ResolutionCurve) -> None:
    said = words(chart_resolution(curve).to_dict())
    for part in ("Kaplan–Meier", "95 %", "onset", "“two”", "first episode of each child", "at least 2"):
        assert part in said


def test_dashes_lead_to_the_median_and_say_it(curve: ResolutionCurve) -> None:
    chart = chart_resolution(curve).to_dict()
    down = rows(chart, layer(chart["vconcat"][0], "rule"))
    assert [row["months"] for row in down] == pytest.approx([550 / MONTH])  # the middle of 500 and 600
    assert down[0]["said"].startswith("18.1 (")


def test_no_dashes_where_the_median_is_not_reached() -> None:
    late = pl.DataFrame({"exit_days": [100, 200, 300, 400], "is_resolved": [True, False, False, False]})
    chart = chart_resolution(resolution_curve(late, definitions=TWO)).to_dict()
    assert "rule" not in [one["mark"]["type"] for one in chart["vconcat"][0]["layer"]]


def test_a_group_that_is_too_small_is_named_and_not_drawn(split: ResolutionCurve) -> None:
    chart = chart_resolution(split).to_dict()
    plot, table = chart["vconcat"]
    assert {row["group"] for row in rows(chart, layer(plot, "line"))} == {"a"}
    assert {row["group"] for row in rows(chart, table)} == {"a"}
    assert "too few to draw: b" in words(chart)


def test_bands_give_way_where_there_are_many_groups() -> None:
    many = pl.concat(
        [_follow_up(range(100, 1001, 100)).with_columns(pl.lit(name).alias("site")) for name in "abcde"]
    )
    kinds = {
        n: [
            one["mark"]["type"]
            for one in chart_resolution(
                resolution_curve(many.filter(pl.col("site") < last), by="site", definitions=TWO)
            ).to_dict()["vconcat"][0]["layer"]
        ]
        for n, last in ((4, "e"), (5, "f"))
    }
    assert "area" in kinds[4]
    assert "area" not in kinds[5]


def test_an_interval_curve_alone_is_drawn_to_its_end_and_has_no_numbers(intervals: ResolutionCurve) -> None:
    chart = chart_resolution(intervals).to_dict()
    assert len(chart["vconcat"]) == 1
    drawn = rows(chart, layer(chart["vconcat"][0], "line"))
    assert max(row["months"] for row in drawn) == pytest.approx(1000 / MONTH)


def test_where_a_curve_may_fall_is_a_rectangle_from_one_reading_to_the_other(
    intervals: ResolutionCurve,
) -> None:
    chart = chart_resolution(intervals).to_dict()
    drawn = rows(chart, layer(chart["vconcat"][0], "rect"))
    assert intervals.cells is not None
    closed = intervals.cells.filter(pl.col("right_days").is_not_null())
    assert [(row["from"] * MONTH, row["months"] * MONTH) for row in drawn] == [
        pytest.approx(ends) for ends in closed.select("left_days", "right_days").rows()
    ]
    assert [row["before"] - row["after"] for row in drawn] == pytest.approx(closed["mass"].to_list())
    bare = chart_resolution(replace(intervals, cells=None)).to_dict()
    with pytest.raises(IndexError):
        layer(bare["vconcat"][0], "rect")


def test_where_nobody_can_be_drawn_the_chart_says_so() -> None:
    chart = chart_resolution(resolution_curve(_follow_up([100]), definitions=TWO)).to_dict()
    assert rows(chart) == [{"why": "Too few are at risk to draw a curve."}]


def test_a_curve_that_is_cut_goes_on_level_to_the_day_of_the_cut(curve: ResolutionCurve) -> None:
    few_steps = replace(curve, steps=curve.steps.filter(pl.col("days").is_in([0, 100, 1000])))
    chart = chart_resolution(few_steps, at_risk=curve).to_dict()
    drawn = rows(chart, layer(chart["vconcat"][0], "line"))
    assert [(round(row["months"] * MONTH), row["unresolved"]) for row in drawn] == [
        (0, 1.0), (100, pytest.approx(0.9)), (900, pytest.approx(0.9)),
    ]  # fmt: skip


def test_an_interval_curve_takes_numbers_at_risk_from_its_companion(
    intervals: ResolutionCurve, curve: ResolutionCurve
) -> None:
    chart = chart_resolution(intervals, at_risk=curve).to_dict()
    plot, table = chart["vconcat"]
    assert max(row["months"] for row in rows(chart, layer(plot, "line"))) == pytest.approx(900 / MONTH)
    assert {row["months"]: row["n_at_risk"] for row in rows(chart, table)}[12] == "7"
    assert "Interval-censored" in words(chart)


def test_the_words_true_and_false_do_not_appear_for_the_autoimmune() -> None:
    known = pl.concat(
        [
            _follow_up(range(100, 1001, 100)).with_columns(pl.lit(value).alias("is_ain"))
            for value in (True, False)
        ]
    )
    chart = chart_resolution(resolution_curve(known, by="is_ain", definitions=TWO)).to_dict()
    assert {row["group"] for row in rows(chart, layer(chart["vconcat"][0], "line"))} == {
        "autoimmune",
        "other",
    }


def test_only_the_main_rule_of_the_bounds_has_a_band(curve: ResolutionCurve) -> None:
    chart = chart_bounds({"mine": curve, "single_normal": curve, "strict": curve}).to_dict()
    plot, strip = chart["vconcat"][0], chart["vconcat"][-1]
    assert {row["group"] for row in rows(chart, layer(plot, "area"))} == {"mine"}
    assert {row["group"] for row in rows(chart, layer(plot, "line"))} == {"mine", "single normal", "strict"}
    told = {row["group"]: row["value"] for row in rows(chart, layer(strip, "rule"))}
    assert told == pytest.approx(dict.fromkeys(("mine", "single normal", "strict"), 550 / MONTH))
    assert layer(strip, "rule")["encoding"]["x"]["scale"] == layer(plot, "line")["encoding"]["x"]["scale"]


def test_neighbouring_colours_differ_in_lightness_so_that_grey_print_keeps_them_apart() -> None:
    def lightness(colour: str) -> float:
        red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    grey = [lightness(colour) for colour in PALETTE]
    assert min(abs(one - other) for one, other in pairwise(grey)) > 20
    assert len({tuple(dash) for dash in DASHES}) == len(DASHES) == len(set(PALETTE))


@pytest.mark.parametrize(
    ("last", "width", "ticks"),
    [
        (38.0, 640, [0, 6, 12, 18, 24, 30, 36, 42]),
        (38.0, 300, [0, 12, 24, 36, 48]),
        (36.0, 640, [0, 6, 12, 18, 24, 30, 36]),
        (3.0, 640, [0, 1, 2, 3]),
    ],
)
def test_months_are_labelled_as_often_as_there_is_room(last: float, width: int, ticks: list[int]) -> None:
    found = ticks_of_months(last, width)
    assert found[: len(ticks)] == ticks
    assert found[-1] >= last


def test_long_texts_are_broken_to_the_width() -> None:
    assert rows_of("one two three four five six seven", 130) == ["one two three four", "five six seven"]


ATTRITION = pl.DataFrame(
    {
        "step_number": [1, 2, 3],
        "step": ["Children in the extract", "Usable children", "Episodes in the estimate"],
        "reason": ["Every key.", "Rows set aside: bad_birth_date.", "All that is left."],
        "n_children": [60, None, 41],
        "n_episodes": [None, None, 41],
    }
)


def test_a_hidden_step_of_the_attrition_is_said_to_be_hidden() -> None:
    chart = chart_attrition(ATTRITION).to_dict()
    told = rows(chart, chart["layer"][0])
    assert [row["heading"] for row in told] == [
        "Children in the extract · 60 children",
        "Usable children · number hidden",
        "Episodes in the estimate · 41 children, 41 episodes",
    ]
    assert [row["drawn"] for row in told] == [60, 0, 41]
    assert [row["why"] for row in told][1] == ["Rows set aside: bad birth date."]


def test_the_fates_of_a_table_add_up_to_all_its_rows() -> None:
    fates = pl.DataFrame(
        {
            "table_name": ["patient", "patient", "lab_result"],
            "fate": ["used", "bad_birth_date", "used"],
            "n_rows": [9, 1, 4],
        }
    )
    chart = chart_row_fates(fates).to_dict()
    shares = [[row["share"] for row in rows(chart, panel)] for panel in chart["vconcat"]]
    assert shares == [pytest.approx([0.9, 0.1]), [1.0]]


def _cases(*classes: tuple[str, str, int]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "patient_id": str(place),
                "episode_number": episode,
                "case_class": at_baseline,
                "case_class_at_end": at_end,
                "is_ain": at_baseline == "primary_autoimmune",
                "is_ain_at_end": at_end == "primary_autoimmune",
            }
            for place, (at_baseline, at_end, episode) in enumerate(classes)
        ]
    )


def test_children_are_counted_by_the_class_of_their_first_episode() -> None:
    cases = _cases(
        ("untested", "primary_autoimmune", 1),
        ("untested", "untested", 1),
        ("primary_autoimmune", "primary_autoimmune", 1),
        ("primary_autoimmune", "primary_autoimmune", 2),
    )
    chart = chart_case_classes(cases).to_dict()
    told = {row["case_class"]: row["said"] for row in rows(chart, chart["layer"][0])}
    assert told == {"untested": "2 → 1", "primary autoimmune": "1 → 2"}


def _comparison(*figures: tuple[str, str, str, float | None, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "figure_id": key,
                "study": "Somebody 1990",
                "statement": "median of so many months (children, n = 3)",
                "scale": scale,
                "quantity": "median_age_at_resolution" if scale == "age" else "median_among_recovered",
                "unit": unit,
                "published": published,
                "own": own,
                "own_lower": None,
                "own_upper": None,
                "better": None,
                "better_lower": None,
                "better_upper": None,
                "verdict": "different",
                "reason": "because",
            }
            for key, scale, unit, published, own in figures
        ],
        schema_overrides=dict.fromkeys(
            ("own", "own_lower", "own_upper", "better", "better_lower", "better_upper"), pl.Float64
        ),
    )


def test_a_duration_and_an_age_never_share_an_axis() -> None:
    figures = _comparison(("R1", "duration", "months", 17.0, 16.0), ("R2", "age", "months", 25.0, 26.0))
    chart = chart_published(figures).to_dict()
    shown = [{row["figure_id"] for row in rows(chart, panel)} for panel in chart["vconcat"]]
    assert shown == [{"R1"}, {"R2"}]
    titles = [panel["layer"][1]["encoding"]["x"]["axis"]["title"] for panel in chart["vconcat"]]
    assert titles == [
        "Median duration among those who recovered, months",
        "Median age at resolution, months",
    ]


def test_a_published_figure_without_a_number_here_is_left_out() -> None:
    figures = _comparison(("R1", "duration", "months", 17.0, 16.0), ("R2", "duration", "months", 12.0, None))
    chart = chart_published(figures).to_dict()
    assert {row["figure_id"] for row in rows(chart, chart)} == {"R1"}
    assert words(chart, "text").endswith("those who recovered, months")


def test_nothing_to_compare_gives_a_chart_that_says_so() -> None:
    chart = chart_published(_comparison(("R1", "duration", "months", None, None))).to_dict()
    assert "No published figure" in json.dumps(chart)


ONE_CHILD = """
    patient      | day | anc
    secret-key-7 | 100 | 2.0
    secret-key-7 | 200 | 0.4
    secret-key-7 | 230 | 0.0
    secret-key-7 | 262 | 3.5
    secret-key-7 | 400 | 1.2
    secret-key-7 | 500 | 2.0
    secret-key-7 | 540 | 2.4
"""


@pytest.fixture
def child(given: Any, registry: Any) -> Any:
    given("anc", ONE_CHILD)
    given("treatment", """
        patient_id   | started_on | code
        secret-key-7 | 260        | L03AA02
    """)  # fmt: skip
    given("antibody_test", """
        patient_id   | sampled_on | test | result
        secret-key-7 | 210        | GIFT | positive
    """)  # fmt: skip
    return registry


def test_the_chart_of_one_child_does_not_hold_its_key(child: Any) -> None:
    assert "secret-key" not in json.dumps(chart_patient(child(), "secret-key-7").to_dict())


def test_a_masked_count_is_hollow_and_the_others_are_filled(child: Any) -> None:
    chart = chart_patient(child(), "secret-key-7").to_dict()
    points = layer(chart["vconcat"][0], "point")
    states = {row["anc"]: row["state"] for row in rows(chart, points)}
    assert states == {
        2.0: "normal", 0.4: "neutropenic", 0.0: "neutropenic", 3.5: "masked", 1.2: "neutropenic",
        2.4: "normal",
    }  # fmt: skip
    fill = dict(zip(*(points["encoding"]["fill"]["scale"][key] for key in ("domain", "range")), strict=True))
    assert fill["masked"] == "white"
    assert "white" not in [colour for state, colour in fill.items() if state != "masked"]


def test_the_ends_of_an_episode_are_pale_stretches(child: Any) -> None:
    chart = chart_patient(child(), "secret-key-7").to_dict()
    spans = [rows(chart, layer(chart["vconcat"][0], "rect", place)) for place in (0, 1)]
    days = {
        row["stretch"]: (round(row["months"] * MONTH), round(row["to_months"] * MONTH))
        for row in spans[0] + spans[1]
    }
    assert days == {"onset": (100, 200), "ill": (200, 400), "resolution": (400, 500)}


def test_the_limit_steps_at_the_first_birthday(child: Any) -> None:
    chart = chart_patient(child(), "secret-key-7").to_dict()
    limit = rows(chart, layer(chart["vconcat"][0], "line"))
    assert [(row["months"], row["anc"]) for row in limit] == [(0, 1.0), (12, 1.5), (18, 1.5)]


def test_labels_of_counts_are_not_rounded_and_every_layer_has_the_same_axis(child: Any) -> None:
    plot = chart_patient(child(), "secret-key-7").to_dict()["vconcat"][0]
    axes = [one["encoding"]["y"] for one in plot["layer"] if "y" in one["encoding"]]
    assert all(axis == axes[0] for axis in axes)
    assert axes[0]["axis"]["labelExpr"] == "datum.value"
    assert {0, 0.5, 1, 1.5} <= set(axes[0]["axis"]["values"])


def test_an_exit_limit_of_its_own_is_a_second_line(child: Any) -> None:
    chart = chart_patient(child(anc_bands=(AncBand(0, 0.5, 1.0),)), "secret-key-7").to_dict()
    lines = [one for one in chart["vconcat"][0]["layer"] if one["mark"]["type"] == "line"]
    assert [{row["anc"] for row in rows(chart, one)} for one in lines[:2]] == [{0.5}, {1.0}]


def test_tests_and_treatments_stand_below_the_counts_in_rows_of_their_own(child: Any) -> None:
    chart = chart_patient(child(), "secret-key-7").to_dict()
    events = {row["label"] for row in rows(chart, chart["vconcat"][1])}
    assert events == {"antibody positive", "gcsf"}


def test_an_unknown_child_is_refused_without_naming_it(child: Any) -> None:
    with pytest.raises(UnknownPatient) as refused:
        chart_patient(child(), "nobody-of-that-name")
    assert "nobody" not in str(refused.value)


def test_a_saved_chart_is_three_files_that_load_nothing(tmp_path: Path, curve: ResolutionCurve) -> None:
    paths = save_chart(chart_resolution(curve), tmp_path / "charts", "resolution")
    assert {path.name for path in paths} == {"resolution.html", "resolution.svg", "resolution.png"}
    assert (tmp_path / "charts" / "resolution.png").read_bytes().startswith(b"\x89PNG")
    page = (tmp_path / "charts" / "resolution.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|iframe)[^>]*(?:src|href)\s*=", page)
    assert "<text" in (tmp_path / "charts" / "resolution.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [300, 640])
def test_a_chart_is_drawn_at_the_width_of_a_phone_and_of_a_page(curve: ResolutionCurve, width: int) -> None:
    drawn = svg_of(chart_resolution(curve, width=width))
    assert width < float(drawn.split('width="')[1].split('"')[0]) < width + 120


def test_on_a_phone_every_group_heads_its_own_numbers() -> None:
    known = pl.concat(
        [_follow_up(range(100, 1001, 100)).with_columns(pl.lit(name).alias("site")) for name in "ab"]
    )
    chart = chart_resolution(resolution_curve(known, by="site", definitions=TWO), width=300).to_dict()
    assert [part["title"]["text"] for part in chart["vconcat"][1:]] == ["Number at risk: a", "b"]


def test_of_many_steps_one_is_drawn_in_each_stretch_and_never_before_its_day() -> None:
    n = 5000
    rows = pl.DataFrame({"exit_days": range(1, n + 1), "is_resolved": [True] * n})
    curve = resolution_curve(rows, definitions=TEXTBOOK)
    drawn = drawn_steps(curve, curve)
    assert drawn.height <= MOST_STEPS + 1
    assert drawn.row(0)[1:3] == (0.0, 1.0)
    every = curve.steps.select((pl.col("days") / DAYS_PER_MONTH).alias("months"), "unresolved")
    assert drawn.join(
        every, on=["months", "unresolved"], how="anti"
    ).is_empty()  # each is a step of the curve
    assert drawn["months"].diff().max() <= 2 * drawn["months"].max() / MOST_STEPS


def test_a_curve_of_few_steps_is_drawn_step_by_step() -> None:
    rows = pl.DataFrame({"exit_days": range(100, 1000, 10), "is_resolved": [True] * 90})
    curve = resolution_curve(rows, definitions=replace(TEXTBOOK, minimum_at_risk=1))
    assert drawn_steps(curve, curve).height == curve.steps.height
