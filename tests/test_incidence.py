"""Shares that come to each of several ends, Gray's test, and the mean number of further episodes."""

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ain_analytics as ain
from ain_analytics.aalen_johansen import aalen_johansen
from ain_analytics.errors import BadDefinition, BadFrame, EmptyStratum
from ain_analytics.gray_test import gray_test
from ain_analytics.kaplan_meier import kaplan_meier
from ain_analytics.recurrence import mean_number
from ain_analytics.schema.incidence import IncidenceSteps, IncidenceSummary, RecurrenceSteps

GOLDEN = Path(__file__).parent / "golden" / "competing"
SCALES = ["log", "plain", "log-log"]


def golden(name: str) -> pl.DataFrame:
    return pl.read_csv(GOLDEN / f"{name}.csv", null_values="NA", schema_overrides={"group": pl.String})


DATA = golden("data").select(
    "case",
    "group",
    entry_days=pl.col("entry").cast(pl.Int32),
    exit_days=pl.col("exit").cast(pl.Int32),
    end=pl.when(pl.col("end") > 0).then(pl.col("end").cast(pl.String)),
)
CASES = DATA.filter(pl.col("end").is_not_null())["case"].unique(maintain_order=True).to_list()
LATE = DATA.filter(pl.col("entry_days") > 0)["case"].unique(maintain_order=True).to_list()
RECURRING = golden("recurrence_data")["case"].unique(maintain_order=True).to_list()


def of(case: str) -> pl.DataFrame:
    return DATA.filter(pl.col("case") == case)


def as_follow_up(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.select(
        "entry_days",
        "exit_days",
        "group",
        is_resolved=(pl.col("end") == "1").fill_null(value=False),
        competing_event=pl.when(pl.col("end") != "1").then(pl.lit("end ") + pl.col("end")),
    )


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 26
    assert len(LATE) >= 6
    assert golden("gray").height >= 15
    assert len(RECURRING) == 8


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("scale", SCALES)
def test_shares_errors_and_limits_are_those_of_survfit(case: str, scale: str) -> None:
    expected = golden("incidence").filter(pl.col("case") == case, pl.col("scale") == scale)
    curve = ain.incidence_curve(as_follow_up(of(case)), limits=scale)
    named = expected.with_columns(
        end=pl.when(pl.col("end") == 1).then(pl.lit("resolved")).otherwise(pl.format("end {}", "end")),
        days=pl.col("days").cast(pl.Int32),
    )
    both = named.join(curve.steps, on=["end", "days"], suffix="_ours")
    assert both.height == expected.height > 0
    assert both.select((pl.col("incidence") - pl.col("incidence_ours")).abs().max()).item() < 1e-12
    if case in LATE:  # there survfit's errors are those of the jackknife; etm has those of the delta method
        return
    assert both.select((pl.col("error") - pl.col("standard_error")).abs().max()).item() < 1e-8
    told = both.filter(pl.col("incidence") > 0, pl.col("incidence") < 1, pl.col("lower_ours").is_not_null())
    for limit in ("lower", "upper"):
        difference = (pl.col(limit) - pl.col(f"{limit}_ours")).abs().max()
        assert (told.select(difference).item() or 0) < 1e-8


@pytest.mark.parametrize("case", sorted(set(CASES) - set(LATE)))
def test_shares_are_those_of_cmprsk(case: str) -> None:
    expected = golden("without_entry").filter(pl.col("case") == case)
    ends = sorted(of(case)["end"].drop_nulls().unique())
    fit = aalen_johansen(of(case), ends)
    days = fit.all_ends.curve.days
    for end, days_of, share in expected.drop_nulls().select("end", "days", "incidence").iter_rows():
        place = int(np.searchsorted(days, days_of, side="right")) - 1
        assert fit.incidence[place, ends.index(str(end))] == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("case", LATE)
def test_shares_and_errors_with_entry_are_those_of_etm(case: str) -> None:
    expected = golden("entry").filter(pl.col("case") == case)
    ends = sorted(of(case)["end"].drop_nulls().unique())
    fit = aalen_johansen(of(case), ends)
    assert expected.height > 0
    if fit.all_ends.curve.start > 0:
        pytest.skip("etm goes on from an empty risk set")
    for end, day, share, error in expected.select("end", "days", "incidence", "error").iter_rows():
        place = int(np.flatnonzero(fit.all_ends.curve.days == day)[0])
        assert fit.incidence[place, ends.index(str(end))] == pytest.approx(share, abs=1e-12)
        assert np.sqrt(fit.variance[place, ends.index(str(end))]) == pytest.approx(error, abs=1e-8)


@pytest.mark.parametrize(("case", "end", "statistic", "p", "df"), golden("gray").rows())
def test_grays_test_is_that_of_cmprsk(case: str, end: int, statistic: float, p: float, df: int) -> None:
    groups = {name: rows for (name,), rows in of(case).sort("group").group_by("group", maintain_order=True)}
    found = gray_test(groups, str(end))
    assert found is not None
    assert found.statistic == pytest.approx(statistic, rel=1e-8)
    assert found.p_value == pytest.approx(p, rel=1e-7)
    assert found.degrees_of_freedom == df


ENDS = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 8), st.sampled_from([None, "1", "2", "3"])),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(ENDS)
def test_the_shares_of_all_ends_and_of_none_add_up_to_one(drawn: list[tuple[int, int, str | None]]) -> None:
    rows = pl.DataFrame(
        [(entry, entry + lasts, end) for entry, lasts, end in drawn],
        schema={"entry_days": pl.Int32, "exit_days": pl.Int32, "end": pl.String},
        orient="row",
    )
    fit = aalen_johansen(rows, ["1", "2", "3"])
    total = fit.incidence.sum(axis=1) + fit.all_ends.curve.unresolved
    assert np.abs(total - 1).max() < 1e-12
    assert np.isfinite(fit.variance).all()


