"""What the observation does to the answer: how long it was, and what the lost may have come to."""

import dataframely as dy

SHARE = {"unit": "share"}
OF_UNIT = {"unit": "see `unit`"}
UNIT = ["episodes", "days", "share"]
AXIS = ["recovery_ratio", "recovered_unseen"]
AXIS_MEANS = "What is varied: `recovery_ratio`, how many times as fast the lost recover as those still followed; `recovered_unseen`, the share of the lost that had recovered on the day after their last count."


class FollowUpTimeRows(dy.Schema):
    """One row per definition, stratum and quantity of how long observation was."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    quantity = dy.String(primary_key=True, description="n, n_ended (observation ended without resolution or competing event), quartile_1, median, quartile_3 (days by which observation would have ended for 25, 50, 75 %), observed_at_12_months …, observed_days, potential_days, completeness (the first divided by the second).")
    value = dy.Float64(nullable=True, min=0, description="Estimate; none where it is not reached, or the end of the extract is not known.", metadata=OF_UNIT)
    lower = dy.Float64(nullable=True, min=0, description="Lower limit.", metadata=OF_UNIT)
    upper = dy.Float64(nullable=True, min=0, description="Upper limit; none where it is not reached.", metadata=OF_UNIT)
    unit = dy.Enum(UNIT, description="Unit of the three.")
    note = dy.String(nullable=True, description="What to know of the value, e.g. not_reached, end_of_extract_not_known.")


class LostBoundRows(dy.Schema):
    """One row per definition, stratum, reading of the lost and quantity of the curve."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    reading = dy.Enum(["observed", "best", "worst"], primary_key=True, description="observed: the lost are censored; best: each resolved on the day after the last count; worst: none resolved as long as follow-up was possible.")
    quantity = dy.String(primary_key=True, description="n_lost, quartile_1, median, quartile_3, unresolved_at_12_months …")
    value = dy.Float64(nullable=True, min=0, description="Estimate; none where it is not reached.", metadata=OF_UNIT)
    lower = dy.Float64(nullable=True, min=0, description="Lower limit.", metadata=OF_UNIT)
    upper = dy.Float64(nullable=True, min=0, description="Upper limit; none where it is not reached.", metadata=OF_UNIT)
    unit = dy.Enum(UNIT, description="Unit of the three.")
    note = dy.String(nullable=True, description="What to know of the value, e.g. not_reached, beyond_follow_up.")


class TippingRows(dy.Schema):
    """One row per definition, thing varied, its value and quantity of the curve that follows from it."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    axis = dy.Enum(AXIS, primary_key=True, description=AXIS_MEANS)
    at = dy.Float64(primary_key=True, min=0, description="Value of it: a ratio, or a share.", metadata={"unit": "ratio or share"})
    quantity = dy.String(primary_key=True, description="median, unresolved_at_12_months …")
    value = dy.Float64(nullable=True, min=0, description="Estimate; none where it is not reached, or nobody is followed so long.", metadata=OF_UNIT)
    lower = dy.Float64(nullable=True, min=0, description="Lower percentile limit from resamples of children.", metadata=OF_UNIT)
    upper = dy.Float64(nullable=True, min=0, description="Upper limit; none where it is not reached.", metadata=OF_UNIT)
    unit = dy.Enum(UNIT, description="Unit of the three.")
    note = dy.String(nullable=True, description="What to know of the value, e.g. not_reached, beyond_follow_up.")


class TippingPoints(dy.Schema):
    """One row per definition and thing varied: where the median crosses the threshold."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    axis = dy.Enum(AXIS, primary_key=True, description=AXIS_MEANS)
    threshold_months = dy.Float64(min=0, description="The median that is asked about.", metadata={"unit": "months"})
    at = dy.Float64(nullable=True, min=0, description="Value at which just half is unresolved at the threshold; none where no value of the grid is.", metadata={"unit": "ratio or share"})
    answer = dy.Enum(["crosses", "always_earlier", "always_later", "beyond_follow_up"], description="Whether the median crosses the threshold, lies on one side of it over the whole grid, or nobody is followed so long.")


class VisitShares(dy.Schema):
    """One row per definition, window of time and weighting of the visits: which share was neutropenic."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    from_months = dy.Int32(primary_key=True, min=0, description="Visits later than this after day zero.", metadata={"unit": "months"})
    to_months = dy.Int32(min=1, description="And up to this.", metadata={"unit": "months"})
    weighting = dy.Enum(["none", "inverse_intensity"], primary_key=True, description="Whether each visit counts once, or by how rarely a child like that comes.")
    n_visits = dy.Int64(min=0, description="Visits in the window, the first of each child left out.", metadata={"unit": "visits"})
    n_children = dy.Int64(min=0, description="Children with such a visit.", metadata={"unit": "children"})
    share = dy.Float64(nullable=True, min=0, max=1, description="Share of them at which the child was neutropenic; none without a visit.", metadata=SHARE)
    lower = dy.Float64(nullable=True, min=0, max=1, description="Lower percentile limit from resamples of children.", metadata=SHARE)
    upper = dy.Float64(nullable=True, min=0, max=1, description="Upper limit.", metadata=SHARE)
    largest_weight = dy.Float64(nullable=True, min=0, description="Largest weight of a visit; about 1 is the mean.", metadata={"unit": "weight"})
