-- raw_lab_result: one row per result of an Observation or of one of its components.
-- Reads: fhir_result.
-- Key: (file, row_number).
-- Rule: whatever is no antibody test, gene, marrow finding or fact of the birth is a laboratory result.
create or replace view raw_lab_result as
with named as (
    select
        fhir_result.*,
        from_json(
            fhir_result.method,
            '{"text": "VARCHAR", "coding": [{"display": "VARCHAR", "code": "VARCHAR"}]}'
        ) as said
    from fhir_result
    where fhir_result.kind = 'lab' and fhir_result.fate is null
)

select
    named.file,
    named.row_number,
    nullif(named.patient_id, '') as patient_id,
    nullif(named.sampled_at, '') as sampled_at,
    named.code,
    nullif(trim(named.value), '') as value,
    nullif(trim(named.unit), '') as unit,
    named.code_system,
    named.specimen_id,
    coalesce(named.said.text, named.said.coding[1].display, named.said.coding[1].code) as method
from named;
