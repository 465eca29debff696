-- inherited_evidence: one row per episode and finding of an inherited neutropenia.
-- Reads: episode_window, genetic_test, marrow_exam.
-- Key: none.
-- Rule: a pathogenic or likely pathogenic variant of a neutropenia gene, and an arrest of the
-- marrow at the promyelocyte, speak of every episode of the child, whenever they were found. So
-- do a gene without a finding and a marrow without an arrest; an uncertain variant tells nothing.
create or replace view inherited_evidence as
with finding as (
    select
        genetic_test.patient_id,
        case
            when genetic_test.result in ('pathogenic', 'likely_pathogenic') then 'pathogenic_gene'
            else 'gene_without_finding'
        end as evidence,
        genetic_test.tested_on as known_on,
        genetic_test.gene || ' ' || genetic_test.result as detail,
        'genetic_test' as table_name,
        genetic_test.file,
        genetic_test.row_number
    from genetic_test
    where
        genetic_test.is_neutropenia_gene
        and genetic_test.result <> 'uncertain'
    union all
    select
        marrow_exam.patient_id,
        case
            when marrow_exam.cellularity = 'promyelocyte_arrest' then 'marrow_arrest'
            else 'marrow_without_arrest'
        end as evidence,
        marrow_exam.examined_on as known_on,
        marrow_exam.cellularity as detail,
        'marrow_exam' as table_name,
        marrow_exam.file,
        marrow_exam.row_number
    from marrow_exam
)

select
    episode_window.patient_id,
    episode_window.episode_number,
    finding.evidence,
    finding.known_on,
    finding.detail,
    finding.table_name,
    finding.file,
    finding.row_number
from episode_window
inner join finding
    on episode_window.patient_id = finding.patient_id;
