"""Curves from intervals: that they are the maximum, what limits they have, where they say nothing."""

import warnings
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import chi2
from surpyval.univariate.nonparametric.turnbull import Turnbull

from ain_analytics import npmle_newton
from ain_analytics.bootstrap import curve_of, last_day_of, resampled
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadFrame, EmptyStratum, NotAtMaximum
from ain_analytics.intervals import interval_curve
from ain_analytics.likelihood_limits import LikelihoodLimits
from ain_analytics.npmle import Npmle, npmle
from ain_analytics.schema.comparisons import BandRows
from ain_analytics.schema.results import CurveCells, CurveKnown, CurveSteps, CurveSummary
from ain_analytics.turnbull_cells import Observations

FEW = replace(TEXTBOOK, bootstrap_replicates=30)


def frame(
    lower: list[int], upper: list[int | None], entry: list[int | None] | None = None, **columns: object
) -> pl.DataFrame:
    days = pl.DataFrame({"lower_days": lower, "upper_days": upper}, schema_overrides={"upper_days": pl.Int64})
    return days.with_columns(*([] if entry is None else [pl.Series("entry_days", entry)]), **columns)


def observations(rows: list[tuple[int, int, int | None]]) -> Observations:
    entry, lower, upper = (np.array([row[i] for row in rows], dtype=float) for i in range(3))
    return Observations(lower, np.where(np.isnan(upper), np.inf, upper), entry, np.ones(len(rows)))


def visited(n: int, *, seed: int, has_entry: bool) -> pl.DataFrame:
    """Simulate children seen every 30 to 120 days, who resolve with a median of 520 days."""
    draws = np.random.default_rng(seed)
    day = np.ceil(draws.lognormal(np.log(520), 0.6, n))
    visits = np.cumsum(draws.integers(30, 120, (n, 80)), axis=1)
    visits = np.where(visits <= draws.integers(200, 1800, (n, 1)), visits, -1)
    lower = np.where(visits < day[:, None], visits, 0).max(axis=1).clip(0)
    upper = np.where(visits >= day[:, None], visits, 10**6).min(axis=1)
    entry = np.where(has_entry & (draws.random(n) < 0.5), draws.integers(0, 600, n), 0)
    rows = frame(lower.tolist(), [None if u == 10**6 else int(u) for u in upper], entry.tolist())
    seen = day > entry
    return rows.filter(
        pl.Series(seen), pl.col("upper_days").is_null() | (pl.col("upper_days") > pl.col("entry_days"))
    )


def three_days(row: tuple[int, int, int | None]) -> tuple[int, int, int | None]:
    entry, wait, length = row
    return entry, entry + wait, None if length is None else entry + wait + length


histories = st.lists(
    st.tuples(st.sampled_from([0, 0, 0, 2, 4]), st.integers(0, 6), st.none() | st.integers(1, 8)).map(
        three_days
    ),
    min_size=1,
    max_size=15,
)


def loglik(rows: Observations, masses: np.ndarray) -> float:
    """Work out the log-likelihood of masses on day 1, 2, …, from its definition."""
    day = np.arange(1, len(masses) + 1)
    inside = (day > rows.lower[:, None]) & ((day <= rows.upper[:, None]) | np.isinf(rows.upper)[:, None])
    window = day > rows.entry[:, None]
    with np.errstate(divide="ignore"):
        return float(np.sum(np.log(inside @ masses) - np.log(window @ masses)))


def masses_by_day(fit: Npmle, n_days: int) -> np.ndarray:
    masses = np.zeros(n_days)
    for right, mass in zip(fit.right, -np.diff(fit.unresolved, prepend=1.0), strict=True):
        masses[int(min(right, n_days)) - 1] += mass
    return masses


# That it is the maximum


def test_visits_share_end_points_and_intervals_are_open_on_the_left() -> None:
    # (0, 1], (1, 2], (0, 2]: closed intervals would put everything on day 1; p (1 - p) is largest at one half
    curve = interval_curve(frame([0, 1, 0], [1, 2, 2]), with_limits=False)
    assert curve.steps.select("days", "unresolved").rows() == [(0, 1.0), (1, pytest.approx(0.5)), (2, 0.0)]


