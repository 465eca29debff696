-- fhir_identifier: one row per identifier that one patient has.
-- Reads: source_resource.
-- Key: (identifier_system, identifier_value).
-- Rule: an identifier that two patients have names nobody.
create or replace view fhir_identifier as
with parsed as (
    select
        coalesce(
            source_resource.resource_id, regexp_extract(source_resource.full_url, '[^/:]+$')
        ) as patient_id,
        unnest(
            from_json(
                source_resource.body, '{"identifier": [{"system": "VARCHAR", "value": "VARCHAR"}]}'
            ).identifier
        ) as identifier
    from source_resource
    where source_resource.resource_type = 'Patient'
)

select
    coalesce(parsed.identifier.system, '') as identifier_system,
    parsed.identifier.value as identifier_value,
    min(parsed.patient_id) as patient_id
from parsed
where parsed.identifier.value is not null
group by all
having min(parsed.patient_id) = max(parsed.patient_id);
