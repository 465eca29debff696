"""What curves of several ends, and of episodes that come again, are made of."""

import dataframely as dy

EPISODES = {"unit": "episodes"}
SHARE = {"unit": "share"}
END = "What the episode came to: `resolved`, or the competing event."


class IncidenceSteps(dy.Schema):
    """One row per definition, stratum, end and day on which somebody leaves the risk set."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    end = dy.String(primary_key=True, description=END)
    days = dy.Int32(primary_key=True, min=0, description="Time since the origin.", metadata={"unit": "days"})
    incidence = dy.Float64(min=0, max=1, description="Share that has come to this end by this day (Aalen–Johansen).", metadata=SHARE)
    standard_error = dy.Float64(min=0, description="Its error, by the delta method.", metadata=SHARE)
    lower = dy.Float64(nullable=True, min=0, max=1, description="Lower limit of `incidence`.", metadata=SHARE)
    upper = dy.Float64(nullable=True, min=0, max=1, description="Upper limit of `incidence`.", metadata=SHARE)
    n_at_risk = dy.Int64(min=0, description="Episodes at risk just before this day.", metadata=EPISODES)
    n_events = dy.Int64(min=0, description="Episodes that came to this end on this day.", metadata=EPISODES)


class IncidenceSummary(dy.Schema):
    """One row per definition, stratum, end and month of the report."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    end = dy.String(primary_key=True, description=END)
    months = dy.Int32(primary_key=True, min=0, description="Time since the origin.", metadata={"unit": "months"})
    n = dy.Int64(min=0, description="Episodes of the stratum.", metadata=EPISODES)
    n_events = dy.Int64(min=0, description="Episodes that came to this end at any time.", metadata=EPISODES)
    incidence = dy.Float64(nullable=True, min=0, max=1, description="Share that has come to this end by then.", metadata=SHARE)
    lower = dy.Float64(nullable=True, min=0, max=1, description="Lower limit of it.", metadata=SHARE)
    upper = dy.Float64(nullable=True, min=0, max=1, description="Upper limit of it.", metadata=SHARE)
    note = dy.String(nullable=True, description="What to know of the value, e.g. beyond_follow_up.")


class RecurrenceSteps(dy.Schema):
    """One row per definition, stratum and day on which an episode begins or a child is last observed."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    days = dy.Int32(primary_key=True, min=0, description="Time since the onset of the first episode.", metadata={"unit": "days"})
    mean_episodes = dy.Float64(min=0, description="Mean number of further episodes of a child by this day.", metadata={"unit": "episodes"})
    standard_error = dy.Float64(min=0, description="Its error, by the spread of the children.", metadata={"unit": "episodes"})
    lower = dy.Float64(nullable=True, min=0, description="Lower limit of `mean_episodes`.", metadata={"unit": "episodes"})
    upper = dy.Float64(nullable=True, min=0, description="Upper limit of it.", metadata={"unit": "episodes"})
    n_at_risk = dy.Int64(min=0, description="Children observed on this day.", metadata={"unit": "children"})
    n_episodes = dy.Int64(min=0, description="Episodes that begin on this day.", metadata=EPISODES)
