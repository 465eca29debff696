"""The lint of portable SQL: a bad view for each rule, and the line in which it is bad."""

import subprocess
import sys

import pytest

from ain_analytics.engines.lint import faults_of
from ain_analytics.engines.portable_patterns import faults

BAD = {
    "QUALIFY": "select a.x from a\nqualify row_number() over (order by a.x) = 1",
    "GROUP BY ALL": "select a.x, count(*) from a\ngroup by all",
    "ORDER BY ALL": "select a.x from a\norder by all",
    "several groupings at once": "select a.x from a\ngroup by rollup (a.x)",
    "a column by its number": "select a.x from a\ngroup by 1",
    "ASOF JOIN": "select a.x from a\nasof join b on a.x >= b.x",
    "NATURAL JOIN": "select a.x from a\nnatural join b",
    "SEMI or ANTI JOIN": "select a.x from a\nsemi join b on a.x = b.x",
    "USING": "select a.x from a\ninner join b using (x)",
    "PIVOT": "select p.x from a\npivot (sum(a.y) for a.z in ('u')) as p",
    "LIMIT": "select a.x from a\nlimit 1",
    "OFFSET": "select a.x from a\noffset 1",
    "DISTINCT ON": "select distinct on (a.x)\na.x, a.y from a",
    "a star that leaves out or renames": "select\na.* exclude (y) from a",
    "column y without its table": "select a.x,\ny from a",
    "function array_agg": "select a.x,\nlist(a.y) from a group by a.x",
    "function arg_min": "select a.x,\narg_min(a.y, a.z) from a group by a.x",
    "function first": "select a.x,\nfirst(a.y) from a group by a.x",
    "function any_value": "select a.x,\nany_value(a.y) from a group by a.x",
    "function percentile_cont": "select a.x,\nquantile_cont(a.y, 0.5) from a group by a.x",
    "function columns": "select a.x,\ncolumns('y') from a",
    "function group_concat": "select a.x,\nstring_agg(a.y, ',') from a group by a.x",
    "function time_to_str": "select a.x,\nstrftime(a.y, '%Y') from a",
    "an order within an aggregate": "select a.x,\nsum(a.y order by a.z) from a group by a.x",
    "the operator //": "select a.x,\na.y // 1 from a",
    "the operator %": "select a.x,\na.y % 1 from a",
    "an element of a list": "select a.x,\na.y[1] from a",
    "a list": "select a.x,\n[a.y] from a",
    "ILIKE": "select a.x from a where\na.x ilike 'b%'",
    "LIKE with a pattern that is no plain text, or with a backslash": "select a.x from a where\na.x like a.y",
    "a frame other than ROWS": "select a.x, sum(a.x) over (order by a.y\nrange unbounded preceding) from a",
    "a cast to decimal(10, 2)": "select a.x,\ncast(a.y as decimal(10, 2)) from a",
    "try_cast to bigint": "select a.x,\ntry_cast(a.y as bigint) from a",
    "date_diff in other units than 'day'": "select a.x,\ndate_diff('month', a.y, a.z) from a",
    "a regular expression that is no plain text": "select a.x,\nregexp_matches(a.y, a.z) from a",
    "option 'i' of a regular expression": "select a.x,\nregexp_replace(a.y, 'b', '', 'i') from a",
    "in a regular expression: a lazy or possessive quantifier": "select\nregexp_matches(a.y, 'b+?c') from a",
    "SQL that the translator cannot read": "select a.x from a where (",
}


@pytest.mark.parametrize(("said", "query"), BAD.items(), ids=BAD)
def test_what_is_not_portable_is_told_by_its_name_and_line(said, query):
    line = 1 if said.startswith("SQL") else 3
    found = faults_of(f"create or replace view v as\n{query};\n")
    assert any(abs(at - line) <= 1 for at, word in found if word == said), found


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("ab|abc", "an alternative that begins a later one"),
        ("x(ce|cells?)", "an alternative that begins a later one"),
        ("x(cell|cells?)", "an alternative that begins a later one"),
        ("(er|re|ro)s?", ""),
        (r"\bword", "an escape that only some engines know"),
        ("(?i)word", "a group that is more than a group"),
        ("(?:word)", ""),
        ("[[:alpha:]]", "a class by name"),
        ("[a-z&&[^b]]", "classes that are cut with one another"),
        (r"\pL", "a class of Unicode other than \\pZ"),
        ("a{2,3}b{4}", ""),
        ("a{b}", "a brace that is no quantifier"),
        (r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$", ""),
    ],
)
def test_a_regular_expression_is_one_that_all_engines_read_alike(pattern, said):
    assert (said in faults(pattern)) if said else faults(pattern) == []


def test_the_command_names_file_and_line_and_ends_with_one(tmp_path):
    bad = tmp_path / "10_bad.sql"
    bad.write_text("create or replace view bad as\nselect a.x from a\nqualify a.x = 1;\n")
    command = [sys.executable, "-m", "ain_analytics.engines.lint", str(bad)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith(f"{bad}:")
    assert done.stdout.endswith(": QUALIFY is not portable\n")
