"""What estimates, comparisons and reports are made of."""

import dataframely as dy

from ain_analytics.schema.derived import CASE_CLASS, DAYS, TIME_ORIGIN

ESTIMATOR = ["kaplan_meier", "npmle", "aalen_johansen"]
QUANTITY = [
    "median_among_recovered",
    "mean_among_recovered",
    "median_unconditional",
    "share_resolved",
    "share_resolved_by",
    "share_unresolved_at",
    "share_between",
    "median_age_at_resolution",
    "share_resolved_by_age",
    "curve",
    "share_girls",
    "share_boys",
    "ratio_boys_girls",
    "median_age_at_onset",
    "mean_age_at_onset",
    "median_age_at_diagnosis",
    "mean_age_at_diagnosis",
    "earliest_age",
    "usual_age",
    "median_anc",
    "mean_anc",
    "share_severe",
    "share_antibody_positive",
    "share_converting",
    "share_specificity",
    "share_treated",
    "share_responding",
    "share_infected",
    "frequency",
    "usual_window",
    "range",
    "individual_time",
    "follow_up",
    "predictor",
    "p_value",
    "definition",
    "relapse",
    "other",
]
OF_UNIT = ["children", "person_days", "tested_children", "treated_children"]
VERDICT = ["compatible", "different", "not_comparable"]
PUBLISHED_UNIT = ["months", "percent", "10⁹/L", "p", "none"]
TEST = ["order_statistics", "sign", "student", "fisher", "binomial", "curve", "curve_difference", "one_sample_log_rank", "none"]
CHILDREN = {"unit": "children"}
STANDS_FOR = {"probable_primary": "primary_autoimmune"}
"""A class that claims another one to be true."""
CLAIMS_NOTHING = ("neonatal_undetermined", "untested", "undetermined")
"""Classes that say only what is not known, so nothing of them is true or false."""
FOUND = [*CASE_CLASS, "counted", "not_counted", "no_episode", "set_aside", "not_reached"]
WAY = "How children were classified or counted: rules, any_d70, unspecific_d70, phenotype_213."
AT = "When, or after how many antibody tests: baseline, 6 months, end, 2 tests …"


class Attrition(dy.Schema):
    """One row per step from the extract to the curve: who is left, and why the others are not."""

    step_number = dy.Int32(primary_key=True, min=1, description="Ordinal of the step.", metadata={"unit": "steps"})
    step = dy.String(description="What is counted.")
    reason = dy.String(description="Why fewer are left than in the step before.")
    n_children = dy.Int64(min=0, description="Children left.", metadata={"unit": "children"})
    n_episodes = dy.Int64(nullable=True, min=0, description="Episodes left; none before episodes are derived.", metadata={"unit": "episodes"})


