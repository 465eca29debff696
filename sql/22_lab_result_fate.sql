-- lab_result_fate: one row per laboratory result, with its fate and what was read in it.
-- Reads: lab_row, lone_row, crowded_row, lab_measure, measure_fate, suspect_count, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason of the row itself, else its fate in its specimen; a line of the
-- differential that was not needed is another analyte. All rows that made a count whose unit is
-- implausible go with it, if the definition says so.
create or replace view lab_result_fate as
select
    lab_row.file,
    lab_row.row_number,
    lab_row.child_number,
    lab_row.sampled_on,
    lab_row.role,
    lab_row.whole,
    lab_row.amount,
    lab_row.reason as fate
from lab_row
where not lab_row.is_sound
union all
select
    lone_row.file,
    lone_row.row_number,
    lone_row.child_number,
    lone_row.sampled_on,
    lone_row.role,
    lone_row.whole,
    lone_row.amount,
    case when suspect_count.child_number is null then lone_row.fate else 'implausible_unit' end as fate
from lone_row
left join suspect_count
    on
        lone_row.child_number = suspect_count.child_number
        and lone_row.sampled_on = suspect_count.sampled_on
        and suspect_count.count_key = ''
        and suspect_count.is_set_aside
union all
select
    crowded_row.file,
    crowded_row.row_number,
    crowded_row.child_number,
    crowded_row.sampled_on,
    crowded_row.role,
    crowded_row.whole,
    crowded_row.amount,
    'other_analyte' as fate
from crowded_row
left join lab_measure
    on
        crowded_row.row_number = lab_measure.row_number
        and crowded_row.file = lab_measure.file
        and lab_measure.is_line
where crowded_row.is_sound_line and lab_measure.row_number is null
union all
select
    measure_fate.file,
    measure_fate.row_number,
    measure_fate.child_number,
    measure_fate.sampled_on,
    measure_fate.role,
    measure_fate.whole,
    measure_fate.amount,
    case
        when measure_fate.fate = 'used' and suspect_count.child_number is not null then 'implausible_unit'
        else measure_fate.fate
    end as fate
from measure_fate
left join suspect_count
    on
        measure_fate.child_number = suspect_count.child_number
        and measure_fate.sampled_on = suspect_count.sampled_on
        and measure_fate.count_key = suspect_count.count_key
        and suspect_count.is_set_aside
union all
select
    source_malformed.file,
    source_malformed.row_number,
    cast(null as integer) as child_number,
    cast(null as date) as sampled_on,
    cast(null as varchar) as role,
    cast(null as double) as whole,
    cast(null as double) as amount,
    'malformed_row' as fate
from source_malformed
where source_malformed.table_name = 'lab_result';
