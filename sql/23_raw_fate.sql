-- raw_fate: one row per row of the extract, whatever its table, with its fate.
-- Reads: patient_fate, lab_result_fate, antibody_test_fate, diagnosis_fate, treatment_fate,
-- marrow_exam_fate, genetic_test_fate, raw_other.
-- Key: (table_name, file, row_number).
-- Rule: every row of the extract is here once.
create or replace view raw_fate as
select
    'patient' as table_name,
    patient_fate.file,
    patient_fate.row_number,
    patient_fate.fate
from patient_fate
union all
select
    'lab_result',
    lab_result_fate.file,
    lab_result_fate.row_number,
    lab_result_fate.fate
from lab_result_fate
union all
select
    'antibody_test',
    antibody_test_fate.file,
    antibody_test_fate.row_number,
    antibody_test_fate.fate
from antibody_test_fate
union all
select
    'diagnosis',
    diagnosis_fate.file,
    diagnosis_fate.row_number,
    diagnosis_fate.fate
from diagnosis_fate
union all
select
    'treatment',
    treatment_fate.file,
    treatment_fate.row_number,
    treatment_fate.fate
from treatment_fate
union all
select
    'marrow_exam',
    marrow_exam_fate.file,
    marrow_exam_fate.row_number,
    marrow_exam_fate.fate
from marrow_exam_fate
union all
select
    'genetic_test',
    genetic_test_fate.file,
    genetic_test_fate.row_number,
    genetic_test_fate.fate
from genetic_test_fate
union all
select
    raw_other.table_name,
    raw_other.file,
    raw_other.row_number,
    raw_other.fate
from raw_other;
