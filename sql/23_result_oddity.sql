-- result_oddity: one row per kind of oddity of the neutrophil counts.
-- Reads: anc_count, suspect_count, definition.
-- Key: (name).
-- Rule: `n` of `n_of` are so; a kind of which nothing was found is told too.
create or replace view result_oddity as
with marked as (
    select
        anc_count.anc,
        anc_count.anc_source,
        anc_count.computed_anc,
        anc_count.is_below_detection,
        abs(anc_count.anc - anc_count.computed_anc)
        > greatest(definition.anc_tolerance, definition.anc_tolerance_share * anc_count.anc) as differs
    from anc_count
    cross join definition
),

counted as (
    select
        count(*) as n_results,
        count(marked.computed_anc) as n_both,
        count(case when marked.differs then 1 end) as n_differ,
        count(case when marked.is_below_detection then 1 end) as n_below,
        count(case when marked.anc_source = 'wbc_minus_others' then 1 end) as n_by_difference,
        count(case when marked.anc_source = 'granulocytes' then 1 end) as n_granulocytes,
        count(case when marked.anc = 0 then 1 end) as n_zero
    from marked
),

suspect as (
    select
        count(*) as n,
        count(case when suspect_count.is_set_aside then 1 end) as n_set_aside
    from suspect_count
)

select
    'measured_and_computed_differ' as name,
    counted.n_differ as n,
    counted.n_both as n_of
from counted
union all
select
    'below_detection',
    counted.n_below,
    counted.n_results
from counted
union all
select
    'counts_by_difference',
    counted.n_by_difference,
    counted.n_results
from counted
union all
select
    'counts_of_granulocytes',
    counted.n_granulocytes,
    counted.n_results
from counted
union all
select
    'counts_of_zero',
    counted.n_zero,
    counted.n_results
from counted
union all
select
    'implausible_units',
    suspect.n,
    counted.n_results + suspect.n_set_aside
from counted
cross join suspect;
