-- sdtm_marrow: one row per microscopic finding.
-- Reads: source_mi, sdtm_word.
-- Key: (file, row_number).
-- Rule: of use is the cellularity of bone marrow; where the specimen is missing, the test must name it.
create or replace view sdtm_marrow as
select
    source_mi.file,
    source_mi.row_number,
    nullif(regexp_replace(source_mi.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
    regexp_replace(trim(source_mi.miseq), '[.]0+$', '') as seq,
    coalesce(nullif(trim(source_mi.mistresc), ''), nullif(trim(source_mi.miorres), '')) as cellularity,
    nullif(split_part(trim(source_mi.midtc), 'T', 1), '') as examined_on,
    case
        when upper(trim(source_mi.domain)) <> 'MI' and trim(source_mi.domain) <> '' then 'not_of_use'
        when coalesce(lower(source_mi.mitest), '') not like '%cellularity%' then 'not_of_use'
        when marrow.word is null and lower(source_mi.mitest) not like '%marrow%' then 'not_of_use'
    end as fate
from source_mi
left join sdtm_word as marrow
    on marrow.kind = 'marrow' and upper(trim(source_mi.mispec)) = marrow.word;
