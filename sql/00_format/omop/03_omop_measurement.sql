-- omop_measurement: one row per record of table measurement, with what it is.
-- Reads: source_measurement, omop_measurement_code.
-- Key: (file, row_number).
-- Rule: of what is neither a blood count nor a test for antibodies, only its place is kept.
create or replace view omop_measurement as
select
    source_measurement.file,
    source_measurement.row_number,
    omop_measurement_code.kind,
    case when omop_measurement_code.kind <> 'other' then source_measurement.person_id end as person_id,
    case when omop_measurement_code.kind <> 'other' then omop_measurement_code.code end as code,
    case when omop_measurement_code.kind <> 'other' then omop_measurement_code.code_system end as code_system,
    case when omop_measurement_code.kind = 'antibody_test' then omop_measurement_code.test end as test,
    case
        when omop_measurement_code.kind = 'antibody_test' then omop_measurement_code.source_text
    end as source_text,
    case when omop_measurement_code.kind <> 'other' then source_measurement.measurement_date end as on_date,
    case when omop_measurement_code.kind <> 'other' then source_measurement.measurement_datetime end
        as at_datetime,
    case when omop_measurement_code.kind <> 'other' then source_measurement.measurement_time end as at_time,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.operator_concept_id
    end as operator_concept_id,
    case when omop_measurement_code.kind <> 'other' then source_measurement.value_as_number end
        as value_as_number,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.value_as_concept_id
    end as value_as_concept_id,
    case when omop_measurement_code.kind <> 'other' then source_measurement.unit_concept_id end
        as unit_concept_id,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.unit_source_value
    end as unit_source_value,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.value_source_value
    end as value_source_value,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.measurement_event_id
    end as measurement_event_id,
    case
        when omop_measurement_code.kind <> 'other' then source_measurement.meas_event_field_concept_id
    end as meas_event_field_concept_id
from source_measurement
inner join omop_measurement_code
    on
        source_measurement.measurement_concept_id
        is not distinct from omop_measurement_code.measurement_concept_id
        and source_measurement.measurement_source_concept_id
        is not distinct from omop_measurement_code.measurement_source_concept_id
        and source_measurement.measurement_source_value
        is not distinct from omop_measurement_code.measurement_source_value;
