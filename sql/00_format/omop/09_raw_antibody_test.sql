-- raw_antibody_test: one row per measurement that is a test for antibodies against neutrophils.
-- Reads: omop_measurement.
-- Key: (file, row_number).
-- Rule: the method stands behind the words, the antigen in brackets behind the result; the result's
-- concept stands before its text. A maternal test is of the mother's serum.
create or replace view raw_antibody_test as
with named as (
    select
        omop_measurement.*,
        lower(omop_measurement.source_value) as words,
        regexp_replace(lower(omop_measurement.source_value), '^maternal +', '') as own_words
    from omop_measurement
    where omop_measurement.raw_table = 'antibody_test'
)

select
    named.file,
    named.row_number,
    nullif(named.patient_id, '') as patient_id,
    named.sampled_at as sampled_on,
    case
        when regexp_matches(named.own_words, '^(neutrophil|granulocyte) antibody$') then 'screen'
        when regexp_matches(named.own_words, '^(neutrophil|granulocyte) antibody')
            then regexp_replace(
                named.source_value, '^(maternal +)?(neutrophil|granulocyte) antibody *', '', 'i'
            )
        else named.code
    end as test,
    coalesce(
        named.result_word,
        nullif(lower(trim(regexp_replace(named.value_text, '[(].*$', ''))), '')
    ) as result,
    nullif(trim(regexp_extract(named.value_text, '[(]([^)]*)[)]', 1)), '') as specificity,
    case when starts_with(named.words, 'maternal ') then 'mother' else 'patient' end as subject
from named;
