"""What a rewrite is: one part of a query in, what the other engine must be told out."""

from collections.abc import Callable

from sqlglot import exp

Rewrite = Callable[[exp.Expr], exp.Expr]
"""Gives back the part itself where it means the same."""


class Untranslatable(Exception):
    """A construct is outside the portable subset; the lint should have said so."""


def call(name: str, *given: exp.Expr | None) -> exp.Anonymous:
    """Write a call of one of the helpers that every engine is given."""
    return exp.Anonymous(this=f"ain_{name}", expressions=[part.copy() for part in given if part is not None])


def text_of(part: exp.Expr | None) -> str:
    """Read a text that stands in a query as it is."""
    if not (isinstance(part, exp.Literal) and part.is_string):
        raise Untranslatable("a pattern that is no plain text")
    return str(part.this)
