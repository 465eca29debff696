"""What sqlglot translates into something else than DuckDB means, one module for a kind of change."""

from ain_analytics.engines.rewrites import casts, days, numbers, patterns, windows
from ain_analytics.engines.rewrites.rewrite import Rewrite, Untranslatable

FOR_SPARK: tuple[Rewrite, ...] = (
    windows.filter_as_case,
    casts.cast_or_null,
    casts.nearest_whole,
    numbers.divided,
    numbers.rounded,
    numbers.not_a_number,
    days.days_between,
    patterns.matches_in_java,
    patterns.replaced_in_java,
)
FOR_POSTGRES: tuple[Rewrite, ...] = (
    windows.filter_as_case,
    casts.cast_or_null,
    numbers.divided,
    numbers.multiplied,
    numbers.rounded,
    numbers.not_a_number,
    numbers.median_of_two_middles,
    days.days_between,
    casts.computed_once,
    patterns.matches_in_postgres,
    patterns.replaced_in_postgres,
    patterns.cases_of_all_letters,
    patterns.texts_by_bytes,
)

__all__ = ["FOR_POSTGRES", "FOR_SPARK", "Rewrite", "Untranslatable"]
