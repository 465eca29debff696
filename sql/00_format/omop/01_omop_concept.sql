-- omop_concept: one row per concept id that the program's lists or the source's table concept know.
-- Reads: source_concept, omop_known_concept.
-- Key: (concept_id).
-- Rule: ids are text; a decimal point that a spreadsheet added does not count. The program's lists come
-- first, because they say what a neutrophil count of SNOMED is in LOINC; of an id that the source gives
-- twice, the first row holds. Concept 0 means no concept.
create or replace view omop_concept as
with sent as (
    select
        regexp_replace(trim(source_concept.concept_id), '[.]0+$', '') as concept_id,
        nullif(trim(source_concept.concept_code), '') as code,
        nullif(trim(source_concept.vocabulary_id), '') as vocabulary,
        nullif(trim(source_concept.concept_name), '') as name,
        trim(source_concept.concept_class_id) as class_name,
        row_number() over (
            partition by regexp_replace(trim(source_concept.concept_id), '[.]0+$', '')
            order by source_concept.file, source_concept.row_number
        ) as ordinal
    from source_concept
)

select
    omop_known_concept.concept_id,
    omop_known_concept.code,
    omop_known_concept.vocabulary,
    omop_known_concept.name,
    null as class_name
from omop_known_concept
union all
select
    sent.concept_id,
    sent.code,
    sent.vocabulary,
    sent.name,
    sent.class_name
from sent
left join omop_known_concept on sent.concept_id = omop_known_concept.concept_id
where
    sent.ordinal = 1
    and sent.concept_id <> '0'
    and omop_known_concept.concept_id is null;
