"""Many definitions: each equals a fresh run; spread and reversals are those of tables made by hand."""

import json
import random
from dataclasses import replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, UnknownColumn, UnknownDefinition, UnusableEngine
from ain_analytics.grid import Chosen, Grid, Way, read_grid
from ain_analytics.multiverse import is_kept
from ain_analytics.multiverse_folder import write_multiverse
from ain_analytics.multiverse_result import NO_TEST, Multiverse
from ain_analytics.multiverse_spread import Side, reversals, spread
from ain_analytics.rederived import NOT_SEEN, Rederived, evidence_views
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.multiverse import MultiverseRows
from ain_analytics.view_choices import choices_of, view_texts

CHILDREN, SEED = 100, 11
OTHER_CHOICES = """
at_months = 12
[units]
as_sent = {}
set_aside = { implausible_unit = "set_aside" }
[same_day]
lowest = {}
mean = { same_day = "mean", gcsf_mask_days = 30, ivig_mask_days = 20 }
[limits]
own = {}
[limits.higher_exit]
onset_counts = 3
onset_days = 5
limit_is_inclusive = true
max_silence_days = 200
anc_bands = [{ from_months = 0, entry_limit = 0.5, exit_limit = 1.0 }]
[evidence]
own = {}
long = { antibody_before_days = 365, baseline_days = 365, cycle_counts_per_week = 2 }
[class_view]
secondary_too = { classes = ["autoimmune", "untested"], known_at = "end" }
all = { classes = "all" }
[time_origin]
birth = { time_origin = "birth" }
[estimator]
earliest = { estimate = "npmle_earliest" }
kaplan_meier = { estimate = "kaplan_meier" }
"""


@cache
def registry() -> Any:
    made = ain.simulate(CHILDREN, seed=SEED)
    return ain.open_registry(made.tables, extracted_on=made.extracted_on)


@cache
def part() -> Grid:
    """Give the short grid without choices that are made early, which take longest."""
    early = ("masks", "silence", "onset")
    ways = {name: ways for name, ways in read_grid("short").choices.items() if name not in early}
    return Grid("part", ways, 24)


@cache
def found() -> Multiverse:
    return ain.multiverse(registry(), grid=part(), by="sex", published=("T01a", "R022"))


def fresh(chosen: Chosen, at_months: int, group: pl.Expr) -> tuple[float | None, float | None, int]:
    """Read, derive, classify, follow and estimate anew, as a user would: median, share, episodes."""
    made = ain.simulate(CHILDREN, seed=SEED)
    definitions = replace(chosen.definitions, report_months=(at_months,))
    with ain.open_registry(made.tables, extracted_on=made.extracted_on, definitions=definitions) as opened:
        cases = ain.classify(opened)
        followed = ain.follow_up(opened, cases)
    key = ["patient_id", "episode_number"]
    followed = followed.join(cases.select(*key, "case_class_at_end"), on=key)
    rows = followed.filter(group if chosen.classes is None else is_kept(chosen) & group)
    if rows.filter("is_usable", pl.col("episode_number") == 1).is_empty():
        return None, None, 0
    if chosen.estimate == "kaplan_meier":
        curve = ain.resolution_curve(rows, definitions=definitions)
    else:
        curve = ain.interval_curve(rows, definitions=definitions, with_limits=False)
    median, share, n = (curve.value(name)[0] for name in ("median", f"unresolved_at_{at_months}_months", "n"))
    if chosen.estimate == "npmle_earliest":
        median, share = earliest(curve, at_months, median, share)
    return median, share, int(n or 0)


def earliest(
    curve: Any, at_months: int, median: float | None, share: float | None
) -> tuple[float | None, float | None]:
    """Read an interval estimate with each resolution on the first day of its cell."""
    note = curve.summary.filter(pl.col("quantity") == "median")["note"][0] or ""
    told = [float(part.removeprefix("earliest_day_")) for part in note.split("; ") if part.startswith("earl")]
    fallen = curve.cells.filter(
        pl.col("left_days") + 1 <= at_months * DAYS_PER_MONTH, pl.col("right_days").is_not_null()
    )
    return (told or [median])[0], None if share is None else 1 - fallen["mass"].sum()


def assert_as_fresh_runs(of: Multiverse, numbers: list[int], group: pl.Expr, stratum: str) -> None:
    for number in numbers:
        chosen = of.definition(number)
        row = of.table.filter(definition_number=number, stratum=stratum)
        median, share, n = fresh(chosen, of.grid.at_months, group)
        assert row["n"][0] == n, of.in_words(number)
        assert row["median"][0] == median, of.in_words(number)
        exact = 0 if chosen.estimate != "npmle_earliest" else 1e-9  # the cells' masses are added up here
        assert row["unresolved"][0] == (None if share is None else pytest.approx(share, abs=exact, rel=0))


