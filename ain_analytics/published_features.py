"""Who the children of a published cohort were: one value, or one yes or no, a child, and the test."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.errors import EmptyStratum
from ain_analytics.infection_rates import infections_of
from ain_analytics.published_answers import Answer
from ain_analytics.published_followed import Followed
from ain_analytics.published_tests import PERCENT, Figure, Tested, printed_near, share_tested
from ain_analytics.quantities import mean_of, median_of, p_of_mean, p_of_median, share_of
from ain_analytics.treatment_response import response_of

ANC_AT_ONSET = """
    select episode.patient_id, telling_count.anc
    from episode
    inner join telling_count
        on episode.child_number = telling_count.child_number
        and episode.onset_by = telling_count.sampled_on
    where episode.episode_number = 1
"""
COUNTS_OF_THE_TREATED = """
    select patient_id, sampled_on, is_neutropenic, is_normal
    from daily_anc
    where patient_id in (select patient_id from treatment)
    order by patient_id, sampled_on
"""
"""What `response_of` reads; most children of a registry are not treated."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """The first episodes of which a figure speaks, and what is known of their children."""

    rows: pl.DataFrame
    followed: Followed
    figure: Figure

    def frame(self, name: str) -> pl.DataFrame:
        """Give the rows of a table that belong to these children, with their onset."""
        onset = self.rows.select("patient_id", pl.col("origin_on").alias("onset_on"))
        registry, _ = self.followed.classified(self.definitions)
        return registry.frame(name).join(onset, on="patient_id")

    def asked(self, query: str) -> pl.DataFrame:
        """Give what a query finds of these children."""
        found = self.followed.asked(self.definitions, query)
        return found.join(self.rows.select("patient_id"), on="patient_id", how="semi")

    def has(self, table: pl.DataFrame) -> pl.Series:
        """Tell of each child whether it is in a table."""
        return self.rows["patient_id"].is_in(table["patient_id"].unique().implode())

    @property
    def definitions(self) -> Definitions:
        """Under which the figure is compared."""
        return self.followed.definitions_of(self.figure)

    @property
    def details(self) -> list[str]:
        """What the share is of."""
        return str(self.figure["detail"]).split(";")


def cohort_of(figure: Figure, followed: Followed) -> Cohort:
    """Choose the children; of those still neutropenic at a landmark only who was followed so far."""
    rows = followed.rows(figure, "onset")
    if figure["landmark_months"] is not None:
        rows = rows.filter(pl.col("exit_days") > figure["landmark_months"] * DAYS_PER_MONTH)
    return Cohort(rows, followed, figure)


def _is_sex(sex: str, cohort: Cohort) -> pl.Series:
    known = cohort.rows["sex"].cast(pl.String)
    return (known == sex).filter(known != "unknown")


def _ages_at_onset(cohort: Cohort) -> pl.Series:
    return cohort.rows["age_at_onset_days"]


def _ages_at_diagnosis(cohort: Cohort) -> pl.Series:
    days = cohort.followed.frame(cohort.definitions, "diagnosis").select(
        "patient_id", "episode_number", pl.col("origin_on").alias("diagnosed_on")
    )
    after = (pl.col("diagnosed_on") - pl.col("origin_on")).dt.total_days()
    found = cohort.rows.join(days, on=["patient_id", "episode_number"])
    return found.select(pl.col("age_at_onset_days") + after).to_series().drop_nulls()


def _counts(cohort: Cohort) -> pl.Series:
    return cohort.asked(ANC_AT_ONSET)["anc"].sort()  # sums of decimals depend on the order


def _is_severe(cohort: Cohort) -> pl.Series:
    return cohort.rows["severity"].cast(pl.String) == "severe"


def _has_antibody(cohort: Cohort) -> pl.Series:
    status = cohort.rows["antibody_status"].cast(pl.String)
    return (status == "positive").filter(status.is_in(["positive", "negative"]))


def _is_specific(cohort: Cohort) -> pl.Series:
    known = cohort.frame("antibody_test").filter(
        pl.col("result").cast(pl.String) == "positive", pl.col("specificity").is_not_null()
    )
    binds = pl.col("specificity").str.contains_any(cohort.details).any()
    return known.group_by("patient_id").agg(binds.alias("binds"))["binds"]


def _converts(cohort: Cohort) -> pl.Series:
    """Tell of children with a negative first test, and another one, whether a later one was positive."""
    result = pl.col("result").cast(pl.String)
    tests = cohort.frame("antibody_test").filter(pl.col("subject").cast(pl.String) == "patient")
    days = tests.group_by("patient_id", "sampled_on").agg((result == "positive").any().alias("is_positive"))
    by_child = days.sort("sampled_on").group_by("patient_id", maintain_order=True)
    found = by_child.agg(
        pl.col("is_positive").first().alias("at_first"), pl.col("is_positive").any(), pl.len()
    )
    return found.filter(~pl.col("at_first"), pl.col("len") > 1)["is_positive"]


def _is_treated(cohort: Cohort) -> pl.Series:
    return cohort.has(cohort.frame("treatment").filter(pl.col("role").is_in(cohort.details)))


def _responds(cohort: Cohort) -> pl.Series:
    drugs = cohort.frame("treatment").filter(pl.col("role").is_in(cohort.details))
    if drugs.is_empty():
        return pl.Series([], dtype=pl.Boolean)
    counts = cohort.asked(COUNTS_OF_THE_TREATED).join(drugs, on="patient_id", how="semi")
    try:
        answered = response_of(counts, drugs, definitions=cohort.definitions)
    except EmptyStratum:
        return pl.Series([], dtype=pl.Boolean)
    rows = answered.table.filter(pl.col("quantity") == "share_responding", pl.col("group") != "no course")
    n, of = (int(rows[name].fill_null(0).sum()) for name in ("n", "of"))
    return pl.Series([True] * n + [False] * (of - n), dtype=pl.Boolean)


def _is_infected(cohort: Cohort) -> pl.Series:
    """Tell of each child whether an infection of the kind or severity is recorded from onset to exit."""
    kind, severity = pl.col("kind"), pl.col("severity")
    wanted = cohort.details
    found = infections_of(cohort.frame("cause"))
    if wanted != ["any"]:
        found = found.filter(kind.is_in(wanted) | severity.is_in(wanted))
    during = found.join(cohort.rows.select("patient_id", "origin_on", "exit_days"), on="patient_id").filter(
        pl.col("on") >= pl.col("origin_on"),
        (pl.col("on") - pl.col("origin_on")).dt.total_days() <= pl.col("exit_days"),
    )
    return cohort.has(during)


VALUES: dict[str, Callable[[Cohort], pl.Series]] = {
    "share_girls": partial(_is_sex, "female"),
    "share_boys": partial(_is_sex, "male"),
    "median_age_at_onset": _ages_at_onset,
    "mean_age_at_onset": _ages_at_onset,
    "median_age_at_diagnosis": _ages_at_diagnosis,
    "mean_age_at_diagnosis": _ages_at_diagnosis,
    "median_anc": _counts,
    "mean_anc": _counts,
    "share_severe": _is_severe,
    "share_antibody_positive": _has_antibody,
    "share_specificity": _is_specific,
    "share_converting": _converts,
    "share_treated": _is_treated,
    "share_responding": _responds,
    "share_infected": _is_infected,
}
"""What is looked up of each child of whom it is known, by quantity; ages in days."""
SHOWN_ONLY = {"usual_age": _ages_at_diagnosis, "earliest_age": _ages_at_onset}
"""What is said of quantities that cannot be tested."""


def feature(figure: Figure, followed: Followed) -> tuple[Answer, Tested]:
    """Give what this registry has beside a figure on a cohort, and the test.

    A share is held against the published one by Fisher's exact test, a median by order statistics, a mean by
    Student's test with one's own spread on both sides.
    """
    values = VALUES[figure["quantity"]](cohort_of(figure, followed))
    confidence = followed.own.confidence
    if figure["quantity"].startswith("share"):
        k, n = int(values.sum() or 0), values.len()
        answer = Answer(share_of(k, n, confidence).times(PERCENT), None, "none")
        return answer, share_tested(k, n, figure) if n else _nobody()
    unit = DAYS_PER_MONTH if figure["unit"] == "months" else 1.0
    own = values.cast(pl.Float64).to_numpy()
    is_median = figure["quantity"].startswith("median")
    measured = (median_of if is_median else mean_of)(own, confidence).times(1 / unit)
    answer = Answer(measured, None, "none")
    if not own.size or measured.value is None:
        return answer, _nobody()
    near = printed_near(figure, measured.value * unit, unit)
    if is_median:
        test = "sign" if figure["n_behind"] is None else "order_statistics"
        return answer, Tested(p_of_median(own, near, figure["n_behind"]), test)
    return answer, Tested(p_of_mean(own, near, figure["n_behind"]), "student")


def _nobody() -> Tested:
    return Tested(None, "none", "of no child here is it known")


def shown_beside(figure: Figure, followed: Followed) -> str:
    """Say, of ages that cannot be tested, what they are here."""
    days: np.ndarray = SHOWN_ONLY[figure["quantity"]](cohort_of(figure, followed)).to_numpy()
    if days.size < followed.own.minimum_at_risk:
        return ""
    if figure["quantity"] == "earliest_age":
        return f"here a twentieth is younger than {np.percentile(days, 5) / DAYS_PER_MONTH:.1f} months"
    ends = [figure[end] * DAYS_PER_MONTH for end in ("lower", "upper")]
    inside = ((days >= ends[0]) & (days <= ends[1])).mean()
    return f"here {PERCENT * inside:.1f} % of the ages at diagnosis lie in it"
