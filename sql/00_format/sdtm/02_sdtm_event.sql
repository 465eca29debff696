-- sdtm_event: one row per adverse event or item of the medical history.
-- Reads: source_ae, source_mh, sdtm_word.
-- Key: (file, row_number).
-- Rule: what was asked for and did not occur, or was not asked, is no event.
create or replace view sdtm_event as
with record as (
    select
        'ae' as table_name,
        'AE' as rdomain,
        source_ae.file,
        source_ae.row_number,
        source_ae.domain,
        source_ae.usubjid,
        source_ae.aeseq as seq,
        source_ae.aedecod as decod,
        source_ae.aeterm as term,
        source_ae.aestdtc as started,
        source_ae.aedtc as collected,
        null as occurred,
        null as status
    from source_ae
    union all
    select
        'mh',
        'MH',
        source_mh.file,
        source_mh.row_number,
        source_mh.domain,
        source_mh.usubjid,
        source_mh.mhseq,
        source_mh.mhdecod,
        source_mh.mhterm,
        source_mh.mhstdtc,
        source_mh.mhdtc,
        source_mh.mhoccur,
        source_mh.mhstat
    from source_mh
)

select
    record.table_name,
    record.rdomain,
    record.file,
    record.row_number,
    nullif(regexp_replace(record.usubjid, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as usubjid,
    regexp_replace(trim(record.seq), '[.]0+$', '') as seq,
    coalesce(nullif(trim(record.decod), ''), nullif(trim(record.term), '')) as term,
    split_part(
        coalesce(nullif(trim(record.started), ''), nullif(trim(record.collected), '')), 'T', 1
    ) as recorded_on,
    case
        when upper(trim(record.domain)) <> record.rdomain and trim(record.domain) <> '' then 'not_of_use'
        when said_no.word is not null or not_done.word is not null then 'not_occurred'
    end as fate
from record
left join sdtm_word as said_no
    on said_no.kind = 'did_not_occur' and upper(trim(record.occurred)) = said_no.word
left join sdtm_word as not_done
    on not_done.kind = 'not_done' and upper(trim(record.status)) = not_done.word;
