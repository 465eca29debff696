-- raw_other: one row per record of the source that makes no raw row, with the reason.
-- Reads: source_measurement, omop_measurement_code, omop_observation, source_observation_period,
-- source_death, source_procedure_occurrence, source_person, source_malformed.
-- Key: (table_name, file, row_number).
-- Rule: what tells of a child stands in the child's row. Tables of concepts and of sites are lists of
-- names, not records of children: only what is malformed in them is counted.
create or replace view raw_other as
with known_key as (
    select distinct trim(source_person.person_id) as person_id
    from source_person
),

told as (
    select
        'observation_period' as table_name,
        source_observation_period.file,
        source_observation_period.row_number,
        source_observation_period.person_id
    from source_observation_period
    union all
    select
        'death',
        source_death.file,
        source_death.row_number,
        source_death.person_id
    from source_death
    union all
    select
        'observation',
        omop_observation.file,
        omop_observation.row_number,
        omop_observation.patient_id
    from omop_observation
    where omop_observation.kind in ('gestational_weeks', 'duffy_status')
)

select
    told.table_name,
    told.file,
    told.row_number,
    case when known_key.person_id is null then 'unknown_patient' else 'context_only' end as fate
from told
left join known_key on trim(told.person_id) = known_key.person_id
union all
select
    'measurement',
    source_measurement.file,
    source_measurement.row_number,
    'other_analyte'
from source_measurement
inner join omop_measurement_code
    on
        source_measurement.measurement_concept_id
        is not distinct from omop_measurement_code.measurement_concept_id
        and source_measurement.measurement_source_concept_id
        is not distinct from omop_measurement_code.measurement_source_concept_id
        and source_measurement.measurement_source_value
        is not distinct from omop_measurement_code.measurement_source_value
where omop_measurement_code.kind = 'other'
union all
select
    'observation',
    omop_observation.file,
    omop_observation.row_number,
    'not_of_use'
from omop_observation
where omop_observation.kind = 'other'
union all
select
    'procedure_occurrence',
    source_procedure_occurrence.file,
    source_procedure_occurrence.row_number,
    'not_of_use'
from source_procedure_occurrence
union all
select
    source_malformed.table_name,
    source_malformed.file,
    source_malformed.row_number,
    'malformed_row'
from source_malformed;
