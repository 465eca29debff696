"""Texts: regular expressions, capital letters and the order of letters."""

from sqlglot import exp

from ain_analytics.engines.regular_expressions import (
    first_only,
    for_java,
    for_postgres,
    java_replacement,
)
from ain_analytics.engines.rewrites.rewrite import Untranslatable, call, text_of


def matches_in_java(part: exp.Expr) -> exp.Expr:
    """Write the pattern of `regexp_matches` for Java."""
    if isinstance(part, exp.RegexpLike):
        part.set("expression", exp.Literal.string(for_java(text_of(part.expression))))
    return part


def matches_in_postgres(part: exp.Expr) -> exp.Expr:
    """Write the pattern of `regexp_matches` for PostgreSQL."""
    if isinstance(part, exp.RegexpLike):
        part.set("expression", exp.Literal.string(for_postgres(text_of(part.expression))))
    return part


def _is_for_all(part: exp.RegexpReplace) -> bool:
    options = part.args.get("modifiers")
    said = "" if options is None else text_of(options)
    if said not in ("", "g"):
        raise Untranslatable(f"option {said!r} of regexp_replace")
    return said == "g"


def replaced_in_java(part: exp.Expr) -> exp.Expr:
    """Replace the first match only, unless all are meant: Spark always replaces all."""
    if not isinstance(part, exp.RegexpReplace):
        return part
    pattern, by = for_java(text_of(part.expression)), text_of(part.args["replacement"])
    moved = 0 if _is_for_all(part) else 1
    cells = (first_only(pattern) if moved else pattern, java_replacement(by, moved=moved))
    given = [part.this.copy(), *map(exp.Literal.string, cells)]
    return exp.Anonymous(this="REGEXP_REPLACE", expressions=given)


def replaced_in_postgres(part: exp.Expr) -> exp.Expr:
    """Write the pattern of `regexp_replace` for PostgreSQL; it takes the longest of several alternatives."""
    if not isinstance(part, exp.RegexpReplace):
        return part
    cells = [for_postgres(text_of(part.expression)), text_of(part.args["replacement"])]
    cells += ["g"] if _is_for_all(part) else []
    given = [part.this.copy(), *map(exp.Literal.string, cells)]
    return exp.Anonymous(this="REGEXP_REPLACE", expressions=given)


def cases_of_all_letters(part: exp.Expr) -> exp.Expr:
    """Turn letters of every alphabet; by the order of bytes PostgreSQL turns only those of ASCII."""
    if isinstance(part, exp.Lower | exp.Upper):
        return call("lower" if isinstance(part, exp.Lower) else "upper", part.this)
    return part


def texts_by_bytes(part: exp.Expr) -> exp.Expr:
    """Say of a text that it is ordered by its bytes, where it does not come from a column."""
    is_cast = isinstance(part, exp.Cast) and part.to.this in exp.DataType.TEXT_TYPES
    is_said = isinstance(part, exp.Literal) and part.is_string and _is_value(part)
    if not (is_cast or is_said):
        return part
    return exp.Paren(this=exp.Collate(this=part.copy(), expression=exp.to_identifier("C", quoted=True)))


def _is_value(part: exp.Expr) -> bool:
    """Tell a text of the data from a pattern, the number of an interval, or an argument of a function."""
    return isinstance(part.parent, exp.If | exp.Case | exp.Alias | exp.Coalesce | exp.Select | exp.DPipe)
