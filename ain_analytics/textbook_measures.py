"""How the number of each sentence of a textbook is computed on a registry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import EmptyStratum
from ain_analytics.infection_rates import infections_of
from ain_analytics.published_features import VALUES, Cohort, cohort_of
from ain_analytics.published_followed import Followed
from ain_analytics.published_group import Group
from ain_analytics.published_tests import PERCENT
from ain_analytics.quantities import Estimate, median_of, share_between, share_of
from ain_analytics.registry import Registry
from ain_analytics.schema.results import PublishedFigure
from ain_analytics.triggers import trigger_series

AUTOIMMUNE = ["primary_autoimmune", "probable_primary", "secondary_autoimmune"]
Row = dict[str, Any]
Found = tuple[Estimate, str]
"""An estimate in the unit of its sentence, and how it was made."""


@dataclass(frozen=True)
class Studied:
    """A registry, and the groups that sentences speak of."""

    registry: Registry
    cases: pl.DataFrame
    followed: Followed

    def about(self, classes: list[str], **more: Any) -> Row:
        """Describe a group as a published figure would."""
        blank: Row = dict.fromkeys(PublishedFigure.column_names())
        said = {"case_classes": classes, "definition": "unknown", "time_origin": "onset", "scale": "duration"}
        return blank | said | more

    @cached_property
    def group(self) -> Group:
        """Follow the autoimmune children from onset."""
        return self.followed.group(self.about(AUTOIMMUNE))

    @cached_property
    def aged(self) -> Group:
        """Follow them on the scale of age."""
        return self.followed.group(self.about(AUTOIMMUNE, scale="age"))

    def cohort(self, classes: list[str] | None = None, **more: Any) -> Cohort:
        """Choose them for what is not followed."""
        return cohort_of(self.about(classes or AUTOIMMUNE, **more), self.followed)

    def share(self, values: pl.Series) -> Estimate:
        """Give the share of what is true, in percent."""
        k, n = int(values.sum() or 0), values.len()
        return share_of(k, n, self.registry.definitions.confidence).times(PERCENT)

    @cached_property
    def infections(self) -> pl.DataFrame:
        """Infections recorded from onset to the end of follow-up, with kind and severity."""
        cohort = self.cohort()
        rows = cohort.rows.select("patient_id", "origin_on", "exit_days")
        found = infections_of(self.registry.frame("cause")).join(rows, on="patient_id")
        since = (pl.col("on") - pl.col("origin_on")).dt.total_days()
        return found.filter(since >= 0, since <= pl.col("exit_days"))


def _from_curve(at: Studied, row: Row, *, is_age: bool = False, is_unresolved: bool = False) -> Found:
    reading = (at.aged if is_age else at.group).read(row["to_months"] * DAYS_PER_MONTH)
    if reading is None:
        raise EmptyStratum("the curve", "it does not reach so far")
    found = reading.resolved().times(PERCENT)
    if is_unresolved:
        value, lower, upper = (
            None if x is None else PERCENT - x for x in (found.value, found.upper, found.lower)
        )
        found = Estimate(value, lower, upper, found.n)
    return found, "Kaplan–Meier" + (" over ages at onset" if is_age else "")


def _between(at: Studied, row: Row) -> Found:
    ends = [at.group.read(row[end] * DAYS_PER_MONTH) for end in ("from_months", "to_months")]
    if ends[0] is None or ends[1] is None:
        raise EmptyStratum("the curve", "it does not reach so far")
    found = share_between(ends[0], ends[1], at.registry.definitions.confidence)
    return found.times(PERCENT), "Kaplan–Meier, difference"


def _median(at: Studied, row: Row, *, of_all: bool) -> Found:
    if of_all:
        return at.group.median().times(1 / DAYS_PER_MONTH), "Kaplan–Meier"
    found = median_of(at.group.days, at.registry.definitions.confidence)
    return found.times(1 / DAYS_PER_MONTH), "order statistics"


def _ages_within(at: Studied, row: Row) -> Found:
    ages = VALUES["median_age_at_diagnosis"](at.cohort())
    low, high = (row[end] * DAYS_PER_MONTH for end in ("from_months", "to_months"))
    return at.share(ages.is_between(low, high)), "exact"


def _onset_before(at: Studied, row: Row) -> Found:
    return at.share(at.cohort().rows["age_at_onset_days"] < row["to_months"] * DAYS_PER_MONTH), "exact"


def _neonatal(at: Studied, row: Row) -> Found:
    classes = at.cases.filter(pl.col("episode_number") == 1)["case_class"].cast(pl.String)
    newborn = classes.filter(classes.str.starts_with("neonatal"))
    return at.share(newborn == "neonatal_alloimmune"), "exact"


def _european(at: Studied, row: Row) -> Found:
    known = at.registry.frame("patient").join(at.cohort().rows.select("patient_id"), on="patient_id")[
        "ancestry"
    ]
    return at.share((known == "european").filter(known != "not_recorded")), "exact"


def _infections(at: Studied, row: Row, column: str) -> Found:
    wanted = str(row["detail"]).split(";") if row["detail"] else ["mild"]
    return at.share(at.infections[column].is_in(wanted)), "exact"


def _first_infection(at: Studied, row: Row) -> Found:
    """Compare a kind with the most frequent other one; which that is, is taken as given."""
    kinds = at.infections["kind"].value_counts(sort=True, name="n")
    others = kinds.filter(pl.col("kind") != row["detail"])
    first = int(kinds.filter(pl.col("kind") == row["detail"])["n"].sum())
    other = 0 if others.is_empty() else int(others["n"][0])
    return share_of(first, first + other, at.registry.definitions.confidence).times(PERCENT), "exact"


def _positive_later(at: Studied, row: Row) -> Found:
    """Of children with a positive test, tell who was not positive at the first."""
    result, own = (
        pl.col("result").cast(pl.String) == "positive",
        pl.col("subject").cast(pl.String) == "patient",
    )
    known = (
        at.registry.frame("antibody_test")
        .filter(own)
        .join(at.group.rows.select("patient_id"), on="patient_id", how="semi")
    )
    days = known.group_by("patient_id", "sampled_on").agg(result.any().alias("positive"))
    by_child = days.sort("sampled_on").group_by("patient_id", maintain_order=True)
    found = by_child.agg(pl.col("positive").first().alias("at_first"), pl.col("positive").any())
    return at.share(~found.filter("positive")["at_first"]), "exact"


def _marrow(at: Studied, row: Row, *, is_cellularity: bool) -> Found:
    exams = (
        at.cohort()
        .frame("marrow_exam")
        .sort("examined_on")
        .unique("patient_id", keep="first", maintain_order=True)
    )
    if is_cellularity:
        return at.share(exams["cellularity"].cast(pl.String).is_in(["normal", "increased"])), "exact"
    segmented = exams["segmented_reduced"].cast(pl.String)
    return at.share((segmented == "yes").filter(segmented != "unknown")), "exact"


def _treated(at: Studied, row: Row) -> Found:
    return at.share(VALUES["share_treated"](at.cohort(detail=row["detail"]))), "exact"


def _trigger(at: Studied, row: Row) -> Found:
    table = trigger_series(at.registry, row["detail"]).table
    found = table.filter(pl.col("quantity") == "rate_ratio", pl.col("group") == "at risk").row(0, named=True)
    return Estimate(
        found["value"], found["lower"], found["upper"], int(found["n"] or 0)
    ), "self-controlled case series"


MEASURES: dict[str, Callable[[Studied, Row], Found]] = {
    "unresolved_at": lambda at, row: _from_curve(at, row, is_unresolved=True),
    "resolved_by": _from_curve,
    "resolved_by_age": lambda at, row: _from_curve(at, row, is_age=True),
    "resolved_between": _between,
    "median_of_all": lambda at, row: _median(at, row, of_all=True),
    "median_of_recovered": lambda at, row: _median(at, row, of_all=False),
    "age_at_diagnosis_within": _ages_within,
    "onset_before": _onset_before,
    "neonatal_alloimmune": _neonatal,
    "girls": lambda at, _: (at.share(VALUES["share_girls"](at.cohort())), "exact"),
    "european": _european,
    "mild_infections": lambda at, row: _infections(at, row, "severity"),
    "kinds_of_infection": lambda at, row: _infections(at, row, "kind"),
    "first_infection": _first_infection,
    "positive_later": _positive_later,
    "marrow_cellularity": lambda at, row: _marrow(at, row, is_cellularity=True),
    "marrow_segmented": lambda at, row: _marrow(at, row, is_cellularity=False),
    "treated": _treated,
    "trigger": _trigger,
}
"""How the number of each sentence is computed."""