def test_two_early_and_one_late_resolution_weigh_two_to_one() -> None:
    # (0, 10] twice, (10, 20] once, and one that may be either: p² (1 - p) is largest at two thirds
    curve = interval_curve(frame([0, 0, 10, 0], [10, 10, 20, 20]), with_limits=False)
    assert curve.at([10])["unresolved"].item() == pytest.approx(1 / 3)


def test_a_late_entrant_tells_only_of_what_follows_its_entry() -> None:
    # of two seen from day 0 one resolves by day 10; of three unresolved on day 10, two of whom
    # entered then, two resolve by day 20
    rows = frame([0, 10, 10, 20], [10, 20, 20, None], [0, 0, 10, 10])
    curve = interval_curve(rows, with_limits=False)
    assert curve.at([10, 20])["unresolved"].to_list() == [pytest.approx(1 / 2), pytest.approx(1 / 2 * 1 / 3)]


@given(histories, st.integers(0, 10**6))
@settings(deadline=None, max_examples=150)
def test_no_other_masses_are_likelier_and_the_conditions_of_the_maximum_hold(
    rows: list[tuple[int, int, int | None]], seed: int
) -> None:
    observed = observations(rows)
    fit = npmle(observed)
    assert fit.kkt_violation < 1e-8
    linked = observed.where(observed.lower >= fit.start)
    n_days = int(max(linked.lower.max(), linked.upper[np.isfinite(linked.upper)].max(initial=0))) + 1
    masses = masses_by_day(fit, n_days)
    best = loglik(linked, masses)
    draws = np.random.default_rng(seed)
    for share in (0.5, 0.1, 0.01):
        other = (1 - share) * masses + share * draws.dirichlet(np.full(n_days, 0.5))
        other[: int(fit.start)] = 0
        assert loglik(linked, other) <= best + 1e-8


@given(histories.map(lambda rows: [(0, lower, upper) for _, lower, upper in rows]))
@settings(deadline=None, max_examples=100)
def test_surpyval_and_our_newton_steps_agree(rows: list[tuple[int, int, int | None]]) -> None:
    observed = observations(rows)
    fit = npmle(observed)
    if len(fit.right) == 1:
        return  # SurPyval has nothing to share out there
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The Turnbull", category=UserWarning)
        theirs = Turnbull.fit(
            xl=observed.lower, xr=observed.upper, turnbull_estimator="Kaplan-Meier", max_iter=1000
        )
    unresolved = np.append(theirs.R[np.searchsorted(theirs.x, fit.right[:-1], side="right") - 1], 0.0)
    n_days = int(max(observed.lower.max(), observed.upper[np.isfinite(observed.upper)].max(initial=0))) + 1
    found = Npmle(fit.left, fit.right, unresolved, 0.0, fit.n, 0.0, 0.0)
    assert loglik(observed, masses_by_day(fit, n_days)) == pytest.approx(
        loglik(observed, masses_by_day(found, n_days))
    )


@pytest.mark.long
@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(1, 10), st.booleans()), min_size=1, max_size=25).filter(
        lambda rows: any(is_resolved for _, _, is_resolved in rows)
    )
)
@settings(deadline=None, max_examples=100)
def test_with_daily_visits_it_is_the_kaplan_meier_estimate(rows: list[tuple[int, int, bool]]) -> None:
    entry = [entry for entry, _, _ in rows]
    day = [entry + time for entry, time, _ in rows]
    resolved = [is_resolved for _, _, is_resolved in rows]
    by_day = resolution_curve(pl.DataFrame({"entry_days": entry, "exit_days": day, "is_resolved": resolved}))
    by_interval = interval_curve(
        frame(
            [last - is_resolved for last, is_resolved in zip(day, resolved, strict=True)],
            [last if is_resolved else None for last, is_resolved in zip(day, resolved, strict=True)],
            entry,
        ),
        with_limits=False,
    )
    start = max(by_day.steps["days"][0], by_interval.steps["days"][0])
    last_resolution = max(last for last, is_resolved in zip(day, resolved, strict=True) if is_resolved)
    if start != by_day.steps["days"][0] or last_resolution <= start:
        return  # the two begin on different days only where nothing is known in between
    days = range(start, last_resolution + 1)
    np.testing.assert_allclose(by_interval.at(days)["unresolved"], by_day.at(days)["unresolved"], atol=1e-7)


