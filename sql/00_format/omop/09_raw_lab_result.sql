-- raw_lab_result: one row per record of table measurement that is a result of a blood count.
-- Reads: omop_measurement, omop_concept, omop_value, omop_specimen_field.
-- Key: (file, row_number).
-- Rule: a number that is none (nan) is missing. The unit's concept comes before the unit as written, the
-- number (after its operator) before the value as written, the time before the day. An event's key is
-- that of a specimen only where table concept or the sender says so.
create or replace view raw_lab_result as
with specimen_field as (
    select omop_concept.concept_id
    from omop_concept
    where lower(omop_concept.name) = 'specimen.specimen_id'
    union
    select omop_specimen_field.concept_id
    from omop_specimen_field
),

result as (
    select
        omop_measurement.*,
        nullif(nullif(lower(trim(omop_measurement.value_as_number)), 'nan'), '') as number_text,
        nullif(trim(omop_measurement.on_date), '') as day_text,
        case
            when regexp_matches(trim(omop_measurement.at_time), '^[0-9]{1,2}:[0-9]{2}')
                then 'T' || trim(omop_measurement.at_time)
        end as time_text
    from omop_measurement
    where omop_measurement.kind = 'lab_result'
)

select
    result.file,
    result.row_number,
    nullif(regexp_replace(result.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    coalesce(
        nullif(trim(result.at_datetime), ''), result.day_text || result.time_text, result.day_text
    ) as sampled_at,
    result.code,
    coalesce(
        coalesce(operator.means, '') || result.number_text, nullif(trim(result.value_source_value), '')
    ) as value,
    coalesce(unit.code, nullif(trim(result.unit_source_value), '')) as unit,
    result.code_system,
    case
        when specimen_field.concept_id is not null then nullif(trim(result.measurement_event_id), '')
    end as specimen_id,
    null as method
from result
left join omop_value as operator
    on
        regexp_replace(trim(result.operator_concept_id), '[.]0+$', '') = operator.concept_id
        and operator.kind = 'operator'
left join omop_concept as unit
    on regexp_replace(trim(result.unit_concept_id), '[.]0+$', '') = unit.concept_id
left join specimen_field
    on regexp_replace(trim(result.meas_event_field_concept_id), '[.]0+$', '') = specimen_field.concept_id;