def test_any_definition_equals_a_fresh_run_exactly() -> None:
    numbers = random.Random(7).sample(range(2, 129), 2)
    assert_as_fresh_runs(found(), [1, *numbers], pl.lit(True), "all")


def test_so_does_a_group_of_children() -> None:
    numbers = random.Random(8).sample(range(2, 129), 2)
    assert_as_fresh_runs(found(), numbers, pl.col("sex") == "female", "female")


@pytest.mark.long
def test_so_does_a_definition_of_other_choices(tmp_path: Path) -> None:
    path = tmp_path / "other.toml"
    path.write_text(OTHER_CHOICES)
    other = ain.multiverse(registry(), grid=str(path), published=())
    assert other.answers.height == 64
    assert_as_fresh_runs(other, random.Random(9).sample(range(1, 65), 2), pl.lit(True), "all")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(60))
def test_any_definition_of_the_wide_grid_equals_a_fresh_run(seed: int) -> None:
    some = ain.multiverse(registry(), grid="wide", most=40, seed=seed)
    numbers = random.Random(seed).sample(some.answers["definition_number"].to_list(), 3)
    assert_as_fresh_runs(some, numbers, pl.lit(True), "all")


def test_shared_work_is_done_once() -> None:
    with Rederived(registry()) as derived:
        derived.under(TEXTBOOK)
        first = derived.n_made
        derived.under(replace(TEXTBOOK, time_origin="birth", uses_entry=False, baseline_days=10))
        assert derived.n_made == first
        derived.under(replace(TEXTBOOK, onset_counts=2))
        assert derived.n_made - first == len(
            {"stretch_onset", "episode_span", "nadir", "confirmation", "episode", "detection"}
        )


def test_what_a_view_depends_on_is_read_from_its_text() -> None:
    assert choices_of("child_limit") == {"anc_bands", "limit_is_inclusive"}
    assert choices_of("stretch_onset") - choices_of("unresolved_run") == {"onset_counts", "onset_days"}
    assert choices_of("mask_window") == {
        f"{name}_mask_days" for name in ("gcsf", "ivig", "corticosteroid", "transfusion")
    }
    assert choices_of("measured_count") == set()


def test_no_evidence_reads_the_column_whose_choice_is_not_asked() -> None:
    assert NOT_SEEN == {"telling_count": ("resolution_counts",)}
    for name in evidence_views():
        assert "telling_count.enough_on" not in view_texts()[name].query
        assert "resolution_counts" not in view_texts()[name].own_choices


def test_nothing_is_left_in_the_database() -> None:
    named = "select distinct schema_name from duckdb_tables() order by schema_name"
    schemas = registry().connection.sql(named).fetchall()
    found()
    assert registry().connection.sql(named).fetchall() == schemas


@pytest.mark.parametrize(("grid", "most"), [("short", 60), ("wide", 400), ("short", 1000)])
def test_a_part_of_a_grid_is_balanced_and_holds_the_base_and_its_single_changes(grid: str, most: int) -> None:
    wanted = read_grid(grid)
    design = wanted.design(most, seed=3)
    assert len(set(design)) == len(design) == most
    changed = [sum(place > 0 for place in places) for places in design]
    assert (changed.count(0), changed.count(1)) >= (1, sum(wanted.sizes) - len(wanted.sizes))
    rest = np.array([places for places, n in zip(design, changed, strict=True) if n > 1])
    for choice, n_ways in enumerate(wanted.sizes):
        shares = np.bincount(rest[:, choice], minlength=n_ways) / len(rest)
        assert np.abs(shares - 1 / n_ways).max() < 0.15
    assert wanted.design(most, seed=3) == design != wanted.design(most, seed=4)
    assert [wanted.places(wanted.number(places)) for places in design[:9]] == design[:9]


def made_table(grid: Grid, median: Any, unresolved: Any = lambda _: 0.5) -> pl.DataFrame:
    """Make a table by hand, of functions of the places of each definition."""
    rows = []
    for places in product(*map(range, grid.sizes)):
        days = median(places)
        rows.append(
            {"definition_number": grid.number(places), "stratum": "all", **grid.named(places)}
            | {"n_changed": sum(place > 0 for place in places), "n": 100, "n_resolved": 60}
            | {"median": days, "unresolved": unresolved(places), "note": None if days else "not_reached"}
        )
    return frame_of(MultiverseRows, rows)