@settings(deadline=None)
@given(ENDS)
def test_with_one_end_it_is_one_minus_kaplan_meier(drawn: list[tuple[int, int, str | None]]) -> None:
    rows = pl.DataFrame(
        [(entry, entry + lasts, end and "1") for entry, lasts, end in drawn],
        schema={"entry_days": pl.Int32, "exit_days": pl.Int32, "end": pl.String},
        orient="row",
    )
    fit = aalen_johansen(rows, ["1"])
    plain = kaplan_meier(rows.with_columns(is_resolved=pl.col("end").is_not_null()))
    assert np.abs(1 - fit.incidence[:, 0] - plain.curve.unresolved).max() < 1e-12
    left = plain.curve.unresolved > 0
    greenwood = plain.curve.unresolved[left] * np.sqrt(plain.log_variance[left])
    assert np.sqrt(fit.variance[left, 0]) == pytest.approx(greenwood, abs=1e-7)


def test_an_early_empty_risk_set_makes_a_conditional_curve() -> None:
    rows = pl.DataFrame(
        {
            "entry_days": [0, 0, 30, 30],
            "exit_days": [10, 20, 40, 50],
            "is_resolved": [True, True, True, False],
            "competing_event": [None, None, None, "death"],
        }
    )
    curve = ain.incidence_curve(rows)
    assert curve.steps["days"].min() == 30
    assert any("before day 30" in line for line in curve.assumptions)
    assert curve.steps.filter(days=40, end="resolved")["incidence"].item() == 0.5


def test_a_competing_event_counts_on_its_own_day_and_before_entry_not_at_all() -> None:
    rows = pl.DataFrame(
        {
            "entry_days": [0, 0, 20],
            "exit_days": [10, 30, 40],
            "is_resolved": [False, True, False],
            "competing_event": ["death", None, "reclassified"],
            "competing_days": [25, None, 15],
        }
    )
    curve = ain.incidence_curve(rows)
    assert curve.steps.filter(end="death", days=25)["n_events"].item() == 1
    assert curve.ends == ["resolved", "death"]
    assert any(line.startswith("1 episodes whose competing event came") for line in curve.assumptions)


def test_strata_are_tested_but_not_with_entry() -> None:
    rows = as_follow_up(of("two_groups"))
    tested = ain.incidence_curve(rows, by="group")
    assert [test.end for test in tested.tests] == ["resolved", "end 2"]
    late = ain.incidence_curve(rows.with_columns(entry_days=pl.lit(1)), by="group")
    assert late.tests == ()
    assert "No Gray's test: it is not defined where episodes enter late." in late.assumptions


def test_the_result_holds_the_declared_tables_and_shows_itself() -> None:
    curve = ain.incidence_curve(as_follow_up(of("random_200")))
    IncidenceSteps.validate(curve.steps)
    IncidenceSummary.validate(curve.summary)
    assert (
        curve.value("resolved", 24)[0]
        == curve.steps.filter(pl.col("end") == "resolved").filter(pl.col("days") <= 24 * 365.25 / 12)[
            "incidence"
        ][-1]
    )
    assert "all, resolved: " in repr(curve)
    assert "<li>" in curve._repr_html_()
    assert ain.chart_incidence(curve).to_dict()


def test_beyond_follow_up_there_is_no_share() -> None:
    curve = ain.incidence_curve(as_follow_up(of("last_is_censored")))
    assert curve.value("resolved", 12) == (None, None, None)
    assert set(curve.summary["note"]) == {"beyond_follow_up"}


def test_what_cannot_be_is_refused() -> None:
    rows = as_follow_up(of("random_50"))
    with pytest.raises(BadDefinition):
        ain.incidence_curve(rows, limits="none")
    with pytest.raises(BadFrame):
        ain.incidence_curve(rows.drop("exit_days"))
    gone = rows.head(1).with_columns(
        competing_event=pl.lit("death"), competing_days=pl.lit(0), is_resolved=pl.lit(value=False)
    )
    with pytest.raises(EmptyStratum):
        ain.incidence_curve(gone)


