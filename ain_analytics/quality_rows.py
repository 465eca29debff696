"""The rows of an extract by site, year and fate; how large its amounts are, and how they drift."""

import polars as pl

from ain_analytics.registry import Registry
from ain_analytics.schema import QUALITY

PERCENTILES = (0.05, 0.95)
_DATED = {
    "antibody_test": "sampled_on",
    "diagnosis": "recorded_on",
    "treatment": "started_on",
    "marrow_exam": "examined_on",
    "genetic_test": "tested_on",
}
"""Tables whose view of fates holds the child and this day."""
_SITE_OF = """
    site_of as (
        select
            patient_id,
            case
                when min(coalesce(site, 'not_recorded')) = max(coalesce(site, 'not_recorded'))
                    then min(coalesce(site, 'not_recorded'))
            end as site
        from patient_fate
        where patient_id is not null
        group by patient_id
    )
"""
"""The site of each key, usable or not; none where its rows name two."""
LAB = """
    lab as (
        select
            raw_lab_result.*,
            lab_row.role,
            lab_row.amount,
            lab_row.whole,
            lab_row.sampled_on,
            lab_result_fate.fate
        from lab_result_fate
        left join lab_row
            on lab_result_fate.file = lab_row.file and lab_result_fate.row_number = lab_row.row_number
        left join raw_lab_result
            on lab_result_fate.file = raw_lab_result.file
            and lab_result_fate.row_number = raw_lab_result.row_number
    )
"""
"""Every laboratory result with its fate; a malformed line has nothing but that."""


def rows_by_site(registry: Registry) -> pl.DataFrame:
    """Count the rows of every table by the child's site, the year and the fate; none is left out."""
    patients = """
        select
            'patient' as table_name, fate, patient_id, year(birth_date) as year,
            case when fate <> 'malformed_row' then coalesce(site, 'not_recorded') end as site
        from patient_fate
    """
    others = [
        f"select '{table}', fate, {table}_fate.patient_id, year({day}), site_of.site "
        f"from {table}_fate left join site_of on {table}_fate.patient_id = site_of.patient_id"
        for table, day in _DATED.items()
    ]
    lab = """
        select 'lab_result', lab.fate, lab.patient_id, year(lab.sampled_on), site_of.site
        from lab left join site_of on lab.patient_id = site_of.patient_id
    """
    every = " union all ".join([patients, lab, *others])
    found = registry.connection.sql(f"""
        with {_SITE_OF}, {LAB}, every_row as ({every})
        select
            table_name,
            coalesce(site, 'not_known') as site,
            coalesce(cast(year as varchar), 'not_known') as year,
            fate,
            count(*) as n_rows,
            count(distinct patient_id) as n_children
        from every_row
        group by all
        order by all
    """).pl()
    cast: pl.DataFrame = QUALITY["quality_rows"].cast(found)
    return cast


def amounts(registry: Registry) -> pl.DataFrame:
    """Describe the amounts of each analyte, unit and method as written; impossible ones are among them.

    A unit that is off by a thousand gives impossible amounts, or amounts near 0; both are seen here.
    """
    low, high = PERCENTILES
    found = registry.connection.sql(f"""
        with {LAB},
        measure as (
            select
                role as analyte,
                coalesce(unit, 'not_given') as unit,
                coalesce(method, 'not_given') as method,
                case when ends_with(role, '_share') then '%' else '10⁹/L' end as amount_unit,
                case when ends_with(role, '_share') then 100 * amount / whole else amount end as amount,
                patient_id,
                fate
            from lab
            where role is not null and role not in ('hemoglobin', 'platelets')
        )
        select
            measure.analyte, measure.unit, measure.method, measure.amount_unit,
            count(*) as n_rows,
            count(*) filter (where measure.fate = 'used') as n_used,
            count(measure.amount) as n_amounts,
            count(distinct measure.patient_id) as n_children,
            quantile_cont(measure.amount, {low}) as low,
            median(measure.amount) as median,
            quantile_cont(measure.amount, {high}) as high
        from measure
        group by all
        order by all
    """).pl()
    cast: pl.DataFrame = QUALITY["quality_amounts"].cast(_with_fold(found))
    return cast


def _with_fold(found: pl.DataFrame) -> pl.DataFrame:
    """Set each median beside the weighted median of the other groups of its analyte.

    The others, not all: a group that is half of the rows would pull the common median to itself.
    """
    parts = found.filter(pl.col("median").is_not_null()).partition_by("analyte")
    return pl.concat(
        [
            *(_with_fold_of_others(part.sort("median")) for part in parts),
            found.filter(pl.col("median").is_null()).with_columns(pl.lit(None, pl.Float64).alias("fold")),
        ]
    ).sort("analyte", "unit", "method")


def _with_fold_of_others(groups: pl.DataFrame) -> pl.DataFrame:
    """Find, for each of the groups in the order of their medians, the middle of the rest."""
    n = groups["n_amounts"]
    up_to, before = n.cum_sum(), n.cum_sum() - n
    half = (n.sum() - n) / 2
    target = pl.select(pl.when(before >= half).then(half).otherwise(half + n)).to_series()
    place = up_to.cast(pl.Float64).search_sorted(target)
    other = groups["median"].gather(place.clip(0, groups.height - 1))
    is_alone = groups.height == 1
    fold = pl.when((other > 0) & (not is_alone)).then(groups["median"] / other)
    return groups.with_columns(fold.alias("fold"))


def drift(registry: Registry) -> pl.DataFrame:
    """Give the median of the neutrophil counts by site and month, counts that are impossible among them."""
    found = registry.connection.sql(f"""
        with {_SITE_OF}, {LAB},
        counted as (
            select patient_id, sampled_on, anc from anc_result
            union all
            select patient_id, sampled_on, amount
            from lab
            where role = 'anc' and fate = 'impossible_value' and amount >= 0
        ),
        placed as (
            select
                coalesce(site_of.site, 'not_known') as site,
                cast(date_trunc('month', counted.sampled_on) as date) as month,
                counted.patient_id,
                counted.anc
            from counted
            left join site_of on counted.patient_id = site_of.patient_id
        ),
        whole_site as (select site, median(anc) as median from placed group by site)
        select
            placed.site,
            placed.month,
            count(*) as n_counts,
            count(distinct placed.patient_id) as n_children,
            median(placed.anc) as median,
            median(placed.anc) / nullif(whole_site.median, 0) as fold
        from placed
        inner join whole_site on placed.site = whole_site.site
        group by placed.site, placed.month, whole_site.median
        order by placed.site, placed.month
    """).pl()
    cast: pl.DataFrame = QUALITY["quality_drift"].cast(found)
    return cast
