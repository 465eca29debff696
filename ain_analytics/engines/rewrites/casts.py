"""Casts: PostgreSQL has none that gives null for what cannot be read, and every engine reads other texts.

Spark reads "2020-01" as a date and "5d" as a number, PostgreSQL "tomorrow" and "20200105"; a cast of a
fraction to a whole number rounds in DuckDB and PostgreSQL and cuts in Spark.
"""

from sqlglot import exp

from ain_analytics.engines.rewrites.rewrite import Untranslatable, call

_HELPER = {
    exp.DataType.Type.DATE: "try_date",
    exp.DataType.Type.TIMESTAMP: "try_timestamp",
    exp.DataType.Type.TIMESTAMPNTZ: "try_timestamp",
    exp.DataType.Type.DOUBLE: "try_double",
    exp.DataType.Type.INT: "try_integer",
}
_WHOLE = (exp.DataType.Type.INT, exp.DataType.Type.BIGINT)
_IS_WHOLE = (exp.Count, exp.RowNumber, exp.Rank, exp.DenseRank, exp.DateDiff, exp.Floor, exp.Ceil, exp.Length)
_IS_CHOICE = (exp.Predicate, exp.Boolean, exp.Not, exp.Connector)


def cast_or_null(part: exp.Expr) -> exp.Expr:
    """Replace `try_cast(text as type)` by a helper that reads what DuckDB reads."""
    if not isinstance(part, exp.TryCast):
        return part
    helper = _HELPER.get(part.to.this)
    if helper is None:
        raise Untranslatable(f"try_cast to {part.to.sql()}")
    return call(helper, part.this)


def nearest_whole(part: exp.Expr) -> exp.Expr:
    """Round before a cast to a whole number, to the even one of two that are as near."""
    if type(part) is not exp.Cast or part.to.this not in _WHOLE:
        return part
    given = part.this.this if isinstance(part.this, exp.Window) else part.this
    if isinstance(given, (*_IS_WHOLE, *_IS_CHOICE, exp.Null)):
        return part
    part.set("this", exp.Anonymous(this="RINT", expressions=[part.this.copy()]))
    return part


def computed_once(part: exp.Expr) -> exp.Expr:
    """Fence off a step that computes: PostgreSQL would do it again wherever a column of the step stands."""
    is_step = isinstance(part, exp.Select) and not isinstance(part.parent, exp.SetOperation)
    if is_step and any(_computes(cell) for cell in part.expressions):
        part.set("offset", exp.Offset(expression=exp.Literal.number(0)))
    return part


def _computes(cell: exp.Expr) -> bool:
    return any(called.name.startswith("ain_") for called in cell.find_all(exp.Anonymous))
