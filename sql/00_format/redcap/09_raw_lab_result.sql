-- raw_lab_result: one row per result of a laboratory, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written; a time of day of its own is joined to the day.
create or replace view raw_lab_result as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'sampled_at' then redcap_cell.value end)
    || coalesce(
        'T' || max(case when redcap_cell.column_name = 'sampled_time' then redcap_cell.value end), ''
    ) as sampled_at,
    max(case when redcap_cell.column_name = 'code' then redcap_cell.value end) as code,
    max(case when redcap_cell.column_name = 'value' then redcap_cell.value end) as value,
    max(case when redcap_cell.column_name = 'unit' then redcap_cell.value end) as unit,
    coalesce(
        max(case when redcap_cell.column_name = 'code_system' then redcap_cell.value end), 'LOINC'
    ) as code_system,
    max(case when redcap_cell.column_name = 'specimen_id' then redcap_cell.value end) as specimen_id,
    max(case when redcap_cell.column_name = 'method' then redcap_cell.value end) as method
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'lab_result'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
