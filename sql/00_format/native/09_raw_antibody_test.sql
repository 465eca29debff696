-- raw_antibody_test: one row per test for antibodies against neutrophils, as the registry said it.
-- Reads: source_antibody_test.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_antibody_test as
select
    source_antibody_test.file,
    source_antibody_test.row_number,
    nullif(regexp_replace(source_antibody_test.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_antibody_test.sampled_on), '') as sampled_on,
    nullif(trim(source_antibody_test.test), '') as test,
    nullif(trim(source_antibody_test.result), '') as result,
    nullif(trim(source_antibody_test.specificity), '') as specificity,
    coalesce(nullif(trim(source_antibody_test.subject), ''), 'patient') as subject
from source_antibody_test;
