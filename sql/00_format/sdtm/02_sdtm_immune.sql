-- sdtm_immune: one row per immunogenicity specimen assessment, of the child or of the mother.
-- Reads: source_is, source_apis, sdtm_word.
-- Key: (file, row_number).
-- Rule: a test is one for antibodies against neutrophils where its name or its antigen says so, and
-- not of their cytoplasm (ANCA): then the method says which. An associated person is a mother by SREL.
create or replace view sdtm_immune as
with record as (
    select
        'is' as table_name,
        source_is.file,
        source_is.row_number,
        source_is.domain,
        source_is.usubjid,
        'patient' as subject,
        source_is.istestcd,
        source_is.istest,
        source_is.ismethod,
        source_is.isbdagnt,
        coalesce(nullif(trim(source_is.isstresc), ''), source_is.isorres) as result,
        source_is.isstat,
        source_is.isdtc
    from source_is
    union all
    select
        'apis',
        source_apis.file,
        source_apis.row_number,
        null,
        source_apis.rsubjid,
        case when mother.word is not null then 'mother' else source_apis.srel end,
        source_apis.istestcd,
        source_apis.istest,
        source_apis.ismethod,
        source_apis.isbdagnt,
        coalesce(nullif(trim(source_apis.isstresc), ''), source_apis.isorres),
        source_apis.isstat,
        source_apis.isdtc
    from source_apis
    left join sdtm_word as mother
        on mother.kind = 'mother' and upper(trim(source_apis.srel)) = mother.word
),

named as (
    select
        record.*,
        lower(concat_ws(' ', record.istestcd, record.istest, record.isbdagnt)) as words
    from record
)

select
    named.table_name,
    named.file,
    named.row_number,
    nullif(regexp_replace(named.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
    named.subject,
    nullif(split_part(trim(named.isdtc), 'T', 1), '') as sampled_on,
    case
        when
            regexp_matches(named.words, 'neutrophil|granulocyte|hna-?[0-9]')
            and not regexp_matches(named.words, 'cytoplasm|anca')
            then coalesce(nullif(trim(named.ismethod), ''), nullif(trim(named.istest), ''))
        else coalesce(nullif(trim(named.istest), ''), nullif(trim(named.istestcd), ''))
    end as test,
    case when not_done.word is null then nullif(trim(named.result), '') end as result,
    nullif(trim(named.isbdagnt), '') as specificity,
    case
        when upper(trim(named.domain)) <> 'IS' and trim(named.domain) <> '' then 'not_of_use'
    end as fate
from named
left join sdtm_word as not_done
    on not_done.kind = 'not_done' and upper(trim(named.isstat)) = not_done.word;
