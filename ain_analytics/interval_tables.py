"""Tables beside an interval-censored curve: its cells, its band, and of how many what is known."""

import numpy as np
import polars as pl

from ain_analytics.bootstrap import NO_MASS, Resamples
from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.npmle import Npmle
from ain_analytics.schema.comparisons import BandRows
from ain_analytics.schema.results import CurveCells, CurveKnown
from ain_analytics.turnbull_cells import Observations


def cells_frame(fit: Npmle, stratum: str, definitions: Definitions) -> pl.DataFrame:
    """List the cells that hold mass."""
    before = np.append(1.0, fit.unresolved)[:-1]
    mass = before - fit.unresolved
    holds = mass > NO_MASS
    frame = pl.DataFrame(
        {
            "definition": definitions.name,
            "stratum": stratum,
            "left_days": fit.left[holds],
            "right_days": [int(day) if np.isfinite(day) else None for day in fit.right[holds]],
            "unresolved_before": before[holds],
            "mass": mass[holds],
        }
    )
    return CurveCells.validate(frame, cast=True)


def known_frame(rows: Observations, stratum: str, definitions: Definitions) -> pl.DataFrame:
    """Count, for each month of the report, who is known to be unresolved or resolved, and who is not."""
    days = np.floor(np.array(definitions.report_months)[:, None] * DAYS_PER_MONTH)
    entered = rows.entry <= days
    is_unresolved, is_resolved = entered & (rows.lower >= days), entered & (rows.upper <= days)
    is_open = entered & ~is_unresolved & ~is_resolved
    is_seen = np.isfinite(rows.upper)
    counted = {
        "n_known_unresolved": is_unresolved,
        "n_possibly_resolved": is_open & is_seen,
        "n_known_resolved": is_resolved,
        "n_not_seen": is_open & ~is_seen,
        "n_not_entered": ~entered,
    }
    frame = pl.DataFrame(
        {"definition": definitions.name, "stratum": stratum, "months": list(definitions.report_months)}
        | {name: (which * rows.weight).sum(axis=1).round() for name, which in counted.items()}
    )
    return CurveKnown.validate(frame, cast=True)


def band_frame(drawn: Resamples | None, stratum: str) -> pl.DataFrame:
    """Give the simultaneous band, from step to step and on the last day on which it holds; or no row."""
    band = None if drawn is None else drawn.band()
    if drawn is None or band is None:
        return BandRows.create_empty()
    lower, upper, _, until = band
    frame = pl.DataFrame(
        {"days": drawn.curve.days, "lower": lower, "upper": upper}, nan_to_null=True
    ).drop_nulls()
    end = frame.tail(1).filter(pl.col("days") < until).with_columns(days=pl.lit(float(until)))
    named = pl.concat([frame, end]).with_columns(stratum=pl.lit(stratum))
    return BandRows.validate(named.select(BandRows.column_names()), cast=True)
