"""Tables for people, made by great_tables, which escapes every text that comes from data."""

from ain_analytics.tables.cohort import table_fates, table_oddities, table_one
from ain_analytics.tables.curve import table_bounds, table_curve
from ain_analytics.tables.published import table_comparison, table_statements

__all__ = [
    "table_bounds",
    "table_comparison",
    "table_curve",
    "table_fates",
    "table_oddities",
    "table_one",
    "table_statements",
]
