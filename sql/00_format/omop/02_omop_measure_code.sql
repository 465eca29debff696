-- omop_measure_code: one row per triple of concepts and source value that measurements bear, with its code.
-- Reads: source_measurement, omop_concept, analyte_code, antibody_method.
-- Key: (standard_id, source_id, source_value).
-- Rule: the first that the code lists know stands: standard concept, source concept, source value;
-- if they know none, the first there is. Named tests for neutrophil antibodies, genes and the marrow
-- are told by the words before their name.
create or replace view omop_measure_code as
with borne as (
    select distinct
        source_measurement.measurement_concept_id as standard_id,
        source_measurement.measurement_source_concept_id as source_id,
        source_measurement.measurement_source_value as source_value,
        lower(trim(source_measurement.measurement_source_value)) as words
    from source_measurement
),

known as (
    select distinct analyte_code.code
    from analyte_code
),

coded as (
    select
        borne.*,
        standard.code as standard_code,
        standard.code_system as standard_system,
        sent.code as sent_code,
        sent.code_system as sent_system,
        standard_known.code is not null as is_standard_count,
        standard_known.code is not null or standard_antibody.method is not null as is_standard_known,
        sent_known.code is not null as is_sent_count,
        sent_known.code is not null or sent_antibody.method is not null as is_sent_known,
        value_known.code is not null as is_value_known
    from borne
    left join omop_concept as standard on trim(borne.standard_id) = standard.concept_id
    left join omop_concept as sent on trim(borne.source_id) = sent.concept_id
    left join known as standard_known on standard.code = standard_known.code
    left join known as sent_known on sent.code = sent_known.code
    left join known as value_known on trim(borne.source_value) = value_known.code
    left join antibody_method as standard_antibody
        on replace(standard.code, '-', '') = standard_antibody.test_key and standard.code_system = 'LOINC'
    left join antibody_method as sent_antibody
        on replace(sent.code, '-', '') = sent_antibody.test_key and sent.code_system = 'LOINC'
)

select
    coded.standard_id,
    coded.source_id,
    coded.source_value,
    case
        when coded.is_standard_known then coded.standard_code
        when coded.is_sent_known then coded.sent_code
        when coded.is_value_known then trim(coded.source_value)
        else coalesce(coded.standard_code, coded.sent_code, trim(coded.source_value))
    end as code,
    case
        when coded.is_standard_known then coded.standard_system
        when coded.is_sent_known then coded.sent_system
        when coded.is_value_known then 'LOINC'
        else coalesce(coded.standard_system, coded.sent_system, 'local')
    end as code_system,
    case
        when regexp_matches(coded.words, '^(maternal )?(neutrophil|granulocyte) antibody')
            then 'antibody_test'
        when coded.is_standard_count then 'lab_result'
        when coded.is_standard_known then 'antibody_test'
        when coded.is_sent_count then 'lab_result'
        when coded.is_sent_known then 'antibody_test'
        when coded.is_value_known then 'lab_result'
        when starts_with(coded.words, 'gene ') then 'genetic_test'
        when coded.words = 'bone marrow cellularity' then 'marrow_exam'
        else 'lab_result'
    end as raw_table
from coded;