@pytest.mark.parametrize("has_entry", [False, True])
def test_hundreds_of_children_reach_the_maximum_too(has_entry: bool) -> None:
    curve = interval_curve(visited(600, seed=1, has_entry=has_entry), with_limits=False)
    assert curve.kkt_violation is not None
    assert curve.kkt_violation < 1e-9
    assert any("conditions of the maximum are met to" in line for line in curve.assumptions)


def test_an_answer_that_is_not_the_maximum_comes_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(npmle_newton, "MOST_STEPS", 1)
    with pytest.warns(NotAtMaximum, match="approximate"):
        interval_curve(visited(100, seed=1, has_entry=True), with_limits=False)


def test_visits_far_apart_do_not_delay_the_median_as_the_day_of_the_visit_does() -> None:
    rows = visited(4000, seed=2, has_entry=True)
    by_interval = interval_curve(rows, with_limits=False).value("median")[0]
    right_end = rows.select(
        "entry_days",
        exit_days=pl.col("upper_days").fill_null(pl.col("lower_days")),
        is_resolved=pl.col("upper_days").is_not_null(),
    ).filter(pl.col("exit_days") > pl.col("entry_days"))
    by_visit = resolution_curve(right_end).value("median")[0]
    assert by_interval is not None
    assert by_visit is not None
    assert abs(by_interval - 520) < 20
    assert by_visit - 520 > 20


# Limits


def test_limits_repeat_with_their_seed_and_do_not_depend_on_the_order_of_rows() -> None:
    rows = visited(80, seed=3, has_entry=True)
    one, shuffled = interval_curve(rows, definitions=FEW), interval_curve(rows.reverse(), definitions=FEW)
    other = interval_curve(rows, definitions=replace(FEW, bootstrap_seed=7))
    assert one.summary.equals(shuffled.summary)
    assert one.steps.equals(shuffled.steps)
    assert not one.summary.equals(other.summary)
    assert one.summary["value"].equals(other.summary["value"])


def test_limits_hold_the_estimate_between_them_and_widen_with_confidence() -> None:
    rows = visited(80, seed=3, has_entry=False)
    narrow = interval_curve(rows, definitions=replace(FEW, confidence=0.5))
    wide = interval_curve(rows, definitions=replace(FEW, confidence=0.95))
    for curve in (narrow, wide):
        value, lower, upper = curve.value("unresolved_at_17_months")
        assert lower is not None
        assert upper is not None
        assert value is not None
        assert lower <= value <= upper
    widths = [curve.value("rmst_36_months")[2] - curve.value("rmst_36_months")[1] for curve in (narrow, wide)]  # type: ignore[operator]
    assert widths[0] < widths[1]


def test_a_child_is_drawn_with_all_of_its_episodes() -> None:
    rows = (
        visited(60, seed=4, has_entry=False)
        .sort("lower_days", "upper_days", nulls_last=True)
        .with_row_index("patient_id")
    )
    every = replace(FEW, episodes_used="all")
    twice = interval_curve(pl.concat([rows, rows]), definitions=every)
    thrice = interval_curve(pl.concat([rows, rows, rows]), definitions=every)
    as_others = interval_curve(pl.concat([rows, rows]).drop("patient_id"), definitions=every)
    median = [curve.value("unresolved_at_12_months") for curve in (twice, thrice, as_others)]
    assert median[1] == pytest.approx(median[0])
    assert median[2] != pytest.approx(median[0])


def test_limits_of_a_median_that_many_resamples_do_not_reach_are_open() -> None:
    rows = frame([0, 0, 30, 30, 60, 60, 90, 90], [30, 30, 60, 60, None, None, None, None])
    value, lower, upper = interval_curve(rows, definitions=FEW).value("median")
    assert value == pytest.approx((60 + 90) / 2)  # flat at one half from day 60 to the last day
    assert lower is not None
    assert upper is None


def test_without_limits_there_are_none() -> None:
    curve = interval_curve(visited(40, seed=5, has_entry=False), with_limits=False)
    assert curve.summary["lower"].null_count() == curve.summary.height
    assert curve.steps["upper"].null_count() == curve.steps.height
    assert "No limits were asked for." in curve.assumptions


