-- lab_result_fate: one row per laboratory result, with its fate.
-- Reads: lab_row, lab_measure, measure_fate, implausible_unit, source_malformed.
-- Key: (file, row_number).
-- Rule: the first reason of the row itself, else its fate in its specimen; a line of the
-- differential that was not needed is another analyte. All rows that made a count whose unit is
-- implausible go with it, if the definition says so.
create or replace view lab_result_fate as
with set_aside as (
    select
        implausible_unit.patient_id,
        implausible_unit.count_key
    from implausible_unit
    where implausible_unit.is_set_aside
),

needed_line as (
    select
        lab_measure.file,
        lab_measure.row_number
    from lab_measure
    where lab_measure.is_line
)

select
    lab_row.file,
    lab_row.row_number,
    lab_row.reason as fate
from lab_row
where lab_row.reason is not null and not lab_row.is_sound_line
union all
select
    lab_row.file,
    lab_row.row_number,
    lab_row.reason as fate
from lab_row
left join needed_line
    on lab_row.file = needed_line.file and lab_row.row_number = needed_line.row_number
where lab_row.is_sound_line and needed_line.row_number is null
union all
select
    measure_fate.file,
    measure_fate.row_number,
    case
        when measure_fate.fate = 'used' and set_aside.count_key is not null then 'implausible_unit'
        else measure_fate.fate
    end as fate
from measure_fate
left join set_aside
    on measure_fate.patient_id = set_aside.patient_id and measure_fate.count_key = set_aside.count_key
union all
select
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
where source_malformed.table_name = 'lab_result';
