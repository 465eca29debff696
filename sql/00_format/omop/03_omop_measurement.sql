-- omop_measurement: one row per record of table measurement that is a blood count or a test for antibodies.
-- Reads: source_measurement, omop_measurement_code.
-- Key: (file, row_number).
-- Rule: cells become text here, because nine in ten records of a hospital are of no use and need not.
create or replace view omop_measurement as
select
    source_measurement.file,
    source_measurement.row_number,
    omop_measurement_code.kind,
    omop_measurement_code.code,
    omop_measurement_code.code_system,
    omop_measurement_code.test,
    omop_measurement_code.source_text,
    cast(source_measurement.person_id as varchar) as person_id,
    cast(source_measurement.measurement_date as varchar) as on_date,
    cast(source_measurement.measurement_datetime as varchar) as at_datetime,
    cast(source_measurement.measurement_time as varchar) as at_time,
    cast(source_measurement.operator_concept_id as varchar) as operator_concept_id,
    cast(source_measurement.value_as_number as varchar) as value_as_number,
    cast(source_measurement.value_as_concept_id as varchar) as value_as_concept_id,
    cast(source_measurement.unit_concept_id as varchar) as unit_concept_id,
    cast(source_measurement.unit_source_value as varchar) as unit_source_value,
    cast(source_measurement.value_source_value as varchar) as value_source_value,
    cast(source_measurement.measurement_event_id as varchar) as measurement_event_id,
    cast(source_measurement.meas_event_field_concept_id as varchar) as meas_event_field_concept_id
from source_measurement
inner join omop_measurement_code
    on
        source_measurement.measurement_concept_id
        is not distinct from omop_measurement_code.measurement_concept_id
        and source_measurement.measurement_source_concept_id
        is not distinct from omop_measurement_code.measurement_source_concept_id
        and source_measurement.measurement_source_value
        is not distinct from omop_measurement_code.measurement_source_value
where omop_measurement_code.kind <> 'other';
