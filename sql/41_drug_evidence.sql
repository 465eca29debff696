-- drug_evidence: one row per episode and course of a drug that may have caused it.
-- Reads: episode_window, treatment.
-- Key: none.
-- Rule: a culprit drug was begun before the onset, and within its window; cotrimoxazole begun at
-- the onset or later is prophylaxis. Chemotherapy was begun before the onset and still given
-- within its window, because a protocol of years is one course. No betalactam is a culprit by
-- itself, amoxicillin included (our choice, see atc_drugs.csv): children get it for the very
-- infections that lead to the first count, so it would turn most of them into drug-induced cases.
create or replace view drug_evidence as
with suspected_drug as (
    select
        treatment.patient_id,
        treatment.started_on,
        treatment.ended_on,
        treatment.code,
        treatment.role,
        treatment.file,
        treatment.row_number,
        case
            when
                treatment.role in ('chemotherapy', 'immunosuppressant_myelotoxic')
                then 'chemotherapy'
            when
                treatment.role in (
                    'idin_named',
                    'idin_candidate',
                    'prophylaxis_cotrimoxazole_and_idin',
                    'trimethoprim_idin',
                    'immunosuppressant_idin_candidate',
                    'rituximab_late_onset_neutropenia'
                )
                then 'culprit_drug'
        end as kind
    from treatment
),

timed as (
    select
        suspected_drug.*,
        episode_window.episode_number,
        episode_window.onset_by,
        episode_window.drug_from,
        episode_window.chemotherapy_from,
        case
            when suspected_drug.started_on < episode_window.onset_by then suspected_drug.kind
            when suspected_drug.role = 'prophylaxis_cotrimoxazole_and_idin' then 'cotrimoxazole_prophylaxis'
        end as evidence
    from episode_window
    inner join suspected_drug
        on episode_window.patient_id = suspected_drug.patient_id
)

select
    timed.patient_id,
    timed.episode_number,
    timed.evidence,
    timed.started_on as known_on,
    timed.code || ' ' || timed.role as detail,
    'treatment' as table_name,
    timed.file,
    timed.row_number
from timed
where
    timed.evidence = 'cotrimoxazole_prophylaxis'
    or (timed.evidence = 'culprit_drug' and timed.started_on >= timed.drug_from)
    or (timed.evidence = 'chemotherapy' and timed.ended_on >= timed.chemotherapy_from);
