"""The native format: one file a table, with the columns that the data dictionary names."""

from ain_analytics.formats.format import Format
from ain_analytics.schema import OBLIGATORY_TABLES, RAW

NATIVE = Format("native", "the native format", RAW, OBLIGATORY_TABLES, read_in_place={"lab_result": ()})
