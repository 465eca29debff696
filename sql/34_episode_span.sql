-- episode_span: one row per neutropenia episode, before severity and course are named.
-- Reads: episode_run, observation_end.
-- Key: (patient_id, observation_number, stretch_number).
-- Rule: the nadir and the neutropenic counts run from onset to the last unresolved count; a
-- final normal run that resolves nothing is not part of them.
create or replace view episode_span as
with marked as (
    select
        episode_run.*,
        min(
            case
                when episode_run.end_kind is null and not episode_run.is_unconfirmed_tail
                    then episode_run.nadir
            end
        ) over whole_episode as episode_nadir,
        episode_run.end_kind is null and not episode_run.is_unconfirmed_tail as is_unresolved
    from episode_run
    window whole_episode as (
        partition by
            episode_run.patient_id, episode_run.observation_number, episode_run.stretch_number
    )
)

select
    marked.patient_id,
    marked.observation_number,
    marked.stretch_number,
    min(case when marked.run_number = marked.onset_run then marked.previous_on end) as onset_after,
    min(marked.first_on) as onset_by,
    max(case when marked.is_unresolved then marked.last_on end) as last_unresolved_on,
    max(case when marked.end_kind is not null then marked.first_on end) as resolution_by,
    max(marked.confirmed_on) as confirmed_on,
    coalesce(max(marked.end_kind), 'open') as end_kind,
    min(marked.episode_nadir) as nadir,
    min(
        case
            when marked.is_unresolved and marked.nadir = marked.episode_nadir then marked.nadir_on
        end
    ) as nadir_on,
    cast(
        sum(case when marked.is_unresolved then marked.n_counts else 0 end)
        + max(case when marked.end_kind is not null then 1 else 0 end)
        as integer
    ) as n_counts,
    cast(
        sum(case when marked.state = 'neutropenic' then marked.n_counts else 0 end) as integer
    ) as n_neutropenic,
    max(observation_end.last_observed_on) as last_observed_on,
    max(observation_end.reason) as ending_reason
from marked
inner join observation_end
    on
        marked.patient_id = observation_end.patient_id
        and marked.observation_number = observation_end.observation_number
group by marked.patient_id, marked.observation_number, marked.stretch_number;
