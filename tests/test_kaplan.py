"""Weights, quantile rules, counts, comparisons of right-censored curves: what golden numbers do not show."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
import pytest
from lifelines import KaplanMeierFitter
from scipy.stats import poisson
from statsmodels.duration.survfunc import survdiff

from ain_analytics.charts import chart_resolution
from ain_analytics.compare_strata import compare_strata
from ain_analytics.contrasts import restricted_mean_difference, share_difference
from ain_analytics.counts import counts_of
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK
from ain_analytics.errors import BadDefinition, BadFrame, EmptyStratum
from ain_analytics.intervals import interval_curve
from ain_analytics.median_bootstrap import bootstrap_median
from ain_analytics.one_sample import one_sample_log_rank


def random_rows(n: int, *, seed: int, is_late: bool = False) -> pl.DataFrame:
    random = np.random.default_rng(seed)
    entry = random.integers(0, 40, n) if is_late else np.zeros(n, dtype=int)
    return pl.DataFrame(
        {
            "entry_days": entry,
            "exit_days": entry + random.integers(1, 60, n),
            "is_resolved": random.random(n) < 0.6,
            "arm": random.choice(["a", "b", "c"], n),
            "site": random.choice(["s", "t"], n),
        }
    )


def counted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by(rows.columns).agg(weight=pl.len().cast(pl.Int64))


@pytest.mark.parametrize("is_late", [False, True])
def test_a_weight_is_so_many_equal_rows(is_late: bool) -> None:
    rows = random_rows(2_000, seed=3, is_late=is_late)
    assert counted(rows).height < rows.height
    one, other = (resolution_curve(frame, by="arm") for frame in (rows, counted(rows)))
    assert one.steps.equals(other.steps)
    assert one.summary.equals(other.summary)
    assert one.assumptions == other.assumptions
    assert one.test is not None
    assert other.test is not None
    assert one.test.table.equals(other.test.table)
    tests = [compare_strata(frame, by="arm", strata="site", trend=True) for frame in (rows, counted(rows))]
    assert tests[0].statistic == pytest.approx(tests[1].statistic, rel=1e-12)
    means = [restricted_mean_difference(frame, by="arm", horizon_days=30) for frame in (rows, counted(rows))]
    assert means[0].table.equals(means[1].table)
    expected = [one_sample_log_rank(frame, lambda days: days / 50) for frame in (rows, counted(rows))]
    assert expected[0].table["n_expected"][0] == pytest.approx(expected[1].table["n_expected"][0], rel=1e-12)


@pytest.mark.parametrize("is_late", [False, True])
@pytest.mark.parametrize("kind", ["path", "lazy", "relation"])
def test_counts_of_any_source_give_the_same_curve(kind: str, is_late: bool, tmp_path: Path) -> None:
    rows = random_rows(3_000, seed=5, is_late=is_late)
    rows.write_parquet(tmp_path / "rows.parquet")
    with duckdb.connect() as connection:
        source = {
            "path": lambda: tmp_path / "rows.parquet",
            "lazy": lambda: pl.scan_parquet(tmp_path / "rows.parquet"),
            "relation": lambda: connection.read_parquet(str(tmp_path / "rows.parquet")),
        }[kind]()
        counts = counts_of(source, by="arm")
    assert counts["weight"].sum() == rows.height
    one, other = (resolution_curve(frame, by="arm") for frame in (rows, counts))
    assert one.steps.equals(other.steps)
    assert one.summary.equals(other.summary)
    test = compare_strata(counts, by="arm", weights="gehan")
    assert test.statistic == pytest.approx(
        compare_strata(rows, by="arm", weights="gehan").statistic, rel=1e-12
    )


def test_counts_keep_what_says_which_episodes_are_used() -> None:
    rows = random_rows(500, seed=6).with_columns(
        is_usable=pl.arange(500) % 7 > 0, why_unusable=pl.lit("odd"), episode_number=pl.arange(500) % 3 + 1
    )
    one, other = (resolution_curve(frame) for frame in (rows, counts_of(rows)))
    assert one.summary.equals(other.summary)
    assert one.assumptions == other.assumptions


def test_counts_refuse_who_was_never_at_risk() -> None:
    rows = pl.DataFrame({"entry_days": [3, 5], "exit_days": [9, 5], "is_resolved": [True, True]})
    with pytest.raises(BadFrame, match="1 rows end on or before their day of entry"):
        counts_of(rows)


@pytest.mark.parametrize("weight", [[1, 0], [1, None], [1.0, float("nan")], [1.0, -2.0], ["1", "2"]])
def test_a_weight_is_a_number_above_nought(weight: list[object]) -> None:
    rows = pl.DataFrame({"exit_days": [3, 5], "is_resolved": [True, True], "weight": weight})
    with pytest.raises(BadFrame, match="weight is"):
        resolution_curve(rows)


def test_the_first_day_of_a_flat_piece_is_that_of_lifelines() -> None:
    rows = pl.DataFrame({"exit_days": [1, 2, 3, 4], "is_resolved": [True] * 4})
    lifelines = KaplanMeierFitter().fit(rows["exit_days"].to_numpy(), rows["is_resolved"].to_numpy())
    assert resolution_curve(rows, quantile_rule="first").value("median")[0] == lifelines.median_survival_time_
    assert resolution_curve(rows).value("median")[0] == 2.5
    flat = pl.DataFrame({"exit_days": [2, 2, 2, 5, 5, 5], "is_resolved": [True] * 3 + [False] * 3})
    assert resolution_curve(flat, quantile_rule="first").value("median")[0] == 2
    with pytest.raises(BadDefinition, match="must be one of middle, first"):
        resolution_curve(rows, quantile_rule="last")


@pytest.mark.parametrize("is_late", [False, True])
def test_the_family_is_that_of_statsmodels(is_late: bool) -> None:
    rows = random_rows(300, seed=8, is_late=is_late)
    entry = {"entry": rows["entry_days"].to_numpy()} if is_late else {}
    for ours, theirs in {"log-rank": None, "gehan": "gb", "tarone-ware": "tw"}.items():
        for strata in (None,) if is_late else (None, "site"):  # theirs mixes up entries of strata
            given = {} if strata is None else {"strata": rows[strata].to_numpy()}
            statistic, p = survdiff(
                rows["exit_days"].to_numpy(),
                rows["is_resolved"].to_numpy().astype(int),
                rows["arm"].to_numpy(),
                weight_type=theirs,
                **given,
                **entry,
            )
            test = compare_strata(rows, by="arm", weights=ours, strata=strata)
            assert test.statistic == pytest.approx(statistic, rel=1e-9), (ours, strata)
            assert test.p_value == pytest.approx(p, rel=1e-8)


def test_comparisons_refuse_what_has_no_answer() -> None:
    rows = random_rows(60, seed=9)
    short = rows.with_columns(is_resolved=pl.col("exit_days") < 30)
    with pytest.raises(EmptyStratum, match="follow-up ends before day 400"):
        restricted_mean_difference(
            rows.with_columns(is_resolved=pl.col("exit_days") < 30), by="arm", horizon_days=400
        )
    with pytest.raises(EmptyStratum, match="follow-up ends before day 400"):
        share_difference(short, by="arm", day=400)
    with pytest.raises(EmptyStratum, match="no episode resolved"):
        compare_strata(rows.with_columns(is_resolved=pl.lit(value=False)), by="arm")
    with pytest.raises(EmptyStratum, match="in this stratum"):
        compare_strata(rows.filter(pl.col("arm") == "a"), by="arm")
    with pytest.raises(BadFrame, match="sampling weights"):
        compare_strata(rows.with_columns(weight=pl.lit(1.5)), by="arm")
    with pytest.raises(BadFrame, match="on or before their day of entry"):
        one_sample_log_rank(rows.with_columns(entry_days=pl.col("exit_days")), lambda days: days)
    with pytest.raises(BadDefinition, match="must be known, rising and finite"):
        one_sample_log_rank(rows, lambda days: -days)


def test_a_curve_is_a_reference_as_far_as_it_reaches() -> None:
    rows = random_rows(200, seed=10)
    reference = resolution_curve(
        pl.DataFrame({"exit_days": [10, 80, 90], "is_resolved": [True, False, False]})
    )
    expected = rows.select((pl.col("exit_days") >= 10).sum()).item() * np.log(3 / 2)
    assert one_sample_log_rank(rows, reference).table["n_expected"][0] == pytest.approx(expected)
    short = resolution_curve(pl.DataFrame({"exit_days": [10, 20], "is_resolved": [True, False]}))
    with pytest.raises(BadDefinition, match="must be known"):
        one_sample_log_rank(rows, short)


def test_medians_of_resamples_spread_as_curves_of_resampled_rows_do() -> None:
    rows = random_rows(400, seed=11)
    definitions = replace(TEXTBOOK, bootstrap_replicates=400)
    found = bootstrap_median(counts_of(rows.drop("entry_days")), definitions=definitions)
    random = np.random.default_rng(1)
    drawn = [
        resolution_curve(rows.sample(400, with_replacement=True, seed=int(seed))).value("median")[0]
        for seed in random.integers(0, 10**6, 60)
    ]
    assert found.median == resolution_curve(rows).value("median")[0]
    assert abs(np.mean(found.replicates) - np.mean(drawn)) < 4 * np.std(drawn) / np.sqrt(60)
    assert 0.6 < np.std(found.replicates) / np.std(drawn) < 1.6
    with pytest.raises(BadFrame, match="entry is delayed"):
        bootstrap_median(random_rows(50, seed=1, is_late=True))


def test_weights_are_no_business_of_intervals() -> None:
    rows = pl.DataFrame({"lower_days": [0, 30, 0], "upper_days": [30, 60, 60], "weight": [1, 5, 9]})
    plain = interval_curve(rows.drop("weight"), with_limits=False)
    assert interval_curve(rows, with_limits=False).steps.equals(plain.steps)


def test_the_exact_p_adds_up_every_count_that_is_no_more_likely() -> None:
    table = one_sample_log_rank(
        pl.DataFrame({"exit_days": [4, 4], "is_resolved": [True, False]}), lambda days: days
    ).table
    assert table["exact_p"][0] == pytest.approx(poisson.cdf(1, 8) + poisson.sf(16, 8), rel=1e-12)


def test_a_band_lies_around_the_limits_and_is_drawn_as_far_as_the_curve() -> None:
    rows = random_rows(300, seed=12)
    curve = resolution_curve(rows, by="arm", bands="equal precision", limits="log-log", band_days=(5, 40))
    assert curve.bands is not None
    both = curve.bands.join(curve.steps, on=["stratum", "days"], suffix="_of_day")
    assert both.height == curve.bands.height > 0
    assert both.select((pl.col("lower") < pl.col("lower_of_day")).all()).item()
    assert both.select((pl.col("upper") > pl.col("upper_of_day")).all()).item()
    assert curve.bands["days"].min() >= 5
    assert curve.bands["days"].max() <= 40
    assert any("Simultaneous band" in said for said in curve.assumptions)
    drawn, plain = (chart_resolution(one).to_dict() for one in (curve, replace(curve, bands=None)))
    assert len(drawn["vconcat"][0]["layer"]) == len(plain["vconcat"][0]["layer"]) + 1


def test_a_band_is_refused_where_it_does_not_hold() -> None:
    rows = random_rows(300, seed=12)
    with pytest.raises(BadDefinition, match="must be one of equal precision"):
        resolution_curve(rows, bands="wide")
    with pytest.raises(EmptyStratum, match="no band"):
        resolution_curve(rows, bands="hall-wellner", band_days=(5, 400))
    with pytest.raises(BadFrame, match="no band is known"):
        resolution_curve(rows.with_columns(weight=pl.lit(1.5)), bands="hall-wellner")


def test_the_benchmark_runs_and_compares(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.kaplan_meier", "--size", "5000", "--rounds", "1"]
    done = subprocess.run(
        [*command, "--data", str(tmp_path), "--only", "curve with delayed entry"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    assert len([line for line in lines if "identical" in line]) == 1
