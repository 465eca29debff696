-- raw_marrow_exam: one row per examination of the bone marrow, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_marrow_exam as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'examined_on' then redcap_cell.value end) as examined_on,
    max(case when redcap_cell.column_name = 'cellularity' then redcap_cell.value end) as cellularity,
    max(
        case when redcap_cell.column_name = 'segmented_reduced' then redcap_cell.value end
    ) as segmented_reduced
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'marrow_exam'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
