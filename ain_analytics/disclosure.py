"""What must not leave the house: small counts, what gives them back, and whatever names a child.

Pure functions from frames to frames. What is hidden is null.
"""

from collections.abc import Sequence
from itertools import accumulate

import polars as pl

from ain_analytics.errors import BadFrame
from ain_analytics.small_cells import HIDDEN, hide_small_cells

__all__ = [
    "drop_keys",
    "hide_comparison",
    "hide_small_cells",
    "hide_small_shares",
    "hide_small_steps",
    "thin_curve",
]

KEYS = ("patient_id", "file", "row_number", "specimen_key")
"""Columns that name a child or a row of the extract."""
STRATUM = ("definition", "estimator", "stratum")


def hide_small_steps(frame: pl.DataFrame, *, count: str, minimum_cell: int) -> pl.DataFrame:
    """Hide counts of nested groups, so that no two of those shown differ by a small number.

    Parameters
    ----------
    frame : one row per step
        Each step holds those of the step before, but for some who left.
    count : name of the column of counts
        The last is shown unless it is small, because curves and tables print it too.
    minimum_cell : int

    Returns
    -------
    polars.DataFrame
        Hidden counts are null; beside them stands `…_is_hidden`.

    Examples
    --------
    >>> left = pl.DataFrame({"n": [60, 58, 40, 40]})
    >>> hide_small_steps(left, count="n", minimum_cell=5)["n"].to_list()
    [None, 58, 40, 40]
    """
    _need(frame, [count])
    values = frame[count].to_list()
    shown: list[int] = []
    marks: list[bool] = []
    for value in reversed(values):
        steps = [value, *(abs(value - other) for other in shown)] if value is not None else []
        marks.append(any(0 < step < minimum_cell for step in steps))
        shown += [value] if value is not None and not marks[-1] else []
    hidden = pl.Series(f"{count}{HIDDEN}", marks[::-1], dtype=pl.Boolean)
    return frame.with_columns(hidden).with_columns(
        pl.when(~pl.col(hidden.name)).then(pl.col(count)).alias(count)
    )


def hide_small_shares(
    frame: pl.DataFrame,
    *,
    share: str,
    of: str,
    minimum_cell: int,
    whole: float = 1.0,
    also: Sequence[str] = (),
) -> pl.DataFrame:
    """Hide shares behind which, or behind whose rest, stands a small count.

    Parameters
    ----------
    frame : one row per share
    share, of : names of columns
        The share, and the count that it is a share of. Where that is null the share stays.
    minimum_cell : int
    whole : float
        What all are: 1 for shares, 100 for percentages.
    also : names of columns
        Hidden with the share, such as its limits.

    Returns
    -------
    polars.DataFrame
        Hidden shares are null; beside them stands `…_is_hidden`.

    Examples
    --------
    >>> rows = pl.DataFrame({"share": [0.5, 0.02, 0.98, 0.0], "n": [100, 100, 100, 100]})
    >>> hide_small_shares(rows, share="share", of="n", minimum_cell=5)["share"].to_list()
    [0.5, None, None, 0.0]
    """
    _need(frame, [share, of, *also])
    part = (pl.col(share) / whole * pl.col(of)).round()
    small = [_is_small(count, minimum_cell) for count in (part, pl.col(of) - part, pl.col(of))]
    mark = f"{share}{HIDDEN}"
    return frame.with_columns(pl.any_horizontal(small).fill_null(value=False).alias(mark)).with_columns(
        pl.when(~pl.col(mark)).then(pl.col(name)).alias(name) for name in (share, *also)
    )


def hide_comparison(comparison: pl.DataFrame, *, minimum_cell: int) -> pl.DataFrame:
    """Hide the own values of a comparison that rest on a small count, and the reasons that print them.

    Parameters
    ----------
    comparison : PublishedComparison, one row per figure
    minimum_cell : int

    Returns
    -------
    PublishedComparison
        The verdicts stay, their p-values do not.
    """
    is_percent = pl.col("unit").cast(pl.String) == "percent"
    n = pl.col("own_n")
    parts = [(pl.col(name) / 100 * n).round() for name in ("own", "better")]
    small_parts = [is_percent & _is_small(x, minimum_cell) for part in parts for x in (part, n - part)]
    hidden = pl.any_horizontal(_is_small(n, minimum_cell), *small_parts).fill_null(value=False)
    own = [f"{which}{end}" for which in ("own", "better") for end in ("", "_lower", "_upper")]
    said = (
        f"The value here is hidden, because fewer than {minimum_cell} children stand behind it or its rest."
    )
    return comparison.with_columns(
        *(pl.when(~hidden).then(pl.col(name)).alias(name) for name in [*own, "own_n", "p", "p_holm"]),
        pl.when(hidden).then(pl.lit(said)).otherwise("reason").alias("reason"),
    )


