-- antibody_test: one row per test for antibodies against neutrophils.
-- Reads: antibody_test_fate.
-- Key: (file, row_number).
-- Rule: rows whose fate is used.
create or replace view antibody_test as
select
    antibody_test_fate.patient_id,
    antibody_test_fate.sampled_on,
    antibody_test_fate.method,
    lower(antibody_test_fate.result) as result,
    antibody_test_fate.specificity,
    lower(antibody_test_fate.subject) as subject,
    antibody_test_fate.file,
    antibody_test_fate.row_number
from antibody_test_fate
where antibody_test_fate.fate = 'used';
