-- repeated_day: one row per child and day with several counts, by the rule for them.
-- Reads: anc_count, definition.
-- Key: (child_number, sampled_on).
-- Rule: the lowest, highest, mean, first or last count stands for the day; of several counts at
-- one time, the lowest is the first and the last.
create or replace view repeated_day as
with edge as (
    select
        anc_count.child_number,
        anc_count.sampled_on,
        case definition.same_day
            when 'first' then min(anc_count.sampled_at)
            else max(anc_count.sampled_at)
        end as sampled_at
    from anc_count
    cross join definition
    where not anc_count.is_alone and definition.same_day in ('first', 'last')
    group by anc_count.child_number, anc_count.sampled_on, definition.same_day
)

select
    anc_count.child_number,
    anc_count.sampled_on,
    case definition.same_day
        when 'lowest' then min(anc_count.anc)
        when 'highest' then max(anc_count.anc)
        when 'mean' then round(avg(anc_count.anc), definition.anc_decimals)
        else min(case when anc_count.sampled_at = edge.sampled_at then anc_count.anc end)
    end as anc,
    cast(count(*) as integer) as n_results
from anc_count
cross join definition
left join edge on anc_count.child_number = edge.child_number and anc_count.sampled_on = edge.sampled_on
where not anc_count.is_alone
group by anc_count.child_number, anc_count.sampled_on, definition.same_day, definition.anc_decimals;
