"""Incidence of resolution and of what competes with it: which share comes to each end, and when."""

import numpy as np
import polars as pl

from ain_analytics.aalen_johansen import AalenJohansen, aalen_johansen
from ain_analytics.curve_result import start_in_words
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition, EmptyStratum
from ain_analytics.gray_test import GrayTest, gray_test
from ain_analytics.incidence_result import IncidenceCurve
from ain_analytics.schema.frames import types_of
from ain_analytics.schema.incidence import IncidenceSteps, IncidenceSummary
from ain_analytics.step_curve import LIMITS, Floats, limits_of
from ain_analytics.strata import strata_of

__all__ = ["IncidenceCurve", "incidence_curve"]

RESOLVED = "resolved"
COMPETING = ("competing_event", "competing_days")
IS_EARLY = (
    pl.col("end").is_not_null() & ~pl.col("is_resolved") & (pl.col("exit_days") <= pl.col("entry_days"))
)
"""What competes came before the episode was at risk; other ends on or before the entry are refused."""


def incidence_curve(
    follow_up: pl.DataFrame,
    *,
    by: str | None = None,
    definitions: Definitions = TEXTBOOK,
    limits: str = "log",
) -> IncidenceCurve:
    """Aalen–Johansen estimate [1]_ of the share of episodes that comes to each end.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame with `exit_days` and `is_resolved`; where present, `competing_event` (null: none),
        `competing_days` (null: on the day of exit), `entry_days`, `is_usable` and `episode_number` are
        heeded. At risk on day t are episodes with entry < t ≤ exit.
    by : name of a column that splits the episodes, optional
    definitions : Definitions
        Confidence, months of the report, episodes used.
    limits : {"log", "log-log", "logit", "plain", "arcsine"}
        Scale on which limits are made; the default is that of R's `survfit` with several ends.

    Returns
    -------
    IncidenceCurve
        Shares, errors and limits as R's `survfit` gives them for several states (delta method; cmprsk's
        errors are a little larger). Strata are compared by Gray's test, one end at a time, where nobody
        enters late.

    Raises
    ------
    BadDefinition
        The scale is none of those.
    BadFrame
        A column is missing or not of whole days, or an episode has no time at risk.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Aalen and Johansen 1978, Scand. J. Stat. 5:141–150.

    Examples
    --------
    >>> follow_up = pl.DataFrame(
    ...     {
    ...         "exit_days": [100, 200, 300, 400],
    ...         "is_resolved": [True, False, True, False],
    ...         "competing_event": [None, "death", None, None],
    ...     }
    ... )
    >>> incidence_curve(follow_up).steps.filter(end="resolved")["incidence"].to_list()
    [0.0, 0.25, 0.25, 0.5, 0.5]
    """
    if limits not in LIMITS:
        raise BadDefinition("limits", limits, f"must be one of {', '.join(LIMITS)}")
    others = [name for name in COMPETING if name in follow_up.columns]
    strata = strata_of(
        follow_up, by=by, definitions=definitions, columns=["exit_days", "is_resolved"], others=others
    )
    ended = {name: _with_ends(rows) for name, rows in strata.rows.items()}
    rows = {name: frame.filter(~IS_EARLY) for name, frame in ended.items()}
    empty = next((name for name, frame in rows.items() if frame.is_empty()), None)
    if empty is not None:
        raise EmptyStratum(empty, "every competing event came on or before the day of entry.")
    ends = _ends(list(rows.values()))
    fits = {name: aalen_johansen(frame, ends) for name, frame in rows.items()}
    is_late = any((frame["entry_days"] > 0).any() for frame in rows.values())
    tests = () if len(rows) < 2 or is_late else tuple(_tests(rows, ends))
    n_early = sum(frame.height for frame in ended.values()) - sum(frame.height for frame in rows.values())
    return IncidenceCurve(
        steps=pl.concat([_steps(name, fit, ends, limits, definitions) for name, fit in fits.items()]),
        summary=pl.concat([_summary(name, fit, ends, limits, definitions) for name, fit in fits.items()]),
        definitions=definitions,
        by=by,
        tests=tests,
        assumptions=(
            *strata.assumptions,
            *(
                [f"{n_early} episodes whose competing event came on or before the day of entry are left out."]
                if n_early
                else []
            ),
            *(
                line
                for name, fit in fits.items()
                for line in start_in_words(name, fit.all_ends.curve.start, fit.all_ends.n_set_aside)
            ),
            *_in_words(ends, limits, definitions),
            *_tests_in_words(len(rows), is_late=is_late, n_tests=len(tests)),
        ),
    )


