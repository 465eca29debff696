-- fhir_care: one row per patient whom a registry or a trial followed, with the first and last day.
-- Reads: source_resource, fhir_superseded, fhir_status, fhir_key.
-- Key: (patient_id).
-- Rule: from the first start to the last end of all periods.
create or replace view fhir_care as
with parsed as (
    select
        source_resource.resource_type,
        from_json(source_resource.body, '{"patient": {"reference": "VARCHAR"},
            "individual": {"reference": "VARCHAR"},
            "period": {"start": "VARCHAR", "end": "VARCHAR"}}') as said
    from source_resource
    left join fhir_superseded
        on
            source_resource.file = fhir_superseded.file
            and source_resource.row_number = fhir_superseded.row_number
    left join fhir_status
        on
            source_resource.resource_type = fhir_status.resource_type
            and source_resource.status = fhir_status.status
    where
        source_resource.resource_type in ('EpisodeOfCare', 'ResearchSubject')
        and fhir_superseded.file is null
        and fhir_status.fate is null
),

referred as (
    select
        coalesce(parsed.said.patient.reference, parsed.said.individual.reference) as reference,
        regexp_extract(parsed.said.period.start, '^[^T]*(T[0-9:.]+)?') as began_on,
        regexp_extract(parsed.said.period."end", '^[^T]*(T[0-9:.]+)?') as ended_on
    from parsed
)

select
    coalesce(
        fhir_key.resource_key, regexp_extract(referred.reference, '(?:Patient/|^urn:\w+:)([^/#?|]+)', 1)
    ) as patient_id,
    min(referred.began_on) as began_on,
    max(referred.ended_on) as ended_on
from referred
left join fhir_key on referred.reference = fhir_key.full_url
group by all;
