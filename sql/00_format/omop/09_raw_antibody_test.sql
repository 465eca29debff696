-- raw_antibody_test: one row per record that is a test for antibodies against neutrophils.
-- Reads: omop_measurement, omop_observation, omop_concept, omop_value.
-- Key: (file, row_number).
-- Rule: the result is what the program's list says of the value's concept, else the value as written,
-- else the concept's name. Antigen and mother stand behind bars in the source value.
create or replace view raw_antibody_test as
with test as (
    select
        omop_measurement.file,
        omop_measurement.row_number,
        omop_measurement.person_id,
        coalesce(nullif(trim(omop_measurement.on_date), ''), omop_measurement.at_datetime) as sampled_on,
        omop_measurement.test,
        omop_measurement.value_as_concept_id,
        omop_measurement.value_source_value as word,
        omop_measurement.source_text
    from omop_measurement
    where omop_measurement.kind = 'antibody_test'
    union all
    select
        omop_observation.file,
        omop_observation.row_number,
        omop_observation.patient_id,
        omop_observation.observed_on,
        regexp_extract(omop_observation.source_text, '^[^|]*[|]([^|]*)', 1),
        omop_observation.value_as_concept_id,
        omop_observation.word,
        omop_observation.source_text
    from omop_observation
    where omop_observation.kind = 'antibody_test'
)

select
    test.file,
    test.row_number,
    nullif(regexp_replace(test.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    nullif(trim(test.sampled_on), '') as sampled_on,
    nullif(trim(test.test), '') as test,
    coalesce(omop_value.means, nullif(trim(test.word), ''), omop_concept.name) as result,
    nullif(trim(regexp_extract(test.source_text, '^[^|]*[|][^|]*[|]([^|]*)', 1)), '') as specificity,
    coalesce(
        nullif(trim(regexp_extract(test.source_text, '^[^|]*[|][^|]*[|][^|]*[|](.*)', 1)), ''), 'patient'
    ) as subject
from test
left join omop_value
    on
        regexp_replace(trim(test.value_as_concept_id), '[.]0+$', '') = omop_value.concept_id
        and omop_value.kind = 'result'
left join omop_concept
    on regexp_replace(trim(test.value_as_concept_id), '[.]0+$', '') = omop_concept.concept_id;
