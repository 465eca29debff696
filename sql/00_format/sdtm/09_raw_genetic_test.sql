-- raw_genetic_test: one row per gene tested, as GF and PF say it.
-- Reads: sdtm_gene, sdtm_meaning.
-- Key: (file, row_number).
-- Rule: a word that no list knows is handed over as it stands, with _ for spaces.
create or replace view raw_genetic_test as
select
    sdtm_gene.file,
    sdtm_gene.row_number,
    sdtm_gene.usubjid as patient_id,
    sdtm_gene.tested_on,
    sdtm_gene.gene,
    coalesce(sdtm_meaning.means, replace(lower(sdtm_gene.result), ' ', '_')) as result
from sdtm_gene
left join sdtm_meaning on upper(sdtm_gene.result) = sdtm_meaning.word
where sdtm_gene.fate is null;
