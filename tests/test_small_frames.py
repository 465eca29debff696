"""Whatever a small frame holds, an estimate is a result or a refusal with a reason, and never a warning.

A frame is drawn by a seed: 1 to 60 children, few or many days, ties, nobody or everybody resolved, entering
late or lost. Numbers are checked elsewhere; here nothing but the program's own errors may come out.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

import ain_analytics as ain
from ain_analytics.errors import AinError

DEFINITIONS = replace(
    ain.PRESETS["textbook"], name="small", bootstrap_replicates=10, report_months=(6, 12, 24), rmst_months=12
)
SIZES, LONGEST = (1, 2, 3, 5, 8, 13, 18, 20, 30, 60), (3, 30, 400, 1500)
SCALES = ("log", "log-log", "logit", "plain", "arcsine")
THAT_ONCE_FAILED = (5, 7, 10, 23, 86, 121, 195)
"""Terms that tell nothing; all resolved (7, 10, 86); one child with a band (23); three children (121 on)."""
IN_EVERY_RUN, IN_LONG_RUNS = 12, 400


def small_frame(seed: int) -> pl.DataFrame:
    """Draw a follow-up."""
    rng = np.random.default_rng(seed)

    def one(of: Sequence[float]) -> float:
        return float(rng.choice(of))

    n, longest = int(one(SIZES)), int(one(LONGEST))
    end = rng.integers(1, longest + 1, n)
    entry = np.where(rng.random(n) < one((0, 0.3, 1)), rng.integers(0, longest, n), 0)
    entry = np.minimum(entry, end - 1)
    is_resolved = rng.random(n) < one((0, 0.3, 0.8, 1))
    seen = np.minimum(end - 1, np.maximum(entry, end - rng.integers(1, max(2, longest // 3), n)))
    died = ~is_resolved & (rng.random(n) < one((0, 0.3, 1)))
    day = pl.Series(end, dtype=pl.Int32)
    frame = pl.DataFrame(
        {
            "patient_id": [f"P{i}" for i in range(n)],
            "episode_number": pl.Series([1] * n, dtype=pl.Int32),
            "entry_days": pl.Series(entry, dtype=pl.Int32),
            "exit_days": day,
            "is_resolved": is_resolved,
            "is_lost": ~is_resolved,
            "died": died,
            "lower_days": pl.Series(np.where(is_resolved, seen, end), dtype=pl.Int32),
            "group": rng.choice(["a", "b", "c"], n),
            "number": rng.normal(size=n),
            "mild": rng.integers(0, 2, n),
        }
    )
    return frame.with_columns(
        pl.when("is_resolved").then("exit_days").alias("upper_days"),
        pl.when("died").then(pl.lit("death")).alias("competing_event"),
        pl.when("died").then("exit_days").alias("competing_days"),
    )


def estimates(rows: pl.DataFrame, seed: int) -> dict[str, Callable[[], Any]]:
    """Name what is asked of every frame."""
    scale, by = SCALES[seed % len(SCALES)], (None, "group")[seed % 2]
    d: dict[str, Any] = {"definitions": DEFINITIONS}
    return {
        "curve": lambda: ain.resolution_curve(rows, by=by, limits=scale, **d),
        "band": lambda: ain.resolution_curve(rows, by=by, bands="equal precision", **d),
        "other band": lambda: ain.resolution_curve(rows, by=by, bands="hall-wellner", **d),
        "interval": lambda: ain.interval_curve(rows, by=by, **d),
        "interval with a band": lambda: ain.interval_curve(rows, with_band=True, **d),
        "incidence": lambda: ain.incidence_curve(rows, by=by, limits=scale, **d),
        "cox": lambda: ain.cox_regression(rows, ["mild", "number"]),
        "cox of groups": lambda: ain.cox_regression(rows, ["group"]),
        "time ratios": lambda: ain.accelerated_failure(rows, ["mild"]),
        "restricted means": lambda: ain.restricted_mean_difference(rows, by="group", **d),
        "one sample": lambda: ain.one_sample_log_rank(rows, lambda days: np.asarray(days) / 300, **d),
        "follow-up": lambda: ain.follow_up_time(rows, **d),
        "lost": lambda: ain.bounds_for_lost(rows, **d),
        "tipping point": lambda: ain.tipping_point(rows, threshold_months=3, **d),
        "chart": lambda: ain.chart_resolution(ain.resolution_curve(rows, by=by, **d)).to_dict(),
    }


def check(seed: int) -> None:
    for name, estimate in estimates(small_frame(seed), seed).items():
        with suppress(AinError):
            assert estimate() is not None, name


@pytest.mark.parametrize("seed", [*THAT_ONCE_FAILED, *range(1000, 1000 + IN_EVERY_RUN)])
def test_every_estimate_of_a_small_frame_is_a_result_or_a_refusal(seed: int) -> None:
    check(seed)


@pytest.mark.long
def test_so_it_is_with_many() -> None:
    for seed in range(IN_LONG_RUNS):
        check(seed)


def test_the_frames_hold_every_kind() -> None:
    """Guard the guard: nobody and everybody resolved, one child, entry, ties, deaths."""
    frames = [small_frame(seed) for seed in range(100)]
    shares = [frame["is_resolved"].mean() for frame in frames]
    assert {0.0, 1.0} <= set(shares)
    assert any(frame.height == 1 for frame in frames)
    assert any((frame["entry_days"] > 0).all() for frame in frames)
    assert any(frame["exit_days"].n_unique() < frame.height / 2 for frame in frames)
    assert any(frame["died"].any() for frame in frames)