def test_resamples_without_the_first_entrants_are_left_out_and_counted() -> None:
    rows = frame([0, 40, 40, 50, 60, 45], [40, 80, None, 90, None, 70], [0, 30, 30, 30, 30, 30])
    linked = pl.concat([rows, frame([35], [60], [0])])
    curve = interval_curve(linked, definitions=FEW)
    assert curve.steps["days"][0] == 0
    assert any("resamples left out" in line for line in curve.assumptions)


def test_limits_of_right_censored_episodes_are_those_of_thomas_and_grunkemeier() -> None:
    # ten seen daily, d_j of n_j resolve on day 5 j: the least likely hazards h_j = d_j / (n_j - reward)
    days, resolved = [5, 10, 15, 20], [2, 1, 3, 1]
    lower = [day - 1 for day, times in zip(days, resolved, strict=True) for _ in range(times)] + [30] * 3
    upper = [day for day, times in zip(days, resolved, strict=True) for _ in range(times)] + [None] * 3
    rows = frame(lower, upper)
    n_left = 10 - np.cumsum([0, 2, 1, 3, 1])[:-1]

    def fall(reward: float) -> float:
        one, best = (np.array(resolved[:3]) / (n_left[:3] + less) for less in (reward, 0))
        known = n_left[:3] - np.array(resolved[:3])
        return float(2 * np.sum(resolved[:3] * np.log(best / one) + known * np.log((1 - best) / (1 - one))))

    ends = [brentq(lambda r: fall(r) - chi2.ppf(0.95, 1), *bounds) for bounds in ((-3.99, 0), (0, 500))]
    expected = [float(np.prod(1 - np.array(resolved[:3]) / (n_left[:3] + reward))) for reward in ends]
    observed = observations([(0, low, high) for low, high in zip(lower, upper, strict=True)])  # type: ignore[misc]
    limits = LikelihoodLimits(observed, np.array([15.0]), quantile=float(chi2.ppf(0.95, 1)))
    assert [limits.lower(15), limits.upper(15)] == pytest.approx(expected, abs=0.005)
    assert rows.height == 10


def test_limits_heed_both_ends_of_a_cell() -> None:
    # all resolve between day 100 and day 200: what is unresolved on day 150, nobody can tell
    rows = frame([100] * 20, [200] * 20)
    curve = interval_curve(rows, definitions=replace(FEW, report_months=(5,)))
    assert curve.value("unresolved_at_5_months") == (1.0, 0.0, 1.0)
    assert curve.value("median")[1:] == (101, 200)
    assert "earliest_day_101" in curve.summary.filter(pl.col("quantity") == "median")["note"].item()


def test_before_anybody_resolved_the_lower_limit_knows_how_many_were_seen() -> None:
    # of twenty nobody has resolved by day 100: the exact limit is the share s with s^20 = 0.025
    observed = observations([(0, 150, 200)] * 20)
    limits = LikelihoodLimits(observed, np.array([100.0]), quantile=float(chi2.ppf(0.95, 1)))
    assert limits.lower(100) == pytest.approx(0.025 ** (1 / 20))
    assert limits.upper(100) == pytest.approx(1)


@pytest.mark.parametrize("n", [30, 300])
def test_limits_never_rise_and_hold_the_curve(n: int) -> None:
    curve = interval_curve(visited(n, seed=8, has_entry=True), definitions=FEW)
    for name in ("lower", "upper"):
        assert (np.diff(curve.steps[name].to_numpy()) <= 1e-12).all()
    assert (curve.steps["lower"] <= curve.steps["unresolved"] + 1e-9).all()
    assert (curve.steps["upper"] >= curve.steps["unresolved"] - 1e-9).all()


# Where it says nothing


def test_nobody_resolved_is_a_flat_curve() -> None:
    curve = interval_curve(frame([10, 400], [None, None]), definitions=FEW)
    assert curve.steps.select("days", "unresolved").rows() == [(0, 1.0), (400, 1.0)]
    assert curve.value("median") == (None, 1.0, None)  # of two, half may resolve at once
    # the limit of Clopper and Pearson for one child of whom none resolved
    assert curve.value("unresolved_at_12_months") == (1.0, pytest.approx(0.025), 1.0)
    assert curve.value("unresolved_at_17_months") == (None, None, None)


