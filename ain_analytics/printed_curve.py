"""A printed curve and its numbers at risk, read and cleaned, with what was changed."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from polars.exceptions import PolarsError

from ain_analytics.definition_checks import refuse_unless_whole
from ain_analytics.definitions import DAYS_PER_MONTH
from ain_analytics.errors import BadDefinition, BadFrame, ImpossibleCurve
from ain_analytics.possible_data import Point
from ain_analytics.step_curve import Floats

CURVE, AT_RISK = ("time_months", "survival"), ("time_months", "n_at_risk")
MOST_DIGITS = 6
HALF = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class PrintedCurve:
    """What is printed, after day zero, and how exactly.

    Parameters
    ----------
    days, unresolved : arrays
        As printed, in order; unresolved may rise by noise.
    cleaned : array
        The same without noise: never rising, within the error.
    error : float
        The truth lies no further from what is printed.
    risk_days, n_at_risk : arrays
    at_risk_step : int
        Numbers at risk are rounded down to multiples of it.
    changes : tuple of str
        What was changed, in words.
    """

    days: Floats
    unresolved: Floats
    cleaned: Floats
    error: float
    risk_days: Floats
    n_at_risk: Floats
    at_risk_step: int
    changes: tuple[str, ...]

    def points(self) -> list[Point]:
        """Give the points in order; on one day a number at risk comes before the curve."""
        lower = np.clip(self.unresolved - self.error, 0, 1)
        upper = np.clip(self.unresolved + self.error, 0, 1)
        room = self.at_risk_step - 1
        at_risk = [
            Point(float(day), is_at_risk=True, lower=float(n), upper=float(n + room))
            for day, n in zip(self.risk_days, self.n_at_risk, strict=True)
        ]
        curve = [
            Point(float(day), is_at_risk=False, lower=float(low), upper=float(high))
            for day, low, high in zip(self.days, lower, upper, strict=True)
        ]
        begin = Point(0.0, is_at_risk=False, lower=1.0, upper=1.0)
        return sorted([*at_risk, begin, *curve], key=lambda point: (point.days, not point.is_at_risk))


def printed_curve(
    curve: pl.DataFrame | Path | str,
    at_risk: pl.DataFrame | Path | str,
    *,
    digits: int | None,
    error: float | None,
    at_risk_step: int,
) -> PrintedCurve:
    """Read, order and clean a printed curve, or refuse it in one line."""
    refuse_unless_whole("at_risk_step", at_risk_step, 1)
    months, shares, said = _read(curve, CURVE, "printed curve")
    risk_months, n_at_risk, said_of_risk = _read(at_risk, AT_RISK, "table of numbers at risk")
    if ((shares < 0) | (shares > 1)).any():
        raise BadFrame("printed curve", "survival must be a share from 0 to 1; divide percents by 100")
    if (n_at_risk != np.floor(n_at_risk)).any() or (n_at_risk < 0).any():
        raise BadFrame("table of numbers at risk", "n_at_risk must be whole numbers from 0 up")
    if risk_months[0] != 0:
        raise BadFrame("table of numbers at risk", "the number at risk at time 0 is needed, and is missing")
    if (np.diff(n_at_risk) > 0).any():
        raise ImpossibleCurve(
            "the number at risk rises, as it does with delayed entry only, which is not handled"
        )
    if n_at_risk[0] < 1:
        raise ImpossibleCurve("nobody is at risk at time 0")
    margin = _margin(shares, digits, error)
    is_begin = months == 0
    if (np.abs(shares[is_begin] - 1) > margin).any():
        raise ImpossibleCurve("survival at time 0 is not 1")
    months, shares = months[~is_begin], shares[~is_begin]
    if months.size == 0:
        raise BadFrame("printed curve", "it has no point after time 0")
    cleaned, said_of_noise = _cleaned(shares, months, margin, is_rounded=error is None)
    is_kept = risk_months <= months[-1]
    if not is_kept.all():
        said_of_risk = (
            *said_of_risk,
            f"{int((~is_kept).sum())} number(s) at risk after the last point of the curve were left out.",
        )
    return PrintedCurve(
        days=months * DAYS_PER_MONTH,
        unresolved=shares,
        cleaned=cleaned,
        error=margin,
        risk_days=risk_months[is_kept] * DAYS_PER_MONTH,
        n_at_risk=n_at_risk[is_kept],
        at_risk_step=at_risk_step,
        changes=(*said, *said_of_risk, *said_of_noise),
    )


def _read(
    source: pl.DataFrame | Path | str, columns: tuple[str, str], what: str
) -> tuple[Floats, Floats, tuple[str, ...]]:
    """Take the two columns as numbers in order of time, one row for each time."""
    if not isinstance(source, pl.DataFrame):
        try:
            source = pl.read_csv(Path(source), infer_schema=False)
        except (OSError, PolarsError) as failed:
            raise BadFrame(what, "the file cannot be read as CSV") from failed
    missing = [name for name in columns if name not in source.columns]
    if missing:
        raise BadFrame(what, f"it lacks the column(s) {', '.join(missing)}")
    frame = source.select(pl.col(name).cast(pl.Float64, strict=False) for name in columns)
    if frame.is_empty():
        raise BadFrame(what, "it has no row")
    time, value = columns
    is_number = pl.col(time).is_finite() & pl.col(value).is_finite()
    if not frame.select(is_number.fill_null(value=False).all()).item():
        raise BadFrame(what, "a cell is empty or no number")
    if frame.select((pl.col(time) < 0).any()).item():
        raise BadFrame(what, "a time is negative")
    said = []
    if not frame[time].is_sorted():
        said.append(f"The rows of the {what} were put in order of time.")
    once = frame.group_by(time).agg(pl.col(value).min()).sort(time)
    if once.height < frame.height:
        said.append(
            f"{frame.height - once.height} row(s) of the {what} with a time that another row has were left "
            "out; the smallest value of each time was kept."
        )
    return once[time].to_numpy(), once[value].to_numpy(), tuple(said)


def _margin(shares: Floats, digits: int | None, error: float | None) -> float:
    """Give half of the last printed digit, or the error that was said."""
    if error is not None:
        if not 0 <= error < HALF:
            raise BadDefinition("error", error, "must lie between 0 and 0.5")
        return error
    if digits is None:
        exact = (
            k
            for k in range(1, MOST_DIGITS)
            if np.allclose(shares, np.round(shares, k), rtol=0, atol=10.0**-MOST_DIGITS / 10)
        )
        digits = next(exact, MOST_DIGITS)
    if isinstance(digits, bool) or not isinstance(digits, int) or not 1 <= digits <= MOST_DIGITS:
        raise BadDefinition("digits", digits, f"must be a whole number from 1 to {MOST_DIGITS}")
    return float(HALF * 10.0**-digits)


def _cleaned(
    shares: Floats, months: Floats, margin: float, *, is_rounded: bool
) -> tuple[Floats, tuple[str, ...]]:
    """Make the curve fall, within its error; refuse one that cannot."""
    highest = np.minimum.accumulate(np.clip(shares + margin, 0, 1))
    lowest = np.maximum.accumulate(np.clip(shares - margin, 0, 1)[::-1])[::-1]
    if is_rounded and (np.diff(shares) > 0).any():
        raise ImpossibleCurve(
            f"survival rises at month {months[1:][np.diff(shares) > 0][0]:g}; if it was read off a figure, "
            "say how exactly: error=0.01"
        )
    rises = lowest > highest + 10.0**-MOST_DIGITS / 10
    if rises.any():
        raise ImpossibleCurve(
            f"survival rises by more than its error ({margin:g}) "
            f"up to month {months[np.flatnonzero(rises)[-1]]:g}"
        )
    cleaned = np.minimum.accumulate(np.clip(shares, lowest, highest))
    changed = np.abs(cleaned - shares)
    n_changed = int((changed > 10.0**-MOST_DIGITS / 10).sum())
    said = (
        f"{n_changed} of {len(shares)} points of the curve were moved so that it never rises; the largest "
        f"change is {changed.max():.4f}."
    )
    return cleaned, (said,) if n_changed else ()
