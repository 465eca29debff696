"""Individual data from a published Kaplan–Meier curve, as an estimate and as bounds."""

from pathlib import Path

import numpy as np
import polars as pl

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.curves import resolution_curve
from ain_analytics.definition_checks import refuse_unless_whole
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadDefinition
from ain_analytics.guyot import HALF, NEXT, Individuals, individuals
from ain_analytics.possible_data import Possible, possible_data
from ain_analytics.printed_curve import PrintedCurve, printed_curve
from ain_analytics.reconstruction_result import Reconstruction
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.planning import PrintedPoints, ReconstructedRows, ReconstructionBounds
from ain_analytics.step_curve import QUARTILES, TOLERANCE, Floats

FALLS = ("at_points", "between")
Row = dict[str, object]


def reconstruct(
    curve: pl.DataFrame | Path | str,
    at_risk: pl.DataFrame | Path | str,
    *,
    n_resolved: int | None = None,
    digits: int | None = None,
    error: float | None = None,
    at_risk_step: int = 1,
    falls: str = "at_points",
    definitions: Definitions = TEXTBOOK,
) -> Reconstruction:
    """Turn a published Kaplan–Meier curve or table into individual data [1]_, and bound what it hides.

    Parameters
    ----------
    curve : frame or CSV file, one row per printed time
        `time_months` and `survival`, the share not yet resolved (0 to 1) just after that time: steps of a
        digitised curve, or a table.
    at_risk : frame or CSV file, one row per printed number at risk
        `time_months` and `n_at_risk`; time 0 is obligatory. At risk at a time are those who resolve or
        are censored at it or later, as R counts.
    n_resolved : int, optional
        All who resolved up to the last point of the curve, where the paper says it.
    digits : int, optional
        Decimals to which survival was rounded; by default as many as the values show.
    error : float, optional
        Half the width in which the true share lies, instead of rounding; 0.005 to 0.01 for a curve read
        off a figure.
    at_risk_step : int
        Numbers at risk were rounded down to multiples of it.
    falls : {"at_points", "between"}
        Days of resolutions in the estimate: `at_points`, on the day of a point, as Guyot has them, right
        where every step of the curve is given; `between`, spread evenly since the point before, right for a
        table with a few times. The bounds allow any day in between.
    definitions : Definitions
        Its `report_months` and `rmst_months` say what is bounded.

    Returns
    -------
    Reconstruction
        `table` is one data set that comes near to what is printed; `bounds` hold for every data set
        that prints the same. They are outer bounds: nothing outside is possible, not everything inside is.

    Raises
    ------
    BadFrame
        A column is missing, or holds what is no number, share or whole number.
    ImpossibleCurve
        The curve or the numbers at risk rise, or no data set gives both.
    BadDefinition
        A choice is none of those.
    NotEstimable
        More than 1,000 children are at risk on day zero; the bounds would take minutes.

    References
    ----------
    .. [1] Guyot et al. 2012, doi:10.1186/1471-2288-12-9. The bounds are our own (possible_data.py).

    Examples
    --------
    >>> curve = pl.DataFrame({"time_months": [6, 12, 24], "survival": [0.90, 0.50, 0.25]})
    >>> at_risk = pl.DataFrame({"time_months": [0, 12, 24], "n_at_risk": [20, 10, 4]})
    >>> found = reconstruct(curve, at_risk, falls="between")
    >>> [round(days / 30.4375) for days in found.bound("median")]
    [12, 6, 24]
    >>> resolution_curve(found.table).value("n")[0]
    20.0
    """
    if falls not in FALLS:
        raise BadDefinition("falls", falls, f"must be one of {', '.join(FALLS)}")
    if n_resolved is not None:
        refuse_unless_whole("n_resolved", n_resolved, 0)
    printed = printed_curve(curve, at_risk, digits=digits, error=error, at_risk_step=at_risk_step)
    possible = possible_data(printed.points(), n_resolved=n_resolved)
    inside = np.clip(printed.cleaned, possible.unresolved[1:, 0], possible.unresolved[1:, 1])
    made = individuals(
        printed.days,
        np.minimum.accumulate(inside),
        printed.risk_days,
        printed.n_at_risk,
        possible.n_censored,
        n_resolved=n_resolved,
        is_between=falls == "between",
    )
    table = _table(made)
    own = resolution_curve(table, definitions=definitions)
    points = _points(printed, possible, own, is_between=falls == "between")
    return Reconstruction(
        table=table,
        points=points,
        bounds=frame_of(
            ReconstructionBounds,
            [
                *_of_intervals(printed, possible, made, n_resolved),
                *_of_curve(points, own, definitions),
            ],
        ),
        curve=own,
        n=table.height,
        definitions=definitions,
        assumptions=_in_words(printed, made, n_resolved, falls),
    )


def _table(made: Individuals) -> pl.DataFrame:
    days = [*made.resolved, *made.censored]
    resolved = [True] * len(made.resolved) + [False] * len(made.censored)
    frame = pl.DataFrame({"exit_days": days, "is_resolved": resolved}).sort("exit_days", "is_resolved")
    return ReconstructedRows.validate(frame, cast=True)


