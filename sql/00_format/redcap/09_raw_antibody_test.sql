-- raw_antibody_test: one row per test for antibodies against neutrophils, as the project said it.
-- Reads: redcap_row, redcap_cell, redcap_lab_result, redcap_word.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written or in the words of the native format; also what stands among
-- the results of a laboratory.
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
group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id
union all
select
    redcap_lab_result.file,
    redcap_lab_result.row_number,
    redcap_lab_result.patient_id,
    redcap_lab_result.sampled_at as sampled_on,
    redcap_lab_result.code as test,
    coalesce(redcap_word.word, redcap_lab_result.value) as result,
    null as specificity,
    'patient' as subject
from redcap_lab_result
left join redcap_word
    on
        lower(redcap_lab_result.value) = redcap_word.said
        and redcap_word.table_name = 'antibody_test'
        and redcap_word.column_name = 'result'
where redcap_lab_result.is_antibody_test;
