-- genetic_test: one row per gene tested.
-- Reads: genetic_test_fate, neutropenia_gene.
-- Key: (file, row_number).
-- Rule: rows whose fate is used; the code lists say which genes cause congenital neutropenia.
create or replace view genetic_test as
select
    genetic_test_fate.patient_id,
    genetic_test_fate.tested_on,
    upper(genetic_test_fate.gene) as gene,
    neutropenia_gene.gene is not null as is_neutropenia_gene,
    lower(genetic_test_fate.result) as result,
    genetic_test_fate.file,
    genetic_test_fate.row_number
from genetic_test_fate
left join neutropenia_gene on upper(genetic_test_fate.gene) = neutropenia_gene.gene
where genetic_test_fate.fate = 'used';
