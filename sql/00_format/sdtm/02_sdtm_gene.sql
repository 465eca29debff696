-- sdtm_gene: one row per genomic or pharmacogenomic finding.
-- Reads: source_gf, source_pf.
-- Key: (file, row_number).
-- Rule: a finding that names no gene is not of use.
create or replace view sdtm_gene as
with record as (
    select
        'gf' as table_name,
        'GF' as own_domain,
        source_gf.file,
        source_gf.row_number,
        source_gf.domain,
        source_gf.usubjid,
        source_gf.gfsym as gene,
        coalesce(nullif(trim(source_gf.gfstresc), ''), source_gf.gforres) as result,
        source_gf.gfdtc as collected
    from source_gf
    union all
    select
        'pf',
        'PF',
        source_pf.file,
        source_pf.row_number,
        source_pf.domain,
        source_pf.usubjid,
        source_pf.pfgenri,
        coalesce(nullif(trim(source_pf.pfstresc), ''), source_pf.pforres),
        source_pf.pfdtc
    from source_pf
)

select
    record.table_name,
    record.file,
    record.row_number,
    nullif(regexp_replace(record.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
    nullif(trim(record.gene), '') as gene,
    nullif(trim(record.result), '') as result,
    nullif(split_part(trim(record.collected), 'T', 1), '') as tested_on,
    case
        when upper(trim(record.domain)) <> record.own_domain and trim(record.domain) <> '' then 'not_of_use'
        when coalesce(trim(record.gene), '') = '' then 'not_of_use'
    end as fate
from record;
