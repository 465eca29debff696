"""Published figures of one's own: what a record may say, and one clear line for each that is impossible."""

from pathlib import Path

import polars as pl
import pytest

from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK
from ain_analytics.errors import BadFigure
from ain_analytics.published import published_figures
from ain_analytics.published_answers import ANSWERS
from ain_analytics.published_group import Group
from ain_analytics.published_tests import TESTS

MEDIAN = """
[[figure]]
id = "X1"
study = "Somebody 2030"
quantity = "median_among_recovered"
case_classes = ["primary_autoimmune"]
value = 1.50
unit = "years"
n_behind = 40
n_followed = 60
"""
SHARE = (
    MEDIAN.replace("median_among_recovered", "share_resolved")
    .replace("n_followed = 60", "")
    .replace("years", "percent")
)


@pytest.fixture
def read(tmp_path: Path):
    def reads(text: str) -> pl.DataFrame:
        path = tmp_path / "figures.toml"
        path.write_text(text, encoding="utf-8")
        return published_figures(path)

    return reads


def test_a_record_becomes_a_figure_in_months_with_its_rounding(read):
    row = read(MEDIAN).row(0, named=True)
    assert (row["figure_id"], row["value"], row["unit"]) == ("X1", 18.0, "months")
    assert row["rounding"] == pytest.approx(0.06)  # half of a hundredth of a year
    assert (row["definition"], row["time_origin"], row["scale"]) == ("unknown", "unknown", "duration")
    assert row["statement"] == "median of 18 months among those who recovered (not said)"


def test_a_definition_may_be_the_choices_that_differ(read):
    row = read(MEDIAN + "definition = { resolution_counts = 1, resolution_days = 0 }").row(0, named=True)
    assert row["definition"] == "X1"
    assert row["choices"] == '{"resolution_counts": 1, "resolution_days": 0}'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MEDIAN.replace("1.50", '"long"'), "value must be a number"),
        (MEDIAN.replace("1.50", "-1"), "value is below 0"),
        (MEDIAN.replace("years", "percent"), "median_among_recovered cannot be given in percent"),
        (MEDIAN.replace("years", "yeers"), "unit cannot be 'yeers'; the nearest is 'years'"),
        (MEDIAN.replace("median_among_recovered", "median"), "quantity cannot be 'median'; the nearest is"),
        (MEDIAN.replace("primary_autoimmune", "primary"), "case_classes cannot be 'primary'"),
        (MEDIAN.replace("n_behind = 40", "n_behind = 70"), "70 recovered of 60 followed"),
        (MEDIAN + "valu = 3", "'valu' is no part of a record; the nearest is 'value'"),
        (MEDIAN + "lower = 2", "the value lies outside its own interval"),
        (MEDIAN + 'time_origin = "birth"', "is no age and cannot count from birth"),
        (MEDIAN + 'definition = "textbok"', "definition cannot be 'textbok'; the nearest is 'textbook'"),
        (MEDIAN + "definition = { resolution_count = 1 }", "'resolution_count' is 1, but it is no choice"),
        (
            MEDIAN + "definition = { resolution_counts = 0 }",
            "'resolution_counts' is 0, but it must be at least 1",
        ),
        (MEDIAN.replace('study = "Somebody 2030"', ""), "study is missing"),
        (SHARE.replace("1.50", "101"), "a share is more than 100 %"),
        # 35 of 40 are 87.5 %, 34 are 85 %.
        (SHARE.replace("1.50", "87.0"), "no count of 40 children gives 87 %; the nearest is 87.50 %"),
        (SHARE.replace("1.50", "80.0") + "counts = [35, 40]", "35/40 is 87.50 %, not 80 %"),
        (SHARE.replace("1.50", "87.5") + "counts = [35, 41]", "n_behind is 40, but counts say of 41"),
        (SHARE.replace("1.50", "87.5") + "counts = [41, 40]", "41 of 40 is no share"),
        (SHARE.replace("1.50", "87.5").replace("resolved", "resolved_by"), "needs at_months"),
        (SHARE.replace("1.50", "87.5").replace("share_resolved", "share_treated"), "it needs detail"),
        (MEDIAN.replace("median_among_recovered", "curve"), "a curve needs its points"),
        (MEDIAN.replace("median_among_recovered", "curve") + "curve = [[12, 0.5], [6, 0.4]]", "must rise"),
        (MEDIAN + MEDIAN, "its id stands twice"),
    ],
)
def test_an_impossible_record_is_refused_in_one_line_with_its_id(read, text, said):
    with pytest.raises(BadFigure) as refused:
        read(text)
    assert str(refused.value).startswith("Published figure 'X1': ")
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", ["[[figure]", "", "figures = 3", "[[figure]]\nvalue = 3", "figure = [3]"])
def test_a_file_that_holds_no_records_is_refused_in_one_line(read, text):
    with pytest.raises(BadFigure) as refused:
        read(text)
    assert "\n" not in str(refused.value)


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(BadFigure, match=r"'none\.toml': the file cannot be read"):
        published_figures(tmp_path / "none.toml")


def test_a_published_curve_is_held_against_the_resolutions_it_expects(read):
    text = MEDIAN.replace("median_among_recovered", "curve").replace("n_behind = 40", "")
    figure = read(text + "curve = [[12, 0.5]]").row(0, named=True)
    year = 12 * DAYS_PER_MONTH  # 365.25 days, cut at 365
    rows = pl.DataFrame(
        {"exit_days": [73, 146, 219, 1000], "is_resolved": [True, True, True, True], "entry_days": [0] * 4},
        schema_overrides={"exit_days": pl.Int32, "entry_days": pl.Int32},
    )
    group = Group(rows, TEXTBOOK)
    # ln 2 a year over 73 + 146 + 219 + 365 = 803 days; the fourth resolves after the last point.
    expected = 803 / year * 0.6931472
    assert ANSWERS["curve"](group, figure).own.value == pytest.approx(100 * 3 / expected)
    assert TESTS["curve"](group, figure).test == "one_sample_log_rank"
    # Of 1.524 expected, 3 or more are seen by chance in 1 - exp(-1.524)(1 + 1.524 + 1.161) = 0.197, and none
    # in 0.218, which is more likely than 3 (0.129): p = 0.197.
    assert TESTS["curve"](group, figure).p == pytest.approx(0.197, abs=0.001)
