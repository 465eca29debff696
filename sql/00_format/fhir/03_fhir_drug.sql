-- fhir_drug: one row per dose, statement or order of a drug, its JSON read into columns.
-- Reads: source_resource, fhir_superseded, fhir_status, fhir_code, fhir_key, fhir_contained,
-- fhir_medication.
-- Key: (file, row_number).
-- Rule: an order counts as begun on the day it was written, or as its bounds say: what families give at
-- home is known from orders only. Proposals and plans, and what was not given, are set aside.
create or replace view fhir_drug as
with parsed as (
    select
        source_resource.file,
        source_resource.row_number,
        source_resource.resource_type,
        source_resource.status,
        from_json(source_resource.body, '{"medicationCodeableConcept": "JSON",
            "medicationReference": {"reference": "VARCHAR"}, "subject": {"reference": "VARCHAR"},
            "effectiveDateTime": "VARCHAR", "effectivePeriod": {"start": "VARCHAR", "end": "VARCHAR"},
            "authoredOn": "VARCHAR", "intent": "VARCHAR", "doNotPerform": "VARCHAR",
            "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod":
                {"start": "VARCHAR", "end": "VARCHAR"}}}}]}') as said
    from source_resource
    where
        source_resource.resource_type
        in ('MedicationAdministration', 'MedicationStatement', 'MedicationRequest')
)

select
    parsed.file,
    parsed.row_number,
    parsed.resource_type,
    coalesce(
        patient_key.resource_key,
        nullif(regexp_extract(parsed.said.subject.reference, '(?:Patient/|^urn:\w+:)([^/#?|]+)', 1), '')
    ) as patient_id,
    regexp_extract(
        coalesce(
            parsed.said.effectivedatetime, parsed.said.effectiveperiod.start,
            parsed.said.dosageinstruction[1].timing.repeat.boundsperiod.start, parsed.said.authoredon
        ), '^[^T]*(T[0-9:.]+)?'
    ) as started_on,
    regexp_extract(
        coalesce(
            parsed.said.effectiveperiod."end",
            parsed.said.dosageinstruction[1].timing.repeat.boundsperiod."end"
        ), '^[^T]*(T[0-9:.]+)?'
    ) as ended_on,
    cast(
        coalesce(parsed.said.medicationcodeableconcept, inside.concept, fhir_medication.concept) as varchar
    ) as concept,
    case
        when fhir_superseded.file is not null then 'older_version'
        when fhir_status.fate is not null then fhir_status.fate
        when parsed.said.donotperform = 'true' then 'not_given'
        when parsed.resource_type = 'MedicationRequest' then intent.meaning
    end as fate
from parsed
left join fhir_superseded
    on parsed.file = fhir_superseded.file and parsed.row_number = fhir_superseded.row_number
left join fhir_status
    on parsed.resource_type = fhir_status.resource_type and parsed.status = fhir_status.status
left join fhir_code as intent on parsed.said.intent = intent.code and intent.use = 'intent'
left join fhir_key as patient_key on parsed.said.subject.reference = patient_key.full_url
left join fhir_contained as inside
    on
        parsed.file = inside.file and parsed.row_number = inside.row_number
        and parsed.said.medicationreference.reference = inside.reference
left join fhir_key as drug_key on parsed.said.medicationreference.reference = drug_key.full_url
left join fhir_medication
    on
        coalesce(
            drug_key.resource_key,
            regexp_extract(
                parsed.said.medicationreference.reference, '(?:Medication/|^urn:\w+:)([^/#?|]+)', 1
            )
        ) = fhir_medication.resource_key;
