-- observation_end: one row per observation of a child, with why it ends.
-- Reads: observed_count, patient.
-- Key: (patient_id, observation_number).
-- Rule: it ends by silence where another follows, else by death where one is known, else with
-- the data.
create or replace view observation_end as
with observation as (
    select
        observed_count.patient_id,
        observed_count.observation_number,
        max(observed_count.sampled_on) as last_observed_on
    from observed_count
    group by observed_count.patient_id, observed_count.observation_number
)

select
    observation.patient_id,
    observation.observation_number,
    observation.last_observed_on,
    case
        when lead(observation.observation_number) over in_life is not null then 'silence'
        when patient.died_on is not null then 'death'
        else 'end_of_data'
    end as reason
from observation
inner join patient on observation.patient_id = patient.patient_id
window in_life as (
    partition by observation.patient_id
    order by observation.observation_number
);
