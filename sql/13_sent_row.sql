-- sent_row: one row per sound laboratory result, with the name of its specimen.
-- Reads: lab_row.
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
    lab_row.lone_anc,
    lab_row.is_sound_line,
    lab_row.reason,
    coalesce(
        lab_row.specimen_id || ' on ' || cast(lab_row.sampled_on as varchar),
        'at ' || cast(lab_row.sampled_time as varchar)
    ) as specimen_key
from lab_row
where lab_row.is_sound;
