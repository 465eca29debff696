-- raw_treatment: one row per record of table drug_exposure.
-- Reads: omop_drug.
-- Key: (file, row_number).
-- Rule: the code that the step before found.
create or replace view raw_treatment as
select
    omop_drug.file,
    omop_drug.row_number,
    omop_drug.patient_id,
    omop_drug.started_on,
    omop_drug.code,
    omop_drug.ended_on,
    omop_drug.code_system
from omop_drug;
