-- known_fact: one row per episode and kind of fact that is known of it.
-- Reads: case_evidence.
-- Key: (patient_id, episode_number, evidence).
-- Rule: a fact once known stays known, so its first day tells what was known on any day.
create or replace view known_fact as
select
    case_evidence.patient_id,
    case_evidence.episode_number,
    case_evidence.evidence,
    min(case_evidence.known_on) as known_on
from case_evidence
group by case_evidence.patient_id, case_evidence.episode_number, case_evidence.evidence;
