-- fhir_observation: one row per Observation, its JSON read into columns.
-- Reads: source_resource, fhir_superseded, fhir_status, fhir_code, fhir_key, fhir_contained,
-- fhir_identifier.
-- Key: (file, row_number).
-- Rule: JSON is read once. The time is the clock's as written, without its zone. A code of UCUM
-- stands before the unit's text. Where data are absent by a reason, or still to come, there is no value.
create or replace view fhir_observation as
with parsed as (
    select
        source_resource.file,
        source_resource.row_number,
        source_resource.status,
        from_json(source_resource.body, '{"code": "JSON", "method": "JSON", "interpretation": "JSON",
            "subject": {"reference": "VARCHAR", "identifier": {"system": "VARCHAR", "value": "VARCHAR"}},
            "focus": [{"reference": "VARCHAR"}], "effectiveDateTime": "VARCHAR",
            "effectiveInstant": "VARCHAR", "effectivePeriod": {"start": "VARCHAR"},
            "specimen": {"reference": "VARCHAR", "identifier": {"value": "VARCHAR"}, "display": "VARCHAR"},
            "valueQuantity": {"value": "VARCHAR", "comparator": "VARCHAR", "unit": "VARCHAR",
                "system": "VARCHAR", "code": "VARCHAR"},
            "valueString": "VARCHAR", "valueInteger": "VARCHAR", "valueBoolean": "VARCHAR",
            "valueCodeableConcept": "JSON", "dataAbsentReason": "JSON",
            "component": [{"code": "JSON", "valueQuantity": {"value": "VARCHAR", "comparator": "VARCHAR",
                    "unit": "VARCHAR", "system": "VARCHAR", "code": "VARCHAR"},
                "valueString": "VARCHAR", "valueInteger": "VARCHAR", "valueBoolean": "VARCHAR",
                "valueCodeableConcept": "JSON", "interpretation": "JSON",
                "dataAbsentReason": "JSON"}]}') as said
    from source_resource
    where source_resource.resource_type = 'Observation'
)

select
    parsed.file,
    parsed.row_number,
    coalesce(
        fhir_key.resource_key,
        nullif(regexp_extract(parsed.said.subject.reference, '(?:Patient/|^urn:\w+:)([^/#?|]+)', 1), ''),
        fhir_identifier.patient_id
    ) as patient_id,
    regexp_extract(
        coalesce(
            parsed.said.effectivedatetime, parsed.said.effectiveinstant, parsed.said.effectiveperiod.start
        ), '^[^T]*(T[0-9:.]+)?'
    ) as sampled_at,
    cast(parsed.said.code as varchar) as concept,
    case
        when parsed.said.dataabsentreason is null and fhir_status.status is null
            then coalesce(
                coalesce(parsed.said.valuequantity.comparator, '') || parsed.said.valuequantity.value,
                parsed.said.valuestring, parsed.said.valueinteger, parsed.said.valueboolean
            )
    end as value,
    case
        when parsed.said.dataabsentreason is null and fhir_status.status is null
            then cast(parsed.said.valuecodeableconcept as varchar)
    end as value_concept,
    case
        when fhir_code.code is not null then parsed.said.valuequantity.code
        else coalesce(parsed.said.valuequantity.unit, parsed.said.valuequantity.code)
    end as unit,
    cast(parsed.said.interpretation as varchar) as interpretation,
    cast(parsed.said.method as varchar) as method,
    coalesce(
        nullif(regexp_extract(parsed.said.specimen.reference, '(?:Specimen/|^urn:\w+:)([^/#?|]+)', 1), ''),
        specimen.accession, parsed.said.specimen.identifier.value, parsed.said.specimen.display
    ) as specimen_id,
    nullif(parsed.said.focus[1].reference, parsed.said.subject.reference) as focus,
    parsed.said.component,
    case when fhir_superseded.file is not null then 'older_version' else fhir_status.fate end as fate
from parsed
left join fhir_superseded
    on parsed.file = fhir_superseded.file and parsed.row_number = fhir_superseded.row_number
left join fhir_status
    on fhir_status.resource_type = 'Observation' and parsed.status = fhir_status.status
left join fhir_code
    on parsed.said.valuequantity.system = fhir_code.code and fhir_code.use = 'unit_system'
left join fhir_key on parsed.said.subject.reference = fhir_key.full_url
left join fhir_contained as subject
    on
        parsed.file = subject.file and parsed.row_number = subject.row_number
        and parsed.said.subject.reference = subject.reference
left join fhir_contained as specimen
    on
        parsed.file = specimen.file and parsed.row_number = specimen.row_number
        and parsed.said.specimen.reference = specimen.reference
left join fhir_identifier
    on
        coalesce(parsed.said.subject.identifier.value, subject.identifier_value)
        = fhir_identifier.identifier_value
        and coalesce(parsed.said.subject.identifier.system, subject.identifier_system, '')
        = fhir_identifier.identifier_system;
