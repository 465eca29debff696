-- fhir_focus: one row per Observation that is about another than its subject, with who that is.
-- Reads: fhir_observation, fhir_contained, fhir_key, fhir_mother.
-- Key: (file, row_number).
-- Rule: the mother, where the related person is one; else somebody other.
create or replace view fhir_focus as
select
    fhir_observation.file,
    fhir_observation.row_number,
    case
        when inside.is_mother or fhir_mother.resource_key is not null then 'mother' else 'other'
    end as subject
from fhir_observation
left join fhir_contained as inside
    on
        fhir_observation.file = inside.file
        and fhir_observation.row_number = inside.row_number
        and fhir_observation.focus = inside.reference
left join fhir_key on fhir_observation.focus = fhir_key.full_url
left join fhir_mother
    on
        coalesce(
            fhir_key.resource_key,
            regexp_extract(fhir_observation.focus, '(?:RelatedPerson/|^urn:\w+:)([^/#?|]+)', 1)
        ) = fhir_mother.resource_key
where fhir_observation.focus is not null;
