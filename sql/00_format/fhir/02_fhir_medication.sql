-- fhir_medication: one row per Medication that an order or a dose may point to, with its code.
-- Reads: source_resource, fhir_superseded.
-- Key: (resource_key).
-- Rule: its newest version. Of several codes for one id, nothing says which is right: none.
create or replace view fhir_medication as
with parsed as (
    select
        coalesce(
            source_resource.resource_id, regexp_extract(source_resource.full_url, '[^/:]+$')
        ) as resource_key,
        from_json(source_resource.body, '{"code": "JSON"}').code as concept
    from source_resource
    left join fhir_superseded
        on
            source_resource.file = fhir_superseded.file
            and source_resource.row_number = fhir_superseded.row_number
    where source_resource.resource_type = 'Medication' and fhir_superseded.file is null
)

select
    parsed.resource_key,
    min(parsed.concept) as concept
from parsed
group by parsed.resource_key
having count(distinct parsed.concept) = 1;
