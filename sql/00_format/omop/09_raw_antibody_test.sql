-- raw_antibody_test: one row per measurement that is a test for antibodies against neutrophils.
-- Reads: omop_measurement.
-- Key: (file, row_number).
-- Rule: the method stands behind the words, the antigen in brackets behind the result; the result's
-- concept stands before its text. A maternal test is of the mother's serum.
create or replace view raw_antibody_test as
select
    omop_measurement.file,
    omop_measurement.row_number,
    nullif(omop_measurement.patient_id, '') as patient_id,
    omop_measurement.sampled_at as sampled_on,
    case
        when regexp_matches(lower(omop_measurement.source_value), '^(maternal )?(neutrophil|granulocyte) antibody .')
            then regexp_replace(
                omop_measurement.source_value, '^(maternal )?(neutrophil|granulocyte) antibody +', '', 'i'
            )
        when regexp_matches(lower(omop_measurement.source_value), '^(maternal )?(neutrophil|granulocyte) antibody$')
            then 'screen'
        else omop_measurement.code
    end as test,
    coalesce(
        omop_measurement.result_word,
        nullif(lower(trim(regexp_replace(omop_measurement.value_text, '[(].*$', ''))), '')
    ) as result,
    nullif(trim(regexp_extract(omop_measurement.value_text, '[(]([^)]*)[)]', 1)), '') as specificity,
    case
        when starts_with(lower(omop_measurement.source_value), 'maternal ') then 'mother'
        else 'patient'
    end as subject
from omop_measurement
where omop_measurement.raw_table = 'antibody_test';