def ways(*names: str) -> tuple[Way, ...]:
    return tuple(Way(name) for name in names)


THREE = Grid("by hand", {"limits": ways("a", "b"), "onset": ways("a", "b"), "entry": ways("a", "b", "c")}, 24)


def told(table: pl.DataFrame, scale: str, column: str) -> list[float | None]:
    return spread(table, THREE).filter(pl.col("scale") == scale)[column].to_list()


def test_the_spread_of_sums_is_shared_out_by_their_variances() -> None:
    """100 + 20 limits + 10 onset + 0 entry: variances 100 and 25, so shares 0.8, 0.2 and 0."""
    table = made_table(THREE, lambda p: 100.0 + 20 * p[0] + 10 * p[1])
    assert told(table, "days", "main_share") == pytest.approx([0.8, 0.2, 0.0])
    assert told(table, "days", "total_share") == pytest.approx([0.8, 0.2, 0.0])
    assert told(table, "days", "largest_difference") == pytest.approx([20, 10, 0])


def test_an_interaction_is_in_the_total_share_of_both_choices() -> None:
    """100 where both are the same, else 110: neither explains anything alone, both together all."""
    table = made_table(THREE, lambda p: 100.0 + 10 * (p[0] != p[1]))
    assert told(table, "days", "main_share") == pytest.approx([0, 0, 0])
    assert told(table, "days", "total_share") == pytest.approx([1, 1, 0])


def test_a_median_that_is_not_reached_is_counted_and_is_later_than_all_others() -> None:
    """Ranks of 4 early, 4 late and 4 unreached: 2.5, 6.5, 10.5 by entry alone."""
    table = made_table(THREE, lambda p: (100.0, 200.0, None)[p[2]])
    assert told(table, "rank", "main_share") == pytest.approx([0, 0, 1])
    assert told(table, "rank", "n_left_out") == [0, 0, 0]
    assert told(table, "days", "n_left_out") == [4, 4, 4]
    assert told(table, "days", "total_share") == [None, None, None]


def test_without_any_spread_there_is_nothing_to_share() -> None:
    assert told(made_table(THREE, lambda _: 100.0), "days", "main_share") == [None, None, None]


def test_of_a_part_the_shares_are_adjusted_as_epsilon_squared() -> None:
    """Of 100, 100, 120, 140 by a, a, b, b: scatter 1100, within 200; 1 − 200/2 / (1100/3) = 0.727."""
    table = (
        made_table(THREE, lambda _: 100.0)
        .head(4)
        .with_columns(median=pl.Series([100.0, 100, 120, 140]), limits=pl.Series(["a", "a", "b", "b"]))
    )
    assert told(table, "days", "main_share")[0] == pytest.approx(1 - (200 / 2) / (1100 / 3))
    assert told(table, "days", "total_share") == [None, None, None]


def reversed_by(first: Any, second: Any) -> dict[str, Any]:
    table = made_table(THREE, lambda _: 100.0)
    places = [THREE.places(number) for number in table["definition_number"]]
    sides = [Side(np.array([side(p) for p in places]), np.full(len(places), 0.5)) for side in (first, second)]
    return dict(reversals(table, THREE, {"a against b": (sides[0], sides[1])}).row(0, named=True))


def test_the_smallest_change_that_reverses_is_found() -> None:
    """With limits b and entry c alone the first is later; two changes are needed, and no fewer do."""
    row = reversed_by(lambda p: 300.0 if p[0] and p[2] == 2 else 100.0, lambda _: 200.0)
    assert (row["at_base"], row["answer"], row["n_changed"]) == ("earlier", "reversed", 2)
    assert row["change"] == "limits: b; entry: c"
    assert (row["n_reversed"], row["n_told"], row["n_definitions"]) == (2, 12, 12)


def test_of_equally_few_changes_the_way_nearer_to_the_base_is_smaller() -> None:
    assert reversed_by(lambda p: 300.0 if p[2] or p[0] else 100.0, lambda _: 200.0)["change"] == "entry: b"
    assert (
        reversed_by(lambda p: 300.0 if p[2] == 2 or p[0] else 100.0, lambda _: 200.0)["change"] == "limits: b"
    )


def test_where_no_definition_reverses_it_that_is_said() -> None:
    row = reversed_by(lambda _: 100.0, lambda _: np.inf)
    assert (row["at_base"], row["answer"], row["change"]) == ("earlier", "never_reversed", None)


def test_equal_sides_have_no_order_to_reverse() -> None:
    assert reversed_by(lambda _: np.inf, lambda _: np.inf)["answer"] == "not_told"


