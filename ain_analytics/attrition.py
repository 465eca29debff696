"""Who is left at each step from the extract to the curve, and why the others are not."""

import polars as pl

from ain_analytics.registry import Registry
from ain_analytics.schema.derived import FollowUp
from ain_analytics.schema.results import Attrition

WHY_UNUSABLE = {
    "origin_unknown": "Day zero is not known.",
    "resolved_before_entry": "Resolved no later than the day from which the child could be seen at risk.",
    "censored_before_entry": "Last seen unresolved no later than that day.",
    "no_time_followed": "Nothing is known after day zero.",
}
"""Why an episode cannot enter an estimate, in the order of the steps."""


def attrition(registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame) -> pl.DataFrame:
    """Count who is left at each step from the extract to the curve.

    Parameters
    ----------
    registry : Registry
    cases : Case, one row per episode
    follow_up : FollowUp, one row per episode

    Returns
    -------
    polars.DataFrame
        `Attrition`, one row per step; each step is a part of the one before. The last but one is
        what a curve of all episodes is made of, the last one those that are autoimmune at baseline.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> cases = ain.classify(registry)
    >>> steps = ain.attrition(registry, cases, ain.follow_up(registry, cases))
    >>> steps["n_children"].is_sorted(descending=True)
    True
    """
    steps = [*_children(registry), *_episodes(registry, cases, follow_up)]
    rows = [(number, *step) for number, step in enumerate(steps, start=1)]
    return Attrition.validate(pl.DataFrame(rows, schema=Attrition.column_names(), orient="row"), cast=True)


Step = tuple[str, str, int, int | None]


def _children(registry: Registry) -> list[Step]:
    """Count children up to those with an unmasked count; steps that lose nobody are left out."""
    fates = registry.frame("row_fate").filter(
        (pl.col("table_name") == "patient") & (pl.col("fate") != "used")
    )
    set_aside = ", ".join(sorted(fates["fate"])) or "none"
    days = registry.frame("child_days")
    in_extract = registry.connection.sql("select count(*) from child").fetchall()[0][0]
    n_usable, n_counted = days.height, days.filter(pl.col("n_days") > 0).height
    n_unmasked = days.filter(pl.col("n_days") > pl.col("n_masked")).height
    steps: list[Step] = [
        ("Children in the extract", "Every key in the table `patient`.", in_extract, None),
        ("Usable children", f"Rows set aside: {set_aside}.", n_usable, None),
    ]
    if n_counted < n_usable:
        steps.append(
            ("Children with a usable count", "The others have no neutrophil count.", n_counted, None)
        )
    if n_unmasked < n_counted:
        why = "All counts of the others lie under a treatment that masks."
        steps.append(("Children with an unmasked count", why, n_unmasked, None))
    return steps


def _episodes(registry: Registry, cases: pl.DataFrame, follow_up: pl.DataFrame) -> list[Step]:
    """Count episodes up to those that a curve is made of."""
    left = follow_up.select(*FollowUp.primary_key(), "why_unusable")
    steps = [_step("Children with an episode", "The others were never neutropenic by this definition.", left)]
    if registry.definitions.episodes_used == "first":
        left = left.filter(pl.col("episode_number") == 1)
        steps.append(_step("First episodes", "Only the first episode of a child is followed.", left))
    for why, words in WHY_UNUSABLE.items():
        kept = left.filter(pl.col("why_unusable").ne_missing(pl.lit(why)))
        if kept.height < left.height:
            left = kept
            steps.append(_step(f"Without {why}", words, left))
    autoimmune = cases.filter("is_ain")
    return [
        *steps,
        _step("Episodes in the estimate", "All that is left.", left),
        _step(
            "Autoimmune at baseline",
            "Primary, probable primary and secondary autoimmune; the others are of another class.",
            left.join(autoimmune, on=FollowUp.primary_key(), how="semi"),
        ),
    ]


def _step(step: str, reason: str, episodes: pl.DataFrame) -> Step:
    return step, reason, _n(episodes), episodes.height


def _n(rows: pl.DataFrame) -> int:
    return rows["patient_id"].n_unique()
