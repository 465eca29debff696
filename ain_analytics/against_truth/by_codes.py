"""Whom diagnosis codes alone would count."""

import polars as pl

from ain_analytics.registry import Registry

NEUTROPENIA = "D70"
UNSPECIFIC_ROLES = (
    "neutropenia_code:other_candidate_AIN",
    "neutropenia_code:unspecified_candidate_AIN",
    "neutropenia_code:neutropenia_header",
    "neutropenia_code:neutropenia_any",
)
"""Roles of the codes under which autoimmune neutropenia is written down: D70.8, D70.9, and D70 alone."""
NEONATAL = "P61.5"
READINGS = ("any_d70", "unspecific_d70")


def codes_only(registry: Registry) -> pl.DataFrame:
    """Say who would be counted by ICD-10 codes alone, and from when to when.

    `any_d70`: any code D70 or below it, from its first day on: whoever counts neutropenia. `unspecific_d70`:
    a code that leaves room for autoimmune neutropenia (D70.8, D70.9 or bare D70 of ICD-10-CM and WHO), as
    long as no code names another kind (D70.0 to D70.4, P61.5): the most that codes can do (our choice), since
    none means autoimmune neutropenia. Modifications of other countries number D70 otherwise.

    Parameters
    ----------
    registry : Registry

    Returns
    -------
    polars.DataFrame
        One row per reading and child who is ever counted: `way`, `patient_id`, `counted_from`, `counted_to`
        (the day of a code that names another kind; none while there is none).

    Examples
    --------
    >>> import ain_analytics as ain
    >>> demo = ain.simulate(20, seed=1)
    >>> registry = ain.open_registry(demo.tables, extracted_on=demo.extracted_on)
    >>> ain.codes_only(registry).columns
    ['way', 'patient_id', 'counted_from', 'counted_to']
    """
    code = pl.col("code").str.to_uppercase().str.replace_all(".", "", literal=True)
    is_neutropenia = code.str.starts_with(NEUTROPENIA)
    is_unspecific = is_neutropenia & pl.col("role").is_in(UNSPECIFIC_ROLES)
    is_other = (is_neutropenia & ~is_unspecific) | code.str.starts_with(NEONATAL.replace(".", ""))
    codes = registry.frame("cause")
    first = codes.group_by("patient_id").agg(
        pl.col("recorded_on").filter(kind).min().alias(name)
        for name, kind in (("any", is_neutropenia), ("unspecific", is_unspecific), ("other", is_other))
    )
    readings = {
        "any_d70": first.select("patient_id", counted_from="any", counted_to=pl.lit(None, pl.Date)),
        "unspecific_d70": first.filter(
            pl.col("other").is_null() | (pl.col("unspecific") < pl.col("other"))
        ).select("patient_id", counted_from="unspecific", counted_to="other"),
    }
    return pl.concat(
        rows.drop_nulls("counted_from").sort("patient_id").select(pl.lit(way).alias("way"), pl.all())
        for way, rows in readings.items()
    )
