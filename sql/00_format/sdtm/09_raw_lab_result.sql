-- raw_lab_result: one row per result of a laboratory, as LB says it.
-- Reads: sdtm_lab.
-- Key: (file, row_number).
-- Rule: tests for antibodies stand in raw_antibody_test.
create or replace view raw_lab_result as
select
    sdtm_lab.file,
    sdtm_lab.row_number,
    sdtm_lab.usubjid as patient_id,
    sdtm_lab.sampled_at,
    sdtm_lab.code,
    sdtm_lab.value,
    sdtm_lab.unit,
    sdtm_lab.code_system,
    sdtm_lab.specimen_id,
    sdtm_lab.method
from sdtm_lab
where sdtm_lab.fate is null and sdtm_lab.antibody_test is null;