def thin_curve(
    steps: pl.DataFrame, *, minimum_cell: int, counted: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Merge the steps of curves until a minimum of resolutions stands behind each, and cut their ends.

    Parameters
    ----------
    steps : CurveSteps
        Of any number of definitions, estimators and strata.
    minimum_cell : int
        Fewest resolutions since the last step that is drawn. A curve ends where fewer are at risk.
    counted : CurveSteps, optional
        Kaplan–Meier steps of the same definitions and strata, from which the numbers come where the
        estimate has none of its own (interval-censored).

    Returns
    -------
    CurveSteps
        A step is drawn on its last day, so that the curve is right on each drawn day. What is left over at
        the end goes to the last step; where all resolutions of a stratum are fewer than the minimum, only its
        start is left. Numbers at risk are rounded down to multiples of the minimum, small numbers of
        censored are null.

    Raises
    ------
    BadFrame
        A stratum has no numbers, and `counted` does not give them.
    """
    strata = steps.sort(*STRATUM, "days").partition_by(STRATUM, maintain_order=True)
    thinned = [_thinned(stratum, _numbers(stratum, counted), minimum_cell) for stratum in strata]
    return pl.concat(thinned) if thinned else steps


def drop_keys(frame: pl.DataFrame) -> pl.DataFrame:
    """Drop what names a child or a row of the extract, and every date.

    Parameters
    ----------
    frame : any frame

    Returns
    -------
    polars.DataFrame
        Without the columns of `KEYS` and those of dates and times.

    Examples
    --------
    >>> drop_keys(pl.DataFrame({"patient_id": ["007"], "exit_days": [300]})).columns
    ['exit_days']
    """
    return frame.drop(KEYS, strict=False).select(pl.exclude(pl.Date, pl.Datetime))


def _need(frame: pl.DataFrame, columns: Sequence[str]) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise BadFrame("table", f"it lacks the column(s) {', '.join(missing)}")


def _is_small(count: pl.Expr, minimum_cell: int) -> pl.Expr:
    return (count > 0) & (count < minimum_cell)


def _numbers(stratum: pl.DataFrame, counted: pl.DataFrame | None) -> pl.DataFrame:
    """Give, for each step of a stratum, the resolutions up to it and the number at risk before it."""
    if not stratum["n_resolved"].null_count():
        return stratum.select(pl.col("n_resolved").cum_sum().alias("resolved"), pl.col("n_at_risk"))
    if counted is None:
        raise BadFrame(
            "CurveSteps", "it has no numbers of resolutions; give the Kaplan–Meier steps as counted"
        )
    same = counted.join(
        stratum.select("definition", "stratum").unique(), on=["definition", "stratum"], how="semi"
    )
    same = same.filter(pl.col("n_resolved").is_not_null()).sort("days")
    if same.is_empty():
        raise BadFrame("CurveSteps", "it has no numbers of resolutions, and counted has none of a stratum")
    sums = same.select("days", pl.col("n_resolved").cum_sum().alias("resolved"))
    return (
        stratum.select("days")
        .join_asof(sums, on="days", strategy="backward")
        .join_asof(same.select("days", "n_at_risk"), on="days", strategy="forward")
        .select(pl.col("resolved").fill_null(0), pl.col("n_at_risk").fill_null(0))
    )


def _thinned(stratum: pl.DataFrame, numbers: pl.DataFrame, minimum_cell: int) -> pl.DataFrame:
    """Thin one stratum; the rows up to a drawn one are summed in it."""
    n_rows = (
        int(numbers.select((pl.col("n_at_risk") >= minimum_cell).arg_true().max().fill_null(0)).item()) + 1
    )
    is_drawn = pl.Series("is_drawn", _drawn(numbers["resolved"].head(n_rows).to_list(), minimum_cell))
    group = is_drawn.cast(pl.Int32).cum_sum().shift(1, fill_value=0).alias("group")
    at_risk, censored = pl.col("n_at_risk"), pl.col("n_censored")
    return (
        stratum.head(n_rows)
        .with_columns(group, is_drawn)
        .with_columns(
            pl.when(pl.col(name).is_not_null()).then(pl.col(name).sum().over("group")).alias(name)
            for name in ("n_resolved", "n_censored")
        )
        .filter("is_drawn")
        .with_columns(
            pl.when(~_is_small(at_risk, minimum_cell))
            .then(at_risk // minimum_cell * minimum_cell)
            .alias("n_at_risk"),
            pl.when(~_is_small(censored, minimum_cell)).then(censored).alias("n_censored"),
        )
        .select(stratum.columns)
    )


def _drawn(resolved: Sequence[int], minimum_cell: int) -> list[bool]:
    """Say which steps are drawn, of the resolutions up to each.

    The first row is the start of the curve. The last is drawn to show how far the curve reaches, unless a
    resolution before it is not drawn.
    """
    new = [later - earlier for earlier, later in zip([0, *resolved], resolved, strict=False)]
    since = list(accumulate(new, lambda carried, n: n if carried >= minimum_cell else carried + n))
    drawn = [n >= minimum_cell for n in since]
    last_event = max((place for place, n in enumerate(new) if n), default=0)
    if any(drawn) and _is_left_over(since[-1], minimum_cell):
        drawn[len(drawn) - 1 - drawn[::-1].index(True)] = False
        drawn[last_event] = True
    drawn[-1] = drawn[-1] or drawn[last_event] or not any(new)
    drawn[0] = True
    return drawn


def _is_left_over(since: int, minimum_cell: int) -> bool:
    return 0 < since < minimum_cell
