-- case_evidence: one row per episode and fact that classification may look at.
-- Reads: antibody_evidence, cause_evidence, cell_evidence, course_evidence, cycle_evidence,
-- cytopenia_evidence, drug_evidence, drug_outcome, duffy_counts, duffy_evidence, inherited_evidence,
-- negatives_evidence.
-- Key: none.
-- Rule: every fact carries the day on which it became known, so that a class can be told from
-- what was known on any day.
create or replace view case_evidence as
with fact as (
    select * from antibody_evidence
    union all
    select * from cause_evidence
    union all
    select * from cell_evidence
    union all
    select * from course_evidence
    union all
    select * from cycle_evidence
    union all
    select * from cytopenia_evidence
    union all
    select * from drug_evidence
    union all
    select
        drug_outcome.patient_id,
        drug_outcome.episode_number,
        'drug_recovery' as evidence,
        drug_outcome.recovered_on as known_on,
        'resolved after the drug' as detail,
        'lab_result' as table_name,
        cast(null as varchar) as file,
        cast(null as bigint) as row_number
    from drug_outcome
    where drug_outcome.recovered_on is not null
    union all
    select
        drug_outcome.patient_id,
        drug_outcome.episode_number,
        'drug_without_recovery' as evidence,
        drug_outcome.excluded_on as known_on,
        'not resolved by the end of the drug' as detail,
        'lab_result' as table_name,
        cast(null as varchar) as file,
        cast(null as bigint) as row_number
    from drug_outcome
    where drug_outcome.excluded_on is not null
    union all
    select * from duffy_counts
    union all
    select * from duffy_evidence
    union all
    select * from inherited_evidence
    union all
    select * from negatives_evidence
)

select
    fact.patient_id,
    fact.episode_number,
    fact.evidence,
    fact.known_on,
    fact.detail,
    fact.table_name,
    fact.file,
    fact.row_number
from fact;
