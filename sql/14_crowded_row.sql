-- crowded_row: one row per sound laboratory result of a crowded day, with what was sent of it.
-- Reads: sent_row, crowded_day.
-- Key: (file, row_number).
-- Rule: only these rows pass the rules of specimens.
create or replace view crowded_row as
select
    sent_row.file,
    sent_row.row_number,
    sent_row.child_number,
    sent_row.sampled_time,
    sent_row.sampled_on,
    sent_row.role,
    sent_row.method_rank,
    sent_row.whole,
    sent_row.amount,
    sent_row.is_below_detection,
    sent_row.is_sound_line,
    sent_row.reason,
    sent_row.sampled_at,
    sent_row.code,
    sent_row.value,
    sent_row.unit,
    sent_row.code_system,
    sent_row.specimen_id,
    sent_row.method,
    sent_row.specimen_key
from sent_row
inner join crowded_day
    on
        sent_row.child_number = crowded_day.child_number
        and sent_row.sampled_on = crowded_day.sampled_on;
