-- omop_measurement_code: one row per way in which the source says what was measured, with what it means.
-- Reads: source_measurement, omop_concept, analyte_code, omop_listed_code, antibody_method.
-- Key: (measurement_concept_id, measurement_source_concept_id, measurement_source_value).
-- Rule: a LOINC code decides: that of the standard concept, else of the source concept, else the
-- source value where it is one or is a local code that the sender explains. Without any, the standard
-- concept's own code stands, else the source concept's, else the source value. A test for antibodies
-- against neutrophils is told by its code, by the words before a bar, or by a name that is of no other.
create or replace view omop_measurement_code as
with written as (
    select distinct
        source_measurement.measurement_concept_id,
        source_measurement.measurement_source_concept_id,
        source_measurement.measurement_source_value,
        nullif(trim(cast(source_measurement.measurement_source_value as varchar)), '') as source_text
    from source_measurement
),

local_code as (
    select
        analyte_code.code,
        min(analyte_code.code_system) as code_system
    from analyte_code
    group by analyte_code.code
),

resolved as (
    select
        written.*,
        standard.code as standard_code,
        original.code as original_code,
        coalesce(standard.vocabulary, original.vocabulary) as vocabulary,
        case
            when standard.vocabulary = 'LOINC' then standard.code
            when original.vocabulary = 'LOINC' then original.code
            when regexp_matches(written.source_text, '^[0-9]{1,7}-[0-9]$') then written.source_text
            when local_code.code_system = 'LOINC' then written.source_text
        end as loinc,
        local_code.code_system as local_system,
        regexp_matches(lower(written.source_text), '^neutrophil antibody *[|]') as says_antibody,
        regexp_extract(written.source_text, '^[^|]*[|] *([^|]*)', 1) as said_test
    from written
    left join omop_concept as standard
        on
            regexp_replace(trim(cast(written.measurement_concept_id as varchar)), '[.]0+$', '')
            = standard.concept_id
    left join omop_concept as original
        on
            regexp_replace(trim(cast(written.measurement_source_concept_id as varchar)), '[.]0+$', '')
            = original.concept_id
    left join local_code on written.source_text = local_code.code
)

select
    resolved.measurement_concept_id,
    resolved.measurement_source_concept_id,
    resolved.measurement_source_value,
    resolved.source_text,
    coalesce(resolved.loinc, resolved.standard_code, resolved.original_code, resolved.source_text) as code,
    case when resolved.loinc is not null then 'LOINC' else coalesce(resolved.vocabulary, 'local') end
        as code_system,
    case
        when resolved.says_antibody then nullif(trim(resolved.said_test), '')
        else coalesce(resolved.loinc, resolved.source_text)
    end as test,
    case
        when resolved.says_antibody then 'antibody_test'
        when
            antibody_method.method is not null
            and (
                resolved.loinc is not null
                or regexp_matches(antibody_method.test_key, 'granulocyt|neutrophil|gift|maiga|immobili')
            )
            then 'antibody_test'
        when omop_listed_code.code is not null or resolved.local_system = 'LOINC' then 'lab_result'
        else 'other'
    end as kind
from resolved
left join antibody_method
    on
        regexp_replace(lower(coalesce(resolved.loinc, resolved.source_text)), '[^a-z0-9]', '', 'g')
        = antibody_method.test_key
left join omop_listed_code on resolved.loinc = omop_listed_code.code;
