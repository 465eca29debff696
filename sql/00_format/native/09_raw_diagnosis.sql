-- raw_diagnosis: one row per recorded diagnosis, as the registry said it.
-- Reads: source_diagnosis.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_diagnosis as
select
    source_diagnosis.file,
    source_diagnosis.row_number,
    nullif(regexp_replace(source_diagnosis.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_diagnosis.recorded_on), '') as recorded_on,
    nullif(trim(source_diagnosis.code), '') as code,
    coalesce(nullif(trim(source_diagnosis.code_system), ''), 'ICD-10') as code_system
from source_diagnosis;
