-- raw_marrow_exam: one row per record of table observation that tells the cellularity of the marrow.
-- Reads: omop_observation.
-- Key: (file, row_number).
-- Rule: the word is the cellularity; the qualifier says whether segmented cells are fewer.
create or replace view raw_marrow_exam as
select
    omop_observation.file,
    omop_observation.row_number,
    omop_observation.patient_id,
    omop_observation.observed_on as examined_on,
    omop_observation.word as cellularity,
    nullif(
        trim(regexp_extract(lower(omop_observation.qualifier), '^segmented reduced *:(.*)', 1)), ''
    ) as segmented_reduced
from omop_observation
where omop_observation.kind = 'marrow_exam';
