-- omop_child: one row per key of a child, with what stands beside the table person.
-- Reads: source_observation_period, source_death, source_observation.
-- Key: (patient_id).
-- Rule: the first and last day in view; the first day of death; facts named by the convention of the
-- format, the first in their order.
create or replace view omop_child as
with fact as (
    select
        trim(source_observation_period.person_id) as patient_id,
        nullif(trim(source_observation_period.observation_period_start_date), '') as enrolled_on,
        nullif(trim(source_observation_period.observation_period_end_date), '') as last_contact_on,
        null as died_on,
        null as gestational_weeks,
        null as duffy_status
    from source_observation_period
    union all
    select
        trim(source_death.person_id),
        null,
        null,
        nullif(trim(source_death.death_date), ''),
        null,
        null
    from source_death
    union all
    select
        trim(source_observation.person_id),
        null,
        null,
        null,
        case
            when lower(trim(source_observation.observation_source_value)) = 'gestational age'
                then trim(source_observation.value_as_number)
        end,
        case
            when lower(trim(source_observation.observation_source_value)) = 'duffy status'
                then trim(source_observation.value_as_string)
        end
    from source_observation
)

select
    fact.patient_id,
    min(fact.enrolled_on) as enrolled_on,
    max(fact.last_contact_on) as last_contact_on,
    min(fact.died_on) as died_on,
    min(fact.gestational_weeks) as gestational_weeks,
    min(fact.duffy_status) as duffy_status
from fact
where fact.patient_id is not null
group by fact.patient_id;
