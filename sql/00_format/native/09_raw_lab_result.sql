-- raw_lab_result: one row per result of a laboratory, as the registry said it.
-- Reads: source_lab_result.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_lab_result as
select
    source_lab_result.file,
    source_lab_result.row_number,
    nullif(regexp_replace(source_lab_result.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_lab_result.sampled_at), '') as sampled_at,
    nullif(trim(source_lab_result.code), '') as code,
    nullif(trim(source_lab_result.value), '') as value,
    nullif(trim(source_lab_result.unit), '') as unit,
    coalesce(nullif(trim(source_lab_result.code_system), ''), 'LOINC') as code_system,
    nullif(trim(source_lab_result.specimen_id), '') as specimen_id,
    nullif(trim(source_lab_result.method), '') as method
from source_lab_result;
