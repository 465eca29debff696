-- raw_diagnosis: one row per condition.
-- Reads: source_condition_occurrence, omop_concept.
-- Key: (file, row_number).
-- Rule: an ICD code of the source stands before the standard concept: through its concept, else by its
-- shape; what has neither keeps the source's text.
create or replace view raw_diagnosis as
with coded as (
    select
        source_condition_occurrence.*,
        nullif(upper(trim(source_condition_occurrence.condition_source_value)), '') as said_code,
        case when starts_with(sent.code_system, 'ICD') then sent.code end as sent_code,
        sent.code_system as sent_system,
        standard.code as standard_code,
        standard.code_system as standard_system
    from source_condition_occurrence
    left join omop_concept as sent
        on trim(source_condition_occurrence.condition_source_concept_id) = sent.concept_id
    left join omop_concept as standard
        on trim(source_condition_occurrence.condition_concept_id) = standard.concept_id
),

shaped as (
    select
        coded.*,
        case
            when regexp_matches(coded.said_code, '^[A-Z][0-9][0-9A-Z]([.]?[0-9A-Z]{1,4})?$') then 'ICD-10'
            when regexp_matches(coded.said_code, '^[0-9]{3}([.][0-9]{1,2})?$') then 'ICD-9'
        end as said_system
    from coded
)

select
    shaped.file,
    shaped.row_number,
    nullif(trim(shaped.person_id), '') as patient_id,
    nullif(trim(shaped.condition_start_date), '') as recorded_on,
    case
        when shaped.sent_code is not null then shaped.sent_code
        when shaped.said_system is not null then shaped.said_code
        else coalesce(shaped.standard_code, shaped.said_code)
    end as code,
    case
        when shaped.sent_code is not null then shaped.sent_system
        else coalesce(shaped.said_system, shaped.standard_system, 'local')
    end as code_system
from shaped;
