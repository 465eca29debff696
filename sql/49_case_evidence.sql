-- case_evidence: one row per episode and fact that classification may look at.
-- Reads: antibody_evidence, blood_evidence, cause_evidence, course_evidence, cycle_evidence,
-- drug_evidence, inherited_evidence.
-- Key: none.
-- Rule: every fact carries the day on which it became known, so that a class can be told from
-- what was known on any day.
create or replace view case_evidence as
with fact as (
    select * from antibody_evidence
    union all
    select * from blood_evidence
    union all
    select * from cause_evidence
    union all
    select * from course_evidence
    union all
    select * from cycle_evidence
    union all
    select * from drug_evidence
    union all
    select * from inherited_evidence
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
