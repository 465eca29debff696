-- raw_antibody_test: one row per Observation, or component, that is an antibody test by code or name.
-- Reads: fhir_result, fhir_answer.
-- Key: (file, row_number).
-- Rule: the method names the test where it is one that the code lists know, else the code does.
create or replace view raw_antibody_test as
select
    fhir_result.file,
    fhir_result.row_number,
    nullif(fhir_result.patient_id, '') as patient_id,
    nullif(fhir_result.sampled_at, '') as sampled_on,
    coalesce(fhir_answer.method, fhir_result.code) as test,
    fhir_answer.answer as result,
    fhir_result.specificity,
    fhir_result.subject
from fhir_result
left join fhir_answer
    on fhir_result.file = fhir_answer.file and fhir_result.row_number = fhir_answer.row_number
where fhir_result.kind = 'antibody' and fhir_result.fate is null;
