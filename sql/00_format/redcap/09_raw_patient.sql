-- raw_patient: one row per child, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_patient as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'birth_date' then redcap_cell.value end) as birth_date,
    max(case when redcap_cell.column_name = 'sex' then redcap_cell.value end) as sex,
    max(case when redcap_cell.column_name = 'ancestry' then redcap_cell.value end) as ancestry,
    max(case when redcap_cell.column_name = 'duffy_status' then redcap_cell.value end) as duffy_status,
    max(
        case when redcap_cell.column_name = 'gestational_weeks' then redcap_cell.value end
    ) as gestational_weeks,
    max(case when redcap_cell.column_name = 'enrolled_on' then redcap_cell.value end) as enrolled_on,
    max(case when redcap_cell.column_name = 'last_contact_on' then redcap_cell.value end) as last_contact_on,
    max(case when redcap_cell.column_name = 'died_on' then redcap_cell.value end) as died_on,
    max(case when redcap_cell.column_name = 'site' then redcap_cell.value end) as site
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'patient'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
