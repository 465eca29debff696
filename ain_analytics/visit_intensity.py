"""The share of neutropenic children by time, when those who are ill come more often."""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ain_analytics.cox import cox_regression
from ain_analytics.cox_engine import Ints, pieces_at, risk_sets
from ain_analytics.cox_fit import fit
from ain_analytics.curve_result import finite
from ain_analytics.definitions import DAYS_PER_MONTH, TEXTBOOK, Definitions
from ain_analytics.errors import BadFrame, NotEstimable
from ain_analytics.observation_result import VisitWeights
from ain_analytics.row_weights import sum_before
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.observation import VisitShares
from ain_analytics.step_curve import Floats

COLUMNS = ("patient_id", "day", "is_neutropenic", "end_days")
SEEN = "last_seen_neutropenic"
TIES = "breslow"
"""Breslow's way estimates the ratio of the chances of a visit on a day, which is what the weights need."""


def visit_weights(
    visits: pl.DataFrame, *, covariates: Sequence[str] = (), definitions: Definitions = TEXTBOOK
) -> VisitWeights:
    """Share of children neutropenic by time, each visit weighted by the inverse of its intensity.

    Parameters
    ----------
    visits : one row per child and day of a visit
        `patient_id`; `day`, whole days since day zero; `is_neutropenic`; `end_days`, the last day on
        which a visit of the child would be in the data (the same in all its rows). The first row of a
        child opens its observation and is not counted as a visit.
    covariates : names of further columns, known at each visit
        What else goes with how soon a child comes again.
    definitions : Definitions
        Months of the report (they bound the windows), confidence, resamples and their seed.

    Returns
    -------
    VisitWeights
        Shares unweighted and weighted, the weight of each visit, and the model of the visits: Andersen
        and Gill's, given whether the child was neutropenic when last seen. A weight is the mean intensity
        of all children observed on that day, by that of the child. Percentile limits from resamples
        of children, in each of which the model is fitted anew.

    Raises
    ------
    BadFrame
        A column is missing, of the wrong type or null, a child has two visits on a day, or a visit lies
        after its end.
    NotEstimable
        No child came again, all were in the same state when last seen, or those of one state never came.

    Notes
    -----
    The weights are right where the chance of a visit depends on what was last seen, the time and the
    covariates. Where it depends on the state of that very day (a child comes because it is ill, or stays
    away because it is well) both shares are wrong; `tipping_point` then asks how wrong they can be.

    References
    ----------
    .. [1] Lin, Scharfstein and Rosenheck 2004, doi:10.1111/j.1467-9868.2004.b5543.x.
    .. [2] Bůžková and Lumley 2007, doi:10.1002/cjs.5550350402.

    Examples
    --------
    >>> visits = pl.DataFrame(
    ...     {
    ...         "patient_id": ["a", "a", "a", "b", "b", "c", "c", "c"],
    ...         "day": [0, 20, 40, 0, 30, 0, 50, 65],
    ...         "is_neutropenic": [True, True, False, True, True, True, False, False],
    ...         "end_days": [60, 60, 60, 80, 80, 70, 70, 70],
    ...     }
    ... )
    >>> visit_weights(visits).table.filter(weighting="none")["n_visits"].sum()
    5
    """
    intervals = _intervals(visits, covariates)
    terms = [SEEN, *covariates]
    if not intervals["is_visit"].any():
        raise NotEstimable("weights of visits", "no child came a second time")
    model = cox_regression(
        intervals.rename({"is_visit": "is_resolved"}).drop("is_neutropenic"),
        terms,
        ties=TIES,
        cluster="patient_id",
        reference={SEEN: "false"},
        definitions=definitions,
    )
    x = model.design.matrix(intervals)
    child = intervals["patient_id"].rank("dense").cast(pl.Int64).to_numpy() - 1
    of = {name: intervals[name].to_numpy() for name in ("entry_days", "exit_days", "is_visit")}
    data = _Intervals(x, of["entry_days"], of["exit_days"], of["is_visit"])
    if model.fit is None or not np.isfinite(model.fit.coefficients).all():
        raise NotEstimable("weights of visits", "children in one of the states never came")
    weight = data.weights(model.fit.coefficients)
    is_neutropenic = intervals["is_neutropenic"].fill_null(value=False).to_numpy()
    ends = np.array([0, *definitions.report_months]) * DAYS_PER_MONTH
    window = np.where(data.is_visit, np.searchsorted(ends, data.exit, side="left") - 1, len(ends))
    windows = len(ends) - 1
    drawn = [
        _shares(sample.weights(b), is_neutropenic[places], window[places], windows)
        for places, sample, b in _resamples(data, child, definitions)
    ]
    tail = (1 - definitions.confidence) / 2
    lower, upper = (
        np.quantile(np.array(drawn), [tail, 1 - tail], axis=0, method="inverted_cdf")
        if drawn
        else np.full((2, 2, windows), np.nan)
    )
    counts = intervals.with_columns(window=window, weight=weight).filter(pl.col("window") < windows)
    return VisitWeights(
        table=_table(_shares(weight, is_neutropenic, window, windows), lower, upper, counts, definitions),
        weights=intervals.with_columns(weight=weight)
        .filter("is_visit")
        .select("patient_id", day="exit_days", is_neutropenic="is_neutropenic", weight="weight"),
        intensity=model,
        definitions=definitions,
        assumptions=(
            "The chance of a visit depends on time, on whether the child was neutropenic when last seen"
            + (f", and on {', '.join(covariates)}" if covariates else "")
            + ". Where it depends on the state of that very day, both shares are wrong.",
            "Intensities of the two states are proportional over time (Andersen and Gill). The end of "
            "observation has nothing to do with the counts.",
            "The share is of children who are neutropenic at a time, relapses among them; it equals the "
            "share not yet resolved only where nobody falls ill again.",
            f"Limits at {100 * definitions.confidence:g} % are percentiles of {len(drawn)} resamples of "
            f"children; in {definitions.bootstrap_replicates - len(drawn)} the model could not be fitted.",
        ),
    )


