"""The page docs/coverage.md, from the table alone."""

from pathlib import Path

import polars as pl

from benchmarks.coverage.picture import WITHIN

HEAD = f"""# How often limits hold the truth

Written by `python -m benchmarks.coverage` from `benchmarks/results/coverage.csv`; do not edit.

![Coverage of limits at 95 %, by estimator and registry](coverage.svg)

Registries are made up of children whose truth is known in closed form: time to resolution is Weibull
(shape 1.5, median 18 months; in every second child the rate is 1.5 times as high), 8 % come to a
competing event within 24 months, 10 % are lost within 24 months (*many lost*: 40 %), and the extract ends
30 to 84 months after onset. Whether a child has resolved is seen at visits alone, which lie so many
months apart on average, each gap anything from half of it to half as much again (*day known*: the day
itself is seen). With *late entry* every second child is enrolled up to 12 months after onset, if it has
not resolved. Each number says how many of a hundred registries had limits at 95 % that hold the truth; of
1,000 registries its own standard error is 0.7. **Bold**: not between {WITHIN[0]} and {WITHIN[1]}. A dash:
not asked.

| where | what to know |
| --- | --- |
"""
KNOWN = {
    "intervals as they are": (
        "The limits hold the truth as often as they say, or more often: where visits lie far apart they "
        "heed both ends of every cell, and are wider than 95 % asks for."
    ),
    "resolved at the visit that saw it": (
        "Kaplan–Meier, Aalen–Johansen and what is held against a reference take a child to resolve at the "
        "visit that saw it, up to a whole gap too late. More children make the limits narrower and the "
        "error no smaller, so that the truth is missed the more surely. Where the day is known they hold "
        "it. The program estimates from intervals unless told otherwise, and prints the other curve "
        "beside it."
    ),
    "groups": "Both groups are seen equally late: a ratio of rates or times suffers less than a curve.",
}
TITLES = {
    "interval": "Intervals as they are: `interval_curve`",
    "kaplan_meier": "Resolved at the visit that saw it: `resolution_curve`",
    "aalen_johansen": "Beside a competing event, resolved at the visit that saw it: `incidence_curve`",
    "others": "Groups and references",
}
OTHERS = {
    "hazard_ratio": "`cox_regression`, hazard ratio",
    "time_ratio": "`accelerated_failure`, time ratio, from intervals",
    "rmst_difference": "`restricted_mean_difference`, 24 months",
    "observed_to_expected": "`one_sample_log_rank`, seen to expected",
}


def _number(percent: float | None) -> str:
    if percent is None:
        return "–"
    return f"{percent:.1f}" if WITHIN[0] <= percent <= WITHIN[1] else f"**{percent:.1f}**"


def _heading(quantity: str) -> str:
    if quantity in OTHERS:
        return OTHERS[quantity]
    words = quantity.removeprefix("unresolved_at_").removeprefix("resolved_by_")
    return words.replace("rmst_", "restricted mean, ").replace("_", " ")


def _table(rows: pl.DataFrame, scenarios: list[str]) -> list[str]:
    quantities = rows["quantity"].unique(maintain_order=True).to_list()
    found = {(row["scenario"], row["quantity"]): row["coverage_percent"] for row in rows.to_dicts()}
    lines = [
        f"| registry | {' | '.join(map(_heading, quantities))} |",
        "| --- |" + " ---: |" * len(quantities),
    ]
    for scenario in scenarios:
        numbers = [_number(found.get((scenario, quantity))) for quantity in quantities]
        lines.append(f"| {scenario} | {' | '.join(numbers)} |")
    return lines


BIAS = """
## How far medians lie from the truth

`python -m benchmarks.bias`: {n} registries of 2,000 children, made up with their visits, infections, drugs
and losses, and read, derived and classified as an extract is. Of the children who are autoimmune at
baseline, the median is held against that of their true times from the first low count to the true
resolution. Mean error in months, with its standard error.

| an episode ends with | intervals as they are | Kaplan–Meier |
| --- | ---: | ---: |
"""
ENDS_WITH = {
    "default": "two normal counts, or a last one that is normal (textbook)",
    "strict": "two normal counts only",
    "one_count": "one normal count",
}


def _bias(errors: pl.DataFrame) -> list[str]:
    of = {(row["rule"], row["estimator"]): row for row in errors.to_dicts()}
    lines = BIAS.format(n=errors["n_registries"][0]).splitlines()
    for rule, words in ENDS_WITH.items():
        both = (of[rule, estimator] for estimator in ("interval", "kaplan_meier"))
        said = " | ".join(f"{row['mean_error_months']:+.2f} ± {row['standard_error']:.2f}" for row in both)
        lines.append(f"| {words} | {said} |")
    return lines


def page(table: pl.DataFrame, errors: pl.DataFrame) -> str:
    """Write the page."""
    scenarios = table["scenario"].unique(maintain_order=True).to_list()
    lines = [f"| {where} | {what} |" for where, what in KNOWN.items()]
    for name, title in TITLES.items():
        mine = pl.col("quantity").is_in(list(OTHERS)) if name == "others" else pl.col("estimator") == name
        lines += ["", f"## {title}", "", *_table(table.filter(mine), scenarios)]
    return HEAD + "\n".join([*lines, *_bias(errors)]) + "\n"


def write(table: Path, errors: Path, place: Path) -> None:
    """Write the page of tables that are on disk."""
    place.write_text(page(pl.read_csv(table), pl.read_csv(errors)), encoding="utf-8")
