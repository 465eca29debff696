-- raw_lab_result: one row per measurement that is no test of antibodies, genes or marrow.
-- Reads: omop_measurement.
-- Key: (file, row_number).
-- Rule: a number stands before the source's text.
create or replace view raw_lab_result as
select
    omop_measurement.file,
    omop_measurement.row_number,
    nullif(omop_measurement.patient_id, '') as patient_id,
    omop_measurement.sampled_at,
    omop_measurement.code,
    coalesce(omop_measurement.number_text, omop_measurement.value_text) as value,
    omop_measurement.unit,
    coalesce(omop_measurement.code_system, 'local') as code_system,
    omop_measurement.specimen_id,
    null as method
from omop_measurement
where coalesce(omop_measurement.raw_table, 'lab_result') = 'lab_result';