def test_one_child_is_enough_for_a_curve() -> None:
    curve = interval_curve(frame([10], [40]), definitions=FEW)
    assert curve.steps.select("days", "unresolved").rows() == [(0, 1.0), (40, 0.0)]
    assert curve.value("median") == (40.0, None, None)  # one child cannot be resampled
    assert repr(curve).endswith("all: 1 of 1 episodes resolved, median 1.3 months")


def test_a_curve_starts_where_somebody_is_known_to_have_come_through() -> None:
    curve = interval_curve(frame([0, 40, 45], [10, 50, None], [0, 30, 30]), definitions=FEW)
    assert curve.steps.select("days", "unresolved").row(0) == (30, 1.0)
    assert curve.value("n")[0] == 2
    assert curve.value("n_resolved")[0] == 1
    assert any("starts there" in line and "; 1 that ended earlier" in line for line in curve.assumptions)
    assert "conditional_on_day_30" in curve.summary.filter(pl.col("quantity") == "median")["note"].item()


def test_an_entry_inside_the_interval_is_taken_for_its_beginning() -> None:
    moved = interval_curve(frame([10, 20, 0], [50, 60, 30], [30, 0, 0]), with_limits=False)
    given_so = interval_curve(frame([30, 20, 0], [50, 60, 30], [30, 0, 0]), with_limits=False)
    assert moved.steps.equals(given_so.steps)
    assert any(
        line.startswith("1 episodes were last seen unresolved before their day of entry")
        for line in moved.assumptions
    )


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (frame([10], [10]), "1 rows have upper_days on or before"),
        (frame([0], [10], [10]), "1 rows have upper_days on or before"),
        (frame([10], [20]).cast({"lower_days": pl.Float64}), "whole days"),
        (frame([10], [20]).drop("upper_days"), "lacks the column"),
        (frame([10, 10], [20, 30]).with_columns(lower_days=pl.Series([None, 1])), "null in 1 rows"),
    ],
)
def test_rows_that_cannot_be_right_are_refused(rows: pl.DataFrame, found: str) -> None:
    with pytest.raises(BadFrame, match=found):
        interval_curve(rows)


def test_no_row_at_all_is_an_empty_stratum() -> None:
    with pytest.raises(EmptyStratum):
        interval_curve(frame([10], [20]).clear())


# The result


