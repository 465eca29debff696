-- redcap_visit: one row per row of an export, with the names of what it shares with other rows.
-- Reads: source_record.
-- Key: (file, row_number).
-- Rule: rows, of several files too, are one visit when record, event, instrument and instance are the
-- same; a repeating instrument stands beside the row of its event in which nothing repeats. A row without
-- a record id stands alone.
create or replace view redcap_visit as
with named as (
    select
        source_record.file,
        source_record.row_number,
        nullif(regexp_replace(source_record.record_key, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
        coalesce(trim(source_record.event), '') as event,
        coalesce(trim(source_record.instrument), '') as instrument,
        coalesce(trim(source_record.instance), '') as instance
    from source_record
)

select
    named.file,
    named.row_number,
    named.patient_id,
    coalesce('record ' || named.patient_id, concat('row ', named.row_number, ' of ', named.file)) as child,
    concat_ws(' | ', named.event, named.instrument, named.instance) as visit,
    case when named.instrument <> '' then concat_ws(' | ', named.event, '', '') end as visit_beside
from named;
