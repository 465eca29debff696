-- omop_told: one row per key of a child, with what other tables than person tell of the child.
-- Reads: source_observation_period, source_death, omop_observation.
-- Key: (patient_id).
-- Rule: the earliest start, the latest end, the earliest death. Of gestation and Duffy status, what is
-- told in two ways is not known.
create or replace view omop_told as
with told as (
    select
        source_observation_period.person_id as patient_id,
        nullif(trim(source_observation_period.observation_period_start_date), '') as enrolled_on,
        nullif(trim(source_observation_period.observation_period_end_date), '') as last_contact_on,
        null as died_on,
        null as gestational_weeks,
        null as duffy_status
    from source_observation_period
    union all
    select
        source_death.person_id,
        null,
        null,
        nullif(trim(source_death.death_date), ''),
        null,
        null
    from source_death
    union all
    select
        omop_observation.patient_id,
        null,
        null,
        null,
        case
            when omop_observation.kind = 'gestational_weeks'
                then
                    regexp_replace(
                        coalesce(omop_observation.number_text, omop_observation.word), '[.]0+$', ''
                    )
        end,
        case when omop_observation.kind = 'duffy_status' then omop_observation.word end
    from omop_observation
    where omop_observation.kind in ('gestational_weeks', 'duffy_status')
)

select
    nullif(regexp_replace(told.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '') as patient_id,
    min(told.enrolled_on) as enrolled_on,
    max(told.last_contact_on) as last_contact_on,
    min(told.died_on) as died_on,
    case
        when min(told.gestational_weeks) = max(told.gestational_weeks) then min(told.gestational_weeks)
    end as gestational_weeks,
    case when min(told.duffy_status) = max(told.duffy_status) then min(told.duffy_status) end as duffy_status
from told
group by nullif(regexp_replace(told.patient_id, '^[\s\pZ]+|[\s\pZ]+$', '', 'g'), '');
