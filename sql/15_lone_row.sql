-- lone_row: one row per sound laboratory result that is the only one of its child and day.
-- Reads: lab_row, crowded_day.
-- Key: (file, row_number).
-- Rule: a row that makes a count alone is used; any other measure is incomplete.
create or replace view lone_row as
select
    lab_row.file,
    lab_row.row_number,
    lab_row.child_number,
    lab_row.sampled_on,
    lab_row.sampled_time,
    lab_row.role,
    lab_row.method_rank,
    lab_row.whole,
    lab_row.amount,
    lab_row.lone_anc,
    lab_row.is_below_detection,
    case
        when lab_row.is_sound_line then 'other_analyte'
        when lab_row.lone_anc is not null then 'used'
        else 'incomplete'
    end as fate
from lab_row
left join crowded_day
    on
        lab_row.child_number = crowded_day.child_number
        and lab_row.sampled_on = crowded_day.sampled_on
where lab_row.is_sound and crowded_day.child_number is null;
