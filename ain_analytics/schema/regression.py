"""What regressions of the time to resolution are made of."""

import dataframely as dy

MODEL = ["cox", "exponential", "weibull", "log_normal", "log_logistic", "generalised_gamma"]
EPISODES = {"unit": "episodes"}
RATIO = {"unit": "ratio"}


class RegressionRows(dy.Schema):
    """One row per model, covariate and level: how it goes with the time to resolution."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    model = dy.Enum(MODEL, primary_key=True, description="Model of the time to resolution.")
    covariate = dy.String(primary_key=True, description="Column of the follow-up.")
    level = dy.String(primary_key=True, description="Category; empty for a number, whose ratio is that of one unit more.")
    is_reference = dy.Bool(description="Whether the other levels of the covariate are held against this one.")
    n = dy.Int64(nullable=True, min=0, description="Episodes of the level; of a number, all.", metadata=EPISODES)
    n_resolved = dy.Int64(nullable=True, min=0, description="Those of them that were seen to resolve.", metadata=EPISODES)
    kind = dy.Enum(["hazard_ratio", "time_ratio"], description="What `value` is: above 1, a hazard ratio tells of sooner resolution, a time ratio of later.")
    value = dy.Float64(nullable=True, description="Ratio; none where the data set no end to it.", metadata=RATIO)
    lower = dy.Float64(nullable=True, description="Lower limit.", metadata=RATIO)
    upper = dy.Float64(nullable=True, description="Upper limit.", metadata=RATIO)
    coefficient = dy.Float64(nullable=True, description="Logarithm of the ratio.", metadata={"unit": "log ratio"})
    standard_error = dy.Float64(nullable=True, min=0, description="Error of the coefficient by the model.", metadata={"unit": "log ratio"})
    robust_error = dy.Float64(nullable=True, min=0, description="Error of it by the spread of the children; limits and p rest on it where it is known.", metadata={"unit": "log ratio"})
    p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided p of a ratio of 1 (Wald).", metadata={"unit": "share"})
    note = dy.String(nullable=True, description="What to know of the value.")


class RegressionTests(dy.Schema):
    """One row per test of a regression: of its covariates, or of what the model takes for granted."""

    test = dy.String(primary_key=True, description="likelihood_ratio, score, wald; for proportional hazards the scale of time: km, rank, identity, log.")
    covariate = dy.String(primary_key=True, description="Covariate, or `all`.")
    statistic = dy.Float64(nullable=True, description="Chi-square.", metadata={"unit": "chi-square"})
    degrees_of_freedom = dy.Int32(min=0, description="Its degrees of freedom.", metadata={"unit": "degrees"})
    p = dy.Float64(nullable=True, min=0, max=1, description="p of the statistic.", metadata={"unit": "share"})


class RegressionParameters(dy.Schema):
    """One row per model and parameter that is no ratio: what the curve of the reference is like."""

    model = dy.Enum(MODEL, primary_key=True, description="Model of the time to resolution.")
    parameter = dy.String(primary_key=True, description="intercept (logarithm of days), scale, shape.")
    value = dy.Float64(description="Estimate.", metadata={"unit": "that of the parameter"})
    standard_error = dy.Float64(nullable=True, min=0, description="Its error; of a scale, that of its logarithm.", metadata={"unit": "that of the parameter"})
    lower = dy.Float64(nullable=True, description="Lower limit.", metadata={"unit": "that of the parameter"})
    upper = dy.Float64(nullable=True, description="Upper limit.", metadata={"unit": "that of the parameter"})


class PredictedSteps(dy.Schema):
    """One row per row of covariates and day: the share not yet resolved that a regression predicts."""

    row = dy.Int64(primary_key=True, min=0, description="Ordinal of the row of covariates, from 0.", metadata={"unit": "rows"})
    stratum = dy.String(description="Stratum whose baseline is used, or `all`.")
    days = dy.Float64(primary_key=True, min=0, description="Time since the origin.", metadata={"unit": "days"})
    unresolved = dy.Float64(min=0, max=1, description="Share not yet resolved just after this day.", metadata={"unit": "share"})
    lower = dy.Float64(nullable=True, min=0, max=1, description="Lower limit of it.", metadata={"unit": "share"})
    upper = dy.Float64(nullable=True, min=0, max=1, description="Upper limit of it.", metadata={"unit": "share"})


class PredictedQuantiles(dy.Schema):
    """One row per row of covariates and share: the time by which the share has resolved."""

    row = dy.Int64(primary_key=True, min=0, description="Ordinal of the row of covariates, from 0.", metadata={"unit": "rows"})
    share = dy.Float64(primary_key=True, min=0, max=1, description="Share that has resolved.", metadata={"unit": "share"})
    days = dy.Float64(min=0, description="Time since the origin.", metadata={"unit": "days"})
    lower = dy.Float64(nullable=True, min=0, description="Lower limit of it.", metadata={"unit": "days"})
    upper = dy.Float64(nullable=True, min=0, description="Upper limit of it.", metadata={"unit": "days"})


class OnsetCovariates(dy.Schema):
    """One row per episode: what was known of it at its onset or by its baseline, for regressions."""

    patient_id = dy.String(primary_key=True, description="Pseudonymous key of the child.")
    episode_number = dy.Int32(primary_key=True, min=1, description="Ordinal of the child's episode.", metadata={"unit": "episodes"})
    age_at_onset_months = dy.Float64(min=0, description="Age at the first neutropenic count.", metadata={"unit": "months"})
    anc_at_onset = dy.Float64(nullable=True, min=0, description="The first neutropenic count itself.", metadata={"unit": "10⁹/L"})
    severity_at_onset = dy.Enum(["severe", "moderate", "mild"], nullable=True, description="Class of that count; not of the nadir, which is known late.")
    monocytes_near_onset = dy.Float64(nullable=True, min=0, description="Monocyte count nearest to the onset, the earlier of two equally near; none where there is none within `covariate_days`.", metadata={"unit": "10⁹/L"})
