-- cause: one row per recorded diagnosis and role that the code lists give it.
-- Reads: diagnosis_fate, diagnosis_code.
-- Key: (file, row_number, role).
-- Rule: dots and case do not matter; a list's code stands for all that begin with it where the
-- list says so. A code that no list knows has the role other.
create or replace view cause as
with code_of_row as (
    select distinct
        diagnosis_fate.code,
        replace(upper(diagnosis_fate.code), '.', '') as code_key,
        diagnosis_fate.code_system,
        case
            when regexp_matches(upper(diagnosis_fate.code_system), '^ICD-?9') then 'ICD9'
            when regexp_matches(upper(diagnosis_fate.code_system), '^ICD-?10') then 'ICD10'
            when starts_with(upper(diagnosis_fate.code_system), 'SNOMED') then 'SNOMED'
            when upper(diagnosis_fate.code_system) = 'OMOP' then 'OMOP'
        end as system_key
    from diagnosis_fate
    where diagnosis_fate.fate = 'used'
),

role_of_code as (
    select distinct
        code_of_row.code,
        code_of_row.code_system,
        diagnosis_code.role
    from code_of_row
    inner join diagnosis_code
        on
            code_of_row.system_key = diagnosis_code.system_key
            and (
                code_of_row.code_key = diagnosis_code.code_key
                or (diagnosis_code.is_prefix and starts_with(code_of_row.code_key, diagnosis_code.code_key))
            )
)

select
    diagnosis_fate.patient_id,
    diagnosis_fate.recorded_on,
    diagnosis_fate.code,
    coalesce(role_of_code.role, 'other') as role,
    diagnosis_fate.file,
    diagnosis_fate.row_number
from diagnosis_fate
left join role_of_code
    on
        diagnosis_fate.code = role_of_code.code
        and diagnosis_fate.code_system = role_of_code.code_system
where diagnosis_fate.fate = 'used';
