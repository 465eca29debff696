-- sent_row: one row per sound laboratory result, with what was sent of it and the name of its specimen.
-- Reads: lab_row, raw_lab_result.
-- Key: (file, row_number).
-- Rule: a specimen is what bears one specimen_id on one day or, without it, what was sampled at one
-- time.
create or replace view sent_row as
select
    lab_row.file,
    lab_row.row_number,
    lab_row.child_number,
    lab_row.sampled_time,
    lab_row.sampled_on,
    lab_row.role,
    lab_row.method_rank,
    lab_row.whole,
    lab_row.amount,
    lab_row.is_below_detection,
    lab_row.is_sound_line,
    lab_row.reason,
    raw_lab_result.sampled_at,
    raw_lab_result.code,
    raw_lab_result.value,
    raw_lab_result.unit,
    raw_lab_result.code_system,
    raw_lab_result.specimen_id,
    raw_lab_result.method,
    coalesce(
        raw_lab_result.specimen_id || ' on ' || cast(lab_row.sampled_on as varchar),
        'at ' || cast(lab_row.sampled_time as varchar)
    ) as specimen_key
from lab_row
inner join raw_lab_result
    on lab_row.row_number = raw_lab_result.row_number and lab_row.file = raw_lab_result.file
where lab_row.is_sound;
