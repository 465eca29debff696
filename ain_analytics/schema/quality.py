"""What a look at an extract counts: rows, amounts, digits, gaps, onsets, months."""

import dataframely as dy

ANC = {"unit": "10⁹/L"}
ROWS = {"unit": "rows"}
COUNTS = {"unit": "counts"}
CHILDREN = {"unit": "children"}
DAYS = {"unit": "days"}
SITE = "Site of the child; `not_recorded` where the child has none, `not_known` where the child or its one site is not known."


class QualityRows(dy.Schema):
    """One row per table, site, year and fate of the extract's rows; they add up to all rows."""

    table_name = dy.String(primary_key=True, description="Table of the extract.")
    site = dy.String(primary_key=True, description=SITE)
    year = dy.String(primary_key=True, description="Year of the row's date (of birth, in table patient), or `not_known`.")
    fate = dy.String(primary_key=True, description="`used`, or the one reason for which the row was set aside.")
    n_rows = dy.Int64(min=1, description="Rows of this kind.", metadata=ROWS)
    n_children = dy.Int64(min=0, description="Keys of children in them.", metadata=CHILDREN)


class QualityAmounts(dy.Schema):
    """One row per analyte, unit and method as written: how many rows, and how large their amounts are."""

    analyte = dy.String(primary_key=True, description="What was measured, e.g. anc, wbc, neutrophil_share.")
    unit = dy.String(primary_key=True, description="Unit as written, or `not_given`.")
    method = dy.String(primary_key=True, description="Method as written, or `not_given`.")
    amount_unit = dy.String(description="Unit that the amounts here are in: 10⁹/L or %.")
    n_rows = dy.Int64(min=1, description="Rows, used or not.", metadata=ROWS)
    n_used = dy.Int64(min=0, description="Rows that were used.", metadata=ROWS)
    n_amounts = dy.Int64(min=0, description="Rows whose value and unit can be read, impossible ones among them.", metadata=ROWS)
    n_children = dy.Int64(min=0, description="Keys of children in them.", metadata=CHILDREN)
    low = dy.Float64(nullable=True, description="Amount that 5 % are below.", metadata={"unit": "amount_unit"})
    median = dy.Float64(nullable=True, description="Median amount.", metadata={"unit": "amount_unit"})
    high = dy.Float64(nullable=True, description="Amount that 5 % are above.", metadata={"unit": "amount_unit"})
    fold = dy.Float64(nullable=True, description="Median over the median of all other rows of the analyte.", metadata={"unit": "times"})


class QualityDrift(dy.Schema):
    """One row per site and month with a neutrophil count, impossible ones among them."""

    site = dy.String(primary_key=True, description=SITE)
    month = dy.Date(primary_key=True, description="First day of the month.")
    n_counts = dy.Int64(min=1, description="Counts of the month.", metadata=COUNTS)
    n_children = dy.Int64(min=1, description="Children with one.", metadata=CHILDREN)
    median = dy.Float64(description="Median of the month's counts.", metadata=ANC)
    fold = dy.Float64(nullable=True, description="Median over the median of all counts of the site.", metadata={"unit": "times"})


class QualityLastDigit(dy.Schema):
    """One row per number of decimals and last digit of the measured neutrophil counts, as written."""

    decimals = dy.Int32(primary_key=True, min=0, description="Decimals as written; the largest number stands for more as well.")
    digit = dy.Int32(primary_key=True, min=0, description="Last digit.")
    n_counts = dy.Int64(min=0, description="Used counts of at least two digits that end so.", metadata=COUNTS)
    expected = dy.Float64(min=0, description="A tenth of the counts with so many decimals.", metadata=COUNTS)


class QualityNearLimit(dy.Schema):
    """One row per limit of the definition and value on or near it, in steps of the last digit that is usual."""

    limit = dy.Float64(primary_key=True, description="Limit of the definition.", metadata=ANC)
    steps = dy.Int32(primary_key=True, description="Steps of the last digit from the limit; 0 is on it.")
    n_counts = dy.Int64(min=0, description="Used measured counts of exactly this value.", metadata=COUNTS)
    expected = dy.Float64(min=0, description="Mean of the neighbours, the limit itself left out.", metadata=COUNTS)


class QualityGap(dy.Schema):
    """One row per length of the time between two consecutive daily counts of a child."""

    from_days = dy.Int32(primary_key=True, min=1, description="Shortest time of this row.")
    to_days = dy.Int32(nullable=True, description="Longest time of this row; none in the last.", metadata=DAYS)
    n_gaps = dy.Int64(min=0, description="Pairs of consecutive counts.", metadata={"unit": "gaps"})
    is_long = dy.Bool(description="Whether it is longer than `long_silence_days`.")


class QualityCountsPerChild(dy.Schema):
    """One row per number of daily counts that a child has."""

    from_counts = dy.Int32(primary_key=True, min=0, description="Fewest counts of this row.")
    to_counts = dy.Int32(nullable=True, description="Most counts of this row; none in the last.", metadata=COUNTS)
    n_children = dy.Int64(min=0, description="Usable children.", metadata=CHILDREN)


class QualityOnsetAge(dy.Schema):
    """One row per change of the limit and stretch of ages about it: how many episodes begin there."""

    change_months = dy.Int32(primary_key=True, description="Age at which the limit changes, in calendar months.")
    stretch = dy.Int32(primary_key=True, description="Place of the stretch; 0 holds the days within `birthday_window_days` of the change.")
    from_days = dy.Int32(description="First day of the stretch, counted from the day of the change.", metadata=DAYS)
    to_days = dy.Int32(description="Last day of the stretch.", metadata=DAYS)
    n_episodes = dy.Int64(min=0, description="Episodes whose first neutropenic count lies there.", metadata={"unit": "episodes"})
    expected = dy.Float64(nullable=True, min=0, description="Mean of the two stretches beside the change; none where one would begin before birth.", metadata={"unit": "episodes"})


class QualityAgreement(dy.Schema):
    """One row per size of the measured count: how far it is from white cells × share of the same specimen."""

    from_anc = dy.Float64(primary_key=True, min=0, description="Measured counts at or above it.", metadata=ANC)
    to_anc = dy.Float64(nullable=True, description="And below it; none in the last row.", metadata=ANC)
    n_counts = dy.Int64(min=0, description="Specimens with both.", metadata=COUNTS)
    n_children = dy.Int64(min=0, description="Children with one.", metadata=CHILDREN)
    n_beyond = dy.Int64(min=0, description="Of them, those beyond the tolerance.", metadata=COUNTS)
    low = dy.Float64(nullable=True, description="Measured minus computed: 5 % are below.", metadata=ANC)
    median = dy.Float64(nullable=True, description="Measured minus computed: the median.", metadata=ANC)
    high = dy.Float64(nullable=True, description="Measured minus computed: 5 % are above.", metadata=ANC)
    tolerance = dy.Float64(nullable=True, description="Tolerance at the median of the measured counts.", metadata=ANC)


class QualityCheck(dy.Schema):
    """One row per thing that the quality report looks for."""

    name = dy.String(primary_key=True, description="What was looked for.")
    n = dy.Int64(min=0, description="How many were found.", metadata={"unit": "as `words` say"})
    of = dy.Int64(min=0, description="Among how many.", metadata={"unit": "as `words` say"})
    expected = dy.Float64(nullable=True, min=0, description="How many chance alone would give, where that can be said.", metadata={"unit": "as `words` say"})
    words = dy.String(description="What it means.")
