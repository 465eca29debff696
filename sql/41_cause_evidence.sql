-- cause_evidence: one row per episode and recorded diagnosis that speaks of it.
-- Reads: cause, episode_window.
-- Key: none.
-- Rule: a lasting disease speaks of every episode of the child, whenever it was recorded; an
-- infection only within its window around the onset. A code of neutropenia itself is kept, but
-- no rule of classification asks for it.
create or replace view cause_evidence as
with known_cause as (
    select
        cause.patient_id,
        cause.recorded_on,
        cause.code,
        cause.role,
        cause.file,
        cause.row_number,
        case
            when cause.role = 'malignancy_marrow_failure' then 'malignancy'
            when
                cause.role in (
                    'autoimmune_disease', 'autoimmune_cytopenia', 'immunodysregulation_ALPS'
                )
                then 'autoimmune_disease'
            when cause.role = 'immunodeficiency' then 'immunodeficiency'
            when
                cause.role in (
                    'inherited_syndrome_with_neutropenia', 'hypersplenism', 'nutritional'
                )
                then 'other_cause'
            when cause.role = 'infection_virus_or_intracellular' then 'infection'
            when cause.role like 'neutropenia_code:%' then 'neutropenia_code'
        end as evidence
    from cause
)

select
    episode_window.patient_id,
    episode_window.episode_number,
    known_cause.evidence,
    known_cause.recorded_on as known_on,
    known_cause.code || ' ' || known_cause.role as detail,
    'diagnosis' as table_name,
    known_cause.file,
    known_cause.row_number
from episode_window
inner join known_cause
    on episode_window.patient_id = known_cause.patient_id
where
    known_cause.evidence is not null
    and (
        known_cause.evidence <> 'infection'
        or (
            known_cause.recorded_on >= episode_window.infection_from
            and known_cause.recorded_on <= episode_window.infection_to
        )
    );
