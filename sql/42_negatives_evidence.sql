-- negatives_evidence: one row per episode with as many negative antibody tests as make it idiopathic.
-- Reads: antibody_evidence, definition.
-- Key: (patient_id, episode_number).
-- Rule: the test that made them enough, in the order in which they became known.
create or replace view negatives_evidence as
with numbered as (
    select
        antibody_evidence.*,
        row_number() over (
            partition by antibody_evidence.patient_id, antibody_evidence.episode_number
            order by antibody_evidence.known_on, antibody_evidence.file, antibody_evidence.row_number
        ) as ordinal
    from antibody_evidence
    where antibody_evidence.evidence = 'antibody_negative'
)

select
    numbered.patient_id,
    numbered.episode_number,
    'enough_negatives' as evidence,
    numbered.known_on,
    numbered.detail,
    numbered.table_name,
    numbered.file,
    numbered.row_number
from numbered
cross join definition
where numbered.ordinal = definition.negative_tests_for_idiopathic;
