"""Published curves rebuilt: against data of R that are known, and against every data set that is possible."""

import random
from collections import defaultdict
from dataclasses import replace
from itertools import combinations_with_replacement
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadDefinition, BadFrame, ImpossibleCurve, NotEstimable
from ain_analytics.possible_data import Point, possible_data
from ain_analytics.reconstruction_result import Reconstruction

GOLDEN = Path(__file__).parent / "golden" / "reconstruction"
PRINTED, AT_RISK = (pl.read_csv(GOLDEN / f"{name}.csv") for name in ("printed", "at_risk"))
TRUTH = pl.read_csv(GOLDEN / "truth.csv", null_values="NA").drop_nulls("value")
DEFINITIONS = replace(ain.PRESETS["textbook"], name="golden", report_months=(6, 12, 24))
SETS = ("lung", "veteran", "colon")
A_DAY = 0.001
"""Times are printed in months with five decimals."""


def rebuilt(data: str, arm: str, digits: int, **said: int) -> Reconstruction:
    own = PRINTED.filter(data=data, arm=arm).select("time_months", survival=f"survival_{digits}")
    at_risk = AT_RISK.filter(data=data, arm=arm)
    return ain.reconstruct(own, at_risk, digits=digits, definitions=DEFINITIONS, **said)


@pytest.fixture(scope="module")
def known() -> dict[tuple[str, str, int], Reconstruction]:
    return {
        (data, arm, digits): rebuilt(data, arm, digits) for data in SETS for arm in "ab" for digits in (2, 3)
    }


def test_the_truth_of_known_data_lies_inside_every_bound(
    known: dict[tuple[str, str, int], Reconstruction],
) -> None:
    n_checked = 0
    for (data, arm, _), found in known.items():
        for row in TRUTH.filter(data=data, arm=arm).iter_rows(named=True):
            _, least, most = found.bound(row["quantity"], from_months=row["from_months"])
            assert -np.inf if least is None else least - A_DAY <= row["value"], row
            assert row["value"] <= (np.inf if most is None else most + A_DAY), row
            n_checked += 1
    assert n_checked == 2 * TRUTH.filter(pl.col("arm") != "both").height


def test_three_digits_and_numbers_at_risk_tell_exactly_how_many_died_in_lung_and_veteran(
    known: dict[tuple[str, str, int], Reconstruction],
) -> None:
    for data, arm in (("lung", "a"), ("veteran", "a"), ("veteran", "b")):
        true = TRUTH.filter(data=data, arm=arm, quantity="n_resolved_in_all")["value"].item()
        assert known[data, arm, 3].bound("n_resolved_in_all")[1:] == (true, true)


def test_the_reconstructed_curve_meets_the_printed_points_and_the_truth(
    known: dict[tuple[str, str, int], Reconstruction],
) -> None:
    for (data, arm, _), found in known.items():
        assert found.misfit <= 0.02
        shares = TRUTH.filter(pl.col("quantity").str.starts_with("unresolved"), data=data, arm=arm)
        for row in shares.iter_rows(named=True):
            assert found.bound(row["quantity"])[0] == pytest.approx(row["value"], abs=0.01)
        for row in TRUTH.filter(data=data, arm=arm, quantity="median").iter_rows(named=True):
            assert found.bound("median")[0] == pytest.approx(row["value"], rel=0.005, abs=4)
        assert found.n == AT_RISK.filter(data=data, arm=arm)["n_at_risk"][0]


@pytest.mark.parametrize("digits", [2, 3])
@pytest.mark.parametrize("data", SETS)
def test_the_hazard_ratio_of_two_reconstructed_arms_is_that_of_the_data(
    known: dict[tuple[str, str, int], Reconstruction], data: str, digits: int
) -> None:
    arms = [
        known[data, arm, digits].table.with_columns(is_b=pl.lit(arm == "b").cast(pl.Int8)) for arm in "ab"
    ]
    ratio = ain.cox_regression(pl.concat(arms), ["is_b"]).ratio("is_b")[0]
    true = TRUTH.filter(data=data, quantity="log_hazard_ratio")["value"].item()
    assert np.log(ratio) == pytest.approx(true, abs=0.02)


def test_all_resolutions_that_a_paper_names_are_met_and_narrow_the_bounds() -> None:
    found, without = rebuilt("veteran", "a", 2, n_resolved=64), rebuilt("veteran", "a", 2)
    assert found.bound("n_resolved_in_all") == (64, 64, 64)
    assert int(found.table["is_resolved"].sum()) == 64
    width = [
        sum(part.bounds["upper"].fill_null(0)) - sum(part.bounds["lower"].fill_null(0))
        for part in (found, without)
    ]
    assert width[0] < width[1]


def test_other_estimators_take_the_rows_as_they_are() -> None:
    table = rebuilt("lung", "b", 3).table
    assert table.schema == {"exit_days": pl.Int32, "is_resolved": pl.Boolean}
    assert ain.resolution_curve(table).value("n")[0] == 90
    assert ain.follow_up_time(table).value("n")[0] == 90


