-- raw_antibody_test: one row per test for antibodies against neutrophils, as the project said it.
-- Reads: redcap_row, redcap_cell.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format.
create or replace view raw_antibody_test as
select
    redcap_row.file_and_place as file,
    redcap_row.row_number,
    redcap_row.patient_id,
    max(case when redcap_cell.column_name = 'sampled_on' then redcap_cell.value end) as sampled_on,
    max(case when redcap_cell.column_name = 'test' then redcap_cell.value end) as test,
    max(case when redcap_cell.column_name = 'result' then redcap_cell.value end) as result,
    max(case when redcap_cell.column_name = 'specificity' then redcap_cell.value end) as specificity,
    coalesce(
        max(case when redcap_cell.column_name = 'subject' then redcap_cell.value end), 'patient'
    ) as subject
from redcap_row
left join redcap_cell on redcap_row.row_key = redcap_cell.row_key
where redcap_row.table_name = 'antibody_test'
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id;
