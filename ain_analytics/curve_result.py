"""The result of every curve: its steps, its summary, and what it rests on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from ain_analytics.definitions import DAYS_PER_MONTH, Definitions
from ain_analytics.log_rank import LogRank
from ain_analytics.result_html import as_html
from ain_analytics.schema.frames import frame_of
from ain_analytics.schema.results import CurveSteps, CurveSummary
from ain_analytics.step_curve import QUARTILES, Floats, StepCurve


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ResolutionCurve:
    """Share of episodes not yet resolved, by days since the origin.

    Parameters
    ----------
    steps : CurveSteps, one row per stratum and day
    summary : CurveSummary, one row per stratum and quantity
    definitions : Definitions
        The choices under which the curve was made.
    by : str or None
        Column that splits the strata.
    test : LogRank or None
        Whether the strata resolve at the same rate.
    assumptions : tuple of str
        What was set aside, and what the estimate takes for granted.
    kkt_violation : float or None
        For an estimate found by iteration, how far it is from fulfilling the conditions of
        the maximum (0: exactly); the largest of the strata.
    bands : BandRows or None
        Limits of the whole curve at once, where they were asked for.
    cells : CurveCells or None
        Of an interval-censored curve: between which days each of its falls may lie.
    known : CurveKnown or None
        Of an interval-censored curve: of how many it is known, in each month of the report, whether
        they had resolved.

    Examples
    --------
    >>> from ain_analytics.curves import resolution_curve
    >>> curve = resolution_curve(pl.DataFrame({"exit_days": [100, 200, 300], "is_resolved": [True] * 3}))
    >>> curve.strata
    ['all']
    >>> curve.at([150])["unresolved"].round(3).to_list()
    [0.667]
    """

    steps: pl.DataFrame
    summary: pl.DataFrame
    definitions: Definitions
    by: str | None = None
    test: LogRank | None = None
    assumptions: tuple[str, ...] = ()
    kkt_violation: float | None = None
    bands: pl.DataFrame | None = None
    cells: pl.DataFrame | None = None
    known: pl.DataFrame | None = None

    @property
    def strata(self) -> list[str]:
        """Names of the groups, in order; one name, `all`, when it is not split."""
        names: list[str] = self.summary["stratum"].unique(maintain_order=True).to_list()
        return names

    @property
    def estimator(self) -> str:
        """How the curve was estimated."""
        return str(self.steps["estimator"][0])

    def at(self, days: Iterable[float]) -> pl.DataFrame:
        """Read the curve on some days.

        Parameters
        ----------
        days : days since the origin
            A month has `DAYS_PER_MONTH` days.

        Returns
        -------
        DataFrame, one row per stratum and day
            `stratum`, `days`, `unresolved`, `lower`, `upper`; null before the curve starts,
            and after follow-up ended with some still unresolved.
        """
        asked = pl.DataFrame({"days": sorted(float(day) for day in days)}, schema={"days": pl.Float64})
        strata = pl.DataFrame({"stratum": self.strata})
        ends = self.steps.group_by("stratum").agg(
            last_day=pl.col("days").max(), at_end=pl.col("unresolved").last()
        )
        steps = self.steps.select(
            "stratum", pl.col("days").cast(pl.Float64), "unresolved", "lower", "upper"
        ).sort("days")
        is_beyond = (pl.col("days") > pl.col("last_day")) & (pl.col("at_end") > 0)
        values = [
            pl.when(~is_beyond).then(pl.col(name)).alias(name) for name in ("unresolved", "lower", "upper")
        ]
        return (
            strata.join(asked, how="cross", maintain_order="left_right")
            .sort("days")
            .join_asof(steps, on="days", by="stratum", check_sortedness=False)
            .join(ends, on="stratum", how="left")
            .select("stratum", "days", *values)
            .join(strata.with_row_index("place"), on="stratum", how="left")
            .sort("place", "days")
            .drop("place")
        )

    def value(
        self, quantity: str, *, stratum: str | None = None
    ) -> tuple[float | None, float | None, float | None]:
        """Look up a quantity of the summary: its value, lower and upper limit."""
        chosen = self.summary.filter(
            pl.col("quantity") == quantity, pl.col("stratum") == (stratum or self.strata[0])
        )
        value, lower, upper = chosen.select("value", "lower", "upper").row(0)
        return value, lower, upper

    def __repr__(self) -> str:
        split = f", by {self.by}" if self.by else ""
        head = f"ResolutionCurve: {self.estimator}, definition {self.definitions.name!r}{split}"
        test = [] if self.test is None else [f"  {self.test!r}"]
        return "\n".join([head, *(f"  {self._in_words(name)}" for name in self.strata), *test])

    def _in_words(self, stratum: str) -> str:
        n, n_resolved = (self.value(name, stratum=stratum)[0] or 0 for name in ("n", "n_resolved"))
        median, lower, upper = (
            None if days is None else f"{days / DAYS_PER_MONTH:.1f}"
            for days in self.value("median", stratum=stratum)
        )
        said = f"{stratum}: {n_resolved:.0f} of {n:.0f} episodes resolved, median "
        said += "not reached" if median is None else f"{median} months"
        if lower is None and upper is None:
            return said
        confidence = f"{100 * self.definitions.confidence:g} % limits"
        return f"{said} ({confidence} {lower or 'not known'} to {upper or 'not reached'})"

    def _repr_html_(self) -> str:
        return as_html(repr(self), self.summary, self.assumptions)


Limits = Mapping[str, tuple[float, float]]
"""Lower and upper limit of each quantity; not a number where undefined, infinite where not reached."""


def point_values(curve: StepCurve, definitions: Definitions) -> dict[str, float]:
    """Compute every quantity of the summary that a curve alone gives, in days and shares.

    Quantiles that are not reached are infinite; after the end of follow-up the last share is
    carried on.
    """
    values = {name: curve.quantile(share) for name, share in QUARTILES.items()}
    for months in definitions.report_months:
        values[f"unresolved_at_{months}_months"] = float(curve.value(months * DAYS_PER_MONTH))
    horizon = definitions.rmst_months
    values[f"rmst_{horizon}_months"] = curve.restricted_mean(horizon * DAYS_PER_MONTH)
    return values


def summary_rows(
    curve: StepCurve, *, n: int, n_resolved: int, limits: Limits, definitions: Definitions
) -> list[dict[str, object]]:
    """Make the rows of one stratum's summary, with a word where a value is not to be had."""
    rows: list[dict[str, object]] = [
        {"quantity": "n", "value": float(n), "unit": "episodes"},
        {"quantity": "n_resolved", "value": float(n_resolved), "unit": "episodes"},
    ]
    end_of = {f"unresolved_at_{months}_months": months for months in definitions.report_months}
    end_of[f"rmst_{definitions.rmst_months}_months"] = definitions.rmst_months
    for name, value in point_values(curve, definitions).items():
        notes = []
        lower, upper = limits.get(name, (np.nan, np.nan))
        if np.isinf(value):
            notes.append("not_reached")
        if name in end_of and curve.is_beyond(end_of[name] * DAYS_PER_MONTH):
            notes.append("beyond_follow_up")
            value = lower = upper = np.nan
        if curve.start > 0:
            notes.append(f"conditional_on_day_{curve.start:.0f}")
        is_share = name.startswith("unresolved_at")
        rows.append(
            {
                "quantity": name,
                "value": finite(value),
                "lower": finite(lower),
                "upper": finite(upper),
                "unit": "share" if is_share else "days",
                "note": "; ".join(notes) or None,
            }
        )
    return rows


