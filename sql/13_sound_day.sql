-- sound_day: one row per child and day with a sound laboratory result.
-- Reads: lab_row.
-- Key: (child_number, sampled_on).
-- Rule: a result alone on its day speaks for itself; only among several can there be a duplicate, a
-- better measure of the same specimen, or parts that make a count together. What begins with lone
-- means nothing where there are several.
create or replace view sound_day as
select
    lab_row.child_number,
    cast(lab_row.sampled_time as date) as sampled_on,
    cast(count(*) as integer) as n_rows,
    min(lab_row.sampled_time) as sampled_at,
    min(lab_row.lone_anc) as lone_anc,
    bool_or(lab_row.role = 'granulocytes') as has_granulocytes,
    bool_or(lab_row.is_below_detection) as is_below_detection
from lab_row
where lab_row.reason is null or lab_row.is_sound_line
group by lab_row.child_number, cast(lab_row.sampled_time as date);
