-- observed_count: one row per child and day with an unmasked count, in its observation.
-- Reads: daily_anc, definition.
-- Key: (patient_id, sampled_on).
-- Rule: two consecutive counts further apart than the longest silence split the observation; a
-- run goes on while the state stays the same.
create or replace view observed_count as
with in_order as (
    select
        daily_anc.patient_id,
        daily_anc.sampled_on,
        daily_anc.anc,
        case
            when daily_anc.is_neutropenic then 'neutropenic'
            when daily_anc.is_normal then 'normal'
            else 'between'
        end as state,
        lag(daily_anc.sampled_on) over in_time as previous_on
    from daily_anc
    where not daily_anc.is_masked
    window in_time as (partition by daily_anc.patient_id order by daily_anc.sampled_on)
),

observed as (
    select
        in_order.*,
        1 + sum(
            case
                when
                    date_diff('day', in_order.previous_on, in_order.sampled_on)
                    > definition.max_silence_days
                    then 1
                else 0
            end
        ) over (
            partition by in_order.patient_id
            order by in_order.sampled_on rows unbounded preceding
        ) as observation_number
    from in_order
    cross join definition
),

compared as (
    select
        observed.*,
        lag(observed.state) over in_observation as previous_state
    from observed
    window in_observation as (
        partition by observed.patient_id, observed.observation_number
        order by observed.sampled_on
    )
)

select
    compared.patient_id,
    cast(compared.observation_number as integer) as observation_number,
    compared.sampled_on,
    compared.anc,
    compared.state,
    cast(sum(case when compared.state = compared.previous_state then 0 else 1 end) over (
        partition by compared.patient_id, compared.observation_number
        order by compared.sampled_on rows unbounded preceding
    ) as integer) as run_number
from compared;
