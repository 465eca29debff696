-- omop_measurement: one row per measurement, its code, day, value and unit found.
-- Reads: source_measurement, omop_measure_code, omop_concept, omop_word, unit_factor.
-- Key: (file, row_number).
-- Rule: a number stands before the source's text, with the sign of its operator; a unit's concept,
-- where the program knows it, before the source's spelling. A specimen is what the extract's own
-- vocabulary calls so.
create or replace view omop_measurement as
with unit_known as (
    select distinct unit_factor.unit
    from unit_factor
)

select
    source_measurement.file,
    source_measurement.row_number,
    trim(source_measurement.person_id) as patient_id,
    coalesce(
        nullif(trim(source_measurement.measurement_datetime), ''),
        nullif(trim(source_measurement.measurement_date), '')
    ) as sampled_at,
    omop_measure_code.raw_table,
    omop_measure_code.code,
    omop_measure_code.code_system,
    trim(source_measurement.measurement_source_value) as source_value,
    coalesce(operator.word, '') || nullif(trim(source_measurement.value_as_number), '') as number_text,
    nullif(trim(source_measurement.value_source_value), '') as value_text,
    result.word as result_word,
    coalesce(unit_known.unit, nullif(trim(source_measurement.unit_source_value), '')) as unit,
    case
        when event_field.concept_name = 'specimen.specimen_id'
            then nullif(trim(source_measurement.measurement_event_id), '')
    end as specimen_id
from source_measurement
left join omop_measure_code
    on
        source_measurement.measurement_concept_id is not distinct from omop_measure_code.standard_id
        and source_measurement.measurement_source_concept_id is not distinct from omop_measure_code.source_id
        and source_measurement.measurement_source_value is not distinct from omop_measure_code.source_value
left join omop_word as operator
    on trim(source_measurement.operator_concept_id) = operator.concept_id and operator.kind = 'operator'
left join omop_word as result
    on trim(source_measurement.value_as_concept_id) = result.concept_id and result.kind = 'result'
left join unit_known on trim(source_measurement.unit_concept_id) = unit_known.unit
left join omop_concept as event_field
    on trim(source_measurement.meas_event_field_concept_id) = event_field.concept_id;
