-- anc_result: one row per neutrophil count that is used, with the keys of its child and specimen.
-- Reads: anc_count, counted_row, patient, method_rank.
-- Key: (patient_id, specimen_key).
-- Rule: for whoever wants to look at the counts; the rules read anc_count.
create or replace view anc_result as
select
    patient.patient_id,
    anc_count.sampled_on,
    anc_count.sampled_at,
    counted_row.file,
    counted_row.row_number,
    counted_row.specimen_key,
    anc_count.anc,
    case
        when anc_count.anc_source <> 'absolute' then anc_count.anc_source
        when counted_row.method_rank = method.automated then 'absolute_automated'
        when counted_row.method_rank = method.manual then 'absolute_manual'
        else 'absolute_unspecified'
    end as anc_method,
    anc_count.is_below_detection,
    anc_count.computed_anc
from anc_count
cross join method_rank as method
inner join patient on anc_count.child_number = patient.child_number
inner join counted_row
    on
        anc_count.child_number = counted_row.child_number
        and anc_count.sampled_on = counted_row.sampled_on
        and anc_count.count_key = counted_row.count_key;
