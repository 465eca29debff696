-- anc_count: one row per neutrophil count that is used.
-- Reads: measured_count, suspect_count.
-- Key: (child_number, sampled_on, count_key).
-- Rule: all but those that the definition sets aside for their unit.
create or replace view anc_count as
with set_aside as (
    select
        suspect_count.child_number,
        suspect_count.sampled_on,
        coalesce(suspect_count.count_key, '') as count_key
    from suspect_count
    where suspect_count.is_set_aside
)

select
    measured_count.child_number,
    measured_count.sampled_on,
    measured_count.count_key,
    measured_count.sampled_at,
    measured_count.anc_source,
    measured_count.anc,
    measured_count.computed_anc,
    measured_count.is_below_detection,
    measured_count.is_alone
from measured_count
left join set_aside
    on
        measured_count.child_number = set_aside.child_number
        and measured_count.sampled_on = set_aside.sampled_on
        and coalesce(measured_count.count_key, '') = set_aside.count_key
where set_aside.child_number is null;
