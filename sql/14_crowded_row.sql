-- crowded_row: one row per sound laboratory result of a crowded day, with what was sent of it.
-- Reads: lab_row, sound_day, raw_lab_result.
-- Key: (file, row_number).
-- Rule: a specimen is what bears one specimen_id on one day or, without it, what was sampled at one
-- time.
create or replace view crowded_row as
with crowded as (
    select
        lab_row.*,
        sound_day.sampled_on
    from lab_row
    inner join sound_day
        on
            lab_row.child_number = sound_day.child_number
            and cast(lab_row.sampled_time as date) = sound_day.sampled_on
            and sound_day.n_rows > 1
    where lab_row.reason is null or lab_row.is_sound_line
)

select
    crowded.file,
    crowded.row_number,
    crowded.child_number,
    crowded.sampled_time,
    crowded.sampled_on,
    crowded.role,
    crowded.method_rank,
    crowded.whole,
    crowded.amount,
    crowded.is_below_detection,
    crowded.is_sound_line,
    crowded.reason,
    raw_lab_result.sampled_at,
    raw_lab_result.code,
    raw_lab_result.value,
    raw_lab_result.unit,
    raw_lab_result.code_system,
    raw_lab_result.specimen_id,
    raw_lab_result.method,
    coalesce(
        raw_lab_result.specimen_id || ' on ' || cast(crowded.sampled_on as varchar),
        'at ' || cast(crowded.sampled_time as varchar)
    ) as specimen_key
from crowded
inner join raw_lab_result
    on crowded.row_number = raw_lab_result.row_number and crowded.file = raw_lab_result.file;
