"""Days: DuckDB counts midnights between two times, Spark counts full days of 24 hours."""

from sqlglot import exp

from ain_analytics.engines.rewrites.rewrite import Untranslatable, call


def days_between(part: exp.Expr) -> exp.Expr:
    """Count from calendar day to calendar day."""
    if not isinstance(part, exp.DateDiff):
        return part
    unit = part.args.get("unit")
    if unit is None or unit.name.lower() != "day":
        raise Untranslatable("date_diff in other units than days")
    return call("days_between", part.expression, part.this)
