"""Incidences where the risk set runs empty, and where an end comes before the entry; worked by hand."""

import numpy as np
import polars as pl
import pytest

from ain_analytics.aalen_johansen import aalen_johansen
from ain_analytics.errors import BadFrame
from ain_analytics.incidence import incidence_curve


def rows(*ended: tuple[int, int, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        ended, schema={"entry_days": pl.Int32, "exit_days": pl.Int32, "end": pl.String}, orient="row"
    )


def follow_up(*ended: tuple[int, int, str | None]) -> pl.DataFrame:
    return rows(*ended).select(
        "entry_days",
        "exit_days",
        is_resolved=(pl.col("end") == "resolved").fill_null(value=False),
        competing_event=pl.when(pl.col("end") != "resolved").then("end"),
    )


GONE_BY_50 = ((0, 50, "resolved"), (0, 50, "death"))
ENTERED_ON_50 = ((50, 80, "resolved"), (50, 90, "death"), (50, 95, None))


def test_ends_on_the_day_of_a_new_start_do_not_count_among_those_who_enter_on_it() -> None:
    fit = aalen_johansen(rows(*GONE_BY_50, *ENTERED_ON_50), ["resolved", "death"])
    assert fit.all_ends.curve.days.tolist() == [50, 80, 90, 95]
    np.testing.assert_allclose(fit.incidence[:, 0], [0, 1 / 3, 1 / 3, 1 / 3], atol=1e-15)
    np.testing.assert_allclose(fit.incidence[:, 1], [0, 0, 1 / 3, 1 / 3], atol=1e-15)
    assert fit.n_events.tolist() == [[0, 0], [1, 0], [0, 1], [0, 0]]


def test_a_curve_that_starts_anew_is_that_of_the_later_episodes_alone() -> None:
    whole = aalen_johansen(rows(*GONE_BY_50, *ENTERED_ON_50), ["resolved", "death"])
    later = aalen_johansen(rows(*ENTERED_ON_50), ["resolved", "death"])
    np.testing.assert_array_equal(whole.incidence, later.incidence)
    np.testing.assert_array_equal(whole.variance, later.variance)
    assert whole.all_ends.n_set_aside == 2


def test_the_new_start_is_printed() -> None:
    curve = incidence_curve(follow_up(*GONE_BY_50, *ENTERED_ON_50))
    assert any("before day 50" in line and "2 that ended earlier" in line for line in curve.assumptions)
    assert curve.summary["n"].unique().to_list() == [3]
    assert curve.summary["note"].str.contains("conditional_on_day_50").all()


def test_what_competes_before_the_entry_is_left_out_and_counted() -> None:
    curve = incidence_curve(follow_up((30, 30, "death"), (0, 40, "resolved"), (0, 60, None)))
    assert curve.value("resolved", 6)[0] is None  # beyond follow-up
    assert curve.steps.filter(days=40)["incidence"].to_list() == [0.5]
    assert any(line.startswith("1 episodes whose competing event") for line in curve.assumptions)


@pytest.mark.parametrize("end", ["resolved", None])
def test_any_other_end_on_the_day_of_entry_is_refused(end: str | None) -> None:
    with pytest.raises(BadFrame, match="nobody saw them at risk"):
        incidence_curve(follow_up((30, 30, end), (0, 40, "resolved"), (0, 60, None)))