class CurveSteps(dy.Schema):
    """One row per definition, estimator, stratum and day on which the curve may step."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    estimator = dy.Enum(ESTIMATOR, primary_key=True, description="How the curve was estimated.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    days = dy.Int32(primary_key=True, min=0, description="Time since the origin.", metadata=DAYS)
    unresolved = dy.Float64(min=0, max=1, description="Share not yet resolved just after this day.", metadata={"unit": "share"})
    lower = dy.Float64(nullable=True, description="Lower limit of `unresolved`.", metadata={"unit": "share"})
    upper = dy.Float64(nullable=True, description="Upper limit of `unresolved`.", metadata={"unit": "share"})
    n_at_risk = dy.Int64(nullable=True, description="Episodes at risk just before this day; none for interval-censored estimates.", metadata={"unit": "episodes"})
    n_resolved = dy.Int64(nullable=True, description="Resolutions on this day.", metadata={"unit": "episodes"})
    n_censored = dy.Int64(nullable=True, description="Censored on this day.", metadata={"unit": "episodes"})


class CurveSummary(dy.Schema):
    """One row per definition, estimator, stratum and quantity."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    estimator = dy.Enum(ESTIMATOR, primary_key=True, description="How the curve was estimated.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    quantity = dy.String(primary_key=True, description="n, n_resolved, quartile_1, median, quartile_3 (days to resolution of 25, 50, 75 % of episodes), unresolved_at_12_months …, rmst_36_months.")
    value = dy.Float64(nullable=True, description="Estimate; none where it is not reached.", metadata={"unit": "see `unit`"})
    lower = dy.Float64(nullable=True, description="Lower limit.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, description="Upper limit; none where it is not reached.", metadata={"unit": "see `unit`"})
    unit = dy.Enum(["episodes", "days", "share"], description="Unit of the three.")
    note = dy.String(nullable=True, description="What to know of the value, e.g. not_reached, beyond_follow_up.")


class CurveCells(dy.Schema):
    """One row per definition, stratum and cell in which an interval-censored curve falls."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    left_days = dy.Int32(primary_key=True, min=0, description="Last day before the cell: the earliest reading falls on the day after it.", metadata=DAYS)
    right_days = dy.Int32(nullable=True, min=1, description="Last day of the cell, on which the latest reading falls; none where it has no end.", metadata=DAYS)
    unresolved_before = dy.Float64(min=0, max=1, description="Share not yet resolved on `left_days`.", metadata={"unit": "share"})
    mass = dy.Float64(min=0, max=1, description="Share that resolves in the cell; on which of its days, no data can tell.", metadata={"unit": "share"})


class CurveKnown(dy.Schema):
    """One row per definition, stratum and month of the report: of how many it is known what became of them."""

    definition = dy.String(primary_key=True, description="Name of the study definition.")
    stratum = dy.String(primary_key=True, description="Group, or `all`.")
    months = dy.Int32(primary_key=True, min=0, description="Months since the origin.", metadata={"unit": "months"})
    n_known_unresolved = dy.Int64(min=0, description="Had entered, and were seen unresolved on this day or later.", metadata={"unit": "episodes"})
    n_possibly_resolved = dy.Int64(min=0, description="Last seen unresolved before this day and first seen resolved after it.", metadata={"unit": "episodes"})
    n_known_resolved = dy.Int64(min=0, description="Seen resolved by this day.", metadata={"unit": "episodes"})
    n_not_seen = dy.Int64(min=0, description="Last seen unresolved before this day, and never seen again.", metadata={"unit": "episodes"})
    n_not_entered = dy.Int64(min=0, description="Entered after this day.", metadata={"unit": "episodes"})


class AssociationRows(dy.Schema):
    """One row per quantity, group and category of an analysis of what goes with neutropenia."""

    quantity = dy.String(primary_key=True, description="What is estimated, e.g. share, rate, rate_ratio, median_age.")
    group = dy.String(primary_key=True, description="Of whom, or of what: a class of children, a kind of infection, a test, a drug.")
    category = dy.String(primary_key=True, description="Which part of the group, e.g. girls, neutropenic, positive.")
    n = dy.Int64(nullable=True, min=0, description="Events counted: children, infections, tests, courses or onsets.", metadata={"unit": "see `of_unit`"})
    n_children = dy.Int64(nullable=True, min=0, description="Children behind them.", metadata={"unit": "children"})
    of = dy.Int64(nullable=True, min=0, description="What they are counted in: its own denominator for each row.", metadata={"unit": "see `of_unit`"})
    of_unit = dy.Enum(OF_UNIT, description="Unit of `of`.")
    value = dy.Float64(nullable=True, description="Estimate; none where it cannot be told.", metadata={"unit": "see `unit`"})
    lower = dy.Float64(nullable=True, description="Lower limit.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, description="Upper limit; none where there is no end.", metadata={"unit": "see `unit`"})
    p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided p where the value is held against another.", metadata={"unit": "share"})
    unit = dy.Enum(["share", "a_year", "ratio", "months"], description="Unit of the three.")
    method = dy.String(description="How value and limits were made.")


class PublishedFigure(dy.Schema):
    """One row per figure that the literature reports."""

    figure_id = dy.String(primary_key=True, description="Key of the figure, e.g. R001.")
    study = dy.String(description="Short name of the source.")
    year = dy.Int32(nullable=True, description="Year of publication.", metadata={"unit": "years"})
    population = dy.String(description="Who was studied, in the source's words.")
    n = dy.Int32(nullable=True, description="Number studied.", metadata={"unit": "children"})
    n_behind = dy.Int32(nullable=True, description="Number behind the figure, e.g. those who recovered; none where the source is silent.", metadata={"unit": "children"})
    n_followed = dy.Int32(nullable=True, description="Number of whom `n_behind` are those who recovered, where it is known and only they are counted.", metadata={"unit": "children"})
    printed_n = dy.Int32(nullable=True, description="Number that the source prints beside the figure, where it cannot be the one behind it.", metadata={"unit": "children"})
    statement = dy.String(description="What the source says, in one line.")
    quantity = dy.Enum(QUANTITY, description="What was really computed.")
    computed_as = dy.Enum(["crude", "actuarial", "none"], description="Whether a share is n of N, or one minus a curve; `none` for what is no share.")
    time_origin = dy.Enum([*TIME_ORIGIN, "unknown", "resolution", "treatment"], description="What day zero is.")
    scale = dy.Enum(["duration", "age", "none"], description="Whether time is a duration or an age.")
    value = dy.Float64(nullable=True, description="The figure.", metadata={"unit": "see `unit`"})
    lower = dy.Float64(nullable=True, description="Lower end of the interval of kind `interval_kind`; of a window of time in months.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, description="Upper end of it.", metadata={"unit": "see `unit`"})
    unit = dy.Enum(PUBLISHED_UNIT, description="Unit of the three; years, weeks and days of the source are turned into months.")
    rounding = dy.Float64(min=0, description="Half of the last digit that is printed: the value may be so much larger or smaller.", metadata={"unit": "see `unit`"})
    at_months = dy.Float64(nullable=True, description="Time or age at which a share was read.", metadata={"unit": "months"})
    landmark_months = dy.Float64(nullable=True, description="Only children still neutropenic so long after onset were studied; none: all.", metadata={"unit": "months"})
    followed_months = dy.Float64(nullable=True, description="Time since the origin after which the source followed nobody; none: not said.", metadata={"unit": "months"})
    onset_from_months = dy.Float64(nullable=True, description="Only children of this age at onset or older were studied; none: all.", metadata={"unit": "months"})
    onset_before_months = dy.Float64(nullable=True, description="Only children younger at onset were studied; none: all.", metadata={"unit": "months"})
    interval_kind = dy.String(description="range, usual range, SD, window …; `none`.")
    detail = dy.String(nullable=True, description="Of what a share is: an antigen, a drug, a kind of infection.")
    case_classes = dy.List(dy.String(), nullable=True, description="Classes of this program that the population corresponds to; none: no such class.")
    definition = dy.String(description="Preset that comes nearest, `unknown` where the source is silent, `no preset` where none comes near.")
    choices = dy.String(nullable=True, description="Choices that differ from the registry's, as JSON, where a record states them one by one.")
    curve_months = dy.List(dy.Float64(), nullable=True, description="Times of the points of a published curve.")
    curve_unresolved = dy.List(dy.Float64(), nullable=True, description="Shares unresolved at these times.")
    why_not = dy.String(nullable=True, description="Why it cannot be compared with any registry; none where it can.")
    assumption = dy.String(nullable=True, description="What had to be assumed to compare it.")
    source_url = dy.String(nullable=True, description="Where the figure was read.")
    doi = dy.String(nullable=True, description="Identifier of the source.")
    confidence = dy.String(description="How the figure was read.")
    notes = dy.String(nullable=True, description="What else to know.")


class PublishedComparison(dy.Schema):
    """One row per published figure beside the same quantity on this registry."""

    figure_id = dy.String(primary_key=True, description="Key of the figure.")
    study = dy.String(description="Short name of the source.")
    statement = dy.String(description="What the source says, in one line.")
    quantity = dy.Enum(QUANTITY, description="What is compared.")
    scale = dy.Enum(["duration", "age", "none"], description="Whether time is a duration or an age.")
    unit = dy.Enum(PUBLISHED_UNIT, description="Unit of the values.")
    published = dy.Float64(nullable=True, description="The figure.", metadata={"unit": "see `unit`"})
    published_n = dy.Int32(nullable=True, description="Number behind it.", metadata={"unit": "children"})
    own = dy.Float64(nullable=True, description="The same quantity on this registry.", metadata={"unit": "see `unit`"})
    own_lower = dy.Float64(nullable=True, description="Lower limit of it.", metadata={"unit": "see `unit`"})
    own_upper = dy.Float64(nullable=True, description="Upper limit of it.", metadata={"unit": "see `unit`"})
    own_n = dy.Int32(nullable=True, description="Number behind it.", metadata={"unit": "children"})
    better_quantity = dy.String(description="What ought to have been reported.")
    better = dy.Float64(nullable=True, description="That quantity on this registry.", metadata={"unit": "see `unit`"})
    better_lower = dy.Float64(nullable=True, description="Lower limit of it.", metadata={"unit": "see `unit`"})
    better_upper = dy.Float64(nullable=True, description="Upper limit of it.", metadata={"unit": "see `unit`"})
    verdict = dy.Enum(VERDICT, description="Whether the two agree, or cannot be compared.")
    test = dy.Enum(TEST, description="Test behind the verdict; `none` without one. order_statistics: own values below the published median, beta-binomial; sign: the same, the published one taken as exact; student; fisher; binomial; curve: Kaplan–Meier on the log scale; curve_difference; one_sample_log_rank: resolutions seen and expected under the published curve.")
    p = dy.Float64(nullable=True, min=0, max=1, description="Two-sided p of the hypothesis that both are estimates of one value.", metadata={"unit": "share"})
    p_holm = dy.Float64(nullable=True, min=0, max=1, description="The same after Holm, for all distinct figures that were tested.", metadata={"unit": "share"})
    is_equivalent = dy.Bool(nullable=True, description="Whether a course longer or shorter by `equivalence_ratio` is ruled out; false: too few children, or a quantity that does not tell; none where not compatible.")
    reason = dy.String(description="Why, in a sentence.")


class TextbookRows(dy.Schema):
    """One row per sentence of a textbook and way to read it, held against a registry."""

    statement_id = dy.String(primary_key=True, description="Key of the reading, e.g. S22a.")
    sentence = dy.String(description="What the textbook says.")
    reading = dy.String(description="How it is read here, our choice.")
    value = dy.Float64(nullable=True, description="The number on this registry.", metadata={"unit": "see `unit`"})
    lower = dy.Float64(nullable=True, description="Lower limit of it.", metadata={"unit": "see `unit`"})
    upper = dy.Float64(nullable=True, description="Upper limit of it.", metadata={"unit": "see `unit`"})
    unit = dy.Enum(["percent", "months", "ratio", "none"], description="Unit of the numbers.")
    n = dy.Int64(nullable=True, min=0, description="Children, infections, tests or onsets behind it.", metadata={"unit": "see `reading`"})
    low = dy.Float64(nullable=True, description="The reading holds from here on.", metadata={"unit": "see `unit`"})
    high = dy.Float64(nullable=True, description="And up to here.", metadata={"unit": "see `unit`"})
    verdict = dy.Enum(["holds", "does_not_hold", "cannot_be_told"], description="Whether all limits lie in this range, none, or some.")
    method = dy.String(description="How value and limits were made; `none` without them.")
    why = dy.String(description="Why, in a sentence.")


class Change(dy.Schema):
    """One row per episode: the smallest change of one fact, or of one choice, that gives another class."""

    patient_id = dy.String(primary_key=True, description="Pseudonymous key of the child.")
    episode_number = dy.Int32(primary_key=True, min=1, description="Ordinal of the child's episode.", metadata={"unit": "episodes"})
    class_before = dy.Enum([*CASE_CLASS, "no_episode"], description="Class as it is; never no_episode.")
    kind = dy.Enum(["fact_added", "fact_changed", "choice", "none"], description="A row more, other cells in a row that is there, another value of a choice; none where no one change gives another class.")
    what = dy.String(description="The change in words, or why there is none.")
    class_after = dy.Enum([*CASE_CLASS, "no_episode"], nullable=True, description="Class once it is made; no_episode where it makes the counts normal.")
    table_name = dy.String(nullable=True, description="Table of the extract that the row belongs to.")
    file = dy.String(nullable=True, description="File of the row that is changed; none for a row more, and for the row of the child.")
    row_number = dy.Int64(nullable=True, description="Its number in the file.", metadata={"unit": "records"})
    cells = dy.String(nullable=True, description="What the row says then: column=cell; column=cell.")
    field = dy.String(nullable=True, description="The choice of the definition.")
    value = dy.Float64(nullable=True, description="Its new value; of anc_bands the highest lower limit.", metadata={"unit": "that of the choice"})


class ClassConfusion(dy.Schema):
    """One row per way, moment, true class and what was found, of a made-up registry."""

    way = dy.String(primary_key=True, description=WAY)
    at = dy.String(primary_key=True, description=AT)
    true_class = dy.Enum(CASE_CLASS, primary_key=True, description="What is true of the children.")
    found = dy.Enum(FOUND, primary_key=True, description="Class that the rules give, or whether another way counts the children; `no_episode`: none known by then; `set_aside`: the child's row could not be used; `not_reached`: the extract ends before that month.")
    n = dy.Int64(min=1, description="Children.", metadata=CHILDREN)


class ClassAccuracy(dy.Schema):
    """One row per way, moment, class and measure, of a made-up registry."""

    way = dy.String(primary_key=True, description=WAY)
    at = dy.String(primary_key=True, description=AT)
    case_class = dy.Enum(["autoimmune", *CASE_CLASS], primary_key=True, description="Class, or `autoimmune` for all of the autoimmune group.")
    measure = dy.Enum(["sensitivity", "predictive_value"], primary_key=True, description="Share found among those of whom it is true, or share of whom it is true among those found.")
    n = dy.Int64(nullable=True, min=0, description="Children of whom it is true and was found; none where the class names no cause.", metadata=CHILDREN)
    of = dy.Int64(nullable=True, min=0, description="Children of whom it is true, or of whom it was found.", metadata=CHILDREN)
    share = dy.Float64(nullable=True, min=0, max=1, description="`n` of `of`; none where there is nobody.", metadata={"unit": "share"})
    lower = dy.Float64(nullable=True, min=0, max=1, description="Lower limit of it, after Clopper and Pearson.", metadata={"unit": "share"})
    upper = dy.Float64(nullable=True, min=0, max=1, description="Upper limit of it.", metadata={"unit": "share"})
    lacks = dy.String(nullable=True, description="Why there is no share; none where there is one.")
