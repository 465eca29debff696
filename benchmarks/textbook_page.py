"""Write docs/textbook_statements.md: `python -m benchmarks.textbook_page`.

Every sentence of the textbook, how it is read, and what the demonstration registry says. Its children are
made up, so the last columns show how the program answers, not what is true of the disease.
"""

from pathlib import Path

import polars as pl

import ain_analytics as ain

PAGE = Path(__file__).parents[1] / "docs" / "textbook_statements.md"
HEAD = """# The sentences of a textbook, held against a registry

`ain.textbook_statements(registry, cases, follow_up)` takes every sentence on the disease that can be checked
on data, reads it in a stated way, computes it, and says what holds. `ain reproduce SOURCE` shows it for your
extract.

A sentence is read as: a number lies in a range. It **holds** where all of the limits (95 %) lie inside the
range, **does not hold** where all of them lie outside, and else **cannot be told**: a wide interval proves
nothing. How a sentence is read, and what counts as *mostly* or *a little*, is our choice; it stands in
`ain_analytics/published/textbook_statements.csv`. Sentences that define the disease cannot be checked on
data.

"95 % between 7 and 24 months" is read in three ways (S22a to S22c), "95 % within two to three years" as an
age (S23a, S23b) and as a duration (S23c, S23d). They cannot all hold of the same children.

The last columns are those of the demonstration registry, {n} **made-up** children: they show how the program
answers, and nothing of the disease. `python -m benchmarks.textbook_page` writes this page.

| | sentence | read as | here | verdict |
| --- | --- | --- | --- | --- |
"""
UNIT = {"percent": " %", "months": " months", "ratio": "", "none": ""}


def main() -> None:
    """Write the page."""
    demo = ain.demo_registry()
    with ain.open_registry(demo.tables, extracted_on=demo.extracted_on) as registry:
        cases = ain.classify(registry)
        said = ain.textbook_statements(registry, cases, ain.follow_up(registry, cases)).shared()
    PAGE.write_text(
        HEAD.format(n=demo.truth.height) + "".join(map(_line, said.table.iter_rows(named=True))),
        encoding="utf-8",
    )
    print(said.table.group_by("verdict").agg(pl.len()))


def _line(row: dict[str, object]) -> str:
    value, lower, upper = ("?" if row[x] is None else f"{row[x]:.1f}" for x in ("value", "lower", "upper"))
    here = "–" if row["value"] is None else f"{value}{UNIT[str(row['unit'])]} ({lower} to {upper})"
    verdict = str(row["verdict"]).replace("_", " ")
    return f"| {row['statement_id']} | {row['sentence']} | {row['reading']} | {here} | {verdict} |\n"


if __name__ == "__main__":
    main()
