"""By how much strata differ: in their restricted means, and in the share unresolved on one day."""

import numpy as np
import polars as pl
from scipy.stats import chi2

from ain_analytics.contrast_result import Contrast, Row, table_of
from ain_analytics.curve_result import start_in_words
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.kaplan_meier import KaplanMeier, kaplan_meier
from ain_analytics.step_curve import LIMITS, Floats, limits_of, normal_quantile
from ain_analytics.strata import Strata, refuse_one_stratum, siblings_in_words, strata_of


def restricted_mean_difference(
    follow_up: pl.DataFrame,
    *,
    by: str,
    horizon_days: float | None = None,
    reference: str | None = None,
    definitions: Definitions = TEXTBOOK,
) -> Contrast:
    """Compare the restricted mean days to resolution of strata [1]_.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        As for `resolution_curve`, with `entry_days` and `weight`.
    by : name of the column that splits the episodes
    horizon_days : float, optional
        Days after which everybody is cut; by default `rmst_months` of the definitions.
    reference : str, optional
        Stratum that the others are held against; by default the first.
    definitions : Definitions
        Confidence, horizon, episodes used.

    Returns
    -------
    Contrast
        Difference of the means, their ratio, and the ratio of the mean days lost (horizon minus
        mean), with limits and p as survRM2 gives them: normal, ratios on the log scale.

    Raises
    ------
    BadDefinition
        The horizon is not above 0, or there is no such reference.
    BadFrame
        As for `resolution_curve`.
    EmptyStratum
        There is one stratum only, or follow-up of one ends before the horizon with some unresolved.

    References
    ----------
    .. [1] Uno et al. 2014, doi:10.1200/JCO.2014.55.2208; R package survRM2.

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [1, 3, 5, 7], "is_resolved": [True] * 4, "arm": ["a", "b"] * 2})
    >>> restricted_mean_difference(rows, by="arm", horizon_days=5).table["value"][0]
    1.0
    """
    horizon = definitions.rmst_months * DAYS_PER_MONTH if horizon_days is None else float(horizon_days)
    split, fits, name_of_reference = _fitted(follow_up, by, horizon, "horizon_days", reference, definitions)
    mean = {name: fit.curve.restricted_mean(horizon) for name, fit in fits.items()}
    error = {name: fit.restricted_mean_error(horizon) for name, fit in fits.items()}
    rows: list[Row] = []
    for name in _others(fits, name_of_reference):
        pair = (name, name_of_reference)
        lost = {stratum: horizon - mean[stratum] for stratum in pair}
        labels: Row = {"stratum": name, "reference": name_of_reference}
        gap = mean[name] - mean[name_of_reference]
        both = float(np.hypot(error[name], error[name_of_reference]))
        rows.append(labels | _wald("difference", gap, both, "days", definitions))
        for quantity, of in (("ratio", mean), ("ratio_of_lost", lost)):
            rows.append(
                labels | _ratio(quantity, [of[s] for s in pair], [error[s] for s in pair], definitions)
            )
    return Contrast(
        what=f"restricted mean days to resolution over {horizon:g} days, by {by}",
        table=table_of(rows),
        values=pl.DataFrame(
            {"stratum": list(fits), "value": list(mean.values()), "error": list(error.values())}
        ),
        definitions=definitions,
        assumptions=_assumptions(split, fits, "Normal limits, those of ratios on the log scale (survRM2)."),
    )


def share_difference(
    follow_up: pl.DataFrame,
    *,
    by: str,
    day: float,
    scale: str = "log-log",
    reference: str | None = None,
    definitions: Definitions = TEXTBOOK,
) -> Contrast:
    """Compare the share unresolved on one day between strata [1]_.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        As for `resolution_curve`, with `entry_days` and `weight`.
    by : name of the column that splits the episodes
    day : float
        Days since the origin, fixed before the data were seen; the value of the steps is read.
    scale : {"log-log", "plain", "log", "logit", "arcsine"}
        Scale on which shares are tested.
    reference : str, optional
        Stratum that the others are held against; by default the first.
    definitions : Definitions
        Confidence, episodes used.

    Returns
    -------
    Contrast
        p is that of the scale, without value where a share is 0 or 1. Limits of the difference
        are Wald's on the plain scale; on others they are put together from the limits of both
        shares [2]_, which keeps them within −1 and 1. `statistic` tests all strata at once.

    Raises
    ------
    BadDefinition
        The day is not above 0, or there is no such scale or reference.
    BadFrame
        As for `resolution_curve`.
    EmptyStratum
        There is one stratum only, or follow-up of one ends before the day with some unresolved.

    References
    ----------
    .. [1] Klein et al. 2007, doi:10.1002/sim.2864.
    .. [2] Zou and Donner 2008, doi:10.1002/sim.3095.

    Examples
    --------
    >>> rows = pl.DataFrame({"exit_days": [1, 3, 5, 7], "is_resolved": [True] * 4, "arm": ["a", "b"] * 2})
    >>> share_difference(rows, by="arm", day=2).table["value"].to_list()
    [0.5]
    """
    if scale not in LIMITS:
        raise BadDefinition("scale", scale, f"must be one of {', '.join(LIMITS)}")
    split, fits, name_of_reference = _fitted(follow_up, by, float(day), "day", reference, definitions)
    share = np.array([float(fit.curve.value(day)) for fit in fits.values()])
    spread = np.array([float(fit.curve.read(fit.log_variance, day, before=0)) for fit in fits.values()])
    spread = np.where(share > 0, spread, 0.0)
    height, error = _on_scale(share, np.sqrt(spread), scale)
    lower, upper = limits_of(share, spread, scale=scale, confidence=definitions.confidence)
    names = list(fits)
    b = names.index(name_of_reference)
    rows: list[Row] = []
    for a in (place for place in range(len(names)) if place != b):
        gap, both = share[a] - share[b], float(np.hypot(error[a], error[b]))
        row = _wald("difference", gap, both, "share", definitions)
        if scale != "plain":
            row["lower"] = gap - np.hypot(share[a] - lower[a], upper[b] - share[b])
            row["upper"] = gap + np.hypot(upper[a] - share[a], share[b] - lower[b])
        row["p"] = _two_sided(height[a] - height[b], both)
        rows.append({"stratum": names[a], "reference": name_of_reference} | row)
    statistic = _overall(height, error)
    df = len(names) - 1
    return Contrast(
        what=f"share unresolved on day {day:g}, by {by}, tested on the {scale} scale",
        table=table_of(rows),
        values=pl.DataFrame({"stratum": names, "value": share, "error": share * np.sqrt(spread)}),
        definitions=definitions,
        assumptions=_assumptions(
            split, fits, f"Tested on the {scale} scale; the day was chosen before the data were seen."
        ),
        statistic=statistic,
        degrees_of_freedom=None if statistic is None else df,
        p_value=None if statistic is None else float(chi2.sf(statistic, df)),
    )


