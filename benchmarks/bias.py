"""Print how far medians of a made-up registry lie from its truth: `python -m benchmarks.bias [registries]`.

So many registries (default 20) of 2,000 children each; each is read, derived and classified as an extract
would be. Of the children who are autoimmune at baseline, the median time to resolution is estimated under
the rule of the last run of the textbook definition, the strict one and that of one normal count: from
intervals, and by Kaplan–Meier with the right end of each interval. It is held against the median of the true
times from the first low count to the true resolution of all of them, those included who are not followed
because they resolved before their enrolment. The table goes to benchmarks/results/bias.csv, in months.
"""

import sys
from pathlib import Path

import polars as pl
from rich.progress import track

import ain_analytics as ain
from ain_analytics.definitions import DAYS_PER_MONTH

CHILDREN = 2_000
RULES = {"default": "textbook", "strict": "strict", "one_count": "single_normal"}
RESULT = Path(__file__).parent / "results" / "bias.csv"


def errors_of(seed: int) -> list[dict[str, object]]:
    """Estimate the median of one registry in each way."""
    made = ain.simulate(CHILDREN, seed=seed)
    found: list[dict[str, object]] = []
    for rule, preset in RULES.items():
        definitions = ain.PRESETS[preset]
        with ain.open_registry(
            made.tables, extracted_on=made.extracted_on, definitions=definitions
        ) as registry:
            followed = ain.follow_up(registry, ain.classify(registry)).filter("is_ain")
            onsets = registry.frame("episode").filter(pl.col("episode_number") == 1)
        true = (
            onsets.join(followed.select("patient_id", "episode_number"), on=["patient_id", "episode_number"])
            .join(made.truth, on="patient_id")
            .select((pl.col("true_resolution_on") - pl.col("onset_by")).dt.total_days().fill_null(10**6))
        )
        truth = true.to_series().median()
        curves = {
            "interval": ain.interval_curve(followed, definitions=definitions, with_limits=False),
            "kaplan_meier": ain.resolution_curve(followed, definitions=definitions),
        }
        for estimator, curve in curves.items():
            error = (curve.value("median")[0] - truth) / DAYS_PER_MONTH
            found.append({"rule": rule, "estimator": estimator, "error_months": error})
    return found


def main() -> None:
    """Estimate, and average over registries."""
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    rows = [row for seed in track(range(1, n + 1), "registries") for row in errors_of(seed)]
    error = pl.col("error_months")
    found = (
        pl.DataFrame(rows)
        .group_by("rule", "estimator", maintain_order=True)
        .agg(
            pl.len().alias("n_registries"),
            error.mean().round(2).alias("mean_error_months"),
            (error.std() / pl.len().sqrt()).round(2).alias("standard_error"),
        )
    )
    found.write_csv(RESULT)
    print(found)


if __name__ == "__main__":
    main()