def test_a_figure_of_another_quantity_is_refused() -> None:
    for figure, why in (
        ("T01b", "median_among_recovered"),
        ("T02c", "usual_window"),
        ("T03d", "share_resolved_by"),
    ):
        with pytest.raises(BadDefinition, match=why):
            ain.multiverse(registry(), published=(figure,))
    with pytest.raises(BadDefinition, match="no published figure"):
        ain.multiverse(registry(), published=("R999",))


def test_a_published_share_is_compared_with_the_share_unresolved() -> None:
    """95 % resolved by 24 months are 5 % unresolved, fewer than under any definition here."""
    few = ain.multiverse(registry(), grid=part(), most=12, published=("T03c",))
    assert few.reversal["at_base"].to_list() == ["later"]
    assert (few.answers["unresolved"] > 0.05).all()


def test_ages_never_stand_beside_durations() -> None:
    origins = (Way("onset"), Way("birth", (("time_origin", "birth"),)))
    with pytest.raises(BadDefinition, match="ages"):
        ain.multiverse(registry(), grid=Grid("mixed", {"time_origin": origins}, 24), published=())


BAD = {
    "onset = {}": "needs ways",
    "onset = 3": "must be a table of ways",
    "[unheard]\na = {}": "must be one of units",
    "[onset]\na = { onset_cuonts = 2 }": "the nearest name is 'onset_counts'",
    "[onset]\na = { confidence = 0.9 }": "not varied",
    "[onset]\na = { onset_counts = 2 }\n[silence]\nb = { onset_counts = 3 }": "varied by onset too",
    "[estimator]\na = { estimate = 'weibull' }": "must be one of npmle",
    "[class_view]\na = { classes = 'none_such' }": "list of case classes",
    "[class_view]\na = { classes = 'all', known_at = 'noon' }": "must be one of baseline",
}


@pytest.mark.parametrize(("text", "why"), BAD.items(), ids=[repr(text) for text in BAD])
def test_a_grid_that_is_impossible_is_refused_in_one_line(text: str, why: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f"at_months = 24\n{text}\n")
    with pytest.raises(BadDefinition, match=why) as refused:
        read_grid(str(path))
    assert "\n" not in str(refused.value)


def test_a_grid_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownDefinition, match="wide"):
        read_grid("wdie")
    with pytest.raises(UnknownDefinition, match="no such file"):
        read_grid(str(tmp_path / "none.toml"))


def test_groups_are_refused_where_they_cannot_be_compared() -> None:
    with pytest.raises(UnknownColumn):
        ain.multiverse(registry(), by="patient_id")
    with pytest.raises(BadDefinition, match="two case classes"):
        ain.multiverse(registry(), by="case_class")
    with pytest.raises(BadDefinition, match="two different"):
        ain.multiverse(registry(), by="sex", groups=("female", "female"))


def test_a_run_goes_on_where_it_was_stopped() -> None:
    heard: list[pl.DataFrame] = []
    whole = ain.multiverse(registry(), grid=part(), most=30, hear=heard.append)
    assert sum(rows.height for rows in heard) == 30 > heard[0].height
    again: list[pl.DataFrame] = []
    rest = ain.multiverse(registry(), grid=part(), most=30, begun=pl.concat(heard[:-1]), hear=again.append)
    assert pl.concat(again)["definition_number"].to_list() == heard[-1]["definition_number"].to_list()
    assert rest.table.equals(whole.table)


def test_another_engine_is_refused() -> None:
    class Elsewhere:
        derive = None

    with pytest.raises(UnusableEngine):
        Rederived(replace(registry(), connection=Elsewhere()))


def test_the_result_says_what_it_is_and_is_not() -> None:
    text = repr(found())
    assert text.startswith("Multiverse: 128 of 128 definitions of grid 'part', base 'textbook'")
    assert NO_TEST in text
    assert "sex: female against male" in text
    assert found().in_words(1) == "the base"
    assert isinstance(found().definition(3).definitions, Definitions)
    assert "<pre>Multiverse:" in found()._repr_html_()


def test_the_shared_form_tells_no_small_number() -> None:
    few = 20
    own = replace(found(), definitions=replace(TEXTBOOK, minimum_cell=few))
    seen = own.shared()
    assert (seen.table["n"] % few == 0).all()
    hidden = own.table.with_columns(at=(pl.col("unresolved") * pl.col("n")).round()).filter(
        pl.any_horizontal(
            (part > 0) & (part < few)
            for part in (pl.col("n"), pl.col("n_resolved"), pl.col("at"), pl.col("n") - pl.col("at"))
        )
    )
    assert 0 < hidden.height < own.table.height
    told = seen.table.join(hidden, on=["definition_number", "stratum"], how="semi")
    assert told["median"].null_count() == told["unresolved"].null_count() == told.height
    months = seen.table["median"].drop_nulls() / DAYS_PER_MONTH
    assert ((months * 10 - (months * 10).round()).abs() < 1e-9).all()


