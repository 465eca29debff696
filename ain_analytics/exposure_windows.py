"""Time of children cut at windows around exposures, for self-controlled designs."""

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.person_time import cut, days, in_age_bands

AT_RISK, DAY_OF_EXPOSURE, BEFORE = "at risk", "day of exposure", "before"
WINDOWS = (AT_RISK, DAY_OF_EXPOSURE, BEFORE)
CONTROL = "control"


def whole_time(onsets: pl.DataFrame, doses: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Cut all time of each child; days in several windows belong to the last exposure before them.

    Parameters
    ----------
    onsets : one row per child: `patient_id`, `birth_date`, `onset_on`, `from_on`, `to_on`
    doses : one row per exposure: `patient_id`, `on`

    Returns
    -------
    polars.DataFrame
        One row per piece: `patient_id`, `stratum` (rows that are compared), `window`, `now` (the same),
        `age_months`, `days`, `n`.
    """
    periods = onsets.select("patient_id", "from_on", "to_on").with_columns(stratum=pl.lit(0, pl.Int64))
    placed = _placed(periods, onsets, doses, definitions)
    following = doses.select("patient_id", pl.col("on").alias("next_on")).sort("next_on")
    ahead = placed.join_asof(
        following, left_on="from_on", right_on="next_on", by="patient_id",
        strategy="forward", check_sortedness=False,
    )  # fmt: skip
    until = (pl.col("next_on") - pl.col("from_on")).dt.total_days()
    is_before = (until > 0) & (until <= definitions.trigger_before_days)
    window = pl.when(is_before & (pl.col("now") == CONTROL)).then(pl.lit(BEFORE)).otherwise("now")
    return _tidy(ahead.with_columns(window.alias("now")).with_columns(window=pl.col("now")))


def after_each(onsets: pl.DataFrame, doses: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    """Cut the time after each exposure, a stratum each, to a fixed day that no later exposure moves.

    Returns
    -------
    polars.DataFrame
        As from `whole_time`; `window` is that of the stratum's own exposure, as if none came later, and
        `now` that of the last exposure before the piece.
    """
    end = pl.col("on") + pl.duration(days=definitions.trigger_follow_days + 1)
    periods = doses.join(onsets.select("patient_id", "from_on", "to_on"), on="patient_id").select(
        "patient_id",
        pl.int_range(1, pl.len() + 1).over("patient_id").alias("stratum"),
        pl.col("on").alias("own_on"),
        pl.max_horizontal("on", "from_on").alias("from_on"),
        pl.min_horizontal(end, "to_on").alias("to_on"),
    )
    placed = _placed(periods, onsets, doses, definitions)
    return _tidy(placed.with_columns(_window("own_on", definitions).alias("window")))


def _placed(
    periods: pl.DataFrame, onsets: pl.DataFrame, doses: pl.DataFrame, definitions: Definitions
) -> pl.DataFrame:
    """Cut periods at ages and windows, with the window of the last exposure before each piece, `now`."""
    d = definitions
    shifts = (0, 1, d.trigger_risk_days + 1, -d.trigger_before_days)
    day = pl.col("on")
    cuts = pl.concat(
        [doses.select("patient_id", (day + pl.duration(days=shift)).alias("on")) for shift in shifts]
    )
    pieces = days(in_age_bands(cut(periods, cuts), onsets, d.age_band_months)).sort("from_on")
    last = doses.select("patient_id", day.alias("last_on")).sort("last_on")
    happened = pl.col("onset_on").is_between("from_on", "to_on", closed="left").cast(pl.Int64)
    return (
        pieces.join_asof(last, left_on="from_on", right_on="last_on", by="patient_id", check_sortedness=False)
        .join(onsets.select("patient_id", "onset_on"), on="patient_id", maintain_order="left")
        .with_columns(happened.alias("n"), _window("last_on", d).alias("now"))
    )


def _window(since: str, definitions: Definitions) -> pl.Expr:
    """Name the window in which a piece lies after an exposure."""
    passed = (pl.col("from_on") - pl.col(since)).dt.total_days()
    return (
        pl.when(passed == 0)
        .then(pl.lit(DAY_OF_EXPOSURE))
        .when(passed.is_between(1, definitions.trigger_risk_days))
        .then(pl.lit(AT_RISK))
        .otherwise(pl.lit(CONTROL))
    )


def _tidy(pieces: pl.DataFrame) -> pl.DataFrame:
    names = ("patient_id", "stratum", "window", "now", "age_months", "days", "n")
    return pieces.select(names).sort("patient_id", "stratum", "age_months", "window", "now")
