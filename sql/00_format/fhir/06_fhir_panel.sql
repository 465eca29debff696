-- fhir_panel: one row per Observation that has components, with what they are of it.
-- Reads: fhir_component, fhir_concept.
-- Key: (file, row_number).
-- Rule: components that are results make rows of their own; the others say more of their Observation.
create or replace view fhir_panel as
select
    fhir_component.file,
    fhir_component.row_number,
    count(*) filter (
        where coalesce(fhir_concept.kind, 'lab') in ('lab', 'antibody', 'gestation', 'duffy')
    ) > 0 as has_results,
    count(*) filter (where fhir_concept.kind in ('gene', 'significance')) > 0 as is_genetic,
    max(fhir_component.word) filter (where fhir_concept.kind = 'gene') as gene,
    max(fhir_component.word) filter (where fhir_concept.kind = 'specificity') as specificity,
    max(fhir_component.word) filter (where fhir_concept.kind = 'segments') as segments,
    max(fhir_component.value_concept) filter (where fhir_concept.kind = 'significance') as significance,
    max(fhir_component.value) filter (where fhir_concept.kind = 'significance') as significance_text
from fhir_component
left join fhir_concept on fhir_component.concept = fhir_concept.concept
group by fhir_component.file, fhir_component.row_number;
