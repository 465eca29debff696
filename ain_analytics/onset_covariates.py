"""What was known of an episode when it began: covariates for regressions of its duration."""

import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadFrame
from ain_analytics.registry import Registry
from ain_analytics.schema.regression import OnsetCovariates

__all__ = ["with_covariates"]

KEY = ("patient_id", "episode_number")
_AT_ONSET = """
    select
        episode.patient_id,
        episode.episode_number,
        episode.onset_by,
        episode.age_at_onset_days,
        daily_anc.anc as anc_at_onset
    from episode
    left join daily_anc
        on episode.patient_id = daily_anc.patient_id and episode.onset_by = daily_anc.sampled_on
"""
_MONOCYTES = """
    select
        child.patient_id,
        lab_row.sampled_on,
        lab_row.method_rank,
        lab_row.amount
    from lab_row
    inner join child on lab_row.child_number = child.child_number
    where lab_row.role = 'monocytes' and lab_row.is_sound_line and not lab_row.is_below_detection
"""


def with_covariates(registry: Registry, follow_up: pl.DataFrame) -> pl.DataFrame:
    """Put beside a follow-up what was known of each episode at its onset.

    Parameters
    ----------
    registry : Registry
    follow_up : FollowUp, one row per episode
        From `follow_up`, of the same registry; it holds sex, site, and the class and antibodies at baseline.

    Returns
    -------
    polars.DataFrame
        The follow-up with the columns of `OnsetCovariates`. The severity at onset is that of the first
        neutropenic count alone: the nadir is the lowest of all counts, so who lasts longer has a lower one.
        Monocytes are the absolute count nearest to the onset, at most `covariate_days` away from it, the
        earlier of two equally near; of one day the better method's, then the lower. They are null where
        the extract holds none, as everywhere in an extract without monocytes.

    Raises
    ------
    BadFrame
        The follow-up holds episodes that are not in the registry, or has the columns already.

    Notes
    -----
    A class or antibody status at baseline may rest on facts up to `baseline_days` after the onset, and a
    monocyte count on one up to `covariate_days` after it. Who resolved sooner had less time to have them.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> known = ain.with_covariates(registry, followed)
    >>> known["severity_at_onset"].null_count()
    0
    """
    known = _known(registry)
    own = [name for name in OnsetCovariates.column_names() if name not in KEY]
    if there := [name for name in own if name in follow_up.columns]:
        raise BadFrame("FollowUp", f"it has the column(s) {', '.join(there)} already")
    strange = follow_up.join(known, on=KEY, how="anti").height
    if strange:
        raise BadFrame("FollowUp", f"{strange} rows are of episodes that are not in the registry")
    return follow_up.join(known, on=KEY, how="left", maintain_order="left")


def _known(registry: Registry) -> pl.DataFrame:
    """Give the covariates of every episode."""
    d = registry.definitions
    at_onset = registry.connection.sql(_AT_ONSET).pl()
    severity = (
        pl.when(pl.col("anc_at_onset") < d.severe_below)
        .then(pl.lit("severe"))
        .when(pl.col("anc_at_onset") < d.moderate_below)
        .then(pl.lit("moderate"))
        .when(pl.col("anc_at_onset").is_not_null())
        .then(pl.lit("mild"))
    )
    away = (pl.col("sampled_on") - pl.col("onset_by")).dt.total_days()
    nearest = (
        at_onset.select(*KEY, "onset_by")
        .join(registry.connection.sql(_MONOCYTES).pl(), on="patient_id")
        .with_columns(away.alias("away"))
        .filter(pl.col("away").abs() <= d.covariate_days)
        .sort(pl.col("away").abs(), "away", "method_rank", "amount")
        .group_by(KEY, maintain_order=True)
        .agg(pl.col("amount").first().alias("monocytes_near_onset"))
    )
    frame = at_onset.join(nearest, on=KEY, how="left").with_columns(
        severity.alias("severity_at_onset"),
        (pl.col("age_at_onset_days") / DAYS_PER_MONTH).alias("age_at_onset_months"),
    )
    known: pl.DataFrame = OnsetCovariates.validate(frame.select(OnsetCovariates.column_names()), cast=True)
    return known