class _Intervals:
    """Times from one visit to the next, or to the end: arrays with one entry per row."""

    def __init__(self, x: Floats, entry: Ints, end: Ints, is_visit: NDArray[np.bool_]) -> None:
        self.x, self.entry, self.exit, self.is_visit = x, entry, end, is_visit

    def at(self, places: Ints) -> "_Intervals":
        return _Intervals(self.x[places], self.entry[places], self.exit[places], self.is_visit[places])

    def coefficients(self) -> Floats:
        """Fit the model; not finite where it has no answer."""
        stratum = np.zeros(len(self.exit), dtype=np.int64)
        sets = risk_sets(self.x, self.entry, self.exit, self.is_visit, stratum, ties=TIES)
        return fit(sets, pieces_at(sets, np.zeros(self.x.shape[1]))).coefficients

    def weights(self, b: Floats) -> Floats:
        """Divide the mean intensity of those observed on the last day of each row by its own."""
        risk: Floats = np.exp((self.x - self.x.mean(axis=0)) @ b)
        one = np.ones_like(risk)
        mean = self._observed(risk) / self._observed(one)
        weight: Floats = mean / risk
        return weight

    def _observed(self, value: Floats) -> Floats:
        """Add up a value over the rows under way on the last day of each row: entry < day ≤ exit."""
        return sum_before(self.entry, value, self.exit) - sum_before(self.exit, value, self.exit)


