-- raw_marrow_exam: one row per measurement of the marrow's cellularity.
-- Reads: omop_measurement.
-- Key: (file, row_number).
-- Rule: whether segmented cells are fewer stands in brackets behind the result.
create or replace view raw_marrow_exam as
select
    omop_measurement.file,
    omop_measurement.row_number,
    nullif(omop_measurement.patient_id, '') as patient_id,
    omop_measurement.sampled_at as examined_on,
    nullif(trim(regexp_replace(omop_measurement.value_text, '[(].*$', '')), '') as cellularity,
    nullif(trim(regexp_extract(omop_measurement.value_text, '[(]segmented reduced: *([^)]*)[)]', 1)), '')
        as segmented_reduced
from omop_measurement
where omop_measurement.raw_table = 'marrow_exam';
