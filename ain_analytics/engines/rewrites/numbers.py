"""Arithmetic: division by zero, rounding and the median, to the last bit as DuckDB does them."""

from sqlglot import exp, parse_one

from ain_analytics.engines.rewrites.rewrite import call


def divided(part: exp.Expr) -> exp.Expr:
    """Divide fractions; by zero it gives infinity or no number, no error and no null."""
    return call("divide", part.this, part.expression) if isinstance(part, exp.Div) else part


def multiplied(part: exp.Expr) -> exp.Expr:
    """Multiply numbers; a product beyond all bounds is infinity, and one next to nothing 0, no error."""
    if not isinstance(part, exp.Mul) or part.find(exp.Interval):
        return part
    return call("times", part.this, part.expression)


def rounded(part: exp.Expr) -> exp.Expr:
    """Round the binary number half away from zero; Spark and PostgreSQL round its decimal spelling."""
    if not isinstance(part, exp.Round):
        return part
    return call("round", part.this, part.args.get("decimals") or exp.Literal.number(0))


def not_a_number(part: exp.Expr) -> exp.Expr:
    """Ask for infinity and for what is no number."""
    if isinstance(part, exp.IsNan):
        return call("is_nan", part.this)
    return call("is_inf", part.this) if isinstance(part, exp.IsInf) else part


def median_of_two_middles(part: exp.Expr) -> exp.Expr:
    """Weigh the two middle values alike; PERCENTILE_CONT adds half their distance, which rounds otherwise."""
    if not isinstance(part, exp.Median):
        return part
    lower = "percentile_disc(0.5) within group (order by x)"
    upper = "percentile_disc(0.5) within group (order by x desc)"
    made = parse_one(f"(0.5 * {lower} + 0.5 * {upper})", read="postgres")
    for column in list(made.find_all(exp.Column)):
        column.replace(part.this.copy())
    return made
