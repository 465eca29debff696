-- raw_diagnosis: one row per Condition.
-- Reads: fhir_condition, fhir_concept.
-- Key: (file, row_number).
-- Rule: of several codes, ICD-10 stands before ICD-9, and that before SNOMED CT.
create or replace view raw_diagnosis as
select
    fhir_condition.file,
    fhir_condition.row_number,
    nullif(fhir_condition.patient_id, '') as patient_id,
    nullif(fhir_condition.recorded_on, '') as recorded_on,
    fhir_concept.code,
    coalesce(fhir_concept.code_system, 'unknown') as code_system
from fhir_condition
left join fhir_concept on fhir_condition.concept = fhir_concept.concept
where fhir_condition.fate is null;
