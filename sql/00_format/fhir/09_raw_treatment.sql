-- raw_treatment: one row per dose, statement or order of a drug.
-- Reads: fhir_drug, fhir_concept.
-- Key: (file, row_number).
-- Rule: of several codes, ATC stands before RxNorm.
create or replace view raw_treatment as
select
    fhir_drug.file,
    fhir_drug.row_number,
    nullif(fhir_drug.patient_id, '') as patient_id,
    nullif(fhir_drug.started_on, '') as started_on,
    fhir_concept.code,
    nullif(fhir_drug.ended_on, '') as ended_on,
    coalesce(fhir_concept.code_system, 'unknown') as code_system
from fhir_drug
left join fhir_concept on fhir_drug.concept = fhir_concept.concept
where fhir_drug.fate is null;
