-- lone_row: one row per sound laboratory result that is the only one of its child and day.
-- Reads: sent_row, crowded_day.
-- Key: (file, row_number).
-- Rule: a row that makes a count alone is used; any other measure is incomplete.
create or replace view lone_row as
select
    sent_row.file,
    sent_row.row_number,
    sent_row.child_number,
    sent_row.sampled_on,
    sent_row.sampled_time,
    sent_row.role,
    sent_row.method_rank,
    sent_row.whole,
    sent_row.amount,
    sent_row.lone_anc,
    sent_row.is_below_detection,
    sent_row.specimen_key,
    case
        when sent_row.is_sound_line then 'other_analyte'
        when sent_row.lone_anc is not null then 'used'
        else 'incomplete'
    end as fate
from sent_row
left join crowded_day
    on
        sent_row.child_number = crowded_day.child_number
        and sent_row.sampled_on = crowded_day.sampled_on
where crowded_day.child_number is null;
