"""What the quality report looks for, each set beside what chance would give; and the worst of it in words."""

from collections.abc import Collection, Mapping
from typing import Any

import polars as pl

from ain_analytics.definitions import Definitions
from ain_analytics.errors import one_line
from ain_analytics.schema import QUALITY

LONGEST_NAME = 28
"""Letters of a name as written that are printed."""


def short(text: str) -> str:
    """Write a name that may hold anything in one short line."""
    clean = one_line(text)
    return clean if len(clean) <= LONGEST_NAME else f"{clean[: LONGEST_NAME - 1]}…"


def is_far(d: Definitions) -> pl.Expr:
    """Say whether a median is far from that of its like."""
    return (pl.col("fold") >= d.median_fold) | (pl.col("fold") <= 1 / d.median_fold)


def checks(tables: Mapping[str, pl.DataFrame], d: Definitions) -> pl.DataFrame:
    """Count what the frames of the quality report show; one row per thing that is looked for."""
    near, gap, child = (tables[f"quality_{name}"] for name in ("near_limit", "gap", "counts_per_child"))
    onset, both = tables["quality_onset_age"], tables["quality_agreement"]
    months = tables["quality_drift"].filter(pl.col("n_counts") >= d.drift_counts)
    units = tables["quality_amounts"].filter(pl.col("n_amounts") >= d.drift_counts)
    n_gaps, n_children = gap["n_gaps"].sum(), child["n_children"].sum()
    found: list[tuple[str, Any, Any, Any, str]] = [
        (
            f"counts_on_{limit:g}",
            rows.filter(pl.col("steps") == 0)["n_counts"].sum(),
            rows["n_counts"].sum(),
            rows["expected"].first(),
            f"counts exactly on {limit:g} × 10⁹/L, among those at most {d.heaping_neighbours} values away",
        )
        for (limit,), rows in near.group_by("limit", maintain_order=True)
    ]
    found += [
        (
            f"onsets_at_{months_of}_months",
            rows.filter(pl.col("stretch") == 0)["n_episodes"].sum(),
            rows["n_episodes"].sum(),
            rows["expected"].first(),
            f"onsets within {d.birthday_window_days} days of the age of {months_of} months, "
            "where the limit changes, among those at neighbouring ages",
        )
        for (months_of,), rows in onset.group_by("change_months", maintain_order=True)
    ]
    found += [
        (
            "long_gaps", gap.filter("is_long")["n_gaps"].sum(), n_gaps, None,
            f"times between two counts of more than {d.long_silence_days} days",
        ),
        ("children_without_a_count", _first(child, 0), n_children, None, "children without a count"),
        ("children_with_one_count", _first(child, 1), n_children, None, "children with one count"),
        (
            "measured_beyond_tolerance", both["n_beyond"].sum(), both["n_counts"].sum(), None,
            "measured counts that differ from computed ones by more than the tolerance",
        ),
        (
            "units_far_off", units.filter(is_far(d)).height, units.height, None,
            f"ways of writing analyte, unit and method whose median is {d.median_fold:g} times off",
        ),
        (
            "months_far_off", months.filter(is_far(d)).height, months.height, None,
            f"months of a site whose median is {d.median_fold:g} times off that of the site",
        ),
    ]  # fmt: skip
    schema = ["name", "n", "of", "expected", "words"]
    return QUALITY["quality_check"].cast(
        pl.DataFrame(found, schema=schema, orient="row", infer_schema_length=None)
    )


def _first(child: pl.DataFrame, n: int) -> int:
    return int(child.filter(pl.col("from_counts") == n)["n_children"].sum())


