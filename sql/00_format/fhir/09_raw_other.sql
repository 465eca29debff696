-- raw_other: one row per resource, or component, that makes no raw row, with the reason.
-- Reads: source_malformed, source_resource, fhir_superseded, fhir_status, fhir_result, fhir_condition,
-- fhir_drug.
-- Key: (table_name, file, row_number).
-- Rule: what is no JSON, or no resource; what was set aside; what is read for another row; and what
-- the program has no use for. A type that can be none of FHIR is not repeated.
create or replace view raw_other as
select
    source_malformed.table_name,
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row' as fate
from source_malformed
union all
select
    'Observation',
    fhir_result.file,
    fhir_result.row_number,
    fhir_result.fate
from fhir_result
where fhir_result.fate is not null
union all
select
    'Condition',
    fhir_condition.file,
    fhir_condition.row_number,
    fhir_condition.fate
from fhir_condition
where fhir_condition.fate is not null
union all
select
    fhir_drug.resource_type,
    fhir_drug.file,
    fhir_drug.row_number,
    fhir_drug.fate
from fhir_drug
where fhir_drug.fate is not null
union all
select
    case
        when regexp_matches(source_resource.resource_type, '^[A-Z][A-Za-z.]{0,40}$')
            then source_resource.resource_type
        else 'resource'
    end,
    source_resource.file,
    source_resource.row_number,
    case
        when fhir_superseded.file is not null then 'older_version'
        when fhir_status.fate is not null then fhir_status.fate
        when
            source_resource.resource_type
            in ('Medication', 'RelatedPerson', 'EpisodeOfCare', 'ResearchSubject')
            then 'context_only'
        else 'not_of_use'
    end
from source_resource
left join fhir_superseded
    on
        source_resource.file = fhir_superseded.file
        and source_resource.row_number = fhir_superseded.row_number
left join fhir_status
    on
        source_resource.resource_type = fhir_status.resource_type
        and source_resource.status = fhir_status.status
where
    source_resource.resource_type not in (
        'Observation', 'Condition', 'MedicationAdministration', 'MedicationStatement', 'MedicationRequest'
    )
    and (source_resource.resource_type <> 'Patient' or fhir_superseded.file is not null);
