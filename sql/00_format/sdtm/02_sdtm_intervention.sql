-- sdtm_intervention: one row per concomitant medication or exposure to the study treatment.
-- Reads: source_cm, source_ex, sdtm_word, extract_info.
-- Key: (file, row_number).
-- Rule: what was asked for and not taken is no treatment; what goes on does so up to the extract.
create or replace view sdtm_intervention as
with record as (
    select
        'cm' as table_name,
        'CM' as rdomain,
        source_cm.file,
        source_cm.row_number,
        source_cm.domain,
        source_cm.usubjid,
        source_cm.cmseq as seq,
        coalesce(nullif(trim(source_cm.cmdecod), ''), nullif(trim(source_cm.cmtrt), '')) as drug,
        source_cm.cmclascd as class,
        source_cm.cmroute as route,
        source_cm.cmoccur as occurred,
        source_cm.cmstat as status,
        source_cm.cmstdtc as started,
        source_cm.cmendtc as ended,
        coalesce(nullif(trim(source_cm.cmenrtpt), ''), source_cm.cmenrf) as relative_end
    from source_cm
    union all
    select
        'ex',
        'EX',
        source_ex.file,
        source_ex.row_number,
        source_ex.domain,
        source_ex.usubjid,
        null,
        nullif(trim(source_ex.extrt), ''),
        null,
        source_ex.exroute,
        source_ex.exoccur,
        null,
        source_ex.exstdtc,
        source_ex.exendtc,
        null
    from source_ex
)

select
    record.table_name,
    record.rdomain,
    record.file,
    record.row_number,
    nullif(regexp_replace(record.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
    regexp_replace(trim(record.seq), '[.]0+$', '') as seq,
    record.drug,
    case
        when regexp_matches(trim(record.class), '^[A-Z][0-9][0-9][A-Z][A-Z]?([0-9][0-9])?$')
            then trim(record.class)
    end as class,
    route_local.word is not null as is_local,
    nullif(split_part(trim(record.started), 'T', 1), '') as started_on,
    coalesce(
        nullif(split_part(trim(record.ended), 'T', 1), ''),
        case when goes_on.word is not null then cast(extract_info.extracted_on as varchar) end
    ) as ended_on,
    case
        when upper(trim(record.domain)) <> record.rdomain and trim(record.domain) <> '' then 'not_of_use'
        when said_no.word is not null or not_done.word is not null then 'not_occurred'
    end as fate
from record
cross join extract_info
left join sdtm_word as route_local
    on route_local.kind = 'route_local' and upper(trim(record.route)) = route_local.word
left join sdtm_word as goes_on
    on goes_on.kind = 'goes_on' and upper(trim(record.relative_end)) = goes_on.word
left join sdtm_word as said_no
    on said_no.kind = 'did_not_occur' and upper(trim(record.occurred)) = said_no.word
left join sdtm_word as not_done
    on not_done.kind = 'not_done' and upper(trim(record.status)) = not_done.word;
