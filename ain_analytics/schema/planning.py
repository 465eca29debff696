"""What a planned study may expect, and what a published curve may hide."""

import dataframely as dy

SHARE = {"unit": "share"}
MEDIAN, SHARE_AT_24 = "median", "unresolved_at_24_months"
DAYS_OR_SHARE = {"unit": "days or share"}
REGISTRIES = {"unit": "registries"}


class PlanRows(dy.Schema):
    """One row per scenario, rule, estimator, number of children and quantity of a planned study."""

    visit_months = dy.Float64(primary_key=True, min=0, description="Mean time between planned visits.", metadata={"unit": "months"})
    jitter = dy.Float64(primary_key=True, min=0, description="Standard deviation of that time, as part of its mean.", metadata=SHARE)
    dropout = dy.Float64(primary_key=True, min=0, max=1, description="Children who stop coming within a year while they are neutropenic.", metadata=SHARE)
    entry_months = dy.Float64(primary_key=True, min=0, description="Mean time to the enrolment of those who are not enrolled at their first low count; 0: all are.", metadata={"unit": "months"})
    years = dy.Float64(primary_key=True, min=0, description="Years over which children are enrolled evenly; the study ends with them.", metadata={"unit": "years"})
    rule = dy.Enum(["last_run", "strict", "one_normal"], primary_key=True, description="What ends an episode: `last_run`, two normal counts or a last run that nobody contradicted (textbook); `strict`, two normal counts only; `one_normal`, one normal count.")
    estimator = dy.Enum(["interval", "kaplan_meier"], primary_key=True, description="Estimate from intervals, or Kaplan–Meier with the right end of each interval.")
    n = dy.Int64(primary_key=True, min=1, description="Children followed.", metadata={"unit": "children"})
    quantity = dy.Enum([MEDIAN, SHARE_AT_24], primary_key=True, description="What is estimated: the median, or the share unresolved at 24 months.")
    truth = dy.Float64(min=0, description="Its true value in all children of the scenario, from the first low count.", metadata=DAYS_OR_SHARE)
    n_repetitions = dy.Int64(min=0, description="Registries simulated.", metadata=REGISTRIES)
    n_not_reached = dy.Int64(min=0, description="Of these, registries in which it is not reached.", metadata=REGISTRIES)
    bias = dy.Float64(nullable=True, description="Mean of the estimate less the truth.", metadata=DAYS_OR_SHARE)
    bias_error = dy.Float64(nullable=True, min=0, description="Monte Carlo standard error of it.", metadata=DAYS_OR_SHARE)
    spread = dy.Float64(nullable=True, min=0, description="Standard deviation of the estimate from registry to registry.", metadata=DAYS_OR_SHARE)
    n_with_limits = dy.Int64(min=0, description="Registries of which limits were made.", metadata=REGISTRIES)
    width = dy.Float64(nullable=True, min=0, description="Median width of the limits at 95 %; none where they have no end in half of the registries.", metadata=DAYS_OR_SHARE)
    width_error = dy.Float64(nullable=True, min=0, description="Monte Carlo standard error of it.", metadata=DAYS_OR_SHARE)
    coverage = dy.Float64(nullable=True, min=0, max=1, description="Share of these registries whose limits hold the truth.", metadata=SHARE)
    coverage_error = dy.Float64(nullable=True, min=0, description="Monte Carlo standard error of it.", metadata=SHARE)


class ReconstructedRows(dy.Schema):
    """One row per made-up child of a reconstructed curve; nobody's own."""

    exit_days = dy.Int32(min=1, description="Day of the resolution, or last day of observation.", metadata={"unit": "days"})
    is_resolved = dy.Bool(description="Whether the child resolved on that day.")


class PrintedPoints(dy.Schema):
    """One row per printed time of a published curve."""

    days = dy.Float64(primary_key=True, min=0, description="Time since the origin of the curve.", metadata={"unit": "days"})
    printed = dy.Float64(min=0, max=1, description="Share unresolved as printed.", metadata=SHARE)
    unresolved = dy.Float64(nullable=True, min=0, max=1, description="Share unresolved of the reconstructed children.", metadata=SHARE)
    lower = dy.Float64(min=0, max=1, description="No data set that prints the same has a smaller share.", metadata=SHARE)
    upper = dy.Float64(min=0, max=1, description="No data set that prints the same has a larger share.", metadata=SHARE)


class ReconstructionBounds(dy.Schema):
    """One row per quantity that a published curve hides: between which values it lies in all data that print the same."""

    quantity = dy.String(primary_key=True, description="n_resolved, n_censored (from one number at risk to the next), n_resolved_in_all, quartile_1, median, quartile_3, unresolved_at_12_months …, rmst_36_months.")
    from_days = dy.Float64(primary_key=True, min=0, description="Beginning of the interval; 0 where it is of the whole curve.", metadata={"unit": "days"})
    to_days = dy.Float64(min=0, description="End of the interval.", metadata={"unit": "days"})
    lower = dy.Float64(nullable=True, min=0, description="No data set that prints the same has less; none where it may not be reached at all.", metadata={"unit": "see `unit`"})
    estimate = dy.Float64(nullable=True, min=0, description="Of the reconstructed children; none where it is not reached.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, min=0, description="No data set that prints the same has more; none where it has no end.", metadata={"unit": "see `unit`"})
    unit = dy.Enum(["children", "days", "share"], description="Unit of the three.")