def _resamples(
    data: _Intervals, child: Ints, definitions: Definitions
) -> list[tuple[Ints, _Intervals, Floats]]:
    """Draw children with all their rows, fit the model anew, and leave out where it has no answer."""
    draws = np.random.default_rng(definitions.bootstrap_seed)
    n, found = int(child.max()) + 1, []
    for _ in range(definitions.bootstrap_replicates if n > 1 else 0):
        times = draws.multinomial(n, np.full(n, 1 / n))[child]
        places = np.repeat(np.arange(len(child)), times)
        sample = data.at(places)
        if not sample.is_visit.any() or (np.ptp(sample.x, axis=0) == 0).any():
            continue
        b = sample.coefficients()
        if np.isfinite(b).all():
            found.append((places, sample, b))
    return found


def _shares(weight: Floats, is_neutropenic: NDArray[np.bool_], window: Ints, n: int) -> Floats:
    """Give the share of each window, unweighted and weighted; not a number without a visit."""
    kept = window < n
    both = []
    for w in (np.ones_like(weight), weight):
        parts = [np.bincount(window[kept], (w * of)[kept], n)[:n] for of in (is_neutropenic, np.ones_like(w))]
        with np.errstate(invalid="ignore"):
            both.append(parts[0] / parts[1])
    return np.array(both)


def _intervals(visits: pl.DataFrame, covariates: Sequence[str]) -> pl.DataFrame:
    """Turn visits into times from one to the next, or to the end, with what was last seen."""
    missing = [name for name in (*COLUMNS, *covariates) if name not in visits.columns]
    if missing:
        raise BadFrame("table of visits", f"it lacks the column(s) {', '.join(missing)}")
    for name in COLUMNS[1:]:
        kind = visits.schema[name]
        if not (kind == pl.Boolean if name == "is_neutropenic" else kind.is_integer()):
            raise BadFrame("table of visits", f"{name} is {kind}")
    nulls = [name for name in (*COLUMNS, *covariates) if visits[name].null_count()]
    if nulls:
        raise BadFrame("table of visits", f"{', '.join(nulls)} must not be null")
    rows = visits.select(*COLUMNS, *covariates).sort("patient_id", "day")
    faults = {
        "a child has two visits on a day": rows.select("patient_id", "day").is_duplicated().any(),
        "a visit lies after its end": (rows["day"] > rows["end_days"]).any(),
        "end_days differs within a child": rows.select("patient_id", "end_days").n_unique()
        > rows["patient_id"].n_unique(),
        "there is no row": rows.is_empty(),
        "a day is negative": (rows["day"] < 0).any(),
    }
    for said, is_so in faults.items():
        if is_so:
            raise BadFrame("table of visits", said)
    following = pl.col("day").shift(-1).over("patient_id")
    return rows.select(
        "patient_id",
        *covariates,
        pl.col("is_neutropenic").alias(SEEN),
        pl.col("day").cast(pl.Int64).alias("entry_days"),
        pl.coalesce(following, "end_days").cast(pl.Int64).alias("exit_days"),
        following.is_not_null().alias("is_visit"),
        pl.col("is_neutropenic").shift(-1).over("patient_id"),
    ).filter(pl.col("exit_days") > pl.col("entry_days"))


def _table(
    shares: Floats, lower: Floats, upper: Floats, counts: pl.DataFrame, definitions: Definitions
) -> pl.DataFrame:
    ends = [0, *definitions.report_months]
    rows = []
    for place, months in enumerate(definitions.report_months):
        inside = counts.filter(pl.col("window") == place)
        for kind, weighting in enumerate(("none", "inverse_intensity")):
            values = (shares[kind, place], lower[kind, place], upper[kind, place])
            known = [finite(value) for value in values]
            rows.append(
                {
                    "definition": definitions.name,
                    "from_months": ends[place],
                    "to_months": months,
                    "weighting": weighting,
                    "n_visits": inside.height,
                    "n_children": inside["patient_id"].n_unique(),
                    "largest_weight": inside["weight"].max() if kind else None,
                }
                | dict(zip(("share", "lower", "upper"), known, strict=True))
            )
    return frame_of(VisitShares, rows)