def _with_ends(rows: pl.DataFrame) -> pl.DataFrame:
    """Name what each episode came to, and let it end on that day."""
    if COMPETING[0] not in rows.columns:
        rows = rows.with_columns(competing_event=pl.lit(None, pl.String))
    if COMPETING[1] not in rows.columns:
        rows = rows.with_columns(competing_days=pl.lit(None, pl.Int32))
    event = pl.when(~pl.col("is_resolved")).then(pl.col("competing_event").cast(pl.String))
    day = pl.when(event.is_not_null()).then("competing_days")
    return rows.with_columns(
        end=pl.when("is_resolved").then(pl.lit(RESOLVED)).otherwise(event),
        exit_days=pl.coalesce(day, "exit_days"),
    )


def _ends(strata: list[pl.DataFrame]) -> list[str]:
    found = sorted({end for rows in strata for end in rows["end"].drop_nulls().unique()} - {RESOLVED})
    return [RESOLVED, *found]


def _tests(rows: dict[str, pl.DataFrame], ends: list[str]) -> list[GrayTest]:
    return [test for end in ends if (test := gray_test(rows, end)) is not None]


def _limits(fit: AalenJohansen, place: int, scale: str, definitions: Definitions) -> tuple[Floats, Floats]:
    share = fit.incidence[:, place]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_variance = np.where(share > 0, fit.variance[:, place] / share**2, np.inf)
    return limits_of(share, log_variance, scale=scale, confidence=definitions.confidence)


def _steps(
    stratum: str, fit: AalenJohansen, ends: list[str], scale: str, definitions: Definitions
) -> pl.DataFrame:
    frames = []
    for place, end in enumerate(ends):
        lower, upper = _limits(fit, place, scale, definitions)
        columns = {
            "days": fit.all_ends.curve.days, "incidence": fit.incidence[:, place],
            "standard_error": np.sqrt(fit.variance[:, place]), "lower": lower, "upper": upper,
            "n_at_risk": fit.all_ends.n_at_risk, "n_events": fit.n_events[:, place],
        }  # fmt: skip
        frames.append(pl.DataFrame(columns, nan_to_null=True).with_columns(end=pl.lit(end)))
    frame = pl.concat(frames).with_columns(definition=pl.lit(definitions.name), stratum=pl.lit(stratum))
    return IncidenceSteps.validate(frame.select(IncidenceSteps.column_names()), cast=True)


def _summary(
    stratum: str, fit: AalenJohansen, ends: list[str], scale: str, definitions: Definitions
) -> pl.DataFrame:
    curve, rows = fit.all_ends.curve, []
    for place, end in enumerate(ends):
        read = [fit.incidence[:, place], *_limits(fit, place, scale, definitions)]
        for months in definitions.report_months:
            day = months * DAYS_PER_MONTH
            notes = ["beyond_follow_up"] if curve.is_beyond(day) else []
            notes += [f"conditional_on_day_{curve.start:.0f}"] if curve.start > 0 else []
            shares = [
                np.nan if curve.is_beyond(day) else float(curve.read(of, day, before=0.0)) for of in read
            ]
            rows.append(
                {
                    "end": end,
                    "months": months,
                    "n_events": int(fit.n_events[:, place].sum()),
                    **dict(zip(("incidence", "lower", "upper"), shares, strict=True)),
                    "note": "; ".join(notes) or None,
                }
            )
    n = int(fit.n_events.sum() + fit.n_censored.sum())
    labels = {"definition": definitions.name, "stratum": stratum, "n": n}
    frame = pl.DataFrame([labels | row for row in rows], schema=types_of(IncidenceSummary)).with_columns(
        pl.col("incidence", "lower", "upper").fill_nan(None)
    )
    return IncidenceSummary.validate(frame, cast=True)


def _in_words(ends: list[str], scale: str, definitions: Definitions) -> list[str]:
    others = ", ".join(ends[1:])
    return [
        f"Ends that compete with the resolution: {others or 'none in these episodes'}. Each share is that of "
        "all episodes, so the shares and that of no end add up to one; one minus a Kaplan–Meier curve that "
        "takes the others for censoring is larger than the share.",
        "The end of observation has nothing to do with any end (independent censoring).",
        "Until its competing event a child is taken to be unresolved, others are followed to their last "
        "unresolved count only, so the share of what competes is rather too high.",
        f"Limits at {100 * definitions.confidence:g} % on the {scale} scale, variance by the delta method.",
    ]


def _tests_in_words(n_strata: int, *, is_late: bool, n_tests: int) -> list[str]:
    if n_strata < 2:
        return []
    if is_late:
        return ["No Gray's test: it is not defined where episodes enter late."]
    if n_tests == 0:
        return ["No Gray's test: on no day with an end were all strata at risk."]
    return ["Gray's test of each end by itself; p values are not adjusted for their number."]
