-- omop_drug_ancestor: one row per drug concept with an ATC substance above it in the vocabulary.
-- Reads: source_concept_ancestor, omop_concept.
-- Key: (concept_id).
-- Rule: of several ATC codes the first in their order; only codes of substances, seven characters long.
create or replace view omop_drug_ancestor as
select
    trim(source_concept_ancestor.descendant_concept_id) as concept_id,
    min(omop_concept.code) as code
from source_concept_ancestor
inner join omop_concept
    on
        trim(source_concept_ancestor.ancestor_concept_id) = omop_concept.concept_id
        and omop_concept.code_system = 'ATC'
        and regexp_matches(omop_concept.code, '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$')
group by trim(source_concept_ancestor.descendant_concept_id);