def _fitted(
    follow_up: pl.DataFrame, by: str, day: float, what: str, reference: str | None, definitions: Definitions
) -> tuple[Strata, dict[str, KaplanMeier], str]:
    if not (np.isfinite(day) and day > 0):
        raise BadDefinition(what, day, "must be above 0")
    columns = ["exit_days", "is_resolved"]
    split = strata_of(follow_up, by=by, definitions=definitions, columns=columns, is_weighted=True)
    refuse_one_stratum(split)
    if reference is not None and reference not in split.rows:
        raise BadDefinition("reference", reference, f"must be one of {', '.join(split.rows)}")
    fits = {name: kaplan_meier(rows) for name, rows in split.rows.items()}
    for name, fit in fits.items():
        if fit.curve.is_beyond(day):
            raise EmptyStratum(
                name, f"its follow-up ends before day {day:g} with some unresolved; choose an earlier day"
            )
        if fit.curve.start >= day:
            raise EmptyStratum(name, f"its curve starts on or after day {day:g}; choose a later day")
    return split, fits, reference or next(iter(fits))


def _others(fits: dict[str, KaplanMeier], reference: str) -> list[str]:
    return [name for name in fits if name != reference]


def _wald(quantity: str, value: float, error: float, unit: str, definitions: Definitions) -> Row:
    margin = normal_quantile(definitions.confidence) * error
    return {
        "quantity": quantity,
        "value": value,
        "lower": value - margin,
        "upper": value + margin,
        "p": _two_sided(value, error),
        "unit": unit,
    }


def _ratio(quantity: str, values: list[float], errors: list[float], definitions: Definitions) -> Row:
    if not min(values) > 0:
        return {"quantity": quantity, "value": None, "lower": None, "upper": None, "p": None, "unit": "ratio"}
    height = float(np.log(values[0] / values[1]))
    error = float(np.hypot(errors[0] / values[0], errors[1] / values[1]))
    row = _wald(quantity, height, error, "ratio", definitions)
    return row | {name: float(np.exp(row[name])) for name in ("value", "lower", "upper")}  # type: ignore[call-overload]


def _two_sided(gap: float, error: float) -> float | None:
    return float(chi2.sf((gap / error) ** 2, 1)) if error > 0 and np.isfinite(gap) else None


def _on_scale(share: Floats, error: Floats, scale: str) -> tuple[Floats, Floats]:
    """Put shares, and the standard error of their logarithm, on a scale."""
    with np.errstate(divide="ignore", invalid="ignore"):
        height, slope = {
            "plain": (share, share),
            "log": (np.log(share), np.ones_like(share)),
            "log-log": (np.log(-np.log(share)), 1 / np.abs(np.log(share))),
            "logit": (np.log(share / (1 - share)), 1 / (1 - share)),
            "arcsine": (np.arcsin(np.sqrt(share)), np.sqrt(share / (1 - share)) * (1 / 2)),
        }[scale]
        return height, slope * error


def _overall(height: Floats, error: Floats) -> float | None:
    """Test equality of all heights: their weighted sum of squares about the weighted mean."""
    if not (np.isfinite(height).all() and np.isfinite(error).all() and (error > 0).all()):
        return None
    weight = 1 / error**2
    return float(weight @ (height - weight @ height / weight.sum()) ** 2)


def _assumptions(split: Strata, fits: dict[str, KaplanMeier], said: str) -> tuple[str, ...]:
    starts = [
        line for name, fit in fits.items() for line in start_in_words(name, fit.curve.start, fit.n_set_aside)
    ]
    return (
        *split.assumptions,
        *starts,
        "The end of observation has nothing to do with resolution (independent censoring).",
        *siblings_in_words(split.rows),
        said,
    )
