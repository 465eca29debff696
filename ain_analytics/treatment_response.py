"""Response of counts to G-CSF, immunoglobulins and corticosteroids."""

from collections.abc import Iterator

import polars as pl

from ain_analytics.association_result import Association, row, rows_frame
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import EmptyStratum
from ain_analytics.quantities import share_of
from ain_analytics.rates import Ratio
from ain_analytics.registry import Registry

AGENTS = {
    "gcsf": "G-CSF",
    "gcsf_long": "G-CSF",
    "ivig": "IVIG",
    "systemic_glucocorticoid": "corticosteroids",
}
"""Roles of drugs that are given to raise counts."""
NO_COURSE = "no course"
QUESTION = "Does the count reach the limit after G-CSF, immunoglobulins or corticosteroids?"


def treatment_response(registry: Registry, cases: pl.DataFrame | None = None) -> Association:
    """Give the share of first courses after which a count reached the limit for age.

    Parameters
    ----------
    registry : Registry
        Its `response_days` and `response_before_days` say which counts are looked at. Masked counts are
        looked at too: a response is just what masking hides elsewhere.
    cases : Case, one row per episode, optional
        Then only children whose first episode is autoimmune at baseline are looked at.

    Returns
    -------
    Association
        `share_responding`: of first courses with a count after them; `share_responding_at_least`: had none of
        the courses without such a count worked. `no course` is what happens without a drug.

    Raises
    ------
    EmptyStratum
        No course began at a low count.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> response = ain.treatment_response(registry)
    >>> 0 <= response.value("share_responding", group="no course")[0] <= 1
    True
    """
    counts, courses = registry.frame("daily_anc"), registry.frame("treatment")
    if cases is not None:
        autoimmune = cases.filter(pl.col("episode_number") == 1, pl.col("is_ain"))
        counts = counts.join(autoimmune, on="patient_id", how="semi")
    return response_of(counts, courses, definitions=registry.definitions)


def response_of(
    counts: pl.DataFrame, courses: pl.DataFrame, *, definitions: Definitions = TEXTBOOK
) -> Association:
    """Give the share of first courses that are answered, from plain frames.

    Parameters
    ----------
    counts : DailyAnc, one row per child and day
        `patient_id`, `sampled_on`, `is_neutropenic`, `is_normal`.
    courses : Treatment, one row per course
        `patient_id`, `started_on`, `role`.
    """
    given = (
        courses.filter(pl.col("role").is_in(list(AGENTS)))
        .select("patient_id", pl.col("role").replace(AGENTS).alias("agent"), pl.col("started_on").alias("on"))
        .unique()
    )
    looked_at = _with_answer(_with_count_before(given, counts, definitions), counts, definitions)
    chosen = (
        looked_at.filter("is_low")
        .sort("patient_id", "agent", "on")
        .unique(["patient_id", "agent"], keep="first", maintain_order=True)
    )
    untreated = _untreated(counts, given, definitions)
    if chosen.is_empty():
        raise EmptyStratum("treatment response", "no course began at a low count")
    n_other = given.height - looked_at.filter("is_low").height
    n_later = looked_at.filter("is_low").height - chosen.height
    d = definitions
    return Association(
        name="treatment_response",
        question=QUESTION,
        table=rows_frame(_rows(pl.concat([chosen, untreated], how="diagonal"), definitions)),
        definitions=definitions,
        assumptions=(
            f"{n_other} courses had no low count as their last one in the {d.response_before_days} days "
            f"before, and {n_later} are a child's second or later course of the drug; they are left out.",
            f"Answered: some count from the day after the first dose to day {d.response_days} is at or "
            "above the limit for age. Each child counts once for a drug, so that the limits (Clopper and "
            "Pearson) are exact.",
            "Courses without a count in that time are in no denominator of `share_responding`; "
            "`share_responding_at_least` takes them for not answered.",
            f"`{NO_COURSE}`: each child's first low count that no drug came before or after, if a count "
            "follows as soon. Children who are treated are iller, so the difference to it is not the "
            "effect of a drug.",
            "A drug is begun when the count is at its lowest, so that some rise follows by itself "
            "(regression to the mean); and of several counts one above the limit is enough, so more "
            "counts find more responses.",
        ),
    )


def _with_count_before(given: pl.DataFrame, counts: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Say of each course whether the child's last count up to its first day was low, and not too old."""
    last = counts.select("patient_id", "sampled_on", "is_neutropenic").sort("sampled_on")
    return (
        given.sort("on")
        .join_asof(
            last, left_on="on", right_on="sampled_on", by="patient_id",
            tolerance=f"{definitions.response_before_days}d", check_sortedness=False,
        )
        .with_columns(pl.col("is_neutropenic").fill_null(value=False).alias("is_low"))
        .select("patient_id", "agent", "on", "is_low")
    )  # fmt: skip


def _with_answer(courses: pl.DataFrame, counts: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Say of each course whether it has a count after it, and whether one reached the limit."""
    after = (
        courses.join(counts.select("patient_id", "sampled_on", "is_normal"), on="patient_id")
        .filter(
            pl.col("sampled_on") > pl.col("on"),
            pl.col("sampled_on") <= pl.col("on") + pl.duration(days=definitions.response_days),
        )
        .group_by("patient_id", "agent", "on")
        .agg(pl.col("is_normal").any().alias("is_answered"))
    )
    return courses.join(after, on=["patient_id", "agent", "on"], how="left")


def _untreated(counts: pl.DataFrame, given: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Take each child's first low count with no drug near, and a count soon after."""
    around = pl.duration(days=definitions.response_before_days)
    low = counts.filter("is_neutropenic").select(
        "patient_id", pl.lit(NO_COURSE).alias("agent"), pl.col("sampled_on").alias("on")
    )
    near = (
        low.join(given.select("patient_id", pl.col("on").alias("given_on")), on="patient_id")
        .filter((pl.col("given_on") >= pl.col("on") - around) & (pl.col("given_on") <= pl.col("on") + around))
        .select("patient_id", "on")
    )
    alone = _with_answer(low.join(near, on=["patient_id", "on"], how="anti"), counts, definitions)
    return (
        alone.drop_nulls("is_answered")
        .sort("patient_id", "on")
        .unique("patient_id", keep="first", maintain_order=True)
    )


def _rows(courses: pl.DataFrame, definitions: Definitions) -> Iterator[dict[str, object]]:
    found = courses.group_by("agent").agg(
        pl.col("is_answered").sum().alias("n"),
        pl.col("is_answered").count().alias("of"),
        pl.len().alias("n_all"),
    )
    order = [
        name for name in dict.fromkeys([*AGENTS.values(), NO_COURSE]) if name in found["agent"].to_list()
    ]
    for agent in order:
        _, n, of, n_all = found.row(by_predicate=pl.col("agent") == agent)
        for quantity, whole in (("share_responding", of), ("share_responding_at_least", n_all)):
            if agent == NO_COURSE and quantity.endswith("at_least"):
                continue
            share = share_of(n, whole, definitions.confidence)
            yield row(
                quantity, agent, "answered", Ratio(share.value, share.lower, share.upper), unit="share",
                method="exact binomial", of_unit="treated_children" if agent != NO_COURSE else "children",
                n=n, of=whole,
            )  # fmt: skip
