"""The questions: golden data of tests/golden and R's answers, for each quantity."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

GOLDEN = Path(__file__).parents[2] / "tests" / "golden"
Floats = NDArray[np.float64]
GREENWOOD_CASES = ("ties", "everyone_resolved", "random", "random_entry")
REGRESSIONS = ("lung", "lung_strata", "veteran", "ovarian", "heart", "heart_strata", "pbc", "coarse")
CLUSTERED_WITH_ENTRY = ("heart_cluster", "bladder", "cgd", "coarse_strata_cluster")
HORIZON_CASES = ("ties", "three_groups_with_ties", "random")


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """One golden case: rows of children, what is asked of them, and R's numbers."""

    case: str
    rows: pl.DataFrame
    expected: Floats
    asked: dict[str, Any] = field(default_factory=dict)

    @property
    def is_late(self) -> bool:
        """Whether somebody enters after day zero."""
        return "entry_days" in self.rows.columns and bool((self.rows["entry_days"] > 0).any())

    def array(self, column: str) -> Floats:
        """Give a column as floats, nulls as infinity."""
        return self.rows[column].cast(pl.Float64).fill_null(np.inf).to_numpy()


@cache
def read(name: str) -> pl.DataFrame:
    """Read a golden file with the column names of this program."""
    names = {"entry": "entry_days", "exit": "exit_days", "lower": "lower_days", "upper": "upper_days"}
    of_group = {"group": pl.String, "stratum": pl.String}
    frame = pl.read_csv(
        GOLDEN / f"{name}.csv", infer_schema_length=None, null_values="NA", schema_overrides=of_group
    )
    if "days" in frame.columns or ("exit" not in frame.columns and "lower" not in frame.columns):
        return frame
    frame = frame.rename({old: new for old, new in names.items() if old in frame.columns})
    return frame.with_columns(is_resolved=pl.col("resolved") == 1) if "resolved" in frame.columns else frame


def of(name: str, case: str, **more: Any) -> pl.DataFrame:
    """Choose the rows of a case."""
    return read(name).filter(pl.col("case") == case, *(pl.col(n) == v for n, v in more.items()))


def floats(frame: pl.DataFrame, *names: str) -> Floats:
    """Put columns one after the other."""
    return np.concatenate(
        [frame[n].cast(pl.Float64, strict=False).fill_null(np.nan).to_numpy() for n in names]
    )


def shares(*, is_late: bool) -> Iterator[Question]:
    """Ask the Kaplan–Meier share on every day."""
    for case in read("follow_up")["case"].unique(maintain_order=True):
        rows, told = of("follow_up", case), of("kaplan_meier", case, scale="log")
        if bool((rows["entry_days"] > 0).any()) == is_late:
            yield Question(case, rows, floats(told, "unresolved"), {"days": told["days"].to_numpy()})


def greenwood(scale: str) -> Iterator[Question]:
    """Ask both limits on every day."""
    for case in GREENWOOD_CASES:
        told = of("kaplan_meier", case, scale=scale)
        asked = {"days": told["days"].to_numpy(), "scale": scale}
        yield Question(case, of("follow_up", case), floats(told, "lower", "upper"), asked)


def medians() -> Iterator[Question]:
    """Ask the median where the curve is flat at one half."""
    for case in ("flat_at_one_half", "flat_at_one_half_to_the_end", "flat_at_one_half_with_censoring"):
        told = of("quantiles", case, scale="log", of="resolution").filter(pl.col("share") == 0.5)
        yield Question(case, of("follow_up", case), floats(told, "value"))


def means(name: str) -> Iterator[Question]:
    """Ask the restricted mean, or its error."""
    for row in read("restricted_mean").filter(pl.col("case").is_in(HORIZON_CASES)).to_dicts():
        asked = {"horizon": float(row["horizon"])}
        yield Question(row["case"], of("follow_up", row["case"]), np.array([row[name]]), asked)


def log_ranks(*, is_late: bool) -> Iterator[Question]:
    """Ask the statistic of the log-rank test."""
    told = read("log_rank").unique(["case", "groups"], maintain_order=True)
    for row in told.to_dicts():
        if (row["case"] == "random_entry") == is_late:
            rows = of("follow_up", row["case"]).filter(pl.col("group").is_in(list(row["groups"])))
            yield Question(f"{row['case']} {row['groups']}", rows, np.array([row["statistic"]]))


def stratified_log_ranks() -> Iterator[Question]:
    """Ask the statistic summed over strata, without delayed entry."""
    told = read("kaplan/log_rank").filter(pl.col("weights") == "log-rank")
    for row in told.to_dicts():
        rows = of("kaplan/rows", row["case"])
        if str(row["is_stratified"]).lower() == "true" and not (rows["entry_days"] > 0).any():
            yield Question(row["case"], rows, np.array([row["statistic"]]))


def weighted(table: str, weight: str, *names: str) -> Iterator[Question]:
    """Ask shares, or limits (log), of weighted children, where the share is above zero."""
    for case in ("veteran", "lung", "pbc"):
        rows = of("kaplan/rows", case).with_columns(
            weight=pl.col(weight), patient_id=pl.col("child").cast(pl.String)
        )
        told = of(f"kaplan/{table}", case).filter(pl.col("unresolved") > 0)
        asked = {"days": told["days"].to_numpy(), "scale": "log", "names": names}
        yield Question(case, rows, floats(told, *names), asked)


