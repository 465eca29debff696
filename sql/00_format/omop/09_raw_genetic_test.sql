-- raw_genetic_test: one row per record of table observation that tells the result of a gene.
-- Reads: omop_observation.
-- Key: (file, row_number).
-- Rule: the gene stands behind the bar, its result is the word.
create or replace view raw_genetic_test as
select
    omop_observation.file,
    omop_observation.row_number,
    omop_observation.patient_id,
    omop_observation.observed_on as tested_on,
    nullif(trim(regexp_extract(omop_observation.source_text, '^[^|]*[|](.*)', 1)), '') as gene,
    omop_observation.word as result
from omop_observation
where omop_observation.kind = 'genetic_test';
