-- implausible_unit: one row per neutrophil count whose unit may be wrong, traced to its row.
-- Reads: suspect_count, counted_row, patient.
-- Key: (patient_id, count_key).
-- Rule: for whoever wants to look at them.
create or replace view implausible_unit as
select
    patient.patient_id,
    counted_row.specimen_key as count_key,
    counted_row.file,
    counted_row.row_number,
    suspect_count.anc,
    suspect_count.other_days_median,
    suspect_count.computed_anc,
    suspect_count.is_set_aside
from suspect_count
inner join patient on suspect_count.child_number = patient.child_number
inner join counted_row
    on
        suspect_count.child_number = counted_row.child_number
        and suspect_count.sampled_on = counted_row.sampled_on
        and suspect_count.count_key = counted_row.count_key;
