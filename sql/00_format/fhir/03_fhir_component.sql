-- fhir_component: one row per component of an Observation that stands.
-- Reads: fhir_observation, fhir_code.
-- Key: (file, row_number, component_number).
-- Rule: as of an Observation; what the component does not say is what its Observation says.
create or replace view fhir_component as
with opened as (
    select
        fhir_observation.file,
        fhir_observation.row_number,
        fhir_observation.patient_id,
        fhir_observation.sampled_at,
        fhir_observation.method,
        fhir_observation.specimen_id,
        unnest(fhir_observation.component) as said,
        generate_subscripts(fhir_observation.component, 1) as component_number
    from fhir_observation
    where fhir_observation.fate is null and len(fhir_observation.component) > 0
),

worded as (
    select
        opened.*,
        case
            when opened.said.dataabsentreason is null
                then cast(opened.said.valuecodeableconcept as varchar)
        end as value_concept,
        case
            when opened.said.dataabsentreason is null
                then coalesce(
                    coalesce(opened.said.valuequantity.comparator, '')
                    || opened.said.valuequantity.value,
                    opened.said.valuestring, opened.said.valueinteger, opened.said.valueboolean
                )
        end as value
    from opened
),

named as (
    select
        worded.*,
        from_json(
            worded.value_concept,
            '{"coding": [{"code": "VARCHAR", "display": "VARCHAR"}], "text": "VARCHAR"}'
        ) as answer
    from worded
)

select
    named.file,
    named.row_number,
    named.patient_id,
    named.sampled_at,
    named.method,
    named.specimen_id,
    named.component_number,
    cast(named.said.code as varchar) as concept,
    named.value,
    named.value_concept,
    cast(named.said.interpretation as varchar) as interpretation,
    coalesce(
        named.value, named.answer.coding[1].display, named.answer.text, named.answer.coding[1].code
    ) as word,
    case
        when fhir_code.code is not null then named.said.valuequantity.code
        else coalesce(named.said.valuequantity.unit, named.said.valuequantity.code)
    end as unit
from named
left join fhir_code on named.said.valuequantity.system = fhir_code.code and fhir_code.use = 'unit_system';
