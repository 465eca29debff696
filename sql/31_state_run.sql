-- state_run: one row per maximal run of unmasked counts in one state, within one observation.
-- Reads: observed_count, definition.
-- Key: (patient_id, observation_number, run_number).
-- Rule: a normal run is confirmed by its first count that is far enough in number and in days
-- from the run's first.
create or replace view state_run as
with numbered as (
    select
        observed_count.*,
        row_number() over in_time as ordinal,
        min(observed_count.sampled_on) over whole_run as first_on,
        min(observed_count.anc) over whole_run as nadir
    from observed_count
    window
        whole_run as (
            partition by
                observed_count.patient_id, observed_count.observation_number, observed_count.run_number
        ),
        in_time as (
            partition by
                observed_count.patient_id, observed_count.observation_number, observed_count.run_number
            order by observed_count.sampled_on
        )
),

collapsed as (
    select
        numbered.patient_id,
        numbered.observation_number,
        numbered.run_number,
        numbered.state,
        numbered.first_on,
        numbered.nadir,
        max(numbered.sampled_on) as last_on,
        min(
            case
                when
                    numbered.state = 'normal'
                    and numbered.ordinal >= definition.resolution_counts
                    and date_diff('day', numbered.first_on, numbered.sampled_on)
                    >= definition.resolution_days
                    then numbered.sampled_on
            end
        ) as confirmed_on,
        cast(count(*) as integer) as n_counts,
        min(case when numbered.anc = numbered.nadir then numbered.sampled_on end) as nadir_on
    from numbered
    cross join definition
    group by
        numbered.patient_id, numbered.observation_number, numbered.run_number,
        numbered.state, numbered.first_on, numbered.nadir
)

select
    collapsed.patient_id,
    collapsed.observation_number,
    collapsed.run_number,
    collapsed.state,
    collapsed.first_on,
    collapsed.last_on,
    lag(collapsed.last_on) over in_observation as previous_on,
    collapsed.confirmed_on,
    collapsed.n_counts,
    collapsed.nadir,
    collapsed.nadir_on,
    lead(collapsed.run_number) over in_observation is null as is_last
from collapsed
window in_observation as (
    partition by collapsed.patient_id, collapsed.observation_number
    order by collapsed.run_number
);
