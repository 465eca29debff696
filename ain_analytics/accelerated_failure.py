"""Accelerated failure time models: covariates stretch the time to resolution by a factor."""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from ain_analytics.aft_distributions import LAWS, Law
from ain_analytics.aft_likelihood import AftFit, Spans, fit
from ain_analytics.aft_result import AcceleratedFailure
from ain_analytics.cox_engine import Flags
from ain_analytics.cox_fit import inverse_of, unexplained
from ain_analytics.curve_result import finite
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, NotEstimable
from ain_analytics.kaplan_meier import refuse_no_time
from ain_analytics.regression_rows import (
    Chosen,
    Ratios,
    chosen_rows,
    ratio_rows,
    refuse_unexplained,
    test_row,
    tests_frame,
    wald_rows,
)
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.regression import RegressionParameters
from ain_analytics.step_curve import Floats, normal_quantile
from ain_analytics.strata import interval_days, refuse_empty_intervals

__all__ = ["AcceleratedFailure", "accelerated_failure"]

READ = {"interval": ("lower_days", "upper_days"), "exact": ("exit_days", "is_resolved")}
HOW_READ = {
    "interval": "An episode resolved after its last unresolved count and by its first normal one.",
    "exact": "The day on which a resolution was seen is taken for the day of resolution, which is too late.",
}


def accelerated_failure(
    follow_up: pl.DataFrame, covariates: Sequence[str] = (), *, distribution: str = "weibull",
    reading: str = "interval", cluster: str | None = None, reference: Mapping[str, str] | None = None,
    missing: str = "refuse", definitions: Definitions = TEXTBOOK,
) -> AcceleratedFailure:  # fmt: skip
    """Accelerated failure time model [1]_ from intervals (lower, upper], with delayed entry.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame with the columns of the reading; where present, `entry_days`, `is_usable`,
        `episode_number` and `patient_id` are heeded.
    covariates : names of columns, optional
        Numbers as they are; text, categories, true and false beside a reference level. Without any, the
        result is a parametric curve.
    distribution : {"weibull", "log_normal", "log_logistic", "generalised_gamma", "exponential"}
        Law of the time. The generalised gamma [2]_ holds Weibull's (shape 1), the log-normal (0) and the
        gamma law (shape = scale).
    reading : {"interval", "exact"}
        What is read: `lower_days` and `upper_days` (null: not seen to resolve), or `exit_days` and
        `is_resolved` as exact days.
    cluster : name of a column, optional
        Rows that belong together; errors are then robust. By default `patient_id`, where a child has
        several rows.
    reference : mapping, optional
        Column to the level that others are held against; else the most frequent one.
    missing : {"refuse", "drop"}
        What to do where a covariate is unknown. Drawing unknown ones is offered for Cox regression only.
    definitions : Definitions
        Confidence, episodes used.

    Returns
    -------
    AcceleratedFailure
        Time ratios with Wald's limits on the log scale; the maximum is that of R's `survreg`.

    Raises
    ------
    BadDefinition
        A choice is none of those.
    BadFrame
        A column is missing or of the wrong type, or an interval is empty.
    MissingCovariate
        A covariate is unknown in some episodes, and `missing` is "refuse".
    NotEstimable
        There is no resolution, a covariate does not vary, others explain it, or its ratio has no end.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Kalbfleisch and Prentice 2002, doi:10.1002/9781118032985, chapter 3.
    .. [2] Prentice 1974, doi:10.1093/biomet/61.3.539.

    Examples
    --------
    >>> import ain_analytics as ain
    >>> found = ain.accelerated_failure(followed, ["age_at_onset_days"], distribution="log_normal")
    >>> found.parameters["parameter"].to_list()
    ['intercept', 'scale']
    """
    if distribution not in LAWS:
        raise BadDefinition("distribution", distribution, f"must be one of {', '.join(LAWS)}")
    if reading not in READ:
        raise BadDefinition("reading", reading, f"must be one of {', '.join(READ)}")
    if missing == "impute":
        raise BadDefinition("missing", missing, "must be 'refuse' or 'drop' for this model")
    chosen = chosen_rows(
        follow_up, covariates, columns=READ[reading], strata=(), cluster=cluster,
        reference=reference, missing=missing, definitions=definitions,
    )  # fmt: skip
    entry, lower, upper = _days(chosen.rows, reading)
    is_resolved = np.isfinite(upper)
    last_day = float(max(lower.max(), upper[is_resolved].max(initial=0)))
    if not is_resolved.any():
        raise NotEstimable("time ratios", "no resolution was seen")
    _refuse_levels_without_end(chosen, is_resolved)
    x = chosen.design.matrix(chosen.rows)
    centre, spread = x.mean(axis=0), x.std(axis=0)
    scaled = (x - centre) / np.where(spread > 0, spread, 1)
    refuse_unexplained(chosen.design, unexplained(scaled.T @ scaled, x.shape[0]))
    middle = float(np.median(np.log(np.maximum(lower, 1))))
    with np.errstate(divide="ignore"):
        entry, lower, upper = (np.log(days) - middle for days in (entry, lower, upper))
    spans = Spans(entry, lower, upper, np.column_stack([np.ones(x.shape[0]), scaled]))
    law = LAWS[distribution]
    found = fit(law, spans)
    if found.runs_away:
        raise NotEstimable("time ratios", "the likelihood rises without end, or its maximum was not found")
    null = fit(law, Spans(spans.entry, spans.lower, spans.upper, spans.x[:, :1])) if covariates else found
    theta, naive, used = _on_days(found, chosen, centre, spread, middle)
    part = slice(1, 1 + x.shape[1])
    ratios = Ratios(
        theta[part], np.sqrt(np.diag(naive))[part], used[part, part], chosen.child is not None,
        np.full(x.shape[1], np.inf),
    )  # fmt: skip
    log_likelihood = found.log_likelihood - middle * float(np.sum(spans.is_exact))
    gain = 2 * (found.log_likelihood - null.log_likelihood)
    tests = [test_row("likelihood_ratio", "all", gain, x.shape[1]), *wald_rows(chosen.design, ratios)]
    return AcceleratedFailure(
        table=ratio_rows(
            chosen, is_resolved, ratios, model=distribution, kind="time_ratio", definitions=definitions
        ),
        parameters=_parameters(law, theta, used, distribution, definitions),
        tests=tests_frame(tests if covariates else []),
        definitions=definitions,
        design=chosen.design,
        distribution=distribution,
        theta=theta,
        covariance=used,
        log_likelihood=log_likelihood,
        akaike=2 * theta.size - 2 * log_likelihood,
        n=chosen.rows.height,
        n_resolved=int(is_resolved.sum()),
        last_day=last_day,
        assumptions=(*chosen.assumptions, *_in_words(found, reading, distribution, definitions)),
    )