def test_the_result_holds_the_declared_tables_by_stratum() -> None:
    rows = visited(60, seed=6, has_entry=False)
    rows = rows.with_columns(sex=pl.Series(["female", "male"] * (rows.height // 2)))
    curve = interval_curve(rows, by="sex", definitions=FEW)
    CurveSteps.validate(curve.steps)
    CurveSummary.validate(curve.summary)
    assert curve.strata == ["female", "male"]
    assert curve.estimator == "npmle"
    assert curve.test is not None
    assert curve.steps["n_at_risk"].null_count() == curve.steps.height
    alone = interval_curve(rows.filter(pl.col("sex") == "male"), definitions=FEW)
    assert curve.value("median", stratum="male") == alone.value("median")


def test_strata_with_delayed_entry_are_tested_by_their_right_censored_reading() -> None:
    rows = visited(60, seed=6, has_entry=True).with_columns(
        exit_days=pl.coalesce("upper_days", pl.col("lower_days") + 1),
        is_resolved=pl.col("upper_days").is_not_null(),
    )
    rows = rows.with_columns(sex=pl.Series((["female", "male"] * rows.height)[: rows.height]))
    curve = interval_curve(rows, by="sex", with_limits=False)
    expected = resolution_curve(rows, by="sex").test
    assert curve.test is not None
    assert expected is not None
    assert (curve.test.statistic, curve.test.p_value) == (expected.statistic, expected.p_value)
    assert any("compares the right-censored readings of the strata" in line for line in curve.assumptions)
    assert interval_curve(rows, with_limits=False).test is None
    assert interval_curve(rows.drop("exit_days"), by="sex", with_limits=False).test is None


def test_intervals_are_tested_by_the_scores_of_sun() -> None:
    # a: (0, 10] twice, (10, 20] once; b: (10, 20] twice, one unseen after 20. All together: S = 4/6, 1/6,
    # hazard 1/3, 1/3 + 3/4. Scores: 1 - 1/3 = 2/3; (1/6 · 13/12 - 4/6 · 1/3) / (3/6) = -1/12; -13/12
    rows = frame([0, 0, 10, 10, 10, 20], [10, 10, 20, 20, 20, None], group=pl.Series(list("aaabbb")))
    test = interval_curve(rows, by="group", with_limits=False).test
    assert test is not None
    scores = np.array([2 / 3, 2 / 3, -1 / 12, -1 / 12, -1 / 12, -13 / 12])
    assert test.statistic == pytest.approx(5 / (scores @ scores) * 2 * (5 / 4) ** 2 / 3)
    assert test.table["n_expected"].to_list() == pytest.approx([3 - 5 / 4, 2 + 5 / 4])
    assert (test.degrees_of_freedom, test.table["n"].to_list()) == (1, [3, 3])


@pytest.mark.long
@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.booleans(), st.sampled_from("abc")), min_size=4, max_size=25
    ).filter(
        lambda rows: len({group for *_, group in rows}) > 1 and any(is_resolved for _, is_resolved, _ in rows)
    )
)
@settings(deadline=None, max_examples=60)
def test_of_days_known_exactly_it_is_the_log_rank_test_but_for_its_variance(
    rows: list[tuple[int, bool, str]],
) -> None:
    days, resolved, groups = (pl.Series(values) for values in zip(*rows, strict=True))
    known = pl.DataFrame({"exit_days": days, "is_resolved": resolved, "group": groups})
    as_intervals = known.select(
        "group",
        lower_days=pl.col("exit_days") - pl.col("is_resolved").cast(pl.Int64),
        upper_days=pl.when("is_resolved").then("exit_days"),
    )
    by_interval = interval_curve(as_intervals, by="group", with_limits=False).test
    by_day = resolution_curve(known, by="group").test
    if by_interval is None or by_day is None:
        return  # all are alike
    np.testing.assert_allclose(by_interval.table["n_expected"], by_day.table["n_expected"], atol=1e-6)


