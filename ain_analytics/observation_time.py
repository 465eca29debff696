"""How long observation was, and how complete."""

from datetime import date

import polars as pl

from ain_analytics.curves import resolution_curve
from ain_analytics.definitions import TEXTBOOK, Definitions
from ain_analytics.lost import competes, with_potential
from ain_analytics.observation_result import FollowUpTime
from ain_analytics.row_weights import weights_of
from ain_analytics.schema.frames import types_of
from ain_analytics.schema.observation import FollowUpTimeRows
from ain_analytics.strata import strata_of

COLUMNS = ["exit_days", "is_resolved"]
LEFT_OUT = ("follow_up_median", "rmst")


def follow_up_time(
    follow_up: pl.DataFrame,
    *,
    by: str | None = None,
    extracted_on: date | None = None,
    definitions: Definitions = TEXTBOOK,
) -> FollowUpTime:
    """Length of observation by reverse Kaplan–Meier [1]_, and its completeness [2]_.

    Parameters
    ----------
    follow_up : FollowUp, one row per episode
        Or any frame that `resolution_curve` takes; `competing_event` and `reason` are heeded.
    by : name of a column that splits the episodes, optional
    extracted_on : date, optional
        Last day of the extract, counted from `origin_on`. Else a column `extracted_on`, or one
        `potential_days`: whole days from the origin up to which an episode could be followed.
    definitions : Definitions
        Confidence, months of the report, episodes used.

    Returns
    -------
    FollowUpTime
        The end of observation is the event; a resolution, a death or another competing event censors it,
        because observation might have gone on. Completeness is person-time observed by person-time
        possible: up to the resolution or competing event, else up to the end of the extract. Null where
        that is not known.

    Raises
    ------
    BadFrame
        As for `resolution_curve`; or an episode ends after the extract.
    EmptyStratum
        No episode is left.

    References
    ----------
    .. [1] Schemper and Smith 1996, doi:10.1016/0197-2456(96)00075-X.
    .. [2] Clark, Altman and De Stavola 2002, Lancet 359:1309–1310, doi:10.1016/S0140-6736(02)08272-7.

    Examples
    --------
    >>> rows = pl.DataFrame(
    ...     {"exit_days": [50, 100], "is_resolved": [True, False], "potential_days": [300, 200]}
    ... )
    >>> follow_up_time(rows).value("completeness")[0]
    0.6
    """
    rows = with_potential(follow_up, extracted_on)
    strata = strata_of(
        rows.with_columns(ends_there=competes(rows)) if "is_resolved" in rows.columns else rows,
        by=by,
        definitions=definitions,
        columns=COLUMNS,
        others=["potential_days", "ends_there"],
        is_weighted=True,
    )
    curve = resolution_curve(
        rows.with_columns(is_resolved=~pl.col("is_resolved") & ~competes(rows)),
        by=by,
        definitions=definitions,
    )
    complete = [
        row | {"stratum": name, "definition": definitions.name}
        for name, part in strata.rows.items()
        for row in _completeness(part)
    ]
    types = types_of(FollowUpTimeRows)
    table = pl.concat([_observation(curve.summary, list(types)), pl.DataFrame(complete, schema=types)])
    in_order = {name: place for place, name in enumerate(curve.strata)}
    table = table.sort(pl.col("stratum").replace_strict(in_order, return_dtype=pl.Int64), maintain_order=True)
    return FollowUpTime(
        table=FollowUpTimeRows.validate(table, cast=True),
        curve=curve,
        definitions=definitions,
        assumptions=(
            *strata.assumptions,
            "The end of observation is the event; resolution, death and other competing events censor it, "
            "and have nothing to do with how long observation would have gone on.",
            f"Limits at {100 * definitions.confidence:g} % on the log scale, Greenwood’s variance.",
            "Completeness (Clark’s C): days observed by days possible, which end with the resolution or the "
            "competing event, else with the extract. Who was last counted shortly before the end of the "
            "extract lacks the days since, so a complete registry comes near to 1 and does not reach it.",
        ),
    )


def _observation(summary: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Give the quantities of the reversed curve names of their own."""
    name = pl.col("quantity")
    return (
        summary.filter(~name.str.starts_with(LEFT_OUT[0]), ~name.str.starts_with(LEFT_OUT[1]))
        .with_columns(
            name.str.replace("^n_resolved$", "n_ended").str.replace("^unresolved_at", "observed_at"),
            pl.col("unit").cast(pl.String),
        )
        .select(columns)
        .with_columns(pl.col("unit").cast(FollowUpTimeRows.columns()["unit"].dtype))
    )


def _completeness(rows: pl.DataFrame) -> list[dict[str, object]]:
    """Add up the days observed and the days possible of one stratum."""
    weight = pl.Series(weights_of(rows))
    entry, end = (rows[name].cast(pl.Float64) for name in ("entry_days", "exit_days"))
    observed = float(((end - entry) * weight).sum())
    possible = rows.select(
        pl.when(pl.col("is_resolved") | pl.col("ends_there")).then("exit_days").otherwise("potential_days")
    ).to_series()
    known = None if possible.null_count() else float(((possible - entry) * weight).sum())
    share = observed / known if known else None
    note = "end_of_extract_not_known" if known is None else None
    return [
        {"quantity": "observed_days", "value": observed, "unit": "days"},
        {"quantity": "potential_days", "value": known, "unit": "days", "note": note},
        {"quantity": "completeness", "value": share, "unit": "share", "note": note},
    ]
