"""What of SQL a view may use, so that every engine gives the same rows.

Run it by `python -m ain_analytics.engines.lint [FILE...]`; it names file, line and construct.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlglot
from sqlglot import exp

from ain_analytics.engines.portable_patterns import faults

_WORDS = """
    abs and avg bool_and bool_or case cast coalesce count date_diff floor greatest is_inf is_nan lag lead
    least length logical_and logical_or lower max median min not nullif or regexp_like regexp_replace replace
    round row_number starts_with str_position sum translate trim try_cast upper
"""
FUNCTIONS = frozenset(_WORDS.split())
"""Functions, by sqlglot's names, whose rows were compared between the engines."""
_TRIED = frozenset(("DATE", "DOUBLE", "INT", "TIMESTAMP", "TIMESTAMPNTZ"))
_TYPES = _TRIED | {"BIGINT", "BOOLEAN", "TEXT", "VARCHAR"}
_FORBIDDEN: dict[type[exp.Expr], str] = {
    exp.Qualify: "QUALIFY",
    exp.Rollup: "several groupings at once",
    exp.Cube: "several groupings at once",
    exp.GroupingSets: "several groupings at once",
    exp.Pivot: "PIVOT",
    exp.Limit: "LIMIT",
    exp.Offset: "OFFSET",
    exp.TableSample: "a sample",
    exp.IntDiv: "the operator //",
    exp.Mod: "the operator %",
    exp.Pow: "a power",
    exp.Bracket: "an element of a list",
    exp.Array: "a list",
    exp.Struct: "a struct",
    exp.Lambda: "a function of a list",
    exp.Lateral: "LATERAL",
    exp.Unnest: "UNNEST",
    exp.ILike: "ILIKE",
    exp.SimilarTo: "SIMILAR TO",
    exp.JSONExtract: "JSON",
    exp.WithinGroup: "WITHIN GROUP",
    exp.IgnoreNulls: "IGNORE NULLS",
    exp.RespectNulls: "RESPECT NULLS",
}
Fault = tuple[int, str]


def faults_of(text: str) -> list[Fault]:
    """Name what of a view is not portable.

    Parameters
    ----------
    text : str
        The file's.

    Returns
    -------
    list of (int, str)
        Line and construct, in order.
    """
    try:
        trees = [tree for tree in sqlglot.parse(text, read="duckdb") if tree is not None]
    except sqlglot.ParseError as error:
        return [
            (error.errors[0].get("line") or 1 if error.errors else 1, "SQL that the translator cannot read")
        ]
    found = {
        (_line(part), said)
        for tree in trees
        for part in tree.walk()
        for check in _CHECKS
        for said in check(part)
    }
    return sorted(found)


def _line(part: exp.Expr) -> int:
    """Tell where a part begins, by the first of its words that knows."""
    lines = [inner.meta["line"] for inner in part.walk() if "line" in inner.meta]
    if not lines and part.parent is not None:
        return _line(part.parent)
    return min(lines, default=1)


def _forbidden(part: exp.Expr) -> Iterator[str]:
    for kind, said in _FORBIDDEN.items():
        if isinstance(part, kind):
            yield said


def _functions(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.Anonymous):
        yield f"function {part.name.lower()}"
    elif isinstance(part, exp.Func) and part.key not in _KEYS:
        yield f"function {part.sql_name().lower()}"


_KEYS = {name.replace("_", "") for name in FUNCTIONS} | {"if", "strposition", "exists"}


def _selection(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.Select) and part.args.get("distinct") and part.args["distinct"].args.get("on"):
        yield "DISTINCT ON"
    if isinstance(part, exp.Group) and (part.args.get("all") or part.args.get("totals")):
        yield "GROUP BY ALL"
    if isinstance(part, exp.Group) and any(
        part.args.get(kind) for kind in ("cube", "rollup", "grouping_sets")
    ):
        yield "several groupings at once"
    if isinstance(part, exp.Group | exp.Order) and _is_by_place(part):
        yield "a column by its number"
    if isinstance(part, exp.Order) and any(one.this.name.lower() == "all" for one in part.expressions):
        yield "ORDER BY ALL"
    if isinstance(part, exp.Star) and any(
        part.args.get(kind) for kind in ("except_", "except", "replace", "rename")
    ):
        yield "a star that leaves out or renames"
    if isinstance(part, exp.Order) and isinstance(part.parent, exp.AggFunc | exp.Anonymous):
        yield "an order within an aggregate"


def _is_by_place(part: exp.Group | exp.Order) -> bool:
    terms = [one.this if isinstance(one, exp.Ordered) else one for one in part.expressions]
    return any(isinstance(term, exp.Literal) for term in terms)


def _joins(part: exp.Expr) -> Iterator[str]:
    if not isinstance(part, exp.Join):
        return
    if (part.method or "").upper() in ("ASOF", "NATURAL", "POSITIONAL"):
        yield f"{part.method.upper()} JOIN"
    if part.args.get("using"):
        yield "USING"
    if (part.kind or "").upper() in ("SEMI", "ANTI") or (part.side or "").upper() in ("SEMI", "ANTI"):
        yield "SEMI or ANTI JOIN"


def _windows(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.WindowSpec) and (part.args.get("kind") or "").upper() != "ROWS":
        yield "a frame other than ROWS"
    if isinstance(part, exp.WindowSpec) and part.args.get("exclude"):
        yield "a frame with EXCLUDE"


def _casts(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.Cast):
        kind = part.to.this.value
        known = _TRIED if isinstance(part, exp.TryCast) else _TYPES
        if kind not in known:
            said = "try_cast" if isinstance(part, exp.TryCast) else "a cast"
            yield f"{said} to {part.to.sql('duckdb').lower()}"


def _days(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.DateDiff) and (
        part.args.get("unit") is None or part.args["unit"].name.lower() != "day"
    ):
        yield "date_diff in other units than 'day'"


def _patterns(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.RegexpLike | exp.RegexpReplace):
        if not part.expression.is_string:
            yield "a regular expression that is no plain text"
        else:
            yield from (f"in a regular expression: {said}" for said in faults(part.expression.name))
        options = part.args.get("modifiers") or part.args.get("flag")
        if options is not None and options.name not in ("", "g"):
            yield f"option {options.name!r} of a regular expression"
    if isinstance(part, exp.Like) and (not part.expression.is_string or "\\" in part.expression.name):
        yield "LIKE with a pattern that is no plain text, or with a backslash"


def _names(part: exp.Expr) -> Iterator[str]:
    if isinstance(part, exp.Column) and not part.table and not isinstance(part.this, exp.Star):
        yield f"column {part.name} without its table"


_CHECKS: tuple[Callable[[exp.Expr], Iterator[str]], ...] = (
    _forbidden, _functions, _selection, _joins, _windows, _casts, _days, _patterns, _names,
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Look at files, or at the numbered views of the folder `sql`; exit code 1 when there are faults."""
    n_faults = 0
    for path in map(Path, arguments) if arguments else sorted(Path("sql").glob("[1-9][0-9]_*.sql")):
        for line, said in faults_of(path.read_text(encoding="utf-8")):
            n_faults += 1
            sys.stdout.write(f"{path}:{line}: {said} is not portable\n")
    return 1 if n_faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
