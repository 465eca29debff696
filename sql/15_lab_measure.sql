-- lab_measure: one row per sound laboratory result of neutrophils or white cells, duplicates marked.
-- Reads: lab_row.
-- Key: (file, row_number).
-- Rule: a row that equals an earlier one in every column is a duplicate. A specimen is what bears
-- one specimen_id on one day or, without it, what was sampled at one time.
create or replace view lab_measure as
select
    lab_row.file,
    lab_row.row_number,
    lab_row.patient_id,
    lab_row.sampled_time,
    lab_row.sampled_on,
    lab_row.role,
    lab_row.method_rank,
    lab_row.whole,
    lab_row.amount,
    lab_row.is_below_detection,
    coalesce(
        lab_row.specimen_id || ' on ' || cast(lab_row.sampled_on as varchar),
        'at ' || cast(lab_row.sampled_time as varchar)
    ) as specimen_key,
    row_number() over (
        partition by
            lab_row.patient_id, lab_row.sampled_at, lab_row.code, lab_row.value, lab_row.unit,
            lab_row.code_system, lab_row.specimen_id, lab_row.method
        order by lab_row.file, lab_row.row_number
    ) > 1 as is_duplicate
from lab_row
where lab_row.reason is null;