def finite(value: float) -> float | None:
    """Give a number; none where it is infinite or not a number."""
    return float(value) if np.isfinite(value) else None


def summary_frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Make the checked summary of rows that hold a definition, estimator, stratum and quantity."""
    return frame_of(CurveSummary, rows)


def steps_frame(
    curve: StepCurve, limits: tuple[Floats, Floats], columns: Mapping[str, object]
) -> pl.DataFrame:
    """Make the checked steps of one stratum; further columns are constants, or arrays by day."""
    lower, upper = limits
    frame = pl.DataFrame(
        {"days": curve.days, "unresolved": curve.unresolved, "lower": lower, "upper": upper}, nan_to_null=True
    )
    given = [
        pl.Series(name, value) if isinstance(value, np.ndarray) else pl.lit(value).alias(name)
        for name, value in columns.items()
    ]
    return CurveSteps.validate(frame.with_columns(given).select(CurveSteps.column_names()), cast=True)


def start_in_words(stratum: str, start: float, n_set_aside: int) -> list[str]:
    """Say when a curve does not start on day zero."""
    if start <= 0:
        return []
    return [
        f"{stratum}: before day {start:.0f} the risk set is empty, or runs empty, so the curve starts there "
        f"and holds for episodes unresolved on that day; {n_set_aside} that ended earlier are left out."
    ]