def test_the_test_keeps_its_level_and_finds_a_difference() -> None:
    draws = np.random.default_rng(5)
    rows = visited(400, seed=9, has_entry=False)
    found = []
    for _ in range(40):
        groups = pl.Series(draws.permutation(np.arange(rows.height) % 2))
        test = interval_curve(rows.with_columns(group=groups), by="group", with_limits=False).test
        found.append(test.p_value if test else 1.0)
    assert np.mean(np.array(found) < 0.05) <= 0.15
    slower = rows.with_columns(pl.col("lower_days", "upper_days") * 3 // 2, group=pl.lit(1))
    both = pl.concat([rows.with_columns(group=pl.lit(0)), slower])
    test = interval_curve(both, by="group", with_limits=False).test
    assert test is not None
    assert test.p_value < 1e-6


def test_limits_of_the_mean_from_a_part_of_the_children_are_as_wide_as_those_from_all() -> None:
    rows = visited(1600, seed=6, has_entry=True)
    ends = rows.select(pl.col("lower_days", "upper_days", "entry_days").cast(pl.Float64).fill_null(np.inf))
    lower, upper, entry = (ends[name].to_numpy() for name in ends.columns)
    observed = Observations(np.maximum(lower, entry), upper, entry, np.ones(rows.height))
    fit = npmle(observed)
    spread = []
    for children in (400, rows.height):
        definitions = replace(TEXTBOOK, bootstrap_children=children, bootstrap_replicates=80)
        curve = curve_of(fit, last_day_of(observed))
        drawn = resampled(observed, np.arange(rows.height), fit, curve, definitions)
        assert drawn is not None
        low, high = drawn.of_mean()["rmst_36_months"]
        spread.append(high - low)
    assert 0.6 < spread[0] / spread[1] < 1.6  # limits that rest on 80 resamples are themselves off


def test_as_many_children_as_are_drawn_are_still_drawn_one_by_one() -> None:
    rows = visited(80, seed=3, has_entry=False)
    n = rows.height
    all_of_them, more = (
        interval_curve(rows, definitions=replace(FEW, bootstrap_children=m)) for m in (n, n + 1)
    )
    fewer = interval_curve(rows, definitions=replace(FEW, bootstrap_children=n - 1))
    means = [curve.value("rmst_36_months") for curve in (all_of_them, more, fewer)]
    assert means[0] == means[1] != means[2]
    assert all_of_them.steps.equals(fewer.steps)
    assert any("so many are drawn each time" in said for said in fewer.assumptions)
    assert not any("so many are drawn each time" in said for said in all_of_them.assumptions)


def test_of_many_siblings_each_child_is_still_drawn_with_all_of_its_episodes() -> None:
    rows = visited(60, seed=4, has_entry=False).sort("lower_days", "upper_days", nulls_last=True)
    rows = rows.with_row_index("patient_id")
    some = replace(FEW, episodes_used="all", bootstrap_children=30)
    twice, thrice = (interval_curve(pl.concat([rows] * times), definitions=some) for times in (2, 3))
    assert twice.value("unresolved_at_12_months") == pytest.approx(thrice.value("unresolved_at_12_months"))


# The tables beside the curve


def test_cells_say_between_which_days_each_fall_may_lie() -> None:
    curve = interval_curve(frame([0, 10, 20, 20], [10, 30, 40, None]), with_limits=False)
    assert curve.cells is not None
    CurveCells.validate(curve.cells)
    # (10, 30] and (20, 40] share (20, 30]; the child unseen after day 20 goes there too
    assert curve.cells.select("left_days", "right_days").rows() == [(0, 10), (20, 30)]
    assert curve.cells["mass"].to_list() == pytest.approx([1 / 4, 3 / 4])
    assert curve.cells["unresolved_before"].to_list() == pytest.approx([1, 3 / 4])


def test_of_each_month_it_is_told_of_how_many_what_is_known() -> None:
    rows = frame([400, 100, 0, 30, 0, 400], [None, 400, 182, None, 183, None], [0, 0, 0, 0, 0, 300])
    known = interval_curve(rows, with_limits=False).known
    assert known is not None
    CurveKnown.validate(known)
    # day 182: seen unresolved later; between two counts (two); resolved by then; lost; not yet entered
    first = known.row(0, named=True)
    counts = ["n_known_unresolved", "n_possibly_resolved", "n_known_resolved", "n_not_seen", "n_not_entered"]
    assert first["months"] == 6
    assert [first[name] for name in counts] == [1, 2, 1, 1, 1]
    assert known.select(pl.sum_horizontal(counts)).to_series().to_list() == [6] * known.height


def test_a_band_of_the_whole_curve_is_wider_than_limits_of_each_day_and_says_where_it_holds() -> None:
    curve = interval_curve(visited(150, seed=3, has_entry=False), with_band=True)
    assert curve.bands is not None
    BandRows.validate(curve.bands)
    both = curve.bands.join(curve.steps, on="days", suffix="_of_day")
    assert both.height > 5
    assert curve.bands.height - both.height in (0, 1)  # the last day on which it holds is no step
    inside = both.filter(pl.col("unresolved").is_between(0.1, 0.9))
    assert inside.select((pl.col("upper") - pl.col("lower")).mean()).item() > (
        inside.select((pl.col("upper_of_day") - pl.col("lower_of_day")).mean()).item()
    )
    assert both["unresolved"].is_between(0.05, 0.95).all()
    assert curve.bands["days"].is_sorted()
    assert interval_curve(visited(40, seed=3, has_entry=False), with_limits=False).bands is None


def test_a_large_registry_gets_limits_by_resampling_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = visited(60, seed=5, has_entry=False)
    few = interval_curve(rows)
    monkeypatch.setattr("ain_analytics.intervals.MOST_CHILDREN", 59)
    many = interval_curve(rows)
    assert any("those of the likelihood ratio" in line for line in few.assumptions)
    assert not any("those of the likelihood ratio" in line for line in many.assumptions)
    assert many.value("median")[0] == few.value("median")[0]
    assert many.value("median")[1:] != few.value("median")[1:]
