-- redcap_lab_result: one row per result of a laboratory, also of its antibody tests.
-- Reads: redcap_row, redcap_cell, antibody_method, redcap_antibody_code.
-- Key: (file, row_number).
-- Rule: the cells of the row, as written; a time of day of its own is joined to the day. What the
-- code lists know as a test for neutrophil antibodies, by code or name, is marked.
create or replace view redcap_lab_result as
with result as (
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
    group by redcap_row.row_key, redcap_row.file_and_place, redcap_row.row_number, redcap_row.patient_id
)

select
    result.file,
    result.row_number,
    result.patient_id,
    result.sampled_at,
    result.code,
    result.value,
    result.unit,
    result.code_system,
    result.specimen_id,
    result.method,
    antibody_method.method is not null or redcap_antibody_code.code is not null as is_antibody_test
from result
left join redcap_antibody_code on result.code = redcap_antibody_code.code
left join antibody_method
    on
        regexp_replace(lower(result.code), '[^a-z0-9]', '', 'g') = antibody_method.test_key
        and regexp_matches(antibody_method.test_key, '[a-z]');
