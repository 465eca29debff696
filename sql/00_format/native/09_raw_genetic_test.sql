-- raw_genetic_test: one row per gene tested, as the registry said it.
-- Reads: source_genetic_test.
-- Key: (file, row_number).
-- Rule: text as it was sent; white space around it does not count, empty is missing.
create or replace view raw_genetic_test as
select
    source_genetic_test.file,
    source_genetic_test.row_number,
    nullif(regexp_replace(source_genetic_test.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(source_genetic_test.tested_on), '') as tested_on,
    nullif(trim(source_genetic_test.gene), '') as gene,
    nullif(trim(source_genetic_test.result), '') as result
from source_genetic_test;
