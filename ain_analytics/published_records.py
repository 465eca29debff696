"""What the literature reports, as typed records, and the slips in its arithmetic.

`published/published_resolution.csv` and `published_cohort_features.csv` hold the figures as they were read;
`course_statements.csv` the readings of an encyclopaedia's line on the course; `quantities.csv` says of each
figure what was really computed, in whom, from when, and what has to be assumed to compare it (our choice,
row by row).
"""

from importlib.resources import files

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.schema.results import PublishedFigure

RESOLUTION, COURSE, FEATURES = "published_resolution", "course_statements", "published_cohort_features"
SOURCE_UNIT = {
    "months": ("months", 1.0),
    "years": ("months", 12.0),
    "weeks": ("months", 7 / DAYS_PER_MONTH),
    "days": ("months", 1 / DAYS_PER_MONTH),
    "percent": ("percent", 1.0),
    "p-value": ("p", 1.0),
    "per uL": ("10⁹/L", 0.001),
    "10*9/L": ("10⁹/L", 1.0),
}
"""Unit of a source: the unit that it is turned into, and the factor."""
UNIT = {"months": " months", "percent": " %", "10⁹/L": " × 10⁹/L", "p": "", "none": ""}
"""How a unit is said after a number."""
FINE = "10⁹/L"
"""Unit whose values need two decimals; those of the others need one."""
WINDOW_IN_YEARS = "window (years)"
SAID = {
    "median_among_recovered": "median of {value} months among those who recovered",
    "mean_among_recovered": "mean of {value} months among those who recovered",
    "median_unconditional": "median of {value} months",
    "share_resolved": "{value} % resolved",
    "share_resolved_by": "{value} % resolved by {at} months",
    "share_unresolved_at": "{value} % unresolved at {at} months",
    "share_between": "{value} % between {lower} and {upper} months",
    "median_age_at_resolution": "median age of {value} months at resolution",
    "share_resolved_by_age": "{value} % resolved by the age of {at} months",
    "share_girls": "{value} % girls",
    "share_boys": "{value} % boys",
    "ratio_boys_girls": "{exact} boys to one girl",
    "median_age_at_onset": "median age of {value} months at onset",
    "mean_age_at_onset": "mean age of {value} months at onset",
    "median_age_at_diagnosis": "median age of {value} months at diagnosis",
    "mean_age_at_diagnosis": "mean age of {value} months at diagnosis",
    "earliest_age": "earliest onset at the age of {value} months",
    "usual_age": "mostly found at the age of {lower} to {upper} months",
    "median_anc": "median of {exact} × 10⁹/L at the first count",
    "mean_anc": "mean of {exact} × 10⁹/L at the first count",
    "share_severe": "{value} % with severe neutropenia",
    "share_antibody_positive": "{value} % with antibodies",
    "share_converting": "{value} % found positive when tested again",
    "share_specificity": "{value} % with antibodies against {detail}",
    "share_treated": "{value} % treated with {detail}",
    "share_responding": "{value} % respond to {detail}",
    "share_infected": "{value} % with infections ({detail})",
}
"""How a figure of each quantity is said; the others in the source's own words."""
IN_WORDS = {"value": "value", "at": "at_months", "lower": "lower", "upper": "upper"}
DETAILS = {
    "prophylaxis_cotrimoxazole_and_idin": "cotrimoxazole",
    "gcsf;gcsf_long": "G-CSF",
    "gcsf": "G-CSF",
    "ivig": "immunoglobulin",
    "systemic_glucocorticoid": "corticosteroids",
    "sepsis_bacteraemia": "sepsis",
    "any": "any",
}
"""How drugs and infections are said."""
REFUSED = pl.format("refused, since it does not follow from its own counts: {}", "slip")
UNKNOWN = "?"
NOT_SAID: dict[str, pl.DataType] = {
    **dict.fromkeys(("followed_months", "onset_from_months", "onset_before_months"), pl.Float64()),
    "choices": pl.String(),
    **dict.fromkeys(("curve_months", "curve_unresolved"), pl.List(pl.Float64())),
}
"""What no shipped source states and users may."""