Child = tuple[int, int]


def share_after(children: tuple[Child, ...], day: int) -> float:
    """Kaplan–Meier by hand."""
    share = 1.0
    for at in sorted({exit_day for exit_day, is_event in children if is_event and exit_day <= day}):
        at_risk = sum(exit_day >= at for exit_day, _ in children)
        share *= 1 - sum(child == (at, 1) for child in children) / at_risk
    return share


def printed_of(
    children: tuple[Child, ...], times: list[int], risk: list[int], digits: int, step: int
) -> object:
    shares = tuple(int(np.floor(share_after(children, day) * 10**digits + 0.5)) for day in times)
    return shares, tuple(sum(exit_day >= day for exit_day, _ in children) // step * step for day in risk)


def counted(children: tuple[Child, ...], risk: list[int], last: int, is_event: int) -> list[int]:
    ends = [*risk[1:], 10**6]
    return [
        sum(kind == is_event and begin <= at < end and at <= last for at, kind in children)
        for begin, end in zip(risk, ends, strict=True)
    ]


@pytest.mark.parametrize(
    ("n", "last", "times", "risk", "digits", "step"),
    [
        (4, 4, [1, 2, 3, 4], [0, 2, 4], 2, 1),
        (5, 3, [2, 3], [0], 2, 1),
        (5, 3, [1, 2, 3], [0, 2], 1, 1),
        (4, 4, [2, 4], [0, 1, 3], 1, 2),
    ],
)
def test_every_possible_data_set_lies_inside_the_bounds(
    n: int, last: int, times: list[int], risk: list[int], digits: int, step: int
) -> None:
    rng = random.Random(n)
    alike: dict[object, list[tuple[Child, ...]]] = defaultdict(list)
    kinds = [(day, is_event) for day in range(1, last + 1) for is_event in (0, 1)]
    for children in combinations_with_replacement(kinds, n):
        alike[printed_of(children, times, risk, digits, step)].append(children)
    n_tight = n_bounds = 0
    for (shares, at_risk), sets in alike.items():  # type: ignore[misc]
        half = 0.5 * 10**-digits
        points = [Point(u, True, r, r + step - 1) for u, r in zip(risk, at_risk, strict=True)]
        points += [
            Point(t, False, max(0, s / 10**digits - half), min(1, s / 10**digits + half))
            for t, s in zip(times, shares, strict=True)
        ]
        points.sort(key=lambda point: (point.days, not point.is_at_risk))
        total = sum(counted(rng.choice(sets), risk, last, 1))
        for asked in (None, total):
            fit = [c for c in sets if asked is None or sum(counted(c, risk, last, 1)) == asked]
            found = possible_data(points, n_resolved=asked)
            true = {
                "unresolved": np.array([[share_after(c, day) for day in times] for c in fit]),
                "n_resolved": np.array([counted(c, risk, last, 1) for c in fit]),
                "n_censored": np.array([counted(c, risk, last, 0) for c in fit]),
            }
            for name, values in true.items():
                bounds = getattr(found, name)
                assert (bounds[:, 0] <= values.min(axis=0) + 1e-9).all(), (shares, at_risk, name)
                assert (bounds[:, 1] >= values.max(axis=0) - 1e-9).all(), (shares, at_risk, name)
            resolved = true["n_resolved"]
            n_tight += int((found.n_resolved[:, 0] == resolved.min(axis=0)).sum())
            n_tight += int((found.n_resolved[:, 1] == resolved.max(axis=0)).sum())
            n_bounds += 2 * len(risk)
    assert n_tight / n_bounds > 0.6  # outer bounds, and mostly the best ones


@pytest.mark.parametrize("seed", range(6))
def test_the_truth_of_random_data_lies_inside_the_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(10, 120))
    event, lost = rng.exponential(400, n), rng.exponential(700, n)
    days = np.ceil(np.minimum(event, lost))
    rows = pl.DataFrame({"exit_days": days, "is_resolved": event <= lost}).cast({"exit_days": pl.Int32})
    curve = ain.resolution_curve(rows, definitions=DEFINITIONS)
    months = np.arange(3.0, 0.9 * days.max() / DAYS_PER_MONTH, 3.0)
    shares = curve.at(months * DAYS_PER_MONTH)["unresolved"]
    printed = pl.DataFrame({"time_months": months, "survival": shares.round(2)})
    risk = np.append(0.0, months[::2])
    at_risk = pl.DataFrame(
        {"time_months": risk, "n_at_risk": [(days >= m * DAYS_PER_MONTH).sum() for m in risk]}
    )
    found = ain.reconstruct(printed, at_risk, digits=2, falls="between", definitions=DEFINITIONS)
    asked = np.linspace(0, months[-1] * DAYS_PER_MONTH, 200).tolist()
    true = curve.at(asked)["unresolved"]
    inside = found.at(asked)
    assert ((inside["lower"] <= true + 1e-9) & (true - 1e-9 <= inside["upper"])).all()
    _, earliest, latest = found.bound("median")
    median = curve.value("median")[0] or np.inf
    assert (earliest or 0) <= median
    assert latest is None or median <= latest
    assert found.misfit < 0.05


