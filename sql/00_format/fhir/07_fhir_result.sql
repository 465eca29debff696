-- fhir_result: one row per result of an Observation: its own, or one of a component.
-- Reads: fhir_observation, fhir_component, fhir_concept, fhir_panel, fhir_focus.
-- Key: (file, row_number).
-- Rule: an Observation has a row of its own, unless it has no value and its components have. What is
-- not said of the child itself is another subject's, but for a test of the mother's serum.
create or replace view fhir_result as
with result as (
    select
        fhir_observation.file,
        fhir_observation.row_number,
        fhir_observation.patient_id,
        fhir_observation.sampled_at,
        fhir_observation.concept,
        fhir_observation.value,
        fhir_observation.value_concept,
        fhir_observation.unit,
        fhir_observation.interpretation,
        fhir_observation.method,
        fhir_observation.specimen_id,
        fhir_observation.fate,
        '' as place
    from fhir_observation
    union all
    select
        fhir_component.file,
        fhir_component.row_number,
        fhir_component.patient_id,
        fhir_component.sampled_at,
        fhir_component.concept,
        fhir_component.value,
        fhir_component.value_concept,
        fhir_component.unit,
        fhir_component.interpretation,
        fhir_component.method,
        fhir_component.specimen_id,
        null,
        ', component ' || fhir_component.component_number
    from fhir_component
),

judged as (
    select
        result.*,
        fhir_panel.specificity,
        fhir_panel.has_results,
        fhir_panel.is_genetic,
        fhir_concept.code,
        coalesce(fhir_concept.code_system, 'unknown') as code_system,
        coalesce(fhir_focus.subject, 'patient') as subject,
        case
            when fhir_panel.is_genetic and coalesce(fhir_concept.kind, 'lab') <> 'gene' then 'variant'
            else coalesce(fhir_concept.kind, 'lab')
        end as kind
    from result
    left join fhir_concept on result.concept = fhir_concept.concept
    left join fhir_panel on result.file = fhir_panel.file and result.row_number = fhir_panel.row_number
    left join fhir_focus on result.file = fhir_focus.file and result.row_number = fhir_focus.row_number
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
    judged.specificity,
    judged.code,
    judged.code_system,
    judged.kind,
    judged.subject,
    judged.file || judged.place as file,
    case
        when judged.fate is not null then judged.fate
        when judged.subject = 'other' or (judged.subject = 'mother' and judged.kind <> 'antibody')
            then 'other_subject'
        when judged.kind in ('gestation', 'duffy') then 'context_only'
        when judged.kind in ('segments', 'specificity', 'significance') then 'not_of_use'
    end as fate
from judged
where
    case
        when judged.place <> '' then judged.kind in ('lab', 'antibody', 'gestation', 'duffy')
        else
            not coalesce(judged.has_results, false) or judged.kind not in ('lab', 'antibody')
            or coalesce(judged.value, judged.value_concept, judged.fate) is not null
    end;
