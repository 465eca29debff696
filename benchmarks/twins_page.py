"""The page docs/verdicts.md, from the table alone: `python -m benchmarks.twins_page`."""

from pathlib import Path

import polars as pl

RESULT = Path(__file__).parent / "results" / "twins.csv"
PAGE = Path(__file__).parents[1] / "docs" / "verdicts.md"
HEAD = """# How often a verdict on a published figure is right

Written by `python -m benchmarks.twins_page` from `benchmarks/results/twins.csv`; do not edit.

Of each published design below many twins are made up: a source with its number of children, its quantity,
its day zero and its length of recruitment, and a registry of 200 children recruited over 16 years. Both
come from one truth, or the registry's median is 30 % longer. The verdict should be *compatible* in 95 % of
the first and *different* in 80 % of the second, where at least 200 children were published. *Not
comparable* is no verdict on the course: two courses, or one followed for different times, could give both
numbers. Standard errors of these percentages are up to 2.5. The designs are those of the shipped figures on
the course that name a time or a number of children, also of figures that are not compared because other
children were counted there; where a source prints no number, 200 were taken.

*At best* is how often the longer course would be seen by somebody who has the same two numbers and knows from
simulation within what 95 % of their differences lie when the truth is one: including how long either side was
followed, which no source prints. What the figure does not tell, no verdict can.

| figure | quantity | n | one truth: compatible | different | not comparable | longer: different | at best |
| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |
"""
TAIL = """
- **A median or mean of those who recovered, without saying of how many** (R026, R027, R054, R055, R068): a
  course that is longer here can be the same course followed longer, so the answer is *not comparable*, and
  the reason says at what share of recovered one's own children would give the published number. Judged by
  what was followed here alone, 58 % of the twins of R054 were called *different*, a mean of 100 children
  recruited over three years.
- **Shares without a time** (`share_resolved`) are never called different: another length of follow-up would
  do that alone. **A share of all children by a time, followed so long or not** (R009, R061, R063, R064, R069,
  R074) is less where follow-up is shorter; more, it must exceed the curve here too, which few longer courses
  make it do. By the counts alone it was called *different* in 72 % (R009) and 82 % (R064) of the longer
  courses, but also in 21 % of the twins of R074.
- **A share at 2 or 6 months** (R061, R063, R069) is nearly the same in both courses, and so is **a share at
  36 months** in a design like R020 or R074; 200 children on either side seldom tell these apart.
- **A median age of the 39 % who had recovered** (R038) depends on how long children were followed. The test
  allows for what is not printed, and pays with power.
- A source of 24 children with an actuarial share (R020) is called different somewhat too often where the
  registry was followed longer: the source is taken to have lost as many before that time as were lost here.
"""


def page(table: pl.DataFrame) -> str:
    """Write the page."""
    of_times = table.filter(pl.col("chain") == "times")
    lines = []
    for (figure,), rows in of_times.group_by("figure_id", maintain_order=True):
        by = {row["scenario"]: row for row in rows.to_dicts()}
        same, longer = by["same, followed longer"], by["longer, at least 200 published"]
        shares = [same["compatible"], same["different"], same["not_comparable"], longer["different"]]
        numbers = " | ".join(f"{100 * share:.1f}" for share in [*shares, longer["attainable"]])
        quantity, study = same["quantity"].replace("_", " "), same["study"]
        lines.append(f"| {figure} {study} | {quantity} | {same['children']} | {numbers} |")
    return HEAD + "\n".join(lines) + "\n" + TAIL


def main() -> None:
    """Write it to the documentation."""
    PAGE.write_text(page(pl.read_csv(RESULT)), encoding="utf-8")


if __name__ == "__main__":
    main()
