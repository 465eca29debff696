-- raw_lab_result: one row per result of a laboratory, as the registry said it.
-- Reads: source_lab_result.
-- Key: (file, row_number).
-- Rule: text as it was sent, or a typed column written as text; white space around it does not count,
-- empty is missing.
create or replace view raw_lab_result as
with sent as (
    select
        source_lab_result.file,
        source_lab_result.row_number,
        cast(source_lab_result.patient_id as varchar) as patient_id,
        trim(cast(source_lab_result.sampled_at as varchar)) as sampled_at,
        trim(cast(source_lab_result.code as varchar)) as code,
        trim(cast(source_lab_result.value as varchar)) as value,
        trim(cast(source_lab_result.unit as varchar)) as unit,
        trim(cast(source_lab_result.code_system as varchar)) as code_system,
        trim(cast(source_lab_result.specimen_id as varchar)) as specimen_id,
        trim(cast(source_lab_result.method as varchar)) as method
    from source_lab_result
)

select
    sent.file,
    sent.row_number,
    nullif(
        case
            when regexp_matches(sent.patient_id, '^[\s\pZ]|[\s\pZ]$')
                then regexp_replace(sent.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g')
            else sent.patient_id
        end,
        ''
    ) as patient_id,
    nullif(sent.sampled_at, '') as sampled_at,
    nullif(sent.code, '') as code,
    nullif(sent.value, '') as value,
    nullif(sent.unit, '') as unit,
    coalesce(nullif(sent.code_system, ''), 'LOINC') as code_system,
    nullif(sent.specimen_id, '') as specimen_id,
    nullif(sent.method, '') as method
from sent;
