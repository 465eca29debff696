-- episode_run: one row per run of counts that is part of an episode, the resolving run included.
-- Reads: state_run, definition.
-- Key: (patient_id, observation_number, run_number).
-- Rule: confirmed normal runs cut an observation into stretches; in each, the first neutropenic
-- run that is long enough opens the only episode, which lasts until the stretch ends.
create or replace view episode_run as
with stretched as (
    select
        state_run.*,
        sum(case when state_run.confirmed_on is null then 0 else 1 end) over (
            partition by state_run.patient_id, state_run.observation_number
            order by state_run.run_number rows unbounded preceding
        ) - case when state_run.confirmed_on is null then 0 else 1 end as stretch_number
    from state_run
),

opened as (
    select
        stretched.*,
        min(
            case
                when
                    stretched.state = 'neutropenic'
                    and stretched.n_counts >= definition.onset_counts
                    and date_diff('day', stretched.first_on, stretched.last_on) >= definition.onset_days
                    then stretched.run_number
            end
        ) over (
            partition by stretched.patient_id, stretched.observation_number, stretched.stretch_number
        ) as onset_run
    from stretched
    cross join definition
)

select
    opened.patient_id,
    opened.observation_number,
    opened.run_number,
    opened.stretch_number,
    opened.onset_run,
    opened.state,
    opened.first_on,
    opened.last_on,
    opened.previous_on,
    opened.confirmed_on,
    opened.n_counts,
    opened.nadir,
    opened.nadir_on,
    case
        when opened.confirmed_on is not null then 'confirmed'
        when
            opened.is_last
            and opened.state = 'normal'
            and definition.unconfirmed_end = 'resolve'
            then 'uncontradicted'
    end as end_kind,
    opened.is_last
    and opened.state = 'normal'
    and opened.confirmed_on is null
    and definition.unconfirmed_end <> 'resolve' as is_unconfirmed_tail
from opened
cross join definition
where opened.run_number >= opened.onset_run;
