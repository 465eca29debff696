"""The planner: between points of a grid, never beyond them, and by simulating what is asked."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadDefinition, NotEstimable, OutsideGrid
from ain_analytics.planner.folder import write_plan
from ain_analytics.planner.grid import read_between, shipped_grid
from ain_analytics.planner.scenario import Scenario
from ain_analytics.planner.summary import summary_of
from ain_analytics.planner.trials import RULES, SHARE, followed, trials
from ain_analytics.schema.planning import MEDIAN, PlanRows
from ain_analytics.synthetic import simulate

AXES = {
    "visit_months": (1, 3),
    "jitter": (0.5,),
    "dropout": (0.0, 0.2),
    "entry_months": (0.0,),
    "years": (6.0,),
}


def grid() -> pl.DataFrame:
    """A grid with values that are known in closed form."""
    rows = [
        dict(zip(AXES, place, strict=True))
        | {
            "rule": "last_run",
            "estimator": "interval",
            "n": n,
            "quantity": MEDIAN,
            "truth": 500.0,
            "n_repetitions": 40 + n,
            "n_not_reached": 0,
            "bias": 10 * place[0] + 100 * place[2],
            "bias_error": 2.0,
            "spread": 100 / np.sqrt(n),
            "n_with_limits": 10,
            "width": 400 / np.sqrt(n) * place[0],
            "width_error": 4 / np.sqrt(n) * place[0],
            "coverage": 0.95,
            "coverage_error": 0.01,
        }
        for place in product(*AXES.values())
        for n in (50, 200, 800)
    ]
    return PlanRows.validate(pl.DataFrame(rows), cast=True)


def asked(**said: float) -> dict[str, float]:
    return {"visit_months": 2, "jitter": 0.5, "dropout": 0.05, "entry_months": 0, "years": 6} | said


def test_between_points_bias_is_linear_and_width_a_power() -> None:
    found = read_between(grid(), asked(), [100]).row(0, named=True)
    assert found["bias"] == pytest.approx(10 * 2 + 100 * 0.05)
    assert found["width"] == pytest.approx(400 / 10 * np.sqrt(3))  # half way from 1 to 3 on the scale of logs
    assert found["spread"] == pytest.approx(10)
    assert found["n_repetitions"] == 90
    # eight points: two spacings with 1/2 each, two drop-outs with 3/4 and 1/4, two sizes with 1/2 each
    weights = [a * b * c for a in (0.5, 0.5) for b in (0.75, 0.25) for c in (0.5, 0.5)]
    assert found["bias_error"] == pytest.approx(2 * np.sqrt(sum(w * w for w in weights)))
    assert found["width_error"] / found["width"] == pytest.approx(0.01 * np.sqrt(sum(w * w for w in weights)))


def test_on_a_point_the_grid_answers_itself() -> None:
    found = read_between(grid(), asked(visit_months=3, dropout=0.2), [200])
    there = grid().filter(visit_months=3, dropout=0.2, n=200)
    assert found.select("bias", "n", "n_repetitions").equals(there.select("bias", "n", "n_repetitions"))
    assert found["width"].item() == pytest.approx(there["width"].item())


@pytest.mark.parametrize(
    ("said", "n"),
    [({"visit_months": 6}, 200), ({"dropout": 0.3}, 200), ({"jitter": 0.4}, 200), ({}, 49), ({}, 801)],
)
def test_beyond_the_grid_nothing_is_said_but_what_is_there(said: dict[str, float], n: int) -> None:
    with pytest.raises(OutsideGrid, match="simulate it") as refused:
        read_between(grid(), asked(**said), [n])
    assert "it has" in str(refused.value)


def test_a_point_that_is_missing_is_not_made_up() -> None:
    part = grid().filter(~((pl.col("visit_months") == 1) & (pl.col("dropout") == 0.2)))
    with pytest.raises(OutsideGrid, match="combination"):
        read_between(part, asked(), [200])
    assert read_between(part, asked(visit_months=3), [200]).height == 1


def test_a_width_without_end_at_a_point_is_none_between_points() -> None:
    endless = grid().with_columns(
        pl.when(pl.col("n") == 50).then(None).otherwise("width").alias("width"),
    )
    assert read_between(endless, asked(), [100])["width"].item() is None
    assert read_between(endless, asked(), [400])["width"].item() is not None


def test_registries_are_summed_up_as_by_hand() -> None:
    rows = [
        Scenario().as_dict()
        | {
            "rule": "strict", "estimator": "interval", "n": 50, "repetition": number, "quantity": MEDIAN,
            "value": value, "lower": lower, "upper": upper, "truth": 500.0, "has_limits": has_limits,
        }
        for number, (value, lower, upper, has_limits) in enumerate(
            [
                (490.0, 440.0, 540.0, True),
                (520.0, 510.0, 600.0, True),  # does not hold the truth
                (None, 480.0, None, True),  # not reached, without end, holds the truth
                (530.0, None, None, False),
            ]
        )
    ]  # fmt: skip
    found = summary_of(pl.DataFrame(rows)).row(0, named=True)
    assert (found["n_repetitions"], found["n_not_reached"], found["n_with_limits"]) == (4, 1, 3)
    assert found["bias"] == pytest.approx((-10 + 20 + 30) / 3, rel=1e-3)
    assert found["spread"] == pytest.approx(np.std([-10, 20, 30], ddof=1), rel=1e-3)
    assert found["bias_error"] == pytest.approx(np.std([-10, 20, 30], ddof=1) / np.sqrt(3), rel=1e-3)
    assert found["width"] == 100  # of 100, 90 and without end
    assert found["coverage"] == pytest.approx(2 / 3, rel=1e-3)
    assert found["coverage_error"] == pytest.approx(np.sqrt(2 / 9 / 3), rel=1e-3)


def test_a_scenario_is_observed_as_it_says() -> None:
    seen = Scenario(visit_months=3, jitter=0.2, dropout=0.0, entry_months=4, years=5)
    parameters = replace(seen.parameters(), infections_ill=0.01, infections_well=0.01)
    made = simulate(1500, seed=4, parameters=parameters)
    assert made.truth["true_class"].unique().to_list() == ["primary_autoimmune"]
    wait = (made.truth["enrolled_on"] - made.truth["detected_on"]).dt.total_days()
    assert (wait == 0).mean() == pytest.approx(0.4, abs=0.05)
    assert wait.filter(wait > 0).mean() == pytest.approx(4 * DAYS_PER_MONTH, rel=0.1)
    enrolled = made.truth["enrolled_on"].to_list()
    span = (max(enrolled) - min(enrolled)).days
    assert span == pytest.approx(5 * 365.25, rel=0.02)
    ill = made.truth.filter(pl.col("true_resolution_on").is_null())["patient_id"].to_list()
    days = (
        made.tables["lab_result"]
        .filter(pl.col("patient_id").is_in(ill))
        .with_columns(pl.col("sampled_at").str.slice(0, 10).str.to_date())
        .sort("patient_id", "sampled_at")
        .with_columns(pl.col("sampled_at").diff().over("patient_id").dt.total_days().alias("gap"))
        .drop_nulls("gap")["gap"]
    )
    assert days.median() == pytest.approx(3 * DAYS_PER_MONTH, rel=0.1)


def test_the_same_seed_gives_the_same_registries_and_slices_do_not_overlap() -> None:
    scenario = Scenario(visit_months=3)
    first, again = (followed(scenario, 260, seed=3)["last_run"] for _ in range(2))
    assert first.rows.equals(again.rows)
    found = pl.DataFrame(
        list(trials(first, 100, 5, rule="last_run", with_limits=1)), infer_schema_length=None
    )
    assert found["repetition"].unique().sort().to_list() == [0, 1]  # 260 children hold two registries of 100
    own = found.filter(estimator="kaplan_meier", repetition=1, quantity=MEDIAN).row(0, named=True)
    by_hand = ain.resolution_curve(first.rows.slice(100, 100)).value("median")
    assert (own["value"], own["lower"], own["upper"]) == by_hand
    interval = found.filter(estimator="interval", repetition=0).sort("quantity")
    curve = ain.interval_curve(
        first.rows.head(100), definitions=replace(ain.PRESETS["textbook"], name="x", report_months=(24,))
    )
    for row in interval.iter_rows(named=True):
        assert (row["value"], row["lower"], row["upper"]) == pytest.approx(
            curve.value(row["quantity"]), rel=1e-6
        )
    assert found.filter(estimator="interval", repetition=1)["has_limits"].to_list() == [False, False]


def test_the_shipped_grid_is_whole_and_says_how_exact_it_is() -> None:
    shipped = shipped_grid()
    assert set(shipped["rule"]) == set(RULES)
    assert shipped["n_repetitions"].min() >= 5  # type: ignore[operator]
    assert shipped["n_with_limits"].min() >= 2  # type: ignore[operator]
    assert shipped.filter(quantity=MEDIAN)["bias_error"].null_count() == 0
    truth = shipped.filter(quantity=SHARE)["truth"]
    assert truth.is_between(0.2, 0.3).all()


def test_the_grid_knows_what_the_methods_do() -> None:
    """Later with the strict rule than with one count, later still by Kaplan–Meier, narrower with size."""
    found = ain.plan(n=[50, 800])
    for n in (50, 800):
        biases = [found.row(n, rule=rule)["bias"] for rule in ("one_normal", "last_run", "strict")]
        assert biases == sorted(biases)  # type: ignore[type-var]
        assert found.row(n, estimator="kaplan_meier")["bias"] > found.row(n)["bias"]  # type: ignore[operator]
    assert found.row(50)["width"] > 2 * found.row(800)["width"]  # type: ignore[operator]


def test_how_many_children_is_the_width_read_backwards() -> None:
    found = ain.plan(n=[200])
    width = found.row(200)["width"]
    assert width is not None
    assert found.children_for(width_months=width / DAYS_PER_MONTH) == pytest.approx(200, abs=1)
    share = found.row(200, SHARE)["width"]
    assert found.children_for(width_share=share) == pytest.approx(200, abs=1)
    with pytest.raises(NotEstimable, match="the most known"):
        found.children_for(width_months=0.01)
    with pytest.raises(NotEstimable, match="the fewest known"):
        found.children_for(width_months=100)
    with pytest.raises(NotEstimable, match="give a width"):
        found.children_for()


def test_a_width_without_end_is_said_so() -> None:
    found = ain.plan(n=[200])
    width = pl.when(pl.col("quantity") == MEDIAN).then(None).otherwise("width").alias("width")
    endless = replace(found, table=found.table.with_columns(width)).in_words()
    assert all("width without end, holds the truth" in line for line in endless)
    assert all("points" in line for line in endless)
    assert all("months, holds the truth" in line for line in found.in_words(rule="last_run"))


def test_a_scenario_beyond_the_grid_is_simulated_on_request() -> None:
    said: list[tuple[str, float]] = []
    with pytest.raises(OutsideGrid):
        ain.plan(visit_months=9, n=[60])
    found = ain.plan(
        visit_months=9, n=[60], refine=2, progress=lambda stage, share: said.append((stage, share))
    )
    assert found.is_refined
    assert found.table["n_repetitions"].unique().to_list() == [2]
    assert found.table.height == len(RULES) * 2 * 2
    assert [share for _, share in said] == sorted(share for _, share in said)
    assert len(ain.chart_plan(found).to_dict()["vconcat"]) == 2


@pytest.mark.parametrize(
    "said",
    [
        {"dropout": 1.0}, {"jitter": 0.0}, {"jitter": 2.0}, {"visit_months": 0}, {"entry_months": -1},
        {"years": 1}, {"n": [0]}, {"n": []}, {"refine": 1}, {"refine": -3},
    ],
)  # fmt: skip
def test_impossible_plans_are_refused(said: dict[str, object]) -> None:
    with pytest.raises(BadDefinition):
        ain.plan(**said)  # type: ignore[arg-type]


def test_the_folder_holds_table_figure_and_manifest(tmp_path) -> None:  # type: ignore[no-untyped-def]
    found = ain.plan(n=[100])
    folder = write_plan(found, tmp_path / "plan", command="ain plan -n 100")
    assert {path.name for path in folder.iterdir()} == {
        "plan.csv", "plan.html", "plan.svg", "plan.png", "manifest.json",
    }  # fmt: skip
    said = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert (said["program"], said["command"], said["scenario"]["dropout"]) == (
        "ain_analytics",
        "ain plan -n 100",
        0.1,
    )
    assert pl.read_csv(folder / "plan.csv").height == found.table.height
