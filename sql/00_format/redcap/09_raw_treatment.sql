-- raw_treatment: one row per course or dose of a drug, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_treatment as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'started_on' then redcap_cell.value end) as started_on,
    max(case when redcap_cell.column_name = 'code' then redcap_cell.value end) as code,
    max(case when redcap_cell.column_name = 'ended_on' then redcap_cell.value end) as ended_on,
    coalesce(
        max(case when redcap_cell.column_name = 'code_system' then redcap_cell.value end), 'ATC'
    ) as code_system
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'treatment'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
