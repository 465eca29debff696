"""A synthetic registry as others would send it: one module a format."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import polars as pl

from ain_analytics.synthetic.forms import fhir, omop, redcap, sdtm, tables

Write = Callable[[Mapping[str, pl.DataFrame], Path, date], None]
FORMS: dict[str, Write] = {
    "omop": omop.write,
    "fhir": fhir.write,
    "redcap": redcap.write,
    "sdtm": sdtm.write,
    "tables": tables.write,
}
"""What writes a registry's raw tables into a folder, by the name of the format."""