def drawn(**how: Any) -> dict[str, Any]:
    spec: dict[str, Any] = ain.chart_multiverse(found(), **how).to_dict()
    return spec


def test_the_chart_draws_answers_ways_and_spread_and_picks_in_all_of_them() -> None:
    spec = drawn()
    answers, shares, ways_taken, shared_out = spec["vconcat"]
    assert {param["name"] for param in spec["params"]} >= {"dragged", "pointed"} | {
        f"way_of_{choice}" for choice in part().choices
    }
    tests = [
        layer["encoding"]["opacity"]["condition"]["test"]["and"]
        for layer in (ways_taken, shares["layer"][-2])
    ]
    for test in tests:
        assert test[1:] == [{"param": "dragged"}, {"param": "pointed"}]
        assert "way_of_estimator" in test[0]
    data = spec["datasets"][ways_taken["data"]["name"]]
    assert len(data) == 128 * len(part().choices)
    texts = [layer for layer in answers["layer"] if layer["mark"]["type"] == "text"]
    said = [row["said"] for row in spec["datasets"][texts[0]["data"]["name"]]]
    assert [text[:4] for text in said] == ["T01a", "R022"]
    assert [panel["title"]["text"] for panel in shared_out["hconcat"]] == [
        "median, by rank",
        "share unresolved at 24 months",
    ]


def test_the_chart_is_ordered_by_either_answer() -> None:
    for order, column in (("median", "months"), ("unresolved", "share")):
        spec = drawn(order=order)
        points = next(layer for layer in spec["vconcat"][0]["layer"] if layer["mark"]["type"] == "circle")
        values = [row[column] for row in spec["datasets"][points["data"]["name"]]]
        assert values == sorted(values)
    with pytest.raises(BadDefinition, match="median, unresolved"):
        drawn(order="name")


def test_the_chart_holds_no_more_than_can_be_seen_and_always_the_base(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ain_analytics.charts.multiverse.MOST_DRAWN", 10)
    spec = drawn()
    data = spec["datasets"][spec["vconcat"][2]["data"]["name"]]
    numbers = {row["definition_number"] for row in data}
    assert len(numbers) in (10, 11)
    assert 1 in numbers
    assert "of 128 definitions drawn" in " ".join(spec["title"]["subtitle"])


@pytest.mark.long
def test_the_command_writes_tables_charts_and_manifest_and_goes_on_where_it_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = ain.simulate(40, seed=2).write(tmp_path / "made_up")
    grid = tmp_path / "ends.toml"
    grid.write_text(
        "at_months = 24\n[last_run]\nresolves = {}\nis_censored = { unconfirmed_end = 'censor' }\n"
        "[estimator]\ninterval = { estimate = 'npmle' }\nby_days = { estimate = 'kaplan_meier' }\n"
    )

    def stop(_stage: str, share: float) -> None:
        if share > 0.5:
            raise KeyboardInterrupt

    out = tmp_path / "out"
    with pytest.raises(KeyboardInterrupt):
        write_multiverse(source, out, grid=str(grid), progress=stop)
    (left,) = tmp_path.glob(".out.*.rows.csv")
    begun = pl.read_csv(left)
    assert begun.height == 2
    left.write_bytes(left.read_bytes() + b"4,all,1")  # a line that was not written whole
    asked: list[str] = []
    found = write_multiverse(source, out, grid=str(grid), progress=lambda stage, _share: asked.append(stage))
    assert [stage for stage in asked if "definitions" in stage] == ["4 of 4 definitions"]
    assert not list(tmp_path.glob(".out.*"))
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"manifest.json", "charts/multiverse.html", "charts/multiverse_by_share.svg"} <= names
    assert {f"tables/multiverse{part}.csv" for part in ("", "_spread", "_reversal")} <= names
    assert pl.read_parquet(out / "tables" / "multiverse.parquet").equals(found.table)
    said = json.loads((out / "manifest.json").read_text())
    assert (said["grid"]["n_definitions"], said["grid"]["n_asked"]) == (4, 4)
    assert said["grid"]["choices"]["last_run"]["is_censored"] == {"unconfirmed_end": "censor"}
