-- raw_genetic_test: one row per gene tested, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_genetic_test as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'tested_on' then redcap_cell.value end) as tested_on,
    max(case when redcap_cell.column_name = 'gene' then redcap_cell.value end) as gene,
    max(case when redcap_cell.column_name = 'result' then redcap_cell.value end) as result
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'genetic_test'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
