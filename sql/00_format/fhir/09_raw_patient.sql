-- raw_patient: one row per Patient.
-- Reads: source_resource, fhir_superseded, fhir_code, fhir_care, fhir_birth.
-- Key: (file, row_number).
-- Rule: the key is the logical id, because it is what other resources refer to. The ancestry is the
-- text of the race as recorded; the site is the name of the managing organization, else its id.
create or replace view raw_patient as
with parsed as (
    select
        source_resource.file,
        source_resource.row_number,
        coalesce(
            source_resource.resource_id, regexp_extract(source_resource.full_url, '[^/:]+$')
        ) as patient_id,
        from_json(source_resource.body, '{"birthDate": "VARCHAR", "gender": "VARCHAR",
            "deceasedDateTime": "VARCHAR",
            "managingOrganization": {"reference": "VARCHAR", "display": "VARCHAR"},
            "extension": [{"url": "VARCHAR", "extension": [{"url": "VARCHAR", "valueString": "VARCHAR",
                "valueCoding": {"display": "VARCHAR"}}]}]}') as said
    from source_resource
    left join fhir_superseded
        on
            source_resource.file = fhir_superseded.file
            and source_resource.row_number = fhir_superseded.row_number
    where source_resource.resource_type = 'Patient' and fhir_superseded.file is null
),

extension as (
    select
        parsed.file,
        parsed.row_number,
        unnest(parsed.said.extension) as said
    from parsed
),

race_part as (
    select
        extension.file,
        extension.row_number,
        unnest(extension.said.extension) as said
    from extension
    inner join fhir_code on lower(extension.said.url) = fhir_code.code and fhir_code.use = 'extension'
),

race as (
    select
        race_part.file,
        race_part.row_number,
        coalesce(
            min(race_part.said.valuestring) filter (where race_part.said.url = 'text'),
            min(race_part.said.valuecoding.display)
        ) as race
    from race_part
    group by race_part.file, race_part.row_number
)

select
    parsed.file,
    parsed.row_number,
    nullif(trim(parsed.patient_id), '') as patient_id,
    nullif(trim(parsed.said.birthdate), '') as birth_date,
    parsed.said.gender as sex,
    nullif(trim(race.race), '') as ancestry,
    fhir_birth.duffy_status,
    fhir_birth.gestational_weeks,
    nullif(fhir_care.began_on, '') as enrolled_on,
    nullif(fhir_care.ended_on, '') as last_contact_on,
    nullif(regexp_extract(parsed.said.deceaseddatetime, '^[^T]*(T[0-9:.]+)?'), '') as died_on,
    coalesce(
        parsed.said.managingorganization.display,
        regexp_extract(parsed.said.managingorganization.reference, '[^/:]+$')
    ) as site
from parsed
left join race on parsed.file = race.file and parsed.row_number = race.row_number
left join fhir_birth on parsed.patient_id = fhir_birth.patient_id
left join fhir_care on parsed.patient_id = fhir_care.patient_id;
