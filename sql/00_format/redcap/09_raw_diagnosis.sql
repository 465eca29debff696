-- raw_diagnosis: one row per recorded diagnosis, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_diagnosis as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'recorded_on' then redcap_cell.value end) as recorded_on,
    max(case when redcap_cell.column_name = 'code' then redcap_cell.value end) as code,
    coalesce(
        max(case when redcap_cell.column_name = 'code_system' then redcap_cell.value end), 'ICD-10'
    ) as code_system
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'diagnosis'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
