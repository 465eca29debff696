"""Kaplan–Meier curves of the time to resolution."""

import polars as pl

from ain_analytics.curve_result import (
    Limits,
    ResolutionCurve,
    start_in_words,
    steps_frame,
    summary_frame,
    summary_rows,
)
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.kaplan_meier import KaplanMeier, kaplan_meier, reversed_roles
from ain_analytics.log_rank import log_rank
from ain_analytics.row_weights import has_sampling_weights
from ain_analytics.simultaneous_bands import BAND_SCALES, BANDS, band_frame, band_in_words
from ain_analytics.step_curve import LIMITS, QUANTILE_RULES, QUARTILES, Floats, limits_of, normal_quantile
from ain_analytics.strata import siblings_in_words, strata_of

__all__ = ["ResolutionCurve", "resolution_curve"]

ESTIMATOR = "kaplan_meier"
SAMPLED = (
    "Sampling weights: shares are of the population, numbers of the episodes seen; the variance is robust, "
    "by the infinitesimal jackknife, with the episodes of one child taken together. No test is made.",
)


def resolution_curve(
    follow_up: pl.DataFrame,
    *,
    by: str | None = None,
    definitions: Definitions = TEXTBOOK,
    limits: str = "log",
    quantile_rule: str = "middle",
    bands: str | None = None,
    band_scale: str = "log-log",
    band_days: tuple[float, float] | None = None,
) -> ResolutionCurve:
    """Kaplan–Meier estimate [1]_ of the share of episodes not yet resolved.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame with `exit_days` and `is_resolved`; where present, `entry_days`
        (null: from day zero), `is_usable` and `episode_number` are heeded. At risk on day t
        are episodes with entry < t ≤ exit. A column `weight` of whole numbers says how many
        equal episodes a row stands for (see `counts_of`); one of decimals holds sampling
        weights: limits are then robust (infinitesimal jackknife, as R's `survfit` gives them),
        the episodes of one `patient_id` are taken together, numbers at risk count the episodes
        that were seen, and there is no test.
    by : name of a column that splits the episodes, optional
    definitions : Definitions
        Confidence, months of the report, horizon of the restricted mean, episodes used.
    limits : {"log", "log-log", "logit", "plain", "arcsine"}
        Scale on which limits are made from Greenwood's variance; the default is R's.
    quantile_rule : {"middle", "first"}
        Where the curve lies exactly on a quantile for a while: the middle of that while, as R
        does, or its first day, as lifelines does; both with R's tolerance for equality.
    bands : {"equal precision", "hall-wellner"}, optional
        Simultaneous band that holds the whole curve over `band_days` with the confidence of the
        definitions; its critical value is computed, not looked up.
    band_scale : {"log-log", "plain", "arcsine"}
        Scale on which the band is made.
    band_days : first and last day, optional
        By default from the first resolution to the last one that leaves somebody at risk.

    Returns
    -------
    ResolutionCurve
        Numbers as R's `survfit`, `quantile` and `survdiff` give them; `test` is the
        log-rank test where there are several strata. The restricted mean has the limits of
        survRM2: its estimate plus or minus so many standard errors.

    Raises
    ------
    BadFrame
        A column is missing or not of whole days, or an episode has no time at risk.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Kaplan and Meier 1958, doi:10.1080/01621459.1958.10501452.

    Examples
    --------
    >>> follow_up = pl.DataFrame({"exit_days": [100, 200, 300, 400], "is_resolved": [True] * 4})
    >>> resolution_curve(follow_up).value("median")[0]
    250.0
    """
    if limits not in LIMITS:
        raise BadDefinition("limits", limits, f"must be one of {', '.join(LIMITS)}")
    if bands is not None and bands not in BANDS:
        raise BadDefinition("bands", bands, f"must be one of {', '.join(BANDS)}")
    if band_scale not in BAND_SCALES:
        raise BadDefinition("band_scale", band_scale, f"must be one of {', '.join(BAND_SCALES)}")
    if quantile_rule not in QUANTILE_RULES:
        raise BadDefinition("quantile_rule", quantile_rule, f"must be one of {', '.join(QUANTILE_RULES)}")
    strata = strata_of(
        follow_up, by=by, definitions=definitions, columns=["exit_days", "is_resolved"], is_weighted=True
    )
    fits = {name: kaplan_meier(rows, quantile_rule=quantile_rule) for name, rows in strata.rows.items()}
    bands_of = (
        None
        if bands is None
        else band_frame(fits, kind=bands, scale=band_scale, confidence=definitions.confidence, days=band_days)
    )
    is_sampled = any(has_sampling_weights(rows) for rows in strata.rows.values())
    test = log_rank(strata.rows) if len(fits) > 1 and not is_sampled else None
    labels: dict[str, object] = {"definition": definitions.name, "estimator": ESTIMATOR}
    summary = [
        labels | {"stratum": name} | row
        for name, rows in strata.rows.items()
        for row in _summary(rows, fits[name], limits, definitions)
    ]
    return ResolutionCurve(
        steps=pl.concat(
            [
                _steps(fit, _band(fit, limits, definitions), labels | {"stratum": name})
                for name, fit in fits.items()
            ]
        ),
        summary=summary_frame(summary),
        definitions=definitions,
        by=by,
        test=test,
        bands=bands_of,
        assumptions=(
            *strata.assumptions,
            *(
                line
                for name, fit in fits.items()
                for line in start_in_words(name, fit.curve.start, fit.n_set_aside)
            ),
            "The end of observation has nothing to do with resolution (independent censoring).",
            *(SAMPLED if is_sampled else siblings_in_words(strata.rows)),
            f"Limits at {100 * definitions.confidence:g} % on the {limits} scale, "
            f"{'the robust' if is_sampled else 'Greenwood’s'} variance; "
            "undefined where all have resolved. Other scales: "
            f"{', '.join(name for name in LIMITS if name != limits)}.",
            QUANTILE_RULES[quantile_rule],
            *(band_in_words(bands_of, bands, band_scale) if bands_of is not None and bands else []),
            *_test_in_words(0 if is_sampled else len(fits), is_tested=test is not None),
        ),
    )


