-- raw_genetic_test: one row per measurement that names a gene.
-- Reads: omop_measurement.
-- Key: (file, row_number).
-- Rule: the symbol stands behind the word gene.
create or replace view raw_genetic_test as
select
    omop_measurement.file,
    omop_measurement.row_number,
    nullif(omop_measurement.patient_id, '') as patient_id,
    omop_measurement.sampled_at as tested_on,
    nullif(trim(regexp_replace(omop_measurement.source_value, '^gene +', '', 'i')), '') as gene,
    coalesce(omop_measurement.value_text, omop_measurement.result_word) as result
from omop_measurement
where omop_measurement.raw_table = 'genetic_test';
