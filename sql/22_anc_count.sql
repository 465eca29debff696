-- anc_count: one row per neutrophil count that is used.
-- Reads: measured_count, suspect_count.
-- Key: (child_number, sampled_on, count_key).
-- Rule: all but those that the definition sets aside for their unit.
create or replace view anc_count as
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
left join suspect_count
    on
        measured_count.child_number = suspect_count.child_number
        and measured_count.sampled_on = suspect_count.sampled_on
        and measured_count.count_key = suspect_count.count_key
        and suspect_count.is_set_aside
where suspect_count.child_number is null;
