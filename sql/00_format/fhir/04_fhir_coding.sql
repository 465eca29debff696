-- fhir_coding: one row per coding, and text, of each different CodeableConcept.
-- Reads: fhir_observation, fhir_component, fhir_condition, fhir_drug.
-- Key: none.
-- Rule: the text stands after the codings, as one of no system.
create or replace view fhir_coding as
with concept as (
    select fhir_observation.concept from fhir_observation
    union
    select fhir_component.concept from fhir_component
    union
    select fhir_condition.concept from fhir_condition
    union
    select fhir_drug.concept from fhir_drug
),

parsed as (
    select
        concept.concept,
        from_json(concept.concept, '{"coding": [{"system": "VARCHAR", "code": "VARCHAR"}],
            "text": "VARCHAR"}') as said
    from concept
    where concept.concept is not null
)

select
    parsed.concept,
    unnest(parsed.said.coding).system as url,
    unnest(parsed.said.coding).code as code,
    generate_subscripts(parsed.said.coding, 1) as ordinal
from parsed
union all
select
    parsed.concept,
    'text',
    parsed.said.text,
    null
from parsed;
