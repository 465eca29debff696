-- fhir_condition: one row per Condition, its JSON read into columns.
-- Reads: source_resource, fhir_superseded, fhir_code, fhir_key.
-- Key: (file, row_number).
-- Rule: the day on which it was recorded stands before its onset, because a class may use only what
-- was known, and when. What was refuted, or entered in error, is set aside.
create or replace view fhir_condition as
with parsed as (
    select
        source_resource.file,
        source_resource.row_number,
        from_json(source_resource.body, '{"code": "JSON", "subject": {"reference": "VARCHAR"},
            "recordedDate": "VARCHAR", "onsetDateTime": "VARCHAR", "onsetPeriod": {"start": "VARCHAR"},
            "verificationStatus": {"coding": [{"code": "VARCHAR"}]}}') as said
    from source_resource
    where source_resource.resource_type = 'Condition'
)

select
    parsed.file,
    parsed.row_number,
    coalesce(
        fhir_key.resource_key,
        nullif(regexp_extract(parsed.said.subject.reference, '(?:Patient/|^urn:\w+:)([^/#?|]+)', 1), '')
    ) as patient_id,
    regexp_extract(
        coalesce(parsed.said.recordeddate, parsed.said.onsetdatetime, parsed.said.onsetperiod.start),
        '^[^T]*(T[0-9:.]+)?'
    ) as recorded_on,
    cast(parsed.said.code as varchar) as concept,
    case when fhir_superseded.file is not null then 'older_version' else fhir_code.meaning end as fate
from parsed
left join fhir_superseded
    on parsed.file = fhir_superseded.file and parsed.row_number = fhir_superseded.row_number
left join fhir_code
    on
        parsed.said.verificationstatus.coding[1].code = fhir_code.code
        and fhir_code.use = 'verification'
left join fhir_key on parsed.said.subject.reference = fhir_key.full_url;
