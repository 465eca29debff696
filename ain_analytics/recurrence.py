"""Episodes that come again: the mean number of further episodes of a child, by time since its first."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadFrame, EmptyStratum
from ain_analytics.result_html import as_html
from ain_analytics.schema.incidence import RecurrenceSteps
from ain_analytics.step_curve import Floats, normal_quantile
from ain_analytics.strata import ALL, NOT_RECORDED

Whole = NDArray[np.integer]
NEEDED = {"patient_id", "episode_number", "onset_by", "last_observed_on"}
CHILDREN_AT_A_TIME = 2000


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class RecurrenceCurve:
    """Mean number of further episodes of a child, by days since the onset of its first.

    Parameters
    ----------
    steps : RecurrenceSteps, one row per stratum and day
    definitions : Definitions
    by : str or None
        Column that splits the children.
    assumptions : tuple of str

    Examples
    --------
    >>> recurrence_curve(registry.frame("episode")).at(24).columns
    ['stratum', 'months', 'mean_episodes', 'lower', 'upper']
    """

    steps: pl.DataFrame
    definitions: Definitions
    by: str | None
    assumptions: tuple[str, ...]

    def at(self, *months: float) -> pl.DataFrame:
        """Read the mean numbers at some months; null where no child is observed so long."""
        rows = []
        for (name,), steps in self.steps.group_by("stratum", maintain_order=True):
            for month in months:
                day = month * DAYS_PER_MONTH
                seen = steps.filter(pl.col("days") <= day).tail(1).select("mean_episodes", "lower", "upper")
                known = [*seen.to_dicts(), {"mean_episodes": 0.0}][0] if steps["days"][-1] >= day else {}
                rows.append({"stratum": name, "months": month, **known})
        numbers = dict.fromkeys(("months", "mean_episodes", "lower", "upper"), pl.Float64)
        return pl.DataFrame(rows, schema={"stratum": pl.String, **numbers})

    def __repr__(self) -> str:
        split = f", by {self.by}" if self.by else ""
        lines = [
            f"RecurrenceCurve: mean number of further episodes, definition {self.definitions.name!r}{split}"
        ]
        for row in self.at(*self.definitions.report_months).drop_nulls("mean_episodes").to_dicts():
            limits = "" if row["lower"] is None else f" ({row['lower']:.2f} to {row['upper']:.2f})"
            lines.append(
                f"  {row['stratum']}: {row['mean_episodes']:.2f}{limits} by {row['months']:g} months"
            )
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.at(*self.definitions.report_months), self.assumptions)


def recurrence_curve(
    episodes: pl.DataFrame, *, by: str | None = None, definitions: Definitions = TEXTBOOK
) -> RecurrenceCurve:
    """Estimate the mean cumulative number of further episodes [1]_ [2]_.

    Parameters
    ----------
    episodes : Episode, one row per episode
        Holds `patient_id`, `episode_number`, `onset_by` and `last_observed_on`.
    by : name of a column that splits the children, by its value in the first episode, optional
    definitions : Definitions
        Confidence, months that are printed.

    Returns
    -------
    RecurrenceCurve
        Sum over days of episodes that begin by children observed, as R's `survfit` gives it; the error is
        that of the spread of the children (robust), limits are made on the log scale: our choice.

    Raises
    ------
    BadFrame
        A column is missing, an episode has two rows, or a last day is unknown or before an onset.
    EmptyStratum
        There is no first episode.

    References
    ----------
    .. [1] Nelson 1995, doi:10.1080/00401706.1995.10484294.
    .. [2] Lawless and Nadeau 1995, doi:10.1080/00401706.1995.10484300.

    Examples
    --------
    >>> recurrence_curve(registry.frame("episode")).steps["n_episodes"].sum() > 0
    True
    """
    missing = sorted((NEEDED | ({by} if by else set())) - set(episodes.columns))
    if missing:
        raise BadFrame("Episode", f"it lacks the column(s) {', '.join(missing)}")
    children = _children(episodes, by)
    if children.is_empty():
        raise EmptyStratum(ALL, "there is no first episode.")
    _refuse_bad_days(episodes, children)
    parts = [
        _steps(str(name), rows, definitions)
        for (name,), rows in children.sort("stratum", "patient_id").group_by("stratum", maintain_order=True)
    ]
    return RecurrenceCurve(
        steps=pl.concat(parts),
        definitions=definitions,
        by=by,
        assumptions=(
            f"{children.height} children, each from the onset of its first episode to its last count.",
            "A child counts as at risk of a further episode also while one lasts: the mean is of numbers of "
            "episodes, not a rate among the recovered (our choice).",
            "The end of observation, death among it, has nothing to do with further episodes.",
            f"Limits at {100 * definitions.confidence:g} % on the log scale, by the spread of the children.",
        ),
    )


def _children(episodes: pl.DataFrame, by: str | None) -> pl.DataFrame:
    """Give each child its days of further onsets, and its last day, since the first onset."""
    first = episodes.filter(pl.col("episode_number") == 1)
    stratum = pl.lit(ALL) if by is None else pl.col(by).cast(pl.String).fill_null(NOT_RECORDED)
    origin = first.select("patient_id", stratum.alias("stratum"), origin_on="onset_by")
    origin_on = pl.col("origin_on").first()
    later = pl.col("onset_by").filter(pl.col("episode_number") > 1)
    return (
        episodes.join(origin, on="patient_id")
        .group_by("patient_id", "stratum")
        .agg(
            last_day=(pl.col("last_observed_on").max() - origin_on).dt.total_days(),
            onsets=(later - origin_on).dt.total_days(),
        )
    )


def _refuse_bad_days(episodes: pl.DataFrame, children: pl.DataFrame) -> None:
    if episodes.select("patient_id", "episode_number").is_duplicated().any():
        raise BadFrame("Episode", "an episode has more than one row")
    latest = pl.col("onsets").list.max().fill_null(0)
    earliest = pl.col("onsets").list.min().fill_null(1)
    is_bad = (pl.col("last_day") < latest).fill_null(value=True) | (earliest < 1)
    n_bad = children.filter(is_bad).height
    if n_bad:
        raise BadFrame(
            "Episode",
            f"{n_bad} children have no last day, one before an onset, or a later episode that is not later",
        )


def _steps(stratum: str, children: pl.DataFrame, definitions: Definitions) -> pl.DataFrame:
    last = children["last_day"].to_numpy()
    onsets = children.with_row_index("child").explode("onsets").drop_nulls("onsets")
    found = mean_number(last, onsets["child"].to_numpy(), onsets["onsets"].to_numpy())
    z = normal_quantile(definitions.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.exp(z * found["standard_error"].to_numpy() / found["mean_episodes"].to_numpy())
    named = found.with_columns(
        definition=pl.lit(definitions.name),
        stratum=pl.lit(stratum),
        lower=pl.col("mean_episodes") / pl.Series(width),
        upper=pl.col("mean_episodes") * pl.Series(width),
    ).with_columns(pl.col("lower", "upper").fill_nan(None))
    return RecurrenceSteps.validate(named.select(RecurrenceSteps.column_names()), cast=True)


def mean_number(last: Whole, child: Whole, onset: Whole) -> pl.DataFrame:
    """Estimate the mean number of events of a child by each day.

    Parameters
    ----------
    last : array, one for each child
        Last day of observation; a child is at risk on it.
    child, onset : arrays, one for each event
        Place of the child in `last`, and the day.

    Returns
    -------
    polars.DataFrame
        One row for day zero and each day with an event or a last day: `days`, `mean_episodes`,
        `standard_error`, `n_at_risk`, `n_episodes`.
    """
    days = np.unique(np.concatenate([[0], last, onset]))
    n_at_risk = len(last) - np.searchsorted(np.sort(last), days, side="left")
    place = np.searchsorted(days, onset)
    n_events = np.bincount(place, minlength=days.size)
    variance = np.zeros(days.size)
    for spread in _spreads(np.searchsorted(days, last), child, place, n_at_risk, n_events):
        variance += (spread**2).sum(axis=0)
    return pl.DataFrame(
        {
            "days": days,
            "mean_episodes": np.cumsum(n_events / n_at_risk),
            "standard_error": np.sqrt(variance),
            "n_at_risk": n_at_risk,
            "n_episodes": n_events,
        }
    )


def _spreads(ends: Whole, child: Whole, place: Whole, n_at_risk: Whole, n_events: Whole) -> Iterator[Floats]:
    """Give, for so many children at a time, by how much each moves the estimate of each day."""
    expected = np.cumsum(n_events / n_at_risk.astype(float) ** 2)
    for begin in range(0, len(ends), CHILDREN_AT_A_TIME):
        some = ends[begin : begin + CHILDREN_AT_A_TIME]
        moved = np.zeros((len(some), n_at_risk.size))
        mine = (child >= begin) & (child < begin + len(some))
        np.add.at(moved, (child[mine] - begin, place[mine]), 1 / n_at_risk[place[mine]])
        yield np.cumsum(moved, axis=1) - expected[np.minimum(np.arange(n_at_risk.size), some[:, None])]
