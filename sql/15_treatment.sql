-- treatment: one row per course or dose of a drug and role that the code lists give it.
-- Reads: treatment_fate, drug_code, extract_info.
-- Key: (file, row_number, role).
-- Rule: a course without an end is one dose; one that goes on is known up to the extract. A code
-- that no list knows has the role other.
create or replace view treatment as
with role_of_code as (
    select distinct
        treatment_fate.code,
        drug_code.role
    from treatment_fate
    inner join drug_code
        on
            upper(treatment_fate.code) = drug_code.code_key
            or (drug_code.is_prefix and starts_with(upper(treatment_fate.code), drug_code.code_key))
    where
        treatment_fate.fate = 'used'
        and upper(treatment_fate.code_system) = 'ATC'
)

select
    treatment_fate.patient_id,
    treatment_fate.started_on,
    least(
        coalesce(treatment_fate.ended_on, treatment_fate.started_on), extract_info.extracted_on
    ) as ended_on,
    treatment_fate.code,
    coalesce(role_of_code.role, 'other') as role,
    treatment_fate.file,
    treatment_fate.row_number
from treatment_fate
cross join extract_info
left join role_of_code on treatment_fate.code = role_of_code.code
where treatment_fate.fate = 'used';
