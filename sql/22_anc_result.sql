-- anc_result: one row per neutrophil count that is used, with the keys of its child and specimen.
-- Reads: counted_row, suspect_count.
-- Key: (patient_id, specimen_key).
-- Rule: for whoever wants to look at the counts; the rules read anc_count.
create or replace view anc_result as
with set_aside as (
    select
        suspect_count.child_number,
        suspect_count.sampled_on,
        coalesce(suspect_count.count_key, '') as count_key
    from suspect_count
    where suspect_count.is_set_aside
)

select
    counted_row.patient_id,
    counted_row.sampled_on,
    counted_row.sampled_at,
    counted_row.file,
    counted_row.row_number,
    counted_row.specimen_key,
    counted_row.anc,
    counted_row.anc_method,
    counted_row.is_below_detection,
    counted_row.computed_anc
from counted_row
left join set_aside
    on
        counted_row.child_number = set_aside.child_number
        and counted_row.sampled_on = set_aside.sampled_on
        and coalesce(counted_row.count_key, '') = set_aside.count_key
where set_aside.child_number is null;
