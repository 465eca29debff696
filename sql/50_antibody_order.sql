-- antibody_order: one row per episode and antibody test of the child that speaks of it, in order.
-- Reads: case_evidence.
-- Key: (patient_id, episode_number, test_number).
-- Rule: tests are numbered by the day since which they speak of the episode, whatever their method.
create or replace view antibody_order as
select
    case_evidence.patient_id,
    case_evidence.episode_number,
    cast(row_number() over (
        partition by case_evidence.patient_id, case_evidence.episode_number
        order by case_evidence.known_on, case_evidence.file, case_evidence.row_number
    ) as integer) as test_number,
    case_evidence.evidence,
    case_evidence.known_on,
    case_evidence.detail
from case_evidence
where
    case_evidence.evidence in (
        'antibody_positive', 'antibody_negative', 'antibody_indeterminate', 'antibody_hla_only'
    );