def _days(rows: pl.DataFrame, reading: str) -> tuple[Floats, Floats, Floats]:
    """Give entry, last day unresolved and first day resolved; for exact days the last two are the same."""
    if reading == "exact":
        refuse_no_time(rows)
        entry, end = (rows[name].cast(pl.Float64).to_numpy() for name in ("entry_days", "exit_days"))
        return entry, end, np.where(rows["is_resolved"].to_numpy(), end, np.inf)
    refuse_empty_intervals(rows)
    return interval_days(rows)


def _refuse_levels_without_end(chosen: Chosen, is_resolved: Flags) -> None:
    """Refuse a level in which nobody was seen to resolve: its time ratio has no end."""
    for c in chosen.design.covariates:
        text = chosen.rows[c.column].cast(pl.String).to_numpy()
        if not all(is_resolved[text == level].any() for level in c.levels):
            raise NotEstimable(
                c.column, "in a level of it no resolution was seen, so its time ratio has no end; join levels"
            )


def _on_days(
    found: AftFit, chosen: Chosen, centre: Floats, spread: Floats, middle: float
) -> tuple[Floats, Floats, Floats]:
    """Give the parameters on days and unscaled terms, with their covariance by the model and the one used."""
    turn = np.eye(found.theta.size)
    places = 1 + np.arange(centre.size)
    turn[places, places] = 1 / spread
    turn[0, places] = -centre / spread
    theta = turn @ found.theta
    theta[0] += middle
    bread = inverse_of(found.information)
    with np.errstate(over="ignore", invalid="ignore"):
        naive = turn @ bread @ turn.T
    if not all(np.isfinite(part).all() and (np.diag(part) > 0).all() for part in (bread, naive)):
        raise NotEstimable(
            "time ratios", "the data do not tell every parameter of this law; take a simpler one"
        )
    if chosen.child is None:
        return theta, naive, naive
    by_child = np.column_stack([np.bincount(chosen.child, column) for column in found.scores.T]) @ bread
    return theta, naive, turn @ (by_child.T @ by_child) @ turn.T


def _parameters(
    law: Law, theta: Floats, covariance: Floats, model: str, definitions: Definitions
) -> pl.DataFrame:
    error = np.sqrt(np.diag(covariance))
    margin = normal_quantile(definitions.confidence) * error
    names = ["intercept", *(["scale"] if law.has_scale else []), *(["shape"] if law.has_shape else [])]
    places = [0, *range(theta.size - len(names) + 1, theta.size)]
    rows = []
    for name, i in zip(names, places, strict=True):
        value, lower, upper = (theta[i] + sign * margin[i] for sign in (0, -1, 1))
        with np.errstate(over="ignore"):
            ends = np.exp([value, lower, upper]) if name == "scale" else np.array([value, lower, upper])
        columns = dict(zip(("value", "lower", "upper"), map(finite, ends), strict=True))
        rows.append({"model": model, "parameter": name, "standard_error": float(error[i])} | columns)
    return frame_of(RegressionParameters, rows)


def _in_words(found: AftFit, reading: str, distribution: str, definitions: Definitions) -> list[str]:
    return [
        HOW_READ[reading],
        "A time ratio of 2 says that resolution takes twice as long: every quantile is twice as late.",
        f"The time of an episode with given covariates follows the law {distribution.replace('_', '-')}; "
        "beyond the last day of follow-up the curve rests on it alone. Laws are compared by the Akaike "
        "criterion of the same episodes and reading.",
        "Days of visits, and the end of observation, have nothing to do with resolution, given the "
        "covariates.",
        f"Limits at {100 * definitions.confidence:g} % are Wald's, of ratios, scales and days on the log "
        "scale, of shares on the log(−log) scale.",
        f"The slope of the likelihood at its maximum is {found.slope:.0e} per episode.",
    ]
