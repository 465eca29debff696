-- omop_concept: one row per concept that the extract or the shipped lists know.
-- Reads: source_concept, omop_known_concept.
-- Key: (concept_id).
-- Rule: what the extract's own vocabulary says stands before the shipped lists.
create or replace view omop_concept as
with listed as (
    select
        trim(source_concept.concept_id) as concept_id,
        trim(source_concept.concept_code) as code,
        trim(source_concept.vocabulary_id) as code_system,
        source_concept.concept_name,
        0 as rank
    from source_concept
    union all
    select
        omop_known_concept.concept_id,
        omop_known_concept.code,
        omop_known_concept.code_system,
        null,
        1
    from omop_known_concept
),

numbered as (
    select
        listed.*,
        row_number() over (partition by listed.concept_id order by listed.rank, listed.code) as ordinal
    from listed
    where listed.concept_id is not null
)

select
    numbered.concept_id,
    numbered.code,
    numbered.code_system,
    numbered.concept_name
from numbered
where numbered.ordinal = 1;
