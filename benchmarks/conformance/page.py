"""The page docs/conformance.md, from the table alone."""

import csv
from pathlib import Path

ROOT = Path(__file__).parents[2]
CSV = ROOT / "benchmarks" / "results" / "conformance.csv"
PAGE = ROOT / "docs" / "conformance.md"
VERSIONS = "version"
HEAD = """# Who agrees with R, and where

Written by `python -m benchmarks.conformance` from `benchmarks/results/conformance.csv`; do not edit.

Every library is given the same golden cases (`tests/golden`), and its answers are compared with R's numbers
(R 4.2.2: survival 3.5-3, cmprsk 2.2-11, etm 1.1-1, npsurv 0.5-0). *agrees*: the largest absolute difference
is at most 1e-6. *differs*: the largest difference and its case. *refuses*: the library raises an error.
*not offered*: the library has no such number, or the comparison does not ask for it. A number on one side
only: the library gives one where R says undefined, or the other way round. Cases of one quantity are the
same for all; where a library has a convention of its own, that too is a difference here. R has no log-rank
test with entry: its number there is the score test of the discrete Cox model. NPMLE with entry is
self-consistency written in R.
"""
NOTES = """
## What the differences are

Causes are taken from earlier notes on these libraries or guessed from the cases; they were not all checked
again for this page.

- **Limits where nobody is left** (S = 0): R says undefined; lifelines, SurPyval and scikit-survival give
  numbers, so that a quantile's upper limit can seem reached.
- **Median at a flat half**: R takes the middle of the flat piece, SurPyval and lifelines its first day.
  lifelines compares without tolerance and can miss a half altogether, and statsmodels has no answer, where
  the half lasts to the end (`flat_at_one_half_to_the_end`).
- **Sampling weights**: SurPyval takes whole weights only.
- **Error of RMST**: lifelines returns the variance of min(T, τ), not of its mean; the root of that is shown
  here.
- **Aalen–Johansen**: lifelines breaks ties by a random jitter (a seed was set here), and counts who enters
  on day t as at risk on day t. lifelines and statsmodels give no error on the last day of some cases.
- **Error of Aalen–Johansen in comprisk**: not that of survfit (delta method); probably Aalen's form, as in
  cmprsk. Not checked.
- **Not asked**: SurPyval also has robust errors, tests of proportional hazards, and Weibull regression;
  statsmodels has standard errors of the share and scikit-survival those of incidence. They read
  *not offered* here.
- **Log-rank with a group never at risk**: statsmodels and scikit-survival meet a singular matrix.
- **NPMLE on (L, R]**: lifelines reads intervals as closed, [L, R]. They were given as they are.
- **Cox robust errors with entry**: lifelines leaves entry out of the score residuals.
- **Cox with entry in statsmodels**: differs where entry is delayed, and has no finite answer for `pbc` (as
  it was given). Why is not known.
- **Cox in scikit-survival**: takes neither delayed entry nor strata; those cases are counted as refused.
- **Proportional hazards**: lifelines has the approximation of survival before version 3, and refuses
  delayed entry.
- **Weibull on intervals**: lifelines stops before the maximum by a little more than the tolerance.
"""


def text_of(rows: list[dict[str, str]]) -> str:
    """Write the page."""
    libraries = [name for name in rows[0] if name != "quantity"]
    versions = next(row for row in rows if row["quantity"] == VERSIONS)
    heads = [f"{name} {versions[name]}" if versions[name] else name for name in libraries]
    lines = ["| " + " | ".join(["quantity", *heads]) + " |", "|" + " --- |" * (len(libraries) + 1)]
    for row in rows:
        if row["quantity"] != VERSIONS:
            lines.append("| " + " | ".join(row.values()) + " |")
    return HEAD + "\n" + "\n".join(lines) + "\n" + NOTES


def read() -> list[dict[str, str]]:
    """Read the table that is kept."""
    with CSV.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(rows: list[dict[str, str]]) -> None:
    """Keep the table, and write the page from it."""
    with CSV.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    PAGE.write_text(text_of(read()), encoding="utf-8")
