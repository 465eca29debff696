"""Between which curves those who were lost can move the answer."""

from datetime import date

import polars as pl

from ain_analytics.curve_result import ResolutionCurve
from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.errors import NotEstimable
from ain_analytics.lost import LOST, with_fates
from ain_analytics.observation_result import LostBounds
from ain_analytics.row_weights import n_of
from ain_analytics.schema.frames import types_of
from ain_analytics.schema.observation import LostBoundRows
from ain_analytics.strata import strata_of

OF_THE_CURVE = ("quartile_", "median", "unresolved_at_")


def bounds_for_lost(
    follow_up: pl.DataFrame,
    *,
    by: str | None = None,
    extracted_on: date | None = None,
    definitions: Definitions = TEXTBOOK,
) -> LostBounds:
    """Best and worst case for those who were lost while still neutropenic.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame that `resolution_curve` takes with a column that tells who was lost: `is_lost`, or
        `reason` (silence), or `potential_days`, or the last day of the extract.
    by : name of a column that splits the episodes, optional
    extracted_on : date, optional
        Last day of the extract, counted from `origin_on`. A last count more than `long_silence_days`
        before it is a loss, and the worst case lasts up to it.
    definitions : Definitions
        Confidence, months of the report, episodes used, `long_silence_days`.

    Returns
    -------
    LostBounds
        Kaplan–Meier curves: as observed; best, each lost child resolved on the day after its last count;
        worst, each still unresolved on the last day on which it could be followed. Whatever the lost came
        to, the curve with it lies between the two. Their limits are those of each curve.

    Raises
    ------
    BadFrame
        Nothing tells who was lost, an episode ends after the extract, or as for `resolution_curve`.
    EmptyStratum
        No episode is left.
    NotEstimable
        The end of the extract is known for a part of the lost only.

    Notes
    -----
    These are not the bounds of Manski, which assume nothing: who was still followed when the data end,
    died, or came to another competing event is censored in all three, as if censoring had nothing to do
    with the resolution.

    References
    ----------
    .. [1] The idea: Manski 1990, Am. Econ. Rev. 80(2):319–323; the two cases are our choice.

    Examples
    --------
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [10, 20, 30, 40], "is_resolved": [True, False, True, True]}
    ... ).with_columns(is_lost=~pl.col("is_resolved"))
    >>> found = bounds_for_lost(rows)
    >>> [found.value(reading, "median")[0] for reading in ("best", "observed", "worst")]
    [25.5, 30.0, 35.0]
    """
    rows, said = with_fates(follow_up, extracted_on=extracted_on, definitions=definitions)
    is_lost = pl.col("fate") == LOST
    strata = strata_of(
        rows,
        by=by,
        definitions=definitions,
        columns=["exit_days", "is_resolved"],
        others=["fate", "potential_days"],
        is_weighted=True,
    )
    lost = {name: part.filter(is_lost) for name, part in strata.rows.items()}
    n_unknown = sum(part["potential_days"].null_count() for part in lost.values())
    n_lost = sum(part.height for part in lost.values())
    if 0 < n_unknown < n_lost:
        raise NotEstimable("the worst case", "the end of the extract is known for a part of the lost only")
    last = max(int(part["exit_days"].max()) for part in strata.rows.values())  # type: ignore[arg-type]
    end = pl.col("potential_days") if n_lost and not n_unknown else pl.lit(last)
    readings = {
        "observed": rows,
        "best": rows.with_columns(
            is_resolved=pl.col("is_resolved") | is_lost,
            exit_days=pl.col("exit_days") + is_lost.cast(pl.Int64),
        ),
        "worst": rows.with_columns(
            exit_days=pl.when(is_lost).then(pl.max_horizontal(end, "exit_days")).otherwise("exit_days")
        ),
    }
    curves = {
        name: resolution_curve(frame, by=by, definitions=definitions) for name, frame in readings.items()
    }
    n_of_lost = {name: n_of(part) for name, part in lost.items()}
    return LostBounds(
        table=pl.concat([_table(name, curve, n_of_lost) for name, curve in curves.items()]),
        curves=curves,
        definitions=definitions,
        assumptions=(
            *curves["observed"].assumptions,
            *said,
            "Best: each lost child resolved on the day after its last count. Worst: each is unresolved up to "
            + ("the end of the extract." if not n_unknown else f"day {last}, the last on which anybody was."),
            "Who was still followed when the data end, or came to a competing event, is censored in all "
            "readings, as if that had nothing to do with resolution; so these bounds are not free of "
            "assumptions.",
            "Limits are those of each curve by itself; the lower one of the best and the upper one of the "
            "worst hold chance and loss together.",
        ),
    )


def _table(reading: str, curve: ResolutionCurve, n_lost: dict[str, int]) -> pl.DataFrame:
    """Take of a curve what the lost can move, and count them."""
    types = types_of(LostBoundRows)
    counts = pl.DataFrame(
        [
            {"stratum": name, "quantity": "n_lost", "value": n, "unit": "episodes"}
            for name, n in n_lost.items()
        ],
        schema={"stratum": pl.String, "quantity": pl.String, "value": pl.Float64, "unit": pl.String},
    ).with_columns(
        pl.lit(curve.definitions.name).alias("definition"),
        *(pl.lit(None, types[name]).alias(name) for name in ("lower", "upper", "note")),
    )
    name = pl.col("quantity")
    kept = curve.summary.filter(pl.any_horizontal(name.str.starts_with(start) for start in OF_THE_CURVE))
    columns = [*counts.columns]
    both = pl.concat([counts, kept.with_columns(pl.col("unit").cast(pl.String)).select(columns)])
    return LostBoundRows.validate(both.with_columns(reading=pl.lit(reading)).select(list(types)), cast=True)