def shipped_figures() -> pl.DataFrame:
    """Read every figure on resolution, and on who the children are, that the literature reports.

    Returns
    -------
    PublishedFigure, one row per figure
        Figures T… are the readings of the encyclopaedia's line on the course, R… are on resolution, F… on
        cohorts. Times are in months. A share or ratio that no count of its children can give is refused:
        `why_not` says so, as `published_slips` does.

    Examples
    --------
    >>> shipped_figures().filter(pl.col("figure_id") == "R038")["value"].round(1).item()
    36.2
    """
    as_read = pl.concat([_read(COURSE), _read(RESOLUTION), _read(FEATURES)]).rename(
        {"id": "figure_id", "time_origin": "origin_said"}
    )
    meant = _read("quantities")
    factor = pl.col("unit").replace_strict(
        {unit: factor for unit, (_, factor) in SOURCE_UNIT.items()}, default=1.0, return_dtype=pl.Float64
    )
    in_years = pl.col("interval_kind").str.contains(WINDOW_IN_YEARS, literal=True).fill_null(value=False)
    end_factor = pl.when(in_years).then(SOURCE_UNIT["years"][1]).otherwise(factor)
    return (
        as_read.join(meant, on="figure_id", how="inner", validate="1:1", maintain_order="left")
        .with_columns(
            pl.col("year").str.extract(r"^(\d{4})"),
            (half_of_last_digit() * factor).alias("rounding"),
            pl.col("value").cast(pl.Float64) * factor,
            pl.col("lower", "upper").cast(pl.Float64) * end_factor,
            pl.col("at_months", "landmark_months").cast(pl.Float64),
            pl.col("n", "n_behind", "n_followed", "printed_n").cast(pl.Int32),
            pl.col("unit").alias("unit_said"),
            pl.col("unit").replace_strict(
                {unit: ours for unit, (ours, _) in SOURCE_UNIT.items()}, default="none"
            ),
            pl.col("interval_kind").str.replace("(years)", "(months)", literal=True).fill_null("none"),
            pl.col("case_classes").str.split(";"),
            pl.coalesce("who", "population").alias("population"),
        )
        .join(
            published_slips().select("figure_id", "slip"), on="figure_id", how="left", maintain_order="left"
        )
        .with_columns(pl.coalesce("why_not", REFUSED).alias("why_not"))
        .with_columns(
            _statement().alias("statement"),
            *(pl.lit(None, kind).alias(name) for name, kind in NOT_SAID.items()),
        )
        .select(PublishedFigure.column_names())
        .pipe(PublishedFigure.validate, cast=True)
    )


def published_slips() -> pl.DataFrame:
    """List the published shares and ratios that do not follow from the counts of their own source.

    Returns
    -------
    polars.DataFrame, one row per slip
        `figure_id`, `study`, `printed`, `unit` (percent or ratio), `printed_n`, `counts` (n/N where
        the notes carry it), `recomputed` (from n/N), `nearest` (the nearest value that `printed_n`
        children can give), `slip` in words. A value follows when it equals the recomputed one to the
        last printed digit. Actuarial shares are no n/N and are left out.
    """
    meant = _read("quantities").select("figure_id", "printed_n", "computed_as")
    rows = pl.concat([_read(RESOLUTION), _read(FEATURES)]).rename({"id": "figure_id"})
    printed, n = pl.col("printed"), pl.col("n")
    n_counted = (
        pl.when(pl.col("unit") == "ratio")
        .then(n * printed / (1 + printed))
        .otherwise(printed * n / 100)
        .round()
    )
    ratio = pl.when(n_counted < n).then(n_counted / (n - n_counted))
    nearest = pl.when(pl.col("unit") == "ratio").then(ratio).otherwise(100 * n_counted / n)
    part, whole = (pl.col("counts").str.split("/").list.get(i).cast(pl.Float64) for i in (0, 1))
    rounding = half_of_last_digit() + 1e-9
    sign = pl.col("unit").replace_strict({"percent": " %", "ratio": ""})
    wrong = pl.format("{} is {}{}, not {}{}", "counts", pl.col("recomputed").round(2), sign, "value", sign)
    impossible = pl.format(
        "no count of {} children gives {}{}; the nearest is {}{}",
        n.cast(pl.Int64),
        "value",
        sign,
        pl.col("nearest").round(2),
        sign,
    )
    return (
        rows.filter(pl.col("unit").is_in(["percent", "ratio"]), pl.col("value").is_not_null())
        .join(meant, on="figure_id", how="left", maintain_order="left")
        .filter(pl.col("computed_as").ne_missing("actuarial"))
        .with_columns(
            pl.col("value").cast(pl.Float64).alias("printed"),
            pl.coalesce("printed_n", "n").cast(pl.Float64).alias("n"),
            pl.coalesce(pl.col("notes", "measure_definition").str.extract(r"^(\d+/\d+)\b")).alias("counts"),
        )
        .with_columns(nearest.alias("nearest"), (100 * part / whole).alias("recomputed"))
        .with_columns(
            pl.when((pl.col("recomputed") - printed).abs() > rounding)
            .then(wrong)
            .when((pl.col("nearest") - printed).abs() > rounding)
            .then(impossible)
            .alias("slip")
        )
        .filter(pl.col("slip").is_not_null())
        .select(
            "figure_id",
            "study",
            "printed",
            "unit",
            n.cast(pl.Int32).alias("printed_n"),
            "counts",
            "recomputed",
            "nearest",
            "slip",
        )
    )


