"""What comparisons of strata are made of."""

import dataframely as dy

EPISODES = {"unit": "episodes"}
SHARE = {"unit": "share"}


class StrataTestRows(dy.Schema):
    """One row per stratum of a test of the log-rank family."""

    stratum = dy.String(primary_key=True, description="Group that is compared.")
    n = dy.Int64(min=0, description="Episodes.", metadata=EPISODES)
    n_resolved = dy.Int64(min=0, description="Resolutions seen.", metadata=EPISODES)
    n_expected = dy.Float64(min=0, description="Resolutions if all strata resolved at the same rate.", metadata=EPISODES)
    difference = dy.Float64(description="Weighted sum of resolutions seen minus expected.", metadata={"unit": "weighted episodes"})


class OneSampleRows(dy.Schema):
    """One row per stratum held against a reference curve."""

    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    n = dy.Int64(min=0, description="Episodes.", metadata=EPISODES)
    n_resolved = dy.Int64(min=0, description="Resolutions seen.", metadata=EPISODES)
    n_expected = dy.Float64(min=0, description="Resolutions if the reference held.", metadata=EPISODES)
    ratio = dy.Float64(description="Seen divided by expected.", metadata={"unit": "ratio"})
    lower = dy.Float64(description="Lower exact limit of `ratio`.", metadata={"unit": "ratio"})
    upper = dy.Float64(description="Upper exact limit of `ratio`.", metadata={"unit": "ratio"})
    statistic = dy.Float64(min=0, description="Chi-square on one degree of freedom.", metadata={"unit": "chi-square"})
    p = dy.Float64(min=0, max=1, description="p of the statistic.", metadata=SHARE)
    exact_p = dy.Float64(min=0, max=1, description="Exact two-sided p by the Poisson law.", metadata=SHARE)


class ContrastRows(dy.Schema):
    """One row per stratum and quantity that holds it against the reference stratum."""

    stratum = dy.String(primary_key=True, description="Group that is held against the reference.")
    reference = dy.String(primary_key=True, description="Group that it is held against.")
    quantity = dy.Enum(["difference", "ratio", "ratio_of_lost"], primary_key=True, description="Stratum minus reference, stratum by reference, or the same of the days before the horizon that were spent resolved.")
    value = dy.Float64(nullable=True, description="Estimate; none where it is not defined.", metadata={"unit": "see `unit`"})
    lower = dy.Float64(nullable=True, description="Lower limit.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, description="Upper limit.", metadata={"unit": "see `unit`"})
    p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided p of no difference.", metadata=SHARE)
    unit = dy.Enum(["days", "share", "ratio"], description="Unit of the three.")


class BandRows(dy.Schema):
    """One row per stratum and day of the range over which a simultaneous band holds."""

    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    days = dy.Int32(primary_key=True, min=0, description="Time since the origin.", metadata={"unit": "days"})
    lower = dy.Float64(nullable=True, description="Lower edge of the band.", metadata=SHARE)
    upper = dy.Float64(nullable=True, description="Upper edge of the band.", metadata=SHARE)