def _points(
    printed: PrintedCurve, possible: Possible, own: ResolutionCurve, *, is_between: bool
) -> pl.DataFrame:
    days = np.append(0.0, printed.days)
    read = own.at(np.floor(days + (NEXT if is_between else HALF)).tolist())["unresolved"]
    frame = pl.DataFrame(
        {
            "days": days,
            "printed": np.append(1.0, printed.unresolved),
            "unresolved": read.fill_null(strategy="forward"),  # nobody is left after the last day
            "lower": np.clip(possible.unresolved[:, 0], 0, 1),
            "upper": np.clip(possible.unresolved[:, 1], 0, 1),
        }
    )
    return PrintedPoints.validate(frame, cast=True)


def _of_intervals(
    printed: PrintedCurve, possible: Possible, made: Individuals, n_resolved: int | None
) -> list[Row]:
    """Bound how many resolved and were censored from each number at risk to the next, and in all."""
    ends = np.append(printed.risk_days[1:], printed.days[-1])
    rows: list[Row] = []
    for place, (begin, end) in enumerate(zip(printed.risk_days, ends, strict=True)):
        is_last = place == len(ends) - 1
        if begin == end:  # the last point itself
            continue
        for name, counts, days in (
            ("n_resolved", possible.n_resolved, made.resolved),
            ("n_censored", possible.n_censored, made.censored),
        ):
            own = np.asarray(days, dtype=float)
            n = int(((own >= begin) & ((own <= end) if is_last else (own < end))).sum())
            if name == "n_censored" and is_last:
                n = min(n, int(counts[place, 1]))  # who is left at the end is censored there, or later
            rows.append(_row(name, begin, end, (counts[place, 0], n, counts[place, 1]), "children"))
    least, most = possible.n_resolved.sum(axis=0)
    if n_resolved is not None:
        least = most = n_resolved
    rows.append(
        _row("n_resolved_in_all", 0.0, printed.days[-1], (least, len(made.resolved), most), "children")
    )
    return rows


def _of_curve(points: pl.DataFrame, own: ResolutionCurve, definitions: Definitions) -> list[Row]:
    """Bound quantiles, shares and the restricted mean by the two outermost curves."""
    days, lower, upper = (points[name].to_numpy() for name in ("days", "lower", "upper"))
    last = float(days[-1])
    rows = []
    for name, share in QUARTILES.items():
        level = 1 - share
        may_reach = np.flatnonzero(lower <= level + TOLERANCE)
        must_pass = np.flatnonzero(upper < level - TOLERANCE)
        earliest = float(days[may_reach[0] - 1]) if may_reach.size else None
        latest = float(days[must_pass[0]]) if must_pass.size else None
        rows.append(_row(name, 0.0, last, (earliest, own.value(name)[0], latest), "days"))
    for months in definitions.report_months:
        day = months * DAYS_PER_MONTH
        if day <= last:
            name = f"unresolved_at_{months}_months"
            next_one = int(np.searchsorted(days, day, side="left"))
            here = int(np.searchsorted(days, day, side="right")) - 1
            rows.append(_row(name, 0.0, day, (lower[next_one], own.value(name)[0], upper[here]), "share"))
    horizon = definitions.rmst_months * DAYS_PER_MONTH
    if horizon <= last:
        name = f"rmst_{definitions.rmst_months}_months"
        areas = (_area(days, lower[1:], horizon), own.value(name)[0], _area(days, upper[:-1], horizon))
        rows.append(_row(name, 0.0, horizon, areas, "days"))
    return rows


def _area(days: Floats, heights: Floats, horizon: float) -> float:
    """Take the area under steps up to the horizon."""
    ends = np.minimum(days, horizon)
    return float(np.sum(heights * np.diff(ends)))


def _row(
    quantity: str,
    begin: float,
    end: float,
    values: tuple[float | None, float | None, float | None],
    unit: str,
) -> Row:
    least, estimate, most = (None if value is None else float(value) for value in values)
    return {
        "quantity": quantity, "from_days": float(begin), "to_days": float(end), "lower": least,
        "estimate": estimate, "upper": most, "unit": unit,
    }  # fmt: skip


def _in_words(
    printed: PrintedCurve, made: Individuals, n_resolved: int | None, falls: str
) -> tuple[str, ...]:
    said = [
        *printed.changes,
        "All are followed from day zero; a paper with delayed entry cannot be reconstructed so.",
        f"Printed shares lie within {printed.error:g} of the Kaplan–Meier estimate of the paper's data, and "
        "printed times are exact; bounds hold for every data set of which that is true and which has the "
        "printed numbers at risk.",
        "In the estimate children are censored evenly between two numbers at risk"
        + (
            "; after the last of them as many as meet the resolutions in all."
            if n_resolved is not None
            else ", after the last of them as many a day as before; whoever is left is censored at the last "
            "point."
        ),
        {
            "at_points": "Resolutions of the estimate are on the day of a printed point.",
            "between": "Resolutions of the estimate are spread evenly since the printed point before.",
        }[falls],
        "The rows are nobody's own: who resolved is not told by a curve, and no covariate can be had.",
    ]
    if printed.at_risk_step > 1:
        said.append(f"Numbers at risk are rounded down to multiples of {printed.at_risk_step}.")
    if made.n_missed:
        said.append(f"The estimate misses the printed numbers at risk by {made.n_missed} in all.")
    return tuple(said)
