-- raw_diagnosis: one row per record of table condition_occurrence.
-- Reads: source_condition_occurrence, omop_concept.
-- Key: (file, row_number).
-- Rule: the source concept's code where it is ICD, else the source value where it looks like ICD, else
-- the standard concept's code (SNOMED) or, where no table knows it, the concept id itself; else what
-- the source wrote. A code of three figures counts as ICD-9 only with its decimal point.
create or replace view raw_diagnosis as
with condition as (
    select
        source_condition_occurrence.*,
        nullif(
            regexp_replace(trim(source_condition_occurrence.condition_concept_id), '[.]0+$', ''), '0'
        ) as standard_id,
        regexp_replace(
            trim(source_condition_occurrence.condition_source_concept_id), '[.]0+$', ''
        ) as original_id,
        nullif(trim(source_condition_occurrence.condition_source_value), '') as source_text
    from source_condition_occurrence
),

coded as (
    select
        condition.*,
        standard.code as standard_code,
        standard.vocabulary as standard_vocabulary,
        original.code as original_code,
        original.vocabulary as original_vocabulary,
        case
            when starts_with(original.vocabulary, 'ICD') then 'source_concept'
            when regexp_matches(upper(condition.source_text), '^[A-Z][0-9][0-9A-Z]([.]?[0-9A-Z]{1,4})?$')
                then 'ICD-10'
            when regexp_matches(condition.source_text, '^[0-9]{3}[.][0-9]{1,2}$') then 'ICD-9'
            when standard.code is not null then 'concept'
            when nullif(condition.standard_id, '') is not null then 'OMOP'
            when original.code is not null then 'source_concept'
            when condition.source_text is not null then 'local'
        end as told_by
    from condition
    left join omop_concept as standard on condition.standard_id = standard.concept_id
    left join omop_concept as original on condition.original_id = original.concept_id
)

select
    coded.file,
    coded.row_number,
    nullif(regexp_replace(coded.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    coalesce(
        nullif(trim(coded.condition_start_date), ''), nullif(trim(coded.condition_start_datetime), '')
    ) as recorded_on,
    case
        when coded.told_by = 'source_concept' then coded.original_code
        when coded.told_by = 'concept' then coded.standard_code
        when coded.told_by = 'OMOP' then coded.standard_id
        else coded.source_text
    end as code,
    case
        when coded.told_by = 'source_concept' then coded.original_vocabulary
        when coded.told_by = 'concept' then coded.standard_vocabulary
        else coded.told_by
    end as code_system
from coded;
