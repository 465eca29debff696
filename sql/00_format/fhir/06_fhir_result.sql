-- fhir_result: one row per result of an Observation: its own, or one of a component.
-- Reads: fhir_observation, fhir_component, fhir_concept, fhir_panel, fhir_key, fhir_mother,
-- fhir_contained.
-- Key: (file, row_number).
-- Rule: an Observation has a row of its own, unless it has no value and its components have. What is
-- not said of the child itself is another subject's, but for a test of the mother's serum.
create or replace view fhir_result as
with result as (
    select
        fhir_observation.* exclude (component),
        0 as component_number
    from fhir_observation
    union all by name
    select
        fhir_observation.* exclude (component, value, value_concept, interpretation, unit, concept),
        fhir_component.* exclude (file, row_number, word)
    from fhir_component
    inner join fhir_observation
        on
            fhir_component.file = fhir_observation.file
            and fhir_component.row_number = fhir_observation.row_number
),

judged as (
    select
        result.*,
        fhir_panel.gene,
        fhir_panel.specificity,
        fhir_panel.segments,
        fhir_panel.significance,
        fhir_panel.significance_text,
        fhir_concept.code,
        coalesce(fhir_concept.code_system, 'unknown') as code_system,
        coalesce(fhir_panel.has_results, false) as has_results,
        coalesce(fhir_panel.is_genetic, false) as is_genetic,
        case
            when fhir_panel.is_genetic then 'gene' else coalesce(fhir_concept.kind, 'lab')
        end as kind,
        case
            when result.focus is null then 'patient'
            when inside.is_mother or fhir_mother.resource_key is not null then 'mother'
            else 'other'
        end as subject
    from result
    left join fhir_concept on result.concept = fhir_concept.concept
    left join fhir_panel
        on result.file = fhir_panel.file and result.row_number = fhir_panel.row_number
    left join fhir_contained as inside
        on
            result.file = inside.file and result.row_number = inside.row_number
            and result.focus = inside.reference
    left join fhir_key on result.focus = fhir_key.full_url
    left join fhir_mother
        on
            coalesce(
                fhir_key.resource_key,
                regexp_extract(result.focus, '(?:RelatedPerson/|^urn:\w+:)([^/#?|]+)', 1)
            ) = fhir_mother.resource_key
)

select
    judged.row_number,
    judged.patient_id,
    judged.sampled_at,
    judged.value,
    judged.value_concept,
    judged.unit,
    judged.interpretation,
    judged.method,
    judged.specimen_id,
    judged.gene,
    judged.specificity,
    judged.segments,
    judged.significance,
    judged.significance_text,
    judged.code,
    judged.code_system,
    judged.kind,
    judged.subject,
    judged.file
    || case when judged.component_number > 0 then ', component ' || judged.component_number else '' end
        as file,
    case
        when judged.fate is not null then judged.fate
        when judged.subject = 'other' or (judged.subject = 'mother' and judged.kind <> 'antibody')
            then 'other_subject'
        when judged.kind in ('gestation', 'duffy') then 'read_elsewhere'
        when judged.kind in ('segments', 'specificity', 'significance') then 'not_of_use'
    end as fate
from judged
where
    case
        when judged.component_number = 0
            then
                judged.fate is not null or not judged.has_results or judged.is_genetic
                or judged.kind not in ('lab', 'antibody')
                or coalesce(judged.value, judged.value_concept) is not null
        else not judged.is_genetic and judged.kind in ('lab', 'antibody', 'gestation', 'duffy')
    end;