def table(times: list[float], shares: list[float], n: list[int]) -> tuple[pl.DataFrame, pl.DataFrame]:
    return (
        pl.DataFrame({"time_months": times, "survival": shares}),
        pl.DataFrame({"time_months": times[: len(n)], "n_at_risk": n}),
    )


@pytest.mark.parametrize(
    ("shares", "n", "said"),
    [
        ([1.0, 0.5, 0.6], [10, 5, 2], "survival rises"),
        ([1.0, 0.5, 0.4], [10, 5, 6], "number at risk rises"),
        ([1.0, 0.5, 0.4], [10, 9, 6], "up to month 12"),
        ([0.8, 0.5, 0.4], [10, 5, 2], "time 0 is not 1"),
        ([1.0, 0.5, 0.0], [0, 0, 0], "nobody is at risk"),
    ],
)
def test_an_impossible_curve_is_refused_in_one_line(shares: list[float], n: list[int], said: str) -> None:
    with pytest.raises(ImpossibleCurve, match=said) as refused:
        ain.reconstruct(*table([0, 6, 12], shares, n))
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("curve", "at_risk", "said"),
    [
        (
            {"time_months": [6], "survival": [50]},
            {"time_months": [0], "n_at_risk": [10]},
            "share from 0 to 1",
        ),
        ({"time_months": [6], "share": [0.5]}, {"time_months": [0], "n_at_risk": [10]}, "lacks the column"),
        (
            {"time_months": [6], "survival": [0.5]},
            {"time_months": [6], "n_at_risk": [10]},
            "time 0 is needed",
        ),
        ({"time_months": [6], "survival": ["half"]}, {"time_months": [0], "n_at_risk": [10]}, "no number"),
        ({"time_months": [6], "survival": [0.5]}, {"time_months": [0], "n_at_risk": [9.5]}, "whole numbers"),
    ],
)
def test_a_bad_frame_is_refused_in_one_line(
    curve: dict[str, list[object]], at_risk: dict[str, list[object]], said: str
) -> None:
    with pytest.raises(BadFrame, match=said):
        ain.reconstruct(pl.DataFrame(curve), pl.DataFrame(at_risk))


def test_choices_that_are_none_are_refused() -> None:
    rows = table([0, 6, 12], [1.0, 0.5, 0.4], [10, 5, 2])
    for said in ({"falls": "later"}, {"digits": 0}, {"error": 0.7}, {"n_resolved": -1}, {"at_risk_step": 0}):
        with pytest.raises(BadDefinition):
            ain.reconstruct(*rows, **said)  # type: ignore[arg-type]


def test_more_children_than_can_be_bounded_are_refused_at_once() -> None:
    with pytest.raises(NotEstimable, match="more than 1,000"):
        ain.reconstruct(*table([0, 6, 12], [1.0, 0.5, 0.4], [5000, 2500, 2000]))


def test_resolutions_in_all_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ImpossibleCurve, match="9 resolutions in all do not fit"):
        ain.reconstruct(*table([0, 6, 12], [1.0, 0.5, 0.4], [10, 5, 2]), n_resolved=9)


def test_noise_of_digitising_is_taken_out_and_said(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(
        "time_months,survival\n12,0.402\n3,0.901\n6,0.700\n7,0.704\n7,0.703\n", encoding="utf-8"
    )
    (tmp_path / "at_risk.csv").write_text("time_months,n_at_risk\n0,30\n12,11\n24,3\n", encoding="utf-8")
    found = ain.reconstruct(tmp_path / "curve.csv", tmp_path / "at_risk.csv", error=0.01)
    said = " ".join(found.assumptions)
    assert "put in order of time" in said
    assert "1 row(s) of the printed curve with a time that another row has" in said
    assert "1 of 4 points of the curve were moved" in said
    assert "1 number(s) at risk after the last point" in said
    assert found.points["unresolved"].is_sorted(descending=True)


def test_the_chart_shows_the_bounds_the_points_and_ones_own_curve() -> None:
    found = rebuilt("lung", "a", 2)
    own = ain.resolution_curve(rebuilt("lung", "b", 2).table)
    spec = ain.chart_reconstruction(found, own=own).to_dict()
    marks = [layer["mark"]["type"] for layer in spec["layer"]]
    assert marks == ["rect", "line", "point"]
    groups = {row["group"] for rows in spec["datasets"].values() for row in rows if "group" in row}
    assert groups == {"rebuilt from the paper", "own"}


def test_a_result_says_itself_and_changes_nothing_that_it_was_given() -> None:
    curve, at_risk = table([0, 6, 12], [1.0, 0.5, 0.4], [10, 5, 2])
    before = curve.clone(), at_risk.clone()
    found = ain.reconstruct(curve, at_risk)
    assert "in all data that print the same" in repr(found)
    assert "nobody" in found._repr_html_()
    assert curve.equals(before[0])
    assert at_risk.equals(before[1])
