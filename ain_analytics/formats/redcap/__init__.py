"""REDCap: an export (raw or labelled) beside the data dictionary of its project."""

from ain_analytics import schema
from ain_analytics.formats.format import Format
from ain_analytics.formats.redcap.load import load
from ain_analytics.formats.redcap.project import is_here, look
from ain_analytics.formats.redcap.words import code_tables

REDCAP = Format(
    "redcap",
    "a REDCap project",
    schema.REDCAP,
    ("data_dictionary", "record"),
    is_here=is_here,
    code_tables=code_tables,
    look=look,
    load=load,
)