# ---- further episodes ------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", RECURRING)
def test_the_mean_number_and_its_robust_error_are_those_of_survfit(case: str) -> None:
    rows = golden("recurrence_data").filter(pl.col("case") == case)
    expected = golden("recurrence").filter(pl.col("case") == case)
    children = rows.group_by("child", maintain_order=True).agg(pl.col("stop").max()).with_row_index("place")
    events = rows.filter(pl.col("is_event") == 1).join(children, on="child", maintain_order="left")
    found = mean_number(children["stop"].to_numpy(), events["place"].to_numpy(), events["stop"].to_numpy())
    both = expected.join(found, on="days")
    assert both.height == expected.height
    assert both.select((pl.col("mean") - pl.col("mean_episodes")).abs().max()).item() < 1e-12
    assert both.select((pl.col("error") - pl.col("standard_error")).abs().max()).item() < 1e-8


def episodes(*rows: tuple[str, int, int, int]) -> pl.DataFrame:
    """Child, number of the episode, day of onset, day of the last count."""
    day = date(2020, 1, 1)
    return pl.DataFrame(
        [(key, n, day + timedelta(onset), day + timedelta(last)) for key, n, onset, last in rows],
        schema=["patient_id", "episode_number", "onset_by", "last_observed_on"],
        orient="row",
    )


def test_further_episodes_are_counted_from_the_first_onset_among_children_still_observed() -> None:
    curve = ain.recurrence_curve(
        episodes(
            ("a", 1, 0, 300), ("a", 2, 100, 300), ("b", 1, 50, 200), ("c", 1, 10, 400), ("c", 2, 210, 400)
        )
    )
    RecurrenceSteps.validate(curve.steps)
    assert curve.steps.select("days", "n_at_risk", "n_episodes", "mean_episodes").rows() == [
        (0, 3, 0, 0.0),
        (100, 3, 1, 1 / 3),
        (150, 3, 0, 1 / 3),
        (200, 2, 1, 1 / 3 + 1 / 2),
        (300, 2, 0, 1 / 3 + 1 / 2),
        (390, 1, 0, 1 / 3 + 1 / 2),
    ]
    assert "by 12 months" in repr(curve)
    assert "<li>" in curve._repr_html_()
    assert ain.chart_recurrence(curve).to_dict()


def test_nobody_again_is_a_mean_of_zero_without_limits() -> None:
    curve = ain.recurrence_curve(episodes(("a", 1, 0, 800), ("b", 1, 0, 800)))
    assert curve.at(24).row(0) == ("all", 24.0, 0.0, None, None)
    assert curve.at(48).row(0) == ("all", 48.0, None, None, None)


def test_episodes_without_a_column_or_a_first_one_are_refused() -> None:
    with pytest.raises(BadFrame):
        ain.recurrence_curve(episodes(("a", 1, 0, 10)).drop("onset_by"))
    with pytest.raises(EmptyStratum):
        ain.recurrence_curve(episodes(("a", 2, 0, 10)))


def test_before_anything_happens_the_mean_is_zero_and_known() -> None:
    curve = ain.recurrence_curve(episodes(("a", 1, 0, 900), ("a", 2, 700, 900), ("b", 1, 0, 800)))
    assert curve.at(6, 24)["mean_episodes"].to_list() == [0.0, 0.5]


@pytest.mark.parametrize(
    "rows",
    [
        [("a", 1, 0, 100), ("a", 2, 700, 100)],
        [("a", 1, 50, 100), ("a", 2, 50, 100)],
        [("a", 1, 0, 100), ("a", 1, 20, 100)],
    ],
    ids=["onset after the last day", "second onset no later", "two first episodes"],
)
def test_days_that_cannot_be_are_refused(rows: list[tuple[str, int, int, int]]) -> None:
    with pytest.raises(BadFrame):
        ain.recurrence_curve(episodes(*rows, ("b", 1, 0, 800)))


def test_a_child_whose_last_day_is_not_known_is_refused() -> None:
    unknown = episodes(("a", 1, 0, 100)).with_columns(last_observed_on=pl.lit(None, pl.Date))
    with pytest.raises(BadFrame, match="1 children"):
        ain.recurrence_curve(unknown)


@pytest.mark.parametrize("n_lost", [0, 1, 3])
def test_shares_that_add_up_to_all_children_are_not_more_than_one(n_lost: int) -> None:
    """Of 18 children who resolve on 18 days, the eighteenths add up to a little more than one."""
    for n in range(n_lost + 2, 60):
        resolved = [i not in (2, 5, 7)[:n_lost] for i in range(n)]
        rows = pl.DataFrame({"exit_days": range(1, n + 1), "is_resolved": resolved})
        last = ain.incidence_curve(rows).steps.filter(end="resolved").row(-1, named=True)
        assert last["incidence"] == pytest.approx(1.0, abs=1e-13) or not resolved[-1]
        assert last["incidence"] <= 1
