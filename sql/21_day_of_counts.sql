-- day_of_counts: one row per child and day with a count, by the rule for several counts a day.
-- Reads: anc_result, definition.
-- Key: (patient_id, sampled_on).
-- Rule: the lowest, highest, mean, first or last count stands for the day; of several counts at
-- one time, the lowest is the first and the last.
create or replace view day_of_counts as
with in_order as (
    select
        anc_result.patient_id,
        anc_result.sampled_on,
        anc_result.anc,
        row_number() over (
            partition by anc_result.patient_id, anc_result.sampled_on
            order by anc_result.sampled_at, anc_result.anc
        ) as ordinal,
        row_number() over (
            partition by anc_result.patient_id, anc_result.sampled_on
            order by anc_result.sampled_at desc, anc_result.anc asc
        ) as ordinal_from_last
    from anc_result
)

select
    in_order.patient_id,
    in_order.sampled_on,
    case definition.same_day
        when 'lowest' then min(in_order.anc)
        when 'highest' then max(in_order.anc)
        when 'mean' then round(avg(in_order.anc), definition.anc_decimals)
        when 'first' then min(case when in_order.ordinal = 1 then in_order.anc end)
        when 'last' then min(case when in_order.ordinal_from_last = 1 then in_order.anc end)
    end as anc,
    cast(count(*) as integer) as n_results
from in_order
cross join definition
group by in_order.patient_id, in_order.sampled_on, definition.same_day, definition.anc_decimals;
