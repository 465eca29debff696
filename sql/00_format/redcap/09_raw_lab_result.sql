-- raw_lab_result: one row per result of a laboratory, as the project said it.
-- Reads: redcap_lab_result.
-- Key: (file, row_number).
-- Rule: all but the tests for neutrophil antibodies.
create or replace view raw_lab_result as
select
    redcap_lab_result.file,
    redcap_lab_result.row_number,
    redcap_lab_result.patient_id,
    redcap_lab_result.sampled_at,
    redcap_lab_result.code,
    redcap_lab_result.value,
    redcap_lab_result.unit,
    redcap_lab_result.code_system,
    redcap_lab_result.specimen_id,
    redcap_lab_result.method
from redcap_lab_result
where not redcap_lab_result.is_antibody_test;