def half_of_last_digit() -> pl.Expr:
    """Give half of the last printed digit of a value that is still text."""
    digits = pl.col("value").str.extract(r"\.(\d+)$").str.len_chars().fill_null(0).cast(pl.Float64)
    return 0.5 * 10.0 ** (-digits)


def statements(figures: pl.DataFrame) -> pl.DataFrame:
    """Say each record that is no row of the shipped tables in one line."""
    nothing = pl.lit(None, pl.String)
    words = {"measure_definition": pl.lit("the published curve"), "statistic": nothing, "unit_said": nothing}
    return figures.with_columns(**words).with_columns(_statement().alias("statement")).drop(*words)


def _statement() -> pl.Expr:
    """Say a figure in one line: what, of whom, of how many."""
    words = {f"{{{name}}}": _short(column) for name, column in IN_WORDS.items()}
    words["{exact}"] = pl.col("value").round(3).cast(pl.String)
    detail = pl.col("detail").str.replace_many(list(DETAILS), list(DETAILS.values()))
    words["{detail}"] = detail.str.replace_all(";", " or ").str.replace_all("_", " ")
    said = pl.col("quantity").replace_strict(SAID, default=None, return_dtype=pl.String)
    for mark, word in words.items():
        said = said.str.replace_all(mark, word.fill_null(UNKNOWN), literal=True)
    said = said.str.replace(f" (by|at) \\{UNKNOWN} months", "")
    said = pl.when(~said.str.contains(UNKNOWN, literal=True)).then(said)
    is_bound = pl.col("interval_kind").str.starts_with("upper bound")
    is_rate = pl.col("unit_said").str.starts_with("per ").fill_null(value=False) & (pl.col("unit") == "none")
    unit = (
        pl.when(is_rate)
        .then(pl.format(" {}", "unit_said"))
        .otherwise(pl.col("unit").replace_strict(UNIT, return_dtype=pl.String))
    )
    own_words = pl.concat_str(
        pl.coalesce("measure_definition", pl.col("statistic").str.replace_all("_", " ")),
        pl.coalesce(
            pl.when(is_bound & (pl.col("unit") == "p")).then(pl.format(": p < {}", "value")),
            pl.when(is_bound).then(pl.format(": up to {}{}", words["{value}"], unit)),
            pl.when(pl.col("unit") == "p").then(pl.format(": p = {}", "value")),
            pl.when(pl.col("unit").is_in(["percent", "months"]) | is_rate).then(
                pl.format(": {}{}", words["{value}"], unit)
            ),
            pl.format(": {} to {}{}", words["{lower}"], words["{upper}"], unit),
            pl.lit(""),
        ),
    )
    who = pl.concat_str("population", pl.format(", n = {}", "n").fill_null(""))
    return pl.format("{} ({})", pl.coalesce(said, own_words), who)


def _short(column: str) -> pl.Expr:
    """Write a number with the decimals of its unit, or with none where they are zero."""
    return rounded(column).cast(pl.String).str.replace(r"\.0$", "")


def rounded(name: str) -> pl.Expr:
    """Round a column of values to the decimals of the unit beside them."""
    is_fine = pl.col("unit").cast(pl.String) == FINE
    return pl.when(is_fine).then(pl.col(name).round(2)).otherwise(pl.col(name).round(1)).alias(name)


def _read(name: str) -> pl.DataFrame:
    """Read one of the files as text, empty cells as null."""
    text = files("ain_analytics").joinpath("published", f"{name}.csv").read_bytes()
    return pl.read_csv(text, infer_schema=False)