def incidences(name: str, *, is_late: bool) -> Iterator[Question]:
    """Ask the share that came to end 1 on every day, or its error."""
    cases = (
        ("entry_50", "entry_200", "abortion") if is_late else ("ties", "heavy_ties", "random_200", "mgus2")
    )
    for case in cases:
        rows = of("competing/data", case)
        if is_late:
            told = of("competing/entry", case, end=1)
        else:
            told = of("competing/incidence", case, end=1, scale="log")
        yield Question(case, rows, floats(told, name), {"days": told["days"].to_numpy()})


def grays() -> Iterator[Question]:
    """Ask Gray's statistic for end 1."""
    for row in read("competing/gray").filter(pl.col("end") == 1).to_dicts():
        yield Question(row["case"], of("competing/data", row["case"]), np.array([row["statistic"]]))


def intervals(*, is_late: bool) -> Iterator[Question]:
    """Ask the maximum of the likelihood of (lower, upper] on the days on which a row ends."""
    for case in read("intervals/npmle")["case"].unique(maintain_order=True):
        rows, told = of("intervals/data", case), of("intervals/npmle", case)
        if bool((rows["entry_days"] > 0).any()) == is_late and rows.height > 1:
            yield Question(case, rows, floats(told, "unresolved"), {"days": told["days"].to_numpy()})


def regressions(names: tuple[str, ...], column: str) -> Iterator[Question]:
    """Ask a column of the table of a Cox regression (Efron)."""
    for said in read("regression/cox_case").filter(pl.col("case").is_in(names)).to_dicts():
        told = of("regression/cox", said["case"])
        yield Question(said["case"], model_rows(said["set"]), floats(told, column), _asked(said, told))


def hazards() -> Iterator[Question]:
    """Ask the statistic of each covariate of one coefficient in the test of proportional hazards."""
    for said in read("regression/cox_case").filter(pl.col("case").is_in(REGRESSIONS)).to_dicts():
        told = of("regression/zph", said["case"], transform="km").filter(pl.col("column") != "GLOBAL")
        if (told["degrees_of_freedom"] > 1).any():
            continue
        asked = _asked(said, of("regression/cox", said["case"]))
        yield Question(said["case"], model_rows(said["set"]), floats(told, "statistic"), asked)


def weibulls() -> Iterator[Question]:
    """Ask intercept, coefficients and logarithm of the scale of survreg on intervals."""
    table = read("regression/aft_case").filter(
        pl.col("engine") == "survreg", pl.col("law") == "weibull", pl.col("reading") == "interval"
    )
    for said in table.to_dicts():
        told = of("regression/aft", said["case"])
        terms = told.filter(~pl.col("column").is_in(["intercept", "log_scale"]))
        yield Question(said["case"], model_rows(said["set"]), floats(told, "value"), _asked(said, terms))


@cache
def model_rows(name: str) -> pl.DataFrame:
    """Read the data of a regression."""
    frame = pl.read_csv(GOLDEN / "regression" / f"{name}.csv", infer_schema_length=None)
    return frame.with_columns(is_resolved=pl.col("is_resolved") == 1)


def _asked(said: dict[str, Any], told: pl.DataFrame) -> dict[str, Any]:
    terms = [(row["column"], row["level"] or "") for row in told.to_dicts()]
    covariates = (said["covariates"] or "").split()
    return {"terms": terms, "covariates": covariates, "strata": said.get("strata")}


def design(question: Question) -> Floats:
    """Give covariates as columns, a level of a category as 0 or 1, in R's order."""
    columns = [
        question.rows[name] == level if level else question.rows[name]
        for name, level in question.asked["terms"]
    ]
    rows = [column.cast(pl.Float64).to_numpy() for column in columns]
    return np.column_stack(rows) if rows else np.empty((question.rows.height, 0))


QUANTITIES = {
    "KM share": lambda: shares(is_late=False),
    "KM share with entry": lambda: shares(is_late=True),
    "Greenwood limits (log)": lambda: greenwood("log"),
    "Greenwood limits (log-log)": lambda: greenwood("log-log"),
    "median at a flat half": medians,
    "RMST": lambda: means("mean"),
    "error of RMST": lambda: means("error"),
    "log-rank": lambda: log_ranks(is_late=False),
    "log-rank with entry": lambda: log_ranks(is_late=True),
    "stratified log-rank": stratified_log_ranks,
    "whole weights, share": lambda: weighted("weighted", "count", "unresolved"),
    "sampling weights, share": lambda: weighted("robust", "weight", "unresolved"),
    "sampling weights, robust limits": lambda: weighted("robust", "weight", "lower", "upper"),
    "Aalen-Johansen share with ties": lambda: incidences("incidence", is_late=False),
    "Aalen-Johansen share with entry": lambda: incidences("incidence", is_late=True),
    "error of Aalen-Johansen": lambda: incidences("error", is_late=False),
    "Gray's test": grays,
    "NPMLE on (L, R]": lambda: intervals(is_late=False),
    "NPMLE with entry": lambda: intervals(is_late=True),
    "Cox coefficients (Efron)": lambda: regressions(REGRESSIONS, "coefficient"),
    "Cox errors (Efron)": lambda: regressions(REGRESSIONS, "error"),
    "Cox robust errors with entry": lambda: regressions(CLUSTERED_WITH_ENTRY, "robust_error"),
    "proportional hazards test": hazards,
    "Weibull, interval-censored": weibulls,
}
"""Each quantity, in the order of the table, and its questions."""
