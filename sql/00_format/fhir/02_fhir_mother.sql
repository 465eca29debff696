-- fhir_mother: one row per related person who is the mother of a child.
-- Reads: source_resource, fhir_code.
-- Key: (resource_key).
-- Rule: the relationship says so; an adoptive mother's serum says nothing of the child's antibodies.
create or replace view fhir_mother as
with parsed as (
    select
        coalesce(
            source_resource.resource_id, regexp_extract(source_resource.full_url, '[^/:]+$')
        ) as resource_key,
        unnest(
            from_json(
                source_resource.body, '{"relationship": [{"coding": [{"code": "VARCHAR"}]}]}'
            ).relationship
        ).coding as codings
    from source_resource
    where source_resource.resource_type = 'RelatedPerson'
),

coding as (
    select
        parsed.resource_key,
        lower(unnest(parsed.codings).code) as code
    from parsed
)

select distinct coding.resource_key
from coding
inner join fhir_code on coding.code = fhir_code.code and fhir_code.use = 'mother';
