"""The rows of an extract by site, year and fate; how large its amounts are, and how they drift."""

from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl

from ain_analytics.registry import Registry
from ain_analytics.schema import QUALITY

LOOKED_AT = "looked_at"
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
_UNKNOWN_CHILD = """
    select raw_lab_result.patient_id, -cast(row_number() over () as integer) as child_number
    from lab_result_fate
    inner join raw_lab_result
        on lab_result_fate.row_number = raw_lab_result.row_number
        and lab_result_fate.file = raw_lab_result.file
    where lab_result_fate.fate = 'unknown_patient' and raw_lab_result.patient_id is not null
    group by raw_lab_result.patient_id
"""
"""Children who are in no row of table patient, told apart by numbers below 0."""
_LOOKED_AT = """
    select
        {child_number} as child_number,
        lab_result_fate.sampled_on,
        lab_result_fate.role,
        lab_result_fate.amount,
        lab_result_fate.whole,
        lab_result_fate.fate,
        raw_lab_result.unit,
        raw_lab_result.method,
        case
            when lab_result_fate.role = 'anc' and lab_result_fate.fate = 'used' then raw_lab_result.value
        end as value
    from (
        from lab_result_fate where row_number between $1 and $2 and fate {of_whom} 'unknown_patient'
    ) as lab_result_fate
    left join (from raw_lab_result where row_number between $1 and $2) as raw_lab_result
        on lab_result_fate.row_number = raw_lab_result.row_number
        and lab_result_fate.file = raw_lab_result.file
"""
"""Every laboratory result with its fate and what is asked of it; a malformed line has nothing but that."""
_OF_KNOWN = _LOOKED_AT.format(child_number="lab_result_fate.child_number", of_whom="<>")
_OF_UNKNOWN = f"""
    {_LOOKED_AT.format(child_number="unknown_child.child_number", of_whom="=")}
    left join unknown_child on raw_lab_result.patient_id = unknown_child.patient_id
"""
AT_A_TIME = 2_000_000
"""Row numbers put together at a time, so that the tables joined fit into the memory."""
SITE_OF_CHILD = "site_of_child"


@contextmanager
def looked_at(registry: Registry) -> Iterator[None]:
    """Hold table `looked_at`, in which each laboratory result is put together once, for all that ask."""
    connection = registry.connection
    counted = "select max(row_number), count(*) filter (where fate = 'unknown_patient') from lab_result_fate"
    ((last, n_unknown),) = connection.sql(counted).fetchall()
    made = {
        SITE_OF_CHILD: f"""
            with {_SITE_OF}
            select child.child_number, site_of.site
            from child inner join site_of on child.patient_id = site_of.patient_id
        """,
        LOOKED_AT: f"from ({_OF_KNOWN.replace('$1', '0').replace('$2', '0')}) limit 0",
    }
    parts = [_OF_KNOWN]
    if n_unknown:
        made["unknown_child"] = _UNKNOWN_CHILD
        parts.append(_OF_UNKNOWN)
    try:
        for name, query in made.items():
            connection.sql(query).create(name)
        for first in range(1, (last or 0) + 1, AT_A_TIME):
            for query in parts:
                connection.execute(f"insert into {LOOKED_AT} {query}", [first, first + AT_A_TIME - 1])
        yield
    finally:
        for name in made:
            connection.execute(f"drop table if exists {name}")


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
    every = " union all ".join([patients, *others])
    found = registry.connection.sql(f"""
        with {_SITE_OF}, every_row as ({every}),
        of_child as (
            select child_number, year(sampled_on) as year, fate, count(*) as n
            from {LOOKED_AT}
            group by all
        ),
        counted as (
            select
                table_name, site, cast(year as varchar) as year, fate,
                count(*) as n_rows, count(distinct patient_id) as n_children
            from every_row
            group by all
            union all
            select
                'lab_result', site_of_child.site, cast(of_child.year as varchar), of_child.fate,
                cast(sum(of_child.n) as bigint), count(of_child.child_number)
            from of_child left join site_of_child on of_child.child_number = site_of_child.child_number
            group by all
        )
        select
            table_name,
            coalesce(site, 'not_known') as site,
            coalesce(year, 'not_known') as year,
            fate,
            n_rows,
            n_children
        from counted
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
        with measure as (
            select
                role as analyte,
                coalesce(unit, 'not_given') as unit,
                coalesce(method, 'not_given') as method,
                case when ends_with(role, '_share') then '%' else '10⁹/L' end as amount_unit,
                case when ends_with(role, '_share') then 100 * amount / whole else amount end as amount,
                child_number,
                fate
            from {LOOKED_AT}
            where role is not null and role not in ('hemoglobin', 'platelets')
        ),
        of_child as (
            select analyte, unit, method, child_number from measure group by all
        ),
        children as (
            select analyte, unit, method, count(child_number) as n_children
            from of_child
            group by all
        ),
        measured as (
            select
                analyte, unit, method, amount_unit,
                count(*) as n_rows,
                count(*) filter (where fate = 'used') as n_used,
                count(amount) as n_amounts,
                quantile_cont(amount, [{low}, 0.5, {high}]) as quantiles
            from measure
            group by all
        )
        select
            measured.analyte, measured.unit, measured.method, measured.amount_unit,
            measured.n_rows, measured.n_used, measured.n_amounts, children.n_children,
            measured.quantiles[1] as low, measured.quantiles[2] as median, measured.quantiles[3] as high
        from measured
        inner join children using (analyte, unit, method)
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
    """Give the median of the neutrophil counts by site and month, counts that are impossible among them.

    The three numbers are asked one after the other, because each holds every count in memory.
    """
    counted = f"""
        counted as (
            select child_number, cast(date_trunc('month', sampled_on) as date) as month, anc from anc_count
            union all
            select child_number, cast(date_trunc('month', sampled_on) as date), amount
            from {LOOKED_AT}
            where role = 'anc' and fate = 'impossible_value' and amount >= 0
        )
    """
    site = "coalesce(site_of_child.site, 'not_known') as site"
    of_site = f"left join {SITE_OF_CHILD} on {{0}}.child_number = site_of_child.child_number"
    monthly, whole, children = (
        registry.connection.sql(query).pl()
        for query in (
            f"""
                with {counted}
                select {site}, counted.month, count(*) as n_counts, median(counted.anc) as median
                from counted {of_site.format("counted")}
                group by all
            """,
            f"""
                with {counted}
                select {site}, median(counted.anc) as of_site
                from counted {of_site.format("counted")}
                group by all
            """,
            f"""
                with {counted}, seen as (select child_number, month from counted group by all)
                select {site}, seen.month, count(seen.child_number) as n_children
                from seen {of_site.format("seen")}
                group by all
            """,
        )
    )
    found = (
        monthly.join(children, on=["site", "month"])
        .join(whole, on="site")
        .with_columns(fold=pl.when(pl.col("of_site") != 0).then(pl.col("median") / pl.col("of_site")))
        .drop("of_site")
        .sort("site", "month")
    )
    cast: pl.DataFrame = QUALITY["quality_drift"].cast(found)
    return cast