def _band(fit: KaplanMeier, scale: str, definitions: Definitions) -> tuple[Floats, Floats]:
    return limits_of(fit.curve.unresolved, fit.log_variance, scale=scale, confidence=definitions.confidence)


def _steps(fit: KaplanMeier, band: tuple[Floats, Floats], labels: dict[str, object]) -> pl.DataFrame:
    counts: dict[str, object] = {
        "n_at_risk": fit.n_at_risk,
        "n_resolved": fit.n_resolved,
        "n_censored": fit.n_censored,
    }
    return steps_frame(fit.curve, band, labels | counts)


def _summary(
    rows: pl.DataFrame, fit: KaplanMeier, scale: str, definitions: Definitions
) -> list[dict[str, object]]:
    """Describe the curve, and with it how long observation was (reverse Kaplan–Meier)."""
    of_observation = _described(
        kaplan_meier(reversed_roles(rows), quantile_rule=fit.curve.quantile_rule), scale, definitions
    )
    median = next(row for row in of_observation if row["quantity"] == "median")
    return [*_described(fit, scale, definitions), median | {"quantity": "follow_up_median"}]


def _described(fit: KaplanMeier, scale: str, definitions: Definitions) -> list[dict[str, object]]:
    return summary_rows(
        fit.curve,
        n=int(fit.n_resolved.sum() + fit.n_censored.sum()),
        n_resolved=int(fit.n_resolved.sum()),
        limits=_quantity_limits(fit, _band(fit, scale, definitions), definitions),
        definitions=definitions,
    )


def _quantity_limits(fit: KaplanMeier, band: tuple[Floats, Floats], definitions: Definitions) -> Limits:
    """Invert the limits of the curve for those of quantiles, and read them for those of shares."""
    curve, (lower, upper) = fit.curve, band
    limits = {
        name: (
            curve.crossing(lower, share),
            curve.crossing(upper, share),
        )
        for name, share in QUARTILES.items()
    }
    for months in definitions.report_months:
        day = months * DAYS_PER_MONTH
        limits[f"unresolved_at_{months}_months"] = (
            float(curve.read(lower, day)),
            float(curve.read(upper, day)),
        )
    horizon = definitions.rmst_months * DAYS_PER_MONTH
    margin = normal_quantile(definitions.confidence) * fit.restricted_mean_error(horizon)
    mean = curve.restricted_mean(horizon)
    limits[f"rmst_{definitions.rmst_months}_months"] = (mean - margin, mean + margin)
    return limits


def _test_in_words(n_strata: int, *, is_tested: bool) -> list[str]:
    if n_strata < 2:
        return []
    if not is_tested:
        return ["No log-rank test: on no day with a resolution were two strata at risk."]
    return ["Log-rank test over all episodes of every stratum, with their days of entry."]
