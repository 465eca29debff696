"""One view of `sql/`, from DuckDB's words into those of another engine."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp

from ain_analytics.engines.rewrites import FOR_POSTGRES, FOR_SPARK, Rewrite, Untranslatable
from ain_analytics.engines.rewrites.windows import offsets

Constants = Mapping[str, Mapping[str, object]]
"""Tables of one row, by their names: what stands in each column."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """How an engine wants to be spoken to."""

    name: str
    rewrites: tuple[Rewrite, ...]
    wants_constant_offsets: bool = False


SPARK = Dialect("spark", FOR_SPARK, wants_constant_offsets=True)
POSTGRES = Dialect("postgres", FOR_POSTGRES)


def read_view(path: Path) -> exp.Expr:
    """Read the query of a view's file."""
    tree = sqlglot.parse_one(path.read_text(encoding="utf-8"), read="duckdb")
    query = tree.expression
    if not isinstance(tree, exp.Create) or not isinstance(query, exp.Query):
        raise Untranslatable(f"{path.name} makes no view")
    return query


def tables_of(query: exp.Expr) -> set[str]:
    """Name the tables and views that a query reads."""
    return {table.name for table in query.find_all(exp.Table)} - _steps(query)


def translate(query: exp.Expr, dialect: Dialect, places: Mapping[str, str], constants: Constants) -> str:
    """Write a query for an engine.

    Parameters
    ----------
    query : sqlglot.exp.Expr
        As DuckDB reads it; stays as it is.
    dialect : Dialect
    places : mapping of table to its name in the engine
    constants : mapping of table to its one row
        Where the engine wants constants, their values are put in.

    Returns
    -------
    str
    """
    made = query.copy()
    if dialect.wants_constant_offsets:
        for part in offsets(made):
            _put_in_values(part, made, constants)
    steps = _steps(made)
    for table in list(made.find_all(exp.Table)):
        if table.name not in steps:
            named = table.alias or table.name
            table.set("alias", exp.TableAlias(this=exp.to_identifier(named)))
            table.set("this", exp.to_identifier(places.get(table.name, table.name)))
    for rewrite in dialect.rewrites:
        made = _rewritten(made, rewrite)
    return made.sql(dialect=dialect.name, identify=True)


def _rewritten(query: exp.Expr, rewrite: Rewrite) -> exp.Expr:
    """Rewrite every part once, the inner ones first, so that what a rewrite makes is not rewritten again."""
    for part in reversed(list(query.walk())):
        other = rewrite(part)
        if other is not part:
            if part is query:
                query = other
            else:
                part.replace(other)
    return query


def _steps(query: exp.Expr) -> set[str]:
    return {step.alias for step in query.find_all(exp.CTE)}


def _put_in_values(part: exp.Expr, query: exp.Expr, constants: Constants) -> None:
    for column in list(part.find_all(exp.Column)):
        value = _value_of(column, query, constants)
        if value is None:
            raise Untranslatable(f"{column.sql()} is no constant where one is wanted")
        column.replace(value)


def _value_of(column: exp.Column, query: exp.Expr, constants: Constants) -> exp.Expr | None:
    """Find the constant that a column holds, also where earlier steps handed it on."""
    named = {table.alias_or_name: table.name for table in query.find_all(exp.Table)}
    source = named.get(column.table, column.table)
    if source in constants:
        row = constants[source]
        return exp.convert(row[column.name]) if column.name in row else None
    step = next((step for step in query.find_all(exp.CTE) if step.alias == source), None)
    if step is None or not isinstance(step.this, exp.Select):
        return None
    for given in step.this.expressions:
        if given.alias_or_name == column.name and isinstance(given.unalias(), exp.Column):
            return _value_of(given.unalias(), query, constants)
        if isinstance(given, exp.Column) and isinstance(given.this, exp.Star):
            found = _value_of(exp.column(column.name, given.table), query, constants)
            if found is not None:
                return found
    return None