def worst(
    tables: Mapping[str, pl.DataFrame], d: Definitions, no_error: Collection[str], words: Mapping[str, str]
) -> list[str]:
    """Say what concerns the largest share of its rows first; what concerns few rows comes last."""
    rows = tables["quality_rows"].with_columns((~pl.col("fate").is_in(list(no_error))).alias("is_error"))
    n, of = pl.col("n_rows"), pl.col("n_rows").sum()
    reasons = (
        rows.group_by("table_name", "fate", "is_error")
        .agg(of)
        .with_columns((n / n.sum().over("table_name")).alias("share"))
        .filter("is_error")
    )
    sites = (
        rows.filter(pl.col("table_name") == "lab_result")
        .group_by("site")
        .agg(n.filter("is_error").sum().alias("n_errors"), of)
        .with_columns(
            (pl.col("n_errors") / n).alias("share"),
            ((pl.col("n_errors").sum() - pl.col("n_errors")) / (n.sum() - n)).alias("elsewhere"),
        )
        .filter(
            pl.col("site") != "not_known",
            pl.col("share") >= d.median_fold * pl.col("elsewhere"),
            pl.col("n_errors") >= d.drift_counts,
        )
    )
    compared = pl.col("n_counts") >= d.drift_counts
    months = tables["quality_drift"].filter(compared, is_far(d))
    units = tables["quality_amounts"].filter(pl.col("n_amounts") >= d.drift_counts, is_far(d))
    n_of = dict(tables["quality_amounts"].group_by("analyte").agg(of).rows())
    found = [
        (
            r["n_rows"],
            r["share"],
            f"{r['table_name']}: {r['n_rows']} row(s) set aside: {words.get(r['fate'], r['fate'])}",
        )
        for r in reasons.to_dicts()
    ]
    found += [
        (r["n_errors"], r["share"], f"site {short(r['site'])}: {r['n_errors']} laboratory rows set aside, "
         f"{r['elsewhere']:.1%} elsewhere")
        for r in sites.to_dicts()
    ]  # fmt: skip
    found += [
        (r["n_rows"], r["n_rows"] / n_of[r["analyte"]],
         f"{r['analyte']} in {short(r['unit'])}, method {short(r['method'])}: "
         f"median {r['median']:.3g} {r['amount_unit']}, {_times(r['fold'])} the others")
        for r in units.to_dicts()
    ]  # fmt: skip
    n_counts = max(1, int(tables["quality_drift"]["n_counts"].sum()))
    found += [
        (sum(r["n_counts"]), sum(r["n_counts"]) / n_counts,
         f"site {short(r['site'])}: {len(r['month'])} month(s) with a median far off, "
         f"the first {r['month'][0]:%Y-%m} ({_times(r['fold'][0])} its usual)")
        for r in months.group_by("site", maintain_order=True).all().to_dicts()
    ]  # fmt: skip
    for r in tables["quality_check"].filter(pl.col("expected").is_not_null()).to_dicts():
        surplus = r["n"] - r["expected"]
        if surplus > 2 * r["expected"] ** (1 / 2):  # twice the Poisson error of what was expected
            found.append(
                (r["n"], surplus / max(r["of"], 1), f"{r['n']} {r['words']}; expected {r['expected']:.0f}")
            )
    found.sort(key=lambda one: (one[0] < d.drift_counts, -one[1], one[2]))  # few rows make no large share
    return [f"{share:>6.1%} {said}" for _, share, said in found]


def _times(fold: float) -> str:
    return f"{fold:.3g} times"


def check_lines(check: pl.DataFrame) -> list[str]:
    """Say each thing that was looked for in a line."""
    return [
        f"{r['n']:>7} of {r['of']:>7} {r['words']}"
        + ("" if r["expected"] is None else f"; expected {r['expected']:.0f}")
        for r in check.to_dicts()
    ]


def site_lines(rows: pl.DataFrame, no_error: Collection[str], most: int) -> list[str]:
    """Say of the largest sites how many laboratory rows they sent, and how many were set aside."""
    n, is_error = pl.col("n_rows"), ~pl.col("fate").is_in(list(no_error))
    sites = (
        rows.filter(pl.col("table_name") == "lab_result")
        .group_by("site")
        .agg(
            n.sum(),
            n.filter(pl.col("fate") == "used").sum().alias("n_used"),
            n.filter(is_error).sum().alias("n_errors"),
        )
        .sort("n_rows", "site", descending=[True, False])
    )
    lines = [
        f"{short(r['site']):<{LONGEST_NAME}} {r['n_rows']:>9} rows, {r['n_used']:>9} used, "
        f"{r['n_errors']:>7} set aside for an error ({r['n_errors'] / r['n_rows']:.1%})"
        for r in sites.head(most).to_dicts()
    ]
    return lines + ([f"and {sites.height - most} more sites"] if sites.height > most else [])
