"""Windows: Spark takes no FILTER beside OVER, and no offset of LAG or LEAD that is a column."""

from sqlglot import exp


def filter_as_case(part: exp.Expr) -> exp.Expr:
    """Write `sum(x) filter (where c)` as `sum(case when c then x end)`."""
    if not isinstance(part, exp.Filter):
        return part
    condition: exp.Expr = part.expression.this
    counted: exp.Expr = part.this
    star = isinstance(counted.this, exp.Star)
    value = exp.Literal.number(1) if star else counted.this.copy()
    counted.set("this", exp.Case(ifs=[exp.If(this=condition.copy(), true=value)]))
    return counted


def offsets(query: exp.Expr) -> list[exp.Expr]:
    """Find the parts of a query in which an engine wants constants."""
    found = [part.args["offset"] for part in query.find_all(exp.Lag, exp.Lead) if part.args.get("offset")]
    for spec in query.find_all(exp.WindowSpec):
        found += [edge for edge in (spec.args["start"], spec.args["end"]) if isinstance(edge, exp.Expr)]
    return found
