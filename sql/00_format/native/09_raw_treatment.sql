-- raw_treatment: one row per course or dose of a drug, as the registry said it.
-- Reads: source_treatment.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_treatment as
select
    source_treatment.file,
    source_treatment.row_number,
    nullif(regexp_replace(source_treatment.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_treatment.started_on), '') as started_on,
    nullif(trim(source_treatment.code), '') as code,
    nullif(trim(source_treatment.ended_on), '') as ended_on,
    coalesce(nullif(trim(source_treatment.code_system), ''), 'ATC') as code_system
from source_treatment;
