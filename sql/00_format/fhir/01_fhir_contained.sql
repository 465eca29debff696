-- fhir_contained: one row per resource inside another one.
-- Reads: source_resource, fhir_code.
-- Key: (file, row_number, reference).
-- Rule: it is known by its number sign and id within the resource that holds it.
create or replace view fhir_contained as
with parsed as (
    select
        source_resource.file,
        source_resource.row_number,
        unnest(from_json(source_resource.body, '{"contained": [{"resourceType": "VARCHAR", "id": "VARCHAR",
            "identifier": "JSON", "accessionIdentifier": {"value": "VARCHAR"}, "code": "JSON",
            "relationship": [{"coding": [{"code": "VARCHAR"}]}]}]}').contained) as inside
    from source_resource
    where contains(source_resource.body, '"contained"')
),

identified as (
    select
        parsed.file,
        parsed.row_number,
        '#' || parsed.inside.id as reference,
        parsed.inside.resourcetype as resource_type,
        parsed.inside.code as concept,
        parsed.inside.accessionidentifier.value as accession,
        from_json(parsed.inside.identifier, '[{"system": "VARCHAR", "value": "VARCHAR"}]')[1] as identifier,
        list_transform(
            flatten(list_transform(parsed.inside.relationship, lambda said: said.coding)),
            lambda coding: lower(coding.code)
        ) as relations
    from parsed
)

select
    identified.file,
    identified.row_number,
    identified.reference,
    min(identified.resource_type) as resource_type,
    min(identified.concept) as concept,
    min(identified.identifier.system) as identifier_system,
    min(identified.identifier.value) as identifier_value,
    min(coalesce(identified.accession, identified.identifier.value)) as accession,
    count(fhir_code.code) > 0 as is_mother
from identified
left join fhir_code
    on list_contains(identified.relations, fhir_code.code) and fhir_code.use = 'mother'
group by identified.file, identified.row_number, identified.reference;
