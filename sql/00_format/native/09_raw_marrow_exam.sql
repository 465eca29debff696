-- raw_marrow_exam: one row per examination of the bone marrow, as the registry said it.
-- Reads: source_marrow_exam.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_marrow_exam as
select
    source_marrow_exam.file,
    source_marrow_exam.row_number,
    nullif(regexp_replace(source_marrow_exam.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_marrow_exam.examined_on), '') as examined_on,
    nullif(trim(source_marrow_exam.cellularity), '') as cellularity,
    nullif(trim(source_marrow_exam.segmented_reduced), '') as segmented_reduced
from source_marrow_exam;
