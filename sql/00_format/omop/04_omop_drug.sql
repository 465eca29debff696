-- omop_drug: one row per record of table drug_exposure, with the code of its drug.
-- Reads: source_drug_exposure, source_concept_ancestor, omop_concept, drug_code.
-- Key: (file, row_number).
-- Rule: an ATC code of the source concept or of the concept itself, else that of the nearest ancestor
-- of the fifth level (of several as near, one that the program's list knows, then the first), else a
-- source value that looks like one; else the source's own code under its own vocabulary.
create or replace view omop_drug as
with exposure as (
    select
        source_drug_exposure.*,
        regexp_replace(trim(source_drug_exposure.drug_concept_id), '[.]0+$', '') as standard_id,
        regexp_replace(trim(source_drug_exposure.drug_source_concept_id), '[.]0+$', '') as original_id,
        nullif(trim(source_drug_exposure.drug_source_value), '') as source_text
    from source_drug_exposure
),

ancestor as (
    select
        regexp_replace(trim(source_concept_ancestor.descendant_concept_id), '[.]0+$', '') as standard_id,
        omop_concept.code,
        row_number() over (
            partition by regexp_replace(trim(source_concept_ancestor.descendant_concept_id), '[.]0+$', '')
            order by
                try_cast(source_concept_ancestor.min_levels_of_separation as integer),
                (
                    select min(0) from drug_code
                    where starts_with(omop_concept.code, drug_code.code_key)
                ),
                omop_concept.code
        ) as ordinal
    from source_concept_ancestor
    inner join omop_concept
        on
            regexp_replace(trim(source_concept_ancestor.ancestor_concept_id), '[.]0+$', '')
            = omop_concept.concept_id
    where omop_concept.vocabulary = 'ATC' and omop_concept.class_name = 'ATC 5th'
),

coded as (
    select
        exposure.*,
        coalesce(
            case when original.vocabulary = 'ATC' then original.code end,
            case when standard.vocabulary = 'ATC' then standard.code end,
            ancestor.code,
            case
                when regexp_matches(exposure.source_text, '^[A-Z][0-9]{2}[A-Z]{2}([0-9]{2})?$')
                    then exposure.source_text
            end
        ) as atc,
        coalesce(original.code, standard.code, exposure.source_text, nullif(exposure.standard_id, '0'))
            as other_code,
        coalesce(original.vocabulary, standard.vocabulary, 'local') as other_system
    from exposure
    left join omop_concept as original on exposure.original_id = original.concept_id
    left join omop_concept as standard on exposure.standard_id = standard.concept_id
    left join ancestor on exposure.standard_id = ancestor.standard_id and ancestor.ordinal = 1
)

select
    coded.file,
    coded.row_number,
    nullif(regexp_replace(coded.person_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    coalesce(
        nullif(trim(coded.drug_exposure_start_date), ''), nullif(trim(coded.drug_exposure_start_datetime), '')
    ) as started_on,
    coalesce(
        nullif(trim(coded.drug_exposure_end_date), ''), nullif(trim(coded.verbatim_end_date), '')
    ) as ended_on,
    coalesce(coded.atc, coded.other_code) as code,
    case when coded.atc is not null then 'ATC' else coded.other_system end as code_system
from coded;
