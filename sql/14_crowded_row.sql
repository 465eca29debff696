-- crowded_row: one row per sound laboratory result of a crowded day, with what was sent of it.
-- Reads: sent_row, crowded_day, raw_lab_result.
-- Key: (file, row_number).
-- Rule: only these rows pass the rules of specimens, so what was sent as text is looked up for them alone.
create or replace view crowded_row as
with crowded as (
    select sent_row.*
    from sent_row
    inner join crowded_day
        on
            sent_row.child_number = crowded_day.child_number
            and sent_row.sampled_on = crowded_day.sampled_on
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
    crowded.specimen_key
from crowded
left join raw_lab_result
    on crowded.row_number = raw_lab_result.row_number and crowded.file = raw_lab_result.file;
